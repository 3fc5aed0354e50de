// SPDX-License-Identifier: GPL-2.0-only
/*
 * GNTTABOP_transfer: statuses in Xen 4.17's order, who owns the page after each, what the
 * receiver's entry says, and the work. The mapper of the fixture gives, its granter receives.
 */
#include "fixture.h"
#include "page.h"
#include "table.h"

#define REF    20
#define ACCEPT GTF_accept_transfer
#define DONE   (GTF_accept_transfer | GTF_transfer_committed | GTF_transfer_completed)
#define BEGUN  (GTF_accept_transfer | GTF_transfer_committed)
#define NOBODY 13
#define PAGE   30 /* of the giver's */
#define HOLE   FX_PAGES + 1000

enum what { OWN, WILD, FOREIGN, TABLE, PTE_PAGE, ARGS, MAPPED, GRANTED };
enum fate { KEPT, LOST, MOVED, STRAY }; /* STRAY: the receiver's, but nowhere */

static const struct transfer_case {
	const char *name;
	enum what what;
	uint16_t flags; /* of the entry */
	bool other;	/* which is for another domain */
	int to;		/* 0: the receiver */
	uint32_t ref;
	bool full; /* the receiver */
	int status;
	enum fate fate;
	uint16_t after; /* flags */
} cases[] = {
	{ "a page", OWN, ACCEPT, 0, 0, REF, 0, 0, MOVED, DONE },
	{ "a frame that is not there", WILD, ACCEPT, 0, 0, REF, 0, -9, KEPT, ACCEPT },
	{ "a page of another", FOREIGN, ACCEPT, 0, 0, REF, 0, -9, KEPT, ACCEPT },
	{ "a grant frame", TABLE, ACCEPT, 0, 0, REF, 0, -9, KEPT, ACCEPT },
	{ "a page table", PTE_PAGE, ACCEPT, 0, 0, REF, 0, -9, KEPT, ACCEPT },
	{ "a page in use by the guest", ARGS, ACCEPT, 0, 0, REF, 0, -9, KEPT, ACCEPT },
	{ "a page that another has mapped", MAPPED, ACCEPT, 0, 0, REF, 0, -9, KEPT, ACCEPT },
	{ "a page that is granted and not mapped", GRANTED, ACCEPT, 0, 0, REF, 0, 0, MOVED, DONE },
	{ "to no domain", OWN, ACCEPT, 0, NOBODY, REF, 0, -2, LOST, ACCEPT },
	{ "to DOMID_SELF", OWN, ACCEPT, 0, DOMID_SELF, REF, 0, -2, LOST, ACCEPT },
	{ "to one that has no room", OWN, ACCEPT, 0, 0, REF, 1, -1, LOST, ACCEPT },
	{ "reference past the end", OWN, ACCEPT, 0, 0, 512, 0, -1, LOST, ACCEPT },
	{ "the largest reference", OWN, ACCEPT, 0, 0, ~0u, 0, -1, LOST, ACCEPT },
	{ "accepted from another", OWN, ACCEPT, 1, 0, REF, 0, -1, LOST, ACCEPT },
	{ "not accepted", OWN, 0, 0, 0, REF, 0, -1, LOST, 0 },
	{ "granted instead", OWN, GTF_permit_access, 0, 0, REF, 0, -1, LOST, GTF_permit_access },
	{ "accepted, with another bit", OWN, ACCEPT | 0x100, 0, 0, REF, 0, -1, LOST,
	  ACCEPT | 0x100 },
	{ "accepted and committed already", OWN, BEGUN, 0, 0, REF, 0, -1, LOST, BEGUN },
	{ "accepted and completed already", OWN, DONE, 0, 0, REF, 0, -1, LOST, DONE },
	/* Two at once. */
	{ "page before domain", MAPPED, ACCEPT, 0, NOBODY, REF, 0, -9, KEPT, ACCEPT },
	{ "page before reference", WILD, 0, 0, 0, ~0u, 0, -9, KEPT, 0 },
	{ "domain before reference", OWN, ACCEPT, 0, NOBODY, ~0u, 0, -2, LOST, ACCEPT },
	{ "room before the entry is committed", OWN, ACCEPT, 0, 0, REF, 1, -1, LOST, ACCEPT },
};

