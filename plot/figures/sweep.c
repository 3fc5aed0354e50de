// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cost against a number: batch sizes, bytes, strides. Left the figure itself, right its ratio to
 * the baseline version. Data file, one block per version, headed by its name:
 *
 *   x  value lo hi  ratio lo hi      ("?": there is none)
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cond.h"
#include "escape.h"
#include "program.h"
#include "sweep.h"

#define POINTS_MAX 256

struct point {
	double x;
	const struct gnb_rec_cell *cell;
};

static int by_x(const void *a, const void *b)
{
	const struct point *p = a, *q = b;

	return (p->x > q->x) - (p->x < q->x);
}

/* The cells on an axis in numeric order; 0 if a value is not a number. */
static size_t points_on(const struct gnb_rec_bench *bench, const char *axis, struct point *pt)
{
	size_t n = 0;

	for (size_t i = 0; i < bench->nr_cells && n < POINTS_MAX; i++) {
		const struct gnb_rec_cell *cell = bench->cell[i];

		if (!gnb_rec_on_axis(cell, axis) || !cell->nr_launches)
			continue;
		if (!gnb_rec_number(gnb_rec_param(cell, axis), &pt[n].x))
			return 0;
		pt[n++].cell = cell;
	}
	qsort(pt, n, sizeof(*pt), by_x);
	return n;
}

bool gnb_is_sweep(const struct gnb_rec_bench *bench, const char *axis)
{
	struct point pt[POINTS_MAX];

	return points_on(bench, axis, pt) >= 3;
}

static void number(struct gnb_buf *b, double v)
{
	if (isnan(v))
		gnb_buf_add(b, " ?");
	else
		gnb_buf_fmt(b, " %.17g", v);
}

struct sweep {
	const struct gnb_rec_run *run;
	struct gnb_buf dat, colours;
	double lo, hi, x_lo, x_hi;
	unsigned figures, ratios;
	const char *ratio_to;
	struct gnb_cond cond;
};

static void add_version(struct sweep *s, const struct point *pt, size_t n, const char *version,
			size_t index, const char *metric)
{
	struct gnb_buf block = { 0 };
	unsigned lines = 0;

	for (size_t i = 0; i < n; i++) {
		struct gnb_rec_estimate e;

		if (!gnb_estimate_of(pt[i].cell, version, metric, &e) || isnan(e.value.value))
			continue;
		gnb_buf_fmt(&block, "%.17g", pt[i].x);
		number(&block, e.value.value);
		number(&block, e.value.lo);
		number(&block, e.value.hi);
		number(&block, e.ratio_to ? e.ratio.value : NAN);
		number(&block, e.ratio_to ? e.ratio.lo : NAN);
		number(&block, e.ratio_to ? e.ratio.hi : NAN);
		gnb_buf_add(&block, "\n");
		lines++;
		s->ratios += e.ratio_to != NULL;
		if (e.ratio_to)
			s->ratio_to = e.ratio_to;
		if (!s->figures || pt[i].x < s->x_lo)
			s->x_lo = pt[i].x;
		if (!s->figures || pt[i].x > s->x_hi)
			s->x_hi = pt[i].x;
		if (!s->figures++ || e.value.value < s->lo)
			s->lo = e.value.value;
		if (e.value.value > s->hi)
			s->hi = e.value.value;
	}
	if (lines) {
		gnb_buf_add(&s->dat, "\"");
		gnb_buf_plain(&s->dat, version);
		gnb_buf_fmt(&s->dat, "\"\n%s\n\n", gnb_str(&block));
		gnb_buf_fmt(&s->colours, "%s0x%06x", s->colours.len ? " " : "",
			    gnb_colour(s->run, version, index));
	}
	gnb_buf_free(&block);
}

static void one(struct gnb_figs *f, const struct gnb_rec_bench *bench, const char *axis,
		size_t metric)
{
	struct point pt[POINTS_MAX];
	size_t n = points_on(bench, axis, pt);
	struct sweep s = { .run = f->run };
	const char *what = bench->metric[metric];
	char *raw = gnb_strf("%s-%s-%s", bench->name, axis, what), *name = gnb_slug(raw);
	char *cond, *caption, *label, *flags;

	gnb_buf_fmt(&s.dat,
		    "# grantbench plot data: %s by %s, metric %s\n# %s value lo hi ratio lo hi\n",
		    bench->name, axis, what, axis);
	for (size_t i = 0; i < n; i++)
		gnb_cond_add(&s.cond, pt[i].cell);
	for (size_t i = 0; i < bench->nr_versions; i++)
		add_version(&s, pt, n, bench->version[i], i, what);
	cond = gnb_cond_text(&s.cond);
	flags = gnb_strf("%s %s %s", s.x_lo > 0 && s.x_hi / s.x_lo >= 8 ? "logx" : "linx",
			 s.lo > 0 && s.hi / s.lo >= 8 ? "logy" : "liny",
			 s.ratios ? "ratio" : "alone");
	label = gnb_strf("%s, %s", what, bench->unit[metric]);
	caption = gnb_strf("%s: %s by %s%s. Left: the figure itself, class %s%s%s%s%s %s",
			   bench->name, what, axis, f->run->exact ? "" : "; bands are intervals",
			   f->run->exact ? "C." : "X (context).",
			   s.ratios ? " Right: its ratio to " : "", s.ratios ? s.ratio_to : "",
			   !s.ratios	   ? ""
			   : f->run->exact ? ", class C"
					   : ", class H",
			   s.ratios ? "; below 1 is less than the baseline." : "", cond);
	if (s.figures && s.x_lo < s.x_hi)
		gnb_fig(f, name, "sweep", &s.dat,
			(const char *const[GNB_FIG_ARGS]){ gnb_str(&s.colours), axis, label, flags,
							   s.ratio_to },
			caption);
	free(raw);
	free(name);
	free(cond);
	free(flags);
	free(label);
	free(caption);
	gnb_buf_free(&s.dat);
	gnb_buf_free(&s.colours);
}

void gnb_fig_sweeps(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	for (size_t i = 0; i < bench->nr_params; i++)
		if (gnb_is_sweep(bench, bench->param[i]))
			for (size_t j = 0; j < bench->nr_metrics; j++)
				one(f, bench, bench->param[i], j);
}
