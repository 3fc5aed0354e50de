// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cost against a number: batch sizes, bytes. Left the figure itself, or its instructions where they were counted; right
 * its ratio to the baseline version. Lines are versions, or, where there is one version, values of another parameter.
 * Data file, one block per line, headed by its name:
 *
 *   x  figure  ratio lo hi  launches sure position
 *
 * "?": there is none; sure: 1, or 0 if the ratio is not established; position: of x among all of them.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "axis.h"
#include "exact.h"
#include "cond.h"
#include "escape.h"
#include "program.h"
#include "sweep.h"

#define SERIES_MAX 8
#define FLAT	   1.25 /* largest by smallest figure of a line that says nothing */
#define FLAT_RATIO 1.1	/* the same of its ratios */
#define WIDE	   8	/* largest by smallest where a linear axis would hide the small ones */

/* Dark, and none of them a version's. */
static const unsigned value_colour[] = { 0x7a5cc0, 0x8a5a00, 0x00704f, 0x99406f,
					 0x1f6fa8, 0x555555, 0xb04a00, 0x444499 };

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
	double x[GNB_POINTS_MAX]; /* of all lines, in order */
	size_t nr_x;
	double lo, hi, apart; /* apart: largest by smallest figure at one x */
	double at_lo[GNB_POINTS_MAX], at_hi[GNB_POINTS_MAX];
	unsigned at_n[GNB_POINTS_MAX];
	unsigned series, figures, ratios, once, again, drifted;
	bool varies; /* along a line, by more than says nothing */
	bool exact;  /* left are instructions */
	const char *ratio_to, *unit;
	struct gnb_cond cond;
};

