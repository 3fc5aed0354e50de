// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3's copy: what each end may be, every status in the order in which docs/grant-v3.md has the checks, what it
 * holds meanwhile, and its work beside version 1's.
 */
#include "v3.h"

#include "page.h"

static struct v3 t;

static struct gnttab_v3_copy_end by_ref(uint64_t ref, unsigned offset)
{
	return (struct gnttab_v3_copy_end){
		.where = ref, .tree = t.tree, .dom = hv_domain_id(t.f.g), .offset = (uint16_t)offset
	};
}

/* A page of the mapper's RAM. */
static struct gnttab_v3_copy_end own(unsigned page, unsigned offset)
{
	return (struct gnttab_v3_copy_end){ .where = hv_guest_frame(t.f.m, page),
					    .dom = DOMID_SELF,
					    .offset = (uint16_t)offset };
}

static uint8_t *ram(struct hv_domain *d, unsigned page)
{
	return hv_guest_frame_ptr(d, hv_guest_frame(d, page));
}

static int run(struct gnttab_v3_copy *c)
{
	c->status = 77;
	return v3_op(t.f.mv, t.f.margs, GNTTABOP_v3_copy, c, sizeof(*c), &c->status);
}

static int copy(struct gnttab_v3_copy_end s, struct gnttab_v3_copy_end d, unsigned len,
		unsigned flags)
{
	struct gnttab_v3_copy c = {
		.source = s, .dest = d, .len = (uint16_t)len, .flags = (uint16_t)flags
	};

	return run(&c);
}

#define SOURCE GNTV3_COPY_SOURCE
#define DEST   GNTV3_COPY_DEST

static void fill(uint8_t *p, unsigned seed)
{
	for (unsigned i = 0; i < HV_PAGE_SIZE; i++)
		p[i] = (uint8_t)(i * 7 + i / 256 + seed);
}

/* len bytes arrived, and no other changed: what was there before is in `was`. */
static bool arrived(const uint8_t *to, const uint8_t *was, unsigned at, const uint8_t *from,
		    unsigned len)
{
	return !memcmp(to, was, at) && !memcmp(to + at, from, len) &&
	       !memcmp(to + at + len, was + at + len, HV_PAGE_SIZE - at - len);
}

static void test_moves(enum hv_guest granter, enum hv_guest mapper)
{
	struct fx_opts o = { .granter = { .guest = granter },
			     .mapper = { .guest = mapper, .map_slots = 64 } };
	const char *who = granter == HV_GUEST_PV ? "PV granter" : "translated granter";
	uint8_t was[HV_PAGE_SIZE], from[HV_PAGE_SIZE];

	if (!ok(!v3_set_up(&t, o, 2, 2), "%s, %s caller: set up", who,
		mapper == HV_GUEST_PV ? "PV" : "translated"))
		return;
	for (unsigned i = 0; i < 8; i++) {
		fill(ram(t.f.g, i), i);
		fill(ram(t.f.m, i), 100 + i);
	}
	memcpy(was, ram(t.f.m, 3), sizeof(was));
	ok(copy(by_ref(5, 100), own(3, 200), 1000, SOURCE) == GNTST_okay &&
		   arrived(ram(t.f.m, 3), was, 200, ram(t.f.g, 5) + 100, 1000),
	   "%s: from a reference to a frame", who);
	memcpy(was, ram(t.f.g, 6), sizeof(was));
	ok(copy(own(2, 0), by_ref(6, 3), 4093, DEST) == GNTST_okay &&
		   arrived(ram(t.f.g, 6), was, 3, ram(t.f.m, 2), 4093),
	   "%s: from a frame to a reference, up to its last byte", who);
	memcpy(was, ram(t.f.g, 2), sizeof(was));
	ok(copy(by_ref(1, 8), by_ref(2, 16), 64, SOURCE | DEST) == GNTST_okay &&
		   arrived(ram(t.f.g, 2), was, 16, ram(t.f.g, 1) + 8, 64),
	   "%s: both ends of one tree", who);
	memcpy(was, ram(t.f.m, 5), sizeof(was));
	ok(copy(own(4, 1), own(5, 2), 77, 0) == GNTST_okay &&
		   arrived(ram(t.f.m, 5), was, 2, ram(t.f.m, 4) + 1, 77),
	   "%s: both ends frames", who);
	memcpy(was, ram(t.f.g, 7), sizeof(was));
	ok(copy(own(4, 0), by_ref(7, 4096), 0, DEST) == GNTST_okay &&
		   !memcmp(ram(t.f.g, 7), was, sizeof(was)),
	   "%s: nothing, at the end of a page", who);
	/* Forward within one page, in words: what was copied already is copied on, as by Xen's memcpy(). */
	memcpy(from, ram(t.f.g, 1), sizeof(from));
	memcpy(was, from, sizeof(was));
	for (unsigned i = 0; i + 8 <= 100; i += 8)
		memmove(from + 20 + i, from + 8 + i, 8);
	for (unsigned i = 96; i < 100; i++)
		from[20 + i] = from[8 + i];
	ok(copy(by_ref(1, 8), by_ref(1, 20), 100, SOURCE | DEST) == GNTST_okay &&
		   arrived(ram(t.f.g, 1), was, 20, from + 20, 100),
	   "%s: within a page, over itself", who);
	ok(!v3_close(&t), "%s: invariants", who);
}

