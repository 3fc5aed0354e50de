// SPDX-License-Identifier: GPL-2.0-only
/* A driver of a virtio-iommu: requests, and when they are sent by which policy. */
#include <errno.h>

#include "viommu_ring.h"
#include "viommu_watch.h"

#define DOMAIN                                                                                     \
	1u /* of the device whose buffers these are; others have one of their own, behind it */
#define FIRST_DFN 0x100000ull

enum set_state { FREE, MAPPED, WAITS };

/* A range of the device's addresses that the driver gives to buffers. */
struct set {
	enum set_state state;
	unsigned n, page[GNB_VIOMMU_MOST];
	uint64_t since; /* WAITS: when it was unmapped */
	bool told;	/* and its UNMAP was added */
};

struct gnb_viommu {
	struct gnb_viommu_config c;
	struct viommu_ring ring;
	struct viommu_watch watch;
	uint64_t now, calls;
	unsigned nr_sets, nr_free,
		*free; /* numbers of free ones: the last one given back is the next */
	/* Those that wait, the oldest first. */
	unsigned *waits, head, nr_waits;
	struct set *set;
};

static uint64_t dfn_of(unsigned k)
{
	return FIRST_DFN + (uint64_t)k * GNB_VIOMMU_MOST;
}

/* ---- requests ---- */

static int add_map(struct gnb_viommu *u, uint64_t dfn, unsigned page, unsigned n)
{
	struct gnb_side *s = u->ring.s;
	struct virtio_iommu_map r = {
		.head = { .type = VIRTIO_IOMMU_T_MAP },
		.domain = DOMAIN,
		.virt_start = dfn << GNB_PAGE_SHIFT,
		.virt_end = ((dfn + n) << GNB_PAGE_SHIFT) - 1,
		.phys_start = s->t->frame(s->m, page) << GNB_PAGE_SHIFT,
		.flags = VIRTIO_IOMMU_MAP_READ | VIRTIO_IOMMU_MAP_WRITE,
	};

	return viommu_ring_add(&u->ring, &r, sizeof(r));
}

/* A buffer, with as many kicks as the driver takes for it. */
static int map_buffer(struct gnb_viommu *u, uint64_t dfn, const unsigned *page, unsigned n)
{
	int rc = 0;

	for (unsigned i = 0; i < n && !rc; i++) {
		rc = add_map(u, dfn + i, page[i], 1);
		if (!rc && u->c.sync_each)
			rc = viommu_ring_sync(&u->ring);
	}
	return rc || u->c.sync_each ? rc : viommu_ring_sync(&u->ring);
}

static int add_unmap(struct gnb_viommu *u, uint64_t dfn, unsigned n)
{
	struct virtio_iommu_unmap r = {
		.head = { .type = VIRTIO_IOMMU_T_UNMAP },
		.domain = DOMAIN,
		.virt_start = dfn << GNB_PAGE_SHIFT,
		.virt_end = ((dfn + n) << GNB_PAGE_SHIFT) - 1,
	};

	return viommu_ring_add(&u->ring, &r, sizeof(r));
}

static uint32_t domain_of(const struct gnb_viommu *u, unsigned endpoint)
{
	return endpoint == u->c.device ? DOMAIN : DOMAIN + 1 + endpoint;
}

int gnb_viommu_attach(struct gnb_viommu *u, unsigned endpoint)
{
	struct virtio_iommu_attach r = { .head = { .type = VIRTIO_IOMMU_T_ATTACH },
					 .domain = domain_of(u, endpoint),
					 .endpoint = endpoint };
	int rc = viommu_ring_add(&u->ring, &r, sizeof(r));

	return rc ? rc : viommu_ring_sync(&u->ring);
}

int gnb_viommu_detach(struct gnb_viommu *u, unsigned endpoint)
{
	struct virtio_iommu_detach r = { .head = { .type = VIRTIO_IOMMU_T_DETACH },
					 .domain = domain_of(u, endpoint),
					 .endpoint = endpoint };
	int rc = viommu_ring_add(&u->ring, &r, sizeof(r));

	return rc ? rc : viommu_ring_sync(&u->ring);
}

