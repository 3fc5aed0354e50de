/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a cell can be believed, by its control. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "judge.h"

/* A cell is unstable if half of its control's layouts lie further apart than this, or if its ratio is
 * off 1 by more. The interval would not do: of ten layouts it is the whole range, which one outlier
 * makes wide. */
#define APART_MAX 0.05
#define OFF_MAX	  0.05

bool gnb_judged(const struct gnb_metric *m, unsigned i)
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

		if (!gnb_judged(m, i))
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
		double *layout, apart;
		size_t n;

		timed_metric |= !m[i].exact;
		if (!gnb_judged(m, i) || !o->done || c->exact)
			continue;
		e = gnb_outcome_ratio(o, o->nlanes, i, &layout, &n);
		apart = gnb_middle_half(layout, n);
		free(layout);
		if (!e.n)
			continue;
		if (isnan(e.lo) && o->dropped > o->done)
			snprintf(
				why, sizeof(why),
				"%s: only %u of %u rounds were usable: %u times a thread was not running",
				m[i].name, o->done, o->asked, o->dropped);
		else if (isnan(e.lo))
			continue;
		else if (apart > APART_MAX || fabs(e.value - 1) > OFF_MAX)
			snprintf(
				why, sizeof(why),
				"%s: the control, %s once more, is %.3f of it, and half of its layouts lie "
				"%.1f %% apart",
				m[i].name, o->lanes[o->base].side.version->name, e.value,
				100 * apart);
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
