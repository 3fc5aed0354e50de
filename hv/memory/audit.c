/* SPDX-License-Identifier: GPL-2.0-only */
/* The audit of a frame that is about to be freed. */
#include "audit.h"
#include "lifetime.h"
#include "violation.h"

static bool reaches(const struct hv_vcpu *v, uint64_t mfn)
{
	for (unsigned i = 0; i < HV_TLB_ENTRIES; i++)
		if (v->tlb[i].mfn == mfn && v->tlb[i].gen == hv_load(&v->tlb_gen))
			return true;
	return false;
}

void hv_tlb_audit(struct hv_host *host, uint64_t mfn)
{
	struct hv_domain *d;

	/* The owner's own view is in no TLB; a PV owner cannot have it there at all. */
	hv_for_each_domain (host, d)
		for (unsigned i = 0; i < d->nr_vcpus; i++)
			if (reaches(d->vcpu[i], mfn))
				hv_violate(host,
					   "mfn %#lx freed while vCPU %u of d%u still reaches it",
					   (unsigned long)mfn, i, d->id);
	hv_mutex_lock(&host->iommu.tlb_lock);
	for (unsigned j = 0; j < HV_IOTLB_ENTRIES; j++) {
		const struct hv_iotlb_entry *t = &host->iommu.tlb[j];

		if (t->valid && mfn - t->mfn < 1ull << t->order)
			hv_violate(host,
				   "mfn %#lx freed while the IOTLB, by tag %u, still reaches it",
				   (unsigned long)mfn, t->tag);
	}
	hv_mutex_unlock(&host->iommu.tlb_lock);
}