static const char *name;

static struct fx_opts opts(enum hv_guest receiver, unsigned version)
{
	struct fx_opts o = { .granter = { .guest = receiver, .map_slots = 64 },
			     .mapper = { .guest = HV_GUEST_PV },
			     .version = version };

	o.host.audit = o.host.poison = true;
	return o;
}

/* The giver's table, so that it can grant. */
static struct fx giver(const struct fx *f)
{
	struct fx g = *f;

	g.g = f->m;
	g.m = f->g;
	g.gv = f->mv;
	g.mv = f->gv;
	g.gargs = f->margs;
	g.margs = f->gargs;
	g.version = 1;
	return g;
}

static uint64_t frame_of(struct fx *f, enum what what, unsigned page)
{
	size_t bytes;

	switch (what) {
	case WILD:
		return 0xfffff0;
	case FOREIGN:
		return f->g->first_mfn + 5;
	case TABLE:
		return hv_virt_to_mfn(f->host, f->m->gt->shared[0]);
	case PTE_PAGE:
		return hv_guest_map_pte(f->m, 0) >> HV_PAGE_SHIFT;
	case ARGS:
		return hv_virt_to_mfn(f->host, hv_guest_args(f->m, &bytes));
	default:
		return hv_guest_frame(f->m, page);
	}
}

static int give(struct fx *f, uint64_t mfn, uint16_t to, uint32_t ref)
{
	struct gnttab_transfer *op = (struct gnttab_transfer *)f->margs;

	*op = (struct gnttab_transfer){ .mfn = mfn, .domid = to, .ref = ref, .status = 99 };
	return hv_grant_table_op(f->mv, GNTTABOP_transfer, op, 1) ? 98 : op->status;
}

static uint16_t flags_of(struct fx *f, unsigned ref)
{
	uint8_t *t = fx_frame(f, 0, false);
	uint16_t flags;

	memcpy(&flags, t + ref * (f->version == 1 ? 8 : 16), 2);
	return flags;
}

static uint64_t named(struct fx *f, unsigned ref)
{
	if (f->version == 1)
		return ((grant_entry_v1_t *)fx_frame(f, 0, false))[ref].frame;
	return ((grant_entry_v2_t *)fx_frame(f, 0, false))[ref].full_page.frame;
}

static enum fate fate_of(struct fx *f, uint64_t mfn, struct hv_domain *before)
{
	const struct hv_page *pg;
	bool there;

	if (mfn >= f->host->nr_frames)
		return KEPT;
	pg = hv_page(f->host, mfn);
	if (pg->free)
		return LOST;
	if (pg->owner == before)
		return KEPT;
	there = f->g->guest == HV_GUEST_PV
			? named(f, REF) == mfn
			: hv_guest_frame_ptr(f->g, HOLE) == hv_virt(f->host, mfn);
	return there ? MOVED : STRAY;
}

static void one(const struct transfer_case *c, enum hv_guest receiver, unsigned version)
{
	uint64_t mfn, flushes, owned;
	unsigned reserved = 0;
	uint32_t h = 0;
	struct fx f, g;
	int status;
	bool good, stolen = c->fate != KEPT;
	uint8_t first = 0;

	if (fx_open(&f, opts(receiver, version)))
		return;
	g = giver(&f);
	memset(hv_guest_frame_ptr(f.m, hv_guest_frame(f.m, PAGE)), 0x5a, HV_PAGE_SIZE);
	fx_entry(&f, REF, c->flags, c->other ? 14 : hv_domain_id(f.m), HOLE);
	mfn = frame_of(&f, c->what, PAGE);
	if (c->what == GRANTED || c->what == MAPPED)
		fx_grant(&g, 9, PAGE, false);
	if (c->what == MAPPED)
		fx_map(&g, 9, 3, GNTMAP_host_map | GNTMAP_readonly, &h);
	/* At its limit, as if it had ballooned up. */
	while (c->full && hv_reserve_frame(f.gv, f.g))
		reserved++;
	owned = f.m->nr_owned;
	flushes = hv_vcpu_counters(f.mv)->flushes;
	status = give(&f, mfn, c->to ? (uint16_t)c->to : hv_domain_id(f.g), c->ref);
	flushes = hv_vcpu_counters(f.mv)->flushes - flushes;
	good = status == c->status && flags_of(&f, REF) == c->after && flushes == stolen &&
	       f.m->nr_owned == owned - stolen &&
	       fate_of(&f, mfn, c->what == FOREIGN ? f.g : f.m) == c->fate;
	if (c->fate == MOVED) {
		uint64_t to = receiver == HV_GUEST_PV ? mfn : HOLE;

		memcpy(&first, hv_guest_frame_ptr(f.g, to), 1);
		good &= first == 0x5a && hv_page(f.host, mfn)->m2p == HOLE;
		good &= named(&f, REF) == (receiver == HV_GUEST_PV ? mfn : HOLE);
	}
	if (c->fate == LOST)
		good &= *(uint8_t *)hv_virt(f.host, mfn) == HV_POISON;
	ok(good, "%s: %s: %d (is %d)", name, c->name, c->status, status);
	if (h || c->what == MAPPED)
		fx_unmap(&g, h, 3, 0);
	while (reserved--)
		hv_unreserve_frame(f.gv, f.g);
	if (fx_check(&f, true))
		ok(0, "%s: %s: invariants", name, c->name);
	fx_close(&f);
}

