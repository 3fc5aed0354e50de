// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3, large entries made and taken away as a whole: leaves and runs, what stands in their way, how many there
 * may be, who grants them, devices, and the death of either side.
 */
#include "v3_large.h"

static const struct fx_opts plain;

/* A 2M leaf over pages 0 to 511, by references 2048 on. */
#define LEAF 2048

static void test_leaf(void)
{
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 2), "leaf: set up"))
		return;
	v3_leaf(&t, LEAF, 1, 0, 0);
	ok(v3_map(&t, LEAF, 512, 512, V3_HOLE | V3_LARGE, &h) == GNTST_okay && t.map.done == 512 &&
		   t.map.large == 1 && t.map.dev_bus_addr == t.f.g->first_mfn << GNTV3_PAGE_SHIFT,
	   "leaf: 512 pages, one entry");
	ok(v3_order(&t, 512) == 9 && v3_leads(&t, 512, 0, 512), "leaf: they are these pages");
	ok(v3_peek(&t, 512, 0) == 0 && v3_peek(&t, 1023, 0) == 511 % 256 &&
		   !v3_poke(&t, 700, 0, 99) && *(uint8_t *)v3_page(&t, 188) == 99 &&
		   v3_peek(&t, 511, 0) == -1 && v3_peek(&t, 1024, 0) == -1,
	   "leaf: read and written");
	ok(v3_query(&t, LEAF + 511) == GNTST_okay && t.query.maps == 1 && t.query.order == 9 &&
		   t.query.writes,
	   "leaf: by an entry of 2M");
	ok(v3_refs(&t, 0) == 1 && v3_refs(&t, 300) == 1 && v3_refs(&t, 511) == 1 &&
		   v3_refs(&t, 512) == 0,
	   "leaf: each frame has a reference");
	ok(!fx_check(&t.f, true), "leaf: invariants");
	ok(v3_unmap(&t, h) == GNTST_okay && !t.unmap.revoked && v3_order(&t, 700) == -1 &&
		   v3_refs(&t, 0) == 0 && v3_refs(&t, 511) == 0,
	   "leaf: unmapped");
	/* A part of the leaf, and all of it by small entries where large ones are not accepted. */
	ok(v3_map(&t, LEAF + 1, 513, 511, V3_RO | V3_LARGE, &h) == GNTST_okay && !t.map.large &&
		   v3_order(&t, 513) == 0 && v3_leads(&t, 513, 1, 511) &&
		   v3_unmap(&t, h) == GNTST_okay,
	   "leaf: a part of it is 4K entries");
	ok(v3_map(&t, LEAF, 512, 512, V3_HOLE | GNTV3_ACCEPT_1G, &h) == GNTST_okay &&
		   !t.map.large && v3_order(&t, 512) == 0 && v3_unmap(&t, h) == GNTST_okay,
	   "leaf: nobody gets 2M who did not ask");
	v3_leaf(&t, LEAF, 1, 0, GNTV3_READONLY);
	ok(v3_map(&t, LEAF, 0, 512, V3_HOLE | V3_LARGE, &h) == GNTST_permission_denied &&
		   !t.map.done,
	   "leaf: read-only, to be written");
	ok(v3_map(&t, LEAF, 0, 512, V3_RO | V3_LARGE, &h) == GNTST_okay && t.map.large == 1 &&
		   v3_poke(&t, 3, 0, 1) == -EFAULT && v3_peek(&t, 3, 0) == 3,
	   "leaf: read-only, to be read");
	ok(!v3_close(&t), "leaf: invariants again");
}

