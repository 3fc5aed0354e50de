// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3 by mappers that are PV domains: ranges over page tables, single entries, devices by machine address,
 * what is held of a page, memory that fails.
 */
#include "v3_pv.h"

static void test_range(enum hv_guest granter, enum hv_iommu_mode iommu)
{
	bool dev = iommu != HV_IOMMU_NONE, typed = granter == HV_GUEST_PV;
	grant_v3_handle_t h, h2;
	struct v3 t;

	if (!ok(open_pv(&t, granter, iommu, iommu == HV_IOMMU_STRICT),
		"ranges: set up, %s, IOMMU %d", kind(granter), iommu))
		return;
	/* 40 pages before the end of a region, of which the middle ends a page table. */
	ok(v3_map(&t, 472, 492, 80, V3_RW, &h) == GNTST_okay && t.map.done == 80 && h &&
		   shows(&t, 492, 472, 80),
	   "ranges: over a region's border and a page table's, one handle");
	ok(t.map.dev_bus_addr == mfn_of(&t, 472) << HV_PAGE_SHIFT && !t.map.large,
	   "ranges: with the machine address of its first page");
	ok(holds(&t, 472, 1 + dev, typed ? 1 + dev : 0) && !fx_check(&t.f, true),
	   "ranges: what is held of a page");
	ok(v3_map(&t, 472, 0, 2, V3_RO, &h2) == GNTST_okay &&
		   holds(&t, 472, 2 + 2 * dev, typed ? 1 + dev : 0) &&
		   v3_peek(&t, 0, 0) == 472 % 256 && v3_poke(&t, 0, 0, 1) == -EFAULT,
	   "ranges: read-only, which takes no type");
	if (dev)
		ok(dma(&t, mfn_of(&t, 472), true) && dma(&t, mfn_of(&t, 551), true) &&
			   !dma(&t, mfn_of(&t, 552), false),
		   "ranges: the device has them by machine address");
	ok(!fx_check(&t.f, true) && v3_unmap(&t, h) == GNTST_okay && faults(&t, 492, 80) &&
		   holds(&t, 500, 0, 0),
	   "ranges: one unmap takes all of it away");
	if (dev)
		ok(!dma(&t, mfn_of(&t, 500), false) && dma(&t, mfn_of(&t, 472), false) &&
			   !dma(&t, mfn_of(&t, 472), true),
		   "ranges: and from the device, but what another mapping has");
	ok(!fx_check(&t.f, true), "ranges: invariants");
	ok(v3_unmap(&t, h2) == GNTST_okay && holds(&t, 472, 0, 0), "ranges: and the other one");
	ok(v3_map(&t, 30, 20, 600, V3_RW, &h) == GNTST_okay && v3_unmap(&t, h) == GNTST_okay,
	   "ranges: more than a region");
	ok(!v3_close(&t), "ranges: invariants again");
}

static void test_entries(enum hv_iommu_mode iommu)
{
	grant_v3_handle_t h, h2;
	struct gnttab_v3_map m;
	struct v3 t;

	if (!ok(open_pv(&t, HV_GUEST_PV, iommu, 0), "an entry: set up, IOMMU %d", iommu))
		return;
	m = v3_map_args(&t, 9, 0, 1, PTE | GNTV3_ACCEPT_HOLE);
	m.addr = hv_guest_map_pte(t.f.m, 7);
	ok(v3_op(t.f.mv, t.f.margs, GNTTABOP_v3_map, &m, sizeof(m), &m.status) == GNTST_okay &&
		   v3_peek(&t, 7, 1) == 9,
	   "an entry: mapped by its machine address");
	h = m.handle;
	m = v3_map_args(&t, 9, 0, 2, PTE);
	m.addr = hv_guest_map_pte(t.f.m, 8);
	ok(v3_op(t.f.mv, t.f.margs, GNTTABOP_v3_map, &m, sizeof(m), &m.status) ==
		   GNTST_general_error,
	   "an entry: one page only");
	m.count = 1;
	m.addr += 4;
	ok(v3_op(t.f.mv, t.f.margs, GNTTABOP_v3_map, &m, sizeof(m), &m.status) ==
		   GNTST_bad_virt_addr,
	   "an entry: a multiple of 8");
	m.addr = hv_guest_frame(t.f.m, 3) << HV_PAGE_SHIFT;
	ok(v3_op(t.f.mv, t.f.margs, GNTTABOP_v3_map, &m, sizeof(m), &m.status) ==
		   GNTST_bad_virt_addr,
	   "an entry: of a page table");
	m.addr = hv_guest_frame(t.f.g, 3) << HV_PAGE_SHIFT;
	ok(v3_op(t.f.mv, t.f.margs, GNTTABOP_v3_map, &m, sizeof(m), &m.status) ==
		   GNTST_bad_virt_addr,
	   "an entry: of one's own");
	m.addr = hv_guest_map_pte(t.f.m, 7);
	ok(v3_op(t.f.mv, t.f.margs, GNTTABOP_v3_map, &m, sizeof(m), &m.status) ==
			   GNTST_bad_virt_addr &&
		   !m.done && !fx_check(&t.f, true),
	   "an entry: in which nothing is");
	m = v3_map_args(&t, 9, 0, 1, GNTV3_MAP_PTE | GNTV3_MAP_DEVICE);
	m.addr = 0;
	ok(v3_op(t.f.mv, t.f.margs, GNTTABOP_v3_map, &m, sizeof(m), &m.status) ==
		   GNTST_general_error,
	   "an entry: not without one");
	ok(v3_map(&t, 5, 7, 3, V3_RW, &h2) == GNTST_bad_virt_addr && !t.map.done && !h2 &&
		   v3_map(&t, 5, 5, 4, V3_RW, &h2) == GNTST_bad_virt_addr && t.map.done == 2,
	   "an entry: in the way of a range");
	ok(!fx_check(&t.f, true) && v3_unmap(&t, h2) == GNTST_okay && v3_peek(&t, 7, 0) == 9,
	   "an entry: stays where it is");
	ok(v3_map(&t, 5, 4094, 4, V3_RW, &h2) == GNTST_bad_virt_addr && t.map.done == 2 &&
		   v3_unmap(&t, h2) == GNTST_okay,
	   "an entry: as far as there are page tables");
	ok(v3_unmap(&t, h) == GNTST_okay && faults(&t, 7, 1) && !v3_close(&t),
	   "an entry: unmapped, invariants");
}

