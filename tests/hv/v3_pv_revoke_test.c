// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3, what is taken back from PV mappers: entries that they left alone, wrote over or moved, sinks, and deaths.
 */
#include "v3_pv.h"

static void test_revoke(enum hv_guest granter, enum hv_iommu_mode iommu, unsigned accept)
{
	bool dev = iommu != HV_IOMMU_NONE, sink = accept & GNTV3_ACCEPT_SINK;
	uint16_t want = !accept ? GNTV3_GOT_KEPT : sink ? GNTV3_GOT_SINK : GNTV3_GOT_HOLE;
	struct hv_counters before;
	grant_v3_handle_t h;
	uint64_t flushes;
	struct v3 t;

	if (!ok(open_pv(&t, granter, iommu, 0), "revoke %x: set up, %s, IOMMU %d", accept,
		kind(granter), iommu))
		return;
	v3_map(&t, 16, 508, 8, V3_RW | accept, &h);
	for (unsigned i = 0; i < 8; i++) {
		v3_peek(&t, 508 + i, 0);
		v3_poke(&t, 508 + i, 1, (uint8_t)(16 + i));
		dma(&t, mfn_of(&t, 16 + i), true);
		if (accept)
			v3_balloon(&t, 16 + i, true);
	}
	for (unsigned i = 19; i < 23; i++)
		v3_end(&t, i);
	before = *hv_vcpu_counters(t.f.gv);
	ok(v3_revoke(&t, 19, 4, GNTV3_REVOKE_CHECK) == GNTST_okay && t.rev.outcomes == want &&
		   t.rev.pages == (accept ? 4 : 0),
	   "revoke %x: four pages of a range, over the border of a page table", accept);
	flushes = hv_vcpu_counters(t.f.gv)->flushes - before.flushes;
	ok(flushes == !!accept &&
		   hv_vcpu_counters(t.f.gv)->bytes_allocated == before.bytes_allocated,
	   "revoke %x: one flush, no memory", accept);
	ok(!fx_check(&t.f, true), "revoke %x: invariants", accept);
	if (!accept)
		ok(shows(&t, 508, 16, 8), "revoke: kept");
	else if (sink)
		ok(v3_peek(&t, 511, 1) == 0 && v3_peek(&t, 514, 0) == 0 &&
			   !v3_poke(&t, 511, 0, 5) && v3_peek(&t, 513, 1) == 5 &&
			   v3_peek(&t, 515, 0) == 23,
		   "revoke: one page for all of them, zero at first, and written");
	else
		ok(faults(&t, 511, 4) && v3_peek(&t, 510, 1) == 18 && v3_peek(&t, 515, 1) == 23,
		   "revoke: holes");
	if (dev && accept)
		ok(!dma(&t, mfn_of(&t, 19), false) && dma(&t, mfn_of(&t, 18), true),
		   "revoke %x: out of the device's reach", accept);
	ok(v3_unmap(&t, h) == GNTST_okay && t.unmap.revoked == !!accept && faults(&t, 508, 8),
	   "revoke %x: its mapper unmaps all of it", accept);
	ok(v3_unregister(&t) == GNTST_okay && !v3_close(&t), "revoke %x: invariants again", accept);
}

/* The mapper maps something else over the middle of a range, by version 1. */
static void test_overwritten(enum hv_guest granter, enum hv_iommu_mode iommu)
{
	grant_v3_handle_t h;
	struct v3 t;
	uint32_t h1;

	if (!ok(open_pv(&t, granter, iommu, 0), "written over: set up, %s, IOMMU %d", kind(granter),
		iommu))
		return;
	v3_map(&t, 16, 40, 8, V3_RW | ANY, &h);
	ok(fx_map(&t.f, V1_REF, 43, GNTMAP_host_map, &h1) == GNTST_okay &&
		   v3_peek(&t, 43, 0) == 700 % 256 && !fx_check(&t.f, true),
	   "written over: by version 1");
	ok(v3_unmap(&t, h) == GNTST_general_error && shows(&t, 40, 16, 3) && shows(&t, 44, 20, 4) &&
		   !fx_check(&t.f, true),
	   "written over: an unmap changes nothing then");
	ok(v3_revoke(&t, 18, 3, 0) == GNTST_okay && t.rev.pages == 2 &&
		   t.rev.outcomes == (GNTV3_GOT_SINK | GNTV3_GOT_KEPT),
	   "written over: a revoke takes what is there, and says that it does not know the rest");
	ok(v3_peek(&t, 43, 0) == 700 % 256 && v3_peek(&t, 42, 0) == 0 && v3_peek(&t, 44, 0) == 0 &&
		   !fx_check(&t.f, true),
	   "written over: what is in its place stays");
	ok(iommu == HV_IOMMU_NONE || !dma(&t, mfn_of(&t, 19), false),
	   "written over: the device has lost it");
	ok(v3_revoke(&t, 0, 512, 0) == GNTST_okay && t.rev.pages == 5 &&
		   t.rev.outcomes == (GNTV3_GOT_SINK | GNTV3_GOT_KEPT) &&
		   v3_revoke(&t, 0, 512, 0) == GNTST_okay && !t.rev.pages &&
		   t.rev.outcomes == GNTV3_GOT_KEPT,
	   "written over: and says so again");
	ok(v3_unmap(&t, h) == GNTST_general_error && v3_query(&t, 19) == GNTST_okay &&
		   t.query.maps == 1,
	   "written over: it cannot be unmapped, and counts as mapped");
	ok(fx_unmap(&t.f, h1, 43, 0) == GNTST_okay && v3_unmap(&t, h) == GNTST_general_error,
	   "written over: not by ending what is there");
	ok(!fx_check(&t.f, true) && v3_unregister(&t) == GNTST_okay && !fx_check(&t.f, true),
	   "written over: the tree is its mapper's then");
	hv_domain_kill(t.f.m);
	ok(!v3_close(&t), "written over: and ends with it");
}

