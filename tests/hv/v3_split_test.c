// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3, parts of large entries: taken with the whole, or alone by what was paid for it beforehand; sinks; what is
 * built again afterwards; lists of several levels; the account; and with how much work.
 */
#include "v3_large.h"

static const struct fx_opts plain;

#define PART_HOLE (V3_HOLE | V3_LARGE | GNTV3_RESERVE)
#define PART_SINK (V3_SINK | V3_LARGE | GNTV3_RESERVE)

static bool map_2m(struct v3 *t, uint64_t ref, unsigned slot, unsigned flags, grant_v3_handle_t *h)
{
	return v3_map(t, ref, slot, 512, flags, h) == GNTST_okay && t->map.large == 1;
}

/* A revoke that must take no memory: pages taken. */
static unsigned revoke(struct v3 *t, uint64_t ref, uint64_t n)
{
	uint64_t bytes = hv_vcpu_counters(t->f.gv)->bytes_allocated;

	if (v3_revoke(t, ref, n, 0) != GNTST_okay)
		return ~0u;
	if (hv_vcpu_counters(t->f.gv)->bytes_allocated != bytes)
		ok(0, "a revoke took memory");
	return t->rev.pages;
}

static void test_whole(void)
{
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 4), "whole: set up"))
		return;
	ok(map_2m(&t, 0, 0, V3_HOLE | V3_LARGE, &h), "whole: mapped");
	v3_peek(&t, 400, 0);
	ok(revoke(&t, 100, 1) == 512 && t.rev.outcomes == (GNTV3_GOT_HOLE | GNTV3_GOT_MORE) &&
		   t.rev.done == 1 && v3_peek(&t, 400, 0) == -1 && v3_refs(&t, 400) == 0,
	   "whole: a part takes all of it");
	ok(revoke(&t, 0, 512) == 0 && v3_unmap(&t, h) == GNTST_okay && t.unmap.revoked,
	   "whole: once");
	ok(map_2m(&t, 0, 0, V3_HOLE | V3_LARGE, &h) && revoke(&t, 0, 512) == 512 &&
		   t.rev.outcomes == GNTV3_GOT_HOLE && v3_unmap(&t, h) == GNTST_okay,
	   "whole: all of it is no more");
	ok(map_2m(&t, 0, 0, V3_HOLE | V3_SINK | V3_LARGE, &h) && revoke(&t, 7, 1) == 512 &&
		   t.rev.outcomes == (GNTV3_GOT_HOLE | GNTV3_GOT_MORE) && v3_peek(&t, 7, 0) == -1 &&
		   v3_unmap(&t, h) == GNTST_okay,
	   "whole: a hole, where a sink would take a table");
	ok(v3_map(&t, 0, 0, 512, V3_SINK | V3_LARGE, &h) == GNTST_okay && !t.map.large &&
		   revoke(&t, 7, 1) == 1 && v3_unmap(&t, h) == GNTST_okay,
	   "whole: who takes nothing but sinks, and pays nothing, gets 4K entries");
	ok(map_2m(&t, 0, 0, V3_RW | V3_LARGE, &h) && revoke(&t, 7, 1) == 0 &&
		   t.rev.outcomes == GNTV3_GOT_KEPT && v3_order(&t, 7) == 9 &&
		   v3_unmap(&t, h) == GNTST_okay && !t.unmap.revoked,
	   "whole: what accepts nothing stays as it is");
	ok(map_2m(&t, 0, 0, V3_RW | V3_LARGE | GNTV3_RESERVE, &h) && revoke(&t, 7, 1) == 0 &&
		   t.rev.outcomes == GNTV3_GOT_KEPT && v3_order(&t, 7) == 9 &&
		   !fx_check(&t.f, true) && v3_unmap(&t, h) == GNTST_okay,
	   "whole: though it has paid");
	ok(!v3_close(&t), "whole: invariants");
}