static void test_flags(void)
{
	struct v3 t;

	for (unsigned i = 0; i < 2; i++) {
		bool dev = i;

		if (!ok(open_pv(&t, HV_GUEST_PV, dev ? HV_IOMMU_STRICT : HV_IOMMU_NONE, 0),
			"flags: set up"))
			return;
		ok(v3_map(&t, 9, 0, 1, V3_RW | GNTV3_MAP_DEVICE | GNTV3_ACCEPT_HOLE, NULL) ==
			   (dev ? GNTST_okay : GNTST_general_error),
		   "flags: a device, %s an IOMMU", dev ? "with" : "without");
		ok(v3_map(&t, 9, 1, 1, V3_SINK, NULL) == (dev ? GNTST_general_error : GNTST_okay),
		   "flags: a sink alone");
		ok(v3_map(&t, 9, 2, 1, GNTV3_MAP_READONLY, NULL) == GNTST_general_error,
		   "flags: for nobody");
		ok(v3_map(&t, 9, 2, 1, GNTV3_MAP_DEVICE, NULL) ==
			   (dev ? GNTST_bad_virt_addr : GNTST_general_error),
		   "flags: an address for the device alone");
		ok(v3_register(&t, hv_domain_id(t.f.m), 2, 2, GNTV3_TRANSLATED_ONLY) ==
				   GNTST_okay &&
			   v3_map(&t, 9, 3, 1, V3_RW | ANY, NULL) == GNTST_permission_denied,
		   "flags: a tree for translated domains");
		ok(v3_register(&t, hv_domain_id(t.f.m), 2, 2, GNTV3_REVOCABLE_ONLY) == GNTST_okay &&
			   v3_map(&t, 9, 3, 1, V3_RW, NULL) == GNTST_permission_denied &&
			   v3_map(&t, 9, 3, 1, V3_RW | ANY, NULL) == GNTST_okay,
		   "flags: a tree of what can be revoked");
		ok(!v3_close(&t), "flags: invariants");
	}
}

/* For its device only: no entry, nowhere. */
static void test_device(enum hv_guest granter, enum hv_iommu_mode iommu)
{
	struct gnttab_v3_map m;
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(open_pv(&t, granter, iommu, 0), "device: set up, %s", kind(granter)))
		return;
	m = v3_map_args(&t, 9, 0, 4, GNTV3_MAP_DEVICE | GNTV3_ACCEPT_HOLE);
	m.addr = 0;
	ok(v3_op(t.f.mv, t.f.margs, GNTTABOP_v3_map, &m, sizeof(m), &m.status) == GNTST_okay &&
		   m.dev_bus_addr == mfn_of(&t, 9) << HV_PAGE_SHIFT &&
		   dma(&t, mfn_of(&t, 9), true) && dma(&t, mfn_of(&t, 12), true),
	   "device: reaches a range by machine address");
	h = m.handle;
	ok(!fx_check(&t.f, true), "device: invariants");
	v3_end(&t, 10);
	ok(v3_balloon(&t, 10, true) == 1 &&
		   v3_revoke(&t, 10, 1, GNTV3_REVOKE_CHECK) == GNTST_okay &&
		   t.rev.outcomes == GNTV3_GOT_HOLE && t.rev.pages == 1,
	   "device: a page of it is revoked");
	ok(!dma(&t, mfn_of(&t, 10), false) && dma(&t, mfn_of(&t, 9), false) &&
		   !fx_check(&t.f, true),
	   "device: and out of reach");
	ok(v3_unmap(&t, h) == GNTST_okay && t.unmap.revoked && !dma(&t, mfn_of(&t, 9), false),
	   "device: the rest is unmapped");
	ok(!v3_close(&t), "device: invariants again");
}

