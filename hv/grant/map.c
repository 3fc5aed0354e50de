/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_map_grant_ref, after Xen's map_grant_ref(). */
#include "args.h"
#include "back.h"
#include "handlers.h"
#include "lifetime.h"
#include "mapping.h"
#include "maptrack.h"
#include "page.h"
#include "preempt.h"
#include "slow.h"
#include "status.h"
#include "table.h"
#include "track.h"

#define CACHE_FLAGS (GTF_PAT | GTF_PWT | GTF_PCD)

static uint32_t pin_increment(uint32_t flags)
{
	uint32_t incr = 0;

	if (flags & GNTMAP_device_map)
		incr += flags & GNTMAP_readonly ? HV_PIN_DEVR : HV_PIN_DEVW;
	if (flags & GNTMAP_host_map)
		incr += flags & GNTMAP_readonly ? HV_PIN_HSTR : HV_PIN_HSTW;
	return incr;
}

/*
 * The part under the entry's lock: check, mark, latch, pin. On success the entry is pinned, *mfn is
 * its frame, *cache how the granter wants it cached, and *pg carries a reference if this was the
 * first pin. hang: the handle, if a revoke is to find it.
 */
static hv_always_inline int pin(struct hv_vcpu *cur, struct hv_domain *rd,
				const struct gnttab_map_grant_ref *op, uint32_t incr, uint32_t hang,
				uint64_t *mfn, uint32_t *cache, struct hv_page **pg)
{
	struct hv_grant_table *rgt = rd->gt;
	bool readonly = op->flags & GNTMAP_readonly;
	domid_t ldom = cur->d->id;
	struct hv_active *act;
	struct hv_words words;
	int rc = GNTST_okay;
	uint32_t header;

	hv_grant_read_lock(cur, rgt);
	if (hv_unlikely(op->ref >= hv_nr_grant_entries(rgt))) {
		rc = GNTST_bad_gntref;
		goto unlock;
	}
	words = hv_entry_words(rgt, op->ref);
	act = hv_active_entry_acquire(cur, rgt, op->ref);
	if (hv_mutant(COUNT_OFF)) {
		hv_active_entry_release(cur, act);
		act = hv_active_entry_acquire(cur, rgt, op->ref);
	}
	rc = GNTST_general_error;
	if (act->pin && (act->domid != ldom || act->is_sub_page ||
			 (!hv_mutant(NO_LIMIT) && (act->pin & HV_PIN_OVERFLOW(incr)))))
		goto release;
	if (!act->pin || (!readonly && !(act->pin & HV_PIN_WRITE_MASK))) {
		rc = hv_grant_set_status(cur, rgt, &words, act, readonly, HV_USE_MAP, ldom);
		if (rc != GNTST_okay)
			goto release;
		if (!act->pin) {
			uint64_t frame = hv_entry_frame(cur, rgt, op->ref);

			rc = hv_grant_get_frame(cur, rd, frame, pg);
			if (rc != GNTST_okay) {
				hv_grant_reduce_status(cur, act, words.use, readonly);
				goto release;
			}
			if (hv_mutant(DOUBLE_READ) && !hv_translated(rd))
				*pg = hv_page(cur->host, hv_entry_frame(cur, rgt, op->ref) %
								 cur->host->nr_frames);
			act->domid = ldom;
			act->mfn = hv_page_mfn(cur->host, *pg);
			act->start = 0;
			act->length = HV_PAGE_SIZE;
			act->is_sub_page = false;
			act->trans_domain = rd;
			act->trans_gref = op->ref;
		}
	}
	if (hv_mutant(NO_LATCH) && act->pin) {
		uint64_t frame = hv_entry_frame(cur, rgt, op->ref);

		if (hv_grant_get_frame(cur, rd, frame, pg) == GNTST_okay)
			act->mfn = hv_page_mfn(cur->host, *pg);
	}
	/* Not of the first pin alone: each mapping has what the entry says now. */
	header = hv_guest_read(cur, words.header);
	if (hv_unlikely(rgt->back_refs != NULL) && act->pin && !hv_back_grants(header) &&
	    !hv_mutant(V1R_LATCHED_MAPS)) {
		hv_grant_reduce_status(cur, act, words.use, readonly);
		rc = GNTST_general_error;
		goto release;
	}
	act->pin += incr;
	if (hv_unlikely(hang != HV_MAPTRACK_NONE))
		hv_back_hang(rgt, op->ref, cur->d->gt, hang);
	*mfn = act->mfn;
	*cache = header & CACHE_FLAGS;
	rc = GNTST_okay;
release:
	hv_active_entry_release(cur, act);
unlock:
	hv_grant_read_unlock(cur, rgt);
	return rc;
}

