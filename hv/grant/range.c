/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_range_map and range_unmap (v1-range): references of version 1 by the hundred, each pinned, marked and
 * referenced as map_grant_ref does it, but with the granter's table locked once, its p2m looked at once for each run,
 * one record, the mapper's p2m locked once, and one flush for all that a hypercall takes away. Not in Xen.
 *
 * Entries are locked one after the other, each from its mark to its pin, and never while a p2m is locked: what is pinned
 * cannot change its frame, nor its table its version. So between the halves, in which entries are pinned and then
 * mapped, nothing of the granter's is locked.
 */
#include "args.h"
#include "back.h"
#include "handlers.h"
#include "log_trie.h"
#include "grant_rivals.h"
#include "map_one.h"
#include "p2m.h"
#include "preempt.h"
#include "range.h"
#include "slow.h"
#include "violation.h"

#define FLAGS (GNTRANGE_READONLY | GNTRANGE_LIST | GNTRANGE_ACCEPT_2M)

static uint32_t pin_of(const struct hv_range *r)
{
	return r->readonly ? HV_PIN_HSTR : HV_PIN_HSTW;
}

/* ---- what a range has of its granter's ---- */

/* The entry of page i, which is pinned, gives one pin back, and the marks that it leaves. Its table is locked. */
static void unpin(struct hv_vcpu *cur, struct hv_grant_table *rgt, const struct hv_range *r,
		  unsigned i, struct hv_active *act)
{
	act->pin -= pin_of(r);
	if (!hv_mutant(RANGE_KEEPS_MARKS))
		hv_grant_reduce_status(cur, act, hv_use_word_left(rgt, hv_range_ref(r, i)),
				       r->readonly);
}

/* Pages from..to-1 of a range, which nothing maps any more: references, pins and marks. */
static void give_back(struct hv_vcpu *cur, struct hv_domain *ld, struct hv_domain *rd,
		      const struct hv_range *r, unsigned from, unsigned to, bool refs)
{
	struct hv_grant_table *rgt = rd->gt;

	if (from == to)
		return;
	hv_grant_read_lock(cur, rgt);
	for (unsigned i = from; i < to; i++) {
		struct hv_active *act = hv_active_entry_acquire(cur, rgt, hv_range_ref(r, i));

		if (refs && !r->readonly)
			hv_mark_dirty(cur, rd, act->mfn);
		if (refs && !hv_mutant(RANGE_NO_REF))
			hv_mapping_put(cur, hv_page(cur->host, act->mfn), r->readonly, ld, rd);
		unpin(cur, rgt, r, i, act);
		hv_active_entry_release(cur, act);
	}
	hv_grant_read_unlock(cur, rgt);
}

/* A reference, and a type if need be, on a page that is pinned. *pg: it was looked up just now, with a reference. */
static int reference(struct hv_vcpu *cur, struct hv_domain *rd, const struct hv_range *r,
		     uint64_t mfn, struct hv_page *pg)
{
	struct hv_domain *owner = rd;

	if (!pg) {
		pg = hv_page(cur->host, mfn);
		owner = hv_get_owner_and_page(cur, pg);
		if (!owner)
			return GNTST_general_error;
	}
	if (hv_mutant(RANGE_NO_REF)) {
		hv_put_page(cur, pg);
		return GNTST_okay;
	}
	if (owner == rd && (!hv_mapping_has_type(r->readonly, cur->d, rd) ||
			    hv_get_type(cur, pg, HV_PGT_WRITABLE)))
		return GNTST_okay;
	hv_put_page(cur, pg);
	return GNTST_general_error;
}

/* Page i: pinned and referenced. The table is locked, its entry not. */
static int pin_page(struct hv_vcpu *cur, struct hv_domain *rd, const struct hv_range *r, unsigned i,
		    struct hv_run *run)
{
	struct hv_grant_table *rgt = rd->gt;
	grant_ref_t ref = hv_range_ref(r, i);
	struct hv_page *pg = NULL;
	struct hv_active *act;
	struct hv_words words;
	uint32_t cache;
	int rc;

	/* The second: numbers that wrap. */
	if (ref >= hv_nr_grant_entries(rgt) || (!r->list && ref < r->ref))
		return GNTST_bad_gntref;
	words = hv_entry_words(rgt, ref);
	act = hv_active_entry_acquire(cur, rgt, ref);
	rc = hv_pin_entry(cur, rd, ref, r->readonly, pin_of(r), &words, act, run, &cur->frames[i],
			  &cache, &pg, false);
	hv_active_entry_release(cur, act);
	if (rc != GNTST_okay)
		return rc;
	rc = reference(cur, rd, r, cur->frames[i], pg);
	if (rc == GNTST_okay && cache && hv_translated(cur->d)) {
		hv_mapping_put(cur, hv_page(cur->host, cur->frames[i]), r->readonly, cur->d, rd);
		rc = GNTST_general_error;
	}
	if (rc != GNTST_okay) {
		act = hv_active_entry_acquire(cur, rgt, ref);
		unpin(cur, rgt, r, i, act);
		hv_active_entry_release(cur, act);
	}
	return rc;
}

