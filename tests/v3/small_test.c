/* SPDX-License-Identifier: GPL-2.0-only */
/* The core of grant tables version 3 on a host that is not hv: what it calls, in which order, and when calls fail. */
#include "scene.h"
#include "tap.h"
#include <stdlib.h>

static struct small *s;
static grant_v3_tree_t tree;

static void begin(long limit, uint16_t flags, uint8_t max_maps)
{
	s = small_new(limit);
	tree = scene_tree(s, flags, max_maps);
}

static void end(const char *what)
{
	const char *why = small_free(s);

	ok(!why, "%s: no promise is broken%s%s", what, why ? ": " : "", why ? why : "");
}

static struct small_cpu *granter(void)
{
	return &s->cpu[0][0];
}

static struct small_cpu *mapper(void)
{
	return &s->cpu[1][0];
}

static long reach(unsigned gfn, bool write)
{
	return small_access(&s->dom[1], gfn, write);
}

static void test_range(void)
{
	struct gnttab_v3_map m;
	struct gnttab_v3_query q = { .ref = 505, .dom = DOMID_SELF, .status = 1 };
	struct gnttab_v3_unmap u;

	begin(0, 0, 0);
	ok(tree != 0, "a tree is registered");
	m = scene_map(mapper(), tree, 500, 12, AT, 0);
	ok(m.status == GNTST_okay && m.done == 12 && m.handle, "a range is mapped");
	ok(reach(AT, true) == DATA + 500 % PAGES && reach(AT + 11, true) == DATA + 511 % PAGES,
	   "and reached");
	q.tree = tree;
	small_hypercall(granter(), GNTTABOP_v3_query, &q, 1);
	ok(q.status == GNTST_okay && q.maps == 1 && q.writes == 1 && !q.order,
	   "the granter sees it");
	s->traced = 0;
	u = scene_unmap(mapper(), tree, m.handle);
	ok(u.status == GNTST_okay && !u.revoked && reach(AT, false) < 0, "and is unmapped");
	ok(scene_called(s, "as_clear") == 12 && scene_called(s, "as_flush") == 1 &&
		   scene_called(s, "run_put") == 12 &&
		   scene_place(s, "as_clear", 11) < scene_place(s, "as_flush", 0) &&
		   scene_place(s, "as_flush", 0) < scene_place(s, "run_put", 0),
	   "12 entries, one flush, 12 references, in this order");
	ok(scene_place(s, "unlock", 0) < scene_place(s, "as_flush", 0),
	   "the flush is outside the lock");
	ok(scene_unmap(mapper(), tree, m.handle).status == GNTST_bad_handle, "once only");
	small_check(s);
	end("a range");
}

/* What comes back of a request by itself, and of several. */
static void test_written(void)
{
	struct gnttab_v3_map m;
	struct gnttab_v3_unmap u[2] = { { .tree = 0, .status = 1 }, { .tree = 0, .status = 1 } };

	begin(0, 0, 0);
	m = scene_map(mapper(), tree, 1, 1, AT, 0);
	ok(m.status == GNTST_okay && s->written < sizeof(m) &&
		   s->written >= sizeof(m) - offsetof(struct gnttab_v3_map, done),
	   "of a map by itself not what only the guest writes: %u bytes", s->written);
	ok(scene_unmap(mapper(), tree, m.handle).status == GNTST_okay && s->written == 8,
	   "nor of an unmap: %u bytes", s->written);
	small_hypercall(mapper(), GNTTABOP_v3_unmap, u, 2);
	ok(s->written == sizeof(u) && u[0].status != 1 && u[1].status != 1,
	   "of several at once all: %u bytes", s->written);
	end("what is written");
}

