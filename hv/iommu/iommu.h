/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * IOMMU tables of a domain, after Xen's drivers/passthrough: with superpages of their own, or the
 * p2m itself, and the invalidation that a change of them needs.
 */
#ifndef HV_IOMMU_H
#define HV_IOMMU_H

#include "pt.h"

int hv_iommu_init(struct hv_vcpu *cur, struct hv_domain *d, enum hv_iommu_mode mode);
void hv_iommu_destroy(struct hv_vcpu *cur, struct hv_domain *d);

/* need_iommu_pt_sync(): separate tables that must follow. */
static inline bool hv_iommu_sync(const struct hv_domain *d)
{
	return d->iommu.mode == HV_IOMMU_STRICT || d->iommu.mode == HV_IOMMU_BATCHED;
}

/*
 * After a p2m entry was written, inside the p2m lock: shared tables invalidate if something was
 * there (adding to a hole needs none without caching mode); separate tables are updated to match.
 */
int hv_iommu_p2m_changed(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order,
			 uint64_t old, uint64_t new);

/*
 * The same for a change whose flush comes later, by hv_iommu_flush_all(), once for many. -ENOMEM, which cannot be where
 * an entry of this size was.
 */
int hv_iommu_p2m_follows(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order,
			 uint64_t new);
/* Of 4K within a larger entry: takes a table that was kept in the IOMMU's own tables, if it has some. */
int hv_iommu_p2m_part_follows(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t new);
/* Keep such a table where there are tables of its own (-ENOMEM), or free one. With the p2m's lock. */
int hv_iommu_keep(struct hv_vcpu *cur, struct hv_domain *d);
void hv_iommu_unkeep(struct hv_vcpu *cur, struct hv_domain *d);
/* One invalidation of all that the domain's device may have kept; nothing without a device. */
void hv_iommu_flush_all(struct hv_vcpu *cur, struct hv_domain *d);

/* iommu_iotlb_flush(): one invalidation for n pages, if there are any; nothing without a device. */
void hv_iommu_flush_range(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, uint64_t n);

/* iommu_legacy_map() and iommu_legacy_unmap() of one page, with the flush that it needs. */
int hv_iommu_map_page(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, uint64_t mfn,
		      bool write);
int hv_iommu_unmap_page(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn);

/* Pay what a batched domain owes: one domain-wide invalidation, before any reference is dropped. */
void hv_iommu_flush_owed(struct hv_vcpu *cur, struct hv_domain *d);

#endif
