// SPDX-License-Identifier: GPL-2.0-only
/*
 * Large entries on the small host: what is called for them and how often, parts by a reserve, every call that may fail
 * failing once, every limit of memory, and calls at random while the tree changes between any two reads.
 */
#include "scene.h"
#include "tap.h"

#include <stdlib.h>

#define AT_2M 1024 /* a GFN of the mapper, where nothing is */
#define REF   512  /* the first reference of a leaf of 2M */
#define LARGE GNTV3_ACCEPT_2M
#define PART  (GNTV3_ACCEPT_2M | GNTV3_RESERVE)

static struct small *s;
static grant_v3_tree_t tree;

static struct small_cpu *granter(void)
{
	return &s->cpu[0][0];
}

static struct small_cpu *mapper(void)
{
	return &s->cpu[1][0];
}

static void begin(long limit, uint8_t max_maps)
{
	s = small_new(limit);
	tree = scene_tree(s, 0, max_maps);
	small_ram(&s->dom[0], ROOT)[1] = leaf(SMALL_RUN);
}

static void end(const char *what)
{
	const char *why = small_free(s);

	ok(!why, "%s: nothing is broken and nothing is left%s%s", what, why ? ": " : "",
	   why ? why : "");
}

static struct gnttab_v3_map map(unsigned gfn, unsigned flags)
{
	return scene_map(mapper(), tree, REF, 512, gfn, (uint16_t)flags);
}

static long reach(unsigned gfn)
{
	return small_access(&s->dom[1], gfn, true);
}

/* One call for all of it, each way. */
static void test_one(void)
{
	struct gnttab_v3_unmap u;
	struct gnttab_v3_map m;

	begin(0, 2);
	m = map(AT_2M, LARGE | GNTV3_ACCEPT_HOLE);
	ok(m.status == GNTST_okay && m.large == 1 && m.done == 512, "one: 2M");
	scene_unmap(mapper(), tree, m.handle);
	s->traced = 0;
	m = map(AT_2M, LARGE | GNTV3_ACCEPT_HOLE);
	ok(scene_called(s, "run_get") == 1 && scene_called(s, "as_map") == 1 &&
		   scene_called(s, "node") == 1 && scene_called(s, "as_lock") == 1 &&
		   scene_called(s, "lock") == 1 && !scene_called(s, "alloc") &&
		   !scene_called(s, "as_flush"),
	   "one: a run, an entry, a node, and no memory");
	ok(reach(AT_2M) == SMALL_RUN && reach(AT_2M + 511) == SMALL_RUN + 511, "one: all of it");
	small_check(s);
	s->traced = 0;
	s->no_alloc = true;
	u = scene_unmap(mapper(), tree, m.handle);
	s->no_alloc = false;
	ok(u.status == GNTST_okay && scene_called(s, "as_clear") == 1 &&
		   scene_called(s, "as_flush") == 1 && scene_called(s, "run_put") == 1,
	   "one: an entry, a flush, a run");
	small_check(s);
	end("one");
}

static void test_parts(unsigned accept)
{
	bool sink = accept & GNTV3_ACCEPT_SINK;
	struct gnttab_v3_revoke r;
	struct gnttab_v3_map m;

	begin(0, 2);
	m = map(AT_2M, PART | accept);
	ok(m.large == 1 && s->dom[1].reserve == 1 && reach(AT_2M + 7) == SMALL_RUN + 7,
	   "parts: a table is reserved");
	s->no_alloc = true;
	s->traced = 0;
	r = scene_revoke(granter(), tree, REF + 7, 2, 0);
	ok(r.pages == 2 && r.outcomes == (sink ? GNTV3_GOT_SINK : GNTV3_GOT_HOLE) &&
		   scene_called(s, "as_flush") == 1 && scene_called(s, "run_put") == 2 &&
		   !s->dom[1].reserve,
	   "parts: two pages, a flush, and the table is spent");
	ok(sink ? reach(AT_2M + 7) >= SMALL_MFNS : reach(AT_2M + 7) == -1, "parts: out of reach");
	ok(reach(AT_2M + 6) == SMALL_RUN + 6 && reach(AT_2M + 9) == SMALL_RUN + 9,
	   "parts: and the others in reach");
	small_check(s);
	r = scene_revoke(granter(), tree, 0, 1024, 0);
	ok(r.pages == 510 && (sink ? reach(AT_2M) >= SMALL_MFNS : reach(AT_2M) == -1),
	   "parts: the rest");
	ok(scene_unmap(mapper(), tree, m.handle).revoked, "parts: unmapped");
	s->no_alloc = false;
	end("parts");
	begin(0, 2);
	m = map(AT_2M, LARGE | GNTV3_ACCEPT_HOLE | accept);
	s->no_alloc = true;
	r = scene_revoke(granter(), tree, REF + 7, 2, 0);
	ok(m.large == 1 && r.pages == 512 && r.outcomes == (GNTV3_GOT_HOLE | GNTV3_GOT_MORE) &&
		   reach(AT_2M + 9) == -1,
	   "parts: without a reserve all of it goes");
	small_kill(&s->dom[1]);
	s->no_alloc = false;
	end("parts, without");
}