/* Take back what pin() did, after a later step failed. */
static hv_always_inline void unpin(struct hv_vcpu *cur, struct hv_domain *rd,
				   const struct gnttab_map_grant_ref *op, uint32_t incr,
				   uint32_t hung)
{
	struct hv_grant_table *rgt = rd->gt;
	struct hv_active *act;
	uint16_t *status;

	hv_grant_read_lock(cur, rgt);
	act = hv_active_entry_acquire(cur, rgt, op->ref);
	/*
	 * The version may have changed meanwhile, for a reserved reference only: others are pinned.
	 * The marks are then where the new version keeps them.
	 */
	status = hv_use_word_left(rgt, op->ref);
	act->pin -= incr;
	if (hv_unlikely(hung != HV_MAPTRACK_NONE))
		hv_back_unhang(rgt, op->ref, cur->d->gt, hung);
	hv_grant_reduce_status(cur, act, status, op->flags & GNTMAP_readonly);
	hv_active_entry_release(cur, act);
	hv_grant_read_unlock(cur, rgt);
}

/* References and the mapping itself, without a grant lock. On failure all is given back. */
static hv_always_inline int map_page(struct hv_vcpu *cur, struct hv_domain *rd,
				     const struct gnttab_map_grant_ref *op, uint64_t mfn,
				     uint32_t cache, struct hv_page *pg, const unsigned accepts)
{
	struct hv_domain *ld = cur->d, *owner;
	bool readonly = op->flags & GNTMAP_readonly, mapped = false;
	unsigned refs = 0, types = 0;
	int rc = GNTST_general_error;

	if (!pg) {
		pg = hv_mfn_valid(cur, mfn) ? hv_page(cur->host, mfn) : NULL;
		owner = pg ? hv_get_owner_and_page(cur, pg) : NULL;
	} else {
		owner = hv_load(&pg->owner);
	}
	if (hv_mutant(NO_REF)) {
		if (owner)
			hv_put_page(cur, pg);
	} else {
		refs = owner != NULL;
	}
	if (!owner || (owner != rd && !hv_mutant(DOUBLE_READ)))
		goto undo;
	if ((op->flags & GNTMAP_device_map) && !readonly) {
		if (!hv_get_type(cur, pg, HV_PGT_WRITABLE))
			goto undo;
		types++;
	}
	if (op->flags & GNTMAP_host_map) {
		if (op->flags & GNTMAP_device_map) {
			if (!hv_get_page(cur, pg, rd))
				goto undo;
			refs++;
		}
		if (hv_mapping_has_type(readonly, ld, rd)) {
			if (!hv_get_type(cur, pg, HV_PGT_WRITABLE))
				goto undo;
			types++;
		}
		rc = hv_mapping_create(cur, op->host_addr, mfn, op->flags & ~accepts, cache);
		if (rc != GNTST_okay)
			goto undo;
		mapped = true;
	}
	if (ld != rd && hv_grant_need_iommu(ld) && hv_grant_iommu_map(cur, ld->gt, mfn, readonly)) {
		rc = GNTST_general_error;
		goto undo;
	}
	return GNTST_okay;
undo:
	if (mapped) {
		hv_mapping_destroy(cur, op->host_addr, mfn, op->flags);
		hv_mapping_flush(cur);
	}
	while (types--)
		hv_put_type(cur, pg);
	while (refs--)
		hv_put_page(cur, pg);
	return rc;
}

