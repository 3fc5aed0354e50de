/* SPDX-License-Identifier: GPL-2.0-only */
/* The audit of a frame that is about to be freed. */
#include "audit.h"
#include "atomic.h"
#include "violation.h"

void hv_tlb_audit(struct hv_host *host, uint64_t mfn)
{
	for (unsigned i = 0; i < HV_MAX_DOMAINS; i++) {
		struct hv_domain *d = hv_load_acquire(&host->domain[i]);

		/* The owner's own view is not modelled by TLBs; a PV owner cannot have it there at
		 * all. */
		for (unsigned c = 0; d && c < d->nr_vcpus; c++) {
			const struct hv_vcpu *v = d->vcpu[c];

			for (unsigned j = 0; j < HV_TLB_ENTRIES; j++)
				if (v->tlb[j].mfn == mfn && v->tlb[j].gen == hv_load(&v->tlb_gen))
					hv_violate(host,
						   "mfn %#lx freed while vCPU %u of d%u still "
						   "reaches it",
						   (unsigned long)mfn, c, d->id);
		}
	}
	hv_mutex_lock(&host->iommu.tlb_lock);
	for (unsigned j = 0; j < HV_IOTLB_ENTRIES; j++) {
		const struct hv_iotlb_entry *t = &host->iommu.tlb[j];

		if (t->valid && mfn - t->mfn < 1ull << t->order)
			hv_violate(host, "mfn %#lx freed while the IOTLB of d%u still reaches it",
				   (unsigned long)mfn, t->domid);
	}
	hv_mutex_unlock(&host->iommu.tlb_lock);
}
