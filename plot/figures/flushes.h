/* SPDX-License-Identifier: GPL-2.0-only */
/* Flushes by batch size. */
#ifndef GNB_FLUSHES_H
#define GNB_FLUSHES_H

#include "fig.h"

/* One figure, for a benchmark with a sweep of batch that flushes: exact, and what batching is for. */
void gnb_fig_flushes(struct gnb_figs *f, const struct gnb_rec_bench *bench);

#endif
