/* SPDX-License-Identifier: GPL-2.0-only */
/* What comes of a cell: from the samples of its lanes to its figures. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "metric.h"
#include "outcome.h"

const char *const gnb_status_names[GNB_STATUSES] = { "ok", "skipped", "error", "unstable",
						     "timeout" };

static struct gnb_estimate none(void)
{
	return (struct gnb_estimate){ .value = NAN, .lo = NAN, .hi = NAN, .min = NAN, .max = NAN };
}

/* A side's figure in each round. The baseline ran twice: both together are its figure. */
static void round_values(const struct gnb_lane *l, unsigned metric, unsigned n, double *x)
{
	memcpy(x, l->sample[0][metric], n * sizeof(*x));
	for (unsigned i = 0; l->self && i < n; i++)
		x[i] = (x[i] + l->sample[1][metric][i]) / 2;
}

/*
 * Under an exact clock the median is no estimate of anything: it is the figure of work that was
 * fixed. How far rounds lie apart stays in min and max.
 */
static struct gnb_estimate median_exactly(double *x, unsigned n)
{
	struct gnb_estimate e = gnb_estimate(x, n, GNB_LEVEL);

	e.lo = e.hi = e.value;
	e.level = 1;
	return e;
}

struct gnb_estimate gnb_outcome_value(const struct gnb_outcome *o, unsigned lane, unsigned metric)
{
	const struct gnb_lane *l = &o->lanes[lane];
	struct gnb_estimate e = none();
	double *x;

	if (l->side.cell->bench->metrics[metric].exact) {
		double v = l->exact[metric];

		if (isnan(v))
			return e;
		return (struct gnb_estimate){ o->done ? o->done : 1, v, v, v, 1, v, v };
	}
	x = malloc((o->done + 1) * sizeof(*x));
	if (!x)
		return e;
	round_values(l, metric, o->done, x);
	e = l->side.clock->exact ? median_exactly(x, o->done) : gnb_estimate(x, o->done, GNB_LEVEL);
	free(x);
	return e;
}

static struct gnb_estimate ratio(const double *num, const double *den, unsigned n)
{
	double *scratch = malloc((n + 1) * sizeof(*scratch));
	struct gnb_estimate e = none();

	if (scratch)
		e = gnb_estimate_ratio(num, den, n, GNB_LEVEL, scratch);
	free(scratch);
	return e;
}

struct gnb_estimate gnb_outcome_ratio(const struct gnb_outcome *o, unsigned lane, unsigned metric)
{
	const struct gnb_lane *l = &o->lanes[lane], *base = &o->lanes[o->base];
	struct gnb_estimate e = none();
	double *x;

	if (l->side.cell->bench->metrics[metric].exact)
		return e;
	x = malloc((o->done + 1) * sizeof(*x));
	if (!x)
		return e;
	round_values(base, metric, o->done, x);
	for (unsigned i = 0; i < o->done; i++)
		x[i] = l->sample[0][metric][i] / x[i];
	e = l->side.clock->exact ? median_exactly(x, o->done)
				 : gnb_estimate_groups(x, o->layout, o->done, GNB_LEVEL);
	free(x);
	return e;
}

struct gnb_estimate gnb_outcome_self(const struct gnb_outcome *o, unsigned metric)
{
	const struct gnb_lane *base = &o->lanes[o->base];

	if (gnb_metric_exact(&base->side.cell->bench->metrics[metric], base->side.clock))
		return none();
	return ratio(base->sample[0][metric], base->sample[1][metric], o->done);
}

double gnb_outcome_share(const struct gnb_outcome *o, unsigned lane, unsigned thread)
{
	const struct gnb_lane *l = &o->lanes[lane];
	double *x, v = NAN;

	if (!l->share[thread])
		return v;
	x = malloc((o->done + 1) * sizeof(*x));
	if (x) {
		memcpy(x, l->share[thread], o->done * sizeof(*x));
		v = gnb_estimate(x, o->done, GNB_LEVEL).value;
	}
	free(x);
	return v;
}

void gnb_outcome_free(struct gnb_outcome *o)
{
	for (unsigned i = 0; i < o->nlanes; i++)
		gnb_lane_free(&o->lanes[i]);
	free(o->lanes);
	free(o->layout);
	o->layout = NULL;
	o->lanes = NULL;
	o->nlanes = 0;
}
