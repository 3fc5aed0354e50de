/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A guest's driver of a virtio-iommu, in the granter's memory, with the policies of Linux' (drivers/iommu/virtio-iommu.c and
 * dma-iommu.c of 6.12): MAPs are queued and synchronised per request or per batch, UNMAPs at once (strict), or when a queue of
 * ranges is full or a timer ends (lazy); and, by a draft, not at all as long as the same buffer comes again (relaxed). Time is
 * virtual: it passes when gnb_viommu_pass() says so. What a policy leaves in reach of a device that goes on is measured with it.
 * Locking: none, a driver belongs to one thread.
 */
#ifndef GNB_VIOMMU_H
#define GNB_VIOMMU_H

#include <gnb/bench.h>
#include <virtio_iommu.h>

#define GNB_VIOMMU_PAGES 16u	     /* of the granter's RAM, the first ones: rings and requests */
#define GNB_VIOMMU_MOST	 256u	     /* pages of a buffer, and ranges that can wait */
#define GNB_VIOMMU_TIMER 10000000ull /* Linux' flush queues: 10 ms */
#define GNB_VIOMMU_SETS	 64u	     /* buffers that are mapped, or not yet out of reach, besides */

enum gnb_viommu_policy { GNB_VIOMMU_STRICT, GNB_VIOMMU_LAZY, GNB_VIOMMU_RELAXED };

struct gnb_viommu_config {
	enum gnb_viommu_policy policy;
	bool sync_each; /* each MAP has a kick of its own, as before iotlb_sync_map */
	unsigned queue; /* lazy: room for so many ranges, of which one stays free */
	uint64_t
		timer; /* ns; lazy and relaxed: so long a range waits at most. 0: for ever, which tests want */
	unsigned device; /* whose buffers these are */
	bool device_squashes; /* relaxed: each MAP is sent, and the device keeps what it has (F_RELAXED) */
};

/* What a device reached after it was unmapped, so far. */
struct gnb_viommu_window {
	uint64_t ranges;	/* that were unmapped and then found out of reach */
	uint64_t longest, p99;	/* ns of virtual time from the one to the other */
	uint64_t longest_calls; /* calls of the driver, likewise */
	uint64_t exposed;	/* bytes in reach at once, at most */
	uint64_t declared;	/* ns: what the policy promises */
};

struct gnb_viommu;

/*
 * The driver of the side's machine, whose device is started and whose endpoint is attached. Lives as long as its machine.
 * NULL with *rc -errno and s->why.
 */
struct gnb_viommu *gnb_viommu_open(struct gnb_side *s, const struct gnb_viommu_config *c, int *rc);

/* Another endpoint into a domain of its own, or out of it. 0; -EIO: a status, in s->why. As all below. */
int gnb_viommu_attach(struct gnb_viommu *u, unsigned endpoint);
int gnb_viommu_detach(struct gnb_viommu *u, unsigned endpoint);

/* ---- the IOMMU interface of Linux: addresses are the caller's ---- */

/* n pages of the granter's RAM from page on at dfn; with a kick. */
int gnb_viommu_map(struct gnb_viommu *u, uint64_t dfn, unsigned page, unsigned n);
/* iommu_unmap_fast(): queued; gnb_viommu_sync() kicks and waits. */
int gnb_viommu_unmap_fast(struct gnb_viommu *u, uint64_t dfn, unsigned n);
int gnb_viommu_sync(struct gnb_viommu *u);

/* ---- its DMA interface: addresses are the driver's, by the policy ---- */

/* A buffer of n pages of RAM, page[i] each, as one range. Where it is for the device: *dfn. */
int gnb_viommu_dma_map(struct gnb_viommu *u, const unsigned *page, unsigned n, uint64_t *dfn);
int gnb_viommu_dma_unmap(struct gnb_viommu *u, uint64_t dfn);

/* ---- what the model's device sees. Not work of the guest: never in a span ---- */

/* The device accesses page i of a buffer, so that the IOTLB has it. 0 or -EFAULT. */
int gnb_viommu_access(struct gnb_viommu *u, uint64_t dfn, unsigned i, bool write);
/* It goes on with what was unmapped: what it no longer reaches is out. After each call of the driver's. */
int gnb_viommu_look(struct gnb_viommu *u);
/* So much time passes; a timer that ends does its work, and the device looks. */
int gnb_viommu_pass(struct gnb_viommu *u, uint64_t ns);
/*
 * All of it so far. -ENODATA: the policy leaves something in reach, and nothing was measured: figures of such a policy are not
 * given without it. -EIO: it was longer than is promised.
 */
int gnb_viommu_windows(struct gnb_viommu *u, struct gnb_viommu_window *w);

#endif
