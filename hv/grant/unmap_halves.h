/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two halves of an unmap, after Xen's unmap_common() and unmap_common_complete(). In a header because what an
 * operation of version 1 costs must not depend on who else is made of them: each has its own. back: the caller's mappings
 * can be taken away (back.h).
 */
#ifndef HV_UNMAP_HALVES_H
#define HV_UNMAP_HALVES_H

#include "back.h"
#include "lifetime.h"
#include "log_trie.h"
#include "mapping.h"
#include "maptrack.h"
#include "page.h"
#include "status.h"
#include "super.h"
#include "table.h"
#include "track.h"

/* One unmap between its two halves (Xen: gnttab_unmap_common). */
struct hv_unmap {
	uint64_t host_addr, dev_bus_addr;
	uint64_t new_addr; /* unmap_and_replace only */
	uint32_t handle;
	int16_t status;
	uint16_t done;
	uint64_t mfn;
	struct hv_domain *rd;
	grant_ref_t ref;
};

#define HV_UNMAP_BATCH 32   /* GNTTAB_UNMAP_BATCH_SIZE */
#define HV_UNMAP_CHUNK 1024 /* the most that one flush of a batching domain covers */

/* What comes into the place of the mapping: nothing, or another of its own. */
enum hv_unmap_what { HV_UNMAP, HV_REPLACE };

/*
 * A translated domain whose mappings can be taken away names them by the place that the handle has: of two handles of a
 * frame, each keeps its own.
 */
static inline bool hv_unmap_elsewhere(struct hv_domain *ld, const struct hv_unmap *op,
				      uint16_t flags)
{
	return hv_translated(ld) && op->host_addr && flags & GNTMAP_host_map &&
	       (op->host_addr ^ hv_load(&hv_back_handle(ld->gt, op->handle)->where)) >>
		       HV_PAGE_SHIFT;
}

/* What a revoke sees of an unmap: it is between its halves, or all that it did. Entry's lock held. */
static inline void hv_unmap_tell(struct hv_grant_table *lgt, struct hv_grant_table *rgt,
				 const struct hv_unmap *op, uint16_t flags, bool put)
{
	if (op->done)
		hv_back_busy(rgt, op->ref, 1);
	if (put && flags & HV_MT_HUNG && !hv_mutant(V1R_STAYS_HUNG))
		hv_back_unhang(rgt, op->ref, lgt, op->handle);
}

/* The first half's part under the entry's lock. Returns true if the handle is to be given back. */
static hv_always_inline bool hv_unmap_locked(struct hv_vcpu *cur, struct hv_unmap *op,
					     struct hv_maptrack *map, domid_t dom,
					     struct hv_active *act, uint16_t *flags,
					     const enum hv_unmap_what what, const bool back)
{
	*flags = hv_load_acquire(&map->flags);
	/* Another vCPU may have unmapped the handle, and mapped something else with it. */
	if (!*flags || hv_load(&map->domid) != dom || hv_load(&map->ref) != op->ref) {
		op->status = GNTST_bad_handle;
		return false;
	}
	if (back && (*flags & HV_MT_REVOKED)) {
		op->status = GNTST_eagain;
		return false;
	}
	if (back && hv_unmap_elsewhere(cur->d, op, *flags)) {
		op->status = GNTST_bad_virt_addr;
		return false;
	}
	op->mfn = act->mfn;
	if (op->dev_bus_addr && (*flags & GNTMAP_device_map) &&
	    op->dev_bus_addr != act->mfn << HV_PAGE_SHIFT) {
		op->status = GNTST_bad_dev_addr;
		return false;
	}
	if (op->host_addr && (*flags & GNTMAP_host_map)) {
		if (what == HV_REPLACE)
			op->status = (int16_t)hv_mapping_replace(cur, op->host_addr, op->mfn,
								 op->new_addr, *flags);
		else
			op->status =
				(int16_t)hv_mapping_destroy(cur, op->host_addr, op->mfn, *flags);
		if (op->status < 0)
			return false;
		hv_store(&map->flags, (uint16_t)(hv_load(&map->flags) & ~GNTMAP_host_map));
		op->done |= GNTMAP_host_map | (*flags & (GNTMAP_readonly | GNTMAP_super));
	}
	if (op->dev_bus_addr && (*flags & GNTMAP_device_map)) {
		hv_store(&map->flags, (uint16_t)(hv_load(&map->flags) & ~GNTMAP_device_map));
		op->done |= GNTMAP_device_map | (*flags & GNTMAP_readonly);
	}
	if (!hv_mutant(HANDLE_REUSE) &&
	    (hv_load(&map->flags) & (GNTMAP_device_map | GNTMAP_host_map)))
		return false;
	hv_store_release(&map->flags, (uint16_t)0);
	return true;
}

/* gnttab_mark_dirty() of what could be written, all pages of a superpage. */
static hv_noinline __attribute__((unused)) void
hv_unmap_log(struct hv_vcpu *cur, const struct hv_unmap *op, uint16_t flags)
{
	uint64_t n = flags & GNTMAP_super ? 1ull << hv_super_order(flags) : 1, mfn = op->mfn;
	struct hv_domain *rd = op->rd;

	if (op->status != GNTST_okay || hv_mutant(LOG_UNMAP_CLEAN) ||
	    (flags & GNTMAP_readonly && !hv_mutant(LOG_UNMAP_ALL)))
		return;
	do
		rd->log.mark_frame(cur, rd, mfn++);
	while (--n);
}

