/* SPDX-License-Identifier: GPL-2.0-only */
/* Horizontal bars, several series side by side. */
#ifndef GNB_BARS_H
#define GNB_BARS_H

#include "cond.h"
#include "fig.h"

enum gnb_bar_kind {
	GNB_BAR_SOLID,
	GNB_BAR_UNSTABLE, /* an outline */
	GNB_BAR_DRIFTED,  /* none, but the word */
};

/* One horizontal bar. Rows of the same group stand together under one label. */
struct gnb_bar {
	char *group;
	size_t series;
	struct gnb_estimate v;
	enum gnb_bar_kind kind;
};

struct gnb_bars {
	const char **series;
	size_t nr_series;
	struct gnb_bar *bar;
	size_t nr;
	size_t cells; /* counted by the caller */
	bool ratios;  /* any of them, set by the caller */
	struct gnb_cond cond;
};

/* Free the bars; the series stay the caller's. */
void gnb_bars_free(struct gnb_bars *b);

/* Add a bar; a figure that does not exist has none. */
void gnb_bars_add(struct gnb_bars *b, const char *group, size_t series, struct gnb_estimate v,
		  enum gnb_bar_kind kind);

/* Draw the bars. */
void gnb_bars_fig(struct gnb_figs *f, struct gnb_bars *b, const char *name, const char *unit,
		  const char *title, const char *caption);

#endif
