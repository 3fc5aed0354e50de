/* SPDX-License-Identifier: GPL-2.0-only */
/* The IOMMU's side of grants mapped by a PV domain. */
#ifndef HV_TRACK_H
#define HV_TRACK_H

#include "table.h"

/* gnttab_need_iommu_mapping(). */
bool hv_grant_need_iommu(const struct hv_domain *ld);
/* Count a mapping of mfn in or out, and follow with the IOMMU's entry. 0 or -errno. */
int hv_grant_iommu_map(struct hv_vcpu *cur, struct hv_grant_table *lgt, uint64_t mfn,
		       bool readonly);
int hv_grant_iommu_unmap(struct hv_vcpu *cur, struct hv_grant_table *lgt, uint64_t mfn,
			 bool readonly);
/* Counts of a tracking node. */
static inline uint32_t hv_track_ro(uint64_t node)
{
	return (uint32_t)node;
}
static inline uint32_t hv_track_rw(uint64_t node)
{
	return (uint32_t)(node >> 32);
}

#endif
