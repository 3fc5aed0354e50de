/* SPDX-License-Identifier: GPL-2.0-only */
/* A figure by a number: batch sizes, bytes, strides. */
#ifndef GNB_SWEEP_H
#define GNB_SWEEP_H

#include "fig.h"

/* One figure for each parameter that is a sweep and each metric of the benchmark. */
void gnb_fig_sweeps(struct gnb_figs *f, const struct gnb_rec_bench *bench);

#endif
