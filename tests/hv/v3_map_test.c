// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3, mapping: growth, ranges, how many mappings a page can have, what memory it takes, failures at every
 * allocation, preemption at every point, the entries' place beside version 1's.
 */
#include "p2m.h"
#include "v3.h"

static const struct fx_opts plain;

static uint64_t allocated(const struct v3 *t)
{
	return hv_vcpu_counters(t->f.mv)->bytes_allocated +
	       hv_vcpu_counters(t->f.gv)->bytes_allocated;
}

/* Are slots slot.. the pages page.. ? */
static bool shows(struct v3 *t, unsigned slot, unsigned page, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		if (v3_peek(t, slot + i, 0) != (uint8_t)(page + i))
			return false;
	return true;
}

static void test_growth(void)
{
	uint64_t far = 3ull << 27 | 5ull << 18 | 7 << 9 | 11;
	grant_v3_handle_t h[4];
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 1, 2), "growth: set up"))
		return;
	ok(v3_map(&t, 3, 0, 1, V3_RW, &h[0]) == GNTST_okay, "growth: a tree of one level");
	ok(v3_map(&t, 512, 1, 1, V3_RW, NULL) == GNTST_bad_gntref, "growth: holds 512 references");
	ok(v3_map(&t, 7 << 9, 1, 1, V3_RW, NULL) == GNTST_bad_gntref && !fx_check(&t.f, true),
	   "growth: and takes no memory for others");
	ok(!v3_grow(&t) && v3_peek(&t, 0, 0) == 3,
	   "growth: another level, and what is mapped stays");
	v3_grant(&t, 600, 60, 0);
	ok(v3_map(&t, 600, 1, 1, V3_RW, &h[1]) == GNTST_okay && v3_peek(&t, 1, 0) == 60,
	   "growth: a reference above 512");
	ok(!v3_grow(&t) && !v3_grow(&t) && v3_grow(&t) == GNTST_general_error,
	   "growth: up to four levels");
	v3_grant(&t, far, 70, 0);
	ok(v3_map(&t, far, 2, 1, V3_RW, &h[2]) == GNTST_okay && v3_peek(&t, 2, 0) == 70,
	   "growth: a reference of four levels");
	ok(v3_map(&t, 3, 3, 1, V3_RW, &h[3]) == GNTST_okay && v3_peek(&t, 3, 0) == 3,
	   "growth: numbers stay what they were");
	ok(v3_query(&t, 3) == GNTST_okay && t.query.maps == 2 && t.query.writes && !t.query.order &&
		   v3_query(&t, far) == GNTST_okay && t.query.maps == 1,
	   "growth: queries find all");
	ok(!fx_check(&t.f, true), "growth: invariants");
	for (unsigned i = 0; i < 4; i++)
		ok(v3_unmap(&t, h[i]) == GNTST_okay, "growth: unmap %u", i);
	ok(v3_query(&t, 3) == GNTST_okay && !t.query.maps, "growth: and nothing is left");
	ok(!v3_close(&t), "growth: invariants again");
}

static void test_ranges(void)
{
	grant_v3_handle_t h, h2;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 2), "ranges: set up"))
		return;
	ok(v3_map(&t, 500, 0, 100, V3_RW, &h) == GNTST_okay && t.map.done == 100 &&
		   shows(&t, 0, 500, 100),
	   "ranges: over the border of a region, one handle");
	ok(t.map.dev_bus_addr && !t.map.large, "ranges: with the address of its first page");
	ok(v3_map(&t, 0, 200, 1024, V3_RO, &h2) == GNTST_okay && t.map.done == 1024 &&
		   shows(&t, 200, 0, 1024),
	   "ranges: two whole regions");
	ok(v3_poke(&t, 200, 0, 9) == -EFAULT && !v3_poke(&t, 0, 0, 500 & 255), "ranges: rights");
	ok(!fx_check(&t.f, true), "ranges: invariants");
	ok(v3_unmap(&t, h) == GNTST_okay && v3_unmap(&t, h2) == GNTST_okay,
	   "ranges: one unmap each");
	ok(v3_peek(&t, 0, 0) == -1 && v3_peek(&t, 99, 0) == -1 && v3_peek(&t, 1223, 0) == -1,
	   "ranges: takes all of it away");
	/* The first that fails ends it; what came before stays. */
	v3_end(&t, 540);
	ok(v3_map(&t, 500, 0, 100, V3_RW, &h) == GNTST_bad_gntref && t.map.done == 40 && h,
	   "ranges: up to the entry that grants nothing");
	ok(shows(&t, 0, 500, 40) && v3_peek(&t, 40, 0) == -1, "ranges: so much is mapped");
	ok(v3_query(&t, 539) == GNTST_okay && t.query.maps == 1 &&
		   v3_query(&t, 540) == GNTST_okay && !t.query.maps,
	   "ranges: and known");
	ok(!fx_check(&t.f, true) && v3_unmap(&t, h) == GNTST_okay,
	   "ranges: unmapped by its handle");
	v3_end(&t, 512);
	ok(v3_map(&t, 500, 0, 100, V3_RW, &h) == GNTST_bad_gntref && t.map.done == 12,
	   "ranges: up to the border");
	ok(v3_unmap(&t, h) == GNTST_okay, "ranges: unmapped");
	v3_end(&t, 500);
	ok(v3_map(&t, 500, 0, 100, V3_RW, &h) == GNTST_bad_gntref && !t.map.done && !h,
	   "ranges: and none if the first fails");
	/* Something in the way. */
	ok(v3_map(&t, 20, 10, 1, V3_RW, &h2) == GNTST_okay, "ranges: a page in the way");
	ok(v3_map(&t, 30, 0, 100, V3_RW, &h) == GNTST_bad_virt_addr && t.map.done == 10,
	   "ranges: up to it");
	ok(!fx_check(&t.f, true) && v3_unmap(&t, h) == GNTST_okay && v3_peek(&t, 10, 0) == 20,
	   "ranges: which stays where it is");
	ok(v3_unmap(&t, h2) == GNTST_okay, "ranges: until it is unmapped");
	ok(!v3_close(&t), "ranges: invariants again");
}