static void test_statuses(void)
{
	struct gnttab_v3_copy c = { .source = { .where = GNTV3_MAX_REF, .tree = 12345, .dom = 77 },
				    .dest = { .where = 1 << 20, .tree = 7, .offset = 4000 },
				    .len = 200,
				    .flags = 4,
				    .pad = 1 };
	uint64_t *e, good;

	if (!ok(!v3_open(&t, (struct fx_opts){ .granter = { .vcpus = 1 } }, 2, 2),
		"statuses: set up"))
		return;
	e = v3_entry(&t, 5);
	good = *e;
	ok(run(&c) == GNTST_general_error, "flags");
	c.flags = SOURCE;
	ok(run(&c) == GNTST_general_error, "padding");
	c.pad = 0;
	ok(run(&c) == GNTST_bad_gntref, "a reference beyond every tree");
	c.source.where = 1ull << 18;
	ok(run(&c) == GNTST_general_error, "a frame that names a tree");
	c.dest.tree = 0;
	ok(run(&c) == GNTST_permission_denied, "a frame of another's");
	c.dest.dom = DOMID_SELF;
	ok(run(&c) == GNTST_bad_copy_arg, "beyond the end of a page: of the target's");
	c.dest.offset = 0;
	c.source.offset = 3897;
	ok(run(&c) == GNTST_bad_copy_arg, "of the source's");
	c.source.offset = UINT16_MAX;
	c.len = UINT16_MAX;
	ok(run(&c) == GNTST_bad_copy_arg, "and far beyond");
	c.source.offset = 0;
	c.len = 200;
	ok(run(&c) == GNTST_bad_domain, "no such domain");
	c.source.dom = hv_domain_id(t.f.g);
	ok(run(&c) == GNTST_bad_gntref, "no such tree");
	c.source.tree = t.tree;
	ok(run(&c) == GNTST_bad_gntref, "beyond the tree's levels");
	c.source.where = 5;
	ok(v3_revoke(&t, 5, 1, GNTV3_REVOKE_BLOCK) == GNTST_okay && run(&c) == GNTST_eagain,
	   "a blocked reference");
	ok(v3_revoke(&t, 5, 1, GNTV3_REVOKE_UNBLOCK) == GNTST_okay, "unblocked");
	*e = GNTV3_NOTHING;
	ok(run(&c) == GNTST_bad_gntref, "an entry that grants nothing");
	*e = good | 8;
	ok(run(&c) == GNTST_bad_gntref, "or is malformed");
	*e = 1ull << 40 | GNTV3_LEAF;
	ok(run(&c) == GNTST_bad_page, "or is no page of the granter's");
	*e = good | GNTV3_READONLY;
	ok(run(&c) == GNTST_bad_page, "the source is right, the target no page of the caller's");
	c.dest = by_ref(5, 0);
	c.flags = SOURCE | DEST;
	ok(run(&c) == GNTST_permission_denied, "a read-only leaf to be written");
	c.dest = own(1, 0);
	c.flags = SOURCE;
	ok(run(&c) == GNTST_okay, "and to be read");
	c.dest = (struct gnttab_v3_copy_end){ .where = 5, .dom = DOMID_SELF, .tree = t.tree };
	c.flags = SOURCE | DEST;
	ok(run(&c) == GNTST_bad_gntref, "a tree of the caller's own that there is not");
	/* The granter is not the grantee of its own tree. */
	c.dest = own(1, 0);
	c.flags = SOURCE;
	ok(v3_op(t.f.gv, t.f.gargs, GNTTABOP_v3_copy, &c, sizeof(c), &c.status) == GNTST_bad_gntref,
	   "by who is not the grantee");
	ok(!fx_check(&t.f, true), "statuses: invariants");
	ok(v3_unregister(&t) == GNTST_okay && run(&c) == GNTST_bad_gntref,
	   "a tree that was unregistered");
	ok(!v3_close(&t), "statuses: invariants again");
}

