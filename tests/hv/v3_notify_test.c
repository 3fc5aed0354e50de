// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3's status and notice pages: what stands in them after every operation, who is told and when, every status of
 * notify_setup in the order in which docs/grant-v3.md has the checks, and how they end.
 */
#include "v3_note.h"

/* Take all bits; how many there were, and *first of them. */
static unsigned take(unsigned *first)
{
	unsigned n = 0;

	for (unsigned w = 512; w-- > 0;) {
		uint64_t bits = __atomic_exchange_n(&notice()[w], 0, __ATOMIC_SEQ_CST);

		for (unsigned b = 64; b-- > 0;)
			if (bits >> b & 1) {
				n++;
				*first = w * 64 + b;
			}
	}
	return n;
}

/* As many bytes are set, and the first of them is this one. */
static bool marked(unsigned n, unsigned first)
{
	unsigned found = 0, at = 0;

	for (unsigned i = HV_PAGE_SIZE; i-- > 0;)
		if (status()[i]) {
			found++;
			at = i;
		}
	return found == n && (!n || at == first);
}

/* Bits taken, from the first on, and events since the last time; each event found by its port. */
static bool told(unsigned bits, unsigned first, unsigned events)
{
	static uint64_t before;
	uint64_t sent = hv_domain_events(t.f.g, PORT), pending = hv_guest_take_events(t.f.g);
	unsigned at = first;
	bool good;

	if (!bits && !events && !first) {
		/* A new host. */
		before = sent;
		return true;
	}
	good = take(&at) == bits && at == first && sent - before == events &&
	       pending == (events ? 1ull << PORT : 0);
	before = sent;
	return good;
}

static void test_statuses(void)
{
	struct gnttab_v3_notify_setup n = both(GNTV3_MAX_REF + 1, 10);

	n.tree = 12345;
	n.pad[4] = 1;
	n.port = HV_PORTS;
	n.status_frame = n.notice_frame = 1 << 20;
	ok(setup(n) == GNTST_general_error, "padding");
	n.pad[4] = 0;
	ok(setup(n) == GNTST_general_error, "order");
	n.order = 9;
	ok(setup(n) == GNTST_general_error, "a group that begins at no multiple of its size");
	n.first = GNTV3_MAX_REF;
	ok(setup(n) == GNTST_general_error, "one page for both");
	n.status_frame++;
	ok(setup(n) == GNTST_bad_gntref, "references beyond every tree");
	n.first = 512;
	ok(setup(n) == GNTST_bad_gntref, "no such tree");
	n.tree = t.tree;
	ok(setup(n) == GNTST_general_error, "a port that there is not");
	n.port = 0;
	ok(setup(n) == GNTST_general_error, "or none");
	n.port = PORT;
	ok(setup(n) == GNTST_bad_page, "a status page that is none");
	n.status_frame = hv_guest_frame(t.f.g, STATUS);
	ok(setup(n) == GNTST_bad_page && !fx_check(&t.f, true),
	   "a notice page, and nothing is held");
	n.notice_frame = 0;
	ok(setup(n) == GNTST_general_error, "a port without a page");
	n.port = 0;
	ok(setup(n) == GNTST_okay && !fx_check(&t.f, true), "a status page alone");
	ok(v3_op(t.f.mv, t.f.margs, GNTTABOP_v3_notify_setup, &n, sizeof(n), &n.status) ==
		   GNTST_bad_gntref,
	   "not by the mapper");
	n.status_frame = 0;
	ok(setup(n) == GNTST_general_error, "an end that names references");
	n.first = 0;
	ok(setup(n) == GNTST_okay && setup(n) == GNTST_okay, "the end, and again");
	ok(!fx_check(&t.f, true), "invariants");
}