/* How far a line's figures and ratios are apart. */
struct range {
	double lo, hi, ratio_lo, ratio_hi;
	unsigned verdicts; /* a bit for each that is established */
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

static size_t place(const struct sweep *s, double x)
{
	size_t i = 0;

	while (i < s->nr_x && s->x[i] != x)
		i++;
	return i;
}

static void add_figure(struct sweep *s, struct range *r, size_t at, double v)
{
	if (isnan(v))
		return;
	r->lo = fmin(r->lo, v);
	r->hi = fmax(r->hi, v);
	s->at_lo[at] = s->at_n[at] ? fmin(s->at_lo[at], v) : v;
	s->at_hi[at] = s->at_n[at]++ ? fmax(s->at_hi[at], v) : v;
	if (s->at_hi[at] > s->at_lo[at])
		s->apart =
			fmax(s->apart, s->at_lo[at] > 0 ? s->at_hi[at] / s->at_lo[at] : INFINITY);
	s->lo = s->figures ? fmin(s->lo, v) : v;
	s->hi = s->figures ? fmax(s->hi, v) : v;
	s->figures++;
}

static void add_point(struct sweep *s, struct gnb_buf *block, struct range *range,
		      const struct gnb_point *pt, double v, const struct gnb_rec_estimate *e)
{
	size_t at = place(s, pt->x);
	bool sure = true;

	if (!s->exact && gnb_drifted(s->f, pt->cell, e)) {
		s->drifted++;
		v = NAN;
	}
	gnb_buf_fmt(block, "%.17g", pt->x);
	number(block, v);
	number(block, e->ratio_to ? e->ratio.value : NAN);
	number(block, e->ratio_to ? e->ratio.lo : NAN);
	number(block, e->ratio_to ? e->ratio.hi : NAN);
	if (e->ratio_to && !isnan(e->ratio.value)) {
		struct gnb_reading r = gnb_reading_of(s->f, pt->cell, e);

		sure = r.verdict != GNB_NOT_ESTABLISHED;
		if (sure) {
			range->verdicts |= 1u << r.verdict;
			range->ratio_lo = fmin(range->ratio_lo, e->ratio.value);
			range->ratio_hi = fmax(range->ratio_hi, e->ratio.value);
		}
		s->ratios++;
		*(e->launches > 1 ? &s->again : &s->once) += 1;
		s->ratio_to = e->ratio_to;
	}
	gnb_buf_fmt(block, " %u %d %zu\n", e->launches, sure, at);
	add_figure(s, range, at, v);
}

static bool one_bit(unsigned bits)
{
	return !(bits & (bits - 1));
}

/* A line of the figure. */
static void add_series(struct sweep *s, const struct gnb_point *pt, size_t n, const char *version,
		       const char *metric, const char *label, unsigned colour)
{
	struct range r = { INFINITY, 0, INFINITY, 0, 0 };
	unsigned ratios = s->ratios;
	struct gnb_buf block = { 0 };

	for (size_t i = 0; i < n; i++) {
		struct gnb_rec_estimate e;
		double v;

		if (!gnb_estimate_of(pt[i].cell, version, metric, &e))
			continue;
		v = figure(s, pt[i].cell, version, metric, &e);
		if (!isnan(v))
			add_point(s, &block, &r, &pt[i], v, &e);
	}
	if (block.len) {
		gnb_buf_add(&s->dat, "\"");
		gnb_buf_plain(&s->dat, label);
		gnb_buf_fmt(&s->dat, "\"\n%s\n\n", gnb_str(&block));
		gnb_buf_add(&s->names, s->series ? " \"" : "\"");
		gnb_buf_plain(&s->names, s->ratios > ratios ? label : "-");
		gnb_buf_add(&s->names, "\"");
		gnb_buf_fmt(&s->colours, "%s0x%06x", s->series++ ? " " : "", colour);
		s->varies |= r.hi > r.lo * FLAT || r.ratio_hi > r.ratio_lo * FLAT_RATIO ||
			     !one_bit(r.verdicts);
	}
	gnb_buf_free(&block);
}

/* Is there a count of instructions for each point of the baseline? */
static bool counted(const struct gnb_figs *f, const struct gnb_point *pt, size_t n,
		    const char *version, const char *metric)
{
	for (size_t i = 0; i < n; i++) {
		const struct gnb_rec_cell *cell = gnb_exact_cell(f->exact, pt[i].cell);
		struct gnb_rec_estimate e;

		if (!cell || !gnb_estimate_of(cell, version, metric, &e))
			return false;
	}
	return n;
}

static char *caption(const struct sweep *s, const char *axis, const char *by, const char *hidden)
{
	struct gnb_buf b = { 0 };
	char *cond = gnb_cond_text(&s->cond);
	bool exact = s->f->run->exact;

	if (by)
		gnb_buf_fmt(&b, "A line for each %s. ", by);
	gnb_buf_fmt(&b, "%s%s.", s->ratios ? "Left: " : "The figures: ",
		    s->exact || exact
			    ? "exact counts, class C"
			    : "the time itself, context (class X) that drifts from point to point");
	if (s->drifted)
		gnb_buf_fmt(
			&b,
			" Of %u point%s only the ratio is shown, as drift between the two versions turned the times against it.",
			s->drifted, s->drifted > 1 ? "s" : "");
	if (s->ratios)
		gnb_buf_fmt(&b, " Right: the ratio to %s, class %s; below 1 is less%s.",
			    s->ratio_to, exact ? "C" : "H",
			    exact ? "" : "; a hollow mark is not established");
	if (s->once && !exact)
		gnb_buf_fmt(&b, " Thin intervals are over the layouts of one launch%s.",
			    s->again ? ", thick ones over launches" : "");
	else if (s->again && !exact)
		gnb_buf_add(&b, " Intervals are over launches.");
	if (*hidden)
		gnb_buf_fmt(&b, " In the table only, as they would lie on their neighbours: %s %s.",
			    axis, hidden);
	gnb_buf_fmt(&b, " %s", cond);
	free(cond);
	return gnb_take(&b);
}

/* How the axes are: of x, of y, whether there are ratios, what figures are divided by, and values of x. */
static char *flags(const struct sweep *s, bool mib)
{
	double low = s->x[0], high = s->x[s->nr_x - 1];
	/* Zero has no place on a logarithmic axis, and beside large numbers the small ones none on a linear one. */
	bool even = low <= 0 && high >= WIDE * s->x[1];
	struct gnb_buf b = { 0 };

	gnb_buf_fmt(&b, "%s %s %s %d",
		    even			    ? "even"
		    : low > 0 && high / low >= WIDE ? "logx"
						    : "linx",
		    s->lo > 0 && s->hi / s->lo >= WIDE ? "logy" : "liny",
		    s->ratios ? "ratio" : "alone", mib ? 1 << 20 : 1);
	for (size_t i = 0; even && i < s->nr_x; i++)
		gnb_buf_fmt(&b, " %g", s->x[i]);
	return gnb_take(&b);
}

static void draw(struct sweep *s, const struct gnb_rec_bench *bench, const char *axis,
		 const char *by, const char *what, const char *hidden)
{
	char *raw = gnb_strf("%s-%s-%s", bench->name, axis, what), *name = gnb_slug(raw);
	bool mib = !strcmp(s->unit, "bytes") && s->hi >= 1 << 20;
	char *title = gnb_strf("%s: %s by %s%s%s", bench->name, what, axis, by ? " and " : "",
			       by ? by : ""),
	     *label = gnb_strf("%s, %s", what, mib ? "MiB" : s->unit), *how = flags(s, mib),
	     *text = caption(s, axis, by, hidden);
	struct gnb_buf dat = { 0 };

	gnb_buf_fmt(
		&dat,
		"# grantbench plot data: %s\n# %s figure (%s) ratio lo hi launches sure position\n%s",
		title, axis, s->unit, gnb_str(&s->dat));
	gnb_fig(s->f, name, "sweep", &dat,
		(const char *const[GNB_FIG_ARGS]){ gnb_str(&s->colours), gnb_axis_label(axis),
						   label, how, s->ratio_to, gnb_str(&s->names) },
		title, text);
	gnb_buf_free(&dat);
	free(raw);
	free(name);
	free(title);
	free(label);
	free(how);
	free(text);
}

static void places(struct sweep *s, const struct gnb_point *pt, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!s->nr_x || s->x[s->nr_x - 1] != pt[i].x)
			s->x[s->nr_x++] = pt[i].x;
}

