/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two halves of an unmap, after Xen's unmap_common() and unmap_common_complete(). In a header because what an
 * operation of version 1 costs must not depend on who else is made of them: each has its own.
 */
#ifndef HV_UNMAP_HALVES_H
#define HV_UNMAP_HALVES_H

#include "lifetime.h"
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

/* The first half's part under the entry's lock. Returns true if the handle is to be given back. */
static hv_always_inline bool hv_unmap_locked(struct hv_vcpu *cur, struct hv_unmap *op,
					     struct hv_maptrack *map, domid_t dom,
					     struct hv_active *act, uint16_t *flags,
					     const enum hv_unmap_what what)
{
	*flags = hv_load_acquire(&map->flags);
	/* Another vCPU may have unmapped the handle, and mapped something else with it. */
	if (!*flags || hv_load(&map->domid) != dom || hv_load(&map->ref) != op->ref) {
		op->status = GNTST_bad_handle;
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

/* unmap_common(): the mapping goes. */
static hv_always_inline void hv_unmap_first(struct hv_vcpu *cur, struct hv_unmap *op,
					    const enum hv_unmap_what what)
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
	if (!hv_load_acquire(&map->flags))
		return;
	dom = hv_load(&map->domid);
	rd = hv_domain_find(cur, dom);
	if (!rd) {
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
		put = hv_unmap_locked(cur, op, map, dom, act, &flags, what);
		if (!hv_mutant(NO_ENTRY_LOCK))
			hv_active_entry_release(cur, act);
	}
	hv_grant_read_unlock(cur, rgt);
	if (!put)
		return;
	hv_maptrack_put(cur, lgt, op->handle);
	if (ld != rd && hv_grant_need_iommu(ld) &&
	    hv_grant_iommu_unmap(cur, lgt, op->mfn, flags & GNTMAP_readonly))
		op->status = GNTST_general_error;
}

/* unmap_common_complete(), after the flush: references and pins go. super: it may be a superpage. */
static hv_always_inline void hv_unmap_second(struct hv_vcpu *cur, struct hv_unmap *op,
					     const bool super)
{
	struct hv_domain *ld = cur->d, *rd = op->rd;
	struct hv_grant_table *rgt;
	bool readonly = op->done & GNTMAP_readonly;
	struct hv_active *act;
	struct hv_page *pg;
	uint16_t *status;

	if (!op->done)
		return;
	rgt = rd->gt;
	hv_grant_read_lock(cur, rgt);
	act = hv_active_entry_acquire(cur, rgt, op->ref);
	status = hv_use_word_left(rgt, op->ref);
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
	hv_active_entry_release(cur, act);
	hv_grant_read_unlock(cur, rgt);
}

#endif
