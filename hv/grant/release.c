/* SPDX-License-Identifier: GPL-2.0-only */
/* The mappings of a dying domain, after Xen's gnttab_release_mappings(). */
#include "release.h"
#include "back.h"
#include "iommu.h"
#include "lifetime.h"
#include "mapping.h"
#include "maptrack.h"
#include "page.h"
#include "range.h"
#include "status.h"
#include "super.h"
#include "table.h"
#include "track.h"

/* Out of the list in which a revoke finds it; false: that was quicker. Entry's lock held. */
static bool out_of_list(struct hv_domain *d, struct hv_grant_table *rgt, uint32_t handle)
{
	struct hv_maptrack *map = hv_maptrack(d->gt, handle);

	if (hv_load_acquire(&map->flags) & HV_MT_REVOKED)
		return false;
	hv_back_unhang(rgt, map->ref, d->gt, handle);
	return true;
}

/* False: it has changed meanwhile, and is to be looked at again. */
static bool release_one(struct hv_vcpu *cur, struct hv_domain *d, uint32_t handle)
{
	struct hv_maptrack *map = hv_maptrack(d->gt, handle);
	uint16_t flags = hv_back_settled(map);
	bool readonly = flags & GNTMAP_readonly;
	struct hv_domain *rd = hv_domain_find(cur, map->domid);
	struct hv_grant_table *rgt;
	struct hv_active *act;
	struct hv_page *pg;
	uint64_t mfn;

	if (!rd || !(flags & HV_MT_MAPPED)) {
		hv_store(&map->flags, (uint16_t)0);
		return true;
	}
	rgt = rd->gt;
	hv_grant_read_lock(cur, rgt);
	act = hv_active_entry_acquire(cur, rgt, map->ref);
	if (flags & HV_MT_HUNG && !out_of_list(d, rgt, handle)) {
		hv_active_entry_release(cur, act);
		hv_grant_read_unlock(cur, rgt);
		return false;
	}
	hv_store(&map->flags, (uint16_t)0);
	mfn = act->mfn;
	pg = hv_page(cur->host, mfn);
	if (flags & GNTMAP_device_map) {
		act->pin -= readonly ? HV_PIN_DEVR : HV_PIN_DEVW;
		if (!readonly)
			hv_put_type(cur, pg);
		hv_put_page(cur, pg);
	}
	if (flags & GNTMAP_host_map) {
		act->pin -= readonly ? HV_PIN_HSTR : HV_PIN_HSTW;
		/* A PV domain's references belong to its page-table entries, and go with them. */
		if (hv_translated(d))
			hv_mapping_put(cur, pg, readonly, d, rd);
		if (flags & GNTMAP_super)
			hv_super_put_rest(cur, pg, flags, d, rd);
	}
	hv_grant_reduce_status(cur, act, hv_use_word_left(rgt, map->ref), readonly);
	hv_active_entry_release(cur, act);
	hv_grant_read_unlock(cur, rgt);
	if (hv_grant_need_iommu(d) && rd != d)
		hv_grant_iommu_unmap(cur, d->gt, mfn, readonly);
	return true;
}

void hv_grant_release_mappings(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_grant_table *gt = d->gt;

	for (uint32_t handle = gt->maptrack_limit; handle-- > 0;)
		while (hv_load(&hv_maptrack(gt, handle)->flags) && !release_one(cur, d, handle))
			;
	hv_range_release(cur, d);
}
