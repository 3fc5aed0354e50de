/* SPDX-License-Identifier: GPL-2.0-only */
/* Rank sums, counted out. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sort.h>

#include "rank_sum.h"

/* Up to so many values: beyond, the table of sums would take seconds. */
#define EXACT_MAX 100

/* Twice the rank of each value among all, so that shared ranks are whole numbers, too. */
static int ranks(const double *v, size_t n, unsigned *twice)
{
	size_t *at = calloc(n + 1, sizeof(*at));

	if (!at)
		return -ENOMEM;
	gsl_sort_index(at, v, 1, n);
	for (size_t i = 0, j; i < n; i = j) {
		for (j = i; j < n && v[at[j]] == v[at[i]]; j++)
			;
		for (size_t k = i; k < j; k++)
			twice[at[k]] = (unsigned)(i + 1 + j);
	}
	free(at);
	return 0;
}

/* In how many ways k of the ranks sum up to s: ways[k * (most + 1) + s], for k up to m. NULL without memory. */
static double *sums(const unsigned *twice, size_t n, size_t m, size_t most)
{
	double *ways = calloc((m + 1) * (most + 1), sizeof(*ways));

	if (!ways)
		return NULL;
	ways[0] = 1;
	for (size_t i = 0; i < n; i++)
		for (size_t k = (i < m ? i + 1 : m); k; k--) {
			double *to = ways + k * (most + 1), *from = to - (most + 1);

			for (size_t s = twice[i]; s <= most; s++)
				to[s] += from[s - twice[i]];
		}
	return ways;
}

static int counted(const unsigned *twice, size_t n, size_t m, size_t sum, double *up, double *down)
{
	size_t most = n * (n + 1);
	double *ways = sums(twice, n, m, most), all = 0, more = 0, less = 0;

	if (!ways)
		return -ENOMEM;
	for (size_t s = 0; s <= most; s++) {
		double w = ways[m * (most + 1) + s];

		all += w;
		more += s >= sum ? w : 0;
		less += s <= sum ? w : 0;
	}
	free(ways);
	*up = more / all;
	*down = less / all;
	return 0;
}

/* With the variance that ties leave, and half a step for that sums are whole. */
static void approximated(const unsigned *twice, size_t n, size_t m, size_t sum, double *up,
			 double *down)
{
	double mean = (double)m * (double)(n + 1) / 2, squares = 0, w = (double)sum / 2, sd;

	for (size_t i = 0; i < n; i++) {
		double d = (double)twice[i] / 2 - (double)(n + 1) / 2;

		squares += d * d;
	}
	sd = sqrt((double)m * (double)(n - m) / ((double)n * (double)(n - 1)) * squares);
	if (sd == 0) {
		*up = *down = 1;
		return;
	}
	*up = gsl_cdf_ugaussian_Q((w - mean - 0.5) / sd);
	*down = gsl_cdf_ugaussian_P((w - mean + 0.5) / sd);
}

int gnb_rank_test(const double *x, size_t n, const double *y, size_t m, double *up, double *down)
{
	double *all = calloc(n + m + 1, sizeof(*all));
	unsigned *twice = calloc(n + m + 1, sizeof(*twice));
	size_t sum = 0;
	int rc = -ENOMEM;

	*up = *down = 1;
	if (all && twice) {
		memcpy(all, x, n * sizeof(*x));
		memcpy(all + n, y, m * sizeof(*y));
		rc = ranks(all, n + m, twice);
	}
	for (size_t i = n; !rc && i < n + m; i++)
		sum += twice[i];
	if (!rc && n && m && n + m <= EXACT_MAX)
		rc = counted(twice, n + m, m, sum, up, down);
	else if (!rc && n && m)
		approximated(twice, n + m, m, sum, up, down);
	free(all);
	free(twice);
	return rc;
}

