/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_v3_bind and _ack on the small host: a tree goes from domain 1 to domain 2, which is the toolstack as well. */
#include "scene.h"
#include "tap.h"

static struct small *s;
static grant_v3_tree_t tree;

static void begin(uint16_t flags)
{
	s = small_new(0);
	tree = scene_tree(s, flags, 3);
}

static void end(const char *what)
{
	const char *why;

	small_check(s);
	why = small_free(s);
	ok(!why, "%s: no promise is broken%s%s", what, why ? ": " : "", why ? why : "");
}

static int map(unsigned dom, unsigned gfn)
{
	return scene_map(&s->cpu[dom][0], tree, 3, 1, gfn, GNTV3_ACCEPT_HOLE).status;
}

static bool can(unsigned dom, unsigned gfn)
{
	return small_access(&s->dom[dom], gfn, false) == DATA + 3;
}

static void test_goes(void)
{
	grant_v3_handle_t hole, sink;

	begin(GNTV3_REBINDABLE);
	hole = scene_map(&s->cpu[1][0], tree, 3, 1, AT, GNTV3_ACCEPT_HOLE).handle;
	sink = scene_map(&s->cpu[1][0], tree, 3, 2, AT + 1, GNTV3_ACCEPT_SINK).handle;
	ok(can(1, AT) && can(1, AT + 1), "domain 1 has it mapped");
	scene_revoke(&s->cpu[0][0], tree, 600, 1, GNTV3_REVOKE_BLOCK);
	ok(scene_bind(s, tree, 2) == GNTST_okay, "the tree is bound to domain 2");
	ok(!can(1, AT) && !can(1, AT + 1), "domain 1 reaches nothing of it");
	ok(map(1, AT + 8) == GNTST_bad_gntref, "and maps nothing");
	ok(map(2, AT) == GNTST_eagain, "nor does domain 2, before the granter agrees");
	ok(scene_ack(s, tree, 1) == GNTST_bad_domain && map(2, AT) == GNTST_eagain,
	   "which is to that domain, and to no other");
	ok(scene_ack(s, tree, 2) == GNTST_okay && map(2, AT) == GNTST_okay && can(2, AT),
	   "then it maps");
	ok(scene_map(&s->cpu[2][0], tree, 600, 1, AT + 1, 0).status == GNTST_eagain,
	   "but for what was blocked");
	ok(scene_ack(s, tree, 2) == GNTST_okay && can(2, AT), "once more changes nothing");
	ok(scene_unmap(&s->cpu[1][0], tree, hole).revoked == 1 &&
		   scene_unmap(&s->cpu[1][0], tree, sink).status == GNTST_okay &&
		   scene_unmap(&s->cpu[1][0], tree, sink).status == GNTST_bad_gntref,
	   "domain 1 unmaps what it had, by the old name");
	ok(scene_revoke(&s->cpu[0][0], tree, 3, 1, 0).pages == 1 && !can(2, AT),
	   "the granter revokes from domain 2");
	end("a tree goes");
}

