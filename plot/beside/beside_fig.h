/* SPDX-License-Identifier: GPL-2.0-only */
/* The figure of Xen beside hv. */
#ifndef GNB_BESIDE_FIG_H
#define GNB_BESIDE_FIG_H

#include "beside.h"
#include "fig.h"

/* One mark a pair, both axes logarithmic. */
void gnb_fig_beside(struct gnb_figs *f, const struct gnb_beside *b);

#endif