/* The first half: how many pages from the first on are pinned, with their frames in cur->frames. */
static unsigned pin_range(struct hv_vcpu *cur, struct hv_domain *rd, const struct hv_range *r,
			  unsigned count, int *rc)
{
	struct hv_run run = { .pages = 0 };
	unsigned i;

	hv_grant_read_lock(cur, rd->gt);
	for (i = 0; i < count; i++) {
		*rc = pin_page(cur, rd, r, i, &run);
		if (*rc != GNTST_okay)
			break;
	}
	hv_grant_read_unlock(cur, rd->gt);
	return i;
}

/* ---- the mapper's side ---- */

/* Do the pages from i on, of which there are n, make one entry of 2M? */
static bool makes_2m(const struct hv_vcpu *cur, const struct hv_range *r, unsigned i, unsigned n)
{
	const uint64_t *mfn = &cur->frames[i];

	if (n - i < 512 || (((r->addr >> HV_PAGE_SHIFT) + i) | mfn[0]) & 511)
		return false;
	for (unsigned k = 1; k < 512 && !hv_mutant(RANGE_ANY_RUN); k++)
		if (mfn[k] != mfn[0] + k)
			return false;
	return true;
}

/* The second half, of a translated domain: how many of n pages are mapped. */
static unsigned fill_p2m(struct hv_vcpu *cur, struct hv_range *r, unsigned n, bool accept_2m,
			 uint16_t *large, int *rc)
{
	enum hv_p2m_type type = r->readonly ? HV_P2M_RANGE_RO : HV_P2M_RANGE_RW;
	uint64_t gfn = r->addr >> HV_PAGE_SHIFT;
	struct hv_domain *d = cur->d;
	unsigned i = 0;

	hv_p2m_lock(cur, d);
	while (i < n) {
		unsigned order = accept_2m && makes_2m(cur, r, i, n) ? 9 : 0;
		int err = hv_p2m_fill(cur, d, gfn + i, cur->frames[i], order, type);

		/* Something is among the 512, or there is no memory. */
		if (err && order) {
			order = 0;
			err = hv_p2m_fill(cur, d, gfn + i, cur->frames[i], 0, type);
		}
		if (err) {
			*rc = err == -EEXIST ? GNTST_bad_virt_addr : GNTST_no_space;
			break;
		}
		*large += order != 0;
		i += 1u << order;
	}
	hv_p2m_near_unlock(cur, d);
	return i;
}

/* The same of a PV domain: entries of page tables, and the IOMMU's. */
static unsigned fill_pv(struct hv_vcpu *cur, struct hv_domain *rd, const struct hv_range *r,
			unsigned n, int *rc)
{
	bool io = cur->d != rd && hv_grant_need_iommu(cur->d);
	unsigned flags = hv_range_flags(r);

	for (unsigned i = 0; i < n; i++) {
		uint64_t addr = r->addr + ((uint64_t)i << HV_PAGE_SHIFT), mfn = cur->frames[i];
		int err = hv_mapping_create(cur, addr, mfn, flags, 0);

		if (err != GNTST_okay) {
			*rc = err;
			return i;
		}
		if (io && hv_grant_iommu_map(cur, cur->d->gt, mfn, r->readonly)) {
			hv_mapping_destroy(cur, addr, mfn, flags);
			hv_mapping_flush(cur);
			*rc = GNTST_no_device_space;
			return i;
		}
	}
	return n;
}

/* ---- map ---- */

static int check_args(const struct hv_vcpu *cur, const struct gnttab_range_map *op)
{
	if ((op->flags & ~FLAGS) || op->pad || !op->count || op->count > GNTRANGE_MAX_COUNT)
		return GNTST_general_error;
	if (op->addr & (HV_PAGE_SIZE - 1))
		return GNTST_bad_virt_addr;
	if (hv_translated(cur->d) && (op->addr >> HV_PAGE_SHIFT) + op->count > HV_PT_MAX_INDEX)
		return GNTST_bad_virt_addr;
	return GNTST_okay;
}

/* The references by which a new range is mapped, from where the guest has them. */
static int read_refs(struct hv_vcpu *cur, const struct gnttab_range_map *op, struct hv_range *r)
{
	if (!r->list) {
		r->ref = (grant_ref_t)op->ref;
		return op->ref == r->ref ? GNTST_okay : GNTST_bad_gntref;
	}
	return hv_guest_handle_okay(cur->d, op->ref, op->count, sizeof(grant_ref_t)) &&
			       !hv_copy_from_guest(cur, r->list, op->ref,
						   op->count * sizeof(grant_ref_t))
		       ? GNTST_okay
		       : GNTST_bad_virt_addr;
}

