/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The sign test for whoever looks after every launch and stops when it is clear: intervals of a median that hold at all
 * looks together, and what is said of a ratio by them. docs/methodology.md says why this may be done and whose it is.
 */
#ifndef GNB_SIGN_H
#define GNB_SIGN_H

#include "stats.h"

/*
 * How n samples, `beyond` of them beyond a value, speak against at most half of all samples being beyond it: a bet that is
 * paid fairly. Over all n that will ever be looked at it passes w with a probability of at most 1 / w.
 */
double gnb_sign_evidence(size_t n, size_t beyond);

/*
 * Rank k such that the median lies in [x(k), x(n+1-k)] at every n that is looked at, with an error of at most alpha in
 * all. 0: n is too small to exclude anything.
 */
size_t gnb_sign_rank(size_t n, double alpha);

/* The fewest samples that have such an interval. */
size_t gnb_sign_least(double alpha);

/*
 * Median, interval, least and most of n samples; not finite ones are left out. x is sorted in place. lo and hi are NaN
 * while there is no interval; level is 1 - alpha.
 */
struct gnb_estimate gnb_sign_estimate(double *x, size_t n, double alpha);

/* What is established of a ratio. */
enum gnb_sign { GNB_SIGN_OPEN, GNB_SIGN_LESS, GNB_SIGN_WITHIN, GNB_SIGN_MORE };

/*
 * Of n ratios: is their median more than 1 + threshold, less than 1 / (1 + threshold), or between the two? The chance
 * that what is ever said is wrong is at most alpha, however long one goes on. *e gets the estimate, if not NULL; x is
 * sorted in place.
 */
enum gnb_sign gnb_sign_judge(double *x, size_t n, double threshold, double alpha,
			     struct gnb_estimate *e);

/*
 * About how many samples it takes until something is established, if as many of them go on to lie where they lie. 0: no
 * number that is worth waiting for, since the median is about at the threshold.
 */
size_t gnb_sign_needs(const double *x, size_t n, double threshold, double alpha);

#endif
