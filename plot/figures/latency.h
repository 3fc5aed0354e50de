/* SPDX-License-Identifier: GPL-2.0-only */
/* Latency by percentile. */
#ifndef GNB_LATENCY_H
#define GNB_LATENCY_H

#include "fig.h"

/* One figure for each metric of the benchmark that has latencies. */
void gnb_fig_latency(struct gnb_figs *f, const struct gnb_rec_bench *bench);

#endif