/* 512 leaves of 4K name a run, or nearly. */
static void test_runs(void)
{
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 2), "runs: set up"))
		return;
	ok(v3_map(&t, 512, 512, 512, V3_HOLE | V3_LARGE, &h) == GNTST_okay && t.map.large == 1 &&
		   v3_order(&t, 512) == 9 && v3_leads(&t, 512, 512, 512) &&
		   v3_unmap(&t, h) == GNTST_okay,
	   "runs: 512 leaves are one entry");
	ok(v3_map(&t, 0, 0, 1024, V3_HOLE | V3_LARGE, &h) == GNTST_okay && t.map.large == 2 &&
		   v3_unmap(&t, h) == GNTST_okay && v3_order(&t, 0) == -1 &&
		   v3_order(&t, 600) == -1,
	   "runs: two of them");
	ok(v3_map(&t, 1, 1, 1023, V3_HOLE | V3_LARGE, &h) == GNTST_okay && t.map.large == 1 &&
		   v3_order(&t, 1) == 0 && v3_order(&t, 512) == 9 && v3_leads(&t, 1, 1, 1023) &&
		   v3_unmap(&t, h) == GNTST_okay,
	   "runs: what comes before is 4K entries");
	ok(v3_map(&t, 0, 1, 512, V3_HOLE | V3_LARGE, &h) == GNTST_okay && !t.map.large &&
		   v3_unmap(&t, h) == GNTST_okay,
	   "runs: the address is not aligned");
	ok(v3_map(&t, 256, 512, 512, V3_HOLE | V3_LARGE, &h) == GNTST_okay && !t.map.large &&
		   v3_leads(&t, 512, 256, 512) && v3_unmap(&t, h) == GNTST_okay,
	   "runs: the reference is not aligned");
	/* The run is as long, and begins in the middle. */
	for (unsigned i = 0; i < 512; i++)
		v3_grant(&t, 1024 + i, 256 + i, 0);
	ok(v3_map(&t, 1024, 512, 512, V3_HOLE | V3_LARGE, &h) == GNTST_okay && !t.map.large &&
		   v3_leads(&t, 512, 256, 512) && v3_unmap(&t, h) == GNTST_okay,
	   "runs: the frames are not aligned");
	v3_grant(&t, 511, 700, 0);
	ok(v3_map(&t, 0, 0, 512, V3_HOLE | V3_LARGE, &h) == GNTST_okay && !t.map.large &&
		   v3_leads(&t, 0, 0, 511) && v3_leads(&t, 511, 700, 1) &&
		   v3_unmap(&t, h) == GNTST_okay,
	   "runs: the last one is elsewhere");
	v3_grant(&t, 511, 511, GNTV3_READONLY);
	ok(v3_map(&t, 0, 0, 512, V3_HOLE | V3_LARGE, &h) == GNTST_permission_denied &&
		   t.map.done == 511 && v3_unmap(&t, h) == GNTST_okay,
	   "runs: the last one is read-only, to be written");
	ok(v3_map(&t, 0, 0, 512, V3_RO | V3_LARGE, &h) == GNTST_okay && t.map.large == 1 &&
		   v3_unmap(&t, h) == GNTST_okay,
	   "runs: and to be read");
	v3_end(&t, 0);
	ok(v3_map(&t, 0, 0, 512, V3_HOLE | V3_LARGE, &h) == GNTST_bad_gntref && !t.map.done,
	   "runs: the first one grants nothing");
	ok(!v3_close(&t), "runs: invariants");
}

