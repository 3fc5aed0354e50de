// SPDX-License-Identifier: GPL-2.0-only
/* The verdicts: exact figures at once, ratios of time as one family of tests. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "rank_sum.h"

/* No more launches are ever asked for: what takes more is not found by more launches. */
#define LAUNCHES_MAX 1000
/* Of two quotients that a text has rounded. */
#define ROUNDING 1e-12

/* How much worse, as a part of what it was. */
static double worse(double base, double now, bool higher_better)
{
	double more = base == now ? 0 : now / base - 1;

	return higher_better ? -more : more;
}

double gnb_cmp_effect(const struct gnb_cmp_row *r)
{
	double most = NAN;

	if (r->figure != GNB_FIG_COUNTS)
		return worse(1, r->ratio.value, r->higher_better);
	for (size_t i = 0; r->changes && i < json_object_array_length(r->changes); i++) {
		struct json_object *o = json_object_array_get_idx(r->changes, i);
		double e = worse(gnb_json_get_number(o, "base", NAN),
				 gnb_json_get_number(o, "now", NAN), false);

		if (isnan(most) || fabs(e) > fabs(most))
			most = e;
	}
	return most;
}

/* A count is of work: more of it is worse. */
static void judge_counts(struct gnb_cmp_row *r)
{
	bool more = false, less = false, gone = false;

	for (size_t i = 0; i < json_object_array_length(r->changes); i++) {
		struct json_object *o = json_object_array_get_idx(r->changes, i);
		double base = gnb_json_get_number(o, "base", NAN),
		       now = gnb_json_get_number(o, "now", NAN);

		more |= now > base;
		less |= now < base;
		gone |= isnan(now);
	}
	if (gone || (more && less)) {
		r->verdict = GNB_CMP_CHANGED;
		snprintf(r->why, sizeof(r->why), "%s",
			 gone ? "a count is not made any more" : "more of one, less of another");
	} else if (more || less) {
		r->verdict = more ? GNB_CMP_SLOWER : GNB_CMP_FASTER;
	}
}

static void judge_exact(struct gnb_cmp_row *r, double gate)
{
	double e;

	r->ratio.value = r->base == r->now ? 1 : r->now / r->base;
	r->ratio.lo = r->ratio.hi = r->ratio.value;
	r->ratio.level = 1;
	r->threshold = gate;
	e = worse(r->base, r->now, r->higher_better);
	if (fabs(e) > gate + ROUNDING || (isnan(e) && r->base != r->now))
		r->verdict = e > 0 ? GNB_CMP_SLOWER : e < 0 ? GNB_CMP_FASTER : GNB_CMP_CHANGED;
}

/* Is it a ratio that has launches, and that nothing was said of yet? */
static bool open_ratio(const struct gnb_cmp_row *r)
{
	return r->figure == GNB_FIG_RATIO && r->verdict == GNB_CMP_SAME;
}

/* Have two rows as many launches, on either side? */
static bool alike(const struct gnb_cmp_row *a, const struct gnb_cmp_row *b)
{
	return a->launches[0] == b->launches[0] && a->launches[1] == b->launches[1];
}

/*
 * The factor of the family if all rows that have as many launches as row `at`, if there is one, had at least so many on
 * each side: who measures more launches does so of more than one row. 0 without memory.
 */
static size_t factor_with(const struct gnb_comparison *c, size_t at, size_t launches)
{
	double *least = calloc(c->nr_rows + 1, sizeof(*least));
	size_t n = 0, factor = 0;

	if (!least)
		return 0;
	for (size_t i = 0; i < c->nr_rows; i++) {
		const struct gnb_cmp_row *r = &c->row[i];
		size_t a = r->launches[0], b = r->launches[1];

		if (!open_ratio(r))
			continue;
		if (at < c->nr_rows && alike(r, &c->row[at])) {
			a = a > launches ? a : launches;
			b = b > launches ? b : launches;
		}
		least[n++] = gnb_rank_least(a, b);
	}
	factor = gnb_rank_family(least, n, c->o.alpha);
	free(least);
	return factor;
}

/* The fewest launches on each side with which the row, and those that have as few, could be significant. */
static size_t needed(const struct gnb_comparison *c, size_t at)
{
	const struct gnb_cmp_row *r = &c->row[at];

	for (size_t n = 2; n < LAUNCHES_MAX; n++) {
		size_t a = r->launches[0] > n ? r->launches[0] : n,
		       b = r->launches[1] > n ? r->launches[1] : n, factor;

		/* Without any other row it would take as many. */
		if (gnb_rank_least(a, b) > c->o.alpha)
			continue;
		factor = factor_with(c, at, n);
		if (factor && gnb_rank_least(a, b) <= c->o.alpha / (double)factor)
			return n;
	}
	return LAUNCHES_MAX;
}

