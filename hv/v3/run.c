/* SPDX-License-Identifier: GPL-2.0-only */
/* Large entries of version 3: runs of a granter's frames, and what is kept for splitting them. */
#include "gv3.h"
#include "v3.h"

static unsigned long left_of(uint64_t frame, unsigned order)
{
	return (1ul << order) - (frame & ((1ul << order) - 1));
}

/*
 * The machine frame that the run begins at, or HV_INVALID: one look-up where the p2m has one entry for it, as many as
 * it takes where it is in pieces that lie side by side. With the p2m's read lock.
 */
static uint64_t find_run(struct hv_vcpu *cur, struct hv_domain *granter, uint64_t frame,
			 unsigned order)
{
	uint64_t first = HV_INVALID, i, e;
	unsigned have;

	for (i = 0; i < 1ull << order; i += left_of(frame + i, have)) {
		e = hv_pt_get(cur, &granter->p2m.pt, frame + i, &have);
		if (!e || !hv_p2m_is_ram(hv_pte_type(e)))
			return HV_INVALID;
		if (!i)
			first = hv_pte_mfn(e);
		else if (hv_pte_mfn(e) != first + i && !GV3_MUTANT(RUN_OF_ANY))
			return HV_INVALID;
	}
	return first;
}

/* A reference, and for a PV granter's page to be written a type, on each frame; none if one cannot be had. */
static bool get_frames(struct hv_vcpu *cur, struct hv_domain *granter, uint64_t mfn, uint64_t n,
		       bool write)
{
	bool typed = gv3_sys_typed(granter, write);
	struct hv_page *pg = hv_page(cur->host, mfn);
	uint64_t i;

	for (i = 0; i < n && !(i && GV3_MUTANT(LARGE_ONE_REF)); i++) {
		/* Frames that the hypervisor shares with it are none of its RAM. */
		if (hv_load(&pg[i].count_info) & HV_PGC_XEN_HEAP ||
		    !hv_get_page(cur, &pg[i], granter))
			break;
		if (typed && !hv_get_type(cur, &pg[i], HV_PGT_WRITABLE)) {
			hv_put_page(cur, &pg[i]);
			break;
		}
	}
	if (i == n || GV3_MUTANT(LARGE_ONE_REF))
		return true;
	while (i--) {
		if (typed)
			hv_put_type(cur, &pg[i]);
		hv_put_page(cur, &pg[i]);
	}
	return false;
}

int hv_v3_run_get(struct hv_vcpu *cur, struct hv_domain *granter, uint64_t frame, unsigned order,
		  bool write, uint64_t *mfn)
{
	uint64_t n = 1ull << order;
	int rc = -EINVAL;

	if (hv_translated(granter)) {
		cur->count.p2m_lookups++;
		hv_percpu_read_lock(cur, &granter->p2m.lock, HV_LVL_P2M);
		*mfn = find_run(cur, granter, frame, order);
	} else {
		*mfn = frame;
	}
	if (*mfn != HV_INVALID && !(*mfn & (n - 1)) && hv_mfn_valid(cur, *mfn + n - 1) &&
	    get_frames(cur, granter, *mfn, n, write))
		rc = 0;
	if (hv_translated(granter))
		hv_percpu_read_unlock(cur, &granter->p2m.lock, HV_LVL_P2M);
	return rc;
}

static bool keep_one(struct hv_vcpu *cur, struct hv_domain *d, uint64_t bytes)
{
	if (!gv3_sys_charge(d, bytes))
		return false;
	if (!hv_p2m_v3_keep(cur, d))
		return true;
	gv3_sys_uncharge(d, bytes);
	return false;
}

static void unkeep(struct hv_vcpu *cur, struct hv_domain *d, int n, uint64_t bytes)
{
	for (; n > 0; n--) {
		hv_p2m_v3_unkeep(cur, d);
		gv3_sys_uncharge(d, bytes);
	}
}

int hv_v3_reserve(struct hv_vcpu *cur, struct hv_domain *d, int n)
{
	uint64_t bytes = (uint64_t)(hv_iommu_sync(d) ? 2 : 1) << HV_PAGE_SHIFT;
	int i;

	for (i = 0; i < n; i++)
		if (!keep_one(cur, d, bytes)) {
			unkeep(cur, d, i, bytes);
			return -ENOMEM;
		}
	unkeep(cur, d, -n, bytes);
	return 0;
}
