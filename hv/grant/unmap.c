/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_unmap_grant_ref and unmap_and_replace, after Xen's unmap_common(),
 * unmap_common_complete(), gnttab_unmap_grant_ref() and gnttab_unmap_and_replace(): mappings go
 * first, then the flush, then references and pins. The two differ in what comes into the place of a
 * mapping, which is why it is a constant wherever it is passed.
 *
 * A domain that flushes per hypercall (v1-batch, not in Xen) differs in one thing: translated
 * mappers do not flush under the entry's lock for each page, and PV mappers not for each 32; there
 * is one flush per hypercall.
 */
#include "unmap.h"
#include "args.h"
#include "back.h"
#include "handlers.h"
#include "lifetime.h"
#include "mapping.h"
#include "maptrack.h"
#include "page.h"
#include "preempt.h"
#include "status.h"
#include "table.h"
#include "track.h"

enum what { UNMAP, REPLACE };

/*
 * A translated domain whose mappings can be taken away names them by the place that the handle has: of two handles of a
 * frame, each keeps its own.
 */
static hv_noinline bool elsewhere(struct hv_domain *ld, const struct hv_unmap *op, uint16_t flags)
{
	return hv_translated(ld) && op->host_addr && flags & GNTMAP_host_map &&
	       (op->host_addr ^ hv_load(&hv_back_handle(ld->gt, op->handle)->where)) >>
		       HV_PAGE_SHIFT;
}

/* What a revoke sees of an unmap: it is between its halves, or all that it did. Entry's lock held. */
static hv_noinline void tell_revoke(struct hv_grant_table *lgt, struct hv_grant_table *rgt,
				    const struct hv_unmap *op, uint16_t flags, bool put)
{
	if (op->done)
		hv_back_busy(rgt, op->ref, 1);
	if (put && flags & HV_MT_HUNG && !hv_mutant(V1R_STAYS_HUNG))
		hv_back_unhang(rgt, op->ref, lgt, op->handle);
}

/* The part under the entry's lock. Returns true if the handle is to be given back. */
static hv_always_inline bool unmap_locked(struct hv_vcpu *cur, struct hv_unmap *op,
					  struct hv_maptrack *map, domid_t dom,
					  struct hv_active *act, uint16_t *flags,
					  const enum what what, const bool revocable)
{
	*flags = hv_load_acquire(&map->flags);
	/* Another vCPU may have unmapped the handle, and mapped something else with it. */
	if (!*flags || hv_load(&map->domid) != dom || hv_load(&map->ref) != op->ref) {
		op->status = GNTST_bad_handle;
		return false;
	}
	if (revocable && *flags & HV_MT_REVOKED) {
		op->status = GNTST_eagain;
		return false;
	}
	if (revocable && elsewhere(cur->d, op, *flags)) {
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
		if (what == REPLACE)
			op->status = (int16_t)hv_mapping_replace(cur, op->host_addr, op->mfn,
								 op->new_addr, *flags);
		else
			op->status =
				(int16_t)hv_mapping_destroy(cur, op->host_addr, op->mfn, *flags);
		if (op->status < 0)
			return false;
		hv_store(&map->flags, (uint16_t)(hv_load(&map->flags) & ~GNTMAP_host_map));
		op->done |= GNTMAP_host_map | (*flags & GNTMAP_readonly);
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

static hv_always_inline void unmap_common(struct hv_vcpu *cur, struct hv_unmap *op,
					  const enum what what, const bool revocable)
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
	op->status = GNTST_bad_handle;
	if (!flags)
		return;
	if (revocable && flags & HV_MT_REVOKED) {
		op->status = what == REPLACE && hv_back_settled(map) & HV_MT_GONE
				     ? GNTST_general_error
				     : (int16_t)hv_back_unmap(cur, op->handle);
		if (op->status != GNTST_eagain)
			return;
		goto again;
	}
	dom = hv_load(&map->domid);
	rd = hv_domain_find(cur, dom);
	if (!rd) {
		/* A granter that has taken back what it gave may be no more. */
		if (revocable && hv_load_acquire(&map->flags) & HV_MT_REVOKED)
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
		put = unmap_locked(cur, op, map, dom, act, &flags, what, revocable);
		if (hv_unlikely(rgt->back_refs != NULL))
			tell_revoke(lgt, rgt, op, flags, put);
		if (!hv_mutant(NO_ENTRY_LOCK))
			hv_active_entry_release(cur, act);
	}
	hv_grant_read_unlock(cur, rgt);
	if (!put) {
		/* A revoke was quicker, or is over, and its granter's number may be another's. */
		if (revocable &&
		    (op->status == GNTST_eagain ||
		     (op->status != GNTST_okay && hv_load_acquire(&map->flags) & HV_MT_REVOKED)))
			goto again;
		return;
	}
	hv_maptrack_put(cur, lgt, op->handle);
	if (ld != rd && hv_grant_need_iommu(ld) &&
	    hv_grant_iommu_unmap(cur, lgt, op->mfn, flags & GNTMAP_readonly))
		op->status = GNTST_general_error;
}

static hv_always_inline void unmap_complete(struct hv_vcpu *cur, struct hv_unmap *op)
{
	struct hv_domain *rd = op->rd;
	struct hv_grant_table *rgt;
	struct hv_active *act;

	if (!op->done)
		return;
	rgt = rd->gt;
	hv_grant_read_lock(cur, rgt);
	act = hv_active_entry_acquire(cur, rgt, op->ref);
	hv_unmap_put(cur, op, cur->d, rd, act);
	hv_back_busy(rgt, op->ref, -1u);
	hv_active_entry_release(cur, act);
	hv_grant_read_unlock(cur, rgt);
}

static hv_always_inline void complete(struct hv_vcpu *cur, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++)
		unmap_complete(cur, &cur->unmap[i]);
}

