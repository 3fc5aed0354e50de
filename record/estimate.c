/* SPDX-License-Identifier: GPL-2.0-only */
/* One figure out of several launches. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate.h"

/* Row i of those that are asked for: of a version, or with version NULL the one with the control. */
static const struct gnb_rec_row *row_of(const struct gnb_rec_launch *l, const char *version,
					const char *metric)
{
	if (version)
		return gnb_rec_row(l, version, metric);
	for (size_t i = 0; i < l->nr_rows; i++)
		if (l->row[i].has_self && !strcmp(l->row[i].metric, metric))
			return &l->row[i];
	return NULL;
}

/* An exact figure that all launches agree on needs no number of them. */
static struct gnb_estimate estimate(double *x, size_t n, bool exact)
{
	struct gnb_estimate e = gnb_estimate_or_range(x, n, GNB_LEVEL);

	if (exact && n && e.min == e.max) {
		e.lo = e.hi = e.value;
		e.level = 1;
	}
	return e;
}

static int over_launches(const struct gnb_rec_cell *c, const char *version, const char *metric,
			 struct gnb_rec_estimate *e)
{
	double *value = calloc(2 * c->nr_launches + 1, sizeof(*value));
	const struct gnb_estimate *one = NULL;
	double *ratio;
	size_t values = 0, ratios = 0;

	*e = (struct gnb_rec_estimate){ 0 };
	if (!value)
		return -ENOMEM;
	ratio = value + c->nr_launches;
	for (size_t i = 0; i < c->nr_launches; i++) {
		const struct gnb_rec_row *row = row_of(c->launch[i], version, metric);

		if (!row)
			continue;
		if (!e->row)
			e->row = row;
		e->launches++;
		e->rounds += c->launch[i]->rounds;
		e->dropped += c->launch[i]->dropped;
		if (!isnan(row->value.value))
			value[values++] = row->value.value;
		if (version ? !row->ratio_to : !row->has_self)
			continue;
		e->ratio_to = version ? row->ratio_to : row->version;
		one = version ? &row->ratio : &row->self;
		ratio[ratios++] = one->value;
	}
	/* Once there are several launches, one that alone has a figure gives no interval. */
	if (e->row) {
		bool exact = e->row->class == 'C';

		e->value = e->launches > 1 ? estimate(value, values, exact) : e->row->value;
		if (one)
			e->ratio = e->launches > 1 ? estimate(ratio, ratios, exact) : *one;
		e->ratio_class = exact ? 'C' : isnan(e->ratio.lo) ? 'X' : 'H';
	}
	free(value);
	return e->row ? 0 : -ENODATA;
}

int gnb_rec_estimate(const struct gnb_rec_cell *c, const char *version, const char *metric,
		     struct gnb_rec_estimate *e)
{
	return over_launches(c, version, metric, e);
}

int gnb_rec_each_estimate(const struct gnb_rec_cell *c,
			  void (*do_one)(void *arg, const struct gnb_rec_cell *c,
					 const struct gnb_rec_estimate *e),
			  void *arg)
{
	const struct gnb_rec_bench *b = c->bench;

	for (size_t v = 0; v < b->nr_versions; v++)
		for (size_t m = 0; m < b->nr_metrics; m++) {
			struct gnb_rec_estimate e;
			int rc = gnb_rec_estimate(c, b->version[v], b->metric[m], &e);

			if (rc && rc != -ENODATA)
				return rc;
			if (!rc)
				do_one(arg, c, &e);
		}
	return 0;
}

int gnb_rec_control(const struct gnb_rec_cell *c, const char *metric, struct gnb_rec_estimate *e)
{
	return over_launches(c, NULL, metric, e);
}