static void test_border(void)
{
	struct gnttab_v3_map m;

	begin(0, 0, 0);
	small_ram(&s->dom[0], ROOT)[1] = table(NODE);
	m = scene_map(mapper(), tree, 510, 6, AT, 0);
	ok(m.status == GNTST_okay && m.done == 6, "a range over the border of two nodes");
	ok(reach(AT + 2, false) == DATA && reach(AT + 5, false) == DATA + 3, "is what they name");
	s->traced = 0;
	ok(scene_unmap(mapper(), tree, m.handle).status == GNTST_okay &&
		   scene_called(s, "as_flush") == 1,
	   "and one handle, one flush");
	m = scene_map(mapper(), tree, 1022, 6, AT, 0);
	ok(m.status == GNTST_bad_gntref && m.done == 2,
	   "what comes before an entry that grants nothing is mapped");
	ok(scene_unmap(mapper(), tree, m.handle).status == GNTST_okay,
	   "and unmapped by its handle");
	end("borders");
}

static void test_refusals(void)
{
	struct gnttab_v3_map m;

	begin(0, GNTV3_REVOCABLE_ONLY, 1);
	ok(scene_map(mapper(), tree, 0, 1, AT, 0).status == GNTST_permission_denied,
	   "a mapping that cannot be revoked, of a tree that wants it");
	ok(scene_map(&s->cpu[2][0], tree, 0, 1, AT, GNTV3_ACCEPT_HOLE).status == GNTST_bad_gntref,
	   "by a domain that it is not for");
	ok(scene_map(mapper(), tree + 1, 0, 1, AT, GNTV3_ACCEPT_HOLE).status == GNTST_bad_gntref,
	   "of a tree that there is not");
	ok(scene_map(mapper(), tree, 1ull << 18, 1, AT, GNTV3_ACCEPT_HOLE).status ==
		   GNTST_bad_gntref,
	   "of a reference beyond its levels");
	ok(scene_map(mapper(), tree, 0, 1, 1, GNTV3_ACCEPT_HOLE).status == GNTST_bad_virt_addr,
	   "onto RAM");
	m = scene_map(mapper(), tree, 0, 2, AT, GNTV3_ACCEPT_HOLE);
	ok(m.status == GNTST_okay, "one mapping of a page is allowed here");
	ok(scene_map(mapper(), tree, 0, 2, AT + 8, GNTV3_ACCEPT_HOLE).status == GNTST_no_space,
	   "not two");
	small_ram(&s->dom[0], NODE)[5] |= GNTV3_READONLY;
	ok(scene_map(mapper(), tree, 5, 1, AT + 8, GNTV3_ACCEPT_HOLE).status ==
		   GNTST_permission_denied,
	   "to write a read-only leaf");
	small_ram(&s->dom[0], NODE)[5] |= 1ull << 60;
	ok(scene_map(mapper(), tree, 5, 1, AT + 8, GNTV3_ACCEPT_HOLE | GNTV3_MAP_READONLY).status ==
		   GNTST_bad_gntref,
	   "a bit that must be zero");
	small_ram(&s->dom[0], NODE)[5] = leaf(SMALL_RAM + 3);
	ok(scene_map(mapper(), tree, 5, 1, AT + 8, GNTV3_ACCEPT_HOLE).status == GNTST_bad_page,
	   "a frame that is no RAM of the granter");
	ok(scene_unmap(granter(), tree, m.handle).status == GNTST_bad_gntref,
	   "an unmap by the granter");
	end("refusals");
}

