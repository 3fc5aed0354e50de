// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3, a translated domain that maps of its own tree: the frame keeps its place and has a second one, which
 * nothing but version 3 takes away, moves, or gives to others.
 */
#include "types.h"
#include "v3.h"

#define REF   9
#define SLOT  3
#define V1REF 20

static struct v3 t;
static grant_v3_handle_t h;

/* GFN of the second place. */
static uint64_t alias(void)
{
	return hv_guest_map_addr(t.f.m, SLOT) >> HV_PAGE_SHIFT;
}

static bool begin(enum hv_iommu_mode iommu, const char *what)
{
	struct fx_opts o = { .host = { .audit = true, .poison = true },
			     .granter = { .iommu = iommu },
			     .self = true };

	o.granter.guest = HV_GUEST_TRANSLATED;
	return ok(!v3_set_up(&t, o, 2, 4) && v3_map(&t, REF, SLOT, 1, V3_HOLE, &h) == GNTST_okay &&
			  v3_peek(&t, SLOT, 0) == REF,
		  "%s: set up, IOMMU %d", what, iommu);
}

/* It is where it was: at both places, as it is counted. */
static bool stays(void)
{
	uint8_t own;

	return v3_peek(&t, SLOT, 0) == REF &&
	       !hv_guest_access(t.f.gv, (uint64_t)REF << HV_PAGE_SHIFT, 0, &own, 1, false) &&
	       own == REF && !fx_check(&t.f, false);
}

static void end(const char *what)
{
	ok(v3_unmap(&t, h) == GNTST_okay && v3_peek(&t, SLOT, 0) == -1, "%s: unmapped", what);
	ok(!v3_close(&t), "%s: invariants", what);
}

static long reservation(uint64_t gfn, unsigned cmd)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };

	memcpy(t.f.gargs + 4096, &gfn, 8);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(t.f.gargs + 4096));
	memcpy(t.f.gargs, &r, sizeof(r));
	return hv_memory_op(t.f.gv, cmd, t.f.gargs);
}

static void test_both_places(enum hv_iommu_mode iommu)
{
	uint8_t v = 77;

	if (!begin(iommu, "two places"))
		return;
	ok(stays(), "two places: of one frame");
	ok(!v3_poke(&t, SLOT, 0, v) && *(uint8_t *)v3_page(&t, REF) == v,
	   "two places: one content");
	if (iommu != HV_IOMMU_NONE)
		ok(!hv_device_access(t.f.g, alias(), 0, &v, 1, false) && v == 77 &&
			   !hv_device_access(t.f.g, REF, 0, &v, 1, true),
		   "two places: for the device too");
	ok(v3_revoke(&t, REF, 1, 0) == GNTST_okay && t.rev.pages == 1 &&
		   v3_peek(&t, SLOT, 0) == -1 && *(uint8_t *)v3_page(&t, REF) == 77,
	   "two places: a revoke takes the second, and leaves the first");
	ok(v3_unmap(&t, h) == GNTST_okay && v3_map(&t, REF, SLOT, 4, V3_SINK, &h) == GNTST_okay &&
		   v3_revoke(&t, REF, 2, 0) == GNTST_okay && v3_peek(&t, SLOT, 0) == 0 &&
		   v3_peek(&t, SLOT + 2, 0) == REF + 2,
	   "two places: or makes it a sink");
	ok(reservation(alias(), XENMEM_decrease_reservation) == 0 && !fx_check(&t.f, true),
	   "two places: which cannot be given up");
	end("two places");
}