static void done(struct sweep *s)
{
	gnb_buf_free(&s->dat);
	gnb_buf_free(&s->colours);
	gnb_buf_free(&s->names);
}

/* A line for each version. */
static void by_version(struct gnb_figs *f, const struct gnb_rec_bench *bench, const char *axis,
		       size_t metric)
{
	struct gnb_point pt[GNB_POINTS_MAX];
	struct gnb_buf hidden = { 0 };
	size_t n = gnb_spread(pt, gnb_points(bench, axis, NULL, NULL, pt), &hidden);
	const char *what = bench->metric[metric];
	struct sweep s = { .f = f,
			   .unit = bench->unit[metric],
			   .exact = counted(f, pt, n, bench->version[0], what) };

	places(&s, pt, n);
	for (size_t i = 0; i < n; i++)
		gnb_cond_add(&s.cond, pt[i].cell);
	for (size_t i = 0; i < bench->nr_versions; i++)
		add_series(&s, pt, n, bench->version[i], what, bench->version[i],
			   gnb_colour(f->run, bench->version[i], i));
	if (s.figures && s.nr_x > 1 && s.varies)
		draw(&s, bench, axis, NULL, what, gnb_str(&hidden));
	else if (s.figures && s.nr_x > 1 && s.lo == s.hi)
		gnb_doc_para(f->doc, "No figure of %s by %s: it is %.4g %s everywhere.", what, axis,
			     s.lo, s.unit);
	else if (s.figures && s.nr_x > 1)
		gnb_doc_para(
			f->doc,
			"No figure of %s by %s: it lies between %.4g and %.4g %s; along %s no version changes by more than %.0f %%%s.",
			what, axis, s.lo, s.hi, s.unit, axis, (FLAT - 1) * 100,
			s.ratios ? ", and no reading of a ratio changes" : "");
	gnb_buf_free(&hidden);
	done(&s);
}

/* A line for each value of another parameter, which is returned. NULL, and nothing drawn, if they are too much alike. */
static const char *by_value(struct gnb_figs *f, const struct gnb_rec_bench *bench, const char *axis,
			    size_t metric)
{
	struct gnb_point pt[SERIES_MAX][GNB_POINTS_MAX], all[GNB_POINTS_MAX];
	size_t n[SERIES_MAX], nr;
	const char *value[SERIES_MAX], *what = bench->metric[metric],
				       *by = gnb_crossed(bench, axis, value, SERIES_MAX, &nr);
	struct sweep s = { .f = f, .unit = bench->unit[metric], .exact = by != NULL };
	bool apart;

	for (size_t i = 0; by && i < nr; i++) {
		n[i] = gnb_points(bench, axis, by, value[i], pt[i]);
		s.exact &= counted(f, pt[i], n[i], bench->version[0], what);
		for (size_t k = 0; k < n[i]; k++)
			gnb_cond_add(&s.cond, pt[i][k].cell);
	}
	/* All points that any line has stand on the axis of the centre. */
	places(&s, all, gnb_points(bench, axis, NULL, NULL, all));
	for (size_t i = 0; by && i < nr; i++) {
		char *label = gnb_strf("%s:%s", by, value[i]);

		add_series(&s, pt[i], n[i], bench->version[0], what, label,
			   value_colour[i % (sizeof(value_colour) / sizeof(*value_colour))]);
		free(label);
	}
	apart = s.figures && s.apart > FLAT;
	if (apart)
		draw(&s, bench, axis, by, what, "");
	done(&s);
	return apart ? by : NULL;
}

/* The metric by all parameters: what lines of their own values tell is not told again along the other of the two. */
static void of_metric(struct gnb_figs *f, const struct gnb_rec_bench *bench, size_t metric,
		      bool *drawn, bool crossed)
{
	for (size_t i = 0; i < bench->nr_params; i++) {
		const char *by;

		if (drawn[i] || !gnb_is_sweep(bench, bench->param[i]))
			continue;
		if (!crossed) {
			by_version(f, bench, bench->param[i], metric);
			continue;
		}
		by = by_value(f, bench, bench->param[i], metric);
		for (size_t k = 0; by && k < bench->nr_params; k++)
			drawn[k] |= k == i || !strcmp(bench->param[k], by);
	}
}

void gnb_fig_sweeps(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	bool *drawn = gnb_alloc(bench->nr_metrics * bench->nr_params, sizeof(*drawn));

	for (int crossed = 1; crossed >= 0; crossed--)
		for (size_t j = 0; j < bench->nr_metrics; j++)
			of_metric(f, bench, j, drawn + j * bench->nr_params, crossed);
	free(drawn);
}
