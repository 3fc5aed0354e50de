/* SPDX-License-Identifier: GPL-2.0-only */
/* A driver of a virtio-iommu, the granter of the fixture, as simple as one can be: a request at a time, unless it is told else. */
#ifndef HV_TEST_VIO_H
#define HV_TEST_VIO_H

#include <hv/device.h>
#include <hv/virtio.h>
#include <virtio_iommu.h>

#include "fixture.h"

/* Its pages: rings of both queues, one for requests, one for what the device writes. From VIO_DATA on they are free. */
enum {
	VIO_DESC,
	VIO_AVAIL,
	VIO_USED,
	VIO_EDESC,
	VIO_EAVAIL,
	VIO_EUSED,
	VIO_OUT,
	VIO_IN,
	VIO_DATA = 16
};
#define VIO_NUM 64u

struct vio {
	struct fx f;
	uint16_t avail, seen; /* of the requests' rings */
	uint16_t eavail, eseen;
	uint32_t used_len; /* of the last answer */
};

__attribute__((unused)) static void *vio_page(struct vio *v, unsigned page)
{
	return hv_guest_frame_ptr(v->f.g, hv_guest_frame(v->f.g, page));
}

__attribute__((unused)) static uint64_t vio_at(struct vio *v, unsigned page)
{
	return hv_guest_frame(v->f.g, page) << HV_PAGE_SHIFT;
}

__attribute__((unused)) static long vio_write(struct vio *v, unsigned reg, uint64_t value)
{
	return hv_virtio_write(v->f.gv, reg, value);
}

__attribute__((unused)) static long vio_queue(struct vio *v, unsigned queue, unsigned page)
{
	long rc = vio_write(v, VIRTIO_REG_QUEUE, queue);

	rc |= vio_write(v, VIRTIO_REG_NUM, VIO_NUM);
	for (unsigned i = 0; i < 3; i++)
		rc |= vio_write(v, VIRTIO_REG_DESC + i, vio_at(v, page + i));
	return rc ? rc : vio_write(v, VIRTIO_REG_ENABLE, 1);
}

/* The driver takes what is offered, and the device is ready. */
__attribute__((unused)) static long vio_start(struct vio *v)
{
	uint64_t features = hv_virtio_read(v->f.gv, VIRTIO_REG_FEATURES);
	long rc = vio_write(v, VIRTIO_REG_STATUS, 0);

	for (unsigned i = 0; i <= VIO_EUSED; i++)
		memset(vio_page(v, i), 0, HV_PAGE_SIZE);
	v->avail = v->seen = v->eavail = v->eseen = 0;
	rc |= vio_write(v, VIRTIO_REG_STATUS, VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER);
	rc |= vio_write(v, VIRTIO_REG_FEATURES, features);
	rc |= vio_write(v, VIRTIO_REG_STATUS,
			VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK);
	rc |= vio_queue(v, VIRTIO_IOMMU_REQUESTS, VIO_DESC);
	rc |= vio_queue(v, VIRTIO_IOMMU_EVENTS, VIO_EDESC);
	rc |= vio_write(v, VIRTIO_REG_STATUS,
			VIRTIO_ACKNOWLEDGE | VIRTIO_DRIVER | VIRTIO_FEATURES_OK | VIRTIO_DRIVER_OK);
	return rc;
}

__attribute__((unused)) static struct fx_opts vio_opts(void)
{
	struct fx_opts o = { 0 };

	o.host.audit = o.host.poison = true;
	o.granter.guest = HV_GUEST_TRANSLATED;
	return o;
}

__attribute__((unused)) static int vio_open_with(struct vio *v, struct fx_opts o,
						 struct hv_virtio_config c)
{
	int rc;

	memset(v, 0, sizeof(*v));
	rc = fx_open(&v->f, o);
	if (!rc)
		rc = hv_virtio_create(v->f.g, &c);
	return rc ? rc : (int)vio_start(v);
}

__attribute__((unused)) static int vio_open(struct vio *v, struct hv_virtio_config c)
{
	return vio_open_with(v, vio_opts(), c);
}