/* The granter's own p2m: in one entry, in pieces that lie as one, and in pieces. */
static void test_granters(void)
{
	struct hv_counters before, whole, pieces;
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 2), "granters: set up"))
		return;
	v3_leaf(&t, LEAF, 1, 0, 0);
	v3_map(&t, LEAF, 0, 512, V3_HOLE | V3_LARGE, &h);
	v3_unmap(&t, h);
	before = *hv_vcpu_counters(t.f.mv);
	v3_map(&t, LEAF, 0, 512, V3_HOLE | V3_LARGE, &h);
	whole = v3_since(t.f.mv, &before);
	v3_unmap(&t, h);
	v3_shatter(&t, 5);
	before = *hv_vcpu_counters(t.f.mv);
	ok(v3_map(&t, LEAF, 0, 512, V3_HOLE | V3_LARGE, &h) == GNTST_okay && t.map.large == 1 &&
		   v3_leads(&t, 0, 0, 512),
	   "granters: shattered and in order");
	pieces = v3_since(t.f.mv, &before);
	ok(pieces.walks == whole.walks + 511 && pieces.page_gets == whole.page_gets,
	   "granters: that is a look-up for each piece, %lu and %lu", (unsigned long)whole.walks,
	   (unsigned long)pieces.walks);
	ok(v3_unmap(&t, h) == GNTST_okay && !fx_check(&t.f, true), "granters: invariants");
	/* Two change places: all is the granter's RAM still. */
	v3_swap(&t, 100, 600);
	ok(v3_map(&t, LEAF, 0, 512, V3_HOLE | V3_LARGE, &h) == GNTST_okay && !t.map.large &&
		   v3_leads(&t, 100, 600, 1) && v3_leads(&t, 101, 101, 411) &&
		   v3_refs(&t, 100) == 0 && v3_unmap(&t, h) == GNTST_okay,
	   "granters: frames that are not in order are no run");
	v3_shatter(&t, 100);
	v3_shatter(&t, 600);
	ok(!fx_check(&t.f, true), "granters: invariants of both");
	/* A page goes and another comes into its place: from the top of memory. */
	ok(v3_balloon(&t, 77, true) == 1, "granters: a page is given up");
	ok(v3_map(&t, LEAF, 0, 512, V3_HOLE | V3_LARGE, &h) == GNTST_bad_page && t.map.done == 77 &&
		   !t.map.large && v3_refs(&t, 5) == 1 && v3_refs(&t, 100) == 0 &&
		   v3_unmap(&t, h) == GNTST_okay,
	   "granters: up to the one that is not there, and no reference behind it");
	ok(v3_balloon(&t, 77, false) == 1 &&
		   v3_map(&t, LEAF, 0, 512, V3_HOLE | V3_LARGE, &h) == GNTST_okay && !t.map.large &&
		   v3_leads(&t, 0, 0, 77) && !v3_leads(&t, 77, 77, 1) &&
		   v3_leads(&t, 78, 78, 434) && v3_peek(&t, 77, 0) == 0,
	   "granters: a frame from elsewhere is no part of a run");
	ok(v3_refs(&t, 5) == 1 && v3_refs(&t, 77) != 1 && v3_unmap(&t, h) == GNTST_okay &&
		   v3_refs(&t, 5) == 0,
	   "granters: one reference each");
	ok(!v3_close(&t), "granters: invariants again");
}

static void test_in_the_way(void)
{
	struct hv_counters before, c;
	grant_v3_handle_t h, h2;
	uint64_t heap;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 4), "in the way: set up"))
		return;
	ok(v3_map(&t, 9, 700, 1, V3_HOLE, &h2) == GNTST_okay, "in the way: a page");
	ok(v3_map(&t, 0, 512, 512, V3_HOLE | V3_LARGE, &h) == GNTST_bad_virt_addr && !t.map.large &&
		   t.map.done == 188 && v3_refs(&t, 9) == 2 && v3_refs(&t, 200) == 0 &&
		   v3_unmap(&t, h) == GNTST_okay,
	   "in the way: up to it, by 4K");
	heap = t.f.m->heap_bytes;
	ok(v3_unmap(&t, h2) == GNTST_okay, "in the way: it goes, and leaves an empty table");
	before = *hv_vcpu_counters(t.f.mv);
	ok(v3_map(&t, 0, 512, 512, V3_HOLE | V3_LARGE, &h) == GNTST_okay && t.map.large == 1 &&
		   v3_order(&t, 700) == 9,
	   "in the way: which gives way to a large entry");
	c = v3_since(t.f.mv, &before);
	ok(c.flushes == 1 && t.f.m->heap_bytes < heap, "in the way: flushed, and freed");
	ok(!fx_check(&t.f, true), "in the way: invariants");
	ok(v3_map(&t, 600, 600, 1, V3_HOLE, &h2) == GNTST_bad_virt_addr,
	   "in the way: a large entry is");
	ok(v3_unmap(&t, h) == GNTST_okay && v3_map(&t, 600, 600, 1, V3_HOLE, &h2) == GNTST_okay &&
		   v3_order(&t, 600) == 0 && v3_order(&t, 601) == -1,
	   "in the way: after it a table is made again");
	ok(!v3_close(&t), "in the way: invariants again");
}

