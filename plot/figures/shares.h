/* SPDX-License-Identifier: GPL-2.0-only */
/* What each thread had of the operations. */
#ifndef GNB_SHARES_H
#define GNB_SHARES_H

#include "fig.h"

/* One figure, if any cell of the benchmark has two threads or more. */
void gnb_fig_shares(struct gnb_figs *f, const struct gnb_rec_bench *bench);

#endif
