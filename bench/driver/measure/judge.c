/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a cell can be believed, by its control. */
#include <math.h>
#include <stdio.h>

#include "judge.h"

/* Spans of a latency metric are few and their tails long: its figures are its percentiles, and the
 * cell is judged by them only if it has no other time. */
static bool judged(const struct gnb_metric *m, unsigned i)
{
	if (m[i].exact)
		return false;
	for (unsigned k = 0; m[i].latency && m[k].name; k++)
		if (!m[k].exact && !m[k].latency)
			return false;
	return true;
}

double gnb_judge_width(const struct gnb_measure *c)
{
	const struct gnb_metric *m = c->bench->metrics;
	double w = 0;

	for (unsigned i = 0; m[i].name && i < GNB_METRICS_MAX; i++) {
		struct gnb_estimate e;

		if (!judged(m, i))
			continue;
		e = gnb_outcome_ratio(c->o, c->o->nlanes, i, NULL, NULL);
		if (e.n && isnan(e.lo))
			return INFINITY;
		if (e.n && !(e.hi - e.lo <= w))
			w = e.hi - e.lo;
	}
	return w;
}

void gnb_judge(struct gnb_measure *c)
{
	struct gnb_outcome *o = c->o;
	const struct gnb_metric *m = c->bench->metrics;
	bool timed_metric = false;
	char why[200];

	for (unsigned i = 0; m[i].name && i < GNB_METRICS_MAX; i++) {
		struct gnb_estimate e;

		timed_metric |= !m[i].exact;
		if (!judged(m, i) || !o->done || c->exact)
			continue;
		e = gnb_outcome_ratio(o, o->nlanes, i, NULL, NULL);
		if (!e.n || (isnan(e.lo) && o->dropped <= o->done))
			continue;
		if (isnan(e.lo))
			snprintf(why, sizeof(why),
				 "%s: only %u of %u rounds were usable: %u times a thread was not "
				 "running",
				 m[i].name, o->done, o->asked, o->dropped);
		else if (e.hi - e.lo > 0.10 || e.lo > 1.05 || e.hi < 0.95)
			snprintf(why, sizeof(why), "%s: %s against itself is %.3f to %.3f",
				 m[i].name, o->lanes[o->base].side.version->name, e.lo, e.hi);
		else
			continue;
		gnb_measure_fail(c, GNB_UNSTABLE, why);
	}
	if (!o->done && timed_metric) {
		snprintf(why, sizeof(why),
			 "no round of %u was usable: %u times a thread was not running", o->asked,
			 o->dropped);
		gnb_measure_fail(c, GNB_UNSTABLE, why);
	}
}