/* A tree for oneself; and one each way between two domains, both ends of one copy. */
static void test_trees(void)
{
	struct gnttab_v3_copy c = { .len = 64, .flags = SOURCE | DEST };
	grant_v3_tree_t theirs, mine;
	struct v3 other;

	if (!ok(!v3_open(&t, (struct fx_opts){ .self = true }, 2, 2), "self: set up"))
		return;
	c.source = c.dest = (struct gnttab_v3_copy_end){ .tree = t.tree, .dom = DOMID_SELF };
	c.source.where = 9;
	c.dest.where = 10;
	ok(run(&c) == GNTST_okay && ram(t.f.g, 10)[63] == 9 && ram(t.f.g, 10)[64] == 10,
	   "self: from a reference of one's own to another");
	c.dest.dom = hv_domain_id(t.f.g);
	c.dest.where = 11;
	ok(run(&c) == GNTST_okay && ram(t.f.g, 11)[63] == 9, "self: the same tree by two names");
	ok(!v3_close(&t), "self: invariants");

	if (!ok(!v3_open(&t, (struct fx_opts){ .granter = { .vcpus = 1 } }, 2, 2),
		"two trees: set up"))
		return;
	theirs = t.tree;
	/* The mapper registers a tree for itself: with the first slot and generation, as the granter did. */
	other = t;
	other.f.g = t.f.m;
	other.f.gv = t.f.mv;
	other.f.gargs = t.f.margs;
	other.nodes = 0;
	other.root = v3_node(&other);
	ok(v3_register(&other, hv_domain_id(t.f.m), 2, 2, 0) == GNTST_okay,
	   "two trees: registered");
	v3_grant(&other, 20, 20, 0);
	ram(t.f.m, 20)[0] = 99;
	mine = other.tree;
	ok(mine == theirs, "two trees: they have one name");
	c.source = (struct gnttab_v3_copy_end){ .where = 9,
						.tree = theirs,
						.dom = hv_domain_id(t.f.g) };
	c.dest = (struct gnttab_v3_copy_end){ .where = 20, .tree = mine, .dom = DOMID_SELF };
	ok(run(&c) == GNTST_okay && ram(t.f.m, 20)[0] == 9, "two trees: from one to the other");
	ram(t.f.m, 20)[0] = 99;
	v3_op(t.f.mv, t.f.margs, GNTTABOP_v3_copy,
	      &(struct gnttab_v3_copy){
		      .source = c.dest, .dest = c.source, .len = 1, .flags = SOURCE | DEST },
	      sizeof(c), &c.status);
	ok(ram(t.f.g, 9)[0] == 99, "two trees: and back");
	ok(!v3_close(&t), "two trees: invariants");
}