/*
 * Operation i of the batch: what it asks for, and its first half. -EFAULT: with common->done unset
 * it was not even read, else its status cannot be written.
 */
static hv_always_inline int unmap_one(struct hv_vcpu *cur, uint64_t uop, struct hv_unmap *common,
				      const bool revocable)
{
	struct gnttab_unmap_grant_ref op;

	common->done = 0;
	if (hv_unlikely(hv_copy_from_guest(cur, &op, uop, sizeof(op))))
		return -EFAULT;
	common->host_addr = op.host_addr;
	common->dev_bus_addr = op.dev_bus_addr;
	common->handle = op.handle;
	unmap_common(cur, common, UNMAP, revocable);
	return hv_copy_to_guest(cur, uop + offsetof(struct gnttab_unmap_grant_ref, status),
				&common->status, sizeof(op.status));
}

static hv_always_inline int replace_one(struct hv_vcpu *cur, uint64_t uop, struct hv_unmap *common,
					const bool revocable)
{
	struct gnttab_unmap_and_replace op;

	common->done = 0;
	if (hv_unlikely(hv_copy_from_guest(cur, &op, uop, sizeof(op))))
		return -EFAULT;
	common->host_addr = op.host_addr;
	common->new_addr = op.new_addr;
	common->dev_bus_addr = 0;
	common->handle = op.handle;
	unmap_common(cur, common, REPLACE, revocable);
	return hv_copy_to_guest(cur, uop + offsetof(struct gnttab_unmap_and_replace, status),
				&common->status, sizeof(op.status));
}

static hv_always_inline long unmap_all(struct hv_vcpu *cur, uint64_t uop, unsigned count,
				       const enum what what, const bool revocable)
{
	const size_t size = what == REPLACE ? sizeof(struct gnttab_unmap_and_replace)
					    : sizeof(struct gnttab_unmap_grant_ref);
	unsigned late = cur->d->flush_late;
	unsigned chunk = late ? HV_UNMAP_CHUNK : HV_UNMAP_BATCH;
	unsigned done = 0;
	int rc = 0;

	hv_mapping_begin(cur);
	while (done < count) {
		unsigned c = count - done < chunk ? count - done : chunk;

		for (unsigned i = 0; i < c; i++, uop += size) {
			rc = what == REPLACE ? replace_one(cur, uop, &cur->unmap[i], revocable)
					     : unmap_one(cur, uop, &cur->unmap[i], revocable);
			if (hv_unlikely(rc)) {
				/* What was taken away is finished; the rest is not looked at. */
				c = i + 1;
				break;
			}
			/* Late invalidations do not change when CPUs are flushed. */
			if (!(late & HV_LATE_TLB) && (i + 1) % HV_UNMAP_BATCH == 0 && i + 1 < c)
				hv_mapping_flush(cur);
		}
		if (hv_mutant(REORDER_FLUSH))
			complete(cur, 0, c);
		hv_mapping_settle(cur);
		if (!hv_mutant(REORDER_FLUSH))
			complete(cur, 0, c);
		done += c;
		if (hv_unlikely(rc) || (done < count && hv_preempt(cur)))
			break;
	}
	hv_mapping_end(cur);
	return rc ? (long)rc : (long)(count - done);
}

/* Of a domain that is not revocable no handle is ever in the middle of a revoke: an unmap costs what Xen's does. */
static hv_noinline long unmap_revocable(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	return unmap_all(cur, uop, count, UNMAP, true);
}

static hv_noinline long replace_revocable(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	return unmap_all(cur, uop, count, REPLACE, true);
}

long hv_op_unmap(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	if (hv_unlikely(cur->d->gt->back_handles != NULL))
		return unmap_revocable(cur, uop, count);
	return unmap_all(cur, uop, count, UNMAP, false);
}

long hv_op_unmap_and_replace(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	if (hv_unlikely(cur->d->gt->back_handles != NULL))
		return replace_revocable(cur, uop, count);
	return unmap_all(cur, uop, count, REPLACE, false);
}
