// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cost against a number: batch sizes, bytes. Left the figure itself, or its instructions where they were counted; right
 * its ratio to the baseline version. Data file, one block per version, headed by its name:
 *
 *   x  figure  ratio lo hi  launches sure      ("?": there is none; sure: 1, or 0 if the ratio is not established)
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "cond.h"
#include "escape.h"
#include "program.h"
#include "sweep.h"

#define POINTS_MAX 256
#define APART	   1.1	/* points closer than this lie on each other */
#define FLAT	   1.25 /* largest by smallest figure of a sweep that says nothing */

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

static bool is_power_of_2(double x)
{
	return x > 0 && exp2(round(log2(x))) == x;
}

/* Leave out points that would lie on a power of two beside them; names them in hidden. */
static size_t spread(struct point *pt, size_t n, struct gnb_buf *hidden)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool hides = false;

		for (size_t j = 0; j < n && !is_power_of_2(pt[i].x); j++)
			hides |= is_power_of_2(pt[j].x) && pt[i].x < pt[j].x * APART &&
				 pt[j].x < pt[i].x * APART;
		if (hides)
			gnb_buf_fmt(hidden, "%s%g", hidden->len ? ", " : "", pt[i].x);
		else
			pt[kept++] = pt[i];
	}
	return kept;
}

static void number(struct gnb_buf *b, double v)
{
	if (isnan(v))
		gnb_buf_add(b, " ?");
	else
		gnb_buf_fmt(b, " %.17g", v);
}

struct sweep {
	struct gnb_figs *f;
	struct gnb_buf dat, colours, names;
	double lo, hi, x_lo, x_hi;
	unsigned figures, ratios, differ, once, again;
	bool exact; /* left are instructions */
	const char *ratio_to, *unit;
	struct gnb_cond cond;
};

/* What stands left: the figure, or the instructions of the same cell. */
static double figure(struct sweep *s, const struct gnb_rec_cell *cell, const char *version,
		     const char *metric, const struct gnb_rec_estimate *e)
{
	struct gnb_rec_estimate count;

	if (!s->exact)
		return e->value.value;
	cell = gnb_exact_cell(s->f->exact, cell);
	if (!cell || !gnb_estimate_of(cell, version, metric, &count))
		return NAN;
	s->unit = count.row->unit;
	return count.value.value;
}

static void add_point(struct sweep *s, struct gnb_buf *block, const struct point *pt, double v,
		      const struct gnb_rec_estimate *e)
{
	bool sure = true;

	gnb_buf_fmt(block, "%.17g", pt->x);
	number(block, v);
	number(block, e->ratio_to ? e->ratio.value : NAN);
	number(block, e->ratio_to ? e->ratio.lo : NAN);
	number(block, e->ratio_to ? e->ratio.hi : NAN);
	if (e->ratio_to && !isnan(e->ratio.value)) {
		struct gnb_reading r = gnb_reading_of(s->f, pt->cell, e);

		sure = r.verdict != GNB_NOT_ESTABLISHED;
		s->ratios++;
		s->differ += r.verdict == GNB_CHEAPER || r.verdict == GNB_DEARER;
		*(e->launches > 1 ? &s->again : &s->once) += 1;
		s->ratio_to = e->ratio_to;
	}
	gnb_buf_fmt(block, " %u %d\n", e->launches, sure);
	s->x_lo = s->figures ? fmin(s->x_lo, pt->x) : pt->x;
	s->x_hi = s->figures ? fmax(s->x_hi, pt->x) : pt->x;
	s->lo = s->figures ? fmin(s->lo, v) : v;
	s->hi = s->figures ? fmax(s->hi, v) : v;
	s->figures++;
}

static void add_version(struct sweep *s, const struct point *pt, size_t n, const char *version,
			size_t index, const char *metric)
{
	struct gnb_buf block = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct gnb_rec_estimate e;
		double v;

		if (!gnb_estimate_of(pt[i].cell, version, metric, &e))
			continue;
		v = figure(s, pt[i].cell, version, metric, &e);
		if (!isnan(v))
			add_point(s, &block, &pt[i], v, &e);
	}
	if (block.len) {
		gnb_buf_add(&s->dat, "\"");
		gnb_buf_plain(&s->dat, version);
		gnb_buf_fmt(&s->dat, "\"\n%s\n\n", gnb_str(&block));
		gnb_buf_add(&s->names, s->names.len ? " " : "");
		gnb_buf_plain(&s->names, version);
		gnb_buf_fmt(&s->colours, "%s0x%06x", s->colours.len ? " " : "",
			    gnb_colour(s->f->run, version, index));
	}
	gnb_buf_free(&block);
}

