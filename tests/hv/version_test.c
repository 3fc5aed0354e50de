// SPDX-License-Identifier: GPL-2.0-only
/*
 * The table as a whole: setup_table, query_size, versions, status frames, swap; and what outlives a
 * single operation: latching, limits, use marks, self-grants, crashes, continuations. After
 * Xen 4.17.
 */
#include "fixture.h"

#define RW   GNTMAP_host_map
#define RO   (GNTMAP_host_map | GNTMAP_readonly)
#define NONE 13

static const char *tag;

static struct fx_opts kind(bool pv, unsigned version)
{
	enum hv_guest g = pv ? HV_GUEST_PV : HV_GUEST_TRANSLATED;
	struct fx_opts o = { .granter = { .guest = g },
			     .mapper = { .guest = g },
			     .version = version };
	static char name[32];

	snprintf(name, sizeof(name), "%s v%u", pv ? "PV" : "translated", version);
	tag = name;
	o.host.audit = o.host.poison = true;
	return o;
}

static uint16_t marks(struct fx *f, unsigned ref)
{
	return *fx_use_word(f, ref) & (GTF_reading | GTF_writing);
}

static long set_version(struct fx *f, uint32_t want, uint32_t *got)
{
	struct gnttab_set_version v = { .version = want };
	long rc = fx_gop(f, GNTTABOP_set_version, &v, sizeof(v));

	if (got)
		*got = v.version;
	if (!rc)
		f->version = v.version;
	return rc;
}

/* ---- size ---- */

static int setup(struct fx *f, domid_t dom, unsigned nr, long *rc)
{
	struct gnttab_setup_table s = { .dom = dom, .nr_frames = nr, .status = 99 };

	set_xen_guest_handle(s.frame_list, (xen_pfn_t *)(f->gargs + 4096));
	*rc = fx_gop(f, GNTTABOP_setup_table, &s, sizeof(s));
	return s.status;
}

static int query(struct fx *f, domid_t dom, struct gnttab_query_size *q)
{
	*q = (struct gnttab_query_size){ .dom = dom, .status = 99 };
	return fx_gop(f, GNTTABOP_query_size, q, sizeof(*q)) ? 99 : q->status;
}

static int status_frames(struct fx *f, domid_t dom, unsigned nr, long *rc)
{
	struct gnttab_get_status_frames s = { .dom = dom, .nr_frames = nr, .status = 99 };

	set_xen_guest_handle(s.frame_list, (uint64_t *)(f->gargs + 4096));
	*rc = fx_gop(f, GNTTABOP_get_status_frames, &s, sizeof(s));
	return s.status;
}

