// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3, taking back: what stands in the place of a page afterwards, parts of ranges, every shape of record, what is
 * kept, blocks and checks, a mapping that another vCPU is unmapping; with how much work, and without memory.
 */
#include "v3.h"

#include <pthread.h>
#include <sched.h>

#include "pt.h"

static const struct fx_opts plain;

static uint64_t allocated(const struct v3 *t)
{
	return hv_vcpu_counters(t->f.mv)->bytes_allocated +
	       hv_vcpu_counters(t->f.gv)->bytes_allocated;
}

/* A revoke that must take no memory, and flush as often as is said. */
static int revoke(struct v3 *t, uint64_t ref, uint64_t count, unsigned flags, unsigned flushes)
{
	const struct hv_counters *c = hv_vcpu_counters(t->f.gv);
	uint64_t bytes = allocated(t), before = c->flushes;
	int rc = v3_revoke(t, ref, count, flags);

	if (allocated(t) != bytes)
		ok(0, "a revoke took %lu bytes", (unsigned long)(allocated(t) - bytes));
	if (c->flushes - before != flushes)
		ok(0, "a revoke flushed %lu times, not %u", (unsigned long)(c->flushes - before),
		   flushes);
	return rc;
}

static void test_outcomes(void)
{
	grant_v3_handle_t h[4];
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 4), "outcomes: set up"))
		return;
	ok(v3_map(&t, 9, 0, 1, V3_HOLE, &h[0]) == GNTST_okay &&
		   v3_map(&t, 9, 1, 1, V3_SINK, &h[1]) == GNTST_okay &&
		   v3_map(&t, 9, 2, 1, V3_RW, &h[2]) == GNTST_okay &&
		   v3_map(&t, 9, 3, 1, V3_SINK | GNTV3_MAP_READONLY | GNTV3_ACCEPT_HOLE, &h[3]) ==
			   GNTST_okay,
	   "outcomes: a page four times");
	ok(revoke(&t, 10, 1000, 0, 0) == GNTST_okay && !t.rev.pages && !t.rev.outcomes &&
		   t.rev.done == 1000,
	   "outcomes: others are of no concern");
	ok(revoke(&t, 9, 1, 0, 1) == GNTST_okay && t.rev.pages == 3 && t.rev.done == 1 &&
		   t.rev.outcomes == (GNTV3_GOT_HOLE | GNTV3_GOT_SINK | GNTV3_GOT_KEPT),
	   "outcomes: three are taken, one is kept");
	ok(v3_peek(&t, 0, 0) == -1, "outcomes: a hole");
	ok(v3_peek(&t, 1, 0) == 0 && !v3_poke(&t, 1, 0, 77), "outcomes: a sink");
	ok(v3_peek(&t, 2, 0) == 9, "outcomes: what accepts nothing stays");
	ok(v3_peek(&t, 3, 0) == 77 && v3_poke(&t, 3, 0, 1) == -EFAULT,
	   "outcomes: the tree's sink, read-only where the mapping was");
	ok(!fx_check(&t.f, true), "outcomes: invariants");
	ok(v3_query(&t, 9) == GNTST_okay && t.query.maps == 1, "outcomes: one mapping is left");
	ok(revoke(&t, 9, 1, 0, 0) == GNTST_okay && !t.rev.pages && t.rev.outcomes == GNTV3_GOT_KEPT,
	   "outcomes: again, and nothing is taken twice");
	for (unsigned i = 0; i < 4; i++)
		ok(v3_unmap(&t, h[i]) == GNTST_okay && t.unmap.revoked == (i != 2) &&
			   v3_peek(&t, i, 0) == -1,
		   "outcomes: unmap %u says what became of it", i);
	ok(!v3_close(&t), "outcomes: invariants again");
}

/* Every range of 64 slots around a border against every shape of record. */
static void test_shapes(void)
{
	static const unsigned from[] = { 0, 1, 255, 256, 500, 511, 512, 600 };
	static const unsigned count[] = { 1, 2, 3, 12, 256, 300, 512 };
	unsigned tried = 0;
	bool good = true;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 4), "shapes: set up"))
		return;
	for (unsigned a = 0; a < 8; a++)
		for (unsigned n = 0; n < 7; n++)
			for (unsigned b = 0; b < 8 && from[a] + count[n] <= V3_NODES; b++) {
				unsigned first = from[a], last = first + count[n],
					 k = count[(a + b + n) % 7],
					 lo = from[b] > first ? from[b] : first,
					 hi = from[b] + k < last ? from[b] + k : last,
					 want = lo < hi ? hi - lo : 0;
				grant_v3_handle_t h;

				tried++;
				good &= v3_map(&t, first, 0, count[n], V3_HOLE, &h) == GNTST_okay;
				good &= v3_revoke(&t, from[b], k, 0) == GNTST_okay &&
					t.rev.pages == want;
				for (unsigned i = 0; i < count[n]; i++)
					good &= v3_peek(&t, i, 0) ==
						(first + i >= lo && first + i < hi
							 ? -1
							 : (uint8_t)(first + i));
				good &= tried % 16 || !fx_check(&t.f, true);
				good &= v3_unmap(&t, h) == GNTST_okay &&
					t.unmap.revoked == (want != 0);
			}
	ok(good && tried > 200, "shapes: %u ranges of a mapping", tried);
	ok(!v3_close(&t), "shapes: invariants");
}

