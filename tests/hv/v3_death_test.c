// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3: trees that end, by their granter's word or with one of the two, in either order; what is left to the
 * mapper, and under which name.
 */
#include "v3.h"

#include "types.h"

static const enum hv_iommu_mode modes[] = { HV_IOMMU_NONE, HV_IOMMU_STRICT, HV_IOMMU_SHARED,
					    HV_IOMMU_BATCHED };

static struct fx_opts opts(unsigned every, enum hv_iommu_mode iommu)
{
	struct fx_opts o = { .host = { .preempt_every = every, .audit = true, .poison = true },
			     .mapper = { .iommu = iommu, .vcpus = 2 } };

	return o;
}

/* Kept, sunk, a hole, and a range of each kind; the handles of the first three. */
static bool fill(struct v3 *t, grant_v3_handle_t h[3])
{
	return v3_map(t, 1, 0, 1, V3_RW, &h[0]) == GNTST_okay &&
	       v3_map(t, 2, 1, 1, V3_SINK, &h[1]) == GNTST_okay &&
	       v3_map(t, 3, 2, 1, V3_HOLE, &h[2]) == GNTST_okay &&
	       v3_map(t, 500, 10, 100, V3_RO, NULL) == GNTST_okay &&
	       v3_map(t, 500, 200, 100, V3_SINK, NULL) == GNTST_okay &&
	       v3_map(t, 700, 400, 100, V3_HOLE, NULL) == GNTST_okay;
}

/* Every vCPU and the device have everything in their TLBs. */
static void touch(struct v3 *t)
{
	uint8_t v;

	for (unsigned s = 0; s < 500; s++) {
		v3_peek(t, s, 0);
		v3_peek(t, s, 1);
		hv_device_access(t->f.m, hv_guest_map_addr(t->f.m, s) >> HV_PAGE_SHIFT, 0, &v, 1,
				 false);
	}
}

static void test_unregister(unsigned every, enum hv_iommu_mode iommu)
{
	grant_v3_handle_t h[3];
	struct v3 t;

	if (!ok(!v3_open(&t, opts(every, iommu), 2, 4) && fill(&t, h),
		"unregister: set up, IOMMU %d", iommu))
		return;
	touch(&t);
	ok(v3_unregister(&t) == GNTST_okay, "unregister: done");
	ok(v3_peek(&t, 0, 1) == 1 && v3_peek(&t, 1, 1) == 0 && v3_peek(&t, 2, 1) == -1 &&
		   v3_peek(&t, 10, 1) == (500 & 255),
	   "unregister: what accepts nothing stays, the rest is gone");
	ok(!fx_check(&t.f, true), "unregister: invariants");
	ok(v3_map(&t, 4, 5, 1, V3_RW, NULL) == GNTST_bad_gntref &&
		   v3_revoke(&t, 1, 1, 0) == GNTST_bad_gntref && v3_grow(&t) == GNTST_bad_gntref &&
		   v3_query(&t, 1) == GNTST_bad_gntref,
	   "unregister: nobody maps, revokes or grows it any more");
	/* Another tree in that slot has another name. */
	t.map.tree = t.tree;
	ok(v3_register(&t, hv_domain_id(t.f.m), 2, 4, 0) == GNTST_okay && t.tree != t.map.tree,
	   "unregister: the slot is free, the name is not");
	t.tree = t.map.tree;
	for (unsigned i = 0; i < 3; i++)
		ok(v3_unmap(&t, h[i]) == GNTST_okay && t.unmap.revoked == (i != 0),
		   "unregister: unmap %u by the old name", i);
	ok(v3_unmap(&t, h[0]) == GNTST_bad_handle, "unregister: once");
	ok(!v3_close(&t), "unregister: invariants again");
}

static void test_last_goes(void)
{
	grant_v3_handle_t h[2];
	uint64_t before, own;
	struct v3 t;

	if (!ok(!v3_open(&t, opts(0, HV_IOMMU_NONE), 2, 4), "the last mapping: set up"))
		return;
	before = v3_bytes(t.f.g);
	own = v3_bytes(t.f.m);
	v3_map(&t, 1, 0, 1, V3_RW, &h[0]);
	v3_map(&t, 2, 1, 1, V3_SINK, &h[1]);
	ok(v3_unregister(&t) == GNTST_okay && v3_bytes(t.f.g) == before - HV_PAGE_SIZE,
	   "the last mapping: the granter pays no more for a tree that it let go of");
	ok(v3_unmap(&t, h[1]) == GNTST_okay && v3_unmap(&t, h[0]) == GNTST_okay,
	   "the last mapping: unmapped");
	ok(v3_unmap(&t, h[0]) == GNTST_bad_gntref,
	   "the last mapping: and with it the tree is gone");
	ok(!fx_check(&t.f, true), "the last mapping: invariants");
	/* Its p2m tables stay with it. */
	ok(v3_bytes(t.f.m) - own <= 2 * HV_PAGE_SIZE, "the last mapping: %lu bytes stay",
	   (unsigned long)(v3_bytes(t.f.m) - own));
	ok(!v3_close(&t), "the last mapping: invariants again");
}

