/* SPDX-License-Identifier: GPL-2.0-only */
/* Version 3's status and notice pages on a host that is not hv: what is written when, and every call that may fail. */
#include "scene.h"
#include "tap.h"
#include <stdlib.h>

static struct small *s;
static grant_v3_tree_t tree;
static unsigned unmarked; /* reads of an entry while its byte was not seen as set */

static struct small_cpu *mapper(void)
{
	return &s->cpu[1][0];
}

static void end(const char *what)
{
	const char *why;

	small_check(s);
	why = small_free(s);
	ok(!why, "%s: no promise is broken%s%s", what, why ? ": " : "", why ? why : "");
}

static struct gnttab_v3_copy copy_args(uint64_t ref)
{
	struct gnttab_v3_copy c = { .source = { .where = ref, .tree = tree },
				    .dest = { .where = 1, .dom = DOMID_SELF },
				    .len = 8,
				    .flags = GNTV3_COPY_SOURCE };

	return c;
}

/* Whenever nodes are looked at for references 5 to 7. */
static void watch(struct small *host, struct small_cpu *cur, const char *what)
{
	if (cur == &host->cpu[1][0] && (!strcmp(what, "node") || !strcmp(what, "entry_read")) &&
	    !(scene_status(host, 5) && scene_status(host, 6) && scene_status(host, 7)))
		unmarked++;
}

static void test_order(void)
{
	struct gnttab_v3_copy c;
	struct gnttab_v3_map m;
	unsigned long calls;

	s = small_new(0);
	tree = scene_tree(s, 0, 0);
	ok(scene_notify(s, tree, 0, true), "set up");
	unmarked = 0;
	s->step = watch;
	calls = s->calls;
	m = scene_map(mapper(), tree, 5, 3, AT, 0);
	ok(m.done == 3 && !unmarked && s->calls > calls + 10,
	   "the bytes are seen as set before anything is read");
	s->step = NULL;
	s->traced = 0;
	s->no_alloc = true;
	scene_unmap(mapper(), tree, m.handle);
	ok(scene_place(s, "as_flush", 0) < scene_place(s, "run_put", 0) &&
		   scene_place(s, "run_put", 2) < scene_place(s, "byte_write", 0) &&
		   scene_place(s, "byte_write", 2) < s->traced &&
		   scene_place(s, "byte_write", 0) < scene_place(s, "word_or", 0) &&
		   scene_place(s, "word_or", 0) < scene_place(s, "notify", 0),
	   "cleared after flush and references; then the bit; then the event");
	ok(!scene_status(s, 5) && scene_notice(s, 5) && scene_notice(s, 7) && s->dom[0].events == 1,
	   "and that is all there is");
	s->no_alloc = false;
	s->traced = 0;
	m = scene_map(mapper(), tree, 5, 3, AT, 0);
	ok(scene_place(s, "byte_write", 2) < scene_place(s, "mb", 0) &&
		   scene_place(s, "mb", 0) < scene_place(s, "node", 0) &&
		   scene_place(s, "mb", 1) == s->traced,
	   "three bytes, and one barrier");
	s->traced = 0;
	scene_map(mapper(), tree, 5, 3, AT + 8, GNTV3_ACCEPT_HOLE);
	ok(scene_place(s, "byte_write", 0) == s->traced && scene_place(s, "mb", 0) == s->traced,
	   "none of both where they are set");
	scene_unmap(mapper(), tree, m.handle);
	s->traced = 0;
	s->no_alloc = true;
	scene_revoke(&s->cpu[0][0], tree, 6, 1, 0);
	ok(scene_place(s, "as_flush", 0) < scene_place(s, "byte_write", 0) && !scene_status(s, 6) &&
		   scene_status(s, 7),
	   "a revoke clears after its flush, what it took");
	scene_status(s, 9);
	s->step = watch;
	unmarked = 0;
	c = copy_args(6);
	small_hypercall(mapper(), GNTTABOP_v3_copy, &c, 1);
	s->step = NULL;
	s->no_alloc = false;
	ok(c.status == GNTST_okay && !unmarked && !scene_status(s, 6),
	   "a copy sets the byte for its own time");
	end("order");
}

/* All of it once, with the n-th call that may fail failing: true if that call came. */
static bool all_once(unsigned long n, long limit, unsigned preempt)
{
	struct gnttab_v3_unregister u = { 0 };
	struct gnttab_v3_map m[3];
	unsigned i, g, set = 0;

	s = small_new(limit);
	s->preempt_every = preempt;
	s->fail_at = n;
	tree = u.tree = scene_tree(s, 0, 0);
	m[0] = scene_map(mapper(), tree, 0, 4, AT, GNTV3_ACCEPT_SINK);
	scene_notify(s, tree, 0, true);
	m[1] = scene_map(mapper(), tree, 2, 8, AT + 8, GNTV3_ACCEPT_HOLE);
	/* Another way, or what was before stands. */
	scene_notify(s, tree, 1, true);
	m[2] = scene_map(mapper(), tree, 100, 40, AT + 32, 0);
	small_check(s);
	s->no_alloc = true;
	scene_revoke(&s->cpu[0][0], tree, 1, 8, 0);
	for (i = 0; i < 2; i++)
		scene_unmap(mapper(), tree, m[i].handle);
	s->no_alloc = false;
	small_check(s);
	for (g = 0; s->frame[STATUS_GFN].kept && g < 50; g++)
		set += scene_status(s, g);
	if (!n && !limit && (set != 0 || s->dom[0].events == 0))
		small_violation(s, "a byte is left, or nothing was told");
	scene_unmap(mapper(), tree, m[2].handle);
	if (n % 2) {
		scene_notify(s, tree, 0, false);
		small_check(s);
	}
	if (n % 3)
		small_hypercall(&s->cpu[0][0], GNTTABOP_v3_unregister, &u, 1);
	return s->fallible >= n;
}

static void test_failures(void)
{
	const char *why = NULL;
	unsigned long n, tried = 0;
	unsigned preempt;

	for (preempt = 0; preempt < 2 && !why; preempt++) {
		bool came = true;

		for (n = 0; came && !why; n++, tried++) {
			came = all_once(n, 0, preempt) || !n;
			why = small_free(s);
		}
	}
	ok(!why && tried > 100, "every call that may fail fails once, %lu of them%s%s", tried,
	   why ? ": " : "", why ? why : "");
	for (n = 100; !why && n < 60000; n += 500) {
		all_once(0, (long)n, 0);
		why = small_free(s);
	}
	ok(!why, "and every limit of memory is reached%s%s", why ? ": " : "", why ? why : "");
}

static void test_deaths(void)
{
	unsigned i;

	for (i = 0; i < 4; i++) {
		s = small_new(0);
		s->preempt_every = i & 1;
		tree = scene_tree(s, 0, 0);
		scene_notify(s, tree, 0, true);
		scene_map(mapper(), tree, 0, 3, AT, 0);
		scene_map(mapper(), tree, 3, 3, AT + 8, GNTV3_ACCEPT_SINK);
		s->no_alloc = true;
		small_kill(&s->dom[i / 2]);
		if (i < 2)
			s->frame[STATUS_GFN].kept = s->frame[NOTICE_GFN].kept = 0;
		ok(i < 2 || (!scene_status(s, 0) && !scene_status(s, 5) && s->dom[0].events == 1),
		   "a %s dies%s", i < 2 ? "granter" : "mapper", i & 1 ? ", in steps" : "");
		end("deaths");
	}
}

int main(void)
{
	test_order();
	test_failures();
	test_deaths();
	return tap_done();
}
