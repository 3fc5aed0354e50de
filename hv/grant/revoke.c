/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_v1_revoke (v1-revoke, not in Xen; back.h says what it finds mappings by). A slice is up to 512 references of
 * one mapper, in the order that an unmap has: with the entries' locks, handles are taken; with none of them, the
 * mapper's entries go, under one p2m lock, and there is one flush; with the locks again, references, pins and marks go.
 *
 * Who revokes waits, for a map, unmap or copy that is on its way, only while no handle is taken, and with no lock held;
 * and who waits for a handle that is taken holds no lock. So nobody waits in a circle.
 */
#include "args.h"
#include "back.h"
#include "handlers.h"
#include "iommu.h"
#include "lifetime.h"
#include "mapping.h"
#include "preempt.h"
#include "revoke.h"
#include "status.h"
#include "track.h"
#include "unmap_halves.h"
#include "words.h"

#define SLICE	    512 /* references, and as many mappings as lead to the next one */
#define REF_MAPS    512 /* the most that one reference can have: 128 of each of four kinds */
#define MAX_WAITS   256 /* for an entry that still grants */
#define AGAIN	    1
#define OTHER	    2 /* the next reference has another mapper */
#define BUSY	    3 /* something of the next reference is on its way */
#define STILL_THERE 4 /* it grants, and must not */

_Static_assert(SLICE + REF_MAPS <= HV_UNMAP_CHUNK, "a vCPU has room for a slice");

/* The mappings of a slice are cur->unmap[0..n-1], those of a reference one after the other. */
struct slice {
	struct hv_domain *mapper;
	unsigned n;
	bool flush;
};

static uint32_t pins_of(uint32_t flags)
{
	bool ro = flags & GNTMAP_readonly;

	return (flags & GNTMAP_device_map ? ro ? HV_PIN_DEVR : HV_PIN_DEVW : 0) +
	       (flags & GNTMAP_host_map ? ro ? HV_PIN_HSTR : HV_PIN_HSTW : 0);
}

/* Is anything of the reference on its way? Entry's lock held. */
static bool on_its_way(struct hv_grant_table *lgt, const struct hv_back_ref *b)
{
	if (b->busy && !hv_mutant(V1R_BUSY_IGNORED))
		return true;
	for (uint32_t h = b->first; h; h = hv_back_handle(lgt, h - 1)->next) {
		uint16_t flags = hv_load_acquire(&hv_maptrack(lgt, h - 1)->flags);

		if ((!flags && !hv_mutant(V1R_MAP_IGNORED)) || flags & HV_MT_TAKEN)
			return true;
	}
	return false;
}

/* Take a handle. Its pins. */
static uint32_t take(struct hv_vcpu *cur, struct slice *s, grant_ref_t ref, uint64_t mfn,
		     uint32_t handle)
{
	struct hv_grant_table *lgt = s->mapper->gt;
	struct hv_maptrack *map = hv_maptrack(lgt, handle);
	struct hv_unmap *op = &cur->unmap[s->n++];
	uint16_t flags = hv_load(&map->flags);

	hv_store(&map->flags, (uint16_t)(flags | HV_MT_TAKEN));
	op->handle = handle;
	op->host_addr = hv_load(&hv_back_handle(lgt, handle)->where);
	op->mfn = mfn;
	op->ref = ref;
	op->done = flags & HV_MT_GUEST;
	return pins_of(flags);
}

/* Take all handles of a reference, or none: 0, OTHER, BUSY or STILL_THERE. */
static int take_ref(struct hv_vcpu *cur, struct hv_grant_table *rgt, grant_ref_t ref,
		    struct gnttab_v1_revoke *r, struct slice *s)
{
	struct hv_active *act = hv_active_entry_acquire(cur, rgt, ref);
	struct hv_back_ref *b = hv_back_ref(rgt, ref);
	uint32_t pins = act->pin;
	struct hv_domain *ld;
	int rc = STILL_THERE;