static void test_groups(void)
{
	grant_v3_handle_t h[4];
	unsigned at = 0;

	told(0, 0, 0);
	ok(setup(both(0, 0)) == GNTST_okay && marked(0, 0) && !take(&at),
	   "a byte for each reference");
	v3_map(&t, 7, 0, 3, V3_HOLE, &h[0]);
	ok(marked(3, 7) && told(0, 7, 0), "a range is mapped");
	v3_map(&t, 9, 8, 1, V3_RW, &h[1]);
	ok(marked(3, 7), "one of its pages again");
	v3_unmap(&t, h[0]);
	ok(marked(1, 9) && told(2, 7, 1),
	   "the range goes: bits of what is mapped no more, one event");
	v3_revoke(&t, 0, 100, 0);
	ok(marked(1, 9) && told(0, 9, 0), "a revoke that its mapper does not accept");
	v3_unmap(&t, h[1]);
	ok(marked(0, 0) && told(1, 9, 1), "the last mapping of the last page");
	ok(v3_unmap(&t, h[1]) == GNTST_bad_handle && told(0, 5, 0), "nothing happens twice");

	v3_map(&t, 100, 0, 8, V3_HOLE, &h[0]);
	v3_map(&t, 102, 8, 1, V3_SINK, &h[1]);
	v3_revoke(&t, 102, 3, 0);
	ok(marked(5, 100) && told(3, 102, 1) && t.rev.pages == 4, "part of a range is revoked");
	v3_unmap(&t, h[1]);
	ok(marked(5, 100) && told(0, 1, 0), "a sink that is unmapped is nobody's");
	v3_unmap(&t, h[0]);
	ok(marked(0, 0) && told(5, 100, 1), "what is left of it is unmapped");

	/* More words than one: each that was empty is an event. */
	v3_map(&t, 0, 0, 200, V3_HOLE, &h[0]);
	v3_unmap(&t, h[0]);
	ok(told(200, 0, 4), "200 pages: an event for each word of 64 bits");
	v3_map(&t, 0, 0, 1, V3_HOLE, &h[0]);
	v3_unmap(&t, h[0]);
	v3_map(&t, 1, 0, 1, V3_HOLE, &h[0]);
	v3_unmap(&t, h[0]);
	ok(told(2, 0, 1), "a bit beside one that nobody took: no event");

	ok(v3_map(&t, 1100, 0, 1, V3_HOLE, NULL) == GNTST_bad_gntref && marked(0, 0) &&
		   told(1, 1100, 1),
	   "nothing is mapped after all: who saw the byte is told");
	ok(v3_map(&t, 1022, 0, 4, V3_HOLE, &h[0]) == GNTST_bad_gntref && t.map.done == 2 &&
		   marked(2, 1022) && told(2, 1024, 1),
	   "or not all of it");
	ok(v3_map(&t, 3, 0, 1, V3_HOLE, NULL) == GNTST_bad_virt_addr && marked(2, 1022) &&
		   told(1, 3, 1),
	   "where something is mapped");
	v3_unmap(&t, h[0]);
	told(2, 1022, 1);

	ok(setup(both(512, 4)) == GNTST_okay, "16 references to a byte, from the second region on");
	v3_map(&t, 500, 0, 30, V3_HOLE, &h[0]);
	ok(marked(2, 0), "a range that begins before them");
	v3_map(&t, 530, 100, 100, V3_HOLE, &h[1]);
	ok(marked(8, 0), "and one of several groups");
	v3_unmap(&t, h[0]);
	ok(marked(7, 1) && told(1, 0, 1), "a group that two share stays");
	v3_map(&t, 511, 0, 1, V3_HOLE, &h[0]);
	v3_unmap(&t, h[0]);
	ok(marked(7, 1) && told(0, 1, 0), "what lies outside is nothing");
	v3_unmap(&t, h[1]);
	ok(marked(0, 0) && told(7, 1, 1), "and all goes");

	ok(setup(both(0, 9)) == GNTST_okay, "a region to a byte");
	v3_map(&t, 500, 0, 30, V3_HOLE, &h[0]);
	ok(marked(2, 0), "both that a range touches");
	v3_unmap(&t, h[0]);
	ok(marked(0, 0) && told(2, 0, 1), "and it goes");
	ok(!fx_check(&t.f, true), "invariants");
}

/* A granter that writes its own pages: it hears less, or more, and nothing else. */
static void test_forged(void)
{
	grant_v3_handle_t h;

	ok(setup(both(0, 0)) == GNTST_okay, "forged: set up");
	memset(notice(), 0xff, HV_PAGE_SIZE);
	v3_map(&t, 5, 0, 1, V3_HOLE, &h);
	memset(status(), 0, HV_PAGE_SIZE);
	ok(v3_unmap(&t, h) == GNTST_okay && marked(0, 0) && told(32768, 0, 0),
	   "forged: a full page, no event");
	memset(status(), 0xff, HV_PAGE_SIZE);
	v3_map(&t, 5, 0, 1, V3_HOLE, &h);
	v3_unmap(&t, h);
	ok(status()[5] == 0 && status()[4] == 0xff && told(1, 5, 1), "forged: only its own byte");
	memset(status(), 0, HV_PAGE_SIZE);
	ok(!fx_check(&t.f, true), "forged: invariants");
}

