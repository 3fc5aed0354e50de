/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How entries of every size count in groups of every size: the core's own functions, over records that no host here can
 * map.
 */
#include "scene.h"
#include "tap.h"
#include <stdlib.h>

#include "gv3_core.c"

static struct small *s;
static struct gv3_tree t;

static void open_groups(uint64_t first, unsigned order)
{
	struct gnttab_v3_notify_setup r = { .status_frame = STATUS_GFN,
					    .notice_frame = NOTICE_GFN,
					    .first = first,
					    .port = 1,
					    .order = (uint8_t)order };

	note_drop(&s->cpu[0][0], &t, &t.note);
	if (note_begin(&s->cpu[0][0], &t, &r) || note_scan(&s->cpu[0][0], &t))
		small_violation(s, "groups cannot be had");
}

/* Bytes that are set, the first of them, and the pages that are counted for it. */
static bool is(unsigned n, unsigned first, uint32_t count)
{
	unsigned i, found = 0, at = 0;

	small_drain(&s->cpu[0][0]);
	for (i = 4096; i-- > 0;)
		if (scene_status(s, i)) {
			found++;
			at = i;
		}
	return found == n && at == first && (!n || *note_count(&t.note, first) == count);
}

static void mapped(uint32_t n, bool in)
{
	struct gv3_rec *r = rec_at(&t, n);

	note_mark(&s->cpu[0][0], &t, r->ref, rec_pages(r));
	note_rec(&s->cpu[0][0], &t, n, in);
	note_unmark(&s->cpu[0][0], &t, r->ref, rec_pages(r));
}

static uint32_t record(uint64_t ref, unsigned order)
{
	struct gv3_rec *r = NULL;
	uint32_t n = rec_get(&s->cpu[0][0], &t, &r);

	if (!r)
		abort();
	r->ref = ref;
	r->order = order;
	r->state = GV3_LIVE;
	r->listed = 1;
	return n;
}

static void test_large(void)
{
	uint32_t two, gig, one, i;
	unsigned order;
	bool good = true;

	two = record(3 * 512, 9);
	for (order = 0; order <= 9; order++) {
		open_groups(512, order);
		/* It was there before: the scan has counted it. */
		good &= is(512u >> order, 1024u >> order, 1u << order);
		mapped(two, false);
		good &= is(0, 0, 0);
		mapped(two, true);
		good &= is(512u >> order, 1024u >> order, 1u << order);
	}
	ok(good, "an entry of 2M is its 512 references, in groups of every order");
	open_groups(3 * 512 + 256, 3);
	ok(is(32, 0, 8), "or those of them that are not before the first group");
	one = record(20 * 512, 9);
	open_groups(20 * 512 + 256 - 4096, 0);
	ok(is(256, 3840, 1), "or not beyond the last");
	rec_put(&s->cpu[0][0], &t, one, rec_at(&t, one));
	open_groups(0, 9);
	one = record(3 * 512 + 5, 0);
	rec_at(&t, one)->pages = 1;
	mapped(one, true);
	ok(is(1, 3, 513), "a page beside it is one more");
	mapped(two, false);
	ok(is(1, 3, 1), "and stays when it goes");
	mapped(one, false);
	ok(is(0, 0, 0) && s->dom[0].events, "then that is over");
	rec_put(&s->cpu[0][0], &t, one, rec_at(&t, one));

	gig = record(1ull << 18, 18);
	open_groups(0, 9);
	mapped(two, false);
	ok(is(512, 512, 512), "an entry of 1G is 512 regions");
	open_groups((1ull << 18) - 2048, 0);
	ok(is(2048, 2048, 1), "or as much of it as there are groups");
	mapped(gig, false);
	ok(is(0, 0, 0), "and goes");

	/* Split by a reserve: from there on it is pages of its own. */
	open_groups(0, 6);
	mapped(gig, false);
	rec_at(&t, two)->order = 0;
	rec_at(&t, two)->pages = 512;
	rec_at(&t, two)->list = 1;
	rec_at(&t, two)->frame = (uintptr_t)gv3_mem_alloc(&s->cpu[0][0], t.grantee, 512 * 8);
	for (i = 0; i < 64; i++) {
		*rec_frame(rec_at(&t, two), 64 + i) = GV3_F_HOLE;
		note_taken(&s->cpu[0][0], &t, two, 64 + i);
	}
	ok(is(7, 24, 64) && !scene_status(s, 25), "a part of one that was split: page by page");
	note_rec(&s->cpu[0][0], &t, two, false);
	ok(is(0, 0, 0), "and the rest");
	rec_put(&s->cpu[0][0], &t, two, rec_at(&t, two));
	rec_put(&s->cpu[0][0], &t, gig, rec_at(&t, gig));
}

int main(void)
{
	const char *why;

	s = small_new(0);
	t.granter = &s->dom[0];
	t.grantee = &s->dom[1];
	t.max_maps = 2;
	t.note.status = t.note.notice = GV3_NO_FRAME;
	test_large();
	note_drop(&s->cpu[0][0], &t, &t.note);
	recs_free(&s->cpu[0][0], &t);
	why = small_free(s);
	ok(!why, "no promise is broken%s%s", why ? ": " : "", why ? why : "");
	ok(sizeof(struct gv3_tree) <= 2048, "a tree is %u bytes",
	   (unsigned)sizeof(struct gv3_tree));
	/* What is the host's to call. */
	(void)gv3_call;
	(void)gv3_init;
	(void)gv3_dies;
	(void)gv3_free;
	return tap_done();
}