/* The two halves; what the second does not reach is given back. How many pages are mapped. */
static unsigned map_pages(struct hv_vcpu *cur, struct hv_domain *rd, struct gnttab_range_map *op,
			  struct hv_range *r, int *rc)
{
	unsigned n = pin_range(cur, rd, r, op->count, rc), done;

	done = hv_translated(cur->d)
		       ? fill_p2m(cur, r, n, op->flags & GNTRANGE_ACCEPT_2M, &op->large, rc)
		       : fill_pv(cur, rd, r, n, rc);
	give_back(cur, cur->d, rd, r, done, n, true);
	return done;
}

static void map_range(struct hv_vcpu *cur, struct gnttab_range_map *op)
{
	struct hv_domain *ld = cur->d, *rd;
	struct hv_range *r;
	uint32_t n;
	int rc = check_args(cur, op);

	op->done = op->large = 0;
	op->handle = GNTRANGE_NO_HANDLE;
	op->status = (int16_t)rc;
	if (rc != GNTST_okay)
		return;
	op->status = GNTST_bad_domain;
	rd = hv_domain_find(cur, op->dom);
	if (!rd)
		return;
	/* No revoke would find it. */
	op->status = GNTST_general_error;
	if (ld->gt->back_handles || rd->gt->back_refs)
		return;
	op->status = GNTST_no_space;
	n = hv_range_get(cur, &ld->gt->ranges, ld, op->flags & GNTRANGE_LIST ? op->count : 0);
	if (n == HV_RANGE_NONE)
		return;
	/* Nobody else finds it before it is published. */
	r = hv_range(&ld->gt->ranges, n);
	r->addr = op->addr;
	r->domid = op->dom;
	r->readonly = op->flags & GNTRANGE_READONLY;
	rc = read_refs(cur, op, r);
	if (rc == GNTST_okay)
		op->done = map_pages(cur, rd, op, r, &rc);
	op->status = (int16_t)rc;
	if (!op->done) {
		hv_range_put(cur, &ld->gt->ranges, ld, n);
		return;
	}
	r->count = (uint16_t)op->done;
	hv_account_add(&ld->gt->ranges.mapped, r->count);
	hv_range_publish(cur, &ld->gt->ranges, n);
	op->handle = n;
}

long hv_op_range_map(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	struct gnttab_range_map op[HV_ARGS_BLOCK];
	unsigned i, n, k, pages;

	for (i = 0; i < count; i += k, uop += k * sizeof(*op)) {
		n = count - i < HV_ARGS_BLOCK ? count - i : HV_ARGS_BLOCK;
		if (hv_copy_from_guest(cur, op, uop, n * sizeof(*op)))
			return -EFAULT;
		for (k = pages = 0; k < n && !(i + k && hv_preempt(cur)); k++) {
			map_range(cur, &op[k]);
			pages += op[k].done;
		}
		hv_slow(cur, pages);
		if (k && hv_copy_to_guest(cur, uop, op, k * sizeof(*op)))
			return -EFAULT;
		if (k < n)
			return count - i - k;
	}
	return 0;
}

/* ---- unmap ---- */

/* All entries of it go from the p2m, which are where the record says and nowhere else. */
static void clear_p2m(struct hv_vcpu *cur, struct hv_range *r)
{
	uint64_t gfn = r->addr >> HV_PAGE_SHIFT;
	struct hv_domain *d = cur->d;
	unsigned i, order;

	hv_p2m_lock(cur, d);
	for (i = 0; i < r->count; i += 1u << order) {
		uint64_t *place, e = hv_p2m_look(cur, d, gfn + i, &order, &place);

		if (!e || !hv_p2m_is_range(hv_pte_type(e)) ||
		    hv_p2m_clear_at(cur, d, gfn + i, order, place)) {
			hv_violate(cur->host, "d%u gfn %#lx: the entry of a range is not there",
				   d->id, (unsigned long)(gfn + i));
			order = 0;
		}
	}
	hv_p2m_near_unlock(cur, d);
	r->left = 0;
}

/* From the last page on, to the first that is not as it was made: r->left says how many stay. */
static int clear_pv(struct hv_vcpu *cur, struct hv_domain *rd, struct hv_range *r)
{
	bool io = cur->d != rd && hv_grant_need_iommu(cur->d);

	for (r->left = r->count; r->left; r->left--) {
		unsigned i = r->left - 1u;
		/* As long as it is pinned, the frame is what it was when it was pinned. */
		uint64_t mfn = hv_load(&hv_active_entry(rd->gt, hv_range_ref(r, i))->mfn);
		int rc = hv_mapping_destroy(cur, r->addr + ((uint64_t)i << HV_PAGE_SHIFT), mfn,
					    hv_range_flags(r));

		if (rc != GNTST_okay)
			return rc;
		if (io && hv_grant_iommu_unmap(cur, cur->d->gt, mfn, r->readonly))
			return GNTST_general_error;
	}
	return GNTST_okay;
}

