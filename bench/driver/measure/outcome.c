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
	memcpy(x, l->sample[metric], o->done * sizeof(*x));
	e = l->side.clock->exact ? median_exactly(x, o->done) : gnb_estimate(x, o->done, GNB_LEVEL);
	free(x);
	return e;
}

struct gnb_estimate gnb_outcome_ratio(const struct gnb_outcome *o, unsigned lane, unsigned metric,
				      double **layouts, size_t *n)
{
	const struct gnb_lane *l = &o->lanes[lane], *base = &o->lanes[o->base];
	struct gnb_estimate e = none();
	double *x;
	size_t k;

	if (layouts) {
		*layouts = NULL;
		*n = 0;
	}
	if (l->side.cell->bench->metrics[metric].exact)
		return e;
	x = malloc((o->done + 1) * sizeof(*x));
	if (!x)
		return e;
	for (unsigned i = 0; i < o->done; i++)
		x[i] = l->sample[metric][i] / base->sample[metric][i];
	if (l->side.clock->exact) {
		e = median_exactly(x, o->done);
		free(x);
		return e;
	}
	k = gnb_group_medians(x, o->layout, o->done);
	if (layouts && k && (*layouts = malloc(k * sizeof(*x)))) {
		memcpy(*layouts, x, k * sizeof(*x));
		*n = k;
	}
	e = gnb_estimate_or_range(x, k, GNB_LEVEL);
	free(x);
	return e;
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
	for (unsigned i = 0; i < gnb_outcome_lanes(o); i++)
		gnb_lane_free(&o->lanes[i]);
	free(o->lanes);
	free(o->layout);
	o->layout = NULL;
	o->lanes = NULL;
	o->nlanes = 0;
	o->control = false;
}
