// SPDX-License-Identifier: GPL-2.0-only
/* Version 1 with revoke: what is taken away, what is kept, and what each side may do before, meanwhile and after. */
#include "grant_rivals.h"
#include "v1_revoke.h"

static const char *const guest_name[] = { "PV", "translated" };

static void one_page(enum hv_guest g, enum hv_guest m, enum hv_iommu_mode iommu, unsigned version)
{
	struct fx_opts o = v1r_opts(g, m, iommu);
	bool dev = iommu != HV_IOMMU_NONE;
	struct gnttab_v1_revoke r;
	char what[80];
	uint32_t h, h2;
	struct fx f;
	uint64_t dfn;

	snprintf(what, sizeof(what), "%s granter, %s mapper, %s, version %u", guest_name[g],
		 guest_name[m], v1r_mode[iommu], version);
	o.version = version;
	if (!ok(!fx_open(&f, o), "%s: set up", what))
		return;
	fx_grant(&f, 9, 3, false);
	ok(!fx_map(&f, 9, 1, V1R_HOLE, &h), "%s: maps", what);
	dfn = v1r_dfn(&f, 1);
	ok(v1r_reach(&f, 1, dfn, dev, true), "%s: and reaches the page", what);
	ok(!fx_check(&f, true), "%s: invariants with a mapping", what);
	v1r_end(&f, 9);
	ok(fx_map(&f, 9, 2, V1R_HOLE, &h2) == GNTST_general_error,
	   "%s: what its granter ended is not mapped again, though it is in use", what);
	r = v1r_revoke(&f, 9, 1);
	ok(r.status == GNTST_okay && r.done == 1 && r.pages == 1 && r.outcomes == GNTV1_GOT_HOLE,
	   "%s: revoked: %d, %u done, %u pages, outcomes %#x", what, r.status, r.done, r.pages,
	   r.outcomes);
	ok(v1r_reach(&f, 1, dfn, dev, false), "%s: and it is out of reach", what);
	ok(!*fx_use_word(&f, 9), "%s: its entry is not in use", what);
	ok(!fx_check(&f, true), "%s: invariants with a handle that is revoked", what);
	ok(v1r_give_up(&f, 3) == 1, "%s: the page can be given up", what);
	fx_grant(&f, 9, 4, false);
	ok(!fx_map(&f, 9, 2, V1R_HOLE, &h2) && h2 != h, "%s: the reference grants another page",
	   what);
	ok(!fx_unmap(&f, h, 1, 0), "%s: unmapping what was revoked is okay", what);
	ok(fx_unmap(&f, h, 1, 0) == GNTST_bad_handle, "%s: once", what);
	ok(v1r_reach(&f, 2, v1r_dfn(&f, 2), false, true) && !fx_unmap(&f, h2, 2, 0),
	   "%s: and leaves the other mapping alone", what);
	r = v1r_take_back(&f, 9, 1);
	ok(r.status == GNTST_okay && !r.pages && !r.outcomes,
	   "%s: nothing mapped, nothing to take: outcomes %#x", what, r.outcomes);
	ok(!fx_check(&f, true) && !hv_host_violation(f.host), "%s: invariants", what);
	fx_close(&f);
}

static void kept(enum hv_guest m)
{
	struct fx_opts o = v1r_opts(HV_GUEST_TRANSLATED, m, HV_IOMMU_STRICT);
	const char *what = guest_name[m];
	struct gnttab_v1_revoke r;
	uint32_t h[3];
	struct fx f;

	if (!ok(!fx_open(&f, o), "kept, %s: set up", what))
		return;
	fx_grant(&f, 9, 3, false);
	ok(!fx_map(&f, 9, 0, V1R_HOLE, &h[0]) && !fx_map(&f, 9, 1, GNTMAP_host_map, &h[1]) &&
		   !fx_map(&f, 9, 2, V1R_HOLE, &h[2]),
	   "kept, %s: maps", what);
	r = v1r_take_back(&f, 9, 1);
	ok(r.status == GNTST_okay && r.pages == 2 &&
		   r.outcomes == (GNTV1_GOT_HOLE | GNTV1_GOT_KEPT),
	   "kept, %s: two go, and one stays: %u, outcomes %#x", what, r.pages, r.outcomes);
	ok(v1r_reach(&f, 1, 0, false, true) && v1r_reach(&f, 0, 0, false, false),
	   "kept, %s: as told", what);
	ok(!fx_check(&f, false), "kept, %s: invariants", what);
	ok(!fx_unmap(&f, h[1], 1, 0), "kept, %s: its mapper lets go", what);
	r = v1r_revoke(&f, 9, 1);
	ok(!r.pages && !r.outcomes, "kept, %s: and nothing is left", what);
	ok(!fx_unmap(&f, h[0], 0, 0) && !fx_unmap(&f, h[2], 2, 0), "kept, %s: all unmapped", what);
	ok(!fx_check(&f, true), "kept, %s: invariants at the end", what);
	fx_close(&f);
}

