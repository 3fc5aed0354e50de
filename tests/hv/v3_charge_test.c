// SPDX-License-Identifier: GPL-2.0-only
/*
 * Version 3, who is charged what: docs/grant-v3.md, "State of the hypervisor", line by line. Each operation is done
 * with just as much as it needs, to the byte, after it was refused twice with one byte less; what a refusal keeps is
 * kept once.
 */
#include "types.h"
#include "v3.h"

#define PAGE HV_PAGE_SIZE
#define ANY  (GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK)

enum what { REGISTER, GROW, MAP };

/* An operation, and what it costs its granter and its mapper. */
struct step {
	const char *name;
	enum what what;
	unsigned ref, slot, count, flags;
	uint64_t granter, mapper;
	bool ram; /* of a PV mapper a page of its RAM too */
};

/* A tree of two levels; regions are of 512 references. */
static const struct step steps[] = {
	{ "a tree, and the list of them", REGISTER, 0, 0, 0, 0, 2 * PAGE, 0, false },
	{ "another tree", REGISTER, 0, 0, 0, 0, PAGE, 0, false },
	{ "a page: records and their list, a node and its list, a region", MAP, 9, 0, 1, V3_RW, 0,
	  5 * PAGE, false },
	{ "another page of the region", MAP, 10, 1, 1, V3_RO, 0, 0, false },
	{ "a range: 8 bytes a page", MAP, 20, 10, 40, V3_RW, 0, 40 * 8, false },
	{ "the first that accepts a sink", MAP, 9, 60, 1, V3_RW | ANY, 0, PAGE, true },
	{ "the second", MAP, 30, 61, 2, V3_RW | ANY, 0, 2 * 8, false },
	{ "another region", MAP, 600, 63, 1, V3_RW, 0, PAGE, false },
	{ "a range over two regions, and over two page tables", MAP, 500, 504, 24, V3_RW, 0, 24 * 8,
	  false },
	{ "pieces of one page need no list", MAP, 511, 528, 2, V3_RW, 0, 0, false },
	{ "a tree that grows", GROW, 0, 0, 0, 0, 0, 0, false },
	{ "is paid by who maps: a node and its list", MAP, 40, 530, 1, V3_RW, 0, 2 * PAGE, false },
};

static struct v3 t;
static grant_v3_tree_t first;
static uint64_t state; /* what each domain has in any case */

static int run(const struct step *s)
{
	int rc;

	switch (s->what) {
	case REGISTER:
		return v3_register(&t, hv_domain_id(t.f.m), 2, 4, 0);
	case GROW:
		return v3_grow(&t);
	default:
		rc = v3_map(&t, s->ref, s->slot, s->count, s->flags, NULL);
		/* Of a request of several pieces the first may have been made. */
		if (rc && t.map.handle)
			v3_unmap(&t, t.map.handle);
		return rc;
	}
}

/* With one byte less than d needs for it: refused, and twice is as once. */
static bool refused(const struct step *s, struct hv_domain *d, uint64_t need)
{
	uint64_t before = d->v3_bytes, once;
	bool good;

	d->max_v3_bytes = before + need - 1;
	good = run(s) == GNTST_no_space && !fx_check(&t.f, true);
	once = d->v3_bytes;
	good &= once < before + need;
	good &= run(s) == GNTST_no_space && !fx_check(&t.f, true) && d->v3_bytes == once;
	d->max_v3_bytes = before + need;
	return good;
}

static void step(const struct step *s, const char *kind)
{
	struct hv_domain *g = t.f.g, *m = t.f.m;
	uint64_t granter = g->v3_bytes + s->granter, mapper = m->v3_bytes + s->mapper,
		 ram = m->nr_owned + (s->ram && m->guest == HV_GUEST_PV);

	g->max_v3_bytes = granter;
	m->max_v3_bytes = mapper;
	if (s->granter)
		ok(refused(s, g, s->granter), "%s: %s, a byte too little for the granter", kind,
		   s->name);
	if (s->mapper)
		ok(refused(s, m, s->mapper), "%s: %s, a byte too little for the mapper", kind,
		   s->name);
	ok(run(s) == GNTST_okay && g->v3_bytes == granter && m->v3_bytes == mapper &&
		   m->nr_owned == ram,
	   "%s: %s: %lu and %lu bytes, charged are %lu and %lu", kind, s->name,
	   (unsigned long)granter, (unsigned long)mapper, (unsigned long)g->v3_bytes,
	   (unsigned long)m->v3_bytes);
	ok(!fx_check(&t.f, true), "%s: %s: invariants", kind, s->name);
}

