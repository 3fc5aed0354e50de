/* SPDX-License-Identifier: GPL-2.0-only */
/* Medians and their exact intervals, from the binomial distribution. */
#include <math.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

#include "stats.h"

size_t gnb_sort(double *x, size_t n)
{
	size_t m = 0;

	for (size_t i = 0; i < n; i++)
		if (isfinite(x[i]))
			x[m++] = x[i];
	gsl_sort(x, 1, m);
	return m;
}

double gnb_median_coverage(size_t n, size_t k)
{
	return 1 - 2 * gsl_cdf_binomial_P((unsigned)(k - 1), 0.5, (unsigned)n);
}

size_t gnb_median_rank(size_t n, double level)
{
	size_t lo = 0, hi = n / 2;

	/* The coverage falls in k. */
	while (lo < hi) {
		size_t k = (lo + hi + 1) / 2;

		if (gnb_median_coverage(n, k) >= level)
			lo = k;
		else
			hi = k - 1;
	}
	return lo;
}

struct gnb_estimate gnb_estimate_at(const double *x, size_t n, size_t k, double level)
{
	struct gnb_estimate e = {
		.value = NAN, .lo = NAN, .hi = NAN, .level = NAN, .n = n, .min = NAN, .max = NAN
	};

	if (!n)
		return e;
	e.value = gsl_stats_median_from_sorted_data(x, 1, n);
	e.min = x[0];
	e.max = x[n - 1];
	if (k) {
		e.lo = x[k - 1];
		e.hi = x[n - k];
		e.level = level;
	}
	return e;
}

struct gnb_estimate gnb_estimate(double *x, size_t n, double level)
{
	n = gnb_sort(x, n);
	return gnb_estimate_at(x, n, gnb_median_rank(n, level), level);
}

struct gnb_estimate gnb_estimate_or_range(double *x, size_t n, double level)
{
	struct gnb_estimate e = gnb_estimate(x, n, level);

	/* gnb_median_coverage(e.n, 1), to the last digit. */
	double range = 1 - pow(2, 1 - (double)e.n);

	if (isnan(e.lo) && range >= GNB_LEVEL_MIN) {
		e.lo = e.min;
		e.hi = e.max;
		e.level = range;
	}
	return e;
}

size_t gnb_group_medians(double *x, const unsigned *group, size_t n)
{
	size_t groups = 0;

	for (size_t i = 0, j; i < n; i = j) {
		double median;

		for (j = i; j < n && group[j] == group[i]; j++)
			;
		median = gnb_estimate(x + i, j - i, GNB_LEVEL).value;
		x[groups++] = median;
	}
	return groups;
}

double gnb_middle_half(double *x, size_t n)
{
	n = gnb_sort(x, n);
	if (!n)
		return NAN;
	return gsl_stats_quantile_from_sorted_data(x, 1, n, 0.75) -
	       gsl_stats_quantile_from_sorted_data(x, 1, n, 0.25);
}

struct gnb_estimate gnb_estimate_ratio(const double *num, const double *den, size_t n, double level,
				       double *scratch)
{
	for (size_t i = 0; i < n; i++)
		scratch[i] = num[i] / den[i];
	return gnb_estimate(scratch, n, level);
}