/* Set up over what is mapped; changed; ended; and pages that cannot be given up meanwhile. */
static void test_life(unsigned every)
{
	struct fx_opts o = { .host = { .preempt_every = every, .poison = true, .audit = true } };
	struct gnttab_v3_notify_setup n;
	grant_v3_handle_t h[3];
	uint64_t bytes, was;

	if (!ok(!v3_open(&t, o, 2, 4), "life: set up"))
		return;
	v3_map(&t, 300, 0, 700, V3_HOLE, &h[0]);
	v3_map(&t, 310, 1000, 10, V3_SINK, &h[1]);
	v3_map(&t, 20, 2000, 1, V3_RW, &h[2]);
	v3_revoke(&t, 400, 50, 0);
	bytes = v3_bytes(t.f.g);
	ok(setup(both(0, 1)) == GNTST_okay && marked(1 + 350 - 25, 10),
	   "life: over what is mapped");
	ok(v3_bytes(t.f.g) == bytes + 4 * HV_PAGE_SIZE, "life: the counts of bytes are 4 pages");
	ok(setup(both(256, 6)) == GNTST_okay && marked(12, 0) &&
		   v3_bytes(t.f.g) == bytes + 4 * HV_PAGE_SIZE,
	   "life: and in another way");
	n = both(0, 0);
	n.status_frame = 0;
	ok(setup(n) == GNTST_okay && v3_bytes(t.f.g) == bytes + 32 * HV_PAGE_SIZE,
	   "life: a notice page alone: 32 pages");
	ok(!fx_check(&t.f, true), "life: invariants");
	told(0, 0, 0);
	v3_unmap(&t, h[2]);
	ok(told(1, 20, 1), "life: a bit in it");
	v3_map(&t, 20, 2000, 1, V3_RW, &h[2]);

	/* Refused: what was before stands. */
	was = hv_domain_events(t.f.g, PORT);
	n = both(0, 0);
	for (unsigned i = 1; i <= 4; i++) {
		hv_host_fail_alloc(t.f.host, i);
		ok(setup(n) == GNTST_no_space, "life: allocation %u fails", i);
	}
	hv_host_fail_alloc(t.f.host, 0);
	v3_unmap(&t, h[1]);
	ok(hv_domain_events(t.f.g, PORT) == was && !fx_check(&t.f, true),
	   "life: what was mapped twice is mapped still");
	v3_unmap(&t, h[2]);
	ok(told(1, 20, 1), "life: and a bit goes where it went");

	ok(setup(both(0, 0)) == GNTST_okay && v3_balloon(&t, STATUS, true) == 1,
	   "life: its pages can be given up");
	ok(v3_unmap(&t, h[0]) == GNTST_okay && !fx_check(&t.f, true),
	   "life: and are held until it ends");
	bytes = v3_bytes(t.f.g);
	ok(setup((struct gnttab_v3_notify_setup){ .tree = t.tree }) == GNTST_okay &&
		   v3_bytes(t.f.g) == bytes - 4 * HV_PAGE_SIZE && !fx_check(&t.f, true),
	   "life: it ends");
	ok(!v3_close(&t), "life: invariants again");
}

/* Who dies, and the tree that ends, with pages set up and something mapped that stays and something that goes. */
static void test_ends(unsigned who, enum hv_guest granter)
{
	struct fx_opts o = { .granter = { .guest = granter },
			     .mapper = { .guest = HV_GUEST_TRANSLATED } };
	static const char *const whose[] = { "unregister", "the granter's death",
					     "the mapper's death" };
	grant_v3_handle_t h;

	o.host.poison = o.host.audit = true;
	if (!ok(!v3_set_up(&t, o, 2, 4), "%s: set up", whose[who]))
		return;
	setup(both(0, 0));
	v3_map(&t, 1, 0, 1, V3_RW, &h);
	v3_map(&t, 2, 1, 30, V3_HOLE, NULL);
	ok(marked(31, 1) && !fx_check(&t.f, true), "%s: invariants before", whose[who]);
	told(0, 0, 0);
	if (who == 0) {
		ok(v3_unregister(&t) == GNTST_okay, "%s: done", whose[who]);
		ok(marked(1, 1) && told(30, 2, 1), "%s: what goes is told", whose[who]);
		ok(v3_unmap(&t, h) == GNTST_okay && marked(1, 1) && told(0, 1, 0),
		   "%s: what its mapper unmaps after it is not", whose[who]);
		ok(setup(both(0, 0)) == GNTST_bad_gntref, "%s: there is no tree", whose[who]);
	} else if (who == 1) {
		hv_domain_kill(t.f.g);
		ok(v3_unmap(&t, h) == GNTST_okay, "%s: its mapper unmaps", whose[who]);
	} else {
		hv_domain_kill(t.f.m);
		ok(marked(0, 0) && told(31, 1, 1), "%s: all goes, and is told", whose[who]);
		ok(setup(both(0, 3)) == GNTST_okay && marked(0, 0),
		   "%s: the tree is there still, and can be set up", whose[who]);
	}
	ok(!hv_check(t.f.host, true, (char[200]){ 0 }, 200) && !hv_host_violation(t.f.host),
	   "%s: invariants", whose[who]);
	fx_close(&t.f);
}

