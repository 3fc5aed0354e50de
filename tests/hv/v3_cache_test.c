// SPDX-License-Identifier: GPL-2.0-only
/*
 * Nodes that version 3's walks remember, in hv: what a map costs at each depth with a hit, a miss and without; and that a
 * granter can give such a page away.
 */
#include "v3.h"

enum trace { NONE, HIT, MISS };

struct cost {
	unsigned long gets, puts, walks, reads, maps;
};

/* One map of a page by a tree of so many levels, everything warm but for what the trace makes cold. */
static struct cost measure(unsigned levels, enum trace trace)
{
	struct fx_opts o = { .granter = { .v3_walk_cache = trace != NONE } };
	const struct hv_counters *c;
	struct hv_counters before;
	grant_v3_handle_t h;
	struct cost cost = { 0 };
	struct v3 t;

	if (!ok(!v3_open(&t, o, 1, 2), "levels %u, trace %u: set up", levels, trace))
		return cost;
	while (t.levels < levels)
		v3_grow(&t);
	/* A reference whose lowest node has the place of reference 9's. */
	v3_grant(&t, 9 + (16ull << 9), 9, 0);
	c = hv_vcpu_counters(t.f.mv);
	for (unsigned i = 0; i < 4; i++) {
		before = *c;
		ok(v3_map(&t, 9, 0, 1, V3_HOLE, &h) == GNTST_okay, "levels %u, trace %u: mapped",
		   levels, trace);
		cost = (struct cost){ c->page_gets - before.page_gets,
				      c->page_puts - before.page_puts, c->walks - before.walks,
				      c->guest_reads - before.guest_reads,
				      c->frame_maps - before.frame_maps };
		v3_unmap(&t, h);
		if (trace == MISS) {
			v3_map(&t, 9 + (16ull << 9), 1, 1, V3_HOLE, &h);
			v3_unmap(&t, h);
		}
	}
	ok(!v3_close(&t), "levels %u, trace %u: invariants", levels, trace);
	return cost;
}

static void test_costs(void)
{
	for (unsigned levels = 2; levels <= 4; levels++) {
		struct cost none = measure(levels, NONE), hit = measure(levels, HIT),
			    miss = measure(levels, MISS);

		printf("# %u levels: references taken %lu without, %lu hit, %lu miss; dropped %lu, %lu, %lu; steps of "
		       "walks %lu, %lu, %lu; guest words %lu, %lu, %lu; frames mapped %lu, %lu, %lu\n",
		       levels, none.gets, hit.gets, miss.gets, none.puts, hit.puts, miss.puts,
		       none.walks, hit.walks, miss.walks, none.reads, hit.reads, miss.reads,
		       none.maps, hit.maps, miss.maps);
		ok(hit.gets == none.gets - levels && hit.puts == none.puts - levels &&
			   hit.walks == none.walks - levels && hit.reads == 1 &&
			   none.reads == levels && hit.maps == none.maps - (levels - 1),
		   "%u levels: a hit reads the leaf, and takes no reference on a node", levels);
		ok(miss.gets == none.gets - (levels - 1) && miss.puts == none.puts - (levels - 1) &&
			   miss.walks == none.walks - (levels - 1) && miss.reads == 2 &&
			   miss.maps == none.maps - (levels - 2),
		   "%u levels: a miss of the lowest node looks up that one, in the place of another",
		   levels);
	}
}

/* The node's page is given up while it is remembered: it is held, and accounted for. */
static void test_given_up(void)
{
	struct fx_opts o = { .granter = { .v3_walk_cache = true } };
	struct gnttab_v3_invalidate inval = { .ref = 9, .count = 1 };
	struct v3 t;

	o.host.audit = o.host.poison = true;
	if (!ok(!v3_open(&t, o, 2, 2), "given up: set up"))
		return;
	ok(v3_map(&t, 9, 0, 1, V3_HOLE, NULL) == GNTST_okay && !fx_check(&t.f, true),
	   "given up: nodes are remembered, and accounted for");
	ok(v3_balloon(&t, V3_NODES + 1, true) == 1, "given up: the node's page");
	ok(v3_map(&t, 10, 1, 1, V3_HOLE, NULL) == GNTST_okay && v3_peek(&t, 1, 0) == 10 &&
		   !fx_check(&t.f, true),
	   "given up: it is held, and what it grants is the granter's");
	inval.tree = t.tree;
	ok(v3_op(t.f.gv, t.f.gargs, GNTTABOP_v3_invalidate, &inval, sizeof(inval), &inval.status) ==
			   GNTST_okay &&
		   v3_map(&t, 11, 2, 1, V3_HOLE, NULL) == GNTST_bad_page && !fx_check(&t.f, true),
	   "given up: it is forgotten");
	hv_domain_kill(t.f.m);
	ok(!v3_close(&t), "given up: invariants");
}

int main(void)
{
	test_costs();
	test_given_up();
	return tap_done();
}