/* By each kind of IOMMU, as its tables are split, too. */
static void test_parts(enum hv_iommu_mode iommu)
{
	struct fx_opts o = { .mapper = { .iommu = iommu } };
	struct hv_counters before, c;
	uint64_t paid, reserve = (iommu == HV_IOMMU_STRICT || iommu == HV_IOMMU_BATCHED ? 2 : 1) *
				 HV_PAGE_SIZE;
	grant_v3_handle_t h;
	bool dev = iommu != HV_IOMMU_NONE;
	struct v3 t;

	o.host.audit = o.host.poison = true;
	if (!ok(!v3_open(&t, o, 2, 4), "parts, IOMMU %u: set up", iommu))
		return;
	/* The memory that comes with the first mapping of all. */
	map_2m(&t, 512, 512, V3_HOLE | V3_LARGE, &h);
	paid = v3_paid(t.f.m);
	ok(map_2m(&t, 0, 0, PART_HOLE, &h) && v3_paid(t.f.m) == paid + reserve + HV_PAGE_SIZE,
	   "parts: a page for frames and %lu for tables are paid", (unsigned long)reserve >> 12);
	for (unsigned i = 0; i < 512; i += 100) {
		v3_peek(&t, i, 0);
		if (dev)
			v3_device(&t, i, true);
	}
	ok(!fx_check(&t.f, true), "parts: invariants");
	before = *hv_vcpu_counters(t.f.gv);
	ok(revoke(&t, 100, 1) == 1 && t.rev.outcomes == GNTV3_GOT_HOLE,
	   "parts: one page, and nothing but it");
	c = v3_since(t.f.gv, &before);
	ok(c.splits == reserve >> 12 && c.entries_written == (512 + 1 + 1) * (reserve >> 12) &&
		   c.flushes == 1 && c.iotlb_invs == dev && c.page_puts == 1 + c.page_gets,
	   "parts: a table of 512 entries, one of them cleared, one flush, one reference");
	ok(v3_paid(t.f.m) == paid + HV_PAGE_SIZE, "parts: the table is the p2m's from then on");
	ok(v3_peek(&t, 100, 0) == -1 && (!dev || v3_device(&t, 100, true) == -1) &&
		   v3_refs(&t, 100) == 0 && v3_balloon(&t, 100, true) == 1,
	   "parts: out of reach, and the frame can be given away");
	ok(v3_leads(&t, 0, 0, 100) && v3_leads(&t, 101, 101, 411) && v3_peek(&t, 99, 0) == 99 &&
		   (!dev || v3_device(&t, 101, false) == 101) && v3_refs(&t, 511) == 1 &&
		   v3_order(&t, 0) == 0,
	   "parts: the others are as they were");
	ok(!fx_check(&t.f, true), "parts: invariants of a split record");
	ok(v3_query(&t, 99) == GNTST_okay && t.query.maps == 1 && t.query.order == 0 &&
		   v3_query(&t, 100) == GNTST_okay && t.query.maps == 0,
	   "parts: what is known of them");
	before = *hv_vcpu_counters(t.f.gv);
	ok(revoke(&t, 90, 20) == 19 && t.rev.outcomes == GNTV3_GOT_HOLE, "parts: more of it");
	c = v3_since(t.f.gv, &before);
	ok(!c.splits && c.entries_written == 19 * (reserve >> 12) && c.flushes == 1,
	   "parts: by an entry each");
	ok(revoke(&t, 0, 512) == 512 - 20 && v3_order(&t, 3) == -1 && v3_refs(&t, 3) == 0,
	   "parts: and the rest");
	ok(v3_unmap(&t, h) == GNTST_okay && t.unmap.revoked && !fx_check(&t.f, true) &&
		   v3_paid(t.f.m) == paid + HV_PAGE_SIZE,
	   "parts: unmapped, and nothing is owed but the list of frames that is kept");
	/* Part of it gone, and the frame back: mapped anew. */
	v3_balloon(&t, 100, false);
	ok(v3_map(&t, 0, 0, 512, PART_HOLE, &h) == GNTST_okay && !t.map.large &&
		   v3_unmap(&t, h) == GNTST_okay,
	   "parts: of pieces that lie elsewhere it is made of 4K");
	ok(v3_unregister(&t) == GNTST_okay, "parts: unregistered");
	ok(!v3_close(&t), "parts: invariants at the end");
}