static void test_size(bool pv, bool privileged)
{
	struct fx_opts o = kind(pv, 2);
	domid_t other;
	struct gnttab_query_size q;
	struct gnttab_setup_table s = { .dom = NONE, .nr_frames = 1 };
	struct gnttab_get_version v;
	struct fx f;
	long rc;

	o.granter.max_grant_frames = 20;
	o.granter.privileged = privileged;
	if (!ok(!fx_open(&f, o), "%s: set up", tag))
		return;
	other = hv_domain_id(f.m);
	ok(!query(&f, DOMID_SELF, &q) && q.nr_frames == 1 && q.max_nr_frames == 20,
	   "%s: query_size", tag);
	ok(!query(&f, hv_domain_id(f.g), &q), "%s: query_size by the own number", tag);
	ok(query(&f, NONE, &q) == -2, "%s: query_size of no domain", tag);
	ok(query(&f, other, &q) == (privileged ? 0 : -8),
	   "%s: query_size of another, privileged %d", tag, privileged);
	ok(setup(&f, NONE, 50, &rc) == -2 && !rc, "%s: setup_table: domain before size", tag);
	ok(setup(&f, other, 65, &rc) == (privileged ? -1 : -8) && !rc,
	   "%s: setup_table: permission before size", tag);
	ok(setup(&f, DOMID_SELF, 21, &rc) == -1 && !rc, "%s: setup_table past the limit", tag);
	ok(!setup(&f, DOMID_SELF, 0, &rc) && !rc && !query(&f, DOMID_SELF, &q) && q.nr_frames == 1,
	   "%s: setup_table of none", tag);
	ok(!setup(&f, DOMID_SELF, 9, &rc) && !rc && !query(&f, DOMID_SELF, &q) && q.nr_frames == 9,
	   "%s: setup_table grows", tag);
	ok(!setup(&f, DOMID_SELF, 2, &rc) && !rc && !query(&f, DOMID_SELF, &q) && q.nr_frames == 9,
	   "%s: and never shrinks", tag);
	s.frame_list.p = (void *)0xffff800000000000;
	ok(fx_gop(&f, GNTTABOP_setup_table, &s, sizeof(s)) == (pv ? -EFAULT : 0),
	   "%s: setup_table: a list in the hypervisor's addresses before the domain", tag);
	s.dom = DOMID_SELF;
	s.nr_frames = 10;
	s.frame_list.p = NULL;
	ok(!fx_gop(&f, GNTTABOP_setup_table, &s, sizeof(s)) && s.status == GNTST_bad_virt_addr &&
		   !query(&f, DOMID_SELF, &q) && q.nr_frames == 10,
	   "%s: setup_table: no list, and the table grows all the same", tag);
	s.frame_list.p = (void *)(f.gargs + 64 * 4096 - 8);
	*(uint64_t *)(f.gargs + 64 * 4096 - 8) = 1;
	ok(!fx_gop(&f, GNTTABOP_setup_table, &s, sizeof(s)) && s.status == GNTST_bad_virt_addr &&
		   *(uint64_t *)(f.gargs + 64 * 4096 - 8) != 1,
	   "%s: setup_table: what there is room for of a list", tag);
	if (pv) {
		ok(!status_frames(&f, DOMID_SELF, 2, &rc) && !rc,
		   "%s: nine frames have two of status", tag);
		ok(status_frames(&f, DOMID_SELF, 3, &rc) == -1 && !rc, "%s: and no third", tag);
		ok(status_frames(&f, NONE, 9, &rc) == -2 && !rc,
		   "%s: status frames: domain before size", tag);
		ok(status_frames(&f, other, 9, &rc) == (privileged ? -1 : -8) && !rc,
		   "%s: status frames: permission before size", tag);
	} else {
		ok(fx_place(&f, 0x80000001, HV_GFN_GRANT_BASE) == 0,
		   "%s: status frame 1 can be placed", tag);
		ok(fx_place(&f, 0x80000002, HV_GFN_GRANT_BASE + 1) == -EINVAL,
		   "%s: status frame 2 would need more than the limit", tag);
		ok(fx_place(&f, 20, HV_GFN_GRANT_BASE + 1) == -EINVAL,
		   "%s: frame 20 cannot be placed", tag);
		ok(fx_place(&f, 19, HV_GFN_GRANT_BASE + 1) == 0,
		   "%s: placing frame 19 grows the table", tag);
	}
	v = (struct gnttab_get_version){ .dom = NONE };
	ok(fx_gop(&f, GNTTABOP_get_version, &v, sizeof(v)) == -ESRCH,
	   "%s: get_version of no domain", tag);
	v = (struct gnttab_get_version){ .dom = other };
	rc = fx_gop(&f, GNTTABOP_get_version, &v, sizeof(v));
	ok(rc == (privileged ? 0 : -EPERM) && (!privileged || v.version == 1),
	   "%s: get_version of another", tag);
	v = (struct gnttab_get_version){ .dom = DOMID_SELF };
	ok(!fx_gop(&f, GNTTABOP_get_version, &v, sizeof(v)) && v.version == 2, "%s: get_version",
	   tag);
	ok(!fx_check(&f, true), "%s: invariants", tag);
	fx_close(&f);
}

/* ---- set_version ---- */