/* What lies beyond the levels of a tree grants nothing, and is not looked through. */
static void test_check_beyond(void)
{
	struct fx_opts o = plain;
	uint64_t turns;
	struct v3 t;

	o.host.preempt_every = 1;
	if (!ok(!v3_open(&t, o, 1, 4), "beyond: set up"))
		return;
	for (unsigned i = 0; i < GNTV3_ENTRIES; i++)
		v3_end(&t, i);
	turns = hv_vcpu_counters(t.f.gv)->continuations;
	ok(revoke(&t, 0, GNTV3_MAX_REF, GNTV3_REVOKE_CHECK, 0) == GNTST_okay &&
		   t.rev.done == GNTV3_MAX_REF,
	   "beyond: all references there can be");
	turns = hv_vcpu_counters(t.f.gv)->continuations - turns;
	ok(turns < 8, "beyond: left and gone on with %lu times", (unsigned long)turns);
	ok(!v3_close(&t), "beyond: invariants");
}

static void test_check_block(void)
{
	grant_v3_handle_t h;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 4), "check and block: set up"))
		return;
	ok(v3_map(&t, 0, 0, 100, V3_HOLE, &h) == GNTST_okay, "check: 100 pages");
	for (unsigned i = 0; i < 50; i++)
		v3_end(&t, i);
	ok(revoke(&t, 0, 100, GNTV3_REVOKE_CHECK, 1) == GNTST_eagain && t.rev.done == 50 &&
		   t.rev.pages == 50,
	   "check: up to the first entry that is not clear");
	ok(v3_peek(&t, 49, 0) == -1 && v3_peek(&t, 50, 0) == 50, "check: and no further");
	for (unsigned i = 50; i < 100; i++)
		v3_end(&t, i);
	ok(revoke(&t, 0, 512, GNTV3_REVOKE_CHECK, 1) == GNTST_eagain && t.rev.done == 100 &&
		   t.rev.pages == 50,
	   "check: on from there");
	ok(v3_unmap(&t, h) == GNTST_okay && t.unmap.revoked, "check: unmapped");
	/* What is blocked cannot be mapped, entries or not; around it it can. */
	ok(v3_map(&t, 200, 0, 1, V3_HOLE, &h) == GNTST_okay, "block: a page");
	ok(revoke(&t, 190, 20, GNTV3_REVOKE_BLOCK, 1) == GNTST_okay && t.rev.pages == 1,
	   "block: 20 references");
	ok(v3_map(&t, 200, 1, 1, V3_HOLE, NULL) == GNTST_eagain &&
		   v3_map(&t, 209, 1, 1, V3_HOLE, NULL) == GNTST_eagain &&
		   v3_map(&t, 190, 1, 1, V3_HOLE, NULL) == GNTST_eagain,
	   "block: none of them");
	ok(v3_map(&t, 180, 10, 20, V3_HOLE, NULL) == GNTST_eagain && t.map.done == 10,
	   "block: up to the first");
	ok(v3_unmap(&t, t.map.handle) == GNTST_okay, "block: unmapped");
	ok(v3_map(&t, 210, 1, 1, V3_HOLE, NULL) == GNTST_okay &&
		   v3_unmap(&t, t.map.handle) == GNTST_okay,
	   "block: behind them");
	ok(revoke(&t, 190, 19, GNTV3_REVOKE_UNBLOCK, 0) == GNTST_bad_gntref &&
		   revoke(&t, 190, 20, GNTV3_REVOKE_UNBLOCK, 0) == GNTST_okay,
	   "block: ended by just this range");
	ok(v3_map(&t, 200, 1, 1, V3_HOLE, NULL) == GNTST_okay, "block: and then it can");
	ok(!v3_close(&t), "check and block: invariants");
}

static void test_terms(void)
{
	struct fx_opts o = plain;
	grant_v3_tree_t first;
	grant_v3_handle_t h, h2;
	struct v3 t;

	if (!ok(!v3_open(&t, o, 2, 2), "terms: set up"))
		return;
	first = t.tree;
	ok(v3_register(&t, hv_domain_id(t.f.m), 2, 2,
		       GNTV3_REVOCABLE_ONLY | GNTV3_TRANSLATED_ONLY) == GNTST_okay,
	   "terms: a tree that is for the revocable");
	ok(v3_map(&t, 9, 0, 1, V3_RW, NULL) == GNTST_permission_denied &&
		   v3_map(&t, 9, 0, 1, V3_RW | GNTV3_ACCEPT_READONLY, NULL) ==
			   GNTST_permission_denied,
	   "terms: who accepts nothing maps nothing");
	ok(v3_map(&t, 9, 0, 1, V3_SINK, &h) == GNTST_okay, "terms: who accepts a sink does");
	/* Two trees name one page: what is revoked is the reference. */
	v3_unmap(&t, h);
	v3_map(&t, 9, 0, 1, V3_SINK, &h);
	t.tree = first;
	ok(v3_map(&t, 9, 1, 1, V3_SINK, &h2) == GNTST_okay &&
		   revoke(&t, 9, 1, 0, 1) == GNTST_okay && t.rev.pages == 1,
	   "terms: one tree's reference");
	ok(v3_peek(&t, 0, 0) == 9 && v3_peek(&t, 1, 0) == 0, "terms: the other tree's stays");
	v3_poke(&t, 1, 0, 55);
	t.tree = first + 0x401;
	ok(revoke(&t, 9, 1, 0, 1) == GNTST_okay && v3_peek(&t, 0, 0) == 0,
	   "terms: each tree has a sink of its own");
	ok(!v3_close(&t), "terms: invariants");
}