static void test_blocked(void)
{
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 4), "blocked: set up"))
		return;
	ok(v3_revoke(&t, 300, 1, GNTV3_REVOKE_BLOCK) == GNTST_okay &&
		   v3_map(&t, 0, 0, 512, V3_HOLE | V3_LARGE, &h) == GNTST_eagain &&
		   t.map.done == 300 && !t.map.large && v3_unmap(&t, h) == GNTST_okay,
	   "blocked: a reference in the middle");
	ok(v3_revoke(&t, 300, 1, GNTV3_REVOKE_UNBLOCK) == GNTST_okay &&
		   v3_map(&t, 0, 0, 512, V3_HOLE | V3_LARGE, &h) == GNTST_okay && t.map.large == 1,
	   "blocked: until it is not");
	ok(!v3_close(&t), "blocked: invariants");
}

/* max_maps holds for each list: 2 entries of 2M and 2 pieces of 4K entries, and each of its ends has 2 more. */
static void test_max_maps(void)
{
	grant_v3_handle_t h[8];
	unsigned n, large = 0;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 2), "max_maps: set up"))
		return;
	for (n = 0; n < 6; n++) {
		if (v3_map(&t, 512, 512 * n, 512, V3_HOLE | V3_LARGE, &h[n]) != GNTST_okay)
			break;
		large += t.map.large;
	}
	ok(n == 4 && large == 2 && t.map.status == GNTST_no_space,
	   "max_maps: %u mappings, %u of them large", n, large);
	ok(v3_query(&t, 1000) == GNTST_okay && t.query.maps == 4 && t.query.order == 9,
	   "max_maps: all of them known");
	ok(v3_map(&t, 1000, 3000, 1, V3_HOLE, &h[4]) == GNTST_okay &&
		   v3_map(&t, 1000, 3001, 1, V3_HOLE, &h[5]) == GNTST_okay &&
		   v3_map(&t, 1000, 3002, 1, V3_HOLE, NULL) == GNTST_no_space,
	   "max_maps: and two of the page by itself");
	ok(!fx_check(&t.f, true), "max_maps: invariants");
	ok(v3_revoke(&t, 1000, 1, 0) == GNTST_okay && t.rev.pages == 2 * 512 + 4 &&
		   t.rev.outcomes == (GNTV3_GOT_HOLE | GNTV3_GOT_MORE) &&
		   v3_query(&t, 1000) == GNTST_okay && t.query.maps == 0 &&
		   v3_query(&t, 999) == GNTST_okay && t.query.maps == 2,
	   "max_maps: all that touch it are found");
	for (unsigned i = 0; i < 6; i++)
		ok(v3_unmap(&t, h[i]) == GNTST_okay && t.unmap.revoked, "max_maps: %u was revoked",
		   i);
	ok(!v3_close(&t), "max_maps: invariants again");
}