/* unmap_common(): the mapping goes. */
static hv_always_inline void hv_unmap_first(struct hv_vcpu *cur, struct hv_unmap *op,
					    const enum hv_unmap_what what, const bool back)
{
	struct hv_domain *ld = cur->d, *rd;
	struct hv_grant_table *lgt = ld->gt, *rgt;
	struct hv_maptrack *map;
	struct hv_active *act;
	uint16_t flags = 0;
	bool put = false;
	domid_t dom;

	op->rd = NULL;
	op->mfn = HV_INVALID;
	op->status = GNTST_bad_handle;
	if (op->handle >= hv_load_acquire(&lgt->maptrack_limit))
		return;
	map = hv_maptrack(lgt, op->handle);
again:
	flags = hv_load_acquire(&map->flags);
	if (!flags)
		return;
	if (back && hv_unlikely(flags & HV_MT_REVOKED)) {
		op->status = what == HV_REPLACE && hv_back_settled(map) & HV_MT_GONE
				     ? GNTST_general_error
				     : (int16_t)hv_back_unmap(cur, op->handle);
		if (op->status != GNTST_eagain)
			return;
		op->status = GNTST_bad_handle;
		goto again;
	}
	dom = hv_load(&map->domid);
	rd = hv_domain_find(cur, dom);
	if (!rd) {
		/* A granter that has taken back what it gave may be no more. */
		if (back && hv_load_acquire(&map->flags) & HV_MT_REVOKED)
			goto again;
		/* "This can happen when a grant is implicitly unmapped": Xen crashes the mapper. */
		hv_domain_crash(ld);
		op->status = GNTST_okay;
		return;
	}
	rgt = rd->gt;
	hv_grant_read_lock(cur, rgt);
	op->rd = rd;
	op->ref = hv_load(&map->ref);
	if (op->ref < hv_nr_grant_entries(rgt)) {
		op->status = GNTST_okay;
		act = hv_mutant(NO_ENTRY_LOCK) ? hv_active_entry(rgt, op->ref)
					       : hv_active_entry_acquire(cur, rgt, op->ref);
		put = hv_unmap_locked(cur, op, map, dom, act, &flags, what, back);
		if (back && rgt->back_refs)
			hv_unmap_tell(lgt, rgt, op, flags, put);
		if (!hv_mutant(NO_ENTRY_LOCK))
			hv_active_entry_release(cur, act);
	}
	hv_grant_read_unlock(cur, rgt);
	/* A revoke was quicker, or is over, and its granter's number may be another's. */
	if (back && !put &&
	    (op->status == GNTST_eagain ||
	     (op->status != GNTST_okay && hv_load_acquire(&map->flags) & HV_MT_REVOKED))) {
		op->status = GNTST_bad_handle;
		goto again;
	}
	if (put) {
		hv_maptrack_put(cur, lgt, op->handle);
		if (ld != rd && hv_grant_need_iommu(ld) &&
		    hv_grant_iommu_unmap(cur, lgt, op->mfn, flags & GNTMAP_readonly))
			op->status = GNTST_general_error;
	}
	/* If just unmapped a writable mapping: until now nobody knew what was written by it. */
	if (hv_unlikely(hv_load(&rd->log.on)))
		hv_unmap_log(cur, op, flags);
}

/*
 * What the second half does under the entry's lock, which is held: what was done by ld of rd's page is given back, its
 * references, its pin and the marks of that. super: it may be a superpage.
 */
static hv_always_inline void hv_unmap_put(struct hv_vcpu *cur, const struct hv_unmap *op,
					  struct hv_domain *ld, struct hv_domain *rd,
					  struct hv_active *act, const bool super)
{
	bool readonly = op->done & GNTMAP_readonly;
	struct hv_page *pg;
	uint16_t *status;

	status = hv_use_word_left(rd->gt, op->ref);
	pg = hv_mfn_valid(cur, op->mfn) ? hv_page(cur->host, op->mfn) : NULL;
	if (op->done & GNTMAP_device_map) {
		if (pg && !readonly)
			hv_put_type(cur, pg);
		if (pg)
			hv_put_page(cur, pg);
		act->pin -= readonly ? HV_PIN_DEVR : HV_PIN_DEVW;
	}
	if (op->done & GNTMAP_host_map) {
		hv_mapping_put(cur, pg, readonly, ld, rd);
		if (super && (op->done & GNTMAP_super))
			hv_super_put_rest(cur, pg, op->done, ld, rd);
		if (!hv_mutant(PIN_LEAK))
			act->pin -= readonly ? HV_PIN_HSTR : HV_PIN_HSTW;
	}
	hv_grant_reduce_status(cur, act, status, readonly);
}

/* unmap_common_complete(), after the flush. */
static hv_always_inline void hv_unmap_second(struct hv_vcpu *cur, struct hv_unmap *op,
					     const bool super, const bool back)
{
	struct hv_domain *rd = op->rd;
	struct hv_grant_table *rgt;
	struct hv_active *act;

	if (!op->done)
		return;
	rgt = rd->gt;
	hv_grant_read_lock(cur, rgt);
	act = hv_active_entry_acquire(cur, rgt, op->ref);
	hv_unmap_put(cur, op, cur->d, rd, act, super);
	if (back)
		hv_back_busy(rgt, op->ref, -1u);
	hv_active_entry_release(cur, act);
	hv_grant_read_unlock(cur, rgt);
}

#endif