static void test_switch(bool pv)
{
	struct fx_opts o = kind(pv, 1);
	grant_entry_v2_t *e;
	uint32_t now, h, h2 = 0;
	struct fx f;
	long rc;

	if (!ok(!fx_open(&f, o), "%s: set up", tag))
		return;
	ok(set_version(&f, 0, &now) == -EINVAL && now == 1, "%s: version 0", tag);
	ok(set_version(&f, 3, &now) == -EINVAL && now == 1, "%s: version 3", tag);
	if (pv)
		ok(status_frames(&f, DOMID_SELF, 1, &rc) == -1 && !rc,
		   "%s: version 1 has no status frames", tag);
	else
		ok(fx_place(&f, 0x80000000, HV_GFN_GRANT_BASE + 9) == -EINVAL,
		   "%s: version 1 has no status frames", tag);
	fx_grant(&f, 300, 3, false);
	fx_grant(&f, 2, 4, false);
	ok(!fx_map(&f, 300, 0, RW, &h) && !fx_map(&f, 2, 1, RO, &h2), "%s: map", tag);
	ok(!set_version(&f, 1, &now), "%s: to the same version, in use", tag);
	ok(set_version(&f, 2, &now) == -EBUSY && now == 1, "%s: in use", tag);
	ok(!fx_unmap(&f, h, 0, 0), "%s: unmap", tag);
	ok(!set_version(&f, 2, &now) && now == 2, "%s: to 2, a reserved entry in use", tag);
	e = fx_frame(&f, 0, false);
	ok(e[2].hdr.flags == GTF_permit_access && e[2].hdr.domid == hv_domain_id(f.m) &&
		   e[2].full_page.frame == hv_guest_frame(f.g, 4) && marks(&f, 2) == GTF_reading,
	   "%s: which is kept, its mark in the status word", tag);
	ok(fx_map(&f, 256, 0, RO, NULL) == -3, "%s: half the references", tag);
	ok(!e[255].hdr.flags && !e[9].full_page.frame, "%s: the rest is cleared", tag);
	ok(!fx_check(&f, true), "%s: invariants", tag);
	/* And back. */
	fx_entry(&f, 3, GTF_transitive, 0, 0);
	fx_grant(&f, 20, 5, false);
	ok(!fx_map(&f, 20, 2, RO, &h) && set_version(&f, 1, &now) == -EBUSY,
	   "%s: -EBUSY before -ERANGE", tag);
	fx_unmap(&f, h, 2, 0);
	ok(set_version(&f, 1, &now) == -ERANGE && now == 2, "%s: a transitive reserved entry", tag);
	fx_entry(&f, 3, GTF_permit_access, 0, 1ull << 32);
	ok(set_version(&f, 1, &now) == -ERANGE, "%s: a reserved entry with a wide frame", tag);
	fx_entry(&f, 3, GTF_accept_transfer, 0, 1ull << 32);
	ok(!set_version(&f, 1, &now) && now == 1, "%s: back to 1", tag);
	ok(marks(&f, 2) == GTF_reading, "%s: the mark is in the flags again", tag);
	ok(!*fx_use_word(&f, 3), "%s: other types are not kept", tag);
	ok(!fx_unmap(&f, h2, 1, 0) && !marks(&f, 2), "%s: and is taken back", tag);
	ok(!fx_check(&f, true), "%s: invariants", tag);
	fx_close(&f);
	o.granter.max_grant_version = 1;
	if (!ok(!fx_open(&f, o), "%s: set up", tag))
		return;
	ok(set_version(&f, 2, &now) == -ENOSYS && now == 1, "%s: not allowed to use 2", tag);
	ok(set_version(&f, 3, &now) == -EINVAL, "%s: -EINVAL before -ENOSYS", tag);
	ok(!set_version(&f, 1, &now), "%s: 1 is allowed", tag);
	fx_close(&f);
}

/* ---- latching, marks, limits ---- */

