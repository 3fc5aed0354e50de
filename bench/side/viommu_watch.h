/* SPDX-License-Identifier: GPL-2.0-only */
/* A device that goes on at what was unmapped: how long it can. */
#ifndef VIOMMU_WATCH_H
#define VIOMMU_WATCH_H

#include <gnb/viommu.h>

/* A range that was unmapped, and that the device was not refused since. */
struct viommu_left {
	uint64_t dfn, since, calls;
	unsigned n;
};

struct viommu_watch {
	struct gnb_side *s;
	unsigned device;
	struct viommu_left *left; /* a ring, the oldest first */
	unsigned head, nr, room;
	bool lost;	 /* one more was unmapped than there is room for: nobody looked */
	uint64_t pages;	 /* of all of them */
	uint64_t *times; /* how many windows were so many microseconds long */
	struct gnb_viommu_window sum;
};

int viommu_watch_init(struct viommu_watch *w, struct gnb_side *s, unsigned device);
int viommu_watch_access(struct viommu_watch *w, uint64_t dfn, bool write);
/* A range is unmapped from here on; or it is a buffer's again, and its window is over. */
void viommu_watch_unmapped(struct viommu_watch *w, uint64_t dfn, unsigned n, uint64_t now,
			   uint64_t calls);
void viommu_watch_mapped(struct viommu_watch *w, uint64_t dfn, uint64_t now, uint64_t calls);
/* The device accesses what is left, the oldest first, until one is still in reach. 0 or -errno with s->why. */
int viommu_watch_look(struct viommu_watch *w, uint64_t now, uint64_t calls);
struct gnb_viommu_window viommu_watch_sum(const struct viommu_watch *w);

#endif
