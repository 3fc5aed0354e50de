// SPDX-License-Identifier: GPL-2.0-only
/* A virtqueue from the driver's side, after Linux' virtio_ring.c with split rings and without indirect descriptors. */
#include <errno.h>
#include <string.h>

#include "viommu_ring.h"

enum { DESC, AVAIL, USED, REQUESTS }; /* pages of the granter's RAM; requests have two */

#define SLOT	64u
#define TAIL_AT 48u

static uint64_t at(const struct gnb_side *s, unsigned page)
{
	return s->t->frame(s->m, page) << GNB_PAGE_SHIFT;
}

static long reg(struct viommu_ring *r, unsigned nr, uint64_t value)
{
	struct gnb_virtqueue q = { .reg = nr, .value = value };

	return r->s->t->operation(r->s->m, r->v, GNB_OP_VIRTQUEUE, GNB_VIRTQUEUE_WRITE, &q);
}

static uint64_t features(struct viommu_ring *r)
{
	struct gnb_virtqueue q = { .reg = VIRTIO_REG_FEATURES };

	r->s->t->operation(r->s->m, r->v, GNB_OP_VIRTQUEUE, GNB_VIRTQUEUE_READ, &q);
	return q.value;
}

int viommu_ring_init(struct viommu_ring *r, struct gnb_side *s)
{
	const uint64_t driver = VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER,
		       ready = driver | VIRTIO_FEATURES_OK;
	long rc;

	*r = (struct viommu_ring){ .s = s, .v = s->t->vcpu(s->m, GNB_GRANTER, 0) };
	r->desc = s->t->ram(s->m, DESC);
	r->avail = s->t->ram(s->m, AVAIL);
	r->used = s->t->ram(s->m, USED);
	r->request = s->t->ram(s->m, REQUESTS);
	r->request_at = at(s, REQUESTS);
	if (at(s, REQUESTS + 1) != r->request_at + GNB_PAGE_SIZE ||
	    s->t->ram(s->m, REQUESTS + 1) != (void *)(r->request + GNB_PAGE_SIZE))
		return gnb_fail(s, -EINVAL, "the granter's first pages are no neighbours");
	while (r->nr_free < VIOMMU_REQUESTS) {
		r->free[r->nr_free] = (uint16_t)(VIOMMU_REQUESTS - 1 - r->nr_free);
		r->nr_free++;
	}
	/* It has no interrupt for its requests, but waits for them. */
	r->avail->flags = VRING_AVAIL_NO_INTERRUPT;
	rc = reg(r, VIRTIO_REG_STATUS, 0);
	rc = rc ? rc : reg(r, VIRTIO_REG_STATUS, driver);
	rc = rc ? rc : reg(r, VIRTIO_REG_FEATURES, features(r));
	rc = rc ? rc : reg(r, VIRTIO_REG_STATUS, ready);
	rc = rc ? rc : reg(r, VIRTIO_REG_QUEUE, VIRTIO_IOMMU_REQUESTS);
	rc = rc ? rc : reg(r, VIRTIO_REG_NUM, VIOMMU_RING);
	for (unsigned i = DESC; i <= USED && !rc; i++)
		rc = reg(r, VIRTIO_REG_DESC + i, at(s, i));
	rc = rc ? rc : reg(r, VIRTIO_REG_ENABLE, 1);
	rc = rc ? rc : reg(r, VIRTIO_REG_STATUS, ready | VIRTIO_DRIVER_OK);
	return rc ? gnb_fail(s, (int)rc, "the device cannot be started: %ld", rc) : 0;
}

int viommu_ring_reap(struct viommu_ring *r)
{
	int rc = 0;

	while (r->seen != __atomic_load_n(&r->used->idx, __ATOMIC_ACQUIRE)) {
		const struct vring_used_elem *e = &r->used->ring[r->seen++ % VIOMMU_RING];
		unsigned k = e->id / 2;
		const struct virtio_iommu_tail *t = (void *)(r->request + SLOT * k + TAIL_AT);

		r->free[r->nr_free++] = (uint16_t)k;
		if (!rc && (e->len != sizeof(*t) || t->status))
			rc = gnb_fail(r->s, -EIO, "a request of type %u has status %u, length %u",
				      r->request[SLOT * k], t->status, e->len);
	}
	return rc;
}

int viommu_ring_sync(struct viommu_ring *r)
{
	/* The device serves it in the thread that tells it: what does not come back now never does. */
	long rc = reg(r, VIRTIO_REG_NOTIFY, VIRTIO_IOMMU_REQUESTS);

	if (rc < 0)
		return gnb_fail(r->s, (int)rc, "a kick returned %ld", rc);
	rc = viommu_ring_reap(r);
	if (!rc && r->nr_free != VIOMMU_REQUESTS)
		return gnb_fail(r->s, -EIO, "%u requests did not come back",
				VIOMMU_REQUESTS - r->nr_free);
	return (int)rc;
}

int viommu_ring_add(struct viommu_ring *r, const void *request, unsigned size)
{
	unsigned k;
	int rc = r->nr_free ? 0 : viommu_ring_sync(r);

	if (rc)
		return rc;
	k = r->free[--r->nr_free];
	memcpy(r->request + SLOT * k, request, size);
	((struct virtio_iommu_tail *)(r->request + SLOT * k + TAIL_AT))->status =
		VIRTIO_IOMMU_S_IOERR;
	r->desc[2 * k] = (struct vring_desc){ r->request_at + SLOT * k, size, VRING_DESC_NEXT,
					      (uint16_t)(2 * k + 1) };
	r->desc[2 * k + 1] =
		(struct vring_desc){ r->request_at + SLOT * k + TAIL_AT,
				     sizeof(struct virtio_iommu_tail), VRING_DESC_WRITE, 0 };
	r->avail->ring[r->idx++ % VIOMMU_RING] = (uint16_t)(2 * k);
	__atomic_store_n(&r->avail->idx, r->idx, __ATOMIC_RELEASE);
	return 0;
}
