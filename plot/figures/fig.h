/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Figures: a data file, a gnuplot script that draws it, and a place in the document. A figure
 * without data is left out with a sentence that says why.
 */
#ifndef GNB_FIG_H
#define GNB_FIG_H

#include "doc.h"
#include "manifest.h"
#include "reading.h"

enum gnb_draw {
	GNB_DRAW,
	GNB_DRAW_OFF, /* --no-plots */
	GNB_DRAW_NO_GNUPLOT,
	GNB_DRAW_NO_SCRIPTS,
};

struct gnb_figs {
	struct gnb_rec_run *run;
	struct gnb_doc *doc;
	struct gnb_controls controls;
	struct gnb_rec_run *exact; /* the same cells in instructions, or NULL */
	const char *no_exact;	   /* why there are none; "": nobody tried */
	const char *scripts;	   /* folder of the .gp files */
	char *dir;		   /* DIR/plots */
	enum gnb_draw draw;
	const char *fold; /* a line that the figures after the next one are folded under, or NULL */
	unsigned shown;	  /* figures since fold was set */
	unsigned drawn, failed;
	int io_error; /* a file could not be written */
};

/* Find gnuplot and the folder's scripts, make DIR/plots. exact: instructions, or NULL. 0 or 1 (exit code) after a line on stderr. Free it always. */
int gnb_figs_init(struct gnb_figs *f, struct gnb_rec_run *r, struct gnb_rec_run *exact,
		  struct gnb_doc *d, const char *scripts, bool no_plots);

void gnb_figs_free(struct gnb_figs *f);

/* What a ratio of the run may be taken for. */
struct gnb_reading gnb_reading_of(const struct gnb_figs *f, const struct gnb_rec_cell *cell,
				  const struct gnb_rec_estimate *e);

/*
 * Would the figure of a version seem to deny its ratio? Times are context: drift can turn the medians of two versions
 * against an established ratio, which is formed within rounds, or set them apart where it shows no relevant difference.
 */
bool gnb_drifted(const struct gnb_figs *f, const struct gnb_rec_cell *cell,
		 const struct gnb_rec_estimate *e);

#define GNB_FIG_ARGS 6

/*
 * Write plots/NAME.dat and draw plots/NAME.svg with SCRIPT.gp, called with ARG1 the folder of the
 * scripts, ARG2 the data file, ARG3 the drawing, ARG4... the given args, and the variable title set.
 * Adds the figure to the document.
 */
void gnb_fig(struct gnb_figs *f, const char *name, const char *script, const struct gnb_buf *dat,
	     const char *const args[GNB_FIG_ARGS], const char *title, const char *caption);

#endif