/* Pages of the dead are given to others at once: nobody may reach them. */
static void test_mapper_dies(unsigned every, enum hv_iommu_mode iommu)
{
	grant_v3_handle_t h[3];
	struct v3 t;

	if (!ok(!v3_open(&t, opts(every, iommu), 2, 4) && fill(&t, h), "mapper: set up, IOMMU %d",
		iommu))
		return;
	touch(&t);
	for (unsigned i = 0; i < 4; i++)
		ok(v3_balloon(&t, i, true) == 1, "mapper: the granter gives page %u up", i);
	v3_revoke(&t, 550, 20, 0);
	hv_domain_kill(t.f.m);
	ok(!fx_check(&t.f, true), "mapper: dies, and invariants");
	ok(v3_query(&t, 500) == GNTST_okay && !t.query.maps, "mapper: nothing is mapped");
	ok(v3_revoke(&t, 0, 1024, GNTV3_REVOKE_BLOCK) == GNTST_okay && !t.rev.pages,
	   "mapper: nothing to take back");
	ok(!v3_grow(&t), "mapper: the tree can still grow");
	ok(v3_unregister(&t) == GNTST_okay, "mapper: and end");
	ok(!v3_close(&t), "mapper: invariants again");
}

static void test_granter_dies(unsigned every, enum hv_iommu_mode iommu)
{
	struct hv_domain_config c = { .guest = HV_GUEST_TRANSLATED,
				      .pages = V3_PAGES,
				      .args_pages = 64 };
	grant_v3_handle_t h[3], h2;
	grant_v3_tree_t old;
	struct v3 t;
	unsigned id;

	if (!ok(!v3_open(&t, opts(every, iommu), 2, 4) && fill(&t, h), "granter: set up, IOMMU %d",
		iommu))
		return;
	touch(&t);
	old = t.tree;
	id = hv_domain_id(t.f.g);
	hv_domain_kill(t.f.g);
	ok(!fx_check(&t.f, true), "granter: dies, and invariants");
	ok(v3_peek(&t, 0, 0) == 1 && v3_peek(&t, 1, 0) == 0 && v3_peek(&t, 2, 0) == -1,
	   "granter: what accepts nothing stays, and it a zombie");
	ok(v3_map(&t, 4, 5, 1, V3_RW, NULL) == GNTST_bad_gntref, "granter: nothing new");
	ok(v3_unmap(&t, h[0]) == GNTST_okay && v3_unmap(&t, h[2]) == GNTST_okay,
	   "granter: unmapped by the old name");
	/* The other mapping that accepts nothing. */
	ok(v3_unmap(&t, h[1] + 2) == GNTST_okay, "granter: the last reference goes");
	ok(!fx_check(&t.f, true), "granter: invariants without it");
	/* Its number is used again, and its tree's name would be, too: what is left of the first tree keeps it. */
	ok(!hv_domain_create(t.f.host, &c, &t.f.g) && hv_domain_id(t.f.g) == id,
	   "granter: another with its number");
	t.f.gv = hv_domain_vcpu(t.f.g, 0);
	t.f.gargs = hv_guest_args(t.f.g, &(size_t){ 0 });
	t.nodes = 0;
	t.root = v3_node(&t);
	v3_grant(&t, 9, 9, 0);
	if (every) {
		ok(v3_register(&t, (uint16_t)id, 2, 4, 0) == GNTST_okay && t.tree == old,
		   "granter: a tree of that name for somebody else");
		ok(v3_unmap(&t, h[1]) == GNTST_okay && t.unmap.revoked && v3_peek(&t, 1, 0) == -1,
		   "granter: does not hide the first one");
		ok(!v3_close(&t), "granter: invariants again");
		return;
	}
	ok(v3_register(&t, hv_domain_id(t.f.m), 2, 4, 0) == GNTST_okay && t.tree != old,
	   "granter: its first tree has another name than that");
	ok(v3_map(&t, 9, 5, 1, V3_RW, &h2) == GNTST_okay && !fx_check(&t.f, true),
	   "granter: which works");
	t.tree = old;
	ok(v3_unmap(&t, h[1]) == GNTST_okay && t.unmap.revoked && v3_peek(&t, 1, 0) == -1,
	   "granter: and the sink can be unmapped");
	ok(!v3_close(&t), "granter: invariants again");
}

/* Both, in either order, and a self-grant's owner. */
static void test_both(bool granter_first, unsigned every)
{
	grant_v3_handle_t h[3];
	struct v3 t;

	if (!ok(!v3_open(&t, opts(every, HV_IOMMU_SHARED), 2, 4) && fill(&t, h), "both: set up"))
		return;
	touch(&t);
	hv_domain_kill(granter_first ? t.f.g : t.f.m);
	ok(!fx_check(&t.f, true), "both: the %s first", granter_first ? "granter" : "mapper");
	hv_domain_kill(granter_first ? t.f.m : t.f.g);
	ok(!fx_check(&t.f, true), "both: then the other");
	ok(!v3_close(&t), "both: invariants");
}

static void test_self(void)
{
	struct fx_opts o = { .self = true };
	grant_v3_handle_t h[3];
	struct v3 t;

	o.mapper.map_slots = 4096;
	if (!ok(!v3_open(&t, o, 2, 4) && fill(&t, h), "self-grant: set up"))
		return;
	hv_domain_kill(t.f.g);
	ok(!v3_close(&t), "self-grant: its owner dies");
}

int main(void)
{
	for (unsigned i = 0; i < 4; i++) {
		test_unregister(i % 2, modes[i]);
		test_mapper_dies(i % 2, modes[i]);
		test_granter_dies(i % 2, modes[i]);
	}
	test_last_goes();
	for (unsigned i = 0; i < 4; i++)
		test_both(i % 2, i / 2);
	test_self();
	return tap_done();
}
