// SPDX-License-Identifier: GPL-2.0-only
/*
 * Horizontal bars: labels of any length stay readable, and the picture grows with its rows.
 * Positions are computed here, so that the script only draws. Data file:
 *
 *   block 0   from to  value  colour mark "value and series as text" kind     one bar: from and to are y; kind: enum gnb_bar_kind
 *   block 1   y "label"                                         one group of bars
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bars.h"
#include "escape.h"
#include "fmt.h"
#include "program.h"

#define GROUP_GAP 0.7 /* in bars */
#define BAR_PX	  17
#define FRAME_PX  134

void gnb_bars_free(struct gnb_bars *b)
{
	for (size_t i = 0; i < b->nr; i++)
		free(b->bar[i].group);
	free(b->bar);
	b->bar = NULL;
	b->nr = 0;
}

void gnb_bars_add(struct gnb_bars *b, const char *group, size_t series, struct gnb_estimate v,
		  enum gnb_bar_kind kind)
{
	if (isnan(v.value))
		return;
	b->bar = gnb_grow(b->bar, b->nr + 1, sizeof(*b->bar));
	b->bar[b->nr++] = (struct gnb_bar){ gnb_strf("%s", group), series, v, kind };
}

static void bar_line(struct gnb_buf *b, const struct gnb_rec_run *r, const struct gnb_bars *bars,
		     const struct gnb_bar *bar, double y)
{
	const struct gnb_estimate *v = &bar->v;
	bool drifted = bar->kind == GNB_BAR_DRIFTED;
	struct gnb_text text = v->lo == v->hi && v->lo == v->value ? gnb_fmt_exact(v->value)
								   : gnb_fmt_num(v->value);
	char *space;

	/* gnuplot reads no UTF-8 in a C locale: a plain space between thousands. */
	while ((space = strstr(text.s, "\xe2\x80\xaf"))) {
		*space = ' ';
		memmove(space + 1, space + 3, strlen(space + 3) + 1);
	}
	gnb_buf_fmt(b, "%g %g %.17g %u %zu \"%s  ", y - 0.45, y + 0.45, drifted ? NAN : v->value,
		    gnb_colour(r, bars->series[bar->series], bar->series),
		    (bar->kind == GNB_BAR_UNSTABLE ? 4 : 5) + 2 * (bar->series % 5),
		    drifted ? "drifted" : text.s);
	if (bars->nr_series > 1)
		gnb_buf_plain(b, bars->series[bar->series]);
	gnb_buf_fmt(b, "\" %d\n", bar->kind);
}

static void names(const struct gnb_rec_run *r, const struct gnb_bars *b, struct gnb_buf *titles,
		  struct gnb_buf *colours)
{
	for (size_t i = 0; i < b->nr_series; i++) {
		char *p;

		gnb_buf_add(titles, i ? " " : "");
		p = gnb_strf("%s", b->series[i]);
		for (char *c = p; *c; c++)
			if (*c == ' ')
				*c = '_';
		gnb_buf_plain(titles, p);
		gnb_buf_fmt(colours, "%s0x%06x", i ? " " : "", gnb_colour(r, b->series[i], i));
		free(p);
	}
}

void gnb_bars_fig(struct gnb_figs *f, struct gnb_bars *b, const char *name, const char *unit,
		  const char *title, const char *caption)
{
	struct gnb_buf dat = { 0 }, groups = { 0 }, titles = { 0 }, colours = { 0 };
	double y = 0, first = 0;
	char *cond, *text, *height, *top;

	gnb_buf_fmt(&dat, "# grantbench plot data: %s\n# from to value colour mark text kind\n",
		    name);
	for (size_t i = 0; i < b->nr; i++) {
		if (i && strcmp(b->bar[i].group, b->bar[i - 1].group))
			y += GROUP_GAP;
		if (!i || strcmp(b->bar[i].group, b->bar[i - 1].group))
			first = y;
		bar_line(&dat, f->run, b, &b->bar[i], y);
		if (i + 1 == b->nr || strcmp(b->bar[i].group, b->bar[i + 1].group)) {
			gnb_buf_fmt(&groups, "%g \"", (first + y) / 2);
			gnb_buf_plain(&groups, b->bar[i].group);
			gnb_buf_add(&groups, "\"\n");
		}
		y += 1;
	}
	gnb_buf_fmt(&dat, "\n\n# y label\n%s", gnb_str(&groups));
	names(f->run, b, &titles, &colours);
	cond = gnb_cond_text(&b->cond);
	text = gnb_strf("%s %s", caption, cond);
	height = gnb_strf("%.0f", FRAME_PX + y * BAR_PX);
	top = gnb_strf("%g", y - 0.2);
	gnb_fig(f, name, "bars", &dat,
		(const char *const[GNB_FIG_ARGS]){ height, top, gnb_str(&titles), gnb_str(&colours),
						   unit },
		title, text);
	free(cond);
	free(text);
	free(height);
	free(top);
	gnb_buf_free(&dat);
	gnb_buf_free(&groups);
	gnb_buf_free(&titles);
	gnb_buf_free(&colours);
}
