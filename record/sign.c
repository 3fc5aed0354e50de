// SPDX-License-Identifier: GPL-2.0-only
/* The sign test at all looks together: a mixture of bets on more than half of the samples being beyond a value. */
#include <math.h>

#include <gsl/gsl_cdf.h>

#include "sign.h"

/* Nobody waits for more. */
#define NEEDS_MAX 2000

/*
 * Whoever bets on a share p of the samples being beyond the value is paid 2p for each that is and 2(1-p) for each that is
 * not: fair if half of them are, a loss if fewer. The bets are spread evenly over p from 1/2 to 1. The integral of their
 * products is the function beta times the part of its distribution above 1/2, which is the binomial one.
 */
double gnb_sign_evidence(size_t n, size_t beyond)
{
	double a = (double)beyond, b = (double)(n - beyond);
	double log_beta = lgamma(a + 1) + lgamma(b + 1) - lgamma(a + b + 2);
	double part = gsl_cdf_binomial_P((unsigned)beyond, 0.5, (unsigned)n + 1);

	return part > 0 ? exp(((double)n + 1) * log(2) + log_beta + log(part)) : 0;
}

size_t gnb_sign_rank(size_t n, double alpha)
{
	size_t lo = 0, hi = n / 2;

	/* The evidence grows with each that is beyond. Either end may be wrong. */
	while (lo < hi) {
		size_t k = (lo + hi + 1) / 2;

		if (gnb_sign_evidence(n, n + 1 - k) >= 2 / alpha)
			lo = k;
		else
			hi = k - 1;
	}
	return lo;
}

size_t gnb_sign_least(double alpha)
{
	size_t n = 1;

	while (n < NEEDS_MAX && gnb_sign_evidence(n, n) < 2 / alpha)
		n++;
	return n;
}

struct gnb_estimate gnb_sign_estimate(double *x, size_t n, double alpha)
{
	n = gnb_sort(x, n);
	return gnb_estimate_at(x, n, gnb_sign_rank(n, alpha), 1 - alpha);
}

enum gnb_sign gnb_sign_judge(double *x, size_t n, double threshold, double alpha,
			     struct gnb_estimate *e)
{
	struct gnb_estimate mine = gnb_sign_estimate(x, n, alpha);

	if (e)
		*e = mine;
	if (isnan(mine.lo))
		return GNB_SIGN_OPEN;
	if (mine.lo > 1 + threshold)
		return GNB_SIGN_MORE;
	if (mine.hi < 1 / (1 + threshold))
		return GNB_SIGN_LESS;
	if (mine.lo >= 1 / (1 + threshold) && mine.hi <= 1 + threshold)
		return GNB_SIGN_WITHIN;
	return GNB_SIGN_OPEN;
}

/* The samples from which on a share of them is evidence enough. 0: none that is worth waiting for. */
static size_t enough(double share, size_t from, double alpha)
{
	for (size_t n = from; n <= NEEDS_MAX; n++)
		if (gnb_sign_evidence(n, (size_t)(share * (double)n)) >= 2 / alpha)
			return n;
	return 0;
}

size_t gnb_sign_needs(const double *x, size_t n, double threshold, double alpha)
{
	double above[2] = { 0, 0 }, hi, lo;
	size_t least = gnb_sign_least(alpha), m = 0, a, b;

	for (size_t i = 0; i < n; i++) {
		m += isfinite(x[i]);
		above[0] += x[i] > 1 / (1 + threshold);
		above[1] += x[i] > 1 + threshold;
	}
	least = m > least ? m : least;
	/* Of few samples all alike nobody knows whether the next one is. */
	lo = (above[0] + 0.5) / ((double)m + 1);
	hi = (above[1] + 0.5) / ((double)m + 1);
	if (hi > 0.5)
		return enough(hi, least, alpha);
	if (lo < 0.5)
		return enough(1 - lo, least, alpha);
	a = enough(lo, least, alpha);
	b = enough(1 - hi, least, alpha);
	return a && b ? a > b ? a : b : 0;
}