/* The receiver may give it on, grant it, and give it up. */
static void used(void)
{
	struct fx f, g;
	uint64_t mfn;
	uint8_t byte = 0;
	uint32_t h;

	fx_open(&f, opts(HV_GUEST_PV, 1));
	mfn = hv_guest_frame(f.m, PAGE);
	g = giver(&f);
	memset(hv_guest_frame_ptr(f.m, mfn), 0x5a, HV_PAGE_SIZE);
	fx_entry(&f, REF, ACCEPT, hv_domain_id(f.m), 0);
	fx_grant(&g, 9, PAGE, false);
	ok(!give(&f, mfn, hv_domain_id(f.g), REF) && !hv_guest_frame_ptr(f.m, mfn),
	   "a page leaves its owner");
	ok(fx_map(&g, 9, 3, GNTMAP_host_map, &h) == -9, "who can grant it no more");
	ok(give(&f, mfn, hv_domain_id(f.g), REF) == -9, "nor give it again");
	fx_entry(&f, 9, GTF_permit_access, hv_domain_id(f.m), mfn);
	ok(!fx_map(&f, 9, 3, GNTMAP_host_map, &h) && !fx_peek(&f, 3, &byte) && byte == 0x5a,
	   "but map it from the new one (%#x)", byte);
	ok(!fx_check(&f, true), "and everything adds up");
	fx_entry(&g, REF, ACCEPT, hv_domain_id(f.g), 0);
	ok(give(&g, mfn, hv_domain_id(f.m), REF) == -9, "mapped, it stays");
	fx_unmap(&f, h, 3, 0);
	ok(!give(&g, mfn, hv_domain_id(f.m), REF) && hv_guest_frame_ptr(f.m, mfn), "and goes back");
	fx_entry(&g, REF + 1, ACCEPT, hv_domain_id(f.m), 0);
	ok(!give(&f, mfn, hv_domain_id(f.m), REF + 1) && hv_guest_frame_ptr(f.m, mfn),
	   "a domain may give to itself");
	ok(!fx_check(&f, true), "and everything adds up");
	hv_domain_kill(f.m);
	f.m = f.g;
	ok(hv_page(f.host, mfn)->free && !fx_check(&f, true), "until its last owner ends");
	fx_close(&f);
}

