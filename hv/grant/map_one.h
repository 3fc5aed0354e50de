/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One map, after Xen's map_grant_ref(), and a list of them. In a header because what an operation of version 1 costs must
 * not depend on who else is made of it: each has its own. back: the caller's mappings can be taken away (back.h).
 */
#ifndef HV_MAP_ONE_H
#define HV_MAP_ONE_H

#include "args.h"
#include "back.h"
#include "dear.h"
#include "lifetime.h"
#include "mapping.h"
#include "maptrack.h"
#include "p2m.h"
#include "page.h"
#include "preempt.h"
#include "slow.h"
#include "status.h"
#include "table.h"
#include "track.h"

/* What a map says of how it can be taken away. */
#define HV_MAP_ACCEPTS (GNTMAP_accept_hole | GNTMAP_accept_sink)

static inline uint32_t hv_pin_increment(uint32_t flags)
{
	uint32_t incr = 0;

	if (flags & GNTMAP_device_map)
		incr += flags & GNTMAP_readonly ? HV_PIN_DEVR : HV_PIN_DEVW;
	if (flags & GNTMAP_host_map)
		incr += flags & GNTMAP_readonly ? HV_PIN_HSTR : HV_PIN_HSTW;
	return incr;
}

/*
 * What is done under the entry's lock, which is held: check, mark, latch, pin. On success the entry is pinned, *mfn is
 * its frame, *cache its flags that a translated mapper cannot have, and *pg carries a reference if this was the first pin. run: what is
 * known of the granter's p2m, or NULL.
 */
static hv_always_inline int hv_pin_entry(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref,
					 bool readonly, uint32_t incr, const struct hv_words *words,
					 struct hv_active *act, struct hv_run *run, uint64_t *mfn,
					 uint32_t *cache, struct hv_page **pg, const bool back)
{
	struct hv_grant_table *rgt = rd->gt;
	domid_t ldom = cur->d->id;
	uint32_t header;
	int rc;

	if (act->pin && (act->domid != ldom || act->latched ||
			 (!hv_mutant(NO_LIMIT) && (act->pin & HV_PIN_OVERFLOW(incr)))))
		return GNTST_general_error;
	if (!act->pin || (!readonly && !(act->pin & HV_PIN_WRITE_MASK))) {
		rc = hv_grant_set_status(cur, rgt, words, act, readonly, HV_USE_MAP, ldom);
		if (rc != GNTST_okay)
			return rc;
		if (!act->pin) {
			uint64_t frame = hv_entry_frame(cur, rgt, ref);

			rc = run ? hv_grant_get_frame_of_run(cur, rd, frame, run, pg)
				 : hv_grant_get_frame(cur, rd, frame, pg);
			if (rc != GNTST_okay) {
				hv_grant_reduce_status(cur, act, words->use, readonly);
				return rc;
			}
			if (hv_mutant(DOUBLE_READ) && !hv_translated(rd))
				*pg = hv_page(cur->host,
					      hv_entry_frame(cur, rgt, ref) % cur->host->nr_frames);
			act->domid = ldom;
			act->mfn = hv_page_mfn(cur->host, *pg);
			act->start = 0;
			act->length = HV_PAGE_SIZE;
			act->latched = HV_LATCHED_PAGE;
			act->trans_domain = rd;
			act->trans_gref = ref;
		}
	}
	if (hv_mutant(NO_LATCH) && act->pin) {
		uint64_t frame = hv_entry_frame(cur, rgt, ref);

		if (hv_grant_get_frame(cur, rd, frame, pg) == GNTST_okay)
			act->mfn = hv_page_mfn(cur->host, *pg);
	}
	/* Not of the first pin alone: each mapping has what the entry says now. */
	header = hv_guest_read(cur, words->header);
	if (back && rgt->back_refs && act->pin && !hv_back_grants(header) &&
	    !hv_mutant(V1R_LATCHED_MAPS)) {
		hv_grant_reduce_status(cur, act, words->use, readonly);
		return GNTST_general_error;
	}
	act->pin += incr;
	*mfn = act->mfn;
	*cache = header & rgt->refused;
	if (hv_mutant(SUPER_UNAGREED))
		*cache &= ~GTF_superpage;
	return GNTST_okay;
}

/* The part with the locks of table and entry. hang: the handle, if a revoke is to find it, else HV_MAPTRACK_NONE. */
static hv_always_inline int hv_map_pin(struct hv_vcpu *cur, struct hv_domain *rd,
				       const struct gnttab_map_grant_ref *op, uint32_t incr,
				       uint32_t hang, uint64_t *mfn, uint32_t *cache,
				       struct hv_page **pg, const bool back)
{
	struct hv_grant_table *rgt = rd->gt;
	struct hv_active *act;
	struct hv_words words;
	int rc = GNTST_bad_gntref;