/* A page can have max_maps mappings, and a list cannot have more. */
static void test_caps(void)
{
	for (unsigned cap = 0; cap <= 5; cap++) {
		unsigned want = cap ? cap : 2, n = 0;
		grant_v3_handle_t h[64];
		struct v3 t;

		if (!ok(!v3_open(&t, plain, 2, cap), "max_maps %u: set up", cap))
			return;
		while (n < 60 && v3_map(&t, 9, n, 1, V3_RW, &h[n]) == GNTST_okay)
			n++;
		ok(n == want && t.map.status == GNTST_no_space, "max_maps %u: %u of one page", cap,
		   n);
		/* Runs of other shapes have lists of their own: at most ten times as many. */
		for (unsigned k = 1; k <= 9; k++)
			while (n < 60 && v3_map(&t, 9u >> k << k, 64 + 512 * (n % 7), 1u << k,
						V3_RW, &h[n]) == GNTST_okay)
				n++;
		ok(n <= 10 * want && v3_query(&t, 9) == GNTST_okay && t.query.maps == n,
		   "max_maps %u: %u of all shapes", cap, n);
		ok(!fx_check(&t.f, true), "max_maps %u: invariants", cap);
		while (n)
			v3_unmap(&t, h[--n]);
		ok(t.unmap.status == GNTST_okay && !v3_close(&t), "max_maps %u: all unmapped", cap);
	}
}

/* One page mapped again and again takes no memory, wherever the page before it was. */
static void test_hysteresis(void)
{
	uint64_t before, own;
	grant_v3_handle_t h, held[3];
	bool good = true;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 2), "memory: set up"))
		return;
	v3_map(&t, 9, 0, 1, V3_RW, &h);
	v3_unmap(&t, h);
	before = allocated(&t);
	for (unsigned i = 0; i < 100; i++)
		good &= v3_map(&t, i, 0, 1, V3_RW, &h) == GNTST_okay &&
			v3_unmap(&t, h) == GNTST_okay;
	ok(good && allocated(&t) == before, "memory: a page of a region mapped again takes none");
	ok(!fx_check(&t.f, true), "memory: invariants");
	v3_map(&t, 600, 0, 1, V3_RW, &h);
	v3_unmap(&t, h);
	own = v3_bytes(t.f.m);
	for (unsigned i = 0; i < 20; i++) {
		v3_map(&t, i % 2 * 600, 0, 1, V3_RW, &h);
		v3_unmap(&t, h);
	}
	ok(v3_bytes(t.f.m) == own && !fx_check(&t.f, true), "memory: one empty region is kept");
	for (unsigned i = 0; i < 2; i++) {
		before = allocated(&t);
		for (unsigned k = 0; k < 3; k++)
			good &= v3_map(&t, 170 * k, 170 * k, 170, V3_RW, &held[k]) == GNTST_okay;
		for (unsigned k = 0; k < 3; k++)
			good &= v3_unmap(&t, held[k]) == GNTST_okay;
	}
	ok(good && allocated(&t) == before, "memory: ranges mapped again take none");
	own = v3_bytes(t.f.m);
	for (unsigned n = 2; n <= GNTV3_ENTRIES; n++)
		good &= v3_map(&t, 0, 0, n, V3_RW, &h) == GNTST_okay &&
			v3_unmap(&t, h) == GNTST_okay && v3_bytes(t.f.m) <= own + HV_PAGE_SIZE;
	ok(good && !fx_check(&t.f, true), "memory: of lists as many are kept as fill a page");
	ok(v3_unregister(&t) == GNTST_okay, "memory: the tree goes");
	ok(!v3_close(&t), "memory: and leaves none behind");
}

