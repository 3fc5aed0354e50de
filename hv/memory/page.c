/* SPDX-License-Identifier: GPL-2.0-only */
/* References, types and owners of frames, and the allocators. */
#include "page.h"
#include "audit.h"
#include "lifetime.h"
#include "violation.h"
#include <string.h>

struct hv_domain *hv_get_owner_and_page(struct hv_vcpu *cur, struct hv_page *pg)
{
	uint64_t x = hv_load(&pg->count_info);

	cur->count.page_gets++;
	do {
		/* 0: not allocated; the top: would overflow. */
		if (((x + 1) & HV_PGC_COUNT) <= 1)
			return NULL;
	} while (!hv_cmpxchg(cur, &pg->count_info, &x, x + 1));
	return hv_load(&pg->owner);
}

bool hv_get_page(struct hv_vcpu *cur, struct hv_page *pg, struct hv_domain *d)
{
	struct hv_domain *owner = hv_get_owner_and_page(cur, pg);

	if (hv_likely(owner == d) || hv_mutant(NO_OWNER_CHECK))
		return owner != NULL;
	if (owner)
		hv_put_page(cur, pg);
	return false;
}

/* Into the allocator, when nothing references it. */
static hv_always_inline void free_page(struct hv_vcpu *cur, struct hv_page *pg)
{
	struct hv_host *host = cur->host;
	uint64_t mfn = hv_page_mfn(host, pg);

	if (host->cfg.audit)
		hv_tlb_audit(host, mfn);
	if (hv_load(&pg->type_info) & HV_PGT_COUNT)
		hv_violate(host, "mfn %#lx freed with type %#x", (unsigned long)mfn, pg->type_info);
	if (host->cfg.poison)
		memset(hv_virt(host, mfn), HV_POISON, HV_PAGE_SIZE);
	hv_store(&pg->owner, (struct hv_domain *)NULL);
	hv_store(&pg->m2p, (uint64_t)HV_INVALID);
	pg->fixed = false;
	hv_store(&pg->type_info, 0u);
	hv_mutex_lock(&host->ram_lock);
	pg->free = true;
	if (mfn >= host->ram_top)
		host->ram_top = mfn + 1;
	hv_mutex_unlock(&host->ram_lock);
}

void hv_put_page(struct hv_vcpu *cur, struct hv_page *pg)
{
	struct hv_domain *d;
	uint64_t old;

	cur->count.page_puts++;
	old = hv_fetch_add(cur, &pg->count_info, -1ull);
	if ((old & HV_PGC_COUNT) == 0)
		hv_violate(cur->host, "mfn %#lx: reference dropped below zero",
			   (unsigned long)hv_page_mfn(cur->host, pg));
	if (hv_unlikely((old & HV_PGC_COUNT) == 1)) {
		if (old & HV_PGC_XEN_HEAP) {
			hv_violate(cur->host, "mfn %#lx: hypervisor frame lost its last reference",
				   (unsigned long)hv_page_mfn(cur->host, pg));
			return;
		}
		d = pg->owner;
		free_page(cur, pg);
		hv_domain_put_frame(cur, d);
	}
}

bool hv_put_alloc_ref(struct hv_vcpu *cur, struct hv_page *pg)
{
	if (!(hv_fetch_and(cur, &pg->count_info, ~HV_PGC_ALLOCATED) & HV_PGC_ALLOCATED))
		return false;
	hv_put_page(cur, pg);
	return true;
}

bool hv_get_type(struct hv_vcpu *cur, struct hv_page *pg, enum hv_page_type type)
{
	uint32_t x = hv_load(&pg->type_info), want = (uint32_t)type << HV_PGT_TYPE_SHIFT;

	cur->count.type_gets++;
	do {
		if ((x & HV_PGT_COUNT) == HV_PGT_COUNT)
			return false;
		if ((x & HV_PGT_COUNT) && (x & HV_PGT_TYPE) != want)
			return false;
	} while (!hv_cmpxchg(cur, &pg->type_info, &x,
			     (x & HV_PGT_LOCKED) | want | ((x & HV_PGT_COUNT) + 1)));
	return true;
}

void hv_put_type(struct hv_vcpu *cur, struct hv_page *pg)
{
	cur->count.type_puts++;
	if (!(hv_fetch_add(cur, &pg->type_info, -1u) & HV_PGT_COUNT))
		hv_violate(cur->host, "mfn %#lx: type reference dropped below zero",
			   (unsigned long)hv_page_mfn(cur->host, pg));
}

/* ---- hypervisor memory ---- */