static void test_pv_granter(void)
{
	struct fx_opts o = { .granter = { .guest = HV_GUEST_PV },
			     .mapper = { .guest = HV_GUEST_TRANSLATED } };
	grant_v3_handle_t h, ro;
	uint32_t type;
	struct v3 t;

	if (!ok(!v3_set_up(&t, o, 2, 4), "PV granter: set up"))
		return;
	v3_leaf(&t, LEAF, 1, 512, 0);
	type = hv_page(t.f.host, t.f.g->first_mfn + 700)->type_info & HV_PGT_COUNT;
	ok(v3_map(&t, LEAF, 0, 512, V3_HOLE | V3_LARGE, &h) == GNTST_okay && t.map.large == 1 &&
		   v3_leads(&t, 0, 512, 512) &&
		   (hv_page(t.f.host, t.f.g->first_mfn + 700)->type_info & HV_PGT_COUNT) ==
			   type + 1,
	   "PV granter: 2M to be written, each page with a type");
	ok(v3_map(&t, 512, 1024, 512, V3_RO | V3_LARGE, &ro) == GNTST_okay && t.map.large == 1 &&
		   (hv_page(t.f.host, t.f.g->first_mfn + 700)->type_info & HV_PGT_COUNT) ==
			   type + 1 &&
		   v3_refs(&t, 700) == 2,
	   "PV granter: a run to be read, without");
	ok(!fx_check(&t.f, true), "PV granter: invariants");
	ok(v3_revoke(&t, LEAF + 7, 1, 0) == GNTST_okay && t.rev.pages == 512 &&
		   v3_refs(&t, 700) == 1 &&
		   (hv_page(t.f.host, t.f.g->first_mfn + 700)->type_info & HV_PGT_COUNT) == type,
	   "PV granter: revoked, and the types are gone");
	/* A page of another type in the middle: nothing of the run is held then. */
	hv_get_type(&t.f.host->toolstack, hv_page(t.f.host, t.f.g->first_mfn + 100), HV_PGT_L1);
	ok(v3_map(&t, 0, 0, 512, V3_RW | V3_LARGE, NULL) == GNTST_bad_page && t.map.done == 100 &&
		   !t.map.large && v3_refs(&t, 101) == 0 &&
		   v3_unmap(&t, t.map.handle) == GNTST_okay && v3_refs(&t, 99) == 0 &&
		   !(hv_page(t.f.host, t.f.g->first_mfn + 99)->type_info & HV_PGT_COUNT),
	   "PV granter: a page table in the run");
	hv_put_type(&t.f.host->toolstack, hv_page(t.f.host, t.f.g->first_mfn + 100));
	ok(v3_unmap(&t, ro) == GNTST_okay && v3_unmap(&t, h) == GNTST_okay, "PV granter: unmapped");
	ok(!v3_close(&t), "PV granter: invariants again");
}

/* The device follows, by tables of its own or the p2m itself; its IOTLB holds what it was given. */
static void test_devices(void)
{
	static const enum hv_iommu_mode modes[] = { HV_IOMMU_STRICT, HV_IOMMU_SHARED,
						    HV_IOMMU_BATCHED };

	for (unsigned i = 0; i < 3; i++) {
		struct fx_opts o = { .mapper = { .iommu = modes[i] } };
		struct hv_counters before, c;
		grant_v3_handle_t h;
		struct v3 t;

		o.host.audit = true;
		if (!ok(!v3_open(&t, o, 2, 4), "device %u: set up", i))
			return;
		/* There was a table, in both. */
		v3_map(&t, 9, 9, 1, V3_HOLE, &h);
		v3_device(&t, 9, false);
		v3_unmap(&t, h);
		ok(v3_map(&t, 0, 0, 512, V3_HOLE | V3_LARGE, &h) == GNTST_okay &&
			   t.map.large == 1 && v3_device(&t, 3, false) == 3 &&
			   v3_device(&t, 400, false) == 400 % 256 && v3_device(&t, 500, true) >= 0,
		   "device %u: reads and writes 2M", i);
		ok(!fx_check(&t.f, true), "device %u: invariants", i);
		before = *hv_vcpu_counters(t.f.mv);
		v3_unmap(&t, h);
		c = v3_since(t.f.mv, &before);
		ok(c.iotlb_invs == 1 && c.iotlb_waits == 1 && c.flushes == 1 &&
			   c.entries_written == 1 + (modes[i] != HV_IOMMU_SHARED),
		   "device %u: unmapped by one invalidation", i);
		ok(v3_device(&t, 3, false) == -1 && v3_device(&t, 400, false) == -1 &&
			   v3_device(&t, 500, true) == -1,
		   "device %u: nothing is in its reach", i);
		v3_map(&t, 512, 512, 512, V3_HOLE | V3_LARGE, &h);
		v3_device(&t, 700, true);
		ok(v3_revoke(&t, 600, 1, 0) == GNTST_okay && t.rev.pages == 512 &&
			   v3_device(&t, 700, true) == -1 && v3_device(&t, 600, false) == -1,
		   "device %u: nor after a revoke", i);
		ok(!v3_close(&t), "device %u: invariants again", i);
	}
}