/* The work is the formula's, with as many mappings as there can be. */
static void test_work(void)
{
	const struct hv_counters *c;
	struct hv_counters before;
	unsigned n = 0;
	struct v3 t;

	if (!ok(!v3_open(&t, plain, 2, 3), "work: set up"))
		return;
	for (unsigned k = 0; k <= 9; k++)
		while (n < 60 && v3_map(&t, 512 + (9u >> k << k), 600 * (n % 6) + 40 * k, 1u << k,
					V3_HOLE, NULL) == GNTST_okay)
			n++;
	c = hv_vcpu_counters(t.f.gv);
	before = *c;
	v3_revoke(&t, 512 + 9, 1, 0);
	ok(n >= 10 && t.rev.pages == n && c->entries_written - before.entries_written == n &&
		   c->page_puts - before.page_puts == n + (c->page_gets - before.page_gets) &&
		   c->flushes - before.flushes == 1 &&
		   c->bytes_allocated == before.bytes_allocated &&
		   c->spin_locks - before.spin_locks == 2,
	   "work: %u mappings of a page are as many entries and references, one flush, the tree's lock once",
	   n);
	before = *c;
	v3_revoke(&t, 0, 512, 0);
	ok(c->flushes == before.flushes && c->entries_written == before.entries_written,
	   "work: where nothing is mapped there is none");
	before = *c;
	v3_revoke(&t, 0, GNTV3_MAX_REF, 0);
	ok(t.rev.done == GNTV3_MAX_REF && c->flushes - before.flushes == 1,
	   "work: of all references, one region");
	ok(!v3_close(&t), "work: invariants");
}

/* ---- a mapping that another vCPU is unmapping ---- */

struct thread {
	struct v3 *t;
	grant_v3_handle_t h;
	bool done;
};

static void *unmapper(void *arg)
{
	struct thread *x = arg;

	v3_unmap(x->t, x->h);
	__atomic_store_n(&x->done, true, __ATOMIC_RELEASE);
	return NULL;
}

static void *revoker(void *arg)
{
	struct thread *x = arg;

	v3_revoke(x->t, 9, 1, 0);
	__atomic_store_n(&x->done, true, __ATOMIC_RELEASE);
	return NULL;
}

/*
 * A vCPU of the mapper is in the middle of an access, so that the unmap waits in its flush, with the entry gone already.
 * A revoke must wait as well: the access may be to that page.
 */
static void test_dying(void)
{
	struct fx_opts o = { .mapper = { .vcpus = 2 } };
	struct thread a, b;
	struct hv_vcpu *v;
	pthread_t ta, tb;
	struct v3 t;

	o.host.poison = true;
	if (!ok(!v3_open(&t, o, 2, 2), "going: set up"))
		return;
	a = b = (struct thread){ .t = &t };
	ok(v3_map(&t, 9, 0, 1, V3_HOLE, &a.h) == GNTST_okay && v3_peek(&t, 0, 1) == 9,
	   "going: mapped and touched");
	v = hv_domain_vcpu(t.f.m, 1);
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
	pthread_create(&ta, NULL, unmapper, &a);
	while (hv_pt_hw_get(t.f.host, &t.f.m->p2m.pt, HV_GFN_MAP_BASE, NULL))
		sched_yield();
	pthread_create(&tb, NULL, revoker, &b);
	/* Time enough for one that does not wait. */
	for (unsigned i = 0; i < 20000; i++)
		sched_yield();
	ok(!__atomic_load_n(&a.done, __ATOMIC_ACQUIRE) &&
		   !__atomic_load_n(&b.done, __ATOMIC_ACQUIRE),
	   "going: unmap and revoke wait for the access");
	__atomic_fetch_add(&v->access_seq, 1, __ATOMIC_SEQ_CST);
	pthread_join(ta, NULL);
	pthread_join(tb, NULL);
	ok(t.unmap.status == GNTST_okay && t.rev.status == GNTST_okay && !t.rev.pages,
	   "going: and are through when it is over");
	ok(!v3_close(&t), "going: invariants");
}

int main(void)
{
	test_outcomes();
	test_shapes();
	test_check_beyond();
	test_check_block();
	test_terms();
	test_work();
	test_dying();
	return tap_done();
}