static void test_refused(void)
{
	struct gnttab_v3_bind b = { .tree = 0, .to = 2, .status = 1 };
	grant_v3_handle_t h;

	begin(0);
	ok(scene_bind(s, tree, 2) == GNTST_permission_denied, "a tree that is not to be bound");
	end("refused");
	begin(GNTV3_REBINDABLE);
	b.tree = tree;
	small_hypercall(&s->cpu[1][0], GNTTABOP_v3_bind, &b, 1);
	ok(b.status == GNTST_permission_denied, "by who may not");
	b.pad = 1;
	small_hypercall(&s->cpu[2][0], GNTTABOP_v3_bind, &b, 1);
	ok(b.status == GNTST_general_error, "padding");
	ok(scene_bind(s, tree, 7) == GNTST_bad_domain &&
		   scene_bind(s, tree + 1, 2) == GNTST_bad_gntref,
	   "no domain, no tree");
	s->dom[1].dying = true;
	ok(scene_bind(s, tree, 1) == GNTST_bad_domain, "to one that dies");
	s->dom[1].dying = false;
	h = scene_map(&s->cpu[1][0], tree, 3, 1, AT, 0).handle;
	scene_map(&s->cpu[1][0], tree, 3, 1, AT + 1, GNTV3_ACCEPT_HOLE);
	ok(scene_bind(s, tree, 2) == GNTST_eagain && can(1, AT) && !can(1, AT + 1),
	   "what cannot be revoked refuses it, and the rest is revoked");
	ok(map(1, AT + 2) == GNTST_okay && map(2, AT) == GNTST_bad_gntref,
	   "the tree is still domain 1's");
	scene_unmap(&s->cpu[1][0], tree, h);
	ok(scene_bind(s, tree, 2) == GNTST_okay, "and can be bound when that is unmapped");
	end("refused");
}

/* To the same domain, back to one that has still to unmap, and to the granter. */
static void test_whom(void)
{
	grant_v3_handle_t h, again;

	begin(GNTV3_REBINDABLE);
	h = scene_map(&s->cpu[1][0], tree, 3, 1, AT, GNTV3_ACCEPT_SINK).handle;
	ok(scene_bind(s, tree, 1) == GNTST_okay && !can(1, AT) && map(1, AT + 1) == GNTST_eagain,
	   "to the domain that has it: revoked, and held");
	ok(scene_ack(s, tree, 1) == GNTST_okay && map(1, AT + 1) == GNTST_okay,
	   "until the granter agrees");
	ok(scene_bind(s, tree, 2) == GNTST_okay && scene_bind(s, tree, 1) == GNTST_eagain,
	   "not back to one that has still to unmap by that name");
	ok(scene_unmap(&s->cpu[1][0], tree, h).status == GNTST_okay &&
		   scene_bind(s, tree, 1) == GNTST_eagain,
	   "all of it");
	scene_unmap(&s->cpu[1][0], tree, h + 1);
	ok(scene_bind(s, tree, 1) == GNTST_okay && scene_ack(s, tree, 1) == GNTST_okay,
	   "then it is its again");
	again = scene_map(&s->cpu[1][0], tree, 3, 1, AT, 0).handle;
	ok(can(1, AT) && scene_unmap(&s->cpu[1][0], tree, again).status == GNTST_okay,
	   "with mappings of its own");
	ok(scene_bind(s, tree, 0) == GNTST_okay && scene_ack(s, tree, DOMID_SELF) == GNTST_okay &&
		   map(0, AT) == GNTST_okay && can(0, AT),
	   "to the granter");
	end("whom");
}

/* A binding is with an instance of a domain. */
static void test_instance(void)
{
	begin(GNTV3_REBINDABLE);
	map(1, AT);
	small_kill(&s->dom[1]);
	ok(scene_ack(s, tree, 1) == GNTST_bad_domain, "nobody is there to agree to");
	small_born(&s->dom[1]);
	ok(scene_ack(s, tree, 1) == GNTST_bad_domain && map(1, AT) == GNTST_bad_gntref,
	   "nor is another domain of that number");
	ok(scene_bind(s, tree, 1) == GNTST_okay && map(1, AT) == GNTST_eagain &&
		   scene_ack(s, tree, 1) == GNTST_okay && map(1, AT) == GNTST_okay,
	   "before the tree was bound to it, and agreed to");
	small_kill(&s->dom[1]);
	small_born(&s->dom[1]);
	ok(scene_bind(s, tree, 1) == GNTST_okay, "bound once more");
	small_kill(&s->dom[1]);
	small_born(&s->dom[1]);
	ok(scene_ack(s, tree, 1) == GNTST_bad_domain && map(1, AT) == GNTST_bad_gntref,
	   "who dies before it is agreed to leaves nothing to agree to");
	end("instances");
}