/* Descriptor i of the requests' queue. */
__attribute__((unused)) static void vio_desc(struct vio *v, unsigned i, uint64_t addr, uint32_t len,
					     uint16_t flags, uint16_t next)
{
	((struct vring_desc *)vio_page(v, VIO_DESC))[i] =
		(struct vring_desc){ addr, len, flags, next };
}

/* A chain is available, from this descriptor on; the device is not told. */
__attribute__((unused)) static void vio_offer(struct vio *v, uint16_t head)
{
	struct vring_avail *a = vio_page(v, VIO_AVAIL);

	a->ring[v->avail % VIO_NUM] = head;
	__atomic_store_n(&a->idx, ++v->avail, __ATOMIC_RELEASE);
}

__attribute__((unused)) static long vio_kick(struct vio *v)
{
	return vio_write(v, VIRTIO_REG_NOTIFY, VIRTIO_IOMMU_REQUESTS);
}

/* The next used buffer: its head, or -1. */
__attribute__((unused)) static int vio_take(struct vio *v)
{
	struct vring_used *u = vio_page(v, VIO_USED);
	struct vring_used_elem *e = &u->ring[v->seen % VIO_NUM];

	if (__atomic_load_n(&u->idx, __ATOMIC_ACQUIRE) == v->seen)
		return -1;
	v->seen++;
	v->used_len = e->len;
	return (int)e->id;
}

/* Request k of a batch lies in a part of the pages of its own, with two descriptors. Not offered yet. */
__attribute__((unused)) static void vio_put(struct vio *v, unsigned k, const void *r, unsigned size,
					    unsigned out)
{
	memcpy((uint8_t *)vio_page(v, VIO_OUT) + 128 * k, r, size);
	memset((uint8_t *)vio_page(v, VIO_IN) + 128 * k, 0xee, out);
	vio_desc(v, 2 * k, vio_at(v, VIO_OUT) + 128 * k, size, VRING_DESC_NEXT,
		 (uint16_t)(2 * k + 1));
	vio_desc(v, 2 * k + 1, vio_at(v, VIO_IN) + 128 * k, out, VRING_DESC_WRITE, 0);
}

/* Its status; -1: it has none. */
__attribute__((unused)) static int vio_status(struct vio *v, unsigned k, unsigned out)
{
	return v->used_len ? ((uint8_t *)vio_page(v, VIO_IN))[128 * k + out - 4] : -1;
}

/* One request, and its status; -1: a used length of 0; -2: it was not answered. */
__attribute__((unused)) static int vio_ask(struct vio *v, const void *r, unsigned size,
					   unsigned out)
{
	vio_put(v, 0, r, size, out);
	vio_offer(v, 0);
	if (vio_kick(v) < 0 || vio_take(v) != 0)
		return -2;
	return vio_status(v, 0, out);
}

__attribute__((unused)) static struct virtio_iommu_map
vio_a_map(uint32_t domain, uint64_t first, uint64_t pages, uint64_t page, uint32_t flags)
{
	return (struct virtio_iommu_map){ .head = { .type = VIRTIO_IOMMU_T_MAP },
					  .domain = domain,
					  .virt_start = first << HV_PAGE_SHIFT,
					  .virt_end = ((first + pages) << HV_PAGE_SHIFT) - 1,
					  .phys_start = page << HV_PAGE_SHIFT,
					  .flags = flags };
}

__attribute__((unused)) static struct virtio_iommu_unmap
vio_an_unmap(uint32_t domain, uint64_t first, uint64_t pages)
{
	return (struct virtio_iommu_unmap){ .head = { .type = VIRTIO_IOMMU_T_UNMAP },
					    .domain = domain,
					    .virt_start = first << HV_PAGE_SHIFT,
					    .virt_end = ((first + pages) << HV_PAGE_SHIFT) - 1 };
}

#define VIO_RW (VIRTIO_IOMMU_MAP_READ | VIRTIO_IOMMU_MAP_WRITE)

