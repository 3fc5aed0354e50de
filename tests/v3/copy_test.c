/* SPDX-License-Identifier: GPL-2.0-only */
/* Version 3's copy on a host that is not hv: what it calls and in which order, and every call that may fail. */
#include "scene.h"
#include "tap.h"
#include <stdlib.h>

static struct small *s;
static grant_v3_tree_t tree, own;

/* Domain 1 has a tree for itself, too, by which its pages DATA.. are reference 0.. */
static void begin(long limit)
{
	struct gnttab_v3_register r = { .dom = 1, .levels = 1, .root = NODE };
	unsigned i;

	s = small_new(limit);
	tree = scene_tree(s, 0, 0);
	for (i = 0; i < PAGES; i++)
		small_ram(&s->dom[1], NODE)[i] = leaf(DATA + i);
	small_hypercall(&s->cpu[1][0], GNTTABOP_v3_register, &r, 1);
	own = r.status ? 0 : r.tree;
}

static void end(const char *what)
{
	const char *why;

	small_check(s);
	why = small_free(s);
	ok(!why, "%s: no promise is broken%s%s", what, why ? ": " : "", why ? why : "");
}

/* From one of the granter's, by reference, to one of domain 1's: by reference of its own tree, or by frame. */
static struct gnttab_v3_copy args(unsigned from, unsigned to, bool by_ref)
{
	struct gnttab_v3_copy c = {
		.source = { .where = from, .tree = tree },
		.dest = { .where = by_ref ? to : DATA + to,
			  .tree = by_ref ? own : 0,
			  .dom = DOMID_SELF },
		.len = 8,
		.flags = (uint16_t)(GNTV3_COPY_SOURCE | (by_ref ? GNTV3_COPY_DEST : 0)),
		.status = 1,
	};

	return c;
}

static void test_list(void)
{
	struct gnttab_v3_copy c[70];
	unsigned i, bad = 0;

	begin(0);
	for (i = 0; i < PAGES; i++)
		small_ram(&s->dom[0], DATA + i)[0] = 100 + i;
	/* The first half from one reference, the rest each from another. */
	for (i = 0; i < 70; i++)
		c[i] = args(i < 32 ? 3 : i % PAGES, i % PAGES, i >= 32);
	s->traced = 0;
	s->no_alloc = true;
	small_hypercall(&s->cpu[1][0], GNTTABOP_v3_copy, c, 70);
	for (i = 0; i < 70; i++)
		bad += c[i].status != GNTST_okay;
	for (i = 0; i < PAGES; i++)
		bad += small_ram(&s->dom[1], DATA + i)[0] != 100 + i;
	ok(!bad, "70 copies");
	ok(scene_called(s, "args_read") == 3 && scene_called(s, "args_write") == 3,
	   "their arguments come in blocks");
	ok(scene_called(s, "lock") == 1 + 2 + 2, "a block locks its trees once");
	ok(scene_called(s, "move") == 70 && scene_called(s, "entry_read") == 2 + 38 * (2 + 1) &&
		   scene_called(s, "run_get") == 1 + 32 + 2 * 38,
	   "a page that is named again is held from one to the next");
	ok(scene_called(s, "run_put") == scene_called(s, "run_get") &&
		   scene_called(s, "frame_done") == scene_called(s, "frame"),
	   "and let go");
	ok(small_hypercall(&s->cpu[1][0], GNTTABOP_v3_copy, c, 0) == 0, "an empty list");
	end("a list");
}

static void test_failures(void)
{
	const char *why = NULL;
	unsigned long n, tried = 0;
	bool came;
	unsigned i;

	for (n = 1, came = true; came && !why; n++, tried++) {
		struct gnttab_v3_copy c[4];

		begin(0);
		for (i = 0; i < 4; i++)
			c[i] = args(i, i + 1, i & 1);
		s->fallible = 0;
		s->fail_at = n;
		small_hypercall(&s->cpu[1][0], GNTTABOP_v3_copy, c, 4);
		came = s->fallible >= n;
		small_check(s);
		why = small_free(s);
	}
	ok(!why && tried > 10, "every call that may fail fails once, %lu of them%s%s", tried - 1,
	   why ? ": " : "", why ? why : "");
}

int main(void)
{
	test_list();
	test_failures();
	return tap_done();
}
