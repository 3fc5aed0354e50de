/* SPDX-License-Identifier: GPL-2.0-only */
/* The rank test against all ways to deal the values out, one by one, and what is made of it. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "rank_sum.h"
#include "tap.h"

static uint64_t seed = 1;

static double lot(void)
{
	seed = seed * 6364136223846793005ull + 1442695040888963407ull;
	return (double)(seed >> 33) / (double)(1u << 31);
}

/* The rank of a value among all, shared if others are equal. */
static double rank_of(const double *v, unsigned n, double x)
{
	double below = 0, equal = 0;

	for (unsigned i = 0; i < n; i++) {
		below += v[i] < x;
		equal += v[i] == x;
	}
	return below + (equal + 1) / 2;
}

/* The shares by trying every choice of m of the n + m values. */
static void tried(const double *x, unsigned n, const double *y, unsigned m, double *up,
		  double *down)
{
	double v[24], sum = 0, all = 0, more = 0, less = 0;

	for (unsigned i = 0; i < n + m; i++)
		v[i] = i < n ? x[i] : y[i - n];
	for (unsigned j = 0; j < m; j++)
		sum += rank_of(v, n + m, y[j]);
	for (unsigned set = 0; set < 1u << (n + m); set++) {
		double s = 0;

		if ((unsigned)__builtin_popcount(set) != m)
			continue;
		for (unsigned i = 0; i < n + m; i++)
			if (set & (1u << i))
				s += rank_of(v, n + m, v[i]);
		all++;
		more += s >= sum;
		less += s <= sum;
	}
	*up = more / all;
	*down = less / all;
}

/* Values from so many different ones: few of them make ties. */
static void draw(double *x, unsigned n, unsigned different, double shift)
{
	for (unsigned i = 0; i < n; i++)
		x[i] = 1 + floor(lot() * different) / different + shift;
}

static bool as_tried(unsigned different)
{
	bool good = true;

	for (unsigned n = 1; n <= 7; n++)
		for (unsigned m = 1; m <= 7; m++) {
			double x[8], y[8], up, down, u, d;

			draw(x, n, different, 0);
			draw(y, m, different, 0.3 * lot());
			good &= !gnb_rank_test(x, n, y, m, &up, &down);
			tried(x, n, y, m, &u, &d);
			good &= fabs(up - u) < 1e-12 && fabs(down - d) < 1e-12;
		}
	return good;
}

/* The least p, from two sets that lie apart. */
static bool least(void)
{
	bool good = true;

	for (unsigned n = 1; n <= 8; n++)
		for (unsigned m = 1; m <= 8; m++) {
			double x[8], y[8], p;
			bool more;

			for (unsigned i = 0; i < 8; i++) {
				x[i] = 1 + i / 100.;
				y[i] = 2 + i / 100.;
			}
			good &= !gnb_rank_effect(x, n, y, m, 0.1, &p, &more) && more;
			good &= fabs(p - gnb_rank_least(n, m)) < 1e-9;
			good &= !gnb_rank_effect(y, n, x, m, 0.1, &p, &more) && !more;
			good &= fabs(p - gnb_rank_least(n, m)) < 1e-9;
			/* Apart by less than the effect that is asked for: nothing. */
			good &= !gnb_rank_effect(x, n, y, m, 2, &p, &more) && p == 1;
		}
	return good;
}

/* Does the test at a level reject that y is `factor` times x? */
static bool rejects(const double *x, unsigned n, const double *y, unsigned m, double factor,
		    double level)
{
	double z[16], up, down;

	for (unsigned i = 0; i < m; i++)
		z[i] = y[i] / factor;
	gnb_rank_test(x, n, z, m, &up, &down);
	return 2 * fmin(up, down) <= 1 - level;
}

static bool intervals(void)
{
	bool good = true;

	for (unsigned t = 0; t < 200; t++) {
		unsigned n = 5 + (unsigned)(lot() * 8), m = 5 + (unsigned)(lot() * 8);
		double x[16], y[16];
		struct gnb_estimate e;

		draw(x, n, 1000000, 0);
		draw(y, m, 1000000, 0);
		good &= !gnb_rank_ratio(x, n, y, m, 0.95, &e) && e.level == 0.95;
		good &= e.lo <= e.value && e.value <= e.hi;
		good &= rejects(x, n, y, m, e.lo * (1 - 1e-9), 0.95);
		good &= rejects(x, n, y, m, e.hi * (1 + 1e-9), 0.95);
		good &= !rejects(x, n, y, m, e.lo * (1 + 1e-9), 0.95);
		good &= !rejects(x, n, y, m, e.hi * (1 - 1e-9), 0.95);
	}
	return good;
}