__attribute__((unused)) static int vio_map(struct vio *v, uint32_t domain, uint64_t first,
					   uint64_t pages, uint64_t page, uint32_t flags)
{
	struct virtio_iommu_map r = vio_a_map(domain, first, pages, page, flags);

	return vio_ask(v, &r, sizeof(r), 4);
}

__attribute__((unused)) static int vio_unmap(struct vio *v, uint32_t domain, uint64_t first,
					     uint64_t pages)
{
	struct virtio_iommu_unmap r = vio_an_unmap(domain, first, pages);

	return vio_ask(v, &r, sizeof(r), 4);
}

__attribute__((unused)) static int vio_attach(struct vio *v, uint32_t domain, uint32_t endpoint,
					      uint32_t flags)
{
	struct virtio_iommu_attach r = { .head = { .type = VIRTIO_IOMMU_T_ATTACH },
					 .domain = domain,
					 .endpoint = endpoint,
					 .flags = flags };

	return vio_ask(v, &r, sizeof(r), 4);
}

__attribute__((unused)) static int vio_detach(struct vio *v, uint32_t domain, uint32_t endpoint)
{
	struct virtio_iommu_detach r = { .head = { .type = VIRTIO_IOMMU_T_DETACH },
					 .domain = domain,
					 .endpoint = endpoint };

	return vio_ask(v, &r, sizeof(r), 4);
}

/* What a device reads at a page, or -errno: pages hold their numbers (vio_number()). */
__attribute__((unused)) static int vio_read(struct vio *v, unsigned dev, uint64_t dfn)
{
	uint64_t word;
	int rc = hv_device_access_by(v->f.g, dev, dfn, 8, &word, sizeof(word), false);

	return rc ? rc : (int)word;
}

__attribute__((unused)) static int vio_dma_write(struct vio *v, unsigned dev, uint64_t dfn)
{
	uint64_t word = 0;

	return hv_device_access_by(v->f.g, dev, dfn, 16, &word, sizeof(word), true);
}

__attribute__((unused)) static void vio_number(struct vio *v)
{
	for (unsigned i = VIO_DATA; i < FX_PAGES; i++)
		((uint64_t *)vio_page(v, i))[1] = i;
}

/* A buffer for an event, at this place of the page that the device writes to. */
__attribute__((unused)) static void vio_event_buffer(struct vio *v, unsigned k, unsigned len)
{
	struct vring_avail *a = vio_page(v, VIO_EAVAIL);

	((struct vring_desc *)vio_page(v, VIO_EDESC))[k] =
		(struct vring_desc){ vio_at(v, VIO_IN) + 2048 + 64 * k, len, VRING_DESC_WRITE, 0 };
	a->ring[v->eavail % VIO_NUM] = (uint16_t)k;
	__atomic_store_n(&a->idx, ++v->eavail, __ATOMIC_RELEASE);
}

/* The next event, or NULL. */
__attribute__((unused)) static struct virtio_iommu_fault *vio_event(struct vio *v)
{
	struct vring_used *u = vio_page(v, VIO_EUSED);
	struct vring_used_elem *e = &u->ring[v->eseen % VIO_NUM];

	if (u->idx == v->eseen)
		return NULL;
	v->eseen++;
	return (void *)((uint8_t *)vio_page(v, VIO_IN) + 2048 + 64 * e->id);
}

/* The guest gives up one of its pages: 1 if it is gone. */
__attribute__((unused)) static long vio_give_up(struct vio *v, unsigned page)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(v->f.gargs + 8192));
	*(uint64_t *)(v->f.gargs + 8192) = hv_guest_frame(v->f.g, page);
	memcpy(v->f.gargs, &r, sizeof(r));
	return hv_memory_op(v->f.gv, XENMEM_decrease_reservation, v->f.gargs);
}

__attribute__((unused)) static void vio_close(struct vio *v, const char *what)
{
	ok(!fx_check(&v->f, true) && !hv_host_violation(v->f.host), "%s: invariants", what);
	fx_close(&v->f);
}

#endif
