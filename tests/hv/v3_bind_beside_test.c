// SPDX-License-Identifier: GPL-2.0-only
/*
 * GNTTABOP_v3_bind beside the other operations: copies of a tree that waits for its ack, the granter's status and notice
 * pages, and grantees that are PV domains.
 */
#include "v3_note.h"

#include "page.h"

static struct fx x;

static bool open_it(const char *what)
{
	struct fx_opts o = { .host = { .audit = true, .poison = true } };

	return ok(!v3_open_bind(&t, &x, o), "%s: set up", what);
}

static int bind_to(const struct hv_domain *d)
{
	return v3_bind(&t, x.gv, x.gargs, hv_domain_id(d));
}

/* By a domain, from reference 9 to a page of its own, or the other way. */
static int copy(struct hv_vcpu *v, uint8_t *args, struct hv_domain *d, bool to)
{
	struct gnttab_v3_copy_end ref = { .where = 9, .tree = t.tree, .dom = hv_domain_id(t.f.g) };
	struct gnttab_v3_copy_end own = { .where = hv_guest_frame(d, 3), .dom = DOMID_SELF };
	struct gnttab_v3_copy c = { .source = to ? own : ref,
				    .dest = to ? ref : own,
				    .len = 8,
				    .flags = to ? GNTV3_COPY_DEST : GNTV3_COPY_SOURCE };

	return v3_op(v, args, GNTTABOP_v3_copy, &c, sizeof(c), &c.status);
}

static void test_copies(void)
{
	if (!open_it("copies"))
		return;
	ok(copy(t.f.mv, t.f.margs, t.f.m, false) == GNTST_okay, "copies: by the grantee");
	ok(bind_to(t.f.m) == GNTST_okay && copy(t.f.mv, t.f.margs, t.f.m, false) == GNTST_eagain &&
		   copy(t.f.mv, t.f.margs, t.f.m, true) == GNTST_eagain,
	   "copies: a tree that waits for its ack gives and takes nothing");
	ok(v3_ack(&t, hv_domain_id(t.f.m)) == GNTST_okay &&
		   copy(t.f.mv, t.f.margs, t.f.m, false) == GNTST_okay,
	   "copies: until that comes");
	ok(bind_to(x.g) == GNTST_okay &&
		   copy(t.f.mv, t.f.margs, t.f.m, false) == GNTST_bad_gntref &&
		   copy(x.gv, x.gargs, x.g, false) == GNTST_eagain &&
		   v3_ack(&t, hv_domain_id(x.g)) == GNTST_okay &&
		   copy(x.gv, x.gargs, x.g, false) == GNTST_okay,
	   "copies: another grantee's are its own");
	ok(!v3_close(&t), "copies: invariants");
}

static bool held(unsigned page)
{
	return (hv_page(t.f.host, t.f.g->first_mfn + page)->count_info & HV_PGC_COUNT) > 1;
}

/* What is set up ends with a bind, whoever gets the tree, and can be set up before the ack. */
static void test_notes(bool same)
{
	const char *who = same ? "notes, same grantee" : "notes, another grantee";
	struct hv_domain *to;

	if (!open_it(who))
		return;
	to = same ? t.f.m : x.g;
	ok(setup(both(0, 0)) == GNTST_okay && v3_map(&t, 9, 0, 1, V3_HOLE, NULL) == GNTST_okay &&
		   status()[9] == 1 && held(STATUS) && held(NOTICE),
	   "%s: set up, and told of a mapping", who);
	ok(bind_to(to) == GNTST_okay && status()[9] == 0 && notice()[0] == 1ull << 9 &&
		   !fx_check(&t.f, true),
	   "%s: the bind revokes it, and says so", who);
	ok(!held(STATUS) && !held(NOTICE), "%s: the pages are the granter's alone again", who);
	ok(v3_ack(&t, hv_domain_id(to)) == GNTST_okay &&
		   copy(same ? t.f.mv : x.gv, same ? t.f.margs : x.gargs, to, false) ==
			   GNTST_okay &&
		   notice()[0] == 1ull << 9,
	   "%s: nothing is told any more", who);
	ok(bind_to(to) == GNTST_okay && setup(both(0, 0)) == GNTST_okay && notice()[0] == 0 &&
		   v3_ack(&t, hv_domain_id(to)) == GNTST_okay &&
		   copy(same ? t.f.mv : x.gv, same ? t.f.margs : x.gargs, to, false) ==
			   GNTST_okay &&
		   notice()[0] == 1ull << 9,
	   "%s: but if it is set up between bind and ack", who);
	ok(!v3_close(&t), "%s: invariants", who);
}

/* From a translated domain to a PV domain: what a mapping is goes by the tree's new grantee. */
static void test_pv(unsigned flags)
{
	struct hv_domain_config c = {
		.guest = HV_GUEST_PV, .pages = V3_PAGES, .map_slots = 64, .args_pages = 4
	};
	uint16_t all = V3_RW | GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK;
	struct hv_domain *pv = NULL;
	size_t bytes;

	if (!open_it("PV"))
		return;
	ok(v3_register(&t, hv_domain_id(t.f.m), 2, 2, GNTV3_REBINDABLE | flags) == GNTST_okay &&
		   v3_map(&t, 9, 0, 1, all, NULL) == GNTST_okay &&
		   !hv_domain_create(t.f.host, &c, &pv) && bind_to(pv) == GNTST_okay &&
		   v3_peek(&t, 0, 0) == 0 && v3_ack(&t, hv_domain_id(pv)) == GNTST_okay,
	   "PV: a tree goes to a PV domain");
	t.f.m = pv;
	t.f.mv = hv_domain_vcpu(pv, 0);
	t.f.margs = hv_guest_args(pv, &bytes);
	if (flags) {
		ok(v3_map(&t, 9, 0, 1, all, NULL) == GNTST_permission_denied && !v3_close(&t),
		   "PV: by the terms that it had");
		return;
	}
	ok(v3_map(&t, 9, 0, 2, all, NULL) == GNTST_okay && v3_peek(&t, 0, 0) == 9 &&
		   !fx_check(&t.f, true),
	   "PV: it maps by entries of its page tables");
	ok(v3_revoke(&t, 9, 1, 0) == GNTST_okay && v3_peek(&t, 0, 0) == 0 &&
		   v3_peek(&t, 1, 0) == 10 && bind_to(x.g) == GNTST_okay &&
		   v3_peek(&t, 1, 0) == 0 && !fx_check(&t.f, true),
	   "PV: they are revoked, and the tree goes on");
	hv_domain_kill(pv);
	ok(!v3_close(&t), "PV: invariants");
}

int main(void)
{
	test_copies();
	test_notes(true);
	test_notes(false);
	test_pv(0);
	test_pv(GNTV3_TRANSLATED_ONLY);
	return tap_done();
}
