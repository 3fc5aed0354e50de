/* SPDX-License-Identifier: GPL-2.0-only */
/* Ratios with their intervals around 1, one line each. */
#ifndef GNB_FOREST_H
#define GNB_FOREST_H

#include "cond.h"
#include "fig.h"

struct gnb_forest {
	struct gnb_buf dat;
	unsigned rows;
	size_t longest; /* label, in characters */
	double lo, hi;
	struct gnb_cond cond;
};

/* Add a line; a ratio that does not exist, or is not positive, is left out. */
void gnb_forest_add(struct gnb_forest *t, const char *label, unsigned colour,
		    const struct gnb_estimate *ratio);
/* Draw the lines and free them. */
void gnb_forest_fig(struct gnb_figs *f, struct gnb_forest *t, const char *name,
		    const char *caption);

#endif
