// SPDX-License-Identifier: GPL-2.0-only
/*
 * How often the judge of change points is wrong and right (scripts/claims history, tests/history/change_test.c):
 *
 *   power null KIND SERIES SEED RECORDED      series of 1,000 points without a change: how many alarm, of how many
 *   power step KIND SERIES SEED RECORDED [AT] a step of 1 % at point AT, or at one from 100 to 900: how many of the series
 *                                             in which nothing was found before say so within 3 points, of how many
 *   power constant SERIES                     how many of as many constant series alarm
 *   power time KIND SERIES SEED RECORDED      microseconds that judging them took, of a processor; without making them
 *
 * KIND: g normal, t Student's t with 3 degrees of freedom, r recorded.
 */
#include <time.h>

#include "change.h"
#include "noise.h"

#define POINTS 1000

static double x[POINTS];

/* The first change that a series gives away: the point, or n of none. */
static size_t first(const double *v, size_t n)
{
	struct gnb_judge j = { 0 };
	struct gnb_change c;

	for (size_t i = 0; i < n; i++)
		if (gnb_judge_next(&j, v[i], &c))
			return i;
	return n;
}

static void null(char kind, int series, const struct recorded *r)
{
	int alarms = 0;

	for (int i = 0; i < series; i++) {
		noise_fill(x, POINTS, kind, r);
		alarms += first(x, POINTS) < POINTS;
	}
	printf("%d %d\n", alarms, series);
}

static void step(char kind, int series, const struct recorded *r, size_t where)
{
	int found = 0, of = 0;

	for (int i = 0; i < series; i++) {
		size_t at = where ? where : 100 + noise_next() % 801, seen;
		bool up = noise_next() & 1;

		noise_fill(x, at + 3, kind, r);
		for (size_t k = at; k < at + 3; k++)
			x[k] *= up ? 1.01 : 0.99;
		seen = first(x, at + 3);
		/* An alarm before is an error of the other kind, and is counted there. */
		of += seen >= at;
		found += seen >= at && seen < at + 3;
	}
	printf("%d %d\n", found, of);
}

static void constant(int series)
{
	int alarms = 0;

	for (int i = 0; i < series; i++) {
		double v = i ? 1 / (double)i : 0;

		for (size_t k = 0; k < POINTS; k++)
			x[k] = i % 2 ? v : -v;
		alarms += first(x, POINTS) < POINTS;
	}
	printf("%d %d\n", alarms, series);
}

static void duration(char kind, int series, const struct recorded *r)
{
	clock_t sum = 0;
	size_t sink = 0;

	for (int i = 0; i < series; i++) {
		struct gnb_judge j = { 0 };
		struct gnb_change c;
		clock_t start;

		noise_fill(x, POINTS, kind, r);
		start = clock();
		for (size_t k = 0; k < POINTS; k++)
			sink += gnb_judge_next(&j, x[k], &c);
		sum += clock() - start;
	}
	printf("%.0f %zu\n", (double)sum * 1e6 / CLOCKS_PER_SEC, sink);
}

int main(int argc, char **argv)
{
	struct recorded r = { 0 };
	int series = argc > 3 ? atoi(argv[3]) : 0;

	if (argc == 3 && !strcmp(argv[1], "constant")) {
		constant(atoi(argv[2]));
		return 0;
	}
	if (argc < 6 || series <= 0 || !strchr("gtr", *argv[2])) {
		fprintf(stderr,
			"power null|step|time g|t|r SERIES SEED RECORDED [AT]; power constant SERIES\n");
		return 2;
	}
	if (noise_read(&r, argv[5]) || !r.nr) {
		fprintf(stderr, "power: cannot read %s\n", argv[5]);
		return 2;
	}
	noise_seed((uint64_t)atoll(argv[4]));
	if (!strcmp(argv[1], "null"))
		null(*argv[2], series, &r);
	else if (!strcmp(argv[1], "step"))
		step(*argv[2], series, &r, argc > 6 ? (size_t)atoi(argv[6]) : 0);
	else
		duration(*argv[2], series, &r);
	free(r.x);
	return 0;
}