/* Memory fails at each point once: a status, nothing lost, and the next try works. */
static void test_failures(void)
{
	unsigned n, stopped = 0;
	grant_v3_handle_t h;
	bool good = true;
	struct fx_opts o = { .mapper = { .iommu = HV_IOMMU_STRICT } };

	for (n = 1; n < 40 && good; n++) {
		unsigned before;
		struct v3 t;
		int rc;

		if (v3_open(&t, o, 2, 2))
			break;
		v3_grow(&t);
		hv_host_fail_alloc(t.f.host, n);
		rc = v3_map(&t, 500, 3, 40, V3_SINK, &h);
		hv_host_fail_alloc(t.f.host, 0);
		before = t.map.done;
		good &= rc == GNTST_okay || rc == GNTST_no_space || rc == GNTST_no_device_space;
		good &= !fx_check(&t.f, true) && (before != 0) == (h != 0);
		stopped += rc != GNTST_okay;
		if (h)
			good &= v3_unmap(&t, h) == GNTST_okay;
		good &= v3_map(&t, 500, 3, 40, V3_SINK, &h) == GNTST_okay && shows(&t, 3, 500, 40);
		good &= !v3_close(&t);
		if (rc == GNTST_okay)
			break;
	}
	ok(good && stopped > 10, "failures: each of %u allocations of a map", stopped);
	for (n = 1; n < 10 && good; n++) {
		struct v3 t;
		int rc;

		if (v3_open(&t, o, 0, 0))
			break;
		hv_host_fail_alloc(t.f.host, n);
		rc = v3_register(&t, hv_domain_id(t.f.m), 1, 2, 0);
		hv_host_fail_alloc(t.f.host, 0);
		good &= (rc == GNTST_okay || rc == GNTST_no_space) && !v3_close(&t);
		if (rc == GNTST_okay)
			break;
	}
	ok(good && n == 3, "failures: each of %u of a register", n - 1);
}

static void test_limits(void)
{
	struct fx_opts o = plain;
	grant_v3_handle_t h;
	unsigned n = 0;
	struct v3 t;

	o.mapper.max_v3_pages = 6;
	o.granter.max_v3_trees = 2;
	if (!ok(!v3_open(&t, o, 2, 2), "limits: set up"))
		return;
	ok(v3_register(&t, hv_domain_id(t.f.m), 2, 2, 0) == GNTST_okay &&
		   v3_register(&t, hv_domain_id(t.f.m), 2, 2, 0) == GNTST_no_space,
	   "limits: two trees");
	while (n < 10 && v3_map(&t, n * 512 + 1, n, 1, V3_RW, &h) == GNTST_okay)
		n++;
	ok(n == 2 && t.map.status == GNTST_no_space,
	   "limits: of 6 pages, records take 2, the shadow's root 2 and each of %u regions one", n);
	ok(!fx_check(&t.f, true), "limits: invariants");
	v3_close(&t);
	o.mapper.max_v3_pages = 0;
	o.mapper.heap_limit = 60 << HV_PAGE_SHIFT;
	if (!ok(!v3_open(&t, o, 2, 2), "limits: a domain that may cost little"))
		return;
	for (n = 0; n < 1000 && v3_map(&t, n, n, 1, V3_RW, &h) == GNTST_okay; n++)
		;
	ok(n == 1000 || t.map.status == GNTST_no_space, "limits: %u pages within that", n);
	ok(!v3_close(&t), "limits: invariants again");
}