/* Each path that takes a GFN away, or puts something there. */
static void test_paths(enum hv_iommu_mode iommu)
{
	uint32_t h1;

	if (!begin(iommu, "decrease_reservation"))
		return;
	ok(reservation(alias(), XENMEM_decrease_reservation) == 0 && stays(),
	   "decrease_reservation: not of the second place");
	end("decrease_reservation");

	begin(iommu, "populate_physmap");
	ok(reservation(alias(), XENMEM_populate_physmap) == 0 && hv_domain_crashed(t.f.g) &&
		   stays(),
	   "populate_physmap: ends the domain, as over version 1's");
	ok(!v3_close(&t), "populate_physmap: invariants");

	begin(iommu, "add_to_physmap");
	ok(fx_place(&t.f, 0, alias()) == -ENOENT && stays(), "add_to_physmap: not there");
	ok(!fx_place(&t.f, 0, alias() + 1) && fx_place(&t.f, 0, alias()) == -ENOENT && stays(),
	   "add_to_physmap: nor from elsewhere");
	end("add_to_physmap");

	begin(iommu, "map_grant_ref");
	fx_grant(&t.f, V1REF, 30, false);
	ok(fx_map(&t.f, V1REF, SLOT, GNTMAP_host_map, NULL) == GNTST_general_error &&
		   hv_domain_crashed(t.f.g) && stays(),
	   "map_grant_ref: ends the domain, as over version 1's");
	ok(!v3_close(&t), "map_grant_ref: invariants");

	begin(iommu, "unmap_grant_ref");
	fx_grant(&t.f, V1REF, 30, false);
	ok(!fx_map(&t.f, V1REF, SLOT + 1, GNTMAP_host_map, &h1) &&
		   fx_unmap(&t.f, h1, SLOT, 0) == GNTST_general_error && stays() &&
		   !fx_unmap(&t.f, h1, SLOT + 1, 0),
	   "unmap_grant_ref: takes only what is its own");
	end("unmap_grant_ref");

	begin(iommu, "v3_map");
	ok(v3_map(&t, REF + 1, SLOT, 1, V3_RW, NULL) == GNTST_bad_virt_addr &&
		   v3_map(&t, REF + 1, 0, 8, V3_RW, NULL) == GNTST_bad_virt_addr &&
		   t.map.done == SLOT && stays(),
	   "v3_map: not over it");
	v3_unmap(&t, t.map.handle);
	end("v3_map");
}

/* By version 1 its own page loses its place, as ever: the second one by version 3 does not. */
static void test_v1_of_it(enum hv_iommu_mode iommu)
{
	uint32_t h1;

	if (!begin(iommu, "version 1 of that page"))
		return;
	fx_grant(&t.f, V1REF, REF, false);
	ok(!fx_map(&t.f, V1REF, SLOT + 1, GNTMAP_host_map, &h1) && !v3_page(&t, REF) &&
		   v3_peek(&t, SLOT, 0) == REF && v3_peek(&t, SLOT + 1, 0) == REF &&
		   !fx_check(&t.f, false),
	   "version 1 of that page: takes its first place");
	ok(fx_unmap(&t.f, h1, SLOT, 0) == GNTST_general_error && v3_peek(&t, SLOT, 0) == REF,
	   "version 1 of that page: and its unmap not the second");
	ok(!fx_unmap(&t.f, h1, SLOT + 1, 0) && v3_peek(&t, SLOT, 0) == REF &&
		   !fx_check(&t.f, false),
	   "version 1 of that page: unmapped");
	end("version 1 of that page");
}

/* The first place goes: the frame stays as long as it is mapped. */
static void test_given_up(enum hv_iommu_mode iommu)
{
	uint64_t guest, before, hv;

	if (!begin(iommu, "given up"))
		return;
	hv_domain_usage(t.f.g, &before, &hv);
	ok(reservation(REF, XENMEM_decrease_reservation) == 1 && v3_peek(&t, SLOT, 0) == REF &&
		   !fx_check(&t.f, true),
	   "given up: by its own number, and mapped still");
	ok(reservation(REF, XENMEM_populate_physmap) == 1 && *(uint8_t *)v3_page(&t, REF) == 0 &&
		   v3_peek(&t, SLOT, 0) == REF,
	   "given up: another frame is there now");
	ok(v3_unmap(&t, h) == GNTST_okay, "given up: unmapped");
	hv_domain_usage(t.f.g, &guest, &hv);
	ok(guest == before && !v3_close(&t), "given up: and freed");
}

