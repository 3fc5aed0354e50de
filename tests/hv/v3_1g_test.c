// SPDX-License-Identifier: GPL-2.0-only
/* Version 3, entries of 1G: a leaf, the ladder, a granter of whose GiB a page lies elsewhere, slices. */
#include "v3_large.h"

static int open_1g(struct v3 *t, enum hv_iommu_mode iommu)
{
	struct fx_opts o = { .granter = { .pages = V3_1G },
			     .mapper = { .map_slots = 2 * V3_1G, .iommu = iommu } };

	o.host.ram_pages = 2 * V3_1G + 8192;
	return v3_open(t, o, 3, 2);
}

static void test_1g(enum hv_iommu_mode iommu)
{
	struct hv_counters before, c;
	grant_v3_handle_t h, h2;
	struct v3 t;

	if (!ok(!open_1g(&t, iommu), "1G: set up"))
		return;
	v3_leaf(&t, V3_1G, 2, 0, 0);
	before = *hv_vcpu_counters(t.f.mv);
	ok(v3_map(&t, V3_1G, V3_1G, V3_1G, V3_HOLE | V3_LARGE, &h) == GNTST_okay &&
		   t.map.done == V3_1G && t.map.large == 1 && v3_order(&t, V3_1G + 77) == 18,
	   "1G: one leaf, one entry");
	c = v3_since(t.f.mv, &before);
	ok(v3_peek(&t, V3_1G + 3, 0) == 3 && v3_peek(&t, 2 * V3_1G - 1, 0) >= 0 &&
		   v3_peek(&t, V3_1G - 1, 0) == -1 && v3_refs(&t, V3_1G - 1) == 1,
	   "1G: from the first to the last");
	ok(c.page_gets >= V3_1G && c.page_gets < V3_1G + 100, "1G: %lu references",
	   (unsigned long)c.page_gets);
	/* Another reference of a page of it, by a region below. */
	ok(v3_map(&t, 9, 0, 1, V3_HOLE, &h2) == GNTST_okay, "1G: and a page");
	ok(v3_query(&t, V3_1G + 4711) == GNTST_okay && t.query.order == 18 && t.query.maps == 1,
	   "1G: is known by each reference");
	ok(!fx_check(&t.f, true), "1G: invariants");
	if (iommu)
		ok(v3_device(&t, V3_1G + 900, false) == 900 % 256 &&
			   v3_device(&t, V3_1G + 1000, false) == 1000 % 256,
		   "1G: for a device");
	before = *hv_vcpu_counters(t.f.gv);
	ok(v3_revoke(&t, V3_1G + 100000, 10, 0) == GNTST_okay && t.rev.pages == V3_1G &&
		   t.rev.outcomes == (GNTV3_GOT_HOLE | GNTV3_GOT_MORE) && v3_refs(&t, 0) == 0,
	   "1G: a part is revoked, and all goes");
	c = v3_since(t.f.gv, &before);
	ok(c.flushes == 1 && c.entries_written == 1u + (iommu == HV_IOMMU_STRICT) &&
		   !c.bytes_allocated,
	   "1G: by one entry and one flush");
	ok(v3_peek(&t, V3_1G + 3, 0) == -1 && (!iommu || v3_device(&t, V3_1G + 900, false) == -1) &&
		   v3_peek(&t, 0, 0) == 9,
	   "1G: out of reach");
	ok(v3_unmap(&t, h) == GNTST_okay && t.unmap.revoked && v3_unmap(&t, h2) == GNTST_okay,
	   "1G: unmapped");
	/* All of it, from more than it. */
	v3_map(&t, V3_1G, V3_1G, V3_1G, V3_HOLE | V3_LARGE, &h);
	ok(v3_revoke(&t, V3_1G - 5, V3_1G + 10, 0) == GNTST_okay && t.rev.pages == V3_1G &&
		   t.rev.outcomes == GNTV3_GOT_HOLE && t.rev.done == V3_1G + 10,
	   "1G: revoked as a whole it is no more than was asked for");
	ok(!v3_close(&t), "1G: invariants again");
}