int gnb_viommu_map(struct gnb_viommu *u, uint64_t dfn, unsigned page, unsigned n)
{
	int rc = add_map(u, dfn, page, n);

	u->calls++;
	return rc ? rc : viommu_ring_sync(&u->ring);
}

int gnb_viommu_unmap_fast(struct gnb_viommu *u, uint64_t dfn, unsigned n)
{
	u->calls++;
	return add_unmap(u, dfn, n);
}

int gnb_viommu_sync(struct gnb_viommu *u)
{
	return viommu_ring_sync(&u->ring);
}

/* ---- ranges that wait ---- */

static void give_back(struct gnb_viommu *u, unsigned k)
{
	u->set[k].state = FREE;
	u->free[u->nr_free++] = k;
}

static void wait_for_it(struct gnb_viommu *u, unsigned k)
{
	u->set[k].state = WAITS;
	u->set[k].since = u->now;
	u->waits[(u->head + u->nr_waits++) % u->nr_sets] = k;
}

/* The i-th of those that wait does so no more. */
static void unwait(struct gnb_viommu *u, unsigned i)
{
	for (; i + 1 < u->nr_waits; i++)
		u->waits[(u->head + i) % u->nr_sets] = u->waits[(u->head + i + 1) % u->nr_sets];
	u->nr_waits--;
}

/* flush_iotlb_all(), and the ranges can be had again. Draft: those that are old enough, which have to be unmapped first. */
static int flush(struct gnb_viommu *u, uint64_t older_than)
{
	unsigned n = 0;
	int rc = 0;

	while (n < u->nr_waits && !rc) {
		unsigned k = u->waits[(u->head + n) % u->nr_sets];

		if (u->c.policy == GNB_VIOMMU_RELAXED) {
			if (u->set[k].since > older_than)
				break;
			rc = add_unmap(u, dfn_of(k), u->set[k].n);
		}
		n++;
	}
	if (!rc && n)
		rc = viommu_ring_sync(&u->ring);
	for (; n && !rc; n--) {
		give_back(u, u->waits[u->head]);
		u->head = (u->head + 1) % u->nr_sets;
		u->nr_waits--;
	}
	return rc;
}

/* Draft: a buffer that was unmapped, and is still there as it was. */
static bool comes_again(struct gnb_viommu *u, const unsigned *page, unsigned n, unsigned *set)
{
	for (unsigned i = 0; u->c.policy == GNB_VIOMMU_RELAXED && i < u->nr_waits; i++) {
		const struct set *x = &u->set[ *set = u->waits[(u->head + i) % u->nr_sets]];

		if (x->n == n && !memcmp(x->page, page, n * sizeof(*page))) {
			unwait(u, i);
			return true;
		}
	}
	return false;
}

int gnb_viommu_dma_map(struct gnb_viommu *u, const unsigned *page, unsigned n, uint64_t *dfn)
{
	unsigned k;

	if (!n || n > GNB_VIOMMU_MOST)
		return -EINVAL;
	u->calls++;
	if (comes_again(u, page, n, &k)) {
		u->set[k].state = MAPPED;
		viommu_watch_mapped(&u->watch, dfn_of(k), u->now, u->calls);
		*dfn = dfn_of(k);
		/* The device finds that it has it, or nobody has to ask. */
		return u->c.device_squashes ? map_buffer(u, *dfn, page, n) : 0;
	}
	if (!u->nr_free)
		return -ENOSPC;
	k = u->free[--u->nr_free];
	u->set[k].state = MAPPED;
	u->set[k].n = n;
	memcpy(u->set[k].page, page, n * sizeof(*page));
	*dfn = dfn_of(k);
	return map_buffer(u, *dfn, page, n);
}

/* queue_iova(): one of the ring's places stays free. */
static int dma_unmap_lazy(struct gnb_viommu *u, unsigned k)
{
	int rc = add_unmap(u, dfn_of(k), u->set[k].n);

	if (!rc && u->nr_waits == u->c.queue - 1)
		rc = flush(u, u->now);
	wait_for_it(u, k);
	return rc;
}