static void test_revoke(uint16_t accept, uint16_t outcome)
{
	struct gnttab_v3_map m;
	struct gnttab_v3_revoke r;
	struct gnttab_v3_unmap u;
	const char *as = outcome == GNTV3_GOT_SINK   ? "sink"
			 : outcome == GNTV3_GOT_HOLE ? "hole"
						     : "kept";

	begin(0, 0, 0);
	m = scene_map(mapper(), tree, 16, 8, AT, accept);
	reach(AT + 3, true);
	small_ram(&s->dom[0], NODE)[19] = GNTV3_NOTHING;
	s->traced = 0;
	s->no_alloc = true;
	r = scene_revoke(granter(), tree, 19, 1, GNTV3_REVOKE_CHECK);
	s->no_alloc = false;
	ok(r.status == GNTST_okay && r.done == 1 && r.outcomes == outcome &&
		   r.pages == (outcome != GNTV3_GOT_KEPT),
	   "%s: a page of a range is revoked", as);
	if (outcome == GNTV3_GOT_KEPT) {
		ok(reach(AT + 3, true) == DATA + 3, "%s: it stays", as);
	} else {
		ok(outcome == GNTV3_GOT_HOLE ? reach(AT + 3, true) < 0
					     : reach(AT + 3, true) >= SMALL_FRAMES,
		   "%s: it is not reached any more", as);
		ok(scene_called(s, "as_flush") == 1 && scene_called(s, "run_put") == 1 &&
			   scene_place(s, "as_flush", 0) < scene_place(s, "run_put", 0),
		   "%s: one flush, one reference, in this order", as);
		small_give_away(&s->dom[0], DATA + 3);
	}
	ok(reach(AT + 2, true) == DATA + 2 && reach(AT + 4, true) == DATA + 4,
	   "%s: its neighbours are", as);
	u = scene_unmap(mapper(), tree, m.handle);
	ok(u.status == GNTST_okay && u.revoked == (outcome != GNTV3_GOT_KEPT) &&
		   reach(AT, false) < 0 && reach(AT + 3, false) < 0,
	   "%s: its mapper unmaps all of it", as);
	end(as);
}

static void test_blocks(void)
{
	unsigned i, n = 0;

	begin(0, 0, 0);
	ok(scene_revoke(granter(), tree, 8, 8, GNTV3_REVOKE_CHECK).status == GNTST_eagain,
	   "an entry that is not clear, where that is asked");
	ok(scene_revoke(granter(), tree, 8, 8, GNTV3_REVOKE_BLOCK).status == GNTST_okay,
	   "a range is blocked");
	ok(scene_map(mapper(), tree, 15, 1, AT, 0).status == GNTST_eagain &&
		   scene_map(mapper(), tree, 16, 1, AT, 0).status == GNTST_okay,
	   "it cannot be mapped, what comes after it can");
	for (i = 0; i < 8; i++)
		n += scene_revoke(granter(), tree, 100 + i, 1, GNTV3_REVOKE_BLOCK).status ==
		     GNTST_okay;
	ok(n == 3, "four blocks are all there are");
	ok(scene_revoke(granter(), tree, 8, 7, GNTV3_REVOKE_UNBLOCK).status == GNTST_bad_gntref &&
		   scene_revoke(granter(), tree, 8, 8, GNTV3_REVOKE_UNBLOCK).status == GNTST_okay &&
		   scene_map(mapper(), tree, 15, 1, AT + 8, 0).status == GNTST_okay,
	   "and unblocked, by its own range only");
	end("blocks");
}

/* A page that is mapped again and again costs memory once. */
static void test_idle(void)
{
	struct gnttab_v3_map m;
	unsigned i, bad = 0;

	begin(0, 0, 0);
	m = scene_map(mapper(), tree, 7, 1, AT, 0);
	scene_unmap(mapper(), tree, m.handle);
	s->no_alloc = true;
	for (i = 0; i < 100; i++) {
		m = scene_map(mapper(), tree, 7, 1, AT, 0);
		bad += m.status != GNTST_okay;
		bad += scene_unmap(mapper(), tree, m.handle).status != GNTST_okay;
	}
	ok(!bad, "one page, a hundred times, without an allocation");
	end("idle");
}

