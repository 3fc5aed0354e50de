/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Figures: a data file, a gnuplot script that draws it, and a place in the document. A figure
 * without data is left out with a sentence that says why.
 */
#ifndef GNB_FIG_H
#define GNB_FIG_H

#include "doc.h"
#include "manifest.h"
#include "rec.h"

enum gnb_draw {
	GNB_DRAW,
	GNB_DRAW_OFF, /* --no-plots */
	GNB_DRAW_NO_GNUPLOT,
	GNB_DRAW_NO_SCRIPTS,
};

struct gnb_figs {
	struct gnb_rec_run *run;
	struct gnb_doc *doc;
	const char *scripts; /* folder of the .gp files */
	char *dir;	     /* DIR/plots */
	enum gnb_draw draw;
	unsigned drawn, failed;
	int io_error; /* a file could not be written */
};

/* Find gnuplot and the folder's scripts, make DIR/plots. 0 or 1 (exit code) after a line on stderr. */
int gnb_figs_init(struct gnb_figs *f, struct gnb_rec_run *r, struct gnb_doc *d, const char *scripts,
		  bool no_plots);

#define GNB_FIG_ARGS 6

/*
 * Write plots/NAME.dat and draw plots/NAME.svg with SCRIPT.gp, called with ARG1 the folder of the
 * scripts, ARG2 the data file, ARG3 the drawing, ARG4... the given args. Adds the figure to the
 * document.
 */
void gnb_fig(struct gnb_figs *f, const char *name, const char *script, const struct gnb_buf *dat,
	     const char *const args[GNB_FIG_ARGS], const char *caption);

#endif
