/* SPDX-License-Identifier: GPL-2.0-only */
/* How long something took, added to what is known of it. For programs of eBPF. */
#ifndef TIMES_H
#define TIMES_H

#include "gnb_probe.h"

static inline __u32 log2_of(__u64 x)
{
	__u32 n = 0;

	for (int i = 0; i < 6; i++) {
		__u32 shift = 32u >> i;

		if (x >> shift) {
			x >>= shift;
			n += shift;
		}
	}
	return n;
}

static inline void times_over(struct gnb_kernel_times *t, __u64 ns)
{
	__u32 k = log2_of(ns);

	__sync_fetch_and_add(&t->ended, 1);
	__sync_fetch_and_add(&t->ns, ns);
	if (ns > t->max)
		t->max = ns;
	if (k >= GNB_KERNEL_BUCKETS)
		k = GNB_KERNEL_BUCKETS - 1;
	__sync_fetch_and_add(&t->hist[k], 1);
}

#endif