/* Left and entered again wherever that can be. */
static void test_preemption(void)
{
	struct fx_opts o = { .host = { .preempt_every = 1 } };
	struct gnttab_v3_unmap *u;
	struct gnttab_v3_map *m;
	uint64_t before;
	struct v3 t;
	bool good;

	if (!ok(!v3_open(&t, o, 2, 2), "preemption: set up"))
		return;
	before = hv_vcpu_counters(t.f.mv)->continuations;
	m = (struct gnttab_v3_map *)t.f.margs;
	u = (struct gnttab_v3_unmap *)(t.f.margs + 65536);
	for (unsigned i = 0; i < 50; i++)
		m[i] = v3_map_args(&t, i < 40 ? i : 520 + 50 * (i - 40),
				   i < 40 ? i : 40 + 50 * (i - 40), i < 40 ? 1 : 40 + i % 3,
				   V3_HOLE);
	ok(!hv_grant_table_op(t.f.mv, GNTTABOP_v3_map, m, 50), "preemption: 50 requests");
	good = true;
	for (unsigned i = 0; i < 50; i++) {
		good &= m[i].status == GNTST_okay && m[i].done == m[i].count;
		u[i] = (struct gnttab_v3_unmap){ .tree = t.tree,
						 .handle = m[i].handle,
						 .dom = m[i].dom };
	}
	ok(good && shows(&t, 0, 0, 40) && shows(&t, 40, 520, 41),
	   "preemption: all as it should be");
	ok(!fx_check(&t.f, true), "preemption: invariants");
	ok(!hv_grant_table_op(t.f.mv, GNTTABOP_v3_unmap, u, 50), "preemption: and unmapped");
	good = true;
	for (unsigned i = 0; i < 50; i++)
		good &= u[i].status == GNTST_okay && !u[i].revoked;
	ok(good && v3_peek(&t, 0, 0) == -1 && v3_peek(&t, 60, 0) == -1, "preemption: all of it");
	ok(v3_map(&t, 0, 0, 1024, V3_HOLE, NULL) == GNTST_okay &&
		   v3_revoke(&t, 0, 1024, 0) == GNTST_okay && t.rev.pages == 1024 &&
		   t.rev.done == 1024,
	   "preemption: a revoke");
	before = hv_vcpu_counters(t.f.mv)->continuations - before;
	ok(before >= 3 && hv_vcpu_counters(t.f.gv)->continuations,
	   "preemption: the mapper %lu times", (unsigned long)before);
	ok(!v3_close(&t), "preemption: invariants again");
}

/* A mapping of version 3 is no mapping of version 1's, whatever frame both have. */
static void test_beside(void)
{
	struct xen_add_to_physmap a = { .domid = DOMID_SELF, .space = XENMAPSPACE_grant_table };
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	uint64_t frame = HV_GFN_MAP_BASE + 1;
	grant_v3_handle_t h;
	uint32_t h1;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 2), "beside version 1: set up"))
		return;
	fx_grant(&t.f, 20, 9, false);
	ok(!fx_map(&t.f, 20, 0, GNTMAP_host_map, &h1) &&
		   v3_map(&t, 9, 1, 1, V3_SINK, &h) == GNTST_okay,
	   "beside version 1: one frame by both");
	ok(fx_unmap(&t.f, h1, 1, 0) == GNTST_general_error && v3_peek(&t, 1, 0) == 9,
	   "beside version 1: its unmap does not take the other's entry");
	ok(!fx_check(&t.f, true), "beside version 1: invariants");
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(t.f.margs + 4096));
	for (int i = 0; i < 2; i++) {
		memcpy(t.f.margs + 4096, &frame, 8);
		memcpy(t.f.margs, &r, sizeof(r));
		ok(hv_memory_op(t.f.mv, XENMEM_decrease_reservation, t.f.margs) == 0,
		   "a %s cannot be given up", i ? "sink" : "mapping");
		a.gpfn = frame;
		memcpy(t.f.margs, &a, sizeof(a));
		ok(hv_memory_op(t.f.mv, XENMEM_add_to_physmap, t.f.margs) < 0,
		   "nor can a frame of the table take its place");
		ok(v3_revoke(&t, 9, 1, 0) == GNTST_okay && t.rev.pages == !i, "revoked");
	}
	ok(v3_peek(&t, 0, 0) == 9 && v3_peek(&t, 1, 0) == 0, "what version 1 mapped stays");
	ok(!fx_unmap(&t.f, h1, 0, 0) && v3_unmap(&t, h) == GNTST_okay, "all unmapped");
	ok(!v3_close(&t), "beside version 1: invariants again");
}

/* A domain maps its own pages: the original place stays, and is its owner's to give up. */
static void test_self(void)
{
	struct fx_opts o = { .self = true };
	grant_v3_handle_t h;
	struct v3 t;

	o.mapper.map_slots = 64;
	if (!ok(!v3_open(&t, o, 2, 2), "self-grant: set up"))
		return;
	ok(v3_map(&t, 9, 0, 1, V3_RW, &h) == GNTST_okay && v3_peek(&t, 0, 0) == 9 &&
		   hv_guest_frame_ptr(t.f.g, 9),
	   "self-grant: in two places");
	ok(v3_balloon(&t, HV_GFN_MAP_BASE, true) == 0,
	   "self-grant: the mapping cannot be given up");
	ok(v3_balloon(&t, 9, true) == 1 && v3_peek(&t, 0, 0) == 9, "self-grant: the page can");
	ok(!fx_check(&t.f, true), "self-grant: invariants");
	t.map.dom = DOMID_SELF;
	ok(v3_unmap(&t, h) == GNTST_okay && v3_peek(&t, 0, 0) == -1, "self-grant: unmapped");
	ok(!v3_close(&t), "self-grant: invariants again");
}

int main(void)
{
	test_growth();
	test_ranges();
	test_caps();
	test_hysteresis();
	test_failures();
	test_limits();
	test_preemption();
	test_beside();
	test_self();
	return tap_done();
}
