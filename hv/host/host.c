/* SPDX-License-Identifier: GPL-2.0-only */
/* Hosts made and destroyed. */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "domain.h"
#include "lifetime.h"
#include "page.h"
#include "place.h"
#include "rand.h"
#include "tlb.h"
#include "v3.h"
#include "waits.h"

uint64_t hv_host_fail_alloc(struct hv_host *host, uint64_t n)
{
	uint64_t made = hv_load(&host->alloc_count);

	hv_store(&host->alloc_count, 0ull);
	hv_store(&host->alloc_fail_at, n);
	return made;
}

static int map_memory(struct hv_host *host)
{
	size_t bytes = host->nr_frames << HV_PAGE_SHIFT;
	/* 2 MiB aligned, so that a frame range that is aligned here is aligned in the host too. */
	size_t span = bytes + (2u << 20);
	uint8_t *p =
		mmap(NULL, span, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint8_t *base;

	if (p == MAP_FAILED)
		return -ENOMEM;
	base = (uint8_t *)(((uintptr_t)p + (2u << 20) - 1) & ~(uintptr_t)((2u << 20) - 1));
	if (base > p)
		munmap(p, (size_t)(base - p));
	munmap(base + bytes, span - bytes - (size_t)(base - p));
	host->directmap = base;
	/*
	 * A domain's RAM is mapped over this from a memfd of its own when the domain is made. Huge
	 * pages, where they can be had, keep the host's TLB misses and page faults out of what is
	 * measured.
	 */
	if (mprotect(base, bytes, PROT_READ | PROT_WRITE))
		return -ENOMEM;
	madvise(base, bytes, MADV_HUGEPAGE);
	/* Zeroing is what faults them in, also where MADV_POPULATE_WRITE is not known. */
	if (host->cfg.prefault)
		memset(base, 0, host->first_ram << HV_PAGE_SHIFT);
	return 0;
}

/* The hypervisor's frames in order, from a place that the seed draws. Frame 0 ends the list. */
static void list_heap(struct hv_host *host)
{
	uint64_t n = host->first_ram - 1, start = hv_host_rand(host) % n;

	for (uint64_t i = n; i-- > 0;) {
		uint64_t mfn = 1 + (start + i) % n;

		host->frames[mfn].next_free = host->heap_free;
		host->heap_free = (uint32_t)mfn;
		host->heap_nr_free++;
	}
}

static int check_config(struct hv_host_config *c)
{
	if (!c->nr_cpus)
		c->nr_cpus = 8;
	if (!c->heap_pages)
		c->heap_pages = 8192;
	if (!c->ram_pages)
		c->ram_pages = 8192;
	if (!c->seed)
		c->seed = 1;
	if (c->nr_cpus < 2 || c->nr_cpus > HV_MAX_CPUS || c->heap_pages > 1u << 22 ||
	    c->ram_pages > 1u << 24)
		return -EINVAL;
	c->heap_pages = (c->heap_pages + 511) & ~511u;
	c->ram_pages = (c->ram_pages + 511) & ~511u;
	return 0;
}

/*
 * A lock of which every CPU's slot is taken is a plain one: readers go to its shared word, and writers have nobody to look
 * for. So locks that are not plain pay nothing for those that are.
 */
static void set_lock_classes(struct hv_host *host)
{
	for (unsigned k = 0; k < HV_LOCK_CLASSES; k++) {
		if (k == HV_CLASS_P2M && host->cfg.plain_p2m_lock)
			host->idle[k] = &host->nobodys;
		for (unsigned i = 0; i < host->cfg.nr_cpus; i++)
			host->cpus[i].reading[k] = host->idle[k];
	}
}

int hv_host_create(const struct hv_host_config *cfg, struct hv_host **out)
{
	struct hv_host_config c = *cfg;
	struct hv_host *host;
	int rc = check_config(&c);

	if (rc)
		return rc;
	if (!hv_membarrier_init() && c.flush == HV_FLUSH_MEMBARRIER)
		return -ENOSYS;
	host = aligned_alloc(HV_CACHELINE, sizeof(*host));
	if (!host)
		return -ENOMEM;
	memset(host, 0, sizeof(*host));
	host->cfg = c;
	host->rand = c.seed * 0x9e3779b97f4a7c15ull;
	host->first_ram = c.heap_pages;
	host->nr_frames = (uint64_t)c.heap_pages + c.ram_pages;
	hv_mutex_init(&host->toolstack_lock);
	hv_spin_init(&host->domctl_lock);
	hv_mutex_init(&host->ram_lock);
	hv_mutex_init(&host->iommu.tlb_lock);
	host->cpus = aligned_alloc(HV_CACHELINE, c.nr_cpus * sizeof(*host->cpus));
	host->frames = calloc(host->nr_frames, sizeof(*host->frames));
	rc = -ENOMEM;
	if (!host->cpus || !host->frames)
		goto fail;
	memset(host->cpus, 0, c.nr_cpus * sizeof(*host->cpus));
	set_lock_classes(host);
	rc = map_memory(host);
	if (rc)
		goto fail;
	for (uint64_t i = 1; i < host->nr_frames; i++) {
		host->frames[i].free = true;
		host->frames[i].m2p = HV_INVALID;
	}
	host->ram_top = host->nr_frames;
	list_heap(host);
	host->cpus[0].used = true;
	host->toolstack.host = host;
	host->toolstack.cpu = &host->cpus[0];
	host->cpus[0].vcpu = &host->toolstack;
	host->toolstack.v3_buffer = hv_place(host, HV_V3_BUFFER);
	host->toolstack.locks = hv_waits_new(HV_LOCKS_NO_DOMAIN, 0, &host->toolstack.count);
	if (!host->toolstack.v3_buffer || !host->toolstack.locks)
		goto fail;
	*out = host;
	return 0;
fail:
	hv_host_destroy(host);
	return rc;
}

void hv_host_destroy(struct hv_host *host)
{
	struct hv_domain *d;

	if (!host)
		return;
	/* Mappers first or last does not matter: a granter with live mappings waits as a zombie. */
	hv_for_each_domain (host, d) {
		if (!d->is_dying)
			hv_domain_kill(d);
	}
	hv_mutex_lock(&host->toolstack_lock);
	hv_domain_reap(host);
	hv_mutex_unlock(&host->toolstack_lock);
	if (host->directmap)
		munmap(host->directmap, host->nr_frames << HV_PAGE_SHIFT);
	hv_free_kept(&host->toolstack);
	hv_unplace(host->toolstack.v3_buffer);
	hv_waits_end(host->toolstack.locks);
	free(host->frames);
	free(host->cpus);
	free(host);
}