bool hv_may_alloc(struct hv_vcpu *cur, struct hv_domain *d, uint64_t bytes)
{
	struct hv_host *host = cur->host;
	uint64_t nr = hv_account_add(&host->alloc_count, 1) + 1, at = hv_load(&host->alloc_fail_at);

	if (hv_unlikely(cur->no_alloc))
		hv_violate(host, "memory is taken by what must not take any");
	if (at && nr == at)
		return false;
	if (d && hv_account_add(&d->heap_bytes, bytes) + bytes > d->heap_limit) {
		hv_account_sub(&d->heap_bytes, bytes);
		return false;
	}
	return true;
}

void *hv_alloc_heap_page(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_host *host = cur->host;
	struct hv_page *pg;
	uint32_t mfn;
	void *p;

	if (!hv_may_alloc(cur, d, HV_PAGE_SIZE))
		return NULL;
	hv_spin_lock(cur, &host->heap_lock, HV_LVL_HEAP);
	mfn = host->heap_free;
	if (mfn) {
		host->heap_free = hv_page(host, mfn)->next_free;
		host->heap_nr_free--;
	}
	hv_spin_unlock(cur, &host->heap_lock, HV_LVL_HEAP);
	if (!mfn) {
		if (d)
			hv_account_sub(&d->heap_bytes, HV_PAGE_SIZE);
		return NULL;
	}
	pg = hv_page(host, mfn);
	pg->free = false;
	hv_store(&pg->m2p, HV_INVALID);
	/* Nobody gets a reference as long as it is not shared. */
	hv_store(&pg->count_info, HV_PGC_XEN_HEAP);
	cur->count.bytes_allocated += HV_PAGE_SIZE;
	p = hv_virt(host, mfn);
	memset(p, 0, HV_PAGE_SIZE);
	return p;
}

void hv_free_heap_page(struct hv_vcpu *cur, struct hv_domain *d, void *p)
{
	struct hv_host *host = cur->host;
	uint64_t mfn = hv_virt_to_mfn(host, p);
	struct hv_page *pg = hv_page(host, mfn);

	if (host->cfg.audit)
		hv_tlb_audit(host, mfn);
	hv_store(&pg->owner, (struct hv_domain *)NULL);
	hv_store(&pg->count_info, 0ull);
	hv_store(&pg->type_info, 0u);
	pg->free = true;
	hv_spin_lock(cur, &host->heap_lock, HV_LVL_HEAP);
	pg->next_free = host->heap_free;
	host->heap_free = (uint32_t)mfn;
	host->heap_nr_free++;
	hv_spin_unlock(cur, &host->heap_lock, HV_LVL_HEAP);
	if (d)
		hv_account_sub(&d->heap_bytes, HV_PAGE_SIZE);
}

void hv_share_heap_page(struct hv_vcpu *cur, void *p, struct hv_domain *d)
{
	struct hv_page *pg = hv_page(cur->host, hv_virt_to_mfn(cur->host, p));

	hv_store(&pg->type_info, (uint32_t)HV_PGT_WRITABLE << HV_PGT_TYPE_SHIFT | 1);
	hv_store(&pg->count_info, HV_PGC_XEN_HEAP | HV_PGC_ALLOCATED | 1);
	hv_store(&pg->owner, d);
}

/* ---- domain memory ---- */

/* A frame that was taken out of the allocator. */
static void take(struct hv_domain *d, struct hv_page *pg)
{
	pg->fixed = false;
	hv_store(&pg->m2p, HV_INVALID);
	hv_store(&pg->type_info, 0u);
	hv_store(&pg->owner, d);
	hv_account_add(&d->nr_owned, 1);
	/* From here on others may take references: what they then find was written before. */
	hv_store_release(&pg->count_info, HV_PGC_ALLOCATED | 1);
}

uint64_t hv_alloc_domain_page(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_host *host = cur->host;
	uint64_t mfn, found = HV_INVALID;

	if (!hv_may_alloc(cur, NULL, 0))
		return HV_INVALID;
	hv_mutex_lock(&host->ram_lock);
	/* From the top: the bottom is left in one piece for new domains. */
	for (mfn = host->ram_top; mfn-- > host->first_ram && found == HV_INVALID;)
		if (hv_page(host, mfn)->free)
			found = mfn;
	if (found != HV_INVALID) {
		hv_page(host, found)->free = false;
		host->ram_top = found;
	}
	hv_mutex_unlock(&host->ram_lock);
	if (found == HV_INVALID)
		return found;
	/* Zeroed before it has an owner: from then on, an old entry that names it may map it. */
	memset(hv_virt(host, found), 0, HV_PAGE_SIZE);
	take(d, hv_page(host, found));
	return found;
}

static bool all_free(const struct hv_host *host, uint64_t mfn, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++)
		if (!hv_page(host, mfn + i)->free)
			return false;
	return true;
}