/* Copies: the byte while they run cannot be seen from here; a notice afterwards can. */
static void test_copies(void)
{
	struct gnttab_v3_copy *c = (struct gnttab_v3_copy *)t.f.margs;
	grant_v3_handle_t h;

	setup(both(0, 0));
	told(0, 0, 0);
	for (unsigned i = 0; i < 40; i++)
		c[i] = (struct gnttab_v3_copy){ .source = { .where = 10 + i % 3,
							    .tree = t.tree,
							    .dom = hv_domain_id(t.f.g) },
						.dest = { .where = 3, .dom = DOMID_SELF },
						.len = 1,
						.flags = GNTV3_COPY_SOURCE };
	v3_map(&t, 11, 0, 1, V3_HOLE, &h);
	hv_grant_table_op(t.f.mv, GNTTABOP_v3_copy, c, 40);
	ok(marked(1, 11) && told(2, 10, 1) && c[39].status == GNTST_okay,
	   "copies: what only they used is told");
	v3_unmap(&t, h);
	ok(told(1, 11, 1), "copies: what was mapped, when that goes");
	v3_end(&t, 10);
	*c = c[3];
	hv_grant_table_op(t.f.mv, GNTTABOP_v3_copy, c, 1);
	ok(c->status == GNTST_bad_gntref && marked(0, 0) && told(1, 10, 1),
	   "copies: one that comes to nothing may have been seen");
	v3_grant(&t, 10, 10, 0);
	ok(!fx_check(&t.f, true), "copies: invariants");
}

/* Of a PV mapper's pages, which a revoke finds one by one: a hole each, and a sink. */
static void test_pv_mapper(void)
{
	grant_v3_handle_t h[2];
	struct fx_opts o = { .granter = { .vcpus = 1 }, .mapper = { .guest = HV_GUEST_PV } };

	if (!ok(!v3_set_up(&t, o, 3, 4), "PV: set up"))
		return;
	told(0, 0, 0);
	setup(both(0, 0));
	v3_map(&t, 100, 0, 8, V3_HOLE, &h[0]);
	v3_map(&t, 102, 8, 1, V3_SINK, &h[1]);
	ok(marked(8, 100) && told(0, 5, 0), "PV: mapped");
	v3_revoke(&t, 102, 3, 0);
	ok(marked(5, 100) && told(3, 102, 1) && t.rev.pages == 4 && !fx_check(&t.f, true),
	   "PV: part of a range is revoked");
	v3_unmap(&t, h[1]);
	ok(marked(5, 100) && told(0, 1, 0), "PV: a sink that is unmapped is nobody's");
	v3_unmap(&t, h[0]);
	ok(marked(0, 0) && told(5, 100, 1), "PV: what is left of it is unmapped");
	ok(!v3_close(&t), "PV: invariants");
}

int main(void)
{
	if (!ok(!v3_open(&t, (struct fx_opts){ .granter = { .vcpus = 1 } }, 3, 4), "set up"))
		return tap_done();
	test_statuses();
	test_groups();
	test_forged();
	test_copies();
	ok(!v3_close(&t), "invariants");
	test_pv_mapper();
	test_life(0);
	test_life(1);
	for (unsigned who = 0; who < 3; who++) {
		test_ends(who, HV_GUEST_TRANSLATED);
		test_ends(who, HV_GUEST_PV);
	}
	return tap_done();
}
