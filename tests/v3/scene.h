/* SPDX-License-Identifier: GPL-2.0-only */
/* What the tests on the small host begin with: domain 0 grants 8 of its pages to domain 1, by a tree of 2 levels. */
#ifndef SCENE_H
#define SCENE_H

#include <string.h>

#include "small.h"
#include "tap.h"

#define ROOT	   0 /* GFNs of the granter */
#define NODE	   1
#define STATUS_GFN 2 /* if they are set up */
#define NOTICE_GFN 3
#define DATA	   4  /* and seven more */
#define AT	   64 /* a GFN of the mapper, where nothing is */
#define PAGES	   8

static inline uint64_t leaf(uint64_t gfn)
{
	return gfn << GNTV3_PAGE_SHIFT | GNTV3_LEAF;
}

static inline uint64_t table(uint64_t gfn)
{
	return gfn << GNTV3_PAGE_SHIFT | GNTV3_TABLE;
}

/* The tree's name, or 0. */
static inline grant_v3_tree_t scene_tree(struct small *s, uint16_t flags, uint8_t max_maps)
{
	struct gnttab_v3_register r = {
		.dom = 1, .flags = flags, .levels = 2, .max_maps = max_maps, .root = ROOT
	};
	unsigned i;

	small_ram(&s->dom[0], ROOT)[0] = table(NODE);
	for (i = 0; i < GNTV3_ENTRIES; i++)
		small_ram(&s->dom[0], NODE)[i] = leaf(DATA + i % PAGES);
	small_hypercall(&s->cpu[0][0], GNTTABOP_v3_register, &r, 1);
	return r.status ? 0 : r.tree;
}

/*
 * Status and notice page, 1 << order references to a group from the first on, port 1; or with none of them the end. False:
 * it could not be had. Where the answer did not arrive, what came of it is seen by the pages alone.
 */
static inline bool scene_notify(struct small *s, grant_v3_tree_t tree, uint8_t order, bool set_up)
{
	struct gnttab_v3_notify_setup n = { .tree = tree, .order = order, .status = 1 };
	long rc;

	if (set_up) {
		n.status_frame = STATUS_GFN;
		n.notice_frame = NOTICE_GFN;
		n.port = 1;
	}
	rc = small_hypercall(&s->cpu[0][0], GNTTABOP_v3_notify_setup, &n, 1);
	if (rc)
		s->frame[STATUS_GFN].kept = s->frame[NOTICE_GFN].kept =
			s->frame[STATUS_GFN].refs - 1;
	else if (n.status == GNTST_okay)
		s->frame[STATUS_GFN].kept = s->frame[NOTICE_GFN].kept = set_up;
	return !rc && n.status == GNTST_okay;
}

static inline bool scene_status(struct small *s, unsigned group)
{
	return ((volatile uint8_t *)small_ram(&s->dom[0], STATUS_GFN))[group];
}

static inline bool scene_notice(struct small *s, unsigned group)
{
	return small_ram(&s->dom[0], NOTICE_GFN)[group / 64] >> group % 64 & 1;
}

static inline struct gnttab_v3_map scene_map(struct small_cpu *cur, grant_v3_tree_t tree,
					     uint64_t ref, uint32_t count, unsigned gfn,
					     uint16_t flags)
{
	struct gnttab_v3_map m = { .ref = ref,
				   .addr = (uint64_t)gfn << GNTV3_PAGE_SHIFT,
				   .tree = tree,
				   .count = count,
				   .flags = GNTV3_MAP_HOST | flags,
				   .status = 1 };

	small_hypercall(cur, GNTTABOP_v3_map, &m, 1);
	return m;
}

static inline struct gnttab_v3_unmap scene_unmap(struct small_cpu *cur, grant_v3_tree_t tree,
						 grant_v3_handle_t handle)
{
	struct gnttab_v3_unmap u = { .tree = tree, .handle = handle, .status = 1 };

	small_hypercall(cur, GNTTABOP_v3_unmap, &u, 1);
	return u;
}

static inline struct gnttab_v3_revoke scene_revoke(struct small_cpu *cur, grant_v3_tree_t tree,
						   uint64_t ref, uint64_t count, uint16_t flags)
{
	struct gnttab_v3_revoke r = {
		.ref = ref, .count = count, .tree = tree, .flags = flags, .status = 1
	};

	small_hypercall(cur, GNTTABOP_v3_revoke, &r, 1);
	return r;
}

/* By the toolstack; and the granter's answer. */
static inline int scene_bind(struct small *s, grant_v3_tree_t tree, unsigned to)
{
	struct gnttab_v3_bind b = { .tree = tree, .to = (uint16_t)to, .status = 1 };

	small_hypercall(&s->cpu[SMALL_TOOLSTACK][0], GNTTABOP_v3_bind, &b, 1);
	return b.status;
}

static inline int scene_ack(struct small *s, grant_v3_tree_t tree, unsigned dom)
{
	struct gnttab_v3_ack a = { .tree = tree, .dom = (uint16_t)dom, .status = 1 };

	small_hypercall(&s->cpu[0][0], GNTTABOP_v3_ack, &a, 1);
	return a.status;
}

static inline struct gnttab_v3_protect scene_protect(struct small_cpu *cur, grant_v3_tree_t tree,
						     uint64_t ref, uint64_t count, uint16_t flags)
{
	struct gnttab_v3_protect p = {
		.ref = ref, .count = count, .tree = tree, .flags = flags, .status = 1
	};

	small_hypercall(cur, GNTTABOP_v3_protect, &p, 1);
	return p;
}

/* How often the core called something since the trace was begun. */
static inline unsigned scene_called(const struct small *s, const char *what)
{
	unsigned i, n = 0;

	for (i = 0; i < s->traced; i++)
		n += !strcmp(s->trace[i], what);
	return n;
}

/* Where in the trace the n-th call of this name is, from 0; or past the end. */
static inline unsigned scene_place(const struct small *s, const char *what, unsigned n)
{
	unsigned i;

	for (i = 0; i < s->traced; i++)
		if (!strcmp(s->trace[i], what) && !n--)
			break;
	return i;
}

/* A number below n, by lot. */
static inline unsigned scene_draw(uint64_t *seed, unsigned n)
{
	*seed = *seed * 6364136223846793005ull + 1442695040888963407ull;
	return (unsigned)(*seed >> 33) % n;
}

/*
 * One and the same work on a host *s that once() makes: with each call that may fail failing once, preempted at any point
 * or never, and with every limit of the core's memory from the first on, to the last. once() says whether there was an
 * n-th call to fail; n is 0 and the limit positive, or the other way round.
 */
static inline void scene_failures(struct small **s,
				  bool (*once)(unsigned long n, long limit, unsigned preempt),
				  long first, long last, long step)
{
	const char *why = NULL;
	unsigned preempt, tried = 0;
	unsigned long n;
	long limit;

	for (preempt = 0; preempt < 2 && !why; preempt++) {
		for (n = 1; !why && once(n, 0, preempt); n++, tried++)
			why = small_free(*s);
		if (!why)
			why = small_free(*s);
	}
	ok(!why && tried > 60, "every call that may fail fails once, %u of them%s%s", tried,
	   why ? ": " : "", why ? why : "");
	for (limit = first; !why && limit < last; limit += step) {
		once(0, limit, 0);
		why = small_free(*s);
	}
	ok(!why, "and every limit of memory is reached%s%s", why ? ": " : "", why ? why : "");
}

#endif
