/* SPDX-License-Identifier: GPL-2.0-only */
/* Mappings of version 1 taken away from a domain by another one's vCPU. */
#include "revoke.h"
#include "iommu.h"
#include "mapping.h"
#include "p2m.h"
#include "page.h"
#include "tlb.h"

void hv_revoke_begin(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (hv_translated(d))
		hv_p2m_lock(cur, d);
}

void hv_revoke_end(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (hv_translated(d))
		hv_p2m_unlock(cur, d);
}

/* Where an entry is, another takes no memory, here and in the IOMMU's tables. */
static int revoke_p2m(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		      uint64_t to)
{
	uint64_t e = hv_pt_get(cur, &d->p2m.pt, gfn, NULL), new = 0, old;
	int rc;

	if (!e || !hv_p2m_is_grant(hv_pte_type(e)) || hv_pte_mfn(e) != mfn)
		return -EILSEQ;
	if (to != HV_INVALID)
		new = hv_pte(to, hv_pte_type(e), e & HV_PTE_WRITE);
	rc = hv_pt_set(cur, &d->p2m.pt, gfn, 0, new, &old);
	return rc ? rc : hv_iommu_p2m_follows(cur, d, gfn, 0, new);
}

/* Its owner may have written over the entry, or made something else of the page. */
static int revoke_pv(struct hv_vcpu *cur, struct hv_domain *d, uint64_t where, uint64_t mfn,
		     bool write)
{
	uint64_t entry;
	int rc = -EILSEQ;

	if (hv_entry_lock(cur, d, where, false, &entry))
		return rc;
	if (hv_entry_maps(hv_entry_get(cur, entry), mfn, write)) {
		hv_entry_set(cur, entry, HV_INVALID, false);
		rc = 0;
	}
	hv_entry_unlock(cur, entry);
	return rc;
}

int hv_revoke_entry(struct hv_vcpu *cur, struct hv_domain *d, uint64_t where, uint64_t mfn,
		    bool write, uint64_t to)
{
	if (!hv_translated(d))
		return revoke_pv(cur, d, where, mfn, write);
	return revoke_p2m(cur, d, where >> HV_PAGE_SHIFT, mfn, to);
}

void hv_revoke_flush(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (!hv_translated(d)) {
		hv_flush_pv(cur, d);
		return;
	}
	hv_flush_translated(cur, d);
	hv_iommu_flush_all(cur, d);
}
