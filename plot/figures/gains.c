// SPDX-License-Identifier: GPL-2.0-only
/*
 * Gains and losses on a logarithmic axis. Data file:
 *
 *   block 0   y ratio colour mark "text"     one mark; the text stands behind the last of its row
 *   block 1   y least greatest               a line between two marks
 *   block 2   y "label"                      one row
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "gains.h"
#include "program.h"

/* gnuplot's marks: circle and diamond, filled and hollow. */
enum { BASE = 7, BASE_HOLLOW = 6, BEST = 13, BEST_HOLLOW = 12 };

#define APART 0.3 /* of the two kinds of marks in a row, in rows */

void gnb_gains_row(struct gnb_gains *g, const char *label)
{
	if (strlen(label) > g->longest)
		g->longest = strlen(label);
	gnb_buf_fmt(&g->labels, "%u \"", g->rows++);
	gnb_buf_plain(&g->labels, label);
	gnb_buf_add(&g->labels, "\"\n");
}

static void mark(struct gnb_gains *g, double y, double ratio, unsigned colour, int mark,
		 const char *text)
{
	g->lo = g->lo > 0 ? fmin(g->lo, ratio) : ratio;
	g->hi = fmax(g->hi, ratio);
	gnb_buf_fmt(&g->marks, "%.2f %.17g %u %d \"", y, ratio, colour, mark);
	gnb_buf_plain(&g->marks, text ? text : "");
	gnb_buf_add(&g->marks, "\"\n");
}

void gnb_gains_add(struct gnb_gains *g, double to_base, double to_best, unsigned best_colour,
		   const char *name, bool hollow)
{
	double y = g->rows - 1 + (hollow ? APART : 0);
	bool base = to_base > 0, best = to_best > 0;

	g->hollow |= hollow && (base || best);
	if (base && best)
		gnb_buf_fmt(&g->links, "%.2f %.17g %.17g\n", y, fmin(to_base, to_best),
			    fmax(to_base, to_best));
	if (base)
		mark(g, y, to_base, g->base_colour, hollow ? BASE_HOLLOW : BASE,
		     best && to_best < to_base ? name : NULL);
	if (best)
		mark(g, y, to_best, best_colour, hollow ? BEST_HOLLOW : BEST,
		     base && to_best < to_base ? NULL : name);
}

void gnb_gains_fig(struct gnb_figs *f, struct gnb_gains *g, const char *name, const char *title,
		   const char *version, const char *base, const char *hollow, const char *caption)
{
	struct gnb_buf dat = { 0 };
	char *cond = gnb_cond_text(&g->cond), *text = gnb_strf("%s %s", caption, cond);
	char *size = gnb_strf("%u %u", 118 + 27 * g->rows, g->rows);
	char *range = gnb_strf("%.6g %.6g", fmin(g->lo, 1), fmax(g->hi, 1));
	/* gnuplot reserves more for labels than they take, which would leave little for the figure. */
	char *left = gnb_strf("%.3f", fmin(0.5, (20 + 6.3 * (double)g->longest) / 1000));
	char *colour = gnb_strf("%u", g->base_colour);
	struct gnb_buf names = { 0 };

	gnb_buf_plain(&names, version);
	gnb_buf_add(&names, " ");
	gnb_buf_plain(&names, base);
	gnb_buf_fmt(&dat, "# grantbench plot data: %s\n# y ratio colour mark text\n%s\n\n", name,
		    gnb_str(&g->marks));
	/* A block that is empty would not be counted as one. */
	gnb_buf_fmt(&dat, "# y least greatest\n%s\n\n# y label\n%s",
		    g->links.len ? gnb_str(&g->links) : "? ? ?\n", gnb_str(&g->labels));
	gnb_fig(f, name, "gains", &dat,
		(const char *const[GNB_FIG_ARGS]){ size, range, left, colour, gnb_str(&names),
						   g->hollow ? hollow : "" },
		title, text);
	gnb_buf_free(&names);
	gnb_buf_free(&dat);
	gnb_buf_free(&g->marks);
	gnb_buf_free(&g->links);
	gnb_buf_free(&g->labels);
	free(cond);
	free(text);
	free(size);
	free(range);
	free(left);
	free(colour);
}
