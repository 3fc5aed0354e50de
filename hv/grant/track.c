/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The IOMMU's side of grants mapped by a PV domain: a tree from MFN to the counts of read-only and
 * writable mappings, under the mapper's own table lock taken for writing; the IOMMU's entry (dfn =
 * mfn) follows the transitions. After the second half of Xen's map_grant_ref() and unmap_common().
 */
#include "track.h"
#include "iommu.h"
#include "table.h"
#include "violation.h"

bool hv_grant_need_iommu(const struct hv_domain *ld)
{
	return !hv_translated(ld) && hv_iommu_sync(ld);
}

static uint64_t node(uint32_t ro, uint32_t rw)
{
	return (uint64_t)rw << 32 | ro;
}

int hv_grant_iommu_map(struct hv_vcpu *cur, struct hv_grant_table *lgt, uint64_t mfn, bool readonly)
{
	uint32_t ro, rw;
	uint64_t *slot;
	int err = 0;

	hv_grant_write_lock(cur, lgt);
	slot = hv_pt_slot(cur, &lgt->tree, mfn, HV_PT_MAKE);
	if (!slot) {
		err = -ENOMEM;
		goto out;
	}
	ro = hv_track_ro(*slot) + readonly;
	rw = hv_track_rw(*slot) + !readonly;
	if (!readonly && rw == 1)
		err = hv_iommu_map_page(cur, lgt->d, mfn, mfn, true);
	else if (readonly && ro == 1 && !rw)
		err = hv_iommu_map_page(cur, lgt->d, mfn, mfn, false);
	if (!err)
		*slot = node(ro, rw);
out:
	hv_grant_write_unlock(cur, lgt);
	return err;
}

int hv_grant_iommu_unmap(struct hv_vcpu *cur, struct hv_grant_table *lgt, uint64_t mfn,
			 bool readonly)
{
	uint32_t ro, rw;
	uint64_t *slot;
	int err = 0;

	hv_grant_write_lock(cur, lgt);
	slot = hv_pt_slot(cur, &lgt->tree, mfn, HV_PT_FIND);
	if (!slot || !(readonly ? hv_track_ro(*slot) : hv_track_rw(*slot))) {
		hv_violate(cur->host, "mfn %#lx unmapped more often than mapped",
			   (unsigned long)mfn);
		err = -EINVAL;
		goto out;
	}
	ro = hv_track_ro(*slot) - readonly;
	rw = hv_track_rw(*slot) - !readonly;
	if (!ro && !rw)
		err = hv_iommu_unmap_page(cur, lgt->d, mfn);
	else if (!readonly && !rw)
		err = hv_iommu_map_page(cur, lgt->d, mfn, mfn, false);
	if (!err)
		*slot = node(ro, rw);
out:
	hv_grant_write_unlock(cur, lgt);
	return err;
}
