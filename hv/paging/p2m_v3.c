/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of version 3 in the p2m of a translated guest: made, taken away, split by tables that were kept for it. */
#include "iommu.h"
#include "p2m.h"
#include "tlb.h"

/* Of the defect that flushes a large entry as if it were one of 4K: what was taken away last. */
static struct {
	uint64_t gfn;
	unsigned order;
} last;

static uint64_t v3_entry(uint64_t mfn, bool write)
{
	return hv_pte(mfn, write ? HV_P2M_V3_RW : HV_P2M_V3_RO, write);
}

/* Is nothing there? By the size of what is there: a table of holes is looked through. */
static bool all_holes(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order)
{
	uint64_t end = gfn + (1ull << order);
	unsigned have;

	hv_p2m_forget(d);
	while (gfn < end) {
		if (hv_pt_get(cur, &d->p2m.pt, gfn, &have))
			return false;
		gfn = ((gfn >> have) + 1) << have;
	}
	return true;
}

int hv_p2m_v3_map(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		  unsigned order, bool write)
{
	uint64_t e = v3_entry(mfn, write), old, now, *place;
	unsigned have;
	int rc;

	if (gfn >= HV_PT_MAX_INDEX)
		return -EEXIST;
	if (order ? !all_holes(cur, d, gfn, order) : hv_p2m_look(cur, d, gfn, &have, &place) != 0)
		return -EEXIST;
	if (!order && place) {
		hv_pt_write(cur, place, e);
		return 0;
	}
	rc = hv_pt_set(cur, &d->p2m.pt, gfn, order, e, &old);
	if (rc)
		return rc;
	rc = hv_iommu_p2m_follows(cur, d, gfn, order, e);
	if (hv_likely(!rc && !hv_pt_replaced(order, old)))
		return 0;
	/* Undone, which takes no memory; a vCPU may have seen it. */
	if (rc)
		hv_pt_set(cur, &d->p2m.pt, gfn, order, 0, &now);
	/* Or on its way through the table that gave way, as the device may be where it has no tables of its own. */
	hv_p2m_v3_flush(cur, d);
	if (hv_pt_replaced(order, old) && !hv_mutant(V3_KEEP_TABLE))
		hv_pt_free_below(cur, &d->p2m.pt, order, old);
	return rc ? -ENOSPC : 0;
}

/* A 4K part of a 2M entry: what splits it was kept, and is the domain's no more by version 3's account. */
static hv_noinline int change_part(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn,
				   uint64_t e)
{
	uint64_t kept = hv_p2m_v3_kept(d), old;
	int rc = hv_pt_set_kept(cur, &d->p2m.pt, gfn, 0, e, &old);

	if (!rc)
		rc = hv_iommu_p2m_part_follows(cur, d, gfn, e);
	if (!hv_mutant(V3_SPLIT_CHARGED))
		hv_account_sub(&d->v3_bytes, kept - hv_p2m_v3_kept(d));
	return rc;
}

/*
 * The entry for mfn, or the part of one, becomes e. gone: nothing there will do as well. -EILSEQ: something else is.
 * Where an entry of this size is, another takes no memory, here and in the IOMMU's tables.
 */
static int change(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		  unsigned order, uint64_t e, bool gone)
{
	unsigned have;
	uint64_t *place, was = hv_p2m_look(cur, d, gfn, &have, &place), old;
	int rc;

	if (!was)
		return gone ? 0 : -EILSEQ;
	if (!hv_p2m_is_v3(hv_pte_type(was)) || hv_pte_mfn(was) != mfn)
		return -EILSEQ;
	if (hv_mutant(V3_FLUSH_4K)) {
		last.gfn = gfn;
		last.order = have;
	}
	if (hv_likely(place && !order)) {
		hv_pt_write(cur, place, e);
		return 0;
	}
	if (hv_unlikely(have != order))
		return have == 9 && !order ? change_part(cur, d, gfn, e) : -EILSEQ;
	rc = hv_pt_set(cur, &d->p2m.pt, gfn, order, e, &old);
	return rc ? rc : hv_iommu_p2m_follows(cur, d, gfn, order, e);
}

int hv_p2m_v3_clear(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		    unsigned order)
{
	return change(cur, d, gfn, mfn, order, 0, true);
}

int hv_p2m_v3_point(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		    unsigned order, uint64_t to, bool write)
{
	return change(cur, d, gfn, mfn, order, v3_entry(to, write), false);
}

int hv_p2m_v3_keep(struct hv_vcpu *cur, struct hv_domain *d)
{
	int rc;

	hv_p2m_lock(cur, d);
	rc = hv_pt_keep(cur, &d->p2m.pt);
	if (!rc && hv_iommu_keep(cur, d)) {
		hv_pt_unkeep(cur, &d->p2m.pt);
		rc = -ENOMEM;
	}
	hv_p2m_unlock(cur, d);
	return rc;
}

void hv_p2m_v3_unkeep(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_p2m_lock(cur, d);
	hv_pt_unkeep(cur, &d->p2m.pt);
	hv_iommu_unkeep(cur, d);
	hv_p2m_unlock(cur, d);
}

static void flush_one(struct hv_domain *d)
{
	for (unsigned i = 0; i < d->nr_vcpus; i++)
		d->vcpu[i]->tlb[last.gfn % HV_TLB_ENTRIES].gen = 0;
}

void hv_p2m_v3_flush(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (hv_mutant(V3_FLUSH_4K) && last.order)
		flush_one(d);
	else
		hv_flush_translated(cur, d);
	hv_iommu_flush_all(cur, d);
}