/* It moves an entry by version 1, and a revoke does not find it; then moves it back. */
static void test_moved(enum hv_guest granter, enum hv_iommu_mode iommu)
{
	grant_v3_handle_t h;
	struct v3 t;
	uint32_t a, b;

	if (!ok(open_pv(&t, granter, iommu, 0), "moved: set up, %s, IOMMU %d", kind(granter),
		iommu))
		return;
	v3_map(&t, 9, 0, 1, V3_RW | GNTV3_ACCEPT_HOLE, &h);
	fx_map(&t.f, V1_REF, 50, GNTMAP_host_map, &a);
	ok(replace(&t, a, 50, 0) == GNTST_okay && faults(&t, 0, 1) && v3_peek(&t, 50, 1) == 9 &&
		   !fx_check(&t.f, true),
	   "moved: into the place of a mapping of version 1");
	ok(v3_unmap(&t, h) == GNTST_general_error, "moved: not to be unmapped");
	ok(v3_revoke(&t, 9, 1, 0) == GNTST_okay && t.rev.outcomes == GNTV3_GOT_KEPT &&
		   !t.rev.pages && v3_peek(&t, 50, 0) == 9 && !fx_check(&t.f, true),
	   "moved: a revoke does not take it, and says so");
	ok(v3_revoke(&t, 9, 1, 0) == GNTST_okay && t.rev.outcomes == GNTV3_GOT_KEPT,
	   "moved: each time");
	fx_map(&t.f, V1_REF + 1, 0, GNTMAP_host_map, &b);
	ok(replace(&t, b, 0, 50) == GNTST_okay && v3_peek(&t, 0, 1) == 9 && faults(&t, 50, 1),
	   "moved: back");
	v3_balloon(&t, 9, true);
	ok(v3_revoke(&t, 9, 1, 0) == GNTST_okay && t.rev.outcomes == GNTV3_GOT_HOLE &&
		   t.rev.pages == 1 && faults(&t, 0, 1) && !fx_check(&t.f, true),
	   "moved: then it is taken");
	ok(v3_unmap(&t, h) == GNTST_okay && t.unmap.revoked, "moved: and unmapped");
	/* Once more, back after a revoke, and unmapped. */
	v3_map(&t, 19, 0, 1, V3_RW | GNTV3_ACCEPT_HOLE, &h);
	fx_map(&t.f, V1_REF, 50, GNTMAP_host_map, &a);
	replace(&t, a, 50, 0);
	v3_revoke(&t, 19, 1, 0);
	fx_map(&t.f, V1_REF + 1, 0, GNTMAP_host_map, &b);
	ok(replace(&t, b, 0, 50) == GNTST_okay && v3_unmap(&t, h) == GNTST_okay &&
		   !t.unmap.revoked && holds(&t, 19, 0, 0),
	   "moved: or unmapped");
	ok(!v3_close(&t), "moved: invariants");
}

/* A sink's entry is the mapper's to move as well, and what it maps outlives the tree then. */
static void test_sink_kept(void)
{
	uint64_t before, guest, hv;
	grant_v3_handle_t h;
	struct v3 t;
	uint32_t a;

	if (!ok(open_pv(&t, HV_GUEST_PV, HV_IOMMU_NONE, 0), "a sink moved: set up"))
		return;
	fx_map(&t.f, V1_REF, 50, GNTMAP_host_map, &a);
	before = v3_bytes(t.f.m);
	v3_map(&t, 9, 0, 1, V3_RW | ANY, &h);
	v3_revoke(&t, 9, 1, 0);
	v3_poke(&t, 0, 0, 77);
	ok(replace(&t, a, 50, 0) == GNTST_okay && v3_peek(&t, 50, 1) == 77,
	   "a sink moved: by version 1");
	ok(v3_unmap(&t, h) == GNTST_okay && v3_unregister(&t) == GNTST_okay &&
		   !fx_check(&t.f, true),
	   "a sink moved: the tree ends");
	hv_domain_usage(t.f.m, &guest, &hv);
	ok(v3_peek(&t, 50, 0) == 77 && v3_bytes(t.f.m) == before,
	   "a sink moved: and its page is its mapper's RAM");
	ok(fx_map(&t.f, V1_REF, 50, GNTMAP_host_map, &a) == GNTST_okay && !fx_check(&t.f, true),
	   "a sink moved: written over");
	hv_domain_usage(t.f.m, &before, &hv);
	ok(before == guest - HV_PAGE_SIZE, "a sink moved: it is freed");
	ok(!v3_close(&t), "a sink moved: invariants");
}