/* Where the receiver wants it there is something. */
static void in_the_way(void)
{
	struct fx f, g;
	uint64_t mfn, old;
	uint32_t h;

	fx_open(&f, opts(HV_GUEST_TRANSLATED, 2));
	mfn = hv_guest_frame(f.m, PAGE);
	old = f.g->first_mfn + 6;
	fx_entry(&f, REF, ACCEPT, hv_domain_id(f.m), 6);
	ok(!give(&f, mfn, hv_domain_id(f.g), REF) &&
		   hv_guest_frame_ptr(f.g, 6) == hv_virt(f.host, mfn) &&
		   hv_page(f.host, old)->owner == f.g && hv_page(f.host, old)->m2p == HV_INVALID,
	   "RAM in the way stays the receiver's, out of reach");
	ok(!fx_check(&f, true), "and everything adds up");
	fx_entry(&f, REF, ACCEPT, hv_domain_id(f.m), ~0ull >> 12);
	mfn = hv_guest_frame(f.m, PAGE + 1);
	ok(give(&f, mfn, hv_domain_id(f.g), REF) == -1 && flags_of(&f, REF) == DONE &&
		   hv_page(f.host, mfn)->owner == f.g,
	   "a place beyond the p2m: general_error, but it is the receiver's, and completed");
	g = giver(&f);
	fx_grant(&g, 9, PAGE + 2, false);
	ok(!fx_map(&g, 9, 3, GNTMAP_host_map, &h), "a mapping in the way");
	fx_entry(&f, REF, ACCEPT, hv_domain_id(f.m), hv_guest_map_addr(f.g, 3) >> 12);
	mfn = hv_guest_frame(f.m, PAGE + 3);
	ok(give(&f, mfn, hv_domain_id(f.g), REF) == -1 && hv_domain_crashed(f.g) &&
		   !hv_domain_crashed(f.m),
	   "crashes the receiver");
	ok(!fx_check(&f, true), "and everything adds up");
	fx_close(&f);
}

static void whole_calls(void)
{
	struct fx_opts o = opts(HV_GUEST_TRANSLATED, 1);
	struct gnttab_transfer *op;
	const struct hv_counters *c;
	unsigned done = 0;
	struct fx f;

	o.host.preempt_every = 1;
	fx_open(&f, o);
	c = hv_vcpu_counters(f.mv);
	op = (struct gnttab_transfer *)f.margs;
	ok(hv_grant_table_op(f.gv, GNTTABOP_transfer, f.gargs, 1) == -ENOSYS,
	   "a translated guest may not");
	for (unsigned i = 0; i < 4; i++) {
		fx_entry(&f, REF + i, ACCEPT, hv_domain_id(f.m), HOLE + i);
		op[i] = (struct gnttab_transfer){ .mfn = hv_guest_frame(f.m, PAGE + i),
						  .domid = hv_domain_id(f.g),
						  .ref = REF + i };
	}
	ok(!hv_grant_table_op(f.mv, GNTTABOP_transfer, op, 4) && c->continuations == 3,
	   "preempted after each");
	for (unsigned i = 0; i < 4; i++)
		done += !op[i].status && hv_guest_frame_ptr(f.g, HOLE + i) != NULL;
	ok(done == 4, "and all are done");
	ok(!fx_check(&f, true), "and everything adds up");
	fx_close(&f);
}

/* Xen frees a dying domain's pages once: what comes late is refused. */
static void dying(void)
{
	struct fx f;
	uint32_t h;
	uint16_t id;

	fx_open(&f, opts(HV_GUEST_PV, 1));
	fx_grant(&f, 9, 7, false);
	ok(!fx_map(&f, 9, 3, GNTMAP_host_map, &h), "a page of the receiver is mapped");
	fx_entry(&f, REF, ACCEPT, hv_domain_id(f.m), 0);
	id = hv_domain_id(f.g);
	hv_domain_kill(f.g);
	ok(give(&f, hv_guest_frame(f.m, PAGE), id, REF) == -1 &&
		   hv_page(f.host, hv_guest_frame(f.m, PAGE))->free,
	   "a dying receiver gets nothing more: general_error");
	ok(!fx_unmap(&f, h, 3, 0), "it goes with its last page");
	ok(give(&f, hv_guest_frame(f.m, PAGE + 1), id, REF) == -2, "then it is bad_domain");
	ok(!fx_check(&f, true), "and everything adds up");
	f.g = f.m;
	fx_close(&f);
}

int main(void)
{
	for (unsigned which = 0; which < 4; which++) {
		static const char *const names[] = { "PV v1", "PV v2", "translated v1",
						     "translated v2" };

		name = names[which];
		for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++)
			one(&cases[i], which < 2 ? HV_GUEST_PV : HV_GUEST_TRANSLATED,
			    1 + which % 2);
	}
	used();
	in_the_way();
	whole_calls();
	dying();
	return tap_done();
}
