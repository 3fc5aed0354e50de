/* SPDX-License-Identifier: GPL-2.0-only */
/* Translations that no flush took away must still be what a walk gives. */
#include <stdio.h>

#include "check_tlb.h"
#include "pt.h"

static bool stale(uint64_t e, uint64_t mfn, bool writable)
{
	return !e || hv_pte_mfn(e) != mfn || (writable && !(e & HV_PTE_WRITE));
}

static bool stale_tlb(const struct hv_domain *d, const struct hv_vcpu *v,
		      const struct hv_tlb_entry *t)
{
	uint64_t e;

	if (t->gen != v->tlb_gen)
		return false;
	e = hv_pt_hw_see(d->host, hv_translated(d) ? &d->p2m.pt : &d->pv, t->vpn, NULL);
	/* What is marked the processor may not use either. */
	return stale(e, t->mfn, t->writable) || (e & HV_PTE_MARK);
}

static bool stale_iotlb(const struct hv_domain *d, const struct hv_iotlb_entry *t)
{
	/* What waits for its invalidation is stale by design. */
	if (!t->valid || t->tag != d->id || d->later.ranges)
		return false;
	return stale(hv_pt_hw_get(d->host,
				  d->iommu.mode == HV_IOMMU_SHARED ? &d->p2m.pt : &d->iommu.pt,
				  t->dfn, NULL),
		     t->mfn, t->writable);
}

/* Who has a context counts what is in it; here is only whether its entries in the IOTLB are what it says. */
static bool stale_context(struct hv_context *c, const struct hv_iotlb_entry *t)
{
	unsigned order;

	if (!t->valid || t->tag != c->tag)
		return false;
	return stale(c->walk ? c->walk(c, t->dfn, &order)
			     : hv_pt_hw_get(c->d->host, &c->pt, t->dfn, &order),
		     t->mfn, t->writable);
}

static int check_contexts(const struct hv_domain *d, char *why, size_t len)
{
	const struct hv_iotlb_entry *io = d->host->iommu.tlb;

	for (struct hv_context *c = d->contexts; c; c = c->next) {
		unsigned devices = 0;

		for (unsigned i = 0; i < HV_DEVICES; i++)
			devices += d->device[i].context == c;
		if (devices != c->devices) {
			snprintf(why, len, "d%u: context %u has %u devices and counts %u", d->id,
				 c->tag, devices, c->devices);
			return -EUCLEAN;
		}
		for (unsigned j = 0; j < HV_IOTLB_ENTRIES; j++)
			if (stale_context(c, &io[j])) {
				snprintf(
					why, len,
					"d%u: stale IOTLB entry of context %u for dfn %#lx: an invalidation is missing",
					d->id, c->tag, (unsigned long)io[j].dfn);
				return -EUCLEAN;
			}
	}
	return 0;
}

int hv_tlb_check(const struct hv_domain *d, char *why, size_t len)
{
	const struct hv_iotlb_entry *io = d->host->iommu.tlb;

	for (unsigned i = 0; i < d->nr_vcpus; i++)
		for (unsigned j = 0; j < HV_TLB_ENTRIES; j++)
			if (stale_tlb(d, d->vcpu[i], &d->vcpu[i]->tlb[j])) {
				snprintf(
					why, len,
					"d%u vCPU %u: stale TLB entry for page %#lx: a flush is missing",
					d->id, i, (unsigned long)d->vcpu[i]->tlb[j].vpn);
				return -EUCLEAN;
			}
	for (unsigned j = 0; j < HV_IOTLB_ENTRIES; j++)
		if (stale_iotlb(d, &io[j])) {
			snprintf(why, len,
				 "d%u: stale IOTLB entry for dfn %#lx: an invalidation is missing",
				 d->id, (unsigned long)io[j].dfn);
			return -EUCLEAN;
		}
	return check_contexts(d, why, len);
}