static void test_deaths(enum hv_guest granter, enum hv_iommu_mode iommu, bool mapper_first)
{
	grant_v3_handle_t h;
	struct v3 t;
	uint32_t a;

	if (!ok(open_pv(&t, granter, iommu, iommu == HV_IOMMU_STRICT),
		"deaths: set up, %s, IOMMU %d", kind(granter), iommu))
		return;
	v3_map(&t, 1, 0, 1, V3_RW, NULL);
	v3_map(&t, 2, 1, 1, V3_RW | ANY, NULL);
	v3_map(&t, 3, 2, 1, V3_RO | GNTV3_ACCEPT_HOLE, &h);
	v3_map(&t, 500, 10, 100, V3_RW, NULL);
	v3_map(&t, 500, 500, 100, V3_RW | ANY, NULL);
	/* One is moved, one written over, and a sink. */
	fx_map(&t.f, V1_REF, 50, GNTMAP_host_map, &a);
	ok(replace(&t, a, 50, 1) == GNTST_okay &&
		   fx_map(&t.f, V1_REF, 505, GNTMAP_host_map, &a) == GNTST_okay,
	   "deaths: some are not where they were");
	v3_revoke(&t, 510, 20, 0);
	for (unsigned i = 0; i < 4; i++)
		v3_balloon(&t, i, true);
	for (unsigned i = 0; i < 700; i++) {
		v3_peek(&t, i, 0);
		v3_peek(&t, i, 1);
		dma(&t, mfn_of(&t, i), false);
	}
	ok(!fx_check(&t.f, true), "deaths: invariants");
	hv_domain_kill(mapper_first ? t.f.m : t.f.g);
	ok(!fx_check(&t.f, true), "deaths: the %s first", mapper_first ? "mapper" : "granter");
	if (!mapper_first)
		ok(v3_peek(&t, 0, 0) == 1 && v3_peek(&t, 50, 0) == 2 && faults(&t, 2, 1) &&
			   v3_peek(&t, 10, 1) == 500 % 256 && v3_peek(&t, 501, 1) == 0 &&
			   v3_unmap(&t, h) == GNTST_okay && t.unmap.revoked,
		   "deaths: what it could not take back stays");
	hv_domain_kill(mapper_first ? t.f.g : t.f.m);
	ok(!fx_check(&t.f, true) && !v3_close(&t), "deaths: then the other");
}

/* The granter's pages say when a PV mapper's page is gone. */
static void test_told(enum hv_iommu_mode iommu)
{
	struct gnttab_v3_notify_setup n = { .first = 0 };
	const uint8_t *status;
	uint32_t h1;
	struct v3 t;

	if (!ok(open_pv(&t, HV_GUEST_TRANSLATED, iommu, 0), "told: set up, IOMMU %d", iommu))
		return;
	n.tree = t.tree;
	n.status_frame = hv_guest_frame(t.f.g, 900);
	status = hv_guest_frame_ptr(t.f.g, n.status_frame);
	ok(v3_op(t.f.gv, t.f.gargs, GNTTABOP_v3_notify_setup, &n, sizeof(n), &n.status) ==
			   GNTST_okay &&
		   v3_map(&t, 16, 40, 4, V3_RW | ANY, NULL) == GNTST_okay && status[16] &&
		   status[19] && !fx_check(&t.f, true),
	   "told: of what is mapped");
	ok(v3_revoke(&t, 17, 1, 0) == GNTST_okay && status[16] && !status[17] && status[18] &&
		   !fx_check(&t.f, true),
	   "told: that a page was revoked");
	ok(fx_map(&t.f, V1_REF, 42, GNTMAP_host_map, &h1) == GNTST_okay &&
		   v3_revoke(&t, 16, 4, 0) == GNTST_okay && t.rev.outcomes & GNTV3_GOT_KEPT &&
		   !status[16] && status[18] && !status[19] && !fx_check(&t.f, true),
	   "told: and that one was not");
	hv_domain_kill(t.f.m);
	ok(!status[18] && !v3_close(&t), "told: until its mapper dies");
}

int main(void)
{
	static const unsigned accepts[] = { 0, GNTV3_ACCEPT_HOLE, ANY };

	for (unsigned g = 0; g < 2; g++) {
		enum hv_guest granter = g ? HV_GUEST_TRANSLATED : HV_GUEST_PV;

		for (unsigned i = 0; i < 3; i++) {
			for (unsigned a = 0; a < 3; a++)
				test_revoke(granter, modes[i], accepts[a]);
			test_overwritten(granter, modes[i]);
			test_moved(granter, modes[i]);
			test_deaths(granter, modes[i], false);
			test_deaths(granter, modes[i], true);
		}
	}
	test_sink_kept();
	for (unsigned i = 0; i < 3; i++)
		test_told(modes[i]);
	return tap_done();
}
