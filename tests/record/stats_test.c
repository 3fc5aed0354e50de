/* SPDX-License-Identifier: GPL-2.0-only */
/* Statistics: medians and ranks with answers from the binomial distribution, and the coverage that
 * they promise. */
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "stats.h"

static unsigned tests, failures;

static void ok(bool good, const char *name)
{
	tests++;
	failures += !good;
	printf("%sok %u - %s\n", good ? "" : "not ", tests, name);
}

/* P(B(n, 1/2) <= k) by adding it up, apart from the library. */
static double binomial(unsigned n, unsigned k)
{
	double sum = 0;

	for (unsigned i = 0; i <= k; i++)
		sum += exp(lgamma(n + 1.) - lgamma(i + 1.) - lgamma(n - i + 1.) - n * log(2));
	return sum;
}

static void ranks(void)
{
	bool enough = true, narrow = true, told = true;

	ok(gnb_median_rank(7, 0.99) == 0, "7 samples have no 99 % interval: 1 - 2/128 is 0.984");
	ok(gnb_median_rank(8, 0.99) == 1, "8 samples have one, from the smallest to the largest");
	ok(gnb_median_rank(5, 0.99) == 0 && gnb_median_rank(6, 0.95) == 1,
	   "6 samples are enough for 95 %");
	ok(gnb_median_rank(20, 0.95) == 6, "20 samples at 95 %: ranks 6 and 15, as in the tables");
	ok(gnb_median_rank(100, 0.95) == 40,
	   "100 samples at 95 %: ranks 40 and 61, as in the tables");
	ok(gnb_median_rank(0, 0.99) == 0 && gnb_median_rank(1, 0.99) == 0,
	   "0 and 1 samples have none");
	for (unsigned n = 8; n <= 1000; n += 7) {
		unsigned k = (unsigned)gnb_median_rank(n, 0.99);

		enough &= k >= 1 && 1 - 2 * binomial(n, k - 1) >= 0.99 - 1e-9;
		narrow &= 1 - 2 * binomial(n, k) < 0.99 + 1e-9;
		told &= fabs(gnb_median_coverage(n, k) - (1 - 2 * binomial(n, k - 1))) < 1e-9;
	}
	ok(enough, "the interval covers at least 99 % at every n");
	ok(narrow, "one rank narrower would cover less");
	ok(told, "how much it covers is said");
}

static void estimates(void)
{
	double x[] = { 9, 1, NAN, 8, 2, 7, INFINITY, 3, 6, 4, 5 };
	double y[] = { 4, 1, 3, 2 }, z[] = { 6, 2, 5, 3, 4, 1 }, one[] = { 7 }, num[8], den[8],
	       scratch[8];
	struct gnb_estimate e = gnb_estimate(x, 11, 0.99);

	ok(e.n == 9, "what is not finite is left out");
	ok(e.value == 5 && e.min == 1 && e.max == 9, "median, minimum and maximum of 1..9");
	ok(e.lo == 1 && e.hi == 9, "9 samples: the 99 % interval is all of them");
	e = gnb_estimate(y, 4, 0.99);
	ok(e.value == 2.5 && isnan(e.lo) && isnan(e.hi),
	   "an even number: the middle of two; too few: no interval");
	e = gnb_estimate_or_range(y, 4, 0.99);
	ok(e.value == 2.5 && isnan(e.lo) && isnan(e.hi) && isnan(e.level),
	   "nor is a range that holds 1 - 2/16 called one");
	e = gnb_estimate_or_range(z, 6, 0.99);
	ok(e.value == 3.5 && e.lo == 1 && e.hi == 6 && e.level == 0.96875,
	   "of 6 the range is, and that it holds 1 - 2/64");
	e = gnb_estimate_or_range(x, 9, 0.99);
	ok(e.lo == 1 && e.hi == 9 && e.level == 0.99, "enough for the level: the interval");
	e = gnb_estimate_or_range(one, 1, 0.99);
	ok(e.value == 7 && isnan(e.lo) && isnan(e.hi), "a single sample has no range");
	e = gnb_estimate(one, 1, 0.99);
	ok(e.n == 1 && e.value == 7 && isnan(e.lo), "a single sample is its own median");
	e = gnb_estimate(y, 0, 0.99);
	ok(e.n == 0 && isnan(e.value), "no sample, no figure");
	for (int i = 0; i < 8; i++) {
		den[i] = 1 << i; /* a drift of 128 times */
		num[i] = 3 * den[i];
	}
	e = gnb_estimate_ratio(num, den, 8, 0.99, scratch);
	ok(e.value == 3 && e.lo == 3 && e.hi == 3, "a ratio within rounds does not see the drift");
	den[3] = 0;
	e = gnb_estimate_ratio(num, den, 8, 0.99, scratch);
	ok(e.n == 7 && e.value == 3, "a division by zero is no sample");
}

/* Samples of a group move together: groups are what is counted. */
static void groups(void)
{
	double x[30], y[6] = { 1, 2, 3, 7, 8, 9 };
	unsigned g[30], h[6] = { 0, 0, 0, 1, 1, 1 };
	size_t n;
	struct gnb_estimate e;

	for (unsigned i = 0; i < 30; i++) {
		g[i] = i / 3;
		x[i] = i / 3 + 1 + (i % 3 == 2 ? 100 : 0); /* an outlier in each group of three */
	}
	n = gnb_group_medians(x, g, 30);
	e = gnb_estimate_or_range(x, n, 0.99);
	ok(n == 10 && e.n == 10 && e.value == 5.5, "ten groups: the median of their medians");
	ok(e.lo == 1 && e.hi == 10 && e.level == 0.99,
	   "and its interval over groups, not over samples");
	n = gnb_group_medians(y, h, 6);
	e = gnb_estimate_or_range(y, n, 0.99);
	ok(n == 2 && e.n == 2 && e.value == 5 && isnan(e.lo) && isnan(e.level),
	   "two groups: a median, and no interval");
	n = gnb_group_medians(y, h, 0);
	e = gnb_estimate_or_range(y, n, 0.99);
	ok(!n && e.n == 0 && isnan(e.value), "no group, no figure");
}

/* Draw often from a skewed distribution of known median (ln 2): the interval must hold it in 99 %
 * of the draws. */
static void coverage(void)
{
	uint64_t s = 88172645463325252ull;
	unsigned held = 0, draws = 4000, n = 41;
	double x[41];

	for (unsigned d = 0; d < draws; d++) {
		struct gnb_estimate e;

		for (unsigned i = 0; i < n; i++) {
			s ^= s << 13;
			s ^= s >> 7;
			s ^= s << 17;
			x[i] = -log(((double)(s >> 11) + 0.5) / 9007199254740992.);
		}
		e = gnb_estimate(x, n, 0.99);
		held += e.lo <= M_LN2 && M_LN2 <= e.hi;
	}
	/* Expected 99.0 to 99.8 %; five standard deviations below 99 % is 98.2 %. */
	ok(held >= draws * 0.982, "the interval holds the true median in 99 % of the draws");
	ok(held < draws, "and not always: it is no wider than it has to be");
}

int main(void)
{
	ranks();
	estimates();
	groups();
	coverage();
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