/* What is typed otherwise cannot be mapped for writing. */
static void test_types(void)
{
	grant_v3_handle_t h;
	struct fx_opts o = { .granter = { .guest = HV_GUEST_PV, .map_slots = 16 },
			     .mapper = { .guest = HV_GUEST_PV } };
	struct v3 t;

	if (!ok(!v3_set_up(&t, o, 2, 2), "types: set up"))
		return;
	v3_store(v3_entry(&t, 9),
		 hv_guest_map_pte(t.f.g, 0) >> HV_PAGE_SHIFT << GNTV3_PAGE_SHIFT | GNTV3_LEAF);
	ok(v3_map(&t, 9, 0, 1, V3_RW, &h) == GNTST_bad_page && !h,
	   "types: nobody writes the granter's page table");
	ok(v3_map(&t, 9, 0, 1, V3_RO, &h) == GNTST_okay && v3_unmap(&t, h) == GNTST_okay,
	   "types: but may read it");
	ok(!v3_close(&t), "types: invariants");
}

/* Memory fails at each point once. */
static void test_failures(enum hv_iommu_mode iommu)
{
	unsigned n, stopped = 0;
	grant_v3_handle_t h;
	bool good = true;

	for (n = 1; n < 40 && good; n++) {
		struct v3 t;
		int rc;

		if (!open_pv(&t, HV_GUEST_PV, iommu, 0))
			break;
		hv_host_fail_alloc(t.f.host, n);
		rc = v3_map(&t, 500, 500, 40, V3_RW | ANY, &h);
		hv_host_fail_alloc(t.f.host, 0);
		good &= rc == GNTST_okay || rc == GNTST_no_space || rc == GNTST_no_device_space;
		good &= !fx_check(&t.f, true) && (t.map.done != 0) == (h != 0);
		stopped += rc != GNTST_okay;
		if (h)
			good &= v3_unmap(&t, h) == GNTST_okay;
		good &= v3_map(&t, 500, 500, 40, V3_RW | ANY, &h) == GNTST_okay &&
			shows(&t, 500, 500, 40);
		good &= !v3_close(&t);
		if (rc == GNTST_okay)
			break;
	}
	ok(good && stopped > 8, "failures: each of %u allocations of a map, IOMMU %d", stopped,
	   iommu);
}

/* A PV domain that maps of its own tree: its device has the page in any case. */
static void test_self(enum hv_iommu_mode iommu)
{
	struct fx_opts o = { .granter = { .guest = HV_GUEST_PV, .iommu = iommu }, .self = true };
	struct gnttab_v3_map m;
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(!v3_set_up(&t, o, 2, 2), "self: set up, IOMMU %d", iommu))
		return;
	ok(v3_map(&t, 9, 0, 4, V3_RW | ANY, &h) == GNTST_okay && v3_peek(&t, 0, 0) == 9 &&
		   holds(&t, 9, 1, 1) && !fx_check(&t.f, true),
	   "self: its own pages, typed as version 1 types them");
	m = v3_map_args(&t, 9, 0, 1, GNTV3_MAP_DEVICE);
	m.addr = 0;
	ok(v3_op(t.f.mv, t.f.margs, GNTTABOP_v3_map, &m, sizeof(m), &m.status) ==
		   GNTST_general_error,
	   "self: not for its device alone");
	ok(v3_balloon(&t, 9, true) == 1 && v3_peek(&t, 0, 0) == 9 && !fx_check(&t.f, true),
	   "self: a page given up stays while it is mapped");
	ok(v3_revoke(&t, 9, 1, 0) == GNTST_okay && t.rev.pages == 1 && v3_peek(&t, 0, 0) == 0,
	   "self: and revoked");
	ok(v3_unmap(&t, h) == GNTST_okay && !fx_check(&t.f, true), "self: unmapped");
	ok(v3_map(&t, 20, 0, 4, V3_RW, &h) == GNTST_okay && !v3_close(&t), "self: invariants");
}

int main(void)
{
	for (unsigned g = 0; g < 2; g++) {
		enum hv_guest granter = g ? HV_GUEST_TRANSLATED : HV_GUEST_PV;

		for (unsigned i = 0; i < 3; i++)
			test_range(granter, modes[i]);
		test_device(granter, HV_IOMMU_STRICT);
		test_device(granter, HV_IOMMU_BATCHED);
	}
	test_entries(HV_IOMMU_NONE);
	test_entries(HV_IOMMU_STRICT);
	test_flags();
	test_types();
	test_failures(HV_IOMMU_NONE);
	test_failures(HV_IOMMU_STRICT);
	test_self(HV_IOMMU_NONE);
	test_self(HV_IOMMU_STRICT);
	return tap_done();
}
