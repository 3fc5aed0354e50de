/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The rank-sum test (Wilcoxon, Mann and Whitney) of two sets of launches, exactly, and what goes with it: an estimate
 * with its interval, how many launches could say anything at all, and a correction for many tests.
 */
#ifndef GNB_RANK_SUM_H
#define GNB_RANK_SUM_H

#include <stdbool.h>
#include <stddef.h>

#include "stats.h"

/*
 * Of all ways to deal the n + m values into such two sets, the share in which y's ranks sum up to what they do or more
 * (*up), and to that or less (*down). Equal values share the mean of their ranks. Up to 100 values all ways are
 * counted, of more the normal distribution says it. 0 or -ENOMEM.
 */
int gnb_rank_test(const double *x, size_t n, const double *y, size_t m, double *up, double *down);

/*
 * The p of "y differs from x by more than `effect`, as a factor", two-sided: the smaller of the two one-sided ones of
 * y / (1 + effect) being more than x and of y * (1 + effect) being less, twice. Values are positive. *more: which of
 * the two it is. 0 or -ENOMEM.
 */
int gnb_rank_effect(const double *x, size_t n, const double *y, size_t m, double effect, double *p,
		    bool *more);

/* The smallest p that n and m values without ties can have: two sets that do not overlap. */
double gnb_rank_least(size_t n, size_t m);

/*
 * y against x as a factor: the median of all n * m quotients (Hodges and Lehmann), and the interval that the test at
 * this level would not reject, or the range of all where that holds GNB_LEVEL_MIN at least. 0 or -ENOMEM.
 */
int gnb_rank_ratio(const double *x, size_t n, const double *y, size_t m, double level,
		   struct gnb_estimate *e);

/*
 * Which of n tests can be significant at all, each with the least p that it can have (Tarone): the factor that alpha
 * has to be divided by, 1 or more. Those with least[i] <= alpha / factor are the family; their number is at most the
 * factor. least is sorted in place.
 */
size_t gnb_rank_family(double *least, size_t n, double alpha);

/* The values of p corrected for their number, in place (Holm). 0 or -ENOMEM. */
int gnb_rank_correct(double *p, size_t n);

#endif