static void test_unregister(void)
{
	struct gnttab_v3_unregister u = { .status = 1 };
	struct gnttab_v3_map kept, sunk;

	begin(0, 0, 0);
	u.tree = tree;
	kept = scene_map(mapper(), tree, 0, 1, AT, 0);
	sunk = scene_map(mapper(), tree, 1, 1, AT + 1, GNTV3_ACCEPT_SINK);
	small_hypercall(granter(), GNTTABOP_v3_unregister, &u, 1);
	ok(u.status == GNTST_okay && reach(AT, true) == DATA && reach(AT + 1, true) >= SMALL_FRAMES,
	   "a tree is unregistered: what could be revoked is");
	ok(scene_map(mapper(), tree, 2, 1, AT + 2, 0).status == GNTST_bad_gntref &&
		   scene_revoke(granter(), tree, 0, 1, 0).status == GNTST_bad_gntref,
	   "it is gone for both");
	ok(scene_unmap(mapper(), tree, kept.handle).status == GNTST_okay &&
		   scene_unmap(mapper(), tree, sunk.handle).revoked == 1,
	   "but what is left can be unmapped");
	ok(!s->dom[1].v3 || scene_unmap(mapper(), tree, sunk.handle).status == GNTST_bad_gntref,
	   "and then it is no more");
	end("unregister");
}

static void test_deaths(void)
{
	unsigned order;

	for (order = 0; order < 4; order++) {
		begin(0, 0, 0);
		scene_map(mapper(), tree, 0, 3, AT, 0);
		scene_map(mapper(), tree, 3, 3, AT + 8, GNTV3_ACCEPT_SINK);
		scene_map(mapper(), tree, 6, 1, AT + 16, GNTV3_ACCEPT_HOLE);
		if (order & 1)
			s->preempt_every = 1;
		small_kill(&s->dom[order < 2 ? 0 : 1]);
		ok(order < 2 ? reach(AT, true) == DATA && reach(AT + 8, true) >= SMALL_FRAMES
			     : scene_revoke(granter(), tree, 0, 8, 0).pages == 0,
		   "a %s dies%s", order < 2 ? "granter" : "mapper", order & 1 ? ", in steps" : "");
		end("deaths");
	}
}

/* All of it once, with the n-th call that may fail failing: true if that call came. */
static bool all_once(unsigned long n, long limit, unsigned preempt)
{
	struct gnttab_v3_map m[4];
	struct gnttab_v3_unregister u = { 0 };
	bool came;
	unsigned i;

	s = small_new(limit);
	s->preempt_every = preempt;
	s->fail_at = n;
	tree = u.tree = scene_tree(s, 0, 0);
	small_ram(&s->dom[0], ROOT)[1] = table(NODE);
	m[0] = scene_map(mapper(), tree, 0, 4, AT, GNTV3_ACCEPT_SINK);
	m[1] = scene_map(mapper(), tree, 510, 4, AT + 8, GNTV3_ACCEPT_HOLE);
	m[2] = scene_map(mapper(), tree, 2, 4, AT + 16, GNTV3_ACCEPT_HOLE);
	m[3] = scene_map(mapper(), tree, 700, 1, AT + 32, 0);
	small_check(s);
	scene_revoke(granter(), tree, 1, 512, 0);
	for (i = 0; i < 3; i++)
		scene_unmap(mapper(), tree, m[i].handle);
	small_hypercall(granter(), GNTTABOP_v3_unregister, &u, 1);
	scene_unmap(mapper(), tree, m[3].handle);
	came = s->fallible >= n;
	return came;
}

/* ---- a granter that changes its tree between any two calls, and calls at random ---- */

static uint64_t seed;

static unsigned draw(unsigned n)
{
	return scene_draw(&seed, n);
}

static uint64_t any_entry(void)
{
	switch (draw(20)) {
	case 0:
		return 0;
	case 1:
		return table(draw(3));
	case 2:
		return leaf(draw(SMALL_RAM + 2));
	case 3:
		return leaf(DATA + draw(8)) | GNTV3_READONLY;
	case 4:
		return leaf(512ull * draw(2));
	case 5:
		return (uint64_t)draw(1u << 30) << draw(34);
	default:
		return leaf(DATA + draw(8));
	}
}

static void meddle(struct small *host, struct small_cpu *cur, const char *what)
{
	(void)what;
	if (cur != mapper() || draw(4))
		return;
	small_ram(&host->dom[0], draw(16) ? NODE : draw(3))[draw(4) ? draw(16) : draw(512)] =
		any_entry();
	if (!draw(8))
		small_ram(&host->dom[0], ROOT)[draw(2)] = table(NODE);
	if (!draw(500))
		small_give_away(&host->dom[0], 2 + draw(SMALL_RAM - 2));
}

