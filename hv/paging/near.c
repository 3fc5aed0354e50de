/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of 4K in a p2m that are neighbours: their table is looked for once under the lock, and they are written in
 * place. As Xen's side of version 3 does it (kernel-helpers/xen/p2m-grant.c).
 */
#include "iommu.h"
#include "mutant.h"
#include "p2m.h"

uint64_t hv_p2m_look(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned *order,
		     uint64_t **place)
{
	struct hv_p2m *p2m = &d->p2m;
	uint64_t e;

	if (p2m->near && p2m->near_region == gfn >> 9) {
		*order = 0;
		*place = &p2m->near[gfn & 511];
		return hv_load(*place);
	}
	e = hv_pt_look(cur, &p2m->pt, gfn, order, &p2m->near);
	p2m->near_region = gfn >> 9;
	/* What a device reaches has entries of its own, or has to be told. */
	if (d->iommu.mode != HV_IOMMU_NONE)
		p2m->near = NULL;
	*place = p2m->near ? &p2m->near[gfn & 511] : NULL;
	return e;
}

void hv_p2m_near_unlock(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (!hv_mutant(RANGE_NEAR_STAYS))
		hv_p2m_forget(d);
	hv_p2m_unlock(cur, d);
}

int hv_p2m_fill(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		unsigned order, enum hv_p2m_type type)
{
	uint64_t *place;
	unsigned have;

	if (order)
		hv_p2m_forget(d);
	if (gfn >= HV_PT_MAX_INDEX || (order ? hv_pt_get(cur, &d->p2m.pt, gfn, NULL)
					     : hv_p2m_look(cur, d, gfn, &have, &place)))
		return -EEXIST;
	if (order || !place)
		return hv_p2m_set(cur, d, gfn, mfn, order, type);
	hv_p2m_changes(d);
	hv_pt_write(cur, place, hv_pte(mfn, type, hv_p2m_writes(type)));
	return 0;
}

int hv_p2m_clear_at(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order,
		    uint64_t *place)
{
	if (!place)
		return hv_p2m_set(cur, d, gfn, HV_INVALID, order, HV_P2M_INVALID);
	hv_p2m_changes(d);
	hv_pt_write(cur, place, 0);
	d->p2m.need_flush = true;
	return 0;
}