/* Is there a count of instructions for each point of the baseline? */
static bool counted(const struct gnb_figs *f, const struct point *pt, size_t n, const char *version,
		    const char *metric)
{
	for (size_t i = 0; i < n; i++) {
		const struct gnb_rec_cell *cell = gnb_exact_cell(f->exact, pt[i].cell);
		struct gnb_rec_estimate e;

		if (!cell || !gnb_estimate_of(cell, version, metric, &e))
			return false;
	}
	return n;
}

/* An axis in words, where the parameter's name alone would mislead. */
static const char *axis_label(const char *param)
{
	static const char *const words[][2] = {
		{ "cpus", "per-CPU slots that a writer scans (none ran)" },
		{ "think", "think time between operations, ns" },
		{ "batch", "batch: pages per hypercall" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i][0], param))
			return words[i][1];
	return param;
}

static char *caption(const struct sweep *s, const char *axis, const char *hidden)
{
	struct gnb_buf b = { 0 };
	char *cond = gnb_cond_text(&s->cond);

	gnb_buf_fmt(&b, "%s%s.", s->ratios ? "Left: " : "",
		    s->exact || s->f->run->exact
			    ? "an exact count, class C"
			    : "the time itself, context (class X) that drifts from point to point");
	if (s->ratios)
		gnb_buf_fmt(&b, " Right: the ratio to %s, class %s; below 1 is less%s.",
			    s->ratio_to, s->f->run->exact ? "C" : "H",
			    s->f->run->exact ? "" : "; a hollow mark is not established");
	if (s->once && !s->f->run->exact)
		gnb_buf_fmt(&b, " Thin intervals are over the layouts of one launch%s.",
			    s->again ? ", thick ones over launches" : "");
	else if (s->again && !s->f->run->exact)
		gnb_buf_add(&b, " Intervals are over launches.");
	if (*hidden)
		gnb_buf_fmt(&b, " In the table only, as they would lie on their neighbours: %s %s.",
			    axis, hidden);
	gnb_buf_fmt(&b, " %s", cond);
	free(cond);
	return gnb_take(&b);
}

static void one(struct gnb_figs *f, const struct gnb_rec_bench *bench, const char *axis,
		size_t metric)
{
	struct point pt[POINTS_MAX];
	struct gnb_buf hidden = { 0 };
	size_t n = spread(pt, points_on(bench, axis, pt), &hidden);
	const char *what = bench->metric[metric];
	struct sweep s = { .f = f,
			   .unit = bench->unit[metric],
			   .exact = counted(f, pt, n, bench->version[0], what) };
	char *raw = gnb_strf("%s-%s-%s", bench->name, axis, what), *name = gnb_slug(raw);
	char *text, *label, *flags, *title = gnb_strf("%s: %s by %s", bench->name, what, axis);

	gnb_buf_fmt(
		&s.dat,
		"# grantbench plot data: %s by %s, metric %s\n# %s figure ratio lo hi launches sure\n",
		bench->name, axis, what, axis);
	for (size_t i = 0; i < n; i++)
		gnb_cond_add(&s.cond, pt[i].cell);
	for (size_t i = 0; i < bench->nr_versions; i++)
		add_version(&s, pt, n, bench->version[i], i, what);
	flags = gnb_strf("%s %s %s", s.x_lo > 0 && s.x_hi / s.x_lo >= 8 ? "logx" : "linx",
			 s.lo > 0 && s.hi / s.lo >= 8 ? "logy" : "liny",
			 s.ratios ? "ratio" : "alone");
	label = gnb_strf("%s, %s", what, s.unit);
	text = caption(&s, axis, gnb_str(&hidden));
	if (s.figures && s.x_lo < s.x_hi && !s.differ && s.lo > 0 && s.hi < s.lo * FLAT)
		gnb_doc_para(
			f->doc,
			"No figure of %s by %s: it stays between %.4g and %.4g %s, and no version differs from another.",
			what, axis, s.lo, s.hi, s.unit);
	else if (s.figures && s.x_lo < s.x_hi)
		gnb_fig(f, name, "sweep", &s.dat,
			(const char *const[GNB_FIG_ARGS]){ gnb_str(&s.colours), axis_label(axis),
							   label, flags, s.ratio_to,
							   gnb_str(&s.names) },
			title, text);
	free(raw);
	free(name);
	free(flags);
	free(label);
	free(title);
	free(text);
	gnb_buf_free(&hidden);
	gnb_buf_free(&s.dat);
	gnb_buf_free(&s.colours);
	gnb_buf_free(&s.names);
}

void gnb_fig_sweeps(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	for (size_t i = 0; i < bench->nr_params; i++)
		if (gnb_is_sweep(bench, bench->param[i]))
			for (size_t j = 0; j < bench->nr_metrics; j++)
				one(f, bench, bench->param[i], j);
}