/* Records: 127 of the first page are for use, then each page has 128. */
static void more_records(const char *kind)
{
	struct hv_domain *m = t.f.m;
	uint64_t before = m->v3_bytes;
	/* Pieces so far: one more where a range is cut at a page table. */
	unsigned n = 0, used = m->guest == HV_GUEST_PV ? 12 : 11;

	m->max_v3_bytes = before;
	while (n < 200 && v3_map(&t, 100 + n, 532 + n, 1, V3_RW, NULL) == GNTST_okay)
		n++;
	ok(t.map.status == GNTST_no_space && n + used == 127 && m->v3_bytes == before,
	   "%s: %u more records, and no page for others", kind, n);
	m->max_v3_bytes = before + PAGE;
	while (n < 300 && v3_map(&t, 100 + n, 532 + n, 1, V3_RW, NULL) == GNTST_okay)
		n++;
	ok(n + used == 127 + 128 && m->v3_bytes == before + PAGE && !fx_check(&t.f, true),
	   "%s: one page is 128 records more", kind);
}

/* What is taken back, and by whom the rest is paid. */
static void goes(const char *kind, uint64_t granter)
{
	struct hv_domain *g = t.f.g, *m = t.f.m;
	uint64_t before = m->v3_bytes, ram = m->nr_owned;

	/* Whatever its limit. */
	m->max_v3_bytes = 0;
	ok(v3_revoke(&t, 0, GNTV3_MAX_REF, 0) == GNTST_okay && m->v3_bytes == before,
	   "%s: a revoke gives nothing back that is not unmapped", kind);
	ok(v3_unregister(&t) == GNTST_okay && m->v3_bytes == before + PAGE &&
		   g->v3_bytes == granter + 2 * PAGE,
	   "%s: a tree that its granter lets go of is its mapper's", kind);
	ok(!fx_check(&t.f, true), "%s: invariants without it", kind);
	for (grant_v3_handle_t h = 1; h < 300; h++)
		v3_unmap(&t, h);
	ok(m->v3_bytes == state && g->v3_bytes == granter + 2 * PAGE &&
		   m->nr_owned == ram - (m->guest == HV_GUEST_PV),
	   "%s: all is unmapped, and all given back", kind);
	t.tree = first;
	ok(v3_unregister(&t) == GNTST_okay && g->v3_bytes == granter + PAGE,
	   "%s: the list of trees stays", kind);
}

static void test_steps(enum hv_guest mapper)
{
	const char *kind = mapper == HV_GUEST_PV ? "PV mapper" : "translated mapper";
	struct fx_opts o = { .granter = { .guest = HV_GUEST_PV }, .mapper = { .guest = mapper } };
	uint64_t granter;

	if (!ok(!v3_set_up(&t, o, 0, 0), "%s: set up", kind))
		return;
	t.levels = 2;
	for (unsigned i = 0; i < 1024; i++)
		v3_grant(&t, i, i % V3_NODES, 0);
	granter = t.f.g->v3_bytes;
	state = t.f.m->v3_bytes;
	ok(granter == state && state < PAGE, "%s: each has a little from the beginning", kind);
	for (unsigned i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		step(&steps[i], kind);
		first = i ? first : t.tree;
	}
	more_records(kind);
	goes(kind, granter);
	ok(!v3_close(&t), "%s: invariants", kind);
}

/* A PV domain that has all the RAM that it may have gets no sink. */
static void test_no_ram(void)
{
	struct fx_opts o = { .granter = { .guest = HV_GUEST_PV },
			     .mapper = { .guest = HV_GUEST_PV } };
	struct v3 self;
	long got = 0;

	if (!ok(!v3_set_up(&t, o, 2, 4), "no RAM: set up"))
		return;
	self = t;
	self.f.g = t.f.m;
	self.f.gv = t.f.mv;
	self.f.gargs = t.f.margs;
	while (v3_balloon(&self, 0, false) == 1)
		got++;
	ok(got && v3_map(&t, 9, 0, 1, V3_RW | ANY, NULL) == GNTST_no_space &&
		   v3_map(&t, 9, 0, 1, V3_HOLE, NULL) == GNTST_okay && !fx_check(&t.f, true),
	   "no RAM: no sink, but a hole");
	ok(v3_balloon(&self, 7, true) == 1 &&
		   v3_map(&t, 9, 1, 1, V3_RW | ANY, NULL) == GNTST_okay &&
		   v3_balloon(&self, 0, false) != 1,
	   "no RAM: one page given up is a sink");
	ok(v3_unregister(&t) == GNTST_okay && !v3_close(&t), "no RAM: invariants");
}

int main(void)
{
	test_steps(HV_GUEST_TRANSLATED);
	test_steps(HV_GUEST_PV);
	test_no_ram();
	return tap_done();
}