/* One request by all three sizes: it begins 513 pages before a leaf of 1G, and a page of that is not to be had later. */
static void test_ladder(void)
{
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(!open_1g(&t, HV_IOMMU_NONE), "ladder: set up"))
		return;
	v3_leaf(&t, V3_1G, 2, 0, 0);
	for (unsigned i = 0; i < 512; i++)
		v3_grant(&t, V3_1G - 512 + i, i, 0);
	v3_grant(&t, V3_1G - 513, 77, 0);
	ok(v3_map(&t, V3_1G - 513, V3_1G - 513, V3_1G, V3_HOLE | V3_LARGE, &h) == GNTST_okay &&
		   v3_order(&t, V3_1G - 513) == 0 && v3_order(&t, V3_1G - 512) == 9 &&
		   v3_order(&t, V3_1G) == 9 && v3_order(&t, 2 * V3_1G - 514) == 0 &&
		   t.map.large == 1 + 510 && t.map.done == V3_1G,
	   "ladder: up to 2M, and down, as there are not enough for 1G");
	ok(v3_unmap(&t, h) == GNTST_okay && v3_order(&t, V3_1G + 7) == -1, "ladder: unmapped");
	ok(v3_map(&t, V3_1G, V3_1G, V3_1G, V3_HOLE | GNTV3_ACCEPT_1G, &h) == GNTST_okay &&
		   t.map.large == 1 && v3_unmap(&t, h) == GNTST_okay,
	   "ladder: 1G without 2M");
	ok(v3_map(&t, V3_1G, V3_1G, V3_1G, V3_HOLE | GNTV3_ACCEPT_2M, &h) == GNTST_okay &&
		   t.map.large == 512 && v3_unmap(&t, h) == GNTST_okay,
	   "ladder: a leaf of 1G by 512 of 2M");
	/* One that is there already, one that is not aligned, one by less than a leaf. */
	ok(v3_map(&t, V3_1G + 512, V3_1G + 1024, 1024, V3_HOLE | V3_LARGE, &h) == GNTST_okay &&
		   t.map.large == 2 && v3_leads(&t, V3_1G + 1024, 512, 1024),
	   "ladder: parts of it");
	ok(v3_map(&t, V3_1G, V3_1G, V3_1G, V3_HOLE | V3_LARGE, NULL) == GNTST_bad_virt_addr &&
		   t.map.done == 1024 && t.map.large == 2 && v3_refs(&t, 2000) == 0,
	   "ladder: 2M up to what is in the way");
	ok(!v3_close(&t), "ladder: invariants");
}

/* One page of the granter's GiB is not there: 2M entries around it, 4K ones beside it. */
static void test_shattered_1g(void)
{
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(!open_1g(&t, HV_IOMMU_NONE), "shattered: set up"))
		return;
	v3_leaf(&t, V3_1G, 2, 0, 0);
	v3_shatter(&t, 100);
	ok(v3_map(&t, V3_1G, V3_1G, V3_1G, V3_HOLE | V3_LARGE, &h) == GNTST_okay &&
		   t.map.large == 1 && v3_unmap(&t, h) == GNTST_okay,
	   "shattered: pieces in order are 1G all the same");
	v3_balloon(&t, 100, true);
	v3_balloon(&t, 100, false);
	ok(v3_map(&t, V3_1G, V3_1G, V3_1G, V3_HOLE | V3_LARGE, &h) == GNTST_okay &&
		   t.map.large == 511 && v3_order(&t, V3_1G + 100) == 0 &&
		   v3_order(&t, V3_1G + 512) == 9,
	   "shattered: a page from elsewhere costs one of 512");
	ok(v3_refs(&t, 1) == 1 && v3_refs(&t, 200000) == 1, "shattered: one reference each");
	ok(v3_unmap(&t, h) == GNTST_okay, "shattered: unmapped");
	ok(!v3_close(&t), "shattered: invariants");
}

/* A request of 1G entries is cut after each of them, though 32 pieces would be a slice. */
static void test_slices_1g(void)
{
	struct fx_opts o = { .granter = { .pages = V3_1G }, .mapper = { .map_slots = 1u << 20 } };
	struct gnttab_v3_unmap *u;
	struct hv_counters before, c;
	grant_v3_handle_t h[3];
	struct v3 t;

	o.host.ram_pages = 2 * V3_1G + 8192;
	if (!ok(!v3_open(&t, o, 3, 3), "slices of 1G: set up"))
		return;
	v3_leaf(&t, V3_1G, 2, 0, 0);
	u = (struct gnttab_v3_unmap *)t.f.margs;
	for (unsigned i = 0; i < 3; i++)
		v3_map(&t, V3_1G, i * V3_1G, V3_1G, V3_HOLE | V3_LARGE, &h[i]);
	for (unsigned i = 0; i < 3; i++)
		u[i] = (struct gnttab_v3_unmap){ .tree = t.tree,
						 .handle = h[i],
						 .dom = hv_domain_id(t.f.g) };
	before = *hv_vcpu_counters(t.f.mv);
	ok(!hv_grant_table_op(t.f.mv, GNTTABOP_v3_unmap, u, 3) && !u[2].status,
	   "slices of 1G: three unmapped");
	c = v3_since(t.f.mv, &before);
	ok(c.flushes == 3 && v3_refs(&t, 5) == 0, "slices of 1G: by a flush each");
	ok(!v3_close(&t), "slices of 1G: invariants");
}