	hv_grant_read_lock(cur, rgt);
	if (hv_unlikely(op->ref >= hv_nr_grant_entries(rgt)))
		goto unlock;
	words = hv_entry_words(rgt, op->ref);
	act = hv_active_entry_acquire(cur, rgt, op->ref);
	if (hv_mutant(COUNT_OFF)) {
		hv_active_entry_release(cur, act);
		act = hv_active_entry_acquire(cur, rgt, op->ref);
	}
	rc = hv_pin_entry(cur, rd, op->ref, op->flags & GNTMAP_readonly, incr, &words, act, NULL,
			  mfn, cache, pg, back);
	if (back && rc == GNTST_okay && hang != HV_MAPTRACK_NONE)
		hv_back_hang(rgt, op->ref, cur->d->gt, hang);
	hv_active_entry_release(cur, act);
unlock:
	hv_grant_read_unlock(cur, rgt);
	return rc;
}

/* Take back what hv_map_pin() did, after a later step failed. */
static inline void hv_map_unpin(struct hv_vcpu *cur, struct hv_domain *rd,
				const struct gnttab_map_grant_ref *op, uint32_t incr, uint32_t hung,
				const bool back)
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
	if (back && hung != HV_MAPTRACK_NONE)
		hv_back_unhang(rgt, op->ref, cur->d->gt, hung);
	hv_grant_reduce_status(cur, act, status, op->flags & GNTMAP_readonly);
	hv_active_entry_release(cur, act);
	hv_grant_read_unlock(cur, rgt);
}

/*
 * References and the mapping itself, without a grant lock. On failure all is given back. *where: of back, the place of
 * the mapping for whoever takes it away.
 */
static hv_always_inline int hv_map_page(struct hv_vcpu *cur, struct hv_domain *rd,
					const struct gnttab_map_grant_ref *op, uint64_t mfn,
					uint32_t cache, struct hv_page *pg, uint64_t *where,
					const bool back)
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
		if (back)
			rc = hv_mapping_create_at(cur, op->host_addr, mfn,
						  op->flags & ~HV_MAP_ACCEPTS, cache, where);
		else
			rc = hv_mapping_create(cur, op->host_addr, mfn, op->flags, cache);
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

/* map_grant_ref(): all of it, but the copies of *op. */
static hv_always_inline void hv_map_one(struct hv_vcpu *cur, struct gnttab_map_grant_ref *op,
					const bool back)
{
	struct hv_domain *ld = cur->d, *rd;
	uint32_t incr = hv_pin_increment(op->flags), handle, hung = HV_MAPTRACK_NONE;
	struct hv_page *pg = NULL;
	struct hv_maptrack *mt;
	uint64_t mfn = 0, where = op->host_addr;
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
	if (back && (op->flags & GNTMAP_accept_sink) && !hv_translated(ld)) {
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
	if (back && (op->flags & HV_MAP_ACCEPTS) && rd->gt->back_refs)
		hung = handle;
	op->status = hv_map_pin(cur, rd, op, incr, hung, &mfn, &cache, &pg, back);
	if (op->status == GNTST_okay) {
		op->status = hv_map_page(cur, rd, op, mfn, cache, pg, &where, back);
		if (op->status != GNTST_okay)
			hv_map_unpin(cur, rd, op, incr, hung, back);
	}
	if (op->status != GNTST_okay) {
		hv_maptrack_put(cur, ld->gt, handle);
		return;
	}
	/* Users of the entry look at flags first, so flags are written last. */
	mt = hv_maptrack(ld->gt, handle);
	hv_store(&mt->domid, op->dom);
	hv_store(&mt->ref, op->ref);
	if (back)
		hv_store(&hv_back_handle(ld->gt, handle)->where, where);
	hv_wmb();
	hv_store_release(&mt->flags,
			 (uint16_t)((op->flags & HV_MT_GUEST & ~GNTMAP_super) |
				    (back && hung != HV_MAPTRACK_NONE ? HV_MT_HUNG : 0)));
	op->dev_bus_addr = mfn << HV_PAGE_SHIFT;
	op->handle = handle;
}

/* gnttab_map_grant_ref(). */
static hv_always_inline long hv_map_list(struct hv_vcpu *cur, uint64_t uop, unsigned count,
					 const bool back)
{
	struct gnttab_map_grant_ref op;

	for (unsigned i = 0; i < count; i++, uop += sizeof(op)) {
		if (i && hv_preempt(cur)) {
			hv_slow(cur, i);
			return count - i;
		}
		if (hv_unlikely(hv_copy_from_guest(cur, &op, uop, sizeof(op))))
			return -EFAULT;
		hv_map_one(cur, &op, back);
		hv_dear_map(cur);
		/* The guest does not get to know its handle: the mapping stays, as in Xen. */
		if (hv_unlikely(hv_copy_to_guest(cur, uop, &op, sizeof(op))))
			return -EFAULT;
	}
	hv_slow(cur, count);
	return 0;
}

#endif
