/* SPDX-License-Identifier: GPL-2.0-only */
/* Version 3 by mappers that are PV domains, for tests: what they see, what is held, what they can do to their entries. */
#ifndef HV_TEST_V3_PV_H
#define HV_TEST_V3_PV_H

#include "page.h"
#include "v3.h"

#define PTE    (GNTV3_MAP_HOST | GNTV3_MAP_PTE)
#define ANY    (GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK)
#define V1_REF 100 /* of version 1's table: the granter's page 700 */

V3_UNUSED const enum hv_iommu_mode modes[] = { HV_IOMMU_NONE, HV_IOMMU_STRICT, HV_IOMMU_BATCHED };

/* A granter of either kind, and a PV mapper. */
V3_UNUSED bool open_pv(struct v3 *t, enum hv_guest granter, enum hv_iommu_mode iommu,
		       unsigned every)
{
	struct fx_opts o = { .host = { .preempt_every = every, .audit = true, .poison = true },
			     .granter = { .guest = granter },
			     .mapper = { .guest = HV_GUEST_PV, .iommu = iommu, .vcpus = 2 } };

	if (v3_set_up(t, o, 2, 4))
		return false;
	fx_grant(&t->f, V1_REF, 700, false);
	fx_grant(&t->f, V1_REF + 1, 700, false);
	return true;
}

V3_UNUSED const char *kind(enum hv_guest g)
{
	return g == HV_GUEST_PV ? "PV granter" : "translated granter";
}

/* Does the device reach the page by its machine address? */
V3_UNUSED bool dma(struct v3 *t, uint64_t mfn, bool write)
{
	uint8_t byte = 0;

	return !hv_device_access(t->f.m, mfn, 100, &byte, 1, write);
}

V3_UNUSED uint64_t mfn_of(struct v3 *t, unsigned page)
{
	uint64_t frame = hv_guest_frame(t->f.g, page);

	return t->f.g->guest == HV_GUEST_PV ? frame : t->f.g->first_mfn + frame;
}

/* References and types beyond what its owner has. */
V3_UNUSED bool holds(struct v3 *t, unsigned page, unsigned refs, unsigned types)
{
	const struct hv_page *pg = hv_page(t->f.host, mfn_of(t, page));

	return (pg->count_info & HV_PGC_COUNT) == refs + !!(pg->count_info & HV_PGC_ALLOCATED) &&
	       (pg->type_info & HV_PGT_COUNT) == types;
}

V3_UNUSED bool shows(struct v3 *t, unsigned slot, unsigned page, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (v3_peek(t, slot + i, 0) != (uint8_t)(page + i) ||
		    v3_peek(t, slot + i, 1) != (uint8_t)(page + i))
			return false;
	return true;
}

V3_UNUSED bool faults(struct v3 *t, unsigned slot, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (v3_peek(t, slot + i, 0) != -1 || v3_peek(t, slot + i, 1) != -1)
			return false;
	return true;
}

V3_UNUSED int replace(struct v3 *t, uint32_t handle, unsigned slot, unsigned from)
{
	struct gnttab_unmap_and_replace *op =
		(struct gnttab_unmap_and_replace *)(t->f.margs + 4096);

	*op = (struct gnttab_unmap_and_replace){ .host_addr = hv_guest_map_addr(t->f.m, slot),
						 .new_addr = hv_guest_map_addr(t->f.m, from),
						 .handle = handle };
	return hv_grant_table_op(t->f.mv, GNTTABOP_unmap_and_replace, op, 1) ? -1000 : op->status;
}

#endif
