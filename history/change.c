// SPDX-License-Identifier: GPL-2.0-only
/*
 * Change points, online: a likelihood ratio over a window of unknown length (Willsky and Jones 1976), with scores that
 * are clipped (Huber 1964), so that one or two points far off are no change. The limits come from simulation: see
 * docs/history.md, which has what they find and how often they are wrong.
 */
#include <math.h>
#include <string.h>

#include "change.h"

/* The newest points that are not in the base yet: with fewer nothing is said. */
#define LAG 3
/* Points that a level has to have before its spread is known. */
#define KNOWN 15
/* A score, in units of the spread, is no larger. */
#define CLIP 3.7
/* How large the sum of three scores has to be, and that of w scores by the root of w. */
#define LIMIT_3 9.8
#define LIMIT	6.0
/* A spread of n points is taken for larger by 1 + this / n, since it was estimated. */
#define UNSURE 4.0
/* A change by less than this share of the level is none, however quiet the series is. */
#define FLOOR 2e-4

static double point(const struct gnb_judge *j, size_t i)
{
	return j->last[i % GNB_JUDGE_KEPT];
}

/* The first place in the base whose value is not below v. */
static size_t place(const struct gnb_judge *j, double v)
{
	size_t lo = 0, hi = j->nr_base;

	while (lo < hi) {
		size_t mid = (lo + hi) / 2;

		if (j->base[mid] < v)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void base_add(struct gnb_judge *j, double v)
{
	size_t at = place(j, v);

	memmove(j->base + at + 1, j->base + at, (j->nr_base - at) * sizeof(*j->base));
	j->base[at] = v;
	j->nr_base++;
}

static void base_remove(struct gnb_judge *j, double v)
{
	size_t at = place(j, v);

	j->nr_base--;
	memmove(j->base + at, j->base + at + 1, (j->nr_base - at) * sizeof(*j->base));
}

static double median(const struct gnb_judge *j)
{
	size_t n = j->nr_base;

	return n % 2 ? j->base[n / 2] : (j->base[n / 2 - 1] + j->base[n / 2]) / 2;
}

/* The largest distances from the middle lie at both ends: the one that 5 % of the points exceed. */
static double outer(const struct gnb_judge *j, double mid)
{
	double skip = 0.05 * (double)j->nr_base, cur = 0, low, high;
	size_t whole = (size_t)skip, l = 0, r = j->nr_base - 1;

	for (size_t i = 0; i <= whole; i++) {
		low = mid - j->base[l];
		high = j->base[r] - mid;
		cur = low > high ? low : high;
		if (low > high)
			l++;
		else
			r--;
	}
	low = mid - j->base[l];
	high = j->base[r] - mid;
	skip -= (double)whole;
	return cur * (1 - skip) + (low > high ? low : high) * skip;
}

/*
 * The spread of the level, in units of a standard deviation: from where the outer 5 % begin, which is nearly the same
 * number of them for a normal distribution (1.96) and one with the tails of Student's t with 3 degrees (1.84).
 */
static double spread(const struct gnb_judge *j, double mid)
{
	size_t n = j->nr_base;
	double inner = (j->base[3 * n / 4] - j->base[n / 4]) / 1.349, s = outer(j, mid) / 1.9;
	double tail = inner > 0 ? s / inner : INFINITY;

	if (s < 0.9 * inner)
		s = 0.9 * inner;
	/* Tails of a normal distribution need less room for what is rare. */
	if (n >= 60 && tail < 1.25)
		s *= tail < 1.05 ? 0.9 : 0.9 + 0.1 * (tail - 1.05) / 0.2;
	return s;
}

static double clipped(double z)
{
	return z > CLIP ? CLIP : z < -CLIP ? -CLIP : z;
}

/* A new level begins at point `at`. */
static void begin(struct gnb_judge *j, size_t at, double s)
{
	j->spread = s;
	j->start = at;
	j->nr_base = 0;
	for (size_t i = at; i + LAG < j->n; i++)
		base_add(j, point(j, i));
}

static double median_of_newest(const struct gnb_judge *j, size_t from)
{
	struct gnb_judge few = { 0 };

	for (size_t i = from; i < j->n; i++)
		base_add(&few, point(j, i));
	return median(&few);
}

/*
 * Hold the newest points against the base: the length of the window that says most of a change, 0 of none. What a window
 * of w says is the square of its sum by w; this is nearly all that a history costs.
 */
static size_t window(const struct gnb_judge *j, double mid, double s)
{
	size_t rest = j->n - j->start - KNOWN, best = 0;
	size_t most = rest < GNB_JUDGE_WINDOW ? rest : GNB_JUDGE_WINDOW;
	double sum = 0, strongest = 0, by = s > 0 ? 1 / s : INFINITY;
	bool found = false;

	for (size_t w = 1; w <= most; w++) {
		double off = point(j, j->n - w) - mid, says;

		sum += off ? clipped(off * by) : 0;
		if (w < LAG)
			continue;
		says = sum * sum;
		found |= says > (w == LAG ? LIMIT_3 * LIMIT_3 : LIMIT * LIMIT * (double)w);
		if (says > strongest * (double)w) {
			strongest = says / (double)w;
			best = w;
		}
	}
	return found ? best : 0;
}

/* Has a level that is too young to be known given way to the one before? */
static bool taken_back(const struct gnb_judge *j, double mid)
{
	double sum = 0, now = median_of_newest(j, j->n - LAG);

	for (size_t w = 1; w <= LAG; w++)
		sum += clipped((point(j, j->n - w) - mid) / j->spread);
	return fabs(sum) > LIMIT_3 && fabs(now - j->before) <= fabs(now - mid) / 2;
}

static bool exact_next(struct gnb_judge *j, double value, struct gnb_change *change)
{
	double before = j->n ? point(j, j->n - 1) : value;

	j->last[j->n % GNB_JUDGE_KEPT] = value;
	j->n++;
	if (value == before)
		return false;
	*change = (struct gnb_change){ j->n - 1, j->n - 1, before, value };
	j->start = j->n - 1;
	return true;
}

bool gnb_judge_next(struct gnb_judge *j, double value, struct gnb_change *change)
{
	double mid, s;
	size_t w;

	if (j->exact)
		return exact_next(j, value, change);
	j->last[j->n % GNB_JUDGE_KEPT] = value;
	j->n++;
	if (j->n > j->start + LAG) {
		if (j->nr_base == GNB_JUDGE_BASE)
			base_remove(j, point(j, j->n - 1 - LAG - GNB_JUDGE_BASE));
		base_add(j, point(j, j->n - 1 - LAG));
	}
	mid = j->nr_base ? median(j) : NAN;
	if (j->nr_base < KNOWN) {
		s = j->spread;
		w = j->nr_base >= LAG && s > 0 && taken_back(j, mid) ? LAG : 0;
	} else {
		s = spread(j, mid);
		if (s < FLOOR * fabs(mid))
			s = FLOOR * fabs(mid);
		w = window(j, mid, s * (1 + UNSURE / (double)j->nr_base));
	}
	if (!w)
		return false;
	*change = (struct gnb_change){ j->n - w, j->n - 1, mid, median_of_newest(j, j->n - w) };
	j->before = mid;
	begin(j, j->n - w, s);
	return true;
}