int gnb_rank_effect(const double *x, size_t n, const double *y, size_t m, double effect, double *p,
		    bool *more)
{
	double *z = calloc(m + 1, sizeof(*z)), up = 1, down = 1, other;
	int rc = z ? 0 : -ENOMEM;

	for (size_t i = 0; !rc && i < m; i++)
		z[i] = y[i] / (1 + effect);
	if (!rc)
		rc = gnb_rank_test(x, n, z, m, &up, &other);
	for (size_t i = 0; !rc && i < m; i++)
		z[i] = y[i] * (1 + effect);
	if (!rc)
		rc = gnb_rank_test(x, n, z, m, &other, &down);
	free(z);
	*more = up < down;
	*p = fmin(1, 2 * fmin(up, down));
	return rc;
}

double gnb_rank_least(size_t n, size_t m)
{
	if (!n || !m)
		return 1;
	/* Of so many that the number of ways is none that a double holds, it is 0. */
	return fmin(1, 2 * exp(-gsl_sf_lnchoose((unsigned)(n + m), (unsigned)m)));
}

/* The largest k with P(U < k) <= tail, for sets without ties: as many quotients lie outside on either side. */
static int outside(size_t n, size_t m, double tail, size_t *k)
{
	size_t all = n + m, least = m * (m + 1), most = all * (all + 1);
	unsigned *twice;
	double *ways, sum = 0, whole = 0;

	*k = 0;
	if (all > EXACT_MAX) {
		double sd = sqrt((double)n * (double)m * (double)(all + 1) / 12);
		double at = (double)n * (double)m / 2 + gsl_cdf_ugaussian_Pinv(tail) * sd;

		*k = at > 0 ? (size_t)at : 0;
		return 0;
	}
	twice = calloc(all + 1, sizeof(*twice));
	if (!twice)
		return -ENOMEM;
	for (size_t i = 0; i < all; i++)
		twice[i] = (unsigned)(2 * (i + 1));
	ways = sums(twice, all, m, most);
	free(twice);
	if (!ways)
		return -ENOMEM;
	for (size_t s = 0; s <= most; s++)
		whole += ways[m * (most + 1) + s];
	for (size_t u = 0; u <= n * m; u++) {
		sum += ways[m * (most + 1) + least + 2 * u];
		if (sum / whole > tail)
			break;
		*k = u + 1;
	}
	free(ways);
	return 0;
}

int gnb_rank_ratio(const double *x, size_t n, const double *y, size_t m, double level,
		   struct gnb_estimate *e)
{
	double *q = calloc(n * m + 1, sizeof(*q));
	double range = 1 - gnb_rank_least(n, m);
	size_t k = 0, all = n * m;
	int rc;

	*e = (struct gnb_estimate){
		.value = NAN, .lo = NAN, .hi = NAN, .level = NAN, .min = NAN, .max = NAN
	};
	if (!q)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < m; j++)
			q[i * m + j] = log(y[j] / x[i]);
	rc = all ? outside(n, m, (1 - level) / 2, &k) : 0;
	if (!rc && all) {
		gsl_sort(q, 1, all);
		e->n = n < m ? n : m;
		e->value = exp((q[(all - 1) / 2] + q[all / 2]) / 2);
		e->min = exp(q[0]);
		e->max = exp(q[all - 1]);
		if (k) {
			e->lo = exp(q[k - 1]);
			e->hi = exp(q[all - k]);
			e->level = level;
		} else if (range >= GNB_LEVEL_MIN) {
			e->lo = e->min;
			e->hi = e->max;
			e->level = range;
		}
	}
	free(q);
	return rc;
}

size_t gnb_rank_family(double *least, size_t n, double alpha)
{
	size_t can = n;

	gsl_sort(least, 1, n);
	for (size_t k = 1; k < n; k++) {
		while (can && least[can - 1] > alpha / (double)k)
			can--;
		if (can <= k)
			return k;
	}
	return n ? n : 1;
}

int gnb_rank_correct(double *p, size_t n)
{
	size_t *at = calloc(n + 1, sizeof(*at));
	double least = 0;

	if (!at)
		return -ENOMEM;
	gsl_sort_index(at, p, 1, n);
	for (size_t i = 0; i < n; i++) {
		least = fmax(least, fmin(1, p[at[i]] * (double)(n - i)));
		p[at[i]] = least;
	}
	free(at);
	return 0;
}