static void test_ends(void)
{
	struct gnttab_v3_unregister u = { 0 };
	unsigned i;

	for (i = 0; i < 4; i++) {
		begin(GNTV3_REBINDABLE);
		u.tree = tree;
		scene_map(&s->cpu[1][0], tree, 3, 2, AT, GNTV3_ACCEPT_SINK);
		scene_bind(s, tree, 2);
		if (!i)
			small_kill(&s->dom[0]);
		else if (i < 3)
			small_kill(&s->dom[i]);
		else
			small_hypercall(&s->cpu[0][0], GNTTABOP_v3_unregister, &u, 1);
		small_check(s);
		if (i == 3)
			ok(u.status == GNTST_okay && scene_ack(s, tree, 2) == GNTST_bad_gntref &&
				   scene_bind(s, tree, 1) == GNTST_bad_gntref,
			   "a tree that is held is unregistered");
		end(!i	     ? "held, and its granter dies"
		    : i == 1 ? "held, and its old grantee dies"
		    : i == 2 ? "held, and its new grantee dies"
			     : "held, and unregistered");
	}
}

static void test_steps(void)
{
	struct gnttab_v3_bind b = { .to = 2, .status = 1 };
	struct small_cpu *cur;
	unsigned n = 0;

	begin(GNTV3_REBINDABLE);
	cur = &s->cpu[SMALL_TOOLSTACK][0];
	small_ram(&s->dom[0], ROOT)[1] = table(NODE);
	scene_map(&s->cpu[1][0], tree, 510, 6, AT, GNTV3_ACCEPT_HOLE);
	b.tree = tree;
	s->preempt_every = 1;
	ok(core_call(cur, GNTTABOP_v3_bind, (gv3_guest)&b, 1) == 1, "left after a region");
	ok(map(1, AT + 8) == GNTST_eagain, "nothing is mapped meanwhile");
	ok(scene_ack(s, tree, 1) == GNTST_okay && map(1, AT + 8) == GNTST_okay,
	   "unless the granter says so");
	while (core_call(cur, GNTTABOP_v3_bind, (gv3_guest)&b, 1))
		n++;
	ok(b.status == GNTST_okay && n && !can(1, AT + 8) && map(2, AT) == GNTST_eagain,
	   "and it is gone on with, from the beginning");
	end("steps");
}

/* With the n-th call that may fail failing. */
static bool all_once(unsigned long n, unsigned preempt)
{
	bool came;

	begin(GNTV3_REBINDABLE);
	s->preempt_every = preempt;
	s->fail_at = s->fallible + n;
	scene_map(&s->cpu[1][0], tree, 0, 4, AT, GNTV3_ACCEPT_SINK);
	scene_bind(s, tree, 2);
	scene_ack(s, tree, 2);
	scene_map(&s->cpu[2][0], tree, 0, 4, AT, GNTV3_ACCEPT_HOLE);
	scene_bind(s, tree, 1);
	scene_unmap(&s->cpu[1][0], tree, 1);
	scene_bind(s, tree, 1);
	scene_ack(s, tree, 1);
	map(1, AT + 8);
	small_check(s);
	came = s->fallible >= s->fail_at;
	return came;
}

static void test_failures(void)
{
	const char *why = NULL;
	unsigned preempt, tried = 0;
	unsigned long n;
	bool came;

	for (preempt = 0; preempt < 2; preempt++)
		for (n = 1, came = true; came && !why; n++, tried++) {
			came = all_once(n, preempt);
			why = small_free(s);
		}
	ok(!why && tried > 60, "every call that may fail fails once, %u of them%s%s", tried,
	   why ? ": " : "", why ? why : "");
}

int main(void)
{
	test_goes();
	test_refused();
	test_whom();
	test_instance();
	test_ends();
	test_steps();
	test_failures();
	return tap_done();
}