static void test_sinks(enum hv_iommu_mode iommu)
{
	struct fx_opts o = { .mapper = { .iommu = iommu } };
	unsigned tables = iommu == HV_IOMMU_STRICT ? 2 : 1;
	struct hv_counters before, c;
	grant_v3_handle_t h, h2;
	struct v3 t;

	if (!ok(!v3_open(&t, o, 2, 4), "sinks, IOMMU %u: set up", iommu))
		return;
	ok(map_2m(&t, 0, 0, PART_SINK, &h) && map_2m(&t, 512, 512, PART_SINK, &h2),
	   "sinks: mapped");
	v3_peek(&t, 3, 0);
	before = *hv_vcpu_counters(t.f.gv);
	ok(revoke(&t, 0, 512) == 512 && t.rev.outcomes == GNTV3_GOT_SINK && v3_refs(&t, 3) == 0,
	   "sinks: in the place of 2M");
	c = v3_since(t.f.gv, &before);
	ok(c.splits == tables && c.entries_written == (512 + 1 + 512) * tables && c.flushes == 1,
	   "sinks: a table of 512 entries, and each of them changed, one flush");
	ok(v3_peek(&t, 0, 0) == 0 && !v3_poke(&t, 3, 0, 88) && v3_peek(&t, 511, 0) == 88 &&
		   v3_peek(&t, 512, 0) == 0 && v3_order(&t, 512) == 9,
	   "sinks: one page 512 times, and the other 2M are still there");
	ok(!fx_check(&t.f, true), "sinks: invariants");
	ok(revoke(&t, 600, 3) == 3 && v3_peek(&t, 601, 0) == 88 && v3_leads(&t, 603, 603, 421) &&
		   v3_refs(&t, 601) == 0 && v3_refs(&t, 603) == 1,
	   "sinks: in the place of a part");
	if (iommu)
		ok(v3_device(&t, 601, false) == 88 && v3_device(&t, 604, false) == 604 % 256,
		   "sinks: for a device");
	ok(!fx_check(&t.f, true), "sinks: invariants of a part");
	ok(v3_unmap(&t, h) == GNTST_okay && v3_unmap(&t, h2) == GNTST_okay &&
		   v3_peek(&t, 3, 0) == -1 && v3_peek(&t, 601, 0) == -1 &&
		   v3_peek(&t, 700, 0) == -1,
	   "sinks: unmapped, and holes are left");
	ok(map_2m(&t, 0, 0, PART_SINK, &h) && map_2m(&t, 512, 512, V3_RO | V3_LARGE, &h2) &&
		   v3_leads(&t, 0, 0, 1024),
	   "sinks: 2M again, where the tables were");
	ok(v3_unmap(&t, h) == GNTST_okay && v3_unmap(&t, h2) == GNTST_okay,
	   "sinks: unmapped again");
	ok(!v3_close(&t), "sinks: invariants at the end");
}

/* As much as max_v3_pages allows: then the entry is not made, and what comes instead is 4K or nothing. */
static void test_limit(void)
{
	unsigned large = 0, small = 0, none = 0;

	for (unsigned pages = 1; pages < 16; pages++) {
		struct fx_opts o = { .mapper = { .max_v3_pages = pages,
						 .iommu = HV_IOMMU_STRICT } };
		grant_v3_handle_t h = 0;
		struct v3 t;
		int rc;

		if (!ok(!v3_open(&t, o, 2, 4), "limit of %u: set up", pages))
			return;
		/* What is there already is not paid again for 4K entries of the same region. */
		rc = v3_map(&t, 9, 600, 1, V3_SINK, NULL);
		if (!rc)
			rc = v3_map(&t, 0, 0, 512, PART_SINK, &h);
		large += !rc && t.map.large;
		small += !rc && !t.map.large;
		none += rc && !h;
		ok((!rc || rc == GNTST_no_space) && !fx_check(&t.f, true) &&
			   v3_paid(t.f.m) <= t.f.m->max_v3_bytes,
		   "limit of %u: held", pages);
		if (h)
			ok(v3_unmap(&t, h) == GNTST_okay, "limit of %u: unmapped", pages);
		ok(!v3_close(&t), "limit of %u: invariants", pages);
	}
	ok(large > 3 && small >= 1 && none > 3, "limit: %u by 2M, %u by 4K, %u not at all", large,
	   small, none);
}