/* All that one reference can have: 128 of a kind. */
static void many_of_one(enum hv_guest m, bool readonly)
{
	struct fx_opts o = v1r_opts(HV_GUEST_TRANSLATED, m, HV_IOMMU_NONE);
	struct gnttab_v1_revoke r;
	unsigned bad = 0;
	struct fx f;

	if (!ok(!fx_open(&f, o), "128 mappings: set up"))
		return;
	fx_grant(&f, 9, 3, false);
	ok(!v1r_map_many(&f, 9, 1, 0, 128, V1R_HOLE | (readonly ? GNTMAP_readonly : 0)),
	   "128 mappings of a page, %s", guest_name[m]);
	if (readonly)
		ok(!v1r_map_many(&f, 9, 1, 128, 128, V1R_HOLE), "and 128 to write");
	for (unsigned i = 0; i < 128; i++)
		bad += !v1r_reach(&f, i, 0, false, true);
	r = v1r_take_back(&f, 9, 1);
	ok(r.pages == (readonly ? 256 : 128) && !bad, "128 mappings: %u are taken away", r.pages);
	for (unsigned i = 0; i < 256; i++)
		bad += !v1r_reach(&f, i, 0, false, false);
	ok(!bad && !fx_check(&f, true), "128 mappings: none is left");
	fx_close(&f);
}

/* A range of three slices, every second page mapped, by a guest that is preempted wherever it can be. */
static void range(enum hv_guest m, unsigned preempt)
{
	struct fx_opts o = v1r_opts(HV_GUEST_TRANSLATED, m, HV_IOMMU_STRICT);
	struct gnttab_v1_revoke r;
	unsigned bad = 0, at = 8;
	struct fx f;

	o.host.preempt_every = preempt;
	o.frames = 3;
	if (!ok(!fx_open(&f, o), "range: set up"))
		return;
	for (unsigned i = 0; i < 600; i++)
		fx_grant(&f, at + 2 * i, i % FX_PAGES, i & 1);
	for (unsigned i = 0; i < 600; i++)
		bad += fx_map(&f, at + 2 * i, i, V1R_HOLE | (i & 1 ? GNTMAP_readonly : 0), NULL) !=
		       0;
	for (unsigned i = 0; i < 600; i++)
		bad += !v1r_reach(&f, i, 0, false, true);
	r = v1r_take_back(&f, at, 1200);
	ok(!bad && r.status == GNTST_okay && r.done == 1200 && r.pages == 600,
	   "range, preempt after %u: %u references done, %u pages", preempt, r.done, r.pages);
	for (unsigned i = 0; i < 600; i++)
		bad += !v1r_reach(&f, i, 0, false, false);
	ok(!bad && !fx_check(&f, true), "range: nothing is left");
	fx_close(&f);
}