/* All that there is, with the call of number n failing. True: there was such a call. */
static bool all_once(unsigned long n, long limit, unsigned preempt)
{
	static const uint16_t flags[] = { PART | GNTV3_ACCEPT_SINK, PART | GNTV3_ACCEPT_HOLE,
					  LARGE | GNTV3_ACCEPT_HOLE, PART };
	grant_v3_handle_t handle[4];
	unsigned i;

	s = small_new(limit);
	s->preempt_every = preempt;
	s->fail_at = n;
	tree = scene_tree(s, 0, 4);
	small_ram(&s->dom[0], ROOT)[1] = leaf(SMALL_RUN);
	for (i = 0; i < 4; i++)
		handle[i] = map(AT_2M + 512 * i, flags[i]).handle;
	small_check(s);
	s->no_alloc = true;
	scene_revoke(granter(), tree, REF + 100, 3, 0);
	small_check(s);
	scene_unmap(mapper(), tree, handle[0]);
	scene_unmap(mapper(), tree, handle[3]);
	scene_revoke(granter(), tree, REF, 512, 0);
	small_kill(&s->dom[n & 1]);
	return s->fallible >= n;
}

/* ---- at random ---- */

static uint64_t seed;

static unsigned draw(unsigned n)
{
	return scene_draw(&seed, n);
}

/* The root's second entry is a leaf of 2M or a node of 512 leaves, and either changes. */
static void meddle(struct small *host, struct small_cpu *cur, const char *what)
{
	uint64_t *node = small_ram(&host->dom[0], 2);
	unsigned i;

	(void)what;
	if (cur != mapper() || draw(40))
		return;
	switch (draw(6)) {
	case 0:
		node[draw(512)] = draw(2) ? 0 : leaf(DATA + draw(PAGES));
		break;
	case 1:
		for (i = 0; i < 512; i++)
			node[i] = leaf(SMALL_RUN + i);
		break;
	case 2:
		small_ram(&host->dom[0], ROOT)[1] = draw(2) ? 0 : leaf(SMALL_RUN) | GNTV3_READONLY;
		break;
	case 3:
		if (!draw(40))
			small_give_away(&host->dom[0], SMALL_RUN + draw(512));
		break;
	default:
		small_ram(&host->dom[0], ROOT)[1] = draw(2) ? table(2) : leaf(SMALL_RUN);
	}
}

static unsigned large, split, revoked;

static void random_call(grant_v3_handle_t *handle, unsigned nr)
{
	static const uint16_t accept[] = { 0, GNTV3_ACCEPT_HOLE, GNTV3_ACCEPT_SINK,
					   GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK,
					   GNTV3_ACCEPT_HOLE | GNTV3_MAP_READONLY };
	struct gnttab_v3_revoke r;
	struct gnttab_v3_map m;
	unsigned i = draw(nr);
	int before = s->dom[1].reserve;

	switch (draw(4)) {
	case 0:
	case 1:
		if (draw(4))
			m = map(512 * (1 + draw(6)), accept[draw(5)] | (draw(4) ? LARGE : 0) |
							     (draw(2) ? GNTV3_RESERVE : 0));
		else
			m = scene_map(mapper(), tree, REF + draw(400), 1 + draw(100),
				      512 + draw(3000), accept[draw(5)] | LARGE);
		if (m.done)
			handle[i] = m.handle;
		large += m.large;
		break;
	case 2:
		s->no_alloc = true;
		scene_unmap(mapper(), tree, draw(8) ? handle[i] : draw(200));
		break;
	default:
		s->no_alloc = true;
		r = draw(2) ? scene_revoke(granter(), tree, REF + draw(512), 1 + draw(8), 0)
			    : scene_revoke(granter(), tree, draw(1024), 1 + draw(600), 0);
		revoked += r.pages;
		split += s->dom[1].reserve < before;
	}
	s->no_alloc = false;
	for (i = 0; i < 4; i++)
		reach(512 + draw(3000));
}

static void test_random(unsigned seeds, unsigned calls)
{
	const char *why = NULL;
	unsigned i, n;

	for (i = 1; i <= seeds && !why; i++) {
		grant_v3_handle_t handle[16] = { 0 };

		seed = i;
		begin(0, (uint8_t)draw(4));
		s->step = meddle;
		s->preempt_every = draw(3);
		for (n = 0; n < calls && !s->violation; n++) {
			random_call(handle, 16);
			small_check(s);
		}
		if (draw(2))
			small_kill(&s->dom[draw(2)]);
		why = small_free(s);
	}
	ok(!why && large > seeds && split > seeds && revoked > 10 * seeds,
	   "%u calls each of %u seeds, the tree changed between any two reads: %u large entries, %u split, %u pages "
	   "revoked%s%s",
	   calls, seeds, large, split, revoked, why ? ": " : "", why ? why : "");
}

int main(void)
{
	test_one();
	test_parts(GNTV3_ACCEPT_HOLE);
	test_parts(GNTV3_ACCEPT_SINK);
	scene_failures(&s, all_once, 4096, 80000, 512);
	test_random(60, 200);
	return tap_done();
}