static void few(void)
{
	double x[] = { 1, 1.1, 1.2, 1.3 }, y[] = { 2, 2.2, 2.4, 2.6 };
	struct gnb_estimate e;

	gnb_rank_ratio(x, 4, y, 4, 0.99, &e);
	ok(fabs(e.level - (1 - 2 / 70.)) < 1e-12 && e.lo == e.min && e.hi == e.max,
	   "4 and 4 have no 99 %% interval: their range, with the level that it has");
	gnb_rank_ratio(x, 3, y, 3, 0.99, &e);
	ok(isnan(e.lo) && isnan(e.hi) && isnan(e.level) && fabs(e.value - 2) < 0.01,
	   "3 and 3 have none at all, and an estimate");
	gnb_rank_ratio(x, 0, y, 3, 0.99, &e);
	ok(isnan(e.value) && isnan(e.lo), "none and 3 have nothing");
	gnb_rank_ratio(x, 1, y, 1, 0.99, &e);
	ok(e.value == 2 && isnan(e.lo), "1 and 1 have their quotient");
}

/* Where tables of sums end and the normal distribution begins there is no step. */
static bool continued(void)
{
	bool good = true;

	for (double shift = 0.02; shift < 0.3; shift += 0.04) {
		double x[60], y[60], up[2], down[2];

		seed = 7;
		draw(x, 51, 1000000, 0);
		draw(y, 50, 1000000, shift);
		gnb_rank_test(x, 50, y, 50, &up[0], &down[0]);
		gnb_rank_test(x, 51, y, 50, &up[1], &down[1]);
		good &= fabs(log(up[0]) - log(up[1])) < 0.15 * (1 - log(up[0]));
		good &= fabs(down[0] - down[1]) < 0.02;
	}
	return good;
}

static void corrections(void)
{
	double p[] = { 0.01, 0.04, 0.03, 0.005 }, one[] = { 0.2 };
	bool good = true;

	gnb_rank_correct(p, 4);
	ok(fabs(p[3] - 0.02) < 1e-12 && fabs(p[0] - 0.03) < 1e-12 && fabs(p[2] - 0.06) < 1e-12 &&
		   fabs(p[1] - 0.06) < 1e-12,
	   "Holm: 0.005, 0.01, 0.03 and 0.04 are 0.02, 0.03, 0.06 and 0.06");
	gnb_rank_correct(one, 1);
	ok(one[0] == 0.2, "one test is not corrected");
	for (unsigned t = 0; t < 500; t++) {
		unsigned n = 1 + (unsigned)(lot() * 300), k = 0, can;
		double l[300];

		for (unsigned i = 0; i < n; i++)
			l[i] = lot() < 0.5 ? gnb_rank_least(8, 8) : gnb_rank_least(1, 1 + i % 9);
		do {
			k++;
			can = 0;
			for (unsigned i = 0; i < n; i++)
				can += l[i] <= 0.05 / k;
		} while (can > k);
		good &= gnb_rank_family(l, n, 0.05) == k;
	}
	ok(good, "the family's factor is the least that has room for who can be significant");
	ok(gnb_rank_family(one, 0, 0.05) == 1, "no tests have the factor 1");
}

/* How often one of 40 comparisons of nothing says something, at 0.05 in all. */
static unsigned alarms(unsigned rounds)
{
	unsigned n = 0;

	for (unsigned r = 0; r < rounds; r++) {
		double p[40];
		bool any = false, more;

		for (unsigned i = 0; i < 40; i++) {
			double x[8], y[8];

			draw(x, 8, 1000000, 0);
			draw(y, 8, 1000000, 0);
			gnb_rank_effect(x, 8, y, 8, 0, &p[i], &more);
		}
		gnb_rank_correct(p, 40);
		for (unsigned i = 0; i < 40; i++)
			any |= p[i] <= 0.05;
		n += any;
	}
	return n;
}

int main(void)
{
	ok(as_tried(1000000), "without ties, as all ways tried one by one");
	ok(as_tried(3), "and with ties");
	ok(least(), "the least p is that of sets that lie apart, and has a side");
	ok(gnb_rank_least(0, 5) == 1 && fabs(gnb_rank_least(8, 8) - 2 / 12870.) < 1e-12,
	   "2 of 12870 for 8 and 8, and 1 for none");
	ok(intervals(), "the interval holds what the test does not reject, and no more");
	few();
	ok(continued(), "101 values are judged as 100 are");
	corrections();
	/* 5 % of 1000, and three standard deviations. */
	ok(alarms(1000) <= 71,
	   "40 comparisons of nothing say something in 5 %% of all cases at most");
	return tap_done();
}
