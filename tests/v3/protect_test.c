/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_v3_protect on the small host: who loses the right to write, who gets it back, and what comes after it. */
#include "scene.h"
#include "tap.h"

#define WRITER (GNTV3_ACCEPT_READONLY | GNTV3_ACCEPT_HOLE)
#define BIG    1024 /* a GFN of the mapper for an entry of 2M */

static struct small *s;
static grant_v3_tree_t tree;

static void begin(void)
{
	s = small_new(0);
	tree = scene_tree(s, 0, 3);
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

static bool can(unsigned gfn, bool write)
{
	return small_access(&s->dom[1], gfn, write) >= 0;
}

/* It must not take memory; and what it did is all there is. */
static struct gnttab_v3_protect protect(uint64_t ref, uint64_t count, bool write)
{
	struct gnttab_v3_protect p;

	s->traced = 0;
	s->no_alloc = true;
	p = scene_protect(granter(), tree, ref, count, write ? GNTV3_PROTECT_WRITE : 0);
	s->no_alloc = false;
	small_check(s);
	return p;
}

static bool is(struct gnttab_v3_protect p, uint32_t pages, uint16_t outcomes)
{
	return p.status == GNTST_okay && p.done == p.count && p.pages == pages &&
	       p.outcomes == outcomes;
}

static void test_pages(void)
{
	struct gnttab_v3_query q = { .ref = 19, .dom = DOMID_SELF };
	unsigned g;

	begin();
	scene_map(mapper(), tree, 16, 8, AT, WRITER);
	for (g = AT; g < AT + 8; g++)
		can(g, true);
	ok(is(protect(18, 3, false), 3, 0), "three pages of eight lose the right to write");
	ok(scene_called(s, "as_point") == 3 && scene_called(s, "as_flush") == 1 &&
		   scene_called(s, "run_readonly") == 3,
	   "three entries, one flush, three types");
	ok(!can(AT + 2, true) && !can(AT + 4, true) && can(AT + 3, false), "they can be read");
	ok(can(AT + 1, true) && can(AT + 5, true), "their neighbours can be written");
	q.tree = tree;
	small_hypercall(granter(), GNTTABOP_v3_query, &q, 1);
	ok(q.maps == 1 && !q.writes, "a query tells");
	ok(is(protect(16, 8, false), 5, 0) && is(protect(16, 8, false), 0, 0) &&
		   !scene_called(s, "as_flush"),
	   "the others lose it, too, and nobody twice: then there is no flush");
	ok(is(protect(18, 2, true), 2, 0) && !scene_called(s, "as_flush") &&
		   scene_called(s, "as_point") == 2,
	   "two have it again, without a flush");
	ok(can(AT + 2, true) && can(AT + 3, true) && !can(AT + 4, true), "and just these two");
	end("pages");
}

/* Each of four pages again, where the granter's entry says something else by now. */
static void test_entries(void)
{
	uint64_t *node;

	begin();
	node = small_ram(&s->dom[0], NODE);
	scene_map(mapper(), tree, 0, 4, AT, WRITER);
	protect(0, 4, false);
	node[0] |= GNTV3_READONLY;
	node[1] = GNTV3_NOTHING;
	node[2] = leaf(DATA + 7);
	ok(is(protect(0, 4, true), 1, GNTV3_GOT_KEPT) && !can(AT, true) && !can(AT + 1, true) &&
		   !can(AT + 2, true) && can(AT + 3, true),
	   "read-only by now, nothing, another frame: no right; the same: again");
	node[0] = leaf(DATA);
	node[1] = leaf(DATA + 1);
	node[2] = leaf(DATA + 2);
	s->fail_at = s->fallible + 2;
	ok(is(protect(0, 4, true), 2, GNTV3_GOT_KEPT), "one whose frame is not to be had");
	small_ram(&s->dom[0], ROOT)[0] = GNTV3_NOTHING;
	protect(0, 4, false);
	ok(is(protect(0, 4, true), 0, GNTV3_GOT_KEPT), "none where there is no node");
	end("entries");
}

static void test_consent(void)
{
	struct gnttab_v3_protect p;

	begin();
	scene_map(mapper(), tree, 3, 1, AT, GNTV3_ACCEPT_HOLE);
	scene_map(mapper(), tree, 3, 1, AT + 1, WRITER);
	scene_map(mapper(), tree, 3, 1, AT + 2, WRITER | GNTV3_MAP_READONLY);
	ok(is(protect(3, 1, false), 1, GNTV3_GOT_KEPT) && can(AT, true) && !can(AT + 1, true),
	   "of who does not accept it nothing is taken");
	ok(is(protect(3, 1, true), 1, 0) && can(AT + 1, true) && !can(AT + 2, true),
	   "who never had it does not get it");
	p = scene_protect(granter(), tree, 3, 1, 2);
	ok(p.status == GNTST_general_error, "an unknown flag");
	ok(scene_protect(granter(), tree, 3, 0, 0).status == GNTST_bad_gntref &&
		   scene_protect(granter(), tree, GNTV3_MAX_REF - 1, 2, 0).status ==
			   GNTST_bad_gntref &&
		   scene_protect(granter(), tree + 1, 3, 1, 0).status == GNTST_bad_gntref &&
		   scene_protect(mapper(), tree, 3, 1, 0).status == GNTST_bad_gntref,
	   "no range, one too far, no tree, not the granter's");
	p.done = 2;
	p.flags = 0;
	small_hypercall(granter(), GNTTABOP_v3_protect, &p, 1);
	ok(p.status == GNTST_bad_gntref, "further than the range goes");
	end("consent");
}

/* What is read-only, taken away by each who can. */
static void test_after(void)
{
	struct gnttab_v3_map m;
	struct gnttab_v3_unmap u;

	begin();
	m = scene_map(mapper(), tree, 0, 4, AT, WRITER);
	scene_map(mapper(), tree, 4, 4, AT + 8, GNTV3_ACCEPT_SINK | GNTV3_ACCEPT_READONLY);
	protect(0, 6, false);
	ok(scene_revoke(granter(), tree, 1, 5, 0).pages == 5, "five are revoked");
	small_check(s);
	ok(!can(AT + 1, false) && can(AT + 9, true) && can(AT + 10, true), "holes; and sinks");
	ok(is(protect(0, 8, true), 1, 0) && is(protect(0, 8, false), 3, 0),
	   "what is gone has no part in it");
	u = scene_unmap(mapper(), tree, m.handle);
	ok(u.status == GNTST_okay && u.revoked, "unmapped");
	small_check(s);
	end("after it");
	for (unsigned who = 0; who < 2; who++) {
		begin();
		scene_map(mapper(), tree, 0, 4, AT, WRITER);
		scene_map(mapper(), tree, 4, 1, AT + 8, GNTV3_ACCEPT_READONLY);
		protect(0, 5, false);
		small_kill(&s->dom[who]);
		small_check(s);
		end(who ? "its mapper dies" : "its granter dies");
	}
}

static void test_steps(void)
{
	struct gnttab_v3_protect p = { .ref = 510, .count = 6 };
	long left;

	begin();
	small_ram(&s->dom[0], ROOT)[1] = table(NODE);
	scene_map(mapper(), tree, 510, 6, AT, WRITER);
	can(AT + 5, true);
	s->preempt_every = 1;
	p.tree = tree;
	left = core_call(granter(), GNTTABOP_v3_protect, (gv3_guest)&p, 1);
	ok(left == 1 && p.done == 2 && p.pages == 2 && !can(AT + 1, true) && can(AT + 2, true),
	   "left after a region: that one is done");
	left = core_call(granter(), GNTTABOP_v3_protect, (gv3_guest)&p, 1);
	ok(!left && p.pages == 6 && p.status == GNTST_okay && !can(AT + 5, true),
	   "and gone on with");
	end("steps");
}

/* ---- an entry of 2M ---- */

static void begin_large(uint16_t flags)
{
	unsigned i;

	begin();
	small_ram(&s->dom[0], ROOT)[1] = leaf(SMALL_RUN);
	for (i = 0; i < 2; i++)
		can(BIG + i, true);
	ok(scene_map(mapper(), tree, 512, 512, BIG, WRITER | GNTV3_ACCEPT_2M | flags).large == 1,
	   "an entry of 2M");
	can(BIG + 9, true);
	can(BIG + 10, true);
}

static void test_whole(void)
{
	begin_large(0);
	ok(is(protect(512 + 9, 1, false), 512, GNTV3_GOT_MORE) &&
		   scene_called(s, "as_point") == 1 && scene_called(s, "as_flush") == 1 &&
		   !can(BIG + 10, true) && can(BIG + 10, false),
	   "without a reserve all of it loses the right");
	ok(is(protect(512 + 9, 1, true), 0, GNTV3_GOT_KEPT) && !can(BIG + 9, true),
	   "and a part does not get it back");
	ok(is(protect(512, 512, true), 512, 0) && scene_called(s, "as_point") == 1 &&
		   can(BIG + 511, true),
	   "all of it does");
	ok(is(protect(0, 1024, false), 512, 0), "by a range that holds it");
	small_ram(&s->dom[0], ROOT)[1] |= GNTV3_READONLY;
	ok(is(protect(0, 1024, true), 0, GNTV3_GOT_KEPT), "whose entry is read-only by now");
	ok(scene_revoke(granter(), tree, 600, 1, 0).pages == 512, "revoked");
	small_check(s);
	end("2M without a reserve");
}

static void test_split(void)
{
	begin_large(GNTV3_RESERVE);
	ok(is(protect(512 + 9, 1, false), 1, 0) && !can(BIG + 9, true) && can(BIG + 10, true),
	   "with a reserve only the part");
	ok(is(protect(512, 512, false), 511, 0) && is(protect(512, 2, true), 2, 0) &&
		   can(BIG + 1, true) && !can(BIG + 2, true),
	   "then they are pages like others");
	end("2M, split to lose it");
	begin_large(GNTV3_RESERVE);
	ok(is(protect(512, 512, false), 512, 0) && scene_called(s, "as_point") == 1,
	   "all of it at once");
	ok(is(protect(512 + 9, 2, true), 2, 0) && can(BIG + 9, true) && !can(BIG + 11, true),
	   "and two pages again, which splits it");
	ok(scene_revoke(granter(), tree, 512 + 10, 2, 0).pages == 2, "one of each is revoked");
	small_check(s);
	end("2M, split to have it again");
	begin_large(GNTV3_RESERVE);
	protect(512, 512, false);
	ok(scene_revoke(granter(), tree, 512 + 10, 2, 0).pages == 2 && !can(BIG + 9, true) &&
		   !can(BIG + 10, false),
	   "revoked in part, when it was read-only");
	small_check(s);
	ok(is(protect(512, 512, true), 510, 0) && can(BIG + 9, true), "what is left has it again");
	end("2M, split by a revoke");
}

/* ---- calls that fail ---- */

static bool all_once(unsigned long n, unsigned preempt)
{
	bool came;

	begin();
	small_ram(&s->dom[0], ROOT)[1] = leaf(SMALL_RUN);
	s->preempt_every = preempt;
	s->fail_at = s->fallible + n;
	scene_map(mapper(), tree, 0, 4, AT, WRITER);
	scene_map(mapper(), tree, 2, 4, AT + 8, GNTV3_ACCEPT_READONLY | GNTV3_ACCEPT_SINK);
	scene_map(mapper(), tree, 512, 512, BIG, WRITER | GNTV3_ACCEPT_2M | GNTV3_RESERVE);
	protect(3, 512 + 9, false);
	protect(1, 512, true);
	scene_revoke(granter(), tree, 2, 514, 0);
	protect(0, 1024, false);
	protect(0, 1024, true);
	small_check(s);
	came = s->fallible >= s->fail_at;
	return came;
}

static void test_failures(void)
{
	const char *why = NULL;
	unsigned long n = 0;
	unsigned preempt, tried = 0;
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
	test_pages();
	test_entries();
	test_consent();
	test_after();
	test_steps();
	test_whole();
	test_split();
	test_failures();
	return tap_done();
}