/* The second place is no RAM of its owner's to grant on. */
static void test_named(enum hv_iommu_mode iommu)
{
	struct fx third;
	struct gnttab_copy c = { .len = 16, .flags = GNTCOPY_source_gref };

	if (!begin(iommu, "granted on"))
		return;
	v3_store(v3_entry(&t, REF + 1), alias() << GNTV3_PAGE_SHIFT | GNTV3_LEAF);
	ok(v3_map(&t, REF + 1, SLOT + 1, 1, V3_RO, NULL) == GNTST_bad_page,
	   "granted on: not by a leaf");
	v3_store(v3_page(&t, t.root) + 5, alias() << GNTV3_PAGE_SHIFT | GNTV3_TABLE);
	ok(v3_map(&t, 5 << 9, SLOT + 1, 1, V3_RO, NULL) == GNTST_bad_page,
	   "granted on: nor as a node");
	ok(v3_set_root(&t, alias(), 2) == GNTST_bad_page, "granted on: nor as a root");
	fx_entry(&t.f, V1REF, GTF_permit_access, hv_domain_id(t.f.g), alias());
	ok(fx_map(&t.f, V1REF, SLOT + 1, GNTMAP_host_map, NULL) == GNTST_bad_page,
	   "granted on: nor by version 1");
	c.source.u.ref = V1REF;
	c.source.domid = hv_domain_id(t.f.g);
	c.dest.u.gmfn = 40;
	c.dest.domid = DOMID_SELF;
	ok(!fx_gop(&t.f, GNTTABOP_copy, &c, sizeof(c)) && c.status == GNTST_bad_page,
	   "granted on: nor copied from");
	hv_guest_set_cr3(t.f.gv, alias() << HV_PAGE_SHIFT);
	ok(hv_grant_table_op(t.f.gv, GNTTABOP_v3_unmap, t.f.gargs, 1) == -EFAULT,
	   "granted on: nor a page table");
	hv_guest_set_cr3(t.f.gv, (t.f.g->first_args_mfn + t.f.g->args_pages - t.f.g->first_mfn)
					 << HV_PAGE_SHIFT);
	ok(stays(), "granted on: and it is where it was");
	/* A page that is transferred to there has no place, and its receiver is ended. */
	ok(!fx_third(&third, &t.f, (struct hv_domain_config){ .guest = HV_GUEST_PV }),
	   "transfer: a third domain");
	fx_entry(&t.f, V1REF, GTF_accept_transfer, hv_domain_id(third.g), alias());
	{
		struct gnttab_transfer op = { .mfn = hv_guest_frame(third.g, 4),
					      .domid = hv_domain_id(t.f.g),
					      .ref = V1REF };

		ok(!fx_gop(&third, GNTTABOP_transfer, &op, sizeof(op)) &&
			   op.status == GNTST_general_error && hv_domain_crashed(t.f.g) && stays(),
		   "transfer: not to there");
	}
	fx_close(&t.f);
}

/* A PV domain's page has one number, however often it is mapped: it is in use, and cannot be transferred. */
static void test_pv_transfer(void)
{
	struct fx_opts o = { .granter = { .guest = HV_GUEST_PV }, .self = true };
	struct gnttab_transfer op = { .ref = V1REF };
	struct fx third;

	if (!ok(!v3_set_up(&t, o, 2, 2) && v3_map(&t, REF, SLOT, 1, V3_RW, &h) == GNTST_okay &&
			!fx_third(&third, &t.f, (struct hv_domain_config){ .guest = HV_GUEST_PV }),
		"PV, transfer: set up"))
		return;
	fx_entry(&third, V1REF, GTF_accept_transfer, hv_domain_id(t.f.g), 0);
	op.mfn = hv_guest_frame(t.f.g, REF);
	op.domid = hv_domain_id(third.g);
	ok(!fx_gop(&t.f, GNTTABOP_transfer, &op, sizeof(op)) && op.status == GNTST_bad_page &&
		   v3_peek(&t, SLOT, 0) == REF && !fx_check(&t.f, false),
	   "PV, transfer: not while it is mapped");
	ok(v3_unmap(&t, h) == GNTST_okay && !fx_gop(&t.f, GNTTABOP_transfer, &op, sizeof(op)) &&
		   op.status == GNTST_okay && !fx_check(&t.f, false),
	   "PV, transfer: but then");
	fx_close(&t.f);
}

int main(void)
{
	static const enum hv_iommu_mode modes[] = { HV_IOMMU_NONE, HV_IOMMU_STRICT,
						    HV_IOMMU_SHARED };

	for (unsigned i = 0; i < 3; i++) {
		test_both_places(modes[i]);
		test_paths(modes[i]);
		test_v1_of_it(modes[i]);
		test_given_up(modes[i]);
		test_named(modes[i]);
	}
	test_pv_transfer();
	return tap_done();
}
