/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Statistics over rounds: medians and their exact intervals. No normality is assumed: rounds of a
 * shared machine have long tails, and an order statistic does not care how long.
 */
#ifndef GNB_STATS_H
#define GNB_STATS_H

#include <stddef.h>

#define GNB_LEVEL 0.99
/* The fewest samples that have a 99 % interval for the median at all: 1 - 2 / 2^8 = 0.992. */
#define GNB_ROUNDS_MIN 8

/* A median with its interval, in the samples' unit. Figures that do not exist are NaN. */
struct gnb_estimate {
	size_t n; /* finite samples */
	double value, lo, hi;
	double level; /* of the interval; NaN without one */
	double min, max;
};

/* Sort n samples in place and return how many are finite; those come first. */
size_t gnb_sort(double *x, size_t n);

/*
 * Rank k (1..n/2) such that the median lies in [x(k), x(n+1-k)] with at least this probability, as
 * narrow as possible, from the binomial distribution. 0 if n is too small for the level.
 */
size_t gnb_median_rank(size_t n, double level);

/* The probability that the median lies in [x(k), x(n+1-k)] of n samples, for k from 1 to n/2. */
double gnb_median_coverage(size_t n, size_t k);

/*
 * The same of n finite samples that are sorted (gnb_sort()), with the interval between the k-th from either end, which
 * is said to hold the median at this level; k 0: none does. n 0: all is NaN.
 */
struct gnb_estimate gnb_estimate_at(const double *x, size_t n, size_t k, double level);

/* Median, interval at the level, minimum and maximum of n samples; not finite ones are left out. x
 * is sorted in place. lo, hi and level are NaN if there are too few samples for the level. */
struct gnb_estimate gnb_estimate(double *x, size_t n, double level);

/* A range that encloses the median with less probability than this is not called an interval. */
#define GNB_LEVEL_MIN 0.95

/*
 * The same, but of too few samples for the level the interval is their whole range, and the level
 * says how much that holds, if it is GNB_LEVEL_MIN: that takes 6 samples.
 */
struct gnb_estimate gnb_estimate_or_range(double *x, size_t n, double level);

/*
 * Replace x by the medians of its groups, and return how many there are. Samples of one group share
 * what moves them together, so groups are what is counted. group[i] does not fall. A group without
 * a finite sample is NaN.
 */
size_t gnb_group_medians(double *x, const unsigned *group, size_t n);

/* How far apart the middle half of n samples lies: the interquartile range. NaN without samples; x is
 * sorted in place. */
double gnb_middle_half(double *x, size_t n);

/* gnb_estimate() of the ratios num[i] / den[i]; scratch holds n doubles. */
struct gnb_estimate gnb_estimate_ratio(const double *num, const double *den, size_t n, double level,
				       double *scratch);

#endif