	if (r->flags & GNTV1_REVOKE_CHECK &&
	    hv_back_grants(hv_guest_read(cur, hv_entry_header(rgt, ref))))
		goto out;
	rc = 0;
	if (!pins)
		goto out;
	/* Of a reference that has no list the mapper may be anybody, and need not be any more. */
	ld = s->mapper && s->mapper->id == act->domid ? s->mapper : NULL;
	if (!b->first)
		ld = NULL;
	else if (!ld)
		ld = hv_domain_find(cur, act->domid);
	rc = BUSY;
	if (on_its_way(ld ? ld->gt : NULL, b))
		goto out;
	rc = OTHER;
	if (ld && s->mapper && ld != s->mapper)
		goto out;
	rc = 0;
	if (ld) {
		s->mapper = ld;
		for (uint32_t h = b->first; h; h = hv_back_handle(ld->gt, h - 1)->next)
			pins -= take(cur, s, ref, act->mfn, h - 1);
	}
	if (pins)
		r->outcomes |= GNTV1_GOT_KEPT;
out:
	hv_active_entry_release(cur, act);
	return rc;
}

/* The mapper's entries: what is not where it was mapped stays as it is, and so does its handle. */
static void clear_entries(struct hv_vcpu *cur, struct slice *s)
{
	uint64_t sink = hv_virt_to_mfn(cur->host, s->mapper->gt->sink);

	hv_revoke_begin(cur, s->mapper);
	for (unsigned i = 0; i < s->n; i++) {
		struct hv_unmap *op = &cur->unmap[i];
		int rc = 0;

		if (op->done & GNTMAP_host_map)
			rc = hv_revoke_entry(cur, s->mapper, op->host_addr, op->mfn,
					     !(op->done & GNTMAP_readonly),
					     op->done & GNTMAP_accept_sink ? sink : HV_INVALID);
		op->status = rc ? GNTST_general_error : GNTST_okay;
		s->flush |= !rc;
	}
	hv_revoke_end(cur, s->mapper);
}

/* A PV mapper's device: each frame by its count, and one invalidation for all. */
static void clear_device(struct hv_vcpu *cur, struct hv_domain *rd, struct slice *s)
{
	if (s->mapper == rd || !hv_grant_need_iommu(s->mapper) || hv_mutant(V1R_NO_DEVICE))
		return;
	cur->flush_late = HV_LATE_IOTLB;
	for (unsigned i = 0; i < s->n; i++)
		if (cur->unmap[i].status == GNTST_okay)
			hv_grant_iommu_unmap(cur, s->mapper->gt, cur->unmap[i].mfn,
					     cur->unmap[i].done & GNTMAP_readonly);
	cur->flush_late = HV_LATE_NONE;
	hv_iommu_flush_owed(cur, s->mapper);
}

/* After the flush: what a handle held goes, or it is as it was. Entry's lock held. */
static void settle(struct hv_vcpu *cur, struct hv_domain *rd, const struct slice *s,
		   const struct hv_unmap *op, struct hv_active *act, struct gnttab_v1_revoke *r)
{
	struct hv_maptrack *map = hv_maptrack(s->mapper->gt, op->handle);
	bool sink = op->done & GNTMAP_accept_sink && op->done & GNTMAP_host_map;

	if (op->status != GNTST_okay) {
		r->outcomes |= GNTV1_GOT_KEPT;
		hv_store_release(&map->flags, (uint16_t)(hv_load(&map->flags) & ~HV_MT_TAKEN));
		return;
	}
	if (!(op->done & GNTMAP_readonly))
		hv_mark_dirty(cur, rd, op->mfn);
	if (!hv_mutant(V1R_KEEPS_REF))
		hv_unmap_put(cur, op, s->mapper, rd, act, false);
	hv_back_unhang(rd->gt, op->ref, s->mapper->gt, op->handle);
	r->outcomes |= sink ? GNTV1_GOT_SINK : GNTV1_GOT_HOLE;
	r->pages++;
	/* From here on it is the mapper's to free. */
	hv_store_release(&map->flags, (uint16_t)(HV_MT_GONE | (sink ? HV_MT_SINK : 0)));
}

