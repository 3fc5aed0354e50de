/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log-linear histogram of 64-bit values: 32 linear steps per power of two, so a value is known to within
 * 1/32 (3.2 %) of itself; values below 64 are exact. The minimum and maximum are kept exactly. Nothing is dropped.
 * Locking: none; one writer. Merge per-thread histograms afterwards.
 */
#ifndef GNB_HIST_H
#define GNB_HIST_H

#include <stdint.h>
#include <stdio.h>

#define GNB_HIST_SUB_BITS 5
#define GNB_HIST_BUCKETS  ((64 - GNB_HIST_SUB_BITS + 1) << GNB_HIST_SUB_BITS)

struct gnb_hist {
	uint64_t n, min, max;
	uint64_t bucket[GNB_HIST_BUCKETS];
};

/* Empty it. */
void gnb_hist_reset(struct gnb_hist *h);

/* Add a value so many times. */
void gnb_hist_add(struct gnb_hist *h, uint64_t value, uint64_t times);

/* Add all values of another. */
void gnb_hist_merge(struct gnb_hist *into, const struct gnb_hist *from);

/* The value at or below which a share q (0..1] of the samples lies: the upper edge of its bucket, not
 * above the maximum. 0 if there are none. */
uint64_t gnb_hist_quantile(const struct gnb_hist *h, double q);

/* The smallest and the largest value that share v's bucket. */
uint64_t gnb_hist_low(uint64_t v);
uint64_t gnb_hist_high(uint64_t v);

/* Lines "value cumulative_share count" for plotting, after a header line with '#'. 0 or -errno. */
int gnb_hist_write(const struct gnb_hist *h, FILE *f);

/* What lines of one or more such files say. */
struct gnb_hist_bins {
	struct gnb_hist_bin {
		double value, count;
	} * bin;
	size_t nr;
	double n; /* sum of the counts */
};

/* Add the lines of a file; those that are none of gnb_hist_write()'s are left out. 0 or -errno. */
int gnb_hist_read(struct gnb_hist_bins *b, const char *path);

/* Put the bins in order of their values. */
void gnb_hist_sort(struct gnb_hist_bins *b);

/* Empty them and give their memory back. */
void gnb_hist_bins_free(struct gnb_hist_bins *b);

#endif