/* How many the row would need; rows of as many launches need as many. */
static void find_needed(struct gnb_comparison *c, size_t at)
{
	struct gnb_cmp_row *r = &c->row[at];

	for (size_t i = 0; i < at && !r->needs; i++)
		if (c->row[i].needs && alike(&c->row[i], r))
			r->needs = c->row[i].needs;
	if (!r->needs)
		r->needs = needed(c, at);
}

static void too_few(struct gnb_cmp_row *r)
{
	r->verdict = GNB_CMP_UNCLEAR;
	snprintf(r->why, sizeof(r->why), "needs %zu launches on each side, there are %zu and %zu",
		 r->needs, r->launches[0], r->launches[1]);
}

/* What a ratio that was tested comes to. */
static void judge_ratio(struct gnb_comparison *c, struct gnb_cmp_row *r, bool more)
{
	double lo = 1 / (1 + r->threshold), hi = 1 + r->threshold;

	if (r->corrected <= c->o.alpha)
		r->verdict = more != r->higher_better ? GNB_CMP_SLOWER : GNB_CMP_FASTER;
	else if (r->ratio.lo >= lo && r->ratio.hi <= hi)
		r->verdict = GNB_CMP_SAME;
	else {
		r->verdict = GNB_CMP_UNCLEAR;
		snprintf(r->why, sizeof(r->why),
			 "neither within %.1f %% nor beyond: the launches lie too far apart",
			 100 * r->threshold);
	}
}

static int test(struct gnb_comparison *c, struct gnb_cmp_row *r, bool *more)
{
	r->tested = true;
	c->family++;
	return gnb_rank_effect(r->each[0], r->launches[0], r->each[1], r->launches[1], r->threshold,
			       &r->p, more);
}

/* The ratios that have enough launches are tested; the others are told how many they need. */
static int test_ratios(struct gnb_comparison *c, double *p, bool *more)
{
	size_t factor = factor_with(c, c->nr_rows, 0), n = 0;
	int rc = factor ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < c->nr_rows; i++) {
		struct gnb_cmp_row *r = &c->row[i];
		double least = gnb_rank_least(r->launches[0], r->launches[1]);

		if (!open_ratio(r))
			continue;
		r->threshold = fmax(c->o.min_effect, r->threshold);
		rc = gnb_rank_ratio(r->each[0], r->launches[0], r->each[1], r->launches[1],
				    GNB_LEVEL, &r->ratio);
		if (!rc && least <= c->o.alpha / (double)factor) {
			rc = test(c, r, &more[i]);
			p[n++] = r->p;
		} else if (!rc) {
			find_needed(c, i);
		}
	}
	if (!rc)
		rc = gnb_rank_correct(p, n);
	n = 0;
	for (size_t i = 0; !rc && i < c->nr_rows; i++)
		if (c->row[i].tested)
			c->row[i].corrected = p[n++];
	return rc;
}

static int judge_ratios(struct gnb_comparison *c)
{
	double *p = calloc(c->nr_rows + 1, sizeof(*p));
	bool *more = calloc(c->nr_rows + 1, sizeof(*more));
	int rc = p && more ? test_ratios(c, p, more) : -ENOMEM;

	for (size_t i = 0; !rc && i < c->nr_rows; i++) {
		if (!open_ratio(&c->row[i]))
			continue;
		if (c->row[i].tested)
			judge_ratio(c, &c->row[i], more[i]);
		else
			too_few(&c->row[i]);
	}
	free(p);
	free(more);
	return rc;
}

int gnb_cmp_judge(struct gnb_comparison *c)
{
	for (size_t i = 0; i < c->nr_rows; i++) {
		struct gnb_cmp_row *r = &c->row[i];

		if (r->verdict != GNB_CMP_SAME)
			continue;
		if (r->figure == GNB_FIG_COUNTS)
			judge_counts(r);
		else if (r->figure == GNB_FIG_VALUE || r->figure == GNB_FIG_INSTRUCTIONS)
			judge_exact(r, r->figure == GNB_FIG_VALUE ? 0 : c->o.gate);
	}
	return judge_ratios(c);
}