/* The IOMMU has no memory for it: the large entry is taken back, and what goes by 4K has none either. */
static void test_no_memory(void)
{
	struct fx_opts o = { .mapper = { .iommu = HV_IOMMU_STRICT } };
	unsigned n = 0, left = 0;
	grant_v3_handle_t h;
	struct v3 t;
	int rc = -1;

	if (!ok(!v3_open(&t, o, 2, 4), "no memory: set up"))
		return;
	for (; rc && n < 40; n++) {
		uint64_t heap = t.f.m->heap_bytes - t.f.m->v3_bytes;

		hv_host_fail_alloc(t.f.host, n + 1);
		rc = v3_map(&t, 0, 0, 1024, V3_SINK | GNTV3_RESERVE | V3_LARGE, &h);
		hv_host_fail_alloc(t.f.host, 0);
		if (fx_check(&t.f, true))
			break;
		if (!rc && t.map.large < 2)
			rc = 1;
		if (h && v3_unmap(&t, h) != GNTST_okay)
			break;
		/* Tables that were made stay, as always. */
		left += t.f.m->heap_bytes - t.f.m->v3_bytes > heap;
	}
	ok(!rc && n > 5 && n < 40 && left < 6, "no memory: at each of %u places", n - 1);
	ok(!v3_close(&t), "no memory: invariants");
}

static void test_deaths(void)
{
	for (unsigned i = 0; i < 4; i++) {
		struct fx_opts o = { .mapper = { .iommu = i & 1 ? HV_IOMMU_STRICT
								: HV_IOMMU_NONE } };
		grant_v3_handle_t h, kept;
		struct v3 t;

		o.host.audit = o.host.poison = true;
		if (!ok(!v3_open(&t, o, 2, 4), "deaths: set up"))
			return;
		v3_map(&t, 0, 0, 512, V3_HOLE | V3_LARGE, &h);
		v3_map(&t, 512, 512, 512, V3_RW | V3_LARGE, &kept);
		v3_map(&t, 0, 1024, 512, V3_SINK | GNTV3_RESERVE | V3_LARGE, NULL);
		v3_map(&t, 0, 1536, 512, V3_HOLE | GNTV3_RESERVE | V3_LARGE, NULL);
		v3_revoke(&t, 5, 2, 0);
		v3_map(&t, 0, 2048, 512, V3_HOLE | GNTV3_RESERVE | V3_LARGE, NULL);
		for (unsigned s = 0; s < 5; s++)
			v3_peek(&t, 512 * s + 300, 0);
		if (i < 2) {
			hv_domain_kill(t.f.m);
			ok(v3_refs(&t, 0) == 0 && v3_refs(&t, 511) == 0 && v3_refs(&t, 700) == 0,
			   "deaths: a mapper leaves no reference");
			ok(!hv_host_violation(t.f.host) && !fx_check(&t.f, true),
			   "deaths: invariants");
			fx_close(&t.f);
			continue;
		}
		hv_domain_kill(t.f.g);
		ok(v3_peek(&t, 300, 0) == -1 && v3_peek(&t, 1024 + 300, 0) == 0 &&
			   v3_peek(&t, 1536 + 300, 0) == -1 && v3_peek(&t, 2048 + 300, 0) == -1,
		   "deaths: of a granter");
		ok(v3_peek(&t, 512 + 300, 0) == (512 + 300) % 256 && v3_order(&t, 600) == 9,
		   "deaths: what accepts nothing stays");
		ok(!fx_check(&t.f, true), "deaths: invariants");
		ok(v3_unmap(&t, kept) == GNTST_okay && v3_order(&t, 600) == -1,
		   "deaths: until it is unmapped");
		ok(!v3_close(&t), "deaths: invariants again");
	}
}

int main(void)
{
	test_leaf();
	test_runs();
	test_granters();
	test_in_the_way();
	test_blocked();
	test_max_maps();
	test_pv_granter();
	test_devices();
	test_no_memory();
	test_deaths();
	return tap_done();
}