static void test_latch(bool pv, unsigned version)
{
	struct fx f;
	uint8_t byte = 0;
	uint32_t a, b, c;

	if (!ok(!fx_open(&f, kind(pv, version)), "%s: set up", tag))
		return;
	fx_fill(&f, 3, 0x33);
	fx_fill(&f, 4, 0x44);
	fx_grant(&f, 20, 3, false);
	ok(!fx_map(&f, 20, 0, RO, &a) && marks(&f, 20) == GTF_reading, "%s: a reader", tag);
	fx_entry(&f, 20, GTF_permit_access | GTF_reading, NONE, hv_guest_frame(f.g, 4));
	ok(!fx_map(&f, 20, 1, RO, &b) && !fx_peek(&f, 1, &byte) && byte == 0x33,
	   "%s: frame and domain were latched at the first", tag);
	ok(!fx_map(&f, 20, 2, RW, &c) && marks(&f, 20) == (GTF_reading | GTF_writing) &&
		   !fx_peek(&f, 2, &byte) && byte == 0x33,
	   "%s: a first writer looks at the rights, not at the domain", tag);
	ok(!fx_unmap(&f, c, 2, 0) && marks(&f, 20) == GTF_reading,
	   "%s: the last writer takes its mark", tag);
	fx_entry(&f, 20, GTF_permit_access | GTF_readonly | GTF_reading, NONE, 0);
	ok(fx_map(&f, 20, 2, RW, NULL) == -1, "%s: no writer on what became read-only", tag);
	ok(marks(&f, 20) == GTF_reading, "%s: and the reader's mark stays", tag);
	fx_entry(&f, 20, GTF_invalid | GTF_reading, NONE, 0);
	ok(!fx_map(&f, 20, 2, RO, &c) && !fx_unmap(&f, c, 2, 0), "%s: a reader never looks again",
	   tag);
	ok(!fx_check(&f, true), "%s: invariants", tag);
	ok(!fx_unmap(&f, b, 1, 0) && marks(&f, 20) == GTF_reading, "%s: one reader left", tag);
	ok(!fx_unmap(&f, a, 0, 0) && !marks(&f, 20), "%s: none", tag);
	ok(fx_map(&f, 20, 0, RO, NULL) == -1, "%s: now the entry counts again", tag);
	ok(version == 1 || *(uint16_t *)fx_frame(&f, 0, false) == 0, "%s: headers are not touched",
	   tag);
	fx_grant(&f, 21, 3, false);
	*fx_use_word(&f, 21) |= version == 2 ? GTF_writing : 0;
	ok(!fx_map(&f, 21, 0, RO, &a) && !fx_unmap(&f, a, 0, 0),
	   "%s: wrong marks of the guest decide nothing", tag);
	fx_close(&f);
}

static void limit_of(struct fx *f, uint32_t flags, const char *what)
{
	bool dev = flags & GNTMAP_device_map;
	uint64_t addr = 0;
	unsigned n = 0;
	uint32_t h[200];

	for (; n < 200 && !fx_map(f, 20, n, flags, &h[n]); n++)
		addr = dev ? fx_map_args(f, 0)->dev_bus_addr : 0;
	ok(n == 128, "%s: %s: 128 at once (is %u)", tag, what, n);
	ok(!fx_map(f, 20, n, flags ^ GNTMAP_readonly, &h[n]), "%s: %s: the other kind is free", tag,
	   what);
	fx_unmap(f, h[n], n, addr);
	ok(fx_map(f, 20, n, flags, NULL) == -1, "%s: %s: the 129th", tag, what);
	if (flags == RO) {
		struct gnttab_copy *op = (struct gnttab_copy *)f->margs;

		*op = (struct gnttab_copy){ .source.u.ref = 20,
					    .source.domid = hv_domain_id(f->g),
					    .len = 8,
					    .dest.u.gmfn = hv_guest_frame(f->m, 2),
					    .dest.domid = DOMID_SELF,
					    .flags = GNTCOPY_source_gref };
		hv_grant_table_op(f->mv, GNTTABOP_copy, op, 1);
		ok(op->status == -1, "%s: a copy needs a pin too", tag);
	}
	ok(!fx_check(f, true), "%s: invariants", tag);
	while (n--)
		fx_unmap(f, h[n], n, addr);
	ok(!hv_domain_mappings(f->m), "%s: %s: all gone", tag, what);
}

static void test_limits(bool pv, unsigned version)
{
	struct fx_opts o = kind(pv, version);
	uint32_t h[300];
	unsigned n = 0;
	struct fx f;

	o.mapper.max_maptrack_frames = 1;
	if (!ok(!fx_open(&f, o), "%s: set up", tag))
		return;
	fx_grant(&f, 20, 3, false);
	limit_of(&f, RO, "readers");
	limit_of(&f, RW, "writers");
	if (pv) {
		limit_of(&f, GNTMAP_device_map, "device writers");
		limit_of(&f, GNTMAP_device_map | GNTMAP_readonly, "device readers");
	}
	for (; n < 300; n++) {
		fx_grant(&f, 8 + n % 200, n % 200, false);
		if (fx_map(&f, 8 + n % 200, n, RO, &h[n]))
			break;
	}
	ok(n == 255, "%s: one maptrack page gives 255 handles (is %u)", tag, n);
	ok(fx_map(&f, 20, n, RO, NULL) == -13, "%s: then no space", tag);
	ok(fx_map(&f, ~0u, n, RO, NULL) == -13, "%s: no space before reference", tag);
	ok(fx_map(&f, 20, n, GNTMAP_readonly, NULL) == -3, "%s: no kind before no space", tag);
	while (n--)
		fx_unmap(&f, h[n], n, 0);
	ok(!fx_check(&f, true) && !hv_domain_mappings(f.m), "%s: invariants", tag);
	fx_close(&f);
}

