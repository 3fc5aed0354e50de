/* SPDX-License-Identifier: GPL-2.0-only */
/* Nodes that walks remember, on the small host: what is read again, what is forgotten, and what a granter does to them. */
#include "scene.h"
#include "tap.h"

static struct small *s;
static grant_v3_tree_t tree;

static void begin(bool cache)
{
	s = small_new(0);
	s->walk_cache = cache;
	tree = scene_tree(s, GNTV3_REBINDABLE, 8);
}

static void end(const char *what)
{
	const char *why;

	small_check(s);
	why = small_free(s);
	ok(!why, "%s: no promise is broken%s%s", what, why ? ": " : "", why ? why : "");
}

static int map_at(uint64_t ref, unsigned gfn)
{
	s->traced = 0;
	return scene_map(&s->cpu[1][0], tree, ref, 1, gfn, GNTV3_ACCEPT_HOLE).status;
}

static int invalidate(uint64_t ref, uint64_t count)
{
	struct gnttab_v3_invalidate i = { .ref = ref, .count = count, .tree = tree, .status = 1 };

	small_hypercall(&s->cpu[0][0], GNTTABOP_v3_invalidate, &i, 1);
	small_check(s);
	return i.status;
}

static void test_reads(void)
{
	begin(false);
	ok(map_at(3, AT) == GNTST_okay && scene_called(s, "node") == 2 &&
		   map_at(4, AT + 1) == GNTST_okay && scene_called(s, "node") == 2 &&
		   scene_called(s, "node_again") == 0,
	   "without it each map walks from the root");
	end("none");
	begin(true);
	ok(map_at(3, AT) == GNTST_okay && scene_called(s, "node") == 2, "the first map walks");
	ok(map_at(4, AT + 1) == GNTST_okay && !scene_called(s, "node") &&
		   scene_called(s, "node_again") == 1 && scene_called(s, "entry_read") == 1,
	   "the next one reads its leaf, and no more");
	small_check(s);
	small_ram(&s->dom[0], NODE)[5] = GNTV3_NOTHING;
	ok(map_at(5, AT + 2) == GNTST_bad_gntref, "as it is now");
	small_ram(&s->dom[0], ROOT)[1] = table(NODE);
	ok(map_at(512, AT + 2) == GNTST_okay && scene_called(s, "node") == 1 &&
		   scene_called(s, "node_again") == 1,
	   "of another region the root is known");
	small_check(s);
	end("hits");
}

/* The node of region 0 is unlinked: who forgets it? */
static void test_forget(void)
{
	static const char *const name[] = {
		"nobody",	"an invalidate",      "a revoke",
		"another root", "a bind, and an ack", "an invalidate beside it"
	};
	struct gnttab_v3_set_root r = { .root = ROOT, .levels = 2 };
	unsigned i;

	for (i = 0; i < 6; i++) {
		bool forgets = i && i < 5;

		begin(true);
		small_ram(&s->dom[0], ROOT)[1] = table(NODE);
		map_at(3, AT);
		map_at(512, AT + 1);
		small_ram(&s->dom[0], ROOT)[0] = GNTV3_NOTHING;
		r.tree = tree;
		if (i == 1)
			invalidate(511, 1);
		else if (i == 2)
			scene_revoke(&s->cpu[0][0], tree, 7, 1, GNTV3_REVOKE_CHECK);
		else if (i == 3)
			small_hypercall(&s->cpu[0][0], GNTTABOP_v3_set_root, &r, 1);
		else if (i == 4)
			scene_bind(s, tree, 1), scene_ack(s, tree, 1);
		else if (i == 5)
			invalidate(512, 512);
		small_check(s);
		ok((map_at(4, AT + 2) == GNTST_okay) == !forgets,
		   "a node that was unlinked is forgotten by %s%s", name[i],
		   forgets ? "" : ", which is not enough");
		end(name[i]);
	}
	begin(true);
	ok(invalidate(0, 0) == GNTST_bad_gntref && invalidate(GNTV3_MAX_REF, 1) == GNTST_bad_gntref,
	   "no range");
	tree++;
	ok(invalidate(0, 1) == GNTST_bad_gntref, "no tree");
	tree--;
	end("statuses");
}

/* A node whose page is given away is held, and is nobody else's before it is forgotten. */
static void test_given_away(void)
{
	unsigned who;

	for (who = 0; who < 4; who++) {
		struct gnttab_v3_unregister u = { 0 };

		begin(true);
		map_at(3, AT);
		small_give_away(&s->dom[0], NODE);
		ok(s->frame[NODE].owner == 0 && map_at(4, AT + 1) == GNTST_okay,
		   "a node that is remembered is not freed");
		u.tree = tree;
		if (!who)
			invalidate(0, 1);
		else if (who == 1)
			small_hypercall(&s->cpu[0][0], GNTTABOP_v3_unregister, &u, 1);
		else
			small_kill(&s->dom[who - 2]);
		ok(s->frame[NODE].owner == -1, "but when it is forgotten");
		end("given away");
	}
}

/* Each region takes another's place: as many nodes are walked as without a cache, and no reference is lost. */
static void test_hostile(void)
{
	unsigned i, nodes = 0;

	begin(true);
	for (i = 0; i < 64; i++)
		small_ram(&s->dom[0], ROOT)[i] = table(NODE);
	for (i = 0; i < 32; i++) {
		map_at(512ull * (i % 4 * 16), AT + i);
		nodes += scene_called(s, "node");
		small_check(s);
	}
	ok(nodes == 32 + 1, "regions with one place: one node each, and the root once");
	end("hostile");
}

int main(void)
{
	test_reads();
	test_forget();
	test_given_away();
	test_hostile();
	return tap_done();
}