/* A record of 2M, one that was split, and small ones of the same region: each is found by what it touches. */
static void test_levels(void)
{
	grant_v3_handle_t big, split, one, few;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 4), "levels: set up"))
		return;
	ok(map_2m(&t, 0, 0, V3_HOLE | V3_LARGE, &big) && map_2m(&t, 0, 512, PART_HOLE, &split) &&
		   v3_map(&t, 9, 1024, 1, V3_HOLE, &one) == GNTST_okay &&
		   v3_map(&t, 200, 1100, 100, V3_HOLE, &few) == GNTST_okay,
	   "levels: four mappings");
	ok(revoke(&t, 250, 1) == 512 + 1 + 1 && t.rev.outcomes == (GNTV3_GOT_HOLE | GNTV3_GOT_MORE),
	   "levels: a page of three of them");
	ok(v3_peek(&t, 9, 0) == -1 && v3_peek(&t, 521, 0) == 9 && v3_peek(&t, 1024, 0) == 9 &&
		   v3_peek(&t, 1149, 0) == 249 && v3_peek(&t, 1150, 0) == -1 &&
		   v3_peek(&t, 512 + 250, 0) == -1,
	   "levels: and what is left");
	ok(!fx_check(&t.f, true), "levels: invariants");
	ok(v3_query(&t, 9) == GNTST_okay && t.query.maps == 2, "levels: two are known");
	ok(revoke(&t, 9, 1) == 2 && v3_peek(&t, 521, 0) == -1 && v3_peek(&t, 1024, 0) == -1,
	   "levels: a page of the two");
	/* The large record ends while the region below it lives, and the other way round. */
	ok(v3_unmap(&t, big) == GNTST_okay && v3_unmap(&t, split) == GNTST_okay &&
		   !fx_check(&t.f, true) && v3_peek(&t, 1101, 0) == 201,
	   "levels: the large ones go first");
	ok(map_2m(&t, 0, 0, V3_HOLE | V3_LARGE, &big) && v3_unmap(&t, few) == GNTST_okay &&
		   v3_unmap(&t, one) == GNTST_okay && !fx_check(&t.f, true) &&
		   v3_peek(&t, 9, 0) == 9 && revoke(&t, 9, 1) == 512,
	   "levels: the small ones go first");
	ok(!v3_close(&t), "levels: invariants at the end");
}

/* Again and again: 2M, a part taken, unmapped; and nothing is left behind. */
static void test_rebuilt(void)
{
	struct fx_opts o = { .mapper = { .iommu = HV_IOMMU_STRICT } };
	uint64_t heap = 0, paid = 0;
	grant_v3_handle_t h, one;
	bool good = true;
	struct v3 t;

	if (!ok(!v3_open(&t, o, 2, 4), "rebuilt: set up"))
		return;
	for (unsigned i = 0; i < 30; i++) {
		good &= map_2m(&t, 0, 0, i % 3 ? PART_HOLE : PART_SINK, &h);
		good &= revoke(&t, 17 * i % 500, 1 + i % 7) == 1 + i % 7;
		good &= v3_peek(&t, 505 + i % 6, 0) == (int)((505 + i % 6) % 256) ||
			17 * i % 500 + i % 7 >= 505 + i % 6;
		good &= v3_unmap(&t, h) == GNTST_okay;
		/* And a page by itself in between, by the table that is there. */
		good &= v3_map(&t, i, 40, 1, V3_HOLE, &one) == GNTST_okay &&
			v3_unmap(&t, one) == GNTST_okay;
		if (i == 3) {
			heap = t.f.m->heap_bytes;
			paid = v3_paid(t.f.m);
		}
	}
	ok(good && !fx_check(&t.f, true), "rebuilt: 30 times");
	ok(heap == t.f.m->heap_bytes && paid == v3_paid(t.f.m), "rebuilt: and nothing grows");
	ok(!v3_close(&t), "rebuilt: invariants");
}