/* What a copy holds, it holds for its own time; and an end is walked to again in each section. */
static void test_lists(unsigned every)
{
	struct fx_opts o = { .host = { .preempt_every = every, .poison = true, .audit = true } };
	struct gnttab_v3_copy *c;
	unsigned bad = 0;

	if (!ok(!v3_open(&t, o, 2, 2), "lists: set up"))
		return;
	c = (struct gnttab_v3_copy *)t.f.margs;
	for (unsigned i = 0; i < 100; i++)
		c[i] = (struct gnttab_v3_copy){ .source = by_ref(i / 3, 0),
						.dest = own(i, 0),
						.len = 8,
						.flags = i == 50 ? 0x100 : SOURCE,
						.status = 77 };
	ok(!hv_grant_table_op(t.f.mv, GNTTABOP_v3_copy, c, 100), "lists: 100 copies");
	for (unsigned i = 0; i < 100; i++)
		bad += i == 50 ? c[i].status != GNTST_general_error
			       : c[i].status != GNTST_okay || ram(t.f.m, i)[7] != (uint8_t)(i / 3);
	ok(!bad, "lists: each came to its own, and one of them to an error");
	ok(!fx_check(&t.f, true), "lists: nothing is held afterwards");
	ok(v3_balloon(&t, 3, true) == 1, "lists: a page can be given up");
	ok(copy(by_ref(3, 0), own(0, 0), 8, SOURCE) == GNTST_bad_page, "lists: and is none then");
	ok(hv_grant_table_op(t.f.mv, GNTTABOP_v3_copy, (uint8_t *)c + (1 << 24), 1) == -EFAULT,
	   "lists: arguments out of reach");
	ok(!v3_close(&t), "lists: invariants");
}

/* ---- work ---- */

#define N 32

static struct hv_counters since(const struct hv_counters *before)
{
	struct hv_counters d = *hv_vcpu_counters(t.f.mv);

	for (unsigned i = 0; i < HV_NR_COUNTERS; i++)
		((uint64_t *)&d)[i] -= ((const uint64_t *)before)[i];
	return d;
}

/* N copies to pages of the caller's own; each from a page of its own, or all from one. */
static struct hv_counters by_v3(bool one)
{
	struct gnttab_v3_copy *c = (struct gnttab_v3_copy *)t.f.margs;
	struct hv_counters before = *hv_vcpu_counters(t.f.mv);

	for (unsigned i = 0; i < N; i++)
		c[i] = (struct gnttab_v3_copy){ .source = by_ref(one ? 0 : i, 0),
						.dest = own(i, 0),
						.len = 8,
						.flags = SOURCE };
	hv_grant_table_op(t.f.mv, GNTTABOP_v3_copy, c, N);
	before = since(&before);
	for (unsigned i = 0; i < N; i++)
		before.hypercalls += c[i].status != GNTST_okay;
	return before;
}

static struct hv_counters by_v1(bool one)
{
	struct gnttab_copy *c = (struct gnttab_copy *)t.f.margs;
	struct hv_counters before = *hv_vcpu_counters(t.f.mv);

	for (unsigned i = 0; i < N; i++)
		c[i] = (struct gnttab_copy){
			.source = { .u.ref = 8 + (one ? 0 : i), .domid = hv_domain_id(t.f.g) },
			.dest = { .u.gmfn = hv_guest_frame(t.f.m, i), .domid = DOMID_SELF },
			.len = 8,
			.flags = GNTCOPY_source_gref
		};
	hv_grant_table_op(t.f.mv, GNTTABOP_copy, c, N);
	before = since(&before);
	for (unsigned i = 0; i < N; i++)
		before.hypercalls += c[i].status != GNTST_okay;
	return before;
}

/*
 * Each copy from another page to another page; translated, N to a hypercall, everything warm. A copy of arguments is
 * 6 look-ups in the p2m, and version 3 makes two in all. Its own: one look-up and reference a level, and the frames.
 */
