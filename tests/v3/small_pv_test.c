/* SPDX-License-Identifier: GPL-2.0-only */
/* PV mappers on a host that is not hv: the order of calls, calls that fail, and entries that change at any moment. */
#include "scene.h"
#include "tap.h"

#define ANY (GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK)

static struct small *s;
static grant_v3_tree_t tree;

static void begin(long limit, bool iommu)
{
	s = small_new(limit);
	s->dom[1].pv = true;
	s->dom[1].iommu = iommu;
	tree = scene_tree(s, 0, 4);
}

static void end(const char *what)
{
	const char *why;

	small_check(s);
	why = small_free(s);
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

static void test_order(void)
{
	struct gnttab_v3_map m;
	struct gnttab_v3_revoke r;

	begin(0, true);
	s->traced = 0;
	/* The fourth page's entry is in another page table. */
	m = scene_map(mapper(), tree, 16, 8, 508, ANY);
	ok(m.status == GNTST_okay && m.done == 8 && scene_called(s, "pv_lock") == 2 &&
		   scene_called(s, "pv_map") == 8 && scene_called(s, "dev_map") == 8 &&
		   scene_called(s, "run_get") == 8 && scene_called(s, "run_more") == 8,
	   "a range is mapped by two page tables, each locked once, and for the device");
	ok(reach(508, true) == DATA && reach(515, true) == DATA + 7 &&
		   small_dma(&s->dom[1], DATA + 3, true),
	   "and reached");
	s->traced = 0;
	s->no_alloc = true;
	r = scene_revoke(granter(), tree, 17, 3, 0);
	s->no_alloc = false;
	ok(r.pages == 3 && r.outcomes == GNTV3_GOT_SINK && scene_called(s, "pv_lock") == 1 &&
		   scene_called(s, "pv_point") == 3 && scene_called(s, "dev_unmap") == 3 &&
		   scene_called(s, "as_flush") == 1 &&
		   scene_place(s, "pv_unlock", 0) < scene_place(s, "dev_unmap", 0) &&
		   scene_place(s, "dev_unmap", 2) < scene_place(s, "as_flush", 0) &&
		   scene_place(s, "as_flush", 0) < scene_place(s, "run_put", 0) &&
		   scene_called(s, "run_put") == 6,
	   "three are revoked: entries, the device, one flush, references, in this order");
	ok(reach(510, true) >= SMALL_DOMS * SMALL_RAM && !small_dma(&s->dom[1], DATA + 3, false),
	   "and are out of reach");
	s->traced = 0;
	ok(scene_unmap(mapper(), tree, m.handle).status == GNTST_okay &&
		   scene_called(s, "as_flush") == 1 && reach(508, false) < 0 &&
		   reach(510, false) < 0,
	   "one flush for the unmap");
	end("order");
}

static void test_changed(void)
{
	struct gnttab_v3_map m;
	struct gnttab_v3_revoke r;

	begin(0, false);
	m = scene_map(mapper(), tree, 0, 4, AT, GNTV3_ACCEPT_HOLE);
	small_write_over(&s->dom[1], AT + 1);
	s->traced = 0;
	ok(scene_unmap(mapper(), tree, m.handle).status == GNTST_general_error &&
		   !scene_called(s, "pv_clear") && !scene_called(s, "run_put"),
	   "an unmap of what its mapper has changed does nothing");
	small_move(&s->dom[1], AT + 9, AT + 2);
	r = scene_revoke(granter(), tree, 0, 8, 0);
	ok(r.pages == 2 && r.outcomes == (GNTV3_GOT_HOLE | GNTV3_GOT_KEPT),
	   "a revoke takes what it finds, and says that it found not all");
	ok(reach(AT + 9, true) == DATA + 2 &&
		   scene_revoke(granter(), tree, 0, 8, 0).outcomes == GNTV3_GOT_KEPT,
	   "which is so: and again");
	small_check(s);
	small_move(&s->dom[1], AT + 2, AT + 9);
	ok(scene_revoke(granter(), tree, 2, 1, 0).outcomes == GNTV3_GOT_HOLE,
	   "until it is there again");
	end("changed");
}

static void test_sink_outlives(void)
{
	struct gnttab_v3_unregister u = { .status = 1 };
	struct gnttab_v3_map m;

	begin(0, false);
	m = scene_map(mapper(), tree, 0, 1, AT, ANY);
	scene_revoke(granter(), tree, 0, 1, 0);
	small_move(&s->dom[1], AT + 9, AT);
	u.tree = tree;
	scene_unmap(mapper(), tree, m.handle);
	small_hypercall(granter(), GNTTABOP_v3_unregister, &u, 1);
	ok(u.status == GNTST_okay && reach(AT + 9, true) >= SMALL_DOMS * SMALL_RAM,
	   "a sink that its mapper moved outlives the tree");
	small_check(s);
	end("a sink");
}

/* All of it once, with the n-th call that may fail failing: true if that call came. */
static bool all_once(unsigned long n, long limit, unsigned preempt)
{
	struct gnttab_v3_map m[3];
	struct gnttab_v3_unregister u = { 0 };
	unsigned i;

	s = small_new(limit);
	s->dom[1].pv = s->dom[1].iommu = true;
	s->preempt_every = preempt;
	s->fail_at = n;
	tree = u.tree = scene_tree(s, 0, 0);
	small_ram(&s->dom[0], ROOT)[1] = table(NODE);
	m[0] = scene_map(mapper(), tree, 0, 4, 510, ANY);
	m[1] = scene_map(mapper(), tree, 510, 4, AT + 8, GNTV3_ACCEPT_HOLE);
	m[2] = scene_map(mapper(), tree, 2, 4, AT + 16, 0);
	small_check(s);
	small_write_over(&s->dom[1], AT + 9);
	scene_revoke(granter(), tree, 1, 512, 0);
	for (i = 0; i < 3; i++)
		scene_unmap(mapper(), tree, m[i].handle);
	small_check(s);
	small_hypercall(granter(), GNTTABOP_v3_unregister, &u, 1);
	return s->fallible >= n;
}

/* ---- at random, with entries that change between any two calls ---- */

static uint64_t seed;

static unsigned draw(unsigned n)
{
	return scene_draw(&seed, n);
}

/* By another vCPU of the mapper, if nobody holds the page table. */
static void meddle(struct small *host, struct small_cpu *cur, const char *what)
{
	struct small_dom *d = &host->dom[1];

	(void)cur;
	(void)what;
	small_dma(d, DATA + draw(PAGES), draw(2));
	small_access(d, 480 + draw(64), draw(2));
	if (d->table_held || draw(60))
		return;
	if (draw(2))
		small_write_over(d, 480 + draw(64));
	else
		small_move(d, 480 + draw(64), 480 + draw(64));
}

static void test_random(unsigned seeds, unsigned calls)
{
	static const uint16_t accept[] = { 0, GNTV3_ACCEPT_HOLE, ANY, ANY | GNTV3_MAP_READONLY };
	unsigned i, n, mapped = 0, unmapped = 0, revoked = 0, kept = 0;
	const char *why = NULL;

	for (i = 1; i <= seeds && !why; i++) {
		grant_v3_handle_t handle[16] = { 0 };

		seed = i;
		begin(0, draw(2));
		s->step = meddle;
		s->preempt_every = draw(3);
		for (n = 0; n < calls && !s->violation; n++) {
			unsigned k = draw(16);

			if (draw(3)) {
				struct gnttab_v3_map m =
					scene_map(mapper(), tree, draw(16), 1 + draw(8),
						  480 + draw(64), accept[draw(4)]);

				handle[k] = m.done ? m.handle : handle[k];
				mapped += m.done;
			}
			unmapped +=
				scene_unmap(mapper(), tree, handle[draw(16)]).status == GNTST_okay;
			if (!draw(4)) {
				struct gnttab_v3_revoke r =
					scene_revoke(granter(), tree, draw(16), 1 + draw(8), 0);

				revoked += r.pages;
				kept += !!(r.outcomes & GNTV3_GOT_KEPT);
			}
			small_check(s);
		}
		if (draw(2))
			small_kill(&s->dom[draw(2)]);
		why = small_free(s);
	}
	ok(!why && mapped > seeds && unmapped > seeds && revoked > seeds && kept > seeds,
	   "%u calls each of %u seeds, entries changed between any two calls: %u pages mapped, %u unmaps, "
	   "%u pages revoked, %u times kept%s%s",
	   calls, seeds, mapped, unmapped, revoked, kept, why ? ": " : "", why ? why : "");
}

int main(void)
{
	test_order();
	test_changed();
	test_sink_outlives();
	scene_failures(&s, all_once, 100, 60000, 500);
	test_random(100, 300);
	return tap_done();
}
