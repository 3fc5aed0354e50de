/* SPDX-License-Identifier: GPL-2.0-only */
/* Version 1 with revoke for tests: a granter and a mapper that are revocable, and the operation. */
#ifndef HV_TEST_V1_REVOKE_H
#define HV_TEST_V1_REVOKE_H

#include "fixture.h"
#include "grant_v1_revoke.h"

#define V1R_HOLE   (GNTMAP_host_map | GNTMAP_accept_hole)
#define V1R_SINK   (GNTMAP_host_map | GNTMAP_accept_sink)
#define V1R_UNUSED __attribute__((unused)) static

V1R_UNUSED struct fx_opts v1r_opts(enum hv_guest granter, enum hv_guest mapper,
				   enum hv_iommu_mode iommu)
{
	return (struct fx_opts){
		.granter = { .guest = granter, .revocable = true },
		.mapper = { .guest = mapper, .iommu = iommu, .vcpus = 2, .revocable = true },
		.host = { .audit = true, .poison = true }
	};
}

V1R_UNUSED void v1r_end(struct fx *f, unsigned ref)
{
	uint16_t *flags =
		f->version == 2
			? &((grant_entry_v2_t *)fx_frame(f, ref / 256, false))[ref % 256].hdr.flags
			: &((grant_entry_v1_t *)fx_frame(f, ref / 512, false))[ref % 512].flags;

	__atomic_store_n(flags, 0, __ATOMIC_SEQ_CST);
}

/* The operation as it is asked; what came of it in *r. -1000 and below: what the hypercall itself gave. */
V1R_UNUSED int v1r_op(struct fx *f, struct gnttab_v1_revoke *r)
{
	long rc = fx_gop(f, GNTTABOP_v1_revoke, r, sizeof(*r));

	return rc ? (int)rc * 1000 : r->status;
}

V1R_UNUSED struct gnttab_v1_revoke v1r_revoke(struct fx *f, unsigned ref, unsigned count)
{
	struct gnttab_v1_revoke r = { .ref = ref, .count = count };

	r.status = (int16_t)v1r_op(f, &r);
	return r;
}

/* The entries are cleared, and it is revoked. */
V1R_UNUSED struct gnttab_v1_revoke v1r_take_back(struct fx *f, unsigned ref, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		v1r_end(f, ref + i);
	return v1r_revoke(f, ref, count);
}

V1R_UNUSED long v1r_give_up(struct fx *f, unsigned page)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	uint64_t frame = hv_guest_frame(f->g, page);

	memcpy(f->gargs + 4096, &frame, 8);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f->gargs + 4096));
	memcpy(f->gargs, &r, sizeof(r));
	return hv_memory_op(f->gv, XENMEM_decrease_reservation, f->gargs);
}

/* n mappings by one hypercall each of 64: reference ref + i at slot + i. How many failed. */
V1R_UNUSED unsigned v1r_map_many(struct fx *f, unsigned ref, unsigned refs, unsigned slot,
				 unsigned n, unsigned flags)
{
	unsigned bad = 0;

	for (unsigned i = 0; i < n; i += 64) {
		unsigned c = n - i < 64 ? n - i : 64;

		for (unsigned k = 0; k < c; k++)
			*fx_map_args(f, k) = (struct gnttab_map_grant_ref){
				.host_addr = hv_guest_map_addr(f->m, slot + i + k),
				.flags = flags,
				.ref = ref + (i + k) % refs,
				.dom = hv_domain_id(f->g)
			};
		hv_grant_table_op(f->mv, GNTTABOP_map_grant_ref, fx_map_args(f, 0), c);
		for (unsigned k = 0; k < c; k++)
			bad += fx_map_args(f, k)->status != GNTST_okay;
	}
	return bad;
}

V1R_UNUSED const char *const v1r_mode[] = { "no IOMMU", "shared", "strict", "batched" };

/* Do all vCPUs and the device reach (or none of them) what is at a slot? dev: where the device looks. */
V1R_UNUSED bool v1r_reach(struct fx *f, unsigned slot, uint64_t dev, bool device, bool wanted)
{
	uint64_t addr = hv_guest_map_addr(f->m, slot);
	uint8_t byte;

	for (unsigned i = 0; hv_domain_vcpu(f->m, i); i++)
		if (!hv_guest_access(hv_domain_vcpu(f->m, i), addr, 0, &byte, 1, false) != wanted)
			return false;
	return !device || !hv_device_access(f->m, dev, 0, &byte, 1, false) == wanted;
}

/* Where the device of the mapper has what was mapped last, at that slot. */
V1R_UNUSED uint64_t v1r_dfn(struct fx *f, unsigned slot)
{
	bool translated = !hv_guest_frame(f->m, 0);

	return (translated ? hv_guest_map_addr(f->m, slot) : fx_map_args(f, 0)->dev_bus_addr) >>
	       HV_PAGE_SHIFT;
}

#endif