/* References of two mappers, and of one that did not agree to anything, in one range. */
static void two_mappers(void)
{
	struct fx_opts o = v1r_opts(HV_GUEST_TRANSLATED, HV_GUEST_TRANSLATED, HV_IOMMU_SHARED);
	struct hv_domain_config c = { .guest = HV_GUEST_PV,
				      .pages = FX_PAGES,
				      .args_pages = 64,
				      .map_slots = FX_SLOTS,
				      .iommu = HV_IOMMU_STRICT,
				      .revocable = true };
	struct gnttab_v1_revoke r;
	struct fx f, p, q;
	size_t bytes;
	int bad = 0;

	if (!ok(!fx_open(&f, o), "two mappers: set up"))
		return;
	p = f;
	bad += hv_domain_create(f.host, &c, &p.m);
	p.mv = hv_domain_vcpu(p.m, 0);
	p.margs = hv_guest_args(p.m, &bytes);
	q = p;
	c.revocable = false;
	bad += hv_domain_create(f.host, &c, &q.m);
	q.mv = hv_domain_vcpu(q.m, 0);
	q.margs = hv_guest_args(q.m, &bytes);
	for (unsigned i = 0; i < 9; i++) {
		struct fx *x = i % 3 == 0 ? &f : i % 3 == 1 ? &p : &q;

		fx_grant(x, 10 + i, i, false);
		bad += fx_map(x, 10 + i, i, V1R_HOLE, NULL);
	}
	ok(!bad, "two mappers: mapped, and a third that cannot agree");
	r = v1r_take_back(&f, 10, 9);
	ok(r.status == GNTST_okay && r.pages == 6 &&
		   r.outcomes == (GNTV1_GOT_HOLE | GNTV1_GOT_KEPT),
	   "two mappers: %u pages, outcomes %#x", r.pages, r.outcomes);
	for (unsigned i = 0; i < 9; i++)
		bad += !v1r_reach(i % 3 == 0 ? &f : i % 3 == 1 ? &p : &q, i, 0, false, i % 3 == 2);
	ok(!bad && !fx_check(&f, false), "two mappers: each has lost its own");
	fx_close(&f);
}

/* What a revoke could not find is not made: ranges by either, superpages, and arguments in blocks. */
static void excluded(bool granter)
{
	struct fx_opts o = v1r_opts(HV_GUEST_TRANSLATED, HV_GUEST_TRANSLATED, HV_IOMMU_NONE);
	struct hv_domain_config c = { .guest = HV_GUEST_PV, .pages = 1, .revocable = true };
	struct gnttab_range_map *r;
	struct hv_domain *d;
	struct fx f;
	int rc;

	o.granter.revocable = granter;
	o.mapper.revocable = !granter;
	if (!ok(!fx_open(&f, o), "excluded: set up"))
		return;
	fx_grant(&f, 9, 3, false);
	r = (struct gnttab_range_map *)f.margs;
	*r = (struct gnttab_range_map){
		.addr = hv_guest_map_addr(f.m, 0), .ref = 9, .count = 1, .dom = hv_domain_id(f.g)
	};
	ok(!hv_grant_table_op(f.mv, GNTTABOP_range_map, r, 1) && r->status == GNTST_general_error &&
		   !r->done && r->handle == GNTRANGE_NO_HANDLE,
	   "no range %s that is revocable", granter ? "of a granter" : "by a mapper");
	rc = fx_map(&f, 9, 0, GNTMAP_host_map | GNTMAP_super_2m, NULL);
	ok(rc == GNTST_general_error, "nor a superpage: %d", rc);
	ok(!fx_map(&f, 9, 0, granter ? GNTMAP_host_map : V1R_HOLE, NULL) && !fx_check(&f, true),
	   "but a page");
	c.super = true;
	ok(hv_domain_create(f.host, &c, &d) == -EINVAL,
	   "no domain has superpages and is revocable");
	c.super = false;
	c.args_block = true;
	ok(hv_domain_create(f.host, &c, &d) == -EINVAL, "nor has it blocks of arguments");
	fx_close(&f);
}