/* Two requests of a chain, of which one piece was split: unmapped by one handle; and closed by its granter. */
static void test_chains(void)
{
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 4), "chains: set up"))
		return;
	ok(v3_map(&t, 0, 0, 1024, PART_HOLE, &h) == GNTST_okay && t.map.large == 2 &&
		   revoke(&t, 511, 2) == 2 && v3_peek(&t, 510, 0) == 510 % 256 &&
		   v3_peek(&t, 511, 0) == -1 && v3_peek(&t, 512, 0) == -1 &&
		   v3_peek(&t, 513, 0) == 513 % 256,
	   "chains: over the border of two entries, both split");
	ok(v3_unmap(&t, h) == GNTST_okay && t.unmap.revoked && v3_peek(&t, 3, 0) == -1 &&
		   v3_refs(&t, 3) == 0 && v3_refs(&t, 1000) == 0,
	   "chains: unmapped by one handle");
	ok(v3_map(&t, 0, 0, 1024, PART_SINK, &h) == GNTST_okay && revoke(&t, 5, 1) == 1 &&
		   v3_unregister(&t) == GNTST_okay && v3_peek(&t, 3, 0) == 0 &&
		   v3_peek(&t, 1000, 0) == 0 && v3_refs(&t, 3) == 0 && v3_refs(&t, 1000) == 0,
	   "chains: closed, and sinks are left");
	ok(!fx_check(&t.f, true) && v3_unmap(&t, h) == GNTST_okay && t.unmap.revoked,
	   "chains: which are unmapped by the old name");
	ok(!v3_close(&t), "chains: invariants");
}

/* ---- work ---- */

/* One leaf of 2M: a single entry each way, whatever it stands for. Warm: neither tables nor records are made. */
static void test_counts(void)
{
	struct hv_counters before, map, unmap, rev;
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(!v3_open(&t, (struct fx_opts){ .host = { .nr_cpus = 8 } }, 2, 4), "counts: set up"))
		return;
	v3_leaf(&t, 2048, 1, 0, 0);
	for (unsigned i = 0; i < 2; i++) {
		before = *hv_vcpu_counters(t.f.mv);
		ok(map_2m(&t, 2048, 0, V3_HOLE | V3_LARGE, &h), "counts: mapped");
		map = v3_since(t.f.mv, &before);
		before = *hv_vcpu_counters(t.f.mv);
		ok(v3_unmap(&t, h) == GNTST_okay, "counts: unmapped");
		unmap = v3_since(t.f.mv, &before);
	}
	/* 12 of each call are its arguments' (v3_counts_test), one is the root's, one the run's, 2 the mapper's. */
	ok(map.page_gets == 12 + 1 + 512 && map.page_puts == 12 + 1 && map.entries_written == 1 &&
		   map.walks == 12 + 1 + 1 + 2 && !map.flushes && map.pcpu_writes == 1 &&
		   map.pcpu_reads == 12 + 1 + 1 && !map.bytes_allocated,
	   "counts: map: 512 references, one entry, %lu look-ups", (unsigned long)map.walks);
	ok(unmap.page_gets == 12 && unmap.page_puts == 12 + 512 && unmap.entries_written == 1 &&
		   unmap.walks == 12 + 2 && unmap.flushes == 1 && !unmap.bytes_allocated,
	   "counts: unmap: 512 references, one entry, one flush");
	map_2m(&t, 2048, 0, V3_HOLE | V3_LARGE, &h);
	before = *hv_vcpu_counters(t.f.gv);
	ok(revoke(&t, 2048, 512) == 512, "counts: revoked");
	rev = v3_since(t.f.gv, &before);
	ok(rev.page_puts == 512 + rev.page_gets && rev.entries_written == 1 && rev.flushes == 1 &&
		   rev.spin_locks == 2,
	   "counts: revoke: the same, and the tree's lock once");
	for (unsigned i = 0; i < HV_NR_COUNTERS; i++)
		if (((uint64_t *)&map)[i] | ((uint64_t *)&unmap)[i] | ((uint64_t *)&rev)[i])
			printf("# %-16s map %6lu unmap %6lu revoke %6lu\n", hv_counter_names[i],
			       (unsigned long)((uint64_t *)&map)[i],
			       (unsigned long)((uint64_t *)&unmap)[i],
			       (unsigned long)((uint64_t *)&rev)[i]);
	ok(!v3_close(&t), "counts: invariants");
}

