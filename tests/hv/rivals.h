/* SPDX-License-Identifier: GPL-2.0-only */
/* The operations of v1-range for tests: a granter whose RAM is in whole pieces of 2M, and a mapper. */
#ifndef HV_TEST_RIVALS_H
#define HV_TEST_RIVALS_H

#include "fixture.h"
#include "grant_rivals.h"

#define RV_PAGES 1100 /* of the granter: two aligned pieces of 2M, and more */
#define RV_REF	 8    /* the reference of its page 0; page n has RV_REF + n */
#define RV_SLOTS 2048 /* of the mapper; the first is aligned to 2M */

#define RV_UNUSED __attribute__((unused)) static

/* What came back of the last map. */
struct rv {
	struct fx f;
	struct gnttab_range_map map;
};

RV_UNUSED int rv_open(struct rv *t, struct fx_opts o)
{
	int rc;

	o.granter.pages = RV_PAGES;
	o.mapper.pages = o.self ? RV_PAGES : 600;
	o.mapper.map_slots = RV_SLOTS;
	if (!o.host.ram_pages)
		o.host.ram_pages = 8192;
	o.frames = 4;
	rc = fx_open(&t->f, o);
	for (unsigned i = 0; !rc && i < RV_PAGES; i++)
		fx_grant(&t->f, RV_REF + i, i, false);
	return rc;
}

RV_UNUSED struct gnttab_range_map rv_args(const struct rv *t, uint64_t ref, unsigned slot,
					  unsigned count, unsigned flags)
{
	return (struct gnttab_range_map){ .addr = hv_guest_map_addr(t->f.m, slot),
					  .ref = ref,
					  .count = count,
					  .dom = hv_domain_id(t->f.g),
					  .flags = (uint16_t)flags,
					  .done = 77,
					  .handle = 77,
					  .large = 77,
					  .status = 77 };
}

/* The status; -1000 and below: what the hypercall itself gave. */
RV_UNUSED int rv_map_as(struct rv *t, struct gnttab_range_map op)
{
	long rc;

	memcpy(t->f.margs, &op, sizeof(op));
	rc = hv_grant_table_op(t->f.mv, GNTTABOP_range_map, t->f.margs, 1);
	memcpy(&t->map, t->f.margs, sizeof(op));
	return rc ? (int)rc * 1000 : t->map.status;
}

RV_UNUSED int rv_map(struct rv *t, uint64_t ref, unsigned slot, unsigned count, unsigned flags,
		     uint32_t *handle)
{
	int rc = rv_map_as(t, rv_args(t, ref, slot, count, flags));

	if (handle)
		*handle = t->map.handle;
	return rc;
}

/* References in the memory for arguments, for GNTRANGE_LIST. */
RV_UNUSED grant_ref_t *rv_list(struct rv *t)
{
	return (grant_ref_t *)(t->f.margs + 4096);
}

RV_UNUSED int rv_unmap(struct rv *t, uint32_t handle)
{
	struct gnttab_range_unmap *op = (struct gnttab_range_unmap *)t->f.margs;
	long rc;

	*op = (struct gnttab_range_unmap){ .handle = handle, .status = 77 };
	rc = hv_grant_table_op(t->f.mv, GNTTABOP_range_unmap, op, 1);
	return rc ? (int)rc * 1000 : op->status;
}

/* The first byte of what the mapper's vCPU v has there, -1 if nothing. */
RV_UNUSED int rv_peek(struct rv *t, unsigned slot, unsigned v)
{
	uint8_t byte;

	return hv_guest_access(hv_domain_vcpu(t->f.m, v), hv_guest_map_addr(t->f.m, slot), 0, &byte,
			       1, false)
		       ? -1
		       : byte;
}

RV_UNUSED int rv_poke(struct rv *t, unsigned slot, unsigned v, uint8_t byte)
{
	return hv_guest_access(hv_domain_vcpu(t->f.m, v), hv_guest_map_addr(t->f.m, slot), 0, &byte,
			       1, true);
}

/* By the device; -1 if it reaches nothing. */
RV_UNUSED int rv_device(struct rv *t, uint64_t dfn)
{
	uint8_t byte;

	return hv_device_access(t->f.m, dfn, 0, &byte, 1, false) ? -1 : byte;
}

/* The granter gives page n up, or gets one in its place; 1 if that was done. */
RV_UNUSED long rv_balloon(struct rv *t, unsigned page, bool out)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	uint64_t frame = hv_guest_frame(t->f.g, page);

	memcpy(t->f.gargs + 4096, &frame, 8);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(t->f.gargs + 4096));
	memcpy(t->f.gargs, &r, sizeof(r));
	return hv_memory_op(t->f.gv, out ? XENMEM_decrease_reservation : XENMEM_populate_physmap,
			    t->f.gargs);
}

/* Each page of the granter begins with a byte of its own. */
RV_UNUSED uint8_t rv_byte(unsigned page)
{
	return (uint8_t)(page * 7 + (page >> 8) + 1);
}

RV_UNUSED void rv_write_pages(struct rv *t)
{
	for (unsigned i = 0; i < RV_PAGES; i++)
		*(uint8_t *)hv_guest_frame_ptr(t->f.g, hv_guest_frame(t->f.g, i)) = rv_byte(i);
}

/* How many of n slots have, for all vCPUs, what pages from `page` on have; with page -1: nothing. */
RV_UNUSED unsigned rv_good(struct rv *t, unsigned slot, int page, unsigned n)
{
	unsigned good = 0;

	for (unsigned i = 0; i < n; i++) {
		bool all = true;

		for (unsigned v = 0; hv_domain_vcpu(t->f.m, v); v++)
			all &= rv_peek(t, slot + i, v) ==
			       (page < 0 ? -1 : rv_byte((unsigned)page + i));
		good += all;
	}
	return good;
}

RV_UNUSED struct hv_counters rv_since(struct rv *t, const struct hv_counters *before)
{
	struct hv_counters d = *hv_vcpu_counters(t->f.mv);

	for (unsigned i = 0; i < HV_NR_COUNTERS; i++)
		((uint64_t *)&d)[i] -= ((const uint64_t *)before)[i];
	return d;
}

#endif
