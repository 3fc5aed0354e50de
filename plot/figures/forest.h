/* SPDX-License-Identifier: GPL-2.0-only */
/* Ratios with their intervals around 1 on a linear axis, one line for each label, a mark for each version. */
#ifndef GNB_FOREST_H
#define GNB_FOREST_H

#include "cond.h"
#include "fig.h"

/* The axis. What lies beyond stands at its edge with its value. */
#define GNB_FOREST_LO 0.9
#define GNB_FOREST_HI 1.2

#define GNB_FOREST_SERIES 16
struct gnb_forest_mark {
	char *label;
	size_t series;
	double value, lo, hi;
	bool sure;
	unsigned launches;
};

struct gnb_forest {
	struct gnb_forest_mark *mark;
	size_t nr;
	unsigned rows;
	size_t longest; /* label, in characters */
	struct {
		const char *name;
		unsigned colour;
	} series[GNB_FOREST_SERIES];
	size_t nr_series;
	struct gnb_cond cond;
};

/* Add a mark; a ratio that does not exist is left out. Marks with the label of the one before share its line. One that
 * is not sure is hollow. */
void gnb_forest_add(struct gnb_forest *t, const char *label, const char *series, unsigned colour,
		    const struct gnb_estimate *ratio, bool sure, unsigned launches);

/* Draw the lines and free them. */
void gnb_forest_fig(struct gnb_figs *f, struct gnb_forest *t, const char *name, const char *title,
		    const char *caption);

#endif