uint64_t hv_alloc_domain_extent(struct hv_vcpu *cur, struct hv_domain *d, unsigned order)
{
	struct hv_host *host = cur->host;
	uint64_t n = 1ull << order, mfn, found = HV_INVALID;

	if (!hv_may_alloc(cur, NULL, 0))
		return HV_INVALID;
	hv_mutex_lock(&host->ram_lock);
	for (mfn = host->ram_top >> order << order;
	     mfn >= host->first_ram + n && found == HV_INVALID; mfn -= n)
		if (all_free(host, mfn - n, n))
			found = mfn - n;
	for (uint64_t i = 0; i < n && found != HV_INVALID; i++)
		hv_page(host, found + i)->free = false;
	hv_mutex_unlock(&host->ram_lock);
	if (found == HV_INVALID)
		return found;
	memset(hv_virt(host, found), 0, n << HV_PAGE_SHIFT);
	for (uint64_t i = 0; i < n; i++)
		take(d, hv_page(host, found + i));
	return found;
}

#define HV_GIB_PAGES (1ull << 18)

uint64_t hv_alloc_domain_range(struct hv_vcpu *cur, struct hv_domain *d, uint64_t n)
{
	struct hv_host *host = cur->host;
	uint64_t step = n < HV_GIB_PAGES ? 512 : HV_GIB_PAGES, start, i, found = HV_INVALID;

	if (!hv_may_alloc(cur, NULL, 0))
		return HV_INVALID;
	hv_mutex_lock(&host->ram_lock);
	for (start = (host->first_ram + step - 1) / step * step;
	     start + n <= host->nr_frames && found == HV_INVALID; start += step) {
		for (i = 0; i < n && hv_page(host, start + i)->free; i++)
			;
		if (i == n)
			found = start;
	}
	for (i = 0; found != HV_INVALID && i < n; i++) {
		hv_page(host, found + i)->free = false;
		take(d, hv_page(host, found + i));
	}
	hv_mutex_unlock(&host->ram_lock);
	return found;
}

/* ---- frames that change their owner ---- */

static void alloc_lock(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_spin_lock(cur, &d->page_alloc_lock, HV_LVL_ALLOC);
}

static void alloc_unlock(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_spin_unlock(cur, &d->page_alloc_lock, HV_LVL_ALLOC);
}

int hv_steal_page(struct hv_vcpu *cur, struct hv_page *pg)
{
	struct hv_domain *d = cur->d, *owner = hv_get_owner_and_page(cur, pg);
	uint64_t x;

	if (!owner)
		return -EINVAL;
	/* What is fixed here has more references in Xen: its guest's page tables map it. */
	if (owner != d || (hv_load(&pg->count_info) & HV_PGC_XEN_HEAP) || pg->fixed || d->lends)
		goto busy;
	/* Ours and the allocation's, and no other: then both go, and nobody can take one. */
	x = hv_load(&pg->count_info);
	do {
		if (!hv_mutant(STEAL_IN_USE) &&
		    (x & (HV_PGC_COUNT | HV_PGC_ALLOCATED)) != (2 | HV_PGC_ALLOCATED))
			goto busy;
	} while (!hv_cmpxchg(cur, &pg->count_info, &x, x & ~(HV_PGC_COUNT | HV_PGC_ALLOCATED)));
	alloc_lock(cur, d);
	if (hv_load(&pg->type_info) & (HV_PGT_COUNT | HV_PGT_LOCKED))
		hv_violate(cur->host, "mfn %#lx transferred with type %#x",
			   (unsigned long)hv_page_mfn(cur->host, pg), pg->type_info);
	hv_store(&pg->type_info, 0u);
	hv_store(&pg->owner, (struct hv_domain *)NULL);
	hv_domain_put_frame(cur, d);
	alloc_unlock(cur, d);
	return 0;
busy:
	hv_put_page(cur, pg);
	return -EINVAL;
}

void hv_free_stolen(struct hv_vcpu *cur, struct hv_page *pg)
{
	free_page(cur, pg);
}

bool hv_reserve_frame(struct hv_vcpu *cur, struct hv_domain *d)
{
	bool room;

	alloc_lock(cur, d);
	room = !hv_load(&d->is_dying) && hv_domain_has_room(d);
	if (room)
		hv_account_add(&d->nr_owned, 1);
	alloc_unlock(cur, d);
	return room;
}

void hv_unreserve_frame(struct hv_vcpu *cur, struct hv_domain *d)
{
	alloc_lock(cur, d);
	hv_domain_put_frame(cur, d);
	alloc_unlock(cur, d);
}

int hv_assign_reserved(struct hv_vcpu *cur, struct hv_page *pg, struct hv_domain *d)
{
	int rc = -EINVAL;

	alloc_lock(cur, d);
	if (!hv_load(&d->is_dying)) {
		hv_store(&pg->owner, d);
		/* From here on others may take references. */
		hv_store_release(&pg->count_info, HV_PGC_ALLOCATED | 1);
		rc = 0;
	}
	alloc_unlock(cur, d);
	return rc;
}
