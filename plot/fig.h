/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Figures: a data file, a gnuplot script that draws it, and a place in the document. A figure
 * without data is left out with a sentence that says why.
 */
#ifndef GNB_FIG_H
#define GNB_FIG_H

#include "doc.h"
#include "fmt.h"
#include "run.h"
#include "suite.h"

enum gnb_draw {
	GNB_DRAW,
	GNB_DRAW_OFF, /* --no-plots */
	GNB_DRAW_NO_GNUPLOT,
	GNB_DRAW_NO_SCRIPTS,
};

struct gnb_figs {
	struct gnb_run *run;
	struct gnb_doc *doc;
	const char *scripts; /* folder of the .gp files */
	char *dir;	     /* DIR/plots */
	enum gnb_draw draw;
	unsigned drawn, failed;
	int io_error; /* a file could not be written */
};

/* Find gnuplot and the folder's scripts, make DIR/plots. 0 or 1 (exit code) after a line on stderr.
 */
int gnb_figs_init(struct gnb_figs *f, struct gnb_run *r, struct gnb_doc *d, const char *scripts,
		  bool no_plots);

#define GNB_FIG_ARGS 6

/*
 * Write plots/NAME.dat and draw plots/NAME.svg with SCRIPT.gp, called with ARG1 the folder of the
 * scripts, ARG2 the data file, ARG3 the drawing, ARG4... the given args. Adds the figure to the
 * document.
 */
void gnb_fig(struct gnb_figs *f, const char *name, const char *script, const struct gnb_buf *dat,
	     const char *const args[GNB_FIG_ARGS], const char *caption);

/* One horizontal bar. Rows of the same group stand together under one label. */
struct gnb_bar {
	char *group;
	size_t series;
	struct gnb_interval v;
};

struct gnb_bars {
	const char **series;
	size_t nr_series;
	struct gnb_bar *bar;
	size_t nr;
	size_t groups; /* counted by the caller */
	struct gnb_cond cond;
};

void gnb_bars_free(struct gnb_bars *b);
void gnb_bars_add(struct gnb_bars *b, const char *group, size_t series, struct gnb_interval v);

/* Draw the bars; the series stay the caller's. */
void gnb_bars_fig(struct gnb_figs *f, struct gnb_bars *b, const char *name, const char *unit,
		  const char *caption);

/* The figures of a family, each in a file of its own. */
void gnb_fig_sweeps(struct gnb_figs *f, const struct gnb_family *fam);
void gnb_fig_overview(struct gnb_figs *f, const struct gnb_family *fam);
void gnb_fig_latency(struct gnb_figs *f, const struct gnb_family *fam);
void gnb_fig_shares(struct gnb_figs *f, const struct gnb_family *fam);
void gnb_fig_invalidations(struct gnb_figs *f, const struct gnb_family *fam);

/* An axis that is drawn as a sweep: at least three different numbers. */
bool gnb_is_sweep(const struct gnb_family *fam, const char *axis);

/* Ratios with intervals, one line each. */
struct gnb_forest {
	struct gnb_buf dat;
	unsigned rows;
	size_t longest; /* label, in characters */
	double lo, hi;
	struct gnb_cond cond;
};

void gnb_forest_add(struct gnb_forest *t, const char *label, unsigned colour,
		    const struct gnb_interval *ratio);
void gnb_forest_fig(struct gnb_figs *f, struct gnb_forest *t, const char *name,
		    const char *caption);

#endif