/* Where the handle has the page, for whoever takes it away. */
static hv_noinline void note_where(struct hv_vcpu *cur, const struct gnttab_map_grant_ref *op,
				   uint32_t handle)
{
	struct hv_domain *ld = cur->d;
	uint64_t where = op->host_addr;

	if (!hv_translated(ld) && op->flags & GNTMAP_host_map)
		where = hv_virt_to_mfn(cur->host, cur->pv_entry) << HV_PAGE_SHIFT |
			((uintptr_t)cur->pv_entry & (HV_PAGE_SIZE - 1));
	hv_store(&hv_back_handle(ld->gt, handle)->where, where);
}

/*
 * accepts: the flags that mean something to this mapper, of those that speak of revoking. A constant, so that a map by a
 * domain that is not revocable costs what Xen's does.
 */
static hv_always_inline void map_grant_ref(struct hv_vcpu *cur, struct gnttab_map_grant_ref *op,
					   const unsigned accepts)
{
	struct hv_domain *ld = cur->d, *rd;
	uint32_t incr = pin_increment(op->flags), handle, hung;
	struct hv_page *pg = NULL;
	struct hv_maptrack *mt;
	uint64_t mfn = 0;
	uint32_t cache = 0;

	if (!incr) {
		op->status = GNTST_bad_gntref;
		return;
	}
	if (hv_translated(ld) &&
	    (op->flags & (GNTMAP_device_map | GNTMAP_application_map | GNTMAP_contains_pte))) {
		op->status = GNTST_general_error;
		return;
	}
	if (hv_unlikely(op->flags & accepts & GNTMAP_accept_sink) && !hv_translated(ld)) {
		op->status = GNTST_general_error;
		return;
	}
	rd = hv_domain_find(cur, op->dom);
	if (!rd) {
		op->status = GNTST_bad_domain;
		return;
	}
	handle = hv_maptrack_get(cur, ld->gt);
	if (handle == HV_MAPTRACK_NONE) {
		op->status = GNTST_no_space;
		return;
	}
	hung = (op->flags & accepts) && rd->gt->back_refs ? handle : HV_MAPTRACK_NONE;
	op->status = pin(cur, rd, op, incr, hung, &mfn, &cache, &pg);
	if (op->status == GNTST_okay) {
		op->status = map_page(cur, rd, op, mfn, cache, pg, accepts);
		if (op->status != GNTST_okay)
			unpin(cur, rd, op, incr, hung);
	}
	if (op->status != GNTST_okay) {
		hv_maptrack_put(cur, ld->gt, handle);
		return;
	}
	/* Users of the entry look at flags first, so flags are written last. */
	mt = hv_maptrack(ld->gt, handle);
	hv_store(&mt->domid, op->dom);
	hv_store(&mt->ref, op->ref);
	if (accepts)
		note_where(cur, op, handle);
	hv_wmb();
	hv_store_release(&mt->flags,
			 (uint16_t)((op->flags & HV_MT_GUEST) | (hung == handle ? HV_MT_HUNG : 0)));
	op->dev_bus_addr = mfn << HV_PAGE_SHIFT;
	op->handle = handle;
}

static hv_always_inline long map_all(struct hv_vcpu *cur, uint64_t uop, unsigned count,
				     const unsigned accepts)
{
	struct gnttab_map_grant_ref op;

	for (unsigned i = 0; i < count; i++, uop += sizeof(op)) {
		if (i && hv_preempt(cur)) {
			hv_slow(cur, i);
			return count - i;
		}
		if (hv_unlikely(hv_copy_from_guest(cur, &op, uop, sizeof(op))))
			return -EFAULT;
		map_grant_ref(cur, &op, accepts);
		/* The guest does not get to know its handle: the mapping stays, as in Xen. */
		if (hv_unlikely(hv_copy_to_guest(cur, uop, &op, sizeof(op))))
			return -EFAULT;
	}
	hv_slow(cur, count);
	return 0;
}

static hv_noinline long map_revocable(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	return map_all(cur, uop, count, GNTMAP_accept_hole | GNTMAP_accept_sink);
}

long hv_op_map(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	if (hv_unlikely(cur->d->gt->back_handles != NULL))
		return map_revocable(cur, uop, count);
	return map_all(cur, uop, count, 0);
}