/* ---- swap ---- */

static int swap(struct fx *f, grant_ref_t a, grant_ref_t b)
{
	struct gnttab_swap_grant_ref s = { .ref_a = a, .ref_b = b, .status = 99 };

	return fx_gop(f, GNTTABOP_swap_grant_ref, &s, sizeof(s)) ? 99 : s.status;
}

static void test_swap(bool pv, unsigned version)
{
	uint8_t byte = 0;
	uint32_t h = 0;
	struct fx f;

	if (!ok(!fx_open(&f, kind(pv, version)), "%s: set up", tag))
		return;
	fx_fill(&f, 4, 0x44);
	fx_grant(&f, 20, 3, false);
	fx_grant(&f, 21, 4, true);
	ok(swap(&f, 512, 20) == -3 && swap(&f, 20, 512) == -3, "%s: swap: bad references", tag);
	ok(!swap(&f, 20, 21), "%s: swap", tag);
	ok(fx_map(&f, 20, 0, RW, NULL) == -1 && !fx_map(&f, 20, 0, RO, &h), "%s: rights went along",
	   tag);
	ok(!fx_peek(&f, 0, &byte) && byte == 0x44, "%s: and the frame", tag);
	ok(swap(&f, 20, 21) == -12 && swap(&f, 21, 20) == -12, "%s: not while in use, either side",
	   tag);
	ok(swap(&f, 20, 512) == -3, "%s: reference before use", tag);
	ok(!swap(&f, 20, 20), "%s: with itself always", tag);
	fx_unmap(&f, h, 0, 0);
	if (version == 2) {
		*fx_use_word(&f, 20) = 0x40;
		*fx_use_word(&f, 21) = 0x80;
		ok(!swap(&f, 20, 21) && *fx_use_word(&f, 20) == 0x80 &&
			   *fx_use_word(&f, 21) == 0x40,
		   "%s: the status words are swapped too", tag);
	}
	fx_close(&f);
}

/* ---- self-grants, crashes, continuations ---- */

static void test_self(bool pv, unsigned version)
{
	struct fx_opts o = kind(pv, version);
	uint32_t a, b;
	uint8_t byte = 0;
	struct fx f;

	o.self = true;
	if (!ok(!fx_open(&f, o), "%s: set up", tag))
		return;
	fx_fill(&f, 3, 0x33);
	fx_grant(&f, 20, 3, false);
	ok(!fx_map(&f, 20, 0, RW, &a) && !fx_peek(&f, 0, &byte) && byte == 0x33, "%s: self-grant",
	   tag);
	ok(!!hv_guest_frame_ptr(f.g, hv_guest_frame(f.g, 3)) == pv, "%s: the page %s", tag,
	   pv ? "stays where it was" : "is lost to its old GFN");
	ok(!fx_map(&f, 20, 1, RW, &b) && !fx_peek(&f, 1, &byte) && byte == 0x33,
	   "%s: a second one while in use", tag);
	ok(!fx_unmap(&f, a, 0, 0) && !fx_unmap(&f, b, 1, 0), "%s: unmap", tag);
	ok(fx_map(&f, 20, 0, RW, &a) == (pv ? 0 : -9), "%s: again", tag);
	if (pv)
		fx_unmap(&f, a, 0, 0);
	ok(!fx_check(&f, true), "%s: invariants", tag);
	fx_close(&f);
}

