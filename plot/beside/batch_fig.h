/* SPDX-License-Identifier: GPL-2.0-only */
/* Instructions of a version over the batch size, in Xen and in hv. */
#ifndef GNB_BATCH_FIG_H
#define GNB_BATCH_FIG_H

#include "beside.h"
#include "fig.h"

/* A figure for each benchmark, machine and metric that has three batch sizes in two versions: one is seen, the others
 * are folded. */
void gnb_fig_batches(struct gnb_figs *f, const struct gnb_beside *b);

#endif