static void arguments(void)
{
	struct fx_opts o = v1r_opts(HV_GUEST_TRANSLATED, HV_GUEST_TRANSLATED, HV_IOMMU_NONE);
	struct gnttab_v1_revoke r = { .ref = 9, .count = 1, .flags = 2 };
	uint32_t h, h2 = 0;
	struct fx f;

	if (!ok(!fx_open(&f, o), "arguments: set up"))
		return;
	ok(v1r_op(&f, &r) == GNTST_general_error, "a flag that is not known");
	r = (struct gnttab_v1_revoke){ .ref = 9, .count = 1, .pad = 1 };
	ok(v1r_op(&f, &r) == GNTST_general_error, "pad");
	ok(v1r_revoke(&f, 9, 0).status == GNTST_bad_gntref, "no references");
	ok(v1r_revoke(&f, 9, ~0u).status == GNTST_bad_gntref, "too many");
	ok(v1r_revoke(&f, 511, 2).status == GNTST_bad_gntref, "more than the table has");
	r = (struct gnttab_v1_revoke){ .ref = 9, .count = 1, .done = 2 };
	ok(v1r_op(&f, &r) == GNTST_bad_gntref, "done beyond count");
	r = (struct gnttab_v1_revoke){ .ref = 9, .count = 1, .done = 1 };
	ok(v1r_op(&f, &r) == GNTST_okay && !r.pages, "all of it done");
	fx_grant(&f, 9, 3, false);
	fx_grant(&f, 10, 4, false);
	ok(!fx_map(&f, 9, 0, V1R_HOLE, &h) && !fx_map(&f, 10, 1, V1R_HOLE, &h2), "mapped");
	v1r_end(&f, 9);
	r = (struct gnttab_v1_revoke){ .ref = 9, .count = 2, .flags = GNTV1_REVOKE_CHECK };
	ok(v1r_op(&f, &r) == GNTST_eagain && r.done == 1 && r.pages == 1,
	   "checked: stops where an entry still grants, %u done", r.done);
	ok(v1r_reach(&f, 1, 0, false, true) && v1r_reach(&f, 0, 0, false, false),
	   "checked: as told");
	r = v1r_revoke(&f, 10, 1);
	ok(r.status == GNTST_okay && r.pages == 1, "not checked: is taken away all the same");
	ok(!fx_map(&f, 10, 2, V1R_HOLE, NULL), "and can be mapped again");
	ok(!fx_unmap(&f, h2, 1, 0), "what was revoked is unmapped");
	ok(!fx_map(&f, 10, 3, V1R_HOLE, &h2) && fx_unmap(&f, h2, 2, 0) == GNTST_bad_virt_addr &&
		   !fx_unmap(&f, h2, 3, 0),
	   "a handle is unmapped where it was mapped");
	ok(!fx_check(&f, true), "arguments: invariants");
	fx_close(&f);

	o.granter.revocable = false;
	if (!ok(!fx_open(&f, o), "a granter that is not revocable"))
		return;
	fx_grant(&f, 9, 3, false);
	ok(!fx_map(&f, 9, 0, V1R_HOLE, &h) && !fx_unmap(&f, h, 0, 0), "maps and unmaps");
	r = (struct gnttab_v1_revoke){ .ref = 9, .count = 1 };
	ok(v1r_op(&f, &r) == -ENOSYS * 1000, "and has no such operation");
	fx_close(&f);

	o.granter.revocable = true;
	o.mapper.revocable = false;
	if (!ok(!fx_open(&f, o), "a mapper that is not revocable"))
		return;
	fx_grant(&f, 9, 3, false);
	ok(fx_map(&f, 9, 0, V1R_HOLE, &h) == GNTST_general_error, "knows no such flags");
	ok(!fx_map(&f, 9, 0, GNTMAP_host_map, &h), "but maps");
	ok(v1r_take_back(&f, 9, 1).outcomes == GNTV1_GOT_KEPT && v1r_reach(&f, 0, 0, false, true),
	   "and keeps it");
	ok(!fx_unmap(&f, h, 0, 0) && !v1r_revoke(&f, 9, 1).outcomes && !fx_check(&f, true),
	   "until it lets go");
	fx_close(&f);
}