static unsigned mapped, unmapped, revoked, turned[2]; /* by random calls */

static void random_call(grant_v3_handle_t *handle, unsigned nr)
{
	static const uint16_t accept[] = { 0, GNTV3_ACCEPT_HOLE, GNTV3_ACCEPT_SINK,
					   GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_READONLY,
					   GNTV3_MAP_READONLY };
	struct gnttab_v3_protect p;
	struct gnttab_v3_revoke r;
	struct gnttab_v3_map m;
	unsigned i = draw(nr);

	switch (draw(5)) {
	case 0:
	case 1:
		m = scene_map(mapper(), tree, draw(3) ? draw(24) : draw(1200),
			      1 + draw(draw(8) ? 6 : 600), SMALL_RAM + draw(SMALL_GFNS - SMALL_RAM),
			      accept[draw(5)]);
		if (m.done)
			handle[i] = m.handle;
		mapped += m.done;
		break;
	case 2:
		unmapped += !scene_unmap(mapper(), tree, draw(8) ? handle[i] : draw(200)).status;
		break;
	case 3:
		p = scene_protect(granter(), tree, draw(3) ? draw(24) : draw(1200),
				  1 + draw(draw(4) ? 6 : 1200), (uint16_t)draw(2));
		turned[p.flags] += p.pages;
		break;
	default:
		r = scene_revoke(granter(), tree, draw(3) ? draw(24) : draw(1200),
				 1 + draw(draw(4) ? 6 : 1200), (uint16_t)draw(4));
		revoked += r.pages;
		if (!draw(20))
			scene_revoke(granter(), tree, draw(8), 1 + draw(8), GNTV3_REVOKE_UNBLOCK);
	}
	for (i = 0; i < 4; i++)
		reach(draw(3) ? AT + draw(64) : draw(SMALL_GFNS), draw(2));
}

static void test_random(unsigned seeds, unsigned calls)
{
	const char *why = NULL;
	unsigned i, n;

	for (i = 1; i <= seeds && !why; i++) {
		grant_v3_handle_t handle[32] = { 0 };

		seed = i;
		begin(0, 0, (uint8_t)draw(4));
		small_ram(&s->dom[0], ROOT)[1] = table(2);
		s->step = meddle;
		s->preempt_every = draw(3);
		for (n = 0; n < calls && !s->violation; n++)
			random_call(handle, 32);
		if (draw(2))
			small_kill(&s->dom[draw(2)]);
		why = small_free(s);
	}
	ok(!why && mapped > seeds * calls / 4 && unmapped > seeds * calls / 20 &&
		   revoked > seeds * calls / 20 && turned[0] > seeds * calls / 50 &&
		   turned[1] > seeds * calls / 100,
	   "%u calls each of %u seeds, the tree changed between any two reads: %u pages mapped, %u unmaps, "
	   "%u pages revoked, %u made read-only and %u writable again%s%s",
	   calls, seeds, mapped, unmapped, revoked, turned[0], turned[1], why ? ": " : "",
	   why ? why : "");
}

int main(int argc, char **argv)
{
	if (argc == 3) {
		test_random((unsigned)atoi(argv[1]), (unsigned)atoi(argv[2]));
		return tap_done();
	}
	test_range();
	test_written();
	test_border();
	test_refusals();
	test_revoke(0, GNTV3_GOT_KEPT);
	test_revoke(GNTV3_ACCEPT_HOLE, GNTV3_GOT_HOLE);
	test_revoke(GNTV3_ACCEPT_SINK, GNTV3_GOT_SINK);
	test_revoke(GNTV3_ACCEPT_SINK | GNTV3_ACCEPT_HOLE, GNTV3_GOT_SINK);
	test_blocks();
	test_idle();
	test_unregister();
	test_deaths();
	scene_failures(&s, all_once, 100, 60000, 500);
	test_random(100, 1000);
	return tap_done();
}
