/* SPDX-License-Identifier: GPL-2.0-only */
/* A benchmark's cells as bars. */
#ifndef GNB_OVERVIEW_H
#define GNB_OVERVIEW_H

#include "fig.h"

/* One figure for each unit of the benchmark's metrics, or each metric if there are many bars. */
void gnb_fig_overview(struct gnb_figs *f, const struct gnb_rec_bench *bench);

#endif
