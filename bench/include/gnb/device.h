/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Ranges that a device may reach: where they lie in its address space, and how they are mapped, taken away and
 * invalidated. Locking: one object may be used by several threads, each on ranges of its own number.
 */
#ifndef GNB_DEVICE_H
#define GNB_DEVICE_H

#include <gnb/bench.h>

/* The longest range, and the most that may wait for one invalidation. */
#define GNB_RANGE_PAGES_MAX (1u << 18)
#define GNB_RANGE_QUEUE_MAX 4096

struct gnb_ranges {
	unsigned pages, order; /* of each; the largest piece, as iommu_map() has it */
	unsigned queue; /* that wait for one invalidation: 1 each has its own, 0 each page has */
	unsigned
		each; /* how many a thread has; with a full queue at their end, all of them wait in it */
	unsigned offset; /* pages that they are off their alignment */
	uint64_t slot;	 /* from one to the next */
	bool mixed;	 /* of the full size, a half, a quarter and an eighth in turn */
};

/*
 * Ranges as the side's parameters pages, order, queue and shape (even, unaligned, mixed) want them, for so many
 * threads. NULL, or why there cannot be such.
 */
const char *gnb_ranges_init(struct gnb_ranges *r, const struct gnb_side *s, unsigned threads);

/* Where range k of a thread begins, and its pages. */
uint64_t gnb_range_dfn(const struct gnb_ranges *r, unsigned thread, unsigned k);
unsigned gnb_range_pages(const struct gnb_ranges *r, unsigned k);

/* Map it. 0 or -errno. */
int gnb_range_map(const struct gnb_ranges *r, struct gnb_side *s, struct gnb_vcpu *v,
		  unsigned thread, unsigned k);

/* Unmap it, with the invalidations that its queue asks for. 0 or -errno. */
int gnb_range_unmap(const struct gnb_ranges *r, struct gnb_side *s, struct gnb_vcpu *v,
		    unsigned thread, unsigned k);

#endif
