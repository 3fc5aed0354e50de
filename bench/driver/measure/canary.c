// SPDX-License-Identifier: GPL-2.0-only
/* How far the cores of a cell are apart. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "canary.h"
#include "court.h"
#include "values.h"
#include "pingpong.h"
#include "rec.h"

static struct gnb_court court;
static double *result; /* of each thread but the first */
static unsigned players;

unsigned gnb_contenders(const struct gnb_cell *cell)
{
	int i = gnb_param_index(cell->bench, "threads");

	if (i < 0 || !gnb_counts_contend(cell->value[i]))
		return 1;
	return (unsigned)strtoul(cell->value[i], NULL, 10);
}

static int play(struct gnb_side *s, unsigned i, void *arg)
{
	bool lost = false;

	(void)s;
	(void)arg;
	if (i) {
		gnb_court_answer(&court, i);
		return 0;
	}
	/* A ball that did not come back is still out there: nobody else is asked. */
	for (unsigned k = 1; k < players; k++)
		result[k - 1] = lost ? NAN : gnb_court_serve(&court, k, &lost);
	gnb_court_close(&court);
	return 0;
}

void gnb_canary(struct gnb_measure *c, unsigned when)
{
	struct gnb_outcome *o = c->o;

	players = gnb_contenders(&o->pc->cell);
	if (players < 2 || players > gnb_cores() || c->exact || c->lim->counts_only)
		return;
	o->canaries = players - 1;
	result = o->canary[when];
	for (unsigned i = 0; i < o->canaries; i++)
		result[i] = NAN;
	court.ball = 0;
	court.partner = 0;
	gnb_threads_run(NULL, players, play, NULL);
}

void gnb_canary_judge(struct gnb_measure *c)
{
	const struct gnb_outcome *o = c->o;
	char why[160];

	for (unsigned i = 0; i < o->canaries; i++) {
		double a = o->canary[0][i], b = o->canary[1][i];

		if (isnan(a) || isnan(b) || gnb_pingpong_same(a, b))
			continue;
		snprintf(
			why, sizeof(why),
			"core %u of its threads was %.0f ns from the first one before it, and %.0f ns after it: "
			"its rounds are of two groups",
			i + 1, a, b);
		gnb_measure_fail(c, GNB_UNSTABLE, why);
		return;
	}
}