/* A PV mapper writes over its entry, or moves it elsewhere: nothing tells where the page is then. */
static void pv_entries(void)
{
	struct fx_opts o = v1r_opts(HV_GUEST_TRANSLATED, HV_GUEST_PV, HV_IOMMU_NONE);
	struct gnttab_unmap_and_replace *u;
	struct gnttab_v1_revoke r;
	uint32_t h[3];
	struct fx f;

	if (!ok(!fx_open(&f, o), "PV entries: set up"))
		return;
	for (unsigned i = 0; i < 4; i++)
		fx_grant(&f, 9 + i, i, false);
	ok(fx_map(&f, 9, 0, V1R_SINK, NULL) == GNTST_general_error, "a PV mapper has no sink");
	ok(!fx_map(&f, 9, 0, V1R_HOLE, &h[0]) && !fx_map(&f, 10, 0, V1R_HOLE, &h[1]),
	   "overwritten");
	r = v1r_take_back(&f, 9, 1);
	ok(!r.pages && r.outcomes == GNTV1_GOT_KEPT, "an overwritten entry is told as kept");
	r = v1r_take_back(&f, 10, 1);
	ok(r.pages == 1 && r.outcomes == GNTV1_GOT_HOLE && v1r_reach(&f, 0, 0, false, false),
	   "what is there instead goes");
	ok(!fx_map(&f, 11, 1, V1R_HOLE, &h[1]) && !fx_map(&f, 12, 2, V1R_HOLE, &h[2]),
	   "to be moved");
	u = (struct gnttab_unmap_and_replace *)f.margs;
	*u = (struct gnttab_unmap_and_replace){ .host_addr = hv_guest_map_addr(f.m, 2),
						.new_addr = hv_guest_map_addr(f.m, 1),
						.handle = h[2] };
	ok(!hv_grant_table_op(f.mv, GNTTABOP_unmap_and_replace, u, 1) && !u->status,
	   "moved into the place of another");
	r = v1r_take_back(&f, 11, 1);
	ok(!r.pages && r.outcomes == GNTV1_GOT_KEPT && v1r_reach(&f, 2, 0, false, true),
	   "a moved entry is told as kept, and is");
	ok(!fx_unmap(&f, h[1], 2, 0), "its mapper unmaps it from there");
	fx_grant(&f, 11, 2, false);
	ok(!fx_map(&f, 11, 1, V1R_HOLE, &h[1]) && v1r_take_back(&f, 11, 1).pages == 1, "revoked");
	*u = (struct gnttab_unmap_and_replace){ .host_addr = hv_guest_map_addr(f.m, 1),
						.handle = h[1] };
	ok(!hv_grant_table_op(f.mv, GNTTABOP_unmap_and_replace, u, 1) &&
		   u->status == GNTST_general_error && !fx_unmap(&f, h[1], 1, 0),
	   "nothing is put into the place of what was revoked");
	hv_domain_kill(f.m);
	ok(!hv_host_violation(f.host), "PV entries: its mapper dies");
	fx_close(&f);
}

/* Both halves of a PV mapper's handle. */
static void halves(void)
{
	struct fx_opts o = v1r_opts(HV_GUEST_PV, HV_GUEST_PV, HV_IOMMU_STRICT);
	uint32_t h;
	struct fx f;

	if (!ok(!fx_open(&f, o), "halves: set up"))
		return;
	for (unsigned ro = 0; ro < 2; ro++) {
		unsigned flags = V1R_HOLE | GNTMAP_device_map | (ro ? GNTMAP_readonly : 0);
		uint64_t dev;

		fx_grant(&f, 9, 3, ro);
		ok(!fx_map(&f, 9, 0, flags, &h), "both halves");
		ok(v1r_take_back(&f, 9, 1).pages == 1 && !fx_unmap(&f, h, 0, 0), "are revoked");
		fx_grant(&f, 9, 3, ro);
		ok(!fx_map(&f, 9, 0, flags, &h), "both halves");
		dev = fx_map_args(&f, 0)->dev_bus_addr;
		ok(!fx_unmap(&f, h, 0, 0) && !hv_device_access(f.m, dev >> 12, 0, &h, 1, false),
		   "one is unmapped");
		ok(v1r_take_back(&f, 9, 1).pages == 1 &&
			   hv_device_access(f.m, dev >> 12, 0, &dev, 1, false),
		   "the other is revoked");
		ok(!fx_check(&f, true), "halves: invariants");
	}
	fx_close(&f);
}