/* The first half: the mappings go. What was taken away is put at the head of the chain *taken. */
static int16_t take_away(struct hv_vcpu *cur, const struct gnttab_range_unmap *op, uint32_t *taken)
{
	struct hv_domain *ld = cur->d, *rd;
	struct hv_range *r;
	int rc = GNTST_okay;

	if (op->pad)
		return GNTST_general_error;
	r = hv_range_take(cur, &ld->gt->ranges, op->handle);
	if (!r)
		return GNTST_bad_handle;
	rd = hv_domain_find(cur, r->domid);
	if (!rd) {
		/* A PV domain has put something else into the place of all of it: as for version 1. */
		hv_range_publish(cur, &ld->gt->ranges, op->handle);
		hv_domain_crash(ld);
		return GNTST_okay;
	}
	if (hv_translated(ld))
		clear_p2m(cur, r);
	else
		rc = clear_pv(cur, rd, r);
	r->next = *taken;
	*taken = op->handle;
	return (int16_t)rc;
}

/* The second half, after the flush. */
static void finish(struct hv_vcpu *cur, uint32_t taken)
{
	struct hv_domain *ld = cur->d;

	while (taken != HV_RANGE_NONE) {
		struct hv_range *r = hv_range(&ld->gt->ranges, taken);
		uint32_t n = taken;

		taken = r->next;
		/* It is there as long as pages of it are pinned and referenced. */
		if (r->left < r->count)
			give_back(cur, ld, hv_domain_find(cur, r->domid), r, r->left, r->count,
				  true);
		hv_account_sub(&ld->gt->ranges.mapped, (uint64_t)(r->count - r->left));
		r->count = r->left;
		if (r->count)
			hv_range_publish(cur, &ld->gt->ranges, n);
		else
			hv_range_put(cur, &ld->gt->ranges, ld, n);
	}
}

/* As many blocks as there are, until one fails: how many requests were begun. */
static unsigned take_all(struct hv_vcpu *cur, uint64_t uop, unsigned count, uint32_t *taken,
			 int *rc)
{
	struct gnttab_range_unmap op[HV_ARGS_BLOCK];
	unsigned i, n, k;

	for (i = 0; i < count; i += k, uop += k * sizeof(*op)) {
		n = count - i < HV_ARGS_BLOCK ? count - i : HV_ARGS_BLOCK;
		*rc = hv_copy_from_guest(cur, op, uop, n * sizeof(*op));
		if (*rc)
			return i;
		for (k = 0; k < n && !(i + k && hv_preempt(cur)); k++)
			op[k].status = take_away(cur, &op[k], taken);
		if (k)
			*rc = hv_copy_to_guest(cur, uop, op, k * sizeof(*op));
		if (*rc || k < n)
			return i + k;
	}
	return i;
}

long hv_op_range_unmap(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	uint32_t taken = HV_RANGE_NONE;
	unsigned done;
	int rc = 0;

	/* Of whatever domain: one flush of TLBs, and one of the IOTLB, for all that is taken away. */
	cur->flush_late = HV_LATE_BOTH;
	done = take_all(cur, uop, count, &taken, &rc);
	if (hv_mutant(RANGE_EARLY_PUT)) {
		finish(cur, taken);
		taken = HV_RANGE_NONE;
	}
	if (hv_mutant(RANGE_NO_FLUSH))
		cur->flush_owed = HV_LATE_NONE;
	else
		hv_mapping_settle(cur);
	finish(cur, taken);
	hv_mapping_end(cur);
	return rc ? (long)rc : (long)(count - done);
}

/* ---- the end of a mapper ---- */

void hv_range_release(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_ranges *rs = &d->gt->ranges;

	for (uint32_t n = 0; n < rs->limit; n++) {
		struct hv_range *r = hv_range(rs, n);
		struct hv_domain *rd =
			r->state == HV_RANGE_LIVE ? hv_domain_find(cur, r->domid) : NULL;

		if (r->state == HV_RANGE_FREE)
			continue;
		for (unsigned i = 0; rd && rd != d && hv_grant_need_iommu(d) && i < r->count; i++)
			hv_grant_iommu_unmap(cur, d->gt,
					     hv_active_entry(rd->gt, hv_range_ref(r, i))->mfn,
					     r->readonly);
		/* A PV domain's references belong to its page-table entries, and go with them. */
		if (rd)
			give_back(cur, d, rd, r, 0, r->count, hv_translated(d));
		hv_range_put(cur, rs, d, n);
	}
}