/* The formula with as much of everything as there can be: 12 lists that hold a page, each full. */
static void test_formula(void)
{
	enum { C = 2 };
	struct fx_opts o = { .granter = { .pages = V3_1G }, .mapper = { .map_slots = 1u << 20 } };
	uint64_t puts = 0, entries = 0;
	struct hv_counters before, c;
	unsigned n = 0;
	struct v3 t;

	o.host.ram_pages = 2 * V3_1G + 8192;
	if (!ok(!v3_open(&t, o, 3, C), "formula: set up"))
		return;
	/* In the first 1G: of a leaf that the nodes of its first 1024 pages take the place of, once it is mapped. */
	for (unsigned i = 0; i < C; i++, n++) {
		uint64_t *e = v3_entry_at(&t, 0, 2), was = *e;

		v3_store(e, hv_guest_frame(t.f.g, 0) << GNTV3_PAGE_SHIFT | GNTV3_LEAF);
		ok(v3_map(&t, 0, (1 + i) * V3_1G, V3_1G, V3_HOLE | V3_LARGE, NULL) == GNTST_okay &&
			   t.map.large == 1,
		   "formula: 1G");
		v3_store(e, was);
		entries++;
		puts += V3_1G;
	}
	/* 2M that goes as a whole, and 2M that is split. */
	ok(map_2m(&t, 0, 0, V3_HOLE | V3_LARGE, NULL) && map_2m(&t, 0, 512, PART_HOLE, NULL) &&
		   v3_map(&t, 0, 1024, 512, V3_HOLE | V3_LARGE, NULL) == GNTST_okay && !t.map.large,
	   "formula: 2M, and no more of it");
	entries += 1 + (1 + 512 + 1) + 1;
	puts += 512 + 1 + 1;
	n += 3;
	for (unsigned k = 0; k <= 9; k++)
		while (v3_map(&t, 9u >> k << k, 2048 + 600 * n, 1u << k, V3_HOLE, NULL) ==
		       GNTST_okay) {
			n++;
			entries++;
			puts++;
		}
	ok(n == 12 * C, "formula: %u mappings of a page, of %u at most", n, 12 * C);
	ok(!fx_check(&t.f, true), "formula: invariants");
	before = *hv_vcpu_counters(t.f.gv);
	ok(revoke(&t, 9, 1) == puts, "formula: a page is revoked, %lu go", (unsigned long)puts);
	c = v3_since(t.f.gv, &before);
	ok(c.entries_written == entries && c.page_puts == puts + c.page_gets && c.flushes == 1 &&
		   c.splits == 1 && c.spin_locks == 2,
	   "formula: %lu entries, a reference for each page of them, one flush, one lock",
	   (unsigned long)entries);
	ok(v3_query(&t, 9) == GNTST_okay && !t.query.maps, "formula: nothing is left");
	ok(!v3_close(&t), "formula: invariants at the end");
}

/* What an unmap takes in one slice is bounded in references, too: 40 entries of 2M are two flushes. */
static void test_slices(void)
{
	struct gnttab_v3_unmap *u;
	struct hv_counters before, c;
	grant_v3_handle_t h[40];
	bool good = true;
	struct v3 t;

	if (!ok(!v3_open(&t, (struct fx_opts){ .mapper = { .map_slots = 40 * 512 } }, 2, 20),
		"slices: set up"))
		return;
	for (unsigned i = 0; i < 40; i++)
		good &= map_2m(&t, i & 1 ? 512 : 0, 512 * i, V3_HOLE | V3_LARGE, &h[i]);
	u = (struct gnttab_v3_unmap *)t.f.margs;
	for (unsigned i = 0; i < 40; i++)
		u[i] = (struct gnttab_v3_unmap){ .tree = t.tree,
						 .handle = h[i],
						 .dom = hv_domain_id(t.f.g) };
	before = *hv_vcpu_counters(t.f.mv);
	good &= !hv_grant_table_op(t.f.mv, GNTTABOP_v3_unmap, u, 40);
	c = v3_since(t.f.mv, &before);
	ok(good && c.flushes == 2 && c.entries_written == 40,
	   "slices: 40 entries of 2M by %lu flushes", (unsigned long)c.flushes);
	ok(!v3_close(&t), "slices: invariants");
}

int main(void)
{
	test_whole();
	test_parts(HV_IOMMU_NONE);
	test_parts(HV_IOMMU_STRICT);
	test_parts(HV_IOMMU_SHARED);
	test_parts(HV_IOMMU_BATCHED);
	test_sinks(HV_IOMMU_NONE);
	test_sinks(HV_IOMMU_STRICT);
	test_sinks(HV_IOMMU_SHARED);
	test_limit();
	test_levels();
	test_rebuilt();
	test_chains();
	test_counts();
	test_formula();
	test_slices();
	return tap_done();
}