static void settle_all(struct hv_vcpu *cur, struct hv_domain *rd, const struct slice *s,
		       struct gnttab_v1_revoke *r)
{
	hv_grant_read_lock(cur, rd->gt);
	for (unsigned i = 0; i < s->n;) {
		grant_ref_t ref = cur->unmap[i].ref;
		struct hv_active *act = hv_active_entry_acquire(cur, rd->gt, ref);

		for (; i < s->n && cur->unmap[i].ref == ref; i++)
			settle(cur, rd, s, &cur->unmap[i], act, r);
		hv_active_entry_release(cur, act);
	}
	hv_grant_read_unlock(cur, rd->gt);
}

/* From reference *at on, below end; *at is how far it came. What take_ref() said of the next, or GNTST_bad_gntref. */
static int revoke_slice(struct hv_vcpu *cur, grant_ref_t *at, grant_ref_t end,
			struct gnttab_v1_revoke *r)
{
	struct hv_domain *rd = cur->d;
	struct slice s = { 0 };
	int rc = 0;

	hv_grant_read_lock(cur, rd->gt);
	if (end > hv_nr_grant_entries(rd->gt))
		rc = GNTST_bad_gntref;
	for (unsigned i = 0; !rc && *at < end && i < SLICE && s.n <= SLICE; i++) {
		rc = take_ref(cur, rd->gt, *at, r, &s);
		*at += !rc;
	}
	hv_grant_read_unlock(cur, rd->gt);
	if (!s.n)
		return rc;
	clear_entries(cur, &s);
	if (hv_mutant(V1R_EARLY_PUT))
		settle_all(cur, rd, &s, r);
	if (s.flush && !hv_mutant(V1R_NO_FLUSH))
		hv_revoke_flush(cur, s.mapper);
	clear_device(cur, rd, &s);
	if (!hv_mutant(V1R_EARLY_PUT))
		settle_all(cur, rd, &s, r);
	return rc;
}

/* The next reference is busy: wait a moment. False: it still grants, so there may be no end of it. */
static bool wait_for(struct hv_vcpu *cur, grant_ref_t ref, unsigned *waits)
{
	struct hv_grant_table *rgt = cur->d->gt;
	bool grants = true;

	hv_grant_read_lock(cur, rgt);
	if (ref < hv_nr_grant_entries(rgt))
		grants = hv_back_grants(hv_guest_read(cur, hv_entry_header(rgt, ref)));
	hv_grant_read_unlock(cur, rgt);
	hv_backoff(waits);
	return !grants || *waits < MAX_WAITS;
}

/* A status, or AGAIN: it goes on from what is done. */
static int revoke_one(struct hv_vcpu *cur, struct gnttab_v1_revoke *r)
{
	unsigned waits = 0;

	if (r->flags & ~GNTV1_REVOKE_CHECK || r->pad)
		return GNTST_general_error;
	if (!r->count || r->count > UINT32_MAX - r->ref || r->done > r->count)
		return GNTST_bad_gntref;
	while (r->done < r->count) {
		grant_ref_t at = r->ref + r->done, from = at;
		int rc = revoke_slice(cur, &at, r->ref + r->count, r);

		r->done = at - r->ref;
		if (rc < 0)
			return rc;
		if (at != from)
			waits = 0;
		else if (rc == STILL_THERE || !wait_for(cur, at, &waits))
			return GNTST_eagain;
		if (r->done < r->count && hv_preempt(cur))
			return AGAIN;
	}
	return GNTST_okay;
}

long hv_op_v1_revoke(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	struct gnttab_v1_revoke op;
	int rc;

	if (!cur->d->gt->back_refs)
		return -ENOSYS;
	for (unsigned i = 0; i < count; i++, uop += sizeof(op)) {
		if (i && hv_preempt(cur))
			return count - i;
		if (hv_unlikely(hv_copy_from_guest(cur, &op, uop, sizeof(op))))
			return -EFAULT;
		rc = revoke_one(cur, &op);
		op.status = (int16_t)(rc == AGAIN ? 0 : rc);
		if (hv_unlikely(hv_copy_to_guest(cur, uop, &op, sizeof(op))))
			return -EFAULT;
		if (rc == AGAIN)
			return count - i;
	}
	return 0;
}