/* The call, done, and what it says of pages and outcomes. */
static bool protects(struct v3 *t, uint64_t ref, uint64_t n, unsigned flags, uint64_t pages,
		     unsigned outcomes)
{
	return v3_protect(t, ref, n, flags) == GNTST_okay && t->prot.pages == pages &&
	       t->prot.outcomes == outcomes;
}

static bool reads_only(struct v3 *t, unsigned slot)
{
	return v3_peek(t, slot, 0) >= 0 && v3_poke(t, slot, 0, 1);
}

/* Nothing is paid for the splitting of 1G, so its right to write goes and comes for all of it. */
static void test_protect_1g(enum hv_iommu_mode iommu)
{
	const unsigned first = V3_1G, last = 2 * V3_1G - 1;
	struct hv_counters before, c;
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(!open_1g(&t, iommu), "protect: set up"))
		return;
	v3_leaf(&t, V3_1G, 2, 0, 0);
	ok(v3_map(&t, V3_1G, V3_1G, V3_1G, V3_HOLE | V3_LARGE | GNTV3_ACCEPT_READONLY, &h) ==
			   GNTST_okay &&
		   !v3_poke(&t, first, 0, 1) && !v3_poke(&t, last, 0, 1),
	   "protect: written");
	before = *hv_vcpu_counters(t.f.gv);
	ok(protects(&t, V3_1G + 7, 1, 0, V3_1G, GNTV3_GOT_MORE) && reads_only(&t, first) &&
		   reads_only(&t, last),
	   "protect: one page of it, and all of it is read-only");
	c = v3_since(t.f.gv, &before);
	ok(c.flushes == 1 && !c.bytes_allocated && c.page_gets == c.page_puts,
	   "protect: by one flush, without a reference or memory");
	ok(protects(&t, V3_1G, V3_1G - 1, GNTV3_PROTECT_WRITE, 0, GNTV3_GOT_KEPT) &&
		   reads_only(&t, first),
	   "protect: all but a page of it gives nothing back");
	ok(protects(&t, V3_1G, V3_1G, GNTV3_PROTECT_WRITE, V3_1G, 0) && !v3_poke(&t, first, 0, 1) &&
		   !v3_poke(&t, last, 0, 1) && v3_order(&t, V3_1G + 77) == 18,
	   "protect: all of it does, and it is one entry still");
	ok(!fx_check(&t.f, true), "protect: invariants");
	ok(protects(&t, V3_1G, V3_1G, 0, V3_1G, 0), "protect: once more");
	v3_leaf(&t, V3_1G, 2, 0, GNTV3_READONLY);
	ok(protects(&t, V3_1G, V3_1G, GNTV3_PROTECT_WRITE, 0, GNTV3_GOT_KEPT) &&
		   reads_only(&t, last),
	   "protect: not where the leaf is read-only");
	ok(v3_revoke(&t, V3_1G, V3_1G, 0) == GNTST_okay && t.rev.pages == V3_1G &&
		   v3_peek(&t, first, 0) == -1 && v3_refs(&t, 0) == 0,
	   "protect: read-only it is revoked like any other");
	ok(v3_unmap(&t, h) == GNTST_okay && !v3_close(&t), "protect: invariants at the end");
}

int main(void)
{
	test_protect_1g(HV_IOMMU_NONE);
	test_protect_1g(HV_IOMMU_SHARED);
	test_1g(HV_IOMMU_NONE);
	test_1g(HV_IOMMU_STRICT);
	test_1g(HV_IOMMU_SHARED);
	test_ladder();
	test_shattered_1g();
	test_slices_1g();
	return tap_done();
}