int gnb_viommu_dma_unmap(struct gnb_viommu *u, uint64_t dfn)
{
	unsigned k = (unsigned)((dfn - FIRST_DFN) / GNB_VIOMMU_MOST);
	int rc;

	if (dfn < FIRST_DFN || k >= u->nr_sets || u->set[k].state != MAPPED || dfn != dfn_of(k))
		return -EINVAL;
	u->calls++;
	viommu_watch_unmapped(&u->watch, dfn, u->set[k].n, u->now, u->calls);
	if (u->c.policy == GNB_VIOMMU_LAZY)
		return dma_unmap_lazy(u, k);
	if (u->c.policy == GNB_VIOMMU_RELAXED) {
		wait_for_it(u, k);
		return 0;
	}
	rc = add_unmap(u, dfn, u->set[k].n);
	rc = rc ? rc : viommu_ring_sync(&u->ring);
	give_back(u, k);
	return rc;
}

/* ---- what the device sees, and when ---- */

int gnb_viommu_access(struct gnb_viommu *u, uint64_t dfn, unsigned i, bool write)
{
	return viommu_watch_access(&u->watch, dfn + i, write);
}

int gnb_viommu_look(struct gnb_viommu *u)
{
	return viommu_watch_look(&u->watch, u->now, u->calls);
}

/* When a timer ends: that of the oldest range that waits, which is the one that set it. */
static uint64_t next_timer(const struct gnb_viommu *u)
{
	if (!u->nr_waits || !u->c.timer)
		return UINT64_MAX;
	return u->set[u->waits[u->head]].since + u->c.timer;
}

int gnb_viommu_pass(struct gnb_viommu *u, uint64_t ns)
{
	uint64_t end = u->now + ns;
	int rc = gnb_viommu_look(u);

	while (!rc && next_timer(u) <= end) {
		u->now = next_timer(u);
		rc = flush(u, u->now - u->c.timer);
		rc = rc ? rc : gnb_viommu_look(u);
	}
	u->now = end;
	return rc ? rc : gnb_viommu_look(u);
}

int gnb_viommu_windows(struct gnb_viommu *u, struct gnb_viommu_window *w)
{
	*w = viommu_watch_sum(&u->watch);
	w->declared = u->c.policy == GNB_VIOMMU_STRICT ? 0 : GNB_VIOMMU_TIMER;
	if ((u->c.policy != GNB_VIOMMU_STRICT && !w->ranges) || u->watch.lost)
		return gnb_fail(u->ring.s, -ENODATA,
				"a figure of this policy is not given without its stale window");
	if (w->longest > w->declared)
		return gnb_fail(u->ring.s, -EIO,
				"a device reached a range %lu ns after it was unmapped, %lu ns are "
				"promised",
				(unsigned long)w->longest, (unsigned long)w->declared);
	return 0;
}

/* ---- its life ---- */

struct gnb_viommu *gnb_viommu_open(struct gnb_side *s, const struct gnb_viommu_config *c, int *rc)
{
	struct gnb_viommu *u = gnb_keep(s, sizeof(*u));

	*rc = -ENOMEM;
	if (!u)
		return NULL;
	u->c = *c;
	u->nr_sets = c->queue + GNB_VIOMMU_SETS;
	u->set = gnb_keep(s, u->nr_sets * sizeof(*u->set));
	u->free = gnb_keep(s, u->nr_sets * sizeof(*u->free));
	u->waits = gnb_keep(s, u->nr_sets * sizeof(*u->waits));
	if (u->set && u->free && u->waits && !viommu_watch_init(&u->watch, s, c->device)) {
		for (unsigned k = u->nr_sets; k--;)
			give_back(u, k);
		*rc = c->queue < 2 || c->queue > GNB_VIOMMU_MOST ? -EINVAL
								 : viommu_ring_init(&u->ring, s);
		*rc = *rc ? *rc : gnb_viommu_attach(u, c->device);
	}
	return *rc ? NULL : u;
}