static void deaths(enum hv_guest m)
{
	struct fx_opts o = v1r_opts(HV_GUEST_TRANSLATED, m, HV_IOMMU_STRICT);
	struct hv_domain_config c = o.granter;
	struct gnttab_v1_revoke r;
	struct hv_domain *d;
	uint32_t h;
	struct fx f;

	if (!ok(!fx_open(&f, o), "deaths, %s: set up", guest_name[m]))
		return;
	fx_grant(&f, 9, 3, false);
	fx_grant(&f, 10, 4, false);
	ok(!fx_map(&f, 9, 0, V1R_HOLE, NULL) && !fx_map(&f, 10, 1, V1R_HOLE, NULL) &&
		   v1r_take_back(&f, 9, 1).pages == 1,
	   "one is revoked, one is not");
	hv_domain_kill(f.m);
	r = v1r_take_back(&f, 9, 2);
	ok(!r.pages && !r.outcomes && !*fx_use_word(&f, 10), "the mapper died: nothing is left");
	ok(v1r_give_up(&f, 3) == 1 && v1r_give_up(&f, 4) == 1 && !fx_check(&f, true),
	   "and the pages can go");
	fx_close(&f);

	if (!ok(!fx_open(&f, o), "deaths, %s: set up", guest_name[m]))
		return;
	fx_grant(&f, 9, 3, false);
	ok(!fx_map(&f, 9, 0, V1R_HOLE, &h) && v1r_take_back(&f, 9, 1).pages == 1, "revoked");
	hv_domain_kill(f.g);
	c.pages = 16;
	ok(!hv_domain_create(f.host, &c, &d) && hv_domain_id(d) == 0,
	   "the granter died, and its number is another's");
	ok(!fx_unmap(&f, h, 0, 0) && !hv_domain_crashed(f.m),
	   "its mapper unmaps, as it always does");
	ok(!fx_check(&f, true) && !hv_host_violation(f.host), "deaths: invariants");
	fx_close(&f);

	if (!ok(!fx_open(&f, o), "deaths, %s: set up", guest_name[m]))
		return;
	fx_grant(&f, 9, 3, false);
	ok(!fx_map(&f, 9, 0, V1R_HOLE, &h), "mapped");
	hv_domain_kill(f.g);
	ok(v1r_reach(&f, 0, 0, false, true) && !fx_check(&f, true),
	   "a granter that dies takes nothing");
	ok(!fx_unmap(&f, h, 0, 0) && !fx_check(&f, true), "until the mapper lets go");
	fx_close(&f);
}

static void self(void)
{
	struct fx_opts o = v1r_opts(HV_GUEST_TRANSLATED, HV_GUEST_TRANSLATED, HV_IOMMU_NONE);
	uint32_t h;
	struct fx f;

	o.self = true;
	if (!ok(!fx_open(&f, o), "self-grant: set up"))
		return;
	fx_grant(&f, 9, 3, false);
	ok(!fx_map(&f, 9, 0, V1R_HOLE, &h) && v1r_reach(&f, 0, 0, false, true), "self-grant: maps");
	ok(v1r_take_back(&f, 9, 1).pages == 1 && v1r_reach(&f, 0, 0, false, false) &&
		   !fx_unmap(&f, h, 0, 0) && !fx_check(&f, true),
	   "self-grant: is revoked");
	fx_close(&f);
}

/* Memory is out at each step of making a domain, and of mapping. */
static void no_memory(void)
{
	struct fx_opts o = v1r_opts(HV_GUEST_TRANSLATED, HV_GUEST_TRANSLATED, HV_IOMMU_NONE);
	struct hv_domain_config c = o.granter;
	struct hv_domain *d;
	unsigned failed = 0;
	struct fx f;
	int rc;

	if (!ok(!fx_open(&f, o), "no memory: set up"))
		return;
	c.pages = 16;
	do {
		hv_host_fail_alloc(f.host, ++failed);
		rc = hv_domain_create(f.host, &c, &d);
		hv_host_fail_alloc(f.host, 0);
	} while (rc == -ENOMEM && failed < 1000);
	ok(!rc && failed > 8 && !hv_host_violation(f.host), "no memory: %u steps", failed);
	fx_grant(&f, 9, 3, false);
	for (unsigned n = 1; n < 8; n++) {
		hv_host_fail_alloc(f.host, n);
		rc = fx_map(&f, 9, 0, V1R_HOLE, NULL);
		hv_host_fail_alloc(f.host, 0);
		if (!rc)
			break;
		if (fx_check(&f, true))
			break;
	}
	ok(!rc && !fx_check(&f, true), "no memory: maps when there is some");
	ok(fx_grow(&f, 4) == GNTST_okay && v1r_take_back(&f, 9, 512).pages == 1, "the table grows");
	fx_close(&f);
}

int main(void)
{
	for (unsigned g = 0; g < 2; g++)
		for (unsigned m = 0; m < 2; m++)
			for (unsigned mode = 0; mode <= HV_IOMMU_BATCHED; mode++)
				if (mode != HV_IOMMU_SHARED || m == HV_GUEST_TRANSLATED)
					one_page(g, m, mode, 1 + (mode & g));
	for (unsigned m = 0; m < 2; m++) {
		kept(m);
		many_of_one(m, false);
		many_of_one(m, true);
		range(m, 0);
		range(m, 1);
		deaths(m);
	}
	two_mappers();
	excluded(false);
	excluded(true);
	arguments();
	pv_entries();
	halves();
	self();
	no_memory();
	return tap_done();
}
