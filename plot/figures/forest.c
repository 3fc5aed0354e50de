// SPDX-License-Identifier: GPL-2.0-only
/* Headline ratios with their intervals. Data file: y ratio lo hi colour "label" "ratio as text" */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "fmt.h"
#include "forest.h"
#include "program.h"

void gnb_forest_add(struct gnb_forest *t, const char *label, unsigned colour,
		    const struct gnb_estimate *r)
{
	double lo = isnan(r->lo) ? r->value : r->lo, hi = isnan(r->hi) ? r->value : r->hi;

	if (isnan(r->value) || !(lo > 0))
		return;
	if (!t->rows)
		gnb_buf_add(&t->dat, "# grantbench plot data: headline ratios\n"
				     "# y ratio lo hi colour label text\n");
	gnb_buf_fmt(&t->dat, "%u %.17g %.17g %.17g %u \"", t->rows, r->value, lo, hi, colour);
	if (strlen(label) > t->longest)
		t->longest = strlen(label);
	gnb_buf_plain(&t->dat, label);
	gnb_buf_fmt(&t->dat, "\" \"%s\"\n", gnb_fmt_ratio(r).s);
	if (!t->rows++ || lo < t->lo)
		t->lo = lo;
	if (hi > t->hi)
		t->hi = hi;
}

void gnb_forest_fig(struct gnb_figs *f, struct gnb_forest *t, const char *name, const char *caption)
{
	char *height = gnb_strf("%u", 90 + 22 * t->rows), *rows = gnb_strf("%u", t->rows);
	char *cond = gnb_cond_text(&t->cond), *text = gnb_strf("%s %s", caption, cond);
	char *lo = gnb_strf("%.6g", fmin(t->lo, 0.9)), *hi = gnb_strf("%.6g", fmax(t->hi, 1.1));

	/* gnuplot reserves more for labels than they take, which would leave little for the figure. */
	char *left = gnb_strf("%.3f", fmin(0.6, (20 + 6.5 * (double)t->longest) / 1000));

	gnb_fig(f, name, "forest", &t->dat,
		(const char *const[GNB_FIG_ARGS]){ height, rows, lo, hi, left }, text);
	free(left);
	free(height);
	free(rows);
	free(cond);
	free(text);
	free(lo);
	free(hi);
	gnb_buf_free(&t->dat);
}
