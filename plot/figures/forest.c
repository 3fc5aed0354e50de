// SPDX-License-Identifier: GPL-2.0-only
/*
 * Headline ratios with their intervals. Data file, one line for each mark:
 *
 *   y ratio lo hi  x from to  colour mark "label" "text at the edge" launches
 *
 * x, from and to are where they are drawn, within the axis; the first three are the figures.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "fmt.h"
#include "forest.h"
#include "program.h"

/* gnuplot's marks in pairs, hollow and filled: circle, triangle, square, triangle down, diamond. */
static const unsigned hollow[] = { 6, 8, 4, 10, 12 };

static size_t series_of(struct gnb_forest *t, const char *name, unsigned colour)
{
	size_t i = 0;

	while (i < t->nr_series && strcmp(t->series[i].name, name))
		i++;
	if (i == t->nr_series && i < GNB_FOREST_SERIES) {
		t->series[i].name = name;
		t->series[i].colour = colour;
		t->nr_series++;
	}
	return i;
}

static double within(double v)
{
	return fmin(fmax(v, GNB_FOREST_LO), GNB_FOREST_HI);
}

void gnb_forest_add(struct gnb_forest *t, const char *label, const char *series, unsigned colour,
		    const struct gnb_estimate *r, bool sure, unsigned launches)
{
	double lo = isnan(r->lo) ? r->value : r->lo, hi = isnan(r->hi) ? r->value : r->hi;
	bool beyond = r->value < GNB_FOREST_LO || r->value > GNB_FOREST_HI;
	size_t k;

	if (isnan(r->value))
		return;
	k = series_of(t, series, colour);
	if (!t->rows)
		gnb_buf_add(&t->dat, "# grantbench plot data: headline ratios\n"
				     "# y ratio lo hi x from to colour mark label text launches\n");
	if (!t->last || strcmp(t->last, label)) {
		free(t->last);
		t->last = gnb_strf("%s", label);
		t->rows++;
	}
	if (strlen(label) > t->longest)
		t->longest = strlen(label);
	gnb_buf_fmt(&t->dat, "%.2f %.17g %.17g %.17g %.6g %.6g %.6g %u %u \"",
		    t->rows - 1 + 0.24 * ((double)(k % 4) - 1), r->value, lo, hi, within(r->value),
		    within(lo), within(hi), colour,
		    hollow[k % (sizeof(hollow) / sizeof(*hollow))] + sure);
	gnb_buf_plain(&t->dat, label);
	gnb_buf_fmt(&t->dat, "\" \"%s%.*f%s\" %u\n",
		    !beyond	   ? ""
		    : r->value < 1 ? "< "
				   : "",
		    r->value < 0.1 ? 3 : 2, r->value, beyond && r->value > 1 ? " >" : "", launches);
}

void gnb_forest_fig(struct gnb_figs *f, struct gnb_forest *t, const char *name, const char *title,
		    const char *caption)
{
	char *height = gnb_strf("%u", 126 + 22 * t->rows), *rows = gnb_strf("%u", t->rows);
	char *cond = gnb_cond_text(&t->cond), *text = gnb_strf("%s %s", caption, cond);
	char *range = gnb_strf("%.2f %.2f", GNB_FOREST_LO, GNB_FOREST_HI);
	/* gnuplot reserves more for labels than they take, which would leave little for the figure. */
	char *left = gnb_strf("%.3f", fmin(0.5, (20 + 6.3 * (double)t->longest) / 1000));
	struct gnb_buf key = { 0 }, names = { 0 };

	for (size_t i = 0; i < t->nr_series; i++) {
		gnb_buf_fmt(&key, "%s%u:%u", i ? " " : "",
			    hollow[i % (sizeof(hollow) / sizeof(*hollow))] + 1,
			    t->series[i].colour);
		gnb_buf_add(&names, i ? " " : "");
		gnb_buf_plain(&names, t->series[i].name);
	}
	gnb_fig(f, name, "forest", &t->dat,
		(const char *const[GNB_FIG_ARGS]){ height, rows, range, left, gnb_str(&key),
						   gnb_str(&names) },
		title, text);
	gnb_buf_free(&key);
	gnb_buf_free(&names);
	free(left);
	free(height);
	free(rows);
	free(cond);
	free(text);
	free(range);
	free(t->last);
	gnb_buf_free(&t->dat);
}