static const struct counted {
	const char *name;
	size_t at;
	unsigned page, level,
		call; /* version 3: for each copy, for each copy and level, for the call */
	unsigned v1_page, v1_call;
} counted[] = {
#define C(name) #name, offsetof(struct hv_counters, name)
	{ C(hypercalls), 0, 0, 1, 0, 1 },     { C(arg_copies), 0, 0, 2, 2, 0 },
	{ C(domain_lookups), 0, 0, 1, 0, 1 }, { C(spin_locks), 0, 0, 1, 2, 0 },
	{ C(pcpu_reads), 2, 1, 12, 16, 0 },   { C(pcpu_writes), 0, 0, 0, 0, 0 },
	{ C(guest_reads), 0, 1, 0, 2, 0 },    { C(page_gets), 2, 1, 12, 14, 0 },
	{ C(page_puts), 2, 1, 12, 14, 0 },    { C(type_gets), 0, 0, 0, 1, 0 },
	{ C(frame_maps), 2, 1, 10, 12, 0 },   { C(walks), 2, 1, 12, 14, 0 },
	{ C(atomic_rmws), 4, 2, 25, 34, 0 },  { C(barriers), 2, 1, 12, 16, 0 },
	{ C(status_sets), 0, 0, 0, 1, 0 },    { C(bytes_allocated), 0, 0, 0, 0, 0 },
	{ C(bytes_copied), 8, 0, 0, 8, 0 },   { C(entries_written), 0, 0, 0, 0, 0 },
	{ C(flushes), 0, 0, 0, 0, 0 },
#undef C
};

static uint64_t at(const struct hv_counters *c, size_t off)
{
	uint64_t v;

	memcpy(&v, (const char *)c + off, 8);
	return v;
}

static void test_counts(void)
{
	struct hv_counters v3, v1;

	if (!ok(!v3_open(&t, (struct fx_opts){ .host = { .nr_cpus = 8 } }, 1, 2), "counts: set up"))
		return;
	for (unsigned i = 0; i < N; i++)
		fx_grant(&t.f, 8 + i, i, false);
	by_v3(false);
	by_v1(false);
	v1 = by_v1(false);
	for (unsigned levels = 1; levels <= 4; levels++) {
		if (levels > 1)
			v3_grow(&t);
		v3 = by_v3(false);
		for (unsigned i = 0; i < sizeof(counted) / sizeof(counted[0]); i++) {
			const struct counted *c = &counted[i];
			uint64_t want3 = N * (c->page + c->level * levels) + c->call,
				 want1 = N * c->v1_page + c->v1_call;

			ok(at(&v3, c->at) == want3 && at(&v1, c->at) == want1,
			   "counts, %u levels: %s: %lu, should be %lu; version 1 %lu, should be %lu",
			   levels, c->name, (unsigned long)at(&v3, c->at), (unsigned long)want3,
			   (unsigned long)at(&v1, c->at), (unsigned long)want1);
		}
	}
	v3 = by_v3(true);
	v1 = by_v1(true);
	ok(v3.hypercalls == 1 && v1.hypercalls == 1 && v3.page_gets == 12 + N + 1 + 4 &&
		   v1.page_gets == 13 * N + 1 && v3.guest_reads == 4 && v1.guest_reads == 2,
	   "counts: from one page, which is held from one to the next: %lu and %lu references, %lu and %lu words",
	   (unsigned long)v3.page_gets, (unsigned long)v1.page_gets, (unsigned long)v3.guest_reads,
	   (unsigned long)v1.guest_reads);
	ok(!v3_close(&t), "counts: invariants");
}

int main(void)
{
	test_moves(HV_GUEST_TRANSLATED, HV_GUEST_TRANSLATED);
	test_moves(HV_GUEST_PV, HV_GUEST_TRANSLATED);
	test_moves(HV_GUEST_TRANSLATED, HV_GUEST_PV);
	test_moves(HV_GUEST_PV, HV_GUEST_PV);
	test_statuses();
	test_trees();
	test_lists(0);
	test_lists(1);
	test_counts();
	return tap_done();
}
