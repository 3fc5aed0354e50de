/* SPDX-License-Identifier: GPL-2.0-only */
/* Ratios of one version to two others on a logarithmic axis: to the baseline, and to the best of the rest. */
#ifndef GNB_GAINS_H
#define GNB_GAINS_H

#include "cond.h"
#include "fig.h"

struct gnb_gains {
	struct gnb_buf marks, links, labels;
	unsigned rows;
	size_t longest; /* label, in characters */
	double lo, hi;	/* of all ratios */
	bool hollow;	/* any mark of the second kind */
	unsigned base_colour;
	struct gnb_cond cond;
};

/* A line of the figure, with what its marks are of. */
void gnb_gains_row(struct gnb_gains *g, const char *label);

/*
 * Two marks of the row that was added last, and a line between them; either ratio may be NaN. name: the best of the
 * rest, or NULL. hollow: of the second kind, below.
 */
void gnb_gains_add(struct gnb_gains *g, double to_base, double to_best, unsigned best_colour,
		   const char *name, bool hollow);

/* Draw the rows and free them. base: the baseline's name; hollow: what hollow marks are. */
void gnb_gains_fig(struct gnb_figs *f, struct gnb_gains *g, const char *name, const char *title,
		   const char *version, const char *base, const char *hollow, const char *caption);

#endif
