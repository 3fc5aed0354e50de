/* SPDX-License-Identifier: GPL-2.0-only */
/* Invalidations of an IOTLB, and the waits for them. */
#ifndef GNB_INVAL_H
#define GNB_INVAL_H

#include "fig.h"

/* One figure, for a benchmark with the parameter scope; a sentence if none of its cells counted any. */
void gnb_fig_invalidations(struct gnb_figs *f, const struct gnb_rec_bench *bench);

#endif
