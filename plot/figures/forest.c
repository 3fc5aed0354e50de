// SPDX-License-Identifier: GPL-2.0-only
/*
 * Headline ratios with their intervals. Data file, one line for each mark:
 *
 *   block 0   y ratio lo hi  x from to  colour mark "text at the edge" launches
 *   block 1   y "label"                                                     one line of the figure
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

/* gnuplot's marks in pairs, hollow and filled: circle, triangle, square, triangle down, diamond, pentagon. */
static const unsigned hollow[] = { 6, 8, 4, 10, 12, 14 };

#define FEW 4 /* series whose marks share the height of one line */

static size_t series_of(struct gnb_forest *t, const char *name, unsigned colour)
{
	size_t i = 0;

	while (i < t->nr_series && strcmp(t->series[i].name, name))
		i++;
	if (i == GNB_FOREST_SERIES)
		return i - 1;
	if (i == t->nr_series) {
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

	if (isnan(r->value))
		return;
	if (!t->nr || strcmp(t->mark[t->nr - 1].label, label))
		t->rows++;
	if (strlen(label) > t->longest)
		t->longest = strlen(label);
	t->mark = gnb_grow(t->mark, t->nr + 1, sizeof(*t->mark));
	t->mark[t->nr++] = (struct gnb_forest_mark){ gnb_strf("%s", label),
						     series_of(t, series, colour),
						     r->value,
						     lo,
						     hi,
						     sure,
						     launches };
}

static unsigned mark_of(size_t series, bool sure)
{
	return hollow[series % (sizeof(hollow) / sizeof(*hollow))] + sure;
}

static void mark_line(struct gnb_buf *dat, const struct gnb_forest *t,
		      const struct gnb_forest_mark *m, double y)
{
	bool beyond = m->value < GNB_FOREST_LO || m->value > GNB_FOREST_HI;
	int digits = m->value < 0.1 ? 3 : 2;

	gnb_buf_fmt(dat, "%.2f %.17g %.17g %.17g %.6g %.6g %.6g %u %u \"", y, m->value, m->lo,
		    m->hi, within(m->value), within(m->lo), within(m->hi),
		    t->series[m->series].colour, mark_of(m->series, m->sure));
	if (beyond && m->value < 1)
		gnb_buf_fmt(dat, "< %.*f ", digits, m->value);
	if (beyond)
		gnb_buf_plain(dat, t->series[m->series].name);
	if (beyond && m->value > 1)
		gnb_buf_fmt(dat, " %.*f >", digits, m->value);
	gnb_buf_fmt(dat, "\" %u\n", m->launches);
}

/*
 * The data: where the last line ends comes back, in lines of FEW marks. That many share a line's height; of more
 * series each mark has room for a text of its own, for what lies beyond the axis stands there as one.
 */
static double data(struct gnb_forest *t, struct gnb_buf *dat)
{
	bool many = t->nr_series > FEW;
	struct gnb_buf labels = { 0 };
	double top = 0;

	gnb_buf_add(dat, "# grantbench plot data: headline ratios\n"
			 "# y ratio lo hi x from to colour mark text launches\n");
	for (size_t i = 0; i < t->nr;) {
		size_t end = i;
		double height;

		while (end < t->nr && !strcmp(t->mark[end].label, t->mark[i].label))
			end++;
		height = many ? 0.5 * (double)(end - i) + 0.4 : 1;
		gnb_buf_fmt(&labels, "%.2f \"", many ? top + (height - 0.4) / 2 - 0.25 : top);
		gnb_buf_plain(&labels, t->mark[i].label);
		gnb_buf_add(&labels, "\"\n");
		for (size_t k = i; k < end; k++)
			mark_line(dat, t, &t->mark[k],
				  many ? top + 0.5 * (double)(k - i)
				       : top + 0.24 * ((double)(t->mark[k].series % FEW) - 1));
		top += height;
		i = end;
	}
	gnb_buf_fmt(dat, "\n\n# y label\n%s", gnb_str(&labels));
	gnb_buf_free(&labels);
	return top;
}

void gnb_forest_fig(struct gnb_figs *f, struct gnb_forest *t, const char *name, const char *title,
		    const char *caption)
{
	struct gnb_buf dat = { 0 };
	double end = data(t, &dat);
	char *height = gnb_strf("%.0f", 126 + 22 * end), *rows = gnb_strf("%.2f", end);
	char *cond = gnb_cond_text(&t->cond), *text = gnb_strf("%s %s", caption, cond);
	char *range = gnb_strf("%.2f %.2f", GNB_FOREST_LO, GNB_FOREST_HI);
	/* gnuplot reserves more for labels than they take, which would leave little for the figure. */
	char *left = gnb_strf("%.3f", fmin(0.5, (20 + 6.3 * (double)t->longest) / 1000));
	struct gnb_buf key = { 0 }, names = { 0 };

	for (size_t i = 0; i < t->nr_series; i++) {
		gnb_buf_fmt(&key, "%s%u:%u", i ? " " : "", mark_of(i, true), t->series[i].colour);
		gnb_buf_add(&names, i ? " " : "");
		gnb_buf_plain(&names, t->series[i].name);
	}
	gnb_fig(f, name, "forest", &dat,
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
	for (size_t i = 0; i < t->nr; i++)
		free(t->mark[i].label);
	free(t->mark);
	gnb_buf_free(&dat);
}
