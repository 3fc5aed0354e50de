// SPDX-License-Identifier: GPL-2.0-only
/* How far two cores are apart. */
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "court.h"

#define BURSTS	     40
#define BURSTS_LEAST 8
#define TRIPS	     100 /* to and fro, in a burst */
#define MOST_NS	     20000000ull
#define NOBODY	     (~0u)
/* Turns after which to see how late it is: a partner that is not running does not answer. */
#define PATIENCE 100000u

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

/* The ball is odd on the way there, and even on the way back. False: it did not come back in time. */
static bool to_and_fro(struct gnb_court *c, uint64_t end)
{
	uint32_t ball = __atomic_load_n(&c->ball, __ATOMIC_RELAXED) + 1;

	__atomic_store_n(&c->ball, ball, __ATOMIC_RELEASE);
	for (unsigned turn = 1; __atomic_load_n(&c->ball, __ATOMIC_ACQUIRE) == ball; turn++)
		if (!(turn % PATIENCE) && now() > end)
			return false;
	return true;
}

static int ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double gnb_court_serve(struct gnb_court *c, unsigned with, bool *lost)
{
	uint64_t end = now() + MOST_NS;
	double ns[BURSTS];
	unsigned n = 0;

	__atomic_store_n(&c->partner, with, __ATOMIC_RELEASE);
	/* The first one waits for the partner to see that it is its turn. */
	*lost = !to_and_fro(c, end);
	while (!*lost && n < BURSTS && now() < end) {
		uint64_t t = now();

		for (unsigned i = 0; i < TRIPS && !*lost; i++)
			*lost = !to_and_fro(c, end);
		if (!*lost)
			ns[n++] = (double)(now() - t) / (2 * TRIPS);
	}
	if (n < BURSTS_LEAST)
		return NAN;
	qsort(ns, n, sizeof(*ns), ascending);
	return n % 2 ? ns[n / 2] : (ns[n / 2 - 1] + ns[n / 2]) / 2;
}

void gnb_court_close(struct gnb_court *c)
{
	__atomic_store_n(&c->partner, NOBODY, __ATOMIC_RELEASE);
}

void gnb_court_answer(struct gnb_court *c, unsigned self)
{
	uint32_t partner;

	while ((partner = __atomic_load_n(&c->partner, __ATOMIC_ACQUIRE)) != NOBODY) {
		uint32_t ball = __atomic_load_n(&c->ball, __ATOMIC_ACQUIRE);

		if (partner == self && ball % 2)
			__atomic_store_n(&c->ball, ball + 1, __ATOMIC_RELEASE);
	}
}