static void test_crash(bool pv)
{
	struct hv_domain *third;
	struct hv_domain_config c;
	struct fx_opts o = kind(pv, 1);
	struct fx f;
	uint32_t a, b;

	if (!ok(!fx_open(&f, o), "%s: set up", tag))
		return;
	fx_grant(&f, 20, 3, false);
	fx_grant(&f, 21, 4, false);
	ok(!fx_map(&f, 20, 0, RW, &a), "%s: map", tag);
	if (!pv) {
		/* p2m_add_page(): a grant's entry is not to be replaced like this. */
		ok(fx_map(&f, 21, 0, RW, &b) == -1 && hv_domain_crashed(f.m),
		   "%s: a map over a grant crashes", tag);
		ok(fx_map(&f, 21, 1, RW, &b) == -EIO * 1000, "%s: the crashed domain's calls fail",
		   tag);
		ok(!fx_check(&f, true), "%s: invariants", tag);
		fx_close(&f);
		return;
	}
	/* The entry is overwritten, with the mapper's own page, and the last reference goes. */
	c = (struct hv_domain_config){ .guest = HV_GUEST_PV, .pages = 64, .map_slots = 64 };
	third = f.g;
	ok(!hv_domain_create(f.host, &c, &f.g), "%s: another granter", tag);
	f.gv = hv_domain_vcpu(f.g, 0);
	f.gargs = hv_guest_args(f.g, &(size_t){ 0 });
	fx_grant(&f, 20, 3, false);
	ok(!fx_map(&f, 20, 0, RW, &b), "%s: map over a mapping", tag);
	hv_domain_kill(third);
	ok(!fx_unmap(&f, a, 0, 0) && hv_domain_crashed(f.m),
	   "%s: unmapping what was lost that way crashes", tag);
	ok(fx_unmap(&f, b, 0, 0) == -EIO * 1000, "%s: the crashed domain's calls fail", tag);
	hv_domain_kill(f.m);
	ok(!fx_check(&f, true), "%s: its end leaves nothing behind", tag);
	fx_close(&f);
}

static void test_preempt(bool pv, unsigned cmd, unsigned version)
{
	struct fx_opts o = kind(pv, version);
	const struct hv_counters *c;
	unsigned n = 100, bad = 0, parts;
	struct fx f;

	o.host.preempt_every = 3;
	if (!ok(!fx_open(&f, o), "%s: set up", tag))
		return;
	c = hv_vcpu_counters(f.mv);
	for (unsigned i = 0; i < n; i++) {
		fx_grant(&f, 8 + i, i, false);
		*fx_map_args(&f, i) =
			(struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(f.m, i),
						       .flags = RW,
						       .ref = 8 + i,
						       .dom = hv_domain_id(f.g) };
		((struct gnttab_copy *)f.margs)[i] =
			(struct gnttab_copy){ .source.u.ref = 8 + i,
					      .source.domid = hv_domain_id(f.g),
					      .len = 8,
					      .status = 99,
					      .dest.u.gmfn = hv_guest_frame(f.m, i),
					      .dest.domid = DOMID_SELF,
					      .flags = GNTCOPY_source_gref };
	}
	ok(!hv_grant_table_op(f.mv, cmd,
			      cmd == GNTTABOP_copy ? (void *)f.margs : fx_map_args(&f, 0), n) &&
		   c->hypercalls == 1,
	   "%s: one call", tag);
	for (unsigned i = 0; i < n; i++)
		bad += (cmd == GNTTABOP_copy ? ((struct gnttab_copy *)f.margs)[i].status
					     : fx_map_args(&f, i)->status) != 0;
	/* 99 checks, every third of which says stop; a stop saves the next check. */
	ok(!bad && c->continuations >= 24 && c->continuations <= 33,
	   "%s: op %u was continued %lu times, none lost", tag, cmd,
	   (unsigned long)c->continuations);
	if (cmd == GNTTABOP_map_grant_ref) {
		parts = (unsigned)c->continuations;
		for (unsigned i = 0; i < n; i++)
			*fx_unmap_args(&f, i) = (struct gnttab_unmap_grant_ref){
				.host_addr = hv_guest_map_addr(f.m, i),
				.handle = fx_map_args(&f, i)->handle,
				.status = 99
			};
		hv_grant_table_op(f.mv, GNTTABOP_unmap_grant_ref, fx_unmap_args(&f, 0), n);
		for (unsigned i = 0; i < n; i++)
			bad += fx_unmap_args(&f, i)->status != 0;
		ok(!bad && c->continuations == parts + 1 && !hv_domain_mappings(f.m),
		   "%s: unmap looks only after each 32", tag);
	}
	ok(!fx_check(&f, true), "%s: invariants", tag);
	fx_close(&f);
}

int main(void)
{
	for (int pv = 0; pv < 2; pv++) {
		test_size(pv, false);
		test_size(pv, true);
		test_switch(pv);
		test_crash(pv);
		for (unsigned version = 1; version <= 2; version++) {
			test_latch(pv, version);
			test_limits(pv, version);
			test_swap(pv, version);
			test_self(pv, version);
			test_preempt(pv, GNTTABOP_map_grant_ref, version);
			test_preempt(pv, GNTTABOP_copy, version);
		}
	}
	return tap_done();
}
