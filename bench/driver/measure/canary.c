// SPDX-License-Identifier: GPL-2.0-only
/* A cache line that goes to and fro between two cores. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "canary.h"
#include "values.h"
#include "pingpong.h"
#include "rec.h"

#define BURSTS	     40
#define BURSTS_LEAST 8
#define TRIPS	     100 /* to and fro, in a burst */
#define MOST_NS	     20000000ull
#define NOBODY	     (~0u)
/* Turns after which to see how late it is: a partner that is not running does not answer. */
#define PATIENCE 100000u

/* Each word has a line of its own, and the ball its neighbour's, which processors fetch with it. */
static struct {
	_Alignas(256) uint32_t ball;
	_Alignas(256) uint32_t partner; /* the thread whose turn it is */
} court;
static double *result; /* of each thread but the first */
static unsigned players;

unsigned gnb_contenders(const struct gnb_cell *cell)
{
	int i = gnb_param_index(cell->bench, "threads");

	if (i < 0 || !gnb_counts_contend(cell->value[i]))
		return 1;
	return (unsigned)strtoul(cell->value[i], NULL, 10);
}

/* The ball is odd on the way there, and even on the way back. False: it did not come back in time. */
static bool to_and_fro(uint64_t end)
{
	uint32_t ball = __atomic_load_n(&court.ball, __ATOMIC_RELAXED) + 1;

	__atomic_store_n(&court.ball, ball, __ATOMIC_RELEASE);
	for (unsigned turn = 1; __atomic_load_n(&court.ball, __ATOMIC_ACQUIRE) == ball; turn++)
		if (!(turn % PATIENCE) && gnb_now() > end)
			return false;
	return true;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* One way, the median over bursts; NaN if there were too few. */
static double measure(unsigned with, bool *lost)
{
	uint64_t end = gnb_now() + MOST_NS;
	double ns[BURSTS];
	unsigned n = 0;

	__atomic_store_n(&court.partner, with, __ATOMIC_RELEASE);
	/* The first one waits for the partner to see that it is its turn. */
	*lost = !to_and_fro(end);
	while (!*lost && n < BURSTS && gnb_now() < end) {
		uint64_t t = gnb_now();

		for (unsigned i = 0; i < TRIPS && !*lost; i++)
			*lost = !to_and_fro(end);
		if (!*lost)
			ns[n++] = (double)(gnb_now() - t) / (2 * TRIPS);
	}
	if (n < BURSTS_LEAST)
		return NAN;
	qsort(ns, n, sizeof(*ns), ascending);
	return n % 2 ? ns[n / 2] : (ns[n / 2 - 1] + ns[n / 2]) / 2;
}

static void answer(unsigned self)
{
	uint32_t partner;

	while ((partner = __atomic_load_n(&court.partner, __ATOMIC_ACQUIRE)) != NOBODY) {
		uint32_t ball = __atomic_load_n(&court.ball, __ATOMIC_ACQUIRE);

		if (partner == self && ball % 2)
			__atomic_store_n(&court.ball, ball + 1, __ATOMIC_RELEASE);
	}
}

static int play(struct gnb_side *s, unsigned i, void *arg)
{
	bool lost = false;

	(void)s;
	(void)arg;
	if (i) {
		answer(i);
		return 0;
	}
	/* A ball that did not come back is still out there: nobody else is asked. */
	for (unsigned k = 1; k < players; k++)
		result[k - 1] = lost ? NAN : measure(k, &lost);
	__atomic_store_n(&court.partner, NOBODY, __ATOMIC_RELEASE);
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
