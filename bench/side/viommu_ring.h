/* SPDX-License-Identifier: GPL-2.0-only */
/* The queue under the driver of a virtio-iommu: requests go in, are told of, and are looked at when they come back. */
#ifndef VIOMMU_RING_H
#define VIOMMU_RING_H

#include <gnb/viommu.h>

#define VIOMMU_RING	256u /* descriptors, as emulated devices have them */
#define VIOMMU_REQUESTS (VIOMMU_RING / 2)

struct viommu_ring {
	struct gnb_side *s;
	struct gnb_vcpu *v;
	struct vring_desc *desc;
	struct vring_avail *avail;
	struct vring_used *used;
	uint8_t *request; /* 64 bytes for each: what is read, and from TAIL_AT on the tail */
	uint64_t request_at;
	uint16_t idx, seen; /* put into the available ring; taken from the used one */
	uint16_t free[VIOMMU_REQUESTS], nr_free;
};

int viommu_ring_init(struct viommu_ring *r, struct gnb_side *s);
/* One request; the ring's own kick if there is no room. 0 or -errno with s->why. */
int viommu_ring_add(struct viommu_ring *r, const void *request, unsigned size);
/* All that was added is done, and was okay. */
int viommu_ring_sync(struct viommu_ring *r);
/* What was done so far was okay: without a kick. */
int viommu_ring_reap(struct viommu_ring *r);

#endif
