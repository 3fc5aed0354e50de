// SPDX-License-Identifier: GPL-2.0-only
/* Change points: what is found in noise and where, what is not, and that the judge knows nothing of the future. */
#include "change.h"
#include "noise.h"
#include "tap.h"

#define POINTS 1000
#define FOUND  32

static double x[POINTS];
static struct recorded recorded;

/* All changes of the first n points; how many. */
static size_t changes(const double *v, size_t n, bool exact, struct gnb_change *c)
{
	struct gnb_judge j = { .exact = exact };
	size_t nr = 0;

	for (size_t i = 0; i < n; i++)
		if (gnb_judge_next(&j, v[i], &c[nr]) && nr < FOUND - 1)
			nr++;
	return nr;
}

static void constants(void)
{
	static const double values[] = { 0, 1, -1, 0.1, 1e-300, 1e300, -3.7 };
	struct gnb_change c[FOUND];
	size_t n = 0;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		for (size_t k = 0; k < POINTS; k++)
			x[k] = values[i];
		n += changes(x, POINTS, false, c) + changes(x, POINTS, true, c);
	}
	ok(!n, "a constant series has no change, exact or not");
}

static void exact(void)
{
	static const double v[] = { 5, 5, 6, 6, 6, 5, 5, 5.0000001 };
	struct gnb_change c[FOUND];

	ok(changes(v, 8, true, c) == 3 && c[0].at == 2 && c[0].seen == 2 && c[0].before == 5 &&
		   c[0].after == 6 && c[1].at == 5 && c[2].at == 7,
	   "of exact figures any difference is a change, at once");
}

static void quiet(void)
{
	struct gnb_change c[FOUND];
	size_t n;

	for (size_t k = 0; k < POINTS; k++)
		x[k] = k < 500 ? 1 : 1.01;
	n = changes(x, POINTS, false, c);
	ok(n == 1 && c[0].at == 500 && c[0].seen == 502 && c[0].before == 1 && c[0].after == 1.01,
	   "a step without noise is found at its third point: %zu, at %zu", n, c[0].at);
	for (size_t k = 0; k < POINTS; k++)
		x[k] = k < 500 ? 0 : 1e-9;
	n = changes(x, POINTS, false, c);
	ok(n == 1 && c[0].at == 500, "and from 0");
	for (size_t k = 0; k < POINTS; k++)
		x[k] = k < 500 ? 1 : 1.00001;
	ok(!changes(x, POINTS, false, c), "a step of a thousandth of a percent is none");
}

/* One kind of noise: where steps are found, and how far off one may be. */
static void noisy(char kind)
{
	struct gnb_change c[FOUND];
	int series = 400, found = 0, of = 0, place = 0, null = 0, small = 0, single = 0;

	noise_seed((uint64_t)kind);
	for (int i = 0; i < series; i++) {
		size_t at = 100 + noise_next() % 800, n;

		noise_fill(x, POINTS, kind, &recorded);
		null += changes(x, POINTS, false, c) > 0;
		for (size_t k = at; k < POINTS; k++)
			x[k] += 0.01;
		n = changes(x, POINTS, false, c);
		of += !n || c[0].seen >= at;
		found += n && c[0].seen >= at && c[0].seen < at + 3;
		place += n && c[0].at + 1 >= at && c[0].at <= at + 1;
		noise_fill(x, POINTS, kind, &recorded);
		x[at] *= 1.5;
		x[at / 2] *= 0.5;
		single += changes(x, POINTS, false, c) > 0;
		noise_fill(x, POINTS, kind, &recorded);
		for (size_t k = at; k < POINTS; k++)
			x[k] += 0.003;
		n = changes(x, POINTS < at + 60 ? POINTS : at + 60, false, c);
		small += n > 0;
	}
	ok(found * 100 >= of * 95, "%c: a step of 1 %% is found within 3 points: %d of %d", kind,
	   found, of);
	ok(place * 100 >= series * 90, "%c: at its place: %d of %d", kind, place, series);
	ok(null <= 5, "%c: no change is found where there is none: %d of %d", kind, null, series);
	ok(single <= 8, "%c: nor for single points far off: %d of %d", kind, single, series);
	ok(small * 100 >= series * 90, "%c: a step of 0.3 %% within 60: %d of %d", kind, small,
	   series);
}

/* What is found in a series is what was found when it ended there. */
static void online(void)
{
	struct gnb_change all[FOUND], some[FOUND];
	size_t n, wrong = 0, seen = 0;

	noise_seed(11);
	for (int i = 0; i < 20; i++) {
		noise_fill(x, 400, "gtr"[i % 3], &recorded);
		for (size_t k = 0; k < 400; k++)
			x[k] *= k < 120 ? 1 : k < 130 ? 1.02 : k < 250 ? 1 : 0.95;
		n = changes(x, 400, false, all);
		seen += n;
		for (size_t to = 0; to <= 400; to++) {
			size_t nr = changes(x, to, false, some), k = 0;

			while (k < n && all[k].seen < to)
				k++;
			wrong += nr != k || memcmp(some, all, k * sizeof(*all)) != 0;
		}
	}
	ok(!wrong && seen >= 50, "every prefix has the changes that were seen by then: %zu", seen);
}

/* A step that is taken back before its level is known. */
static void taken_back(void)
{
	struct gnb_change c[FOUND];
	int back = 0, series = 200;

	noise_seed(5);
	for (int i = 0; i < series; i++) {
		size_t n, is_back = 0;

		noise_fill(x, 200, 'g', &recorded);
		for (size_t k = 100; k < 108; k++)
			x[k] += 0.015;
		n = changes(x, 200, false, c);
		for (size_t k = 1; k < n; k++)
			is_back |= c[k].at >= 107 && c[k].at <= 109 && c[k].seen <= 112 &&
				   c[k].after < c[k].before;
		back += is_back != 0;
	}
	ok(back * 100 >= series * 95, "a step that is taken back after 8 points: %d of %d", back,
	   series);
}

int main(void)
{
	const char *file = "tests/data/aa-launches.txt";

	tap_plan(23);
	if (!ok(!noise_read(&recorded, file) && recorded.nr >= 3 && recorded.n > 3000,
		"recorded noise"))
		return 1;
	constants();
	exact();
	quiet();
	noisy('g');
	noisy('t');
	noisy('r');
	online();
	taken_back();
	free(recorded.x);
	return tap_done();
}
