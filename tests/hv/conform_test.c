// SPDX-License-Identifier: GPL-2.0-only
/* What the differential stream found on a real Xen (docs/conformance.md), a case for each. */
#include "fixture.h"

#define GRANTER_GFN(i) hv_guest_frame(f.g, i)

static struct fx_opts kind(enum hv_guest guest)
{
	return (struct fx_opts){ .granter = { .guest = guest }, .mapper = { .guest = guest } };
}

static void copy(struct fx *f, struct gnttab_copy *op, unsigned n)
{
	memcpy(f->margs + 8192, op, n * sizeof(*op));
	ok(!hv_grant_table_op(f->mv, GNTTABOP_copy, f->margs + 8192, n), "the call as a whole");
	memcpy(op, f->margs + 8192, n * sizeof(*op));
}

/* By reference and by frame in turns: a frame is named by DOMID_SELF alone, in each structure. */
static void frames_are_ones_own(enum hv_guest guest)
{
	struct gnttab_copy op[3];
	struct fx f;

	fx_open(&f, kind(guest));
	fx_grant(&f, 8, 0, false);
	op[0] = (struct gnttab_copy){ .len = 16, .flags = GNTCOPY_source_gref };
	op[0].source.u.ref = 8;
	op[0].source.domid = hv_domain_id(f.g);
	op[0].dest.u.gmfn = hv_guest_frame(f.m, 1);
	op[0].dest.domid = DOMID_SELF;
	op[2] = op[1] = op[0];
	op[1].flags = 0;
	op[1].source.u.gmfn = GRANTER_GFN(7);
	op[2].source.u.ref = 9;
	op[2].dest.domid = hv_domain_id(f.m);
	copy(&f, op, 3);
	ok(op[0].status == GNTST_okay && op[1].status == GNTST_permission_denied,
	   "a frame of another domain is refused (%d, %d)", op[0].status, op[1].status);
	ok(op[2].status == GNTST_general_error,
	   "the source is claimed before the target's permission is asked for (%d)", op[2].status);
	ok(!fx_check(&f, true), "invariants");
	fx_close(&f);
}

/* Words from the front, then bytes. */
static void overlapping_copies(void)
{
	struct gnttab_copy op = { .len = 27, .flags = 0 };
	uint8_t want[64], *page;
	struct fx f;

	fx_open(&f, kind(HV_GUEST_PV));
	page = hv_guest_frame_ptr(f.m, hv_guest_frame(f.m, 1));
	for (unsigned i = 0; i < sizeof(want); i++)
		want[i] = page[i] = (uint8_t)i;
	for (unsigned i = 0; i + 8 <= op.len; i += 8)
		memmove(want + 5 + i, want + i, 8);
	for (unsigned i = op.len / 8 * 8; i < op.len; i++)
		want[5 + i] = want[i];
	op.source.u.gmfn = op.dest.u.gmfn = hv_guest_frame(f.m, 1);
	op.source.domid = op.dest.domid = DOMID_SELF;
	op.dest.offset = 5;
	copy(&f, &op, 1);
	ok(op.status == GNTST_okay && !memcmp(page, want, sizeof(want)),
	   "a copy onto what it reads goes on in words, from the front");
	fx_close(&f);
}

static int place(struct fx *f, struct hv_vcpu *v, uint8_t *args, domid_t dom, uint64_t gfn)
{
	struct xen_add_to_physmap a = { .domid = dom,
					.space = XENMAPSPACE_grant_table,
					.gpfn = gfn };

	(void)f;
	memcpy(args, &a, sizeof(a));
	return (int)hv_memory_op(v, XENMEM_add_to_physmap, args);
}

/* setup_table's list names where a translated guest last put a frame, until it lost the place. */
static uint64_t listed(struct fx *f)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = 1 };
	uint64_t gfn;

	set_xen_guest_handle(s.frame_list, (xen_pfn_t *)(f->margs + 4096));
	memcpy(f->margs, &s, sizeof(s));
	hv_grant_table_op(f->mv, GNTTABOP_setup_table, f->margs, 1);
	memcpy(&gfn, f->margs + 4096, sizeof(gfn));
	return gfn;
}

static void placing_frames(void)
{
	uint64_t slot, gfn = HV_GFN_GRANT_BASE + 3;
	uint32_t handle;
	struct fx f;
	int rc;

	fx_open(&f, kind(HV_GUEST_PV));
	ok(place(&f, f.mv, f.margs, DOMID_SELF, 5) == -EACCES, "a PV guest places nothing");
	ok(place(&f, f.mv, f.margs, 77, 5) == -ESRCH, "nor in a domain that is not there");
	fx_close(&f);

	fx_open(&f, kind(HV_GUEST_TRANSLATED));
	fx_grant(&f, 8, 0, false);
	slot = hv_guest_map_addr(f.m, 2) >> 12;
	ok(fx_map(&f, 8, 2, GNTMAP_host_map, &handle) == GNTST_okay, "a grant is mapped");
	ok(!place(&f, f.mv, f.margs, DOMID_SELF, gfn) && listed(&f) == gfn, "a frame is placed");
	rc = place(&f, f.mv, f.margs, DOMID_SELF, slot);
	ok(rc == -ENXIO && !hv_domain_crashed(f.m) && listed(&f) == gfn,
	   "not onto another's page: %d, and it stays where it was", rc);
	ok(!place(&f, f.mv, f.margs, DOMID_SELF, slot + 1) && listed(&f) == slot + 1 &&
		   !hv_guest_frame_ptr(f.m, gfn),
	   "it has one place");
	ok(fx_map(&f, 8, 3, GNTMAP_host_map, &handle) == GNTST_okay && listed(&f) == UINT64_MAX,
	   "a grant mapped over it: it has none");
	ok(!fx_check(&f, true), "invariants");
	fx_close(&f);
}

/* How the entry wants its page cached is read at each mapping, and means nothing where the page is RAM. */
static void cached_as_the_entry_says(unsigned version)
{
	static const uint16_t flag[] = { GTF_PWT, GTF_PCD, GTF_PAT };
	struct fx_opts o = kind(HV_GUEST_TRANSLATED);
	uint32_t handle, second;
	struct fx f;

	o.version = version;
	fx_open(&f, o);
	for (unsigned i = 0; i < 3; i++) {
		unsigned ref = 8 + i;

		fx_grant(&f, ref, i, false);
		ok(fx_map(&f, ref, 2 * i, GNTMAP_host_map, &handle) == GNTST_okay,
		   "mapped as usual");
		fx_entry(&f, ref, GTF_permit_access | GTF_reading | GTF_writing | flag[i],
			 hv_domain_id(f.m), GRANTER_GFN(i));
		ok(fx_map(&f, ref, 2 * i + 1, GNTMAP_host_map, &second) == GNTST_okay,
		   "v%u: with flag %#x too", version, flag[i]);
		ok(fx_unmap(&f, handle, 2 * i, 0) == GNTST_okay &&
			   fx_unmap(&f, second, 2 * i + 1, 0) == GNTST_okay,
		   "both go");
		ok(fx_map(&f, ref, 2 * i, GNTMAP_host_map, NULL) == GNTST_okay,
		   "v%u: and a first time", version);
	}
	ok(!fx_check(&f, true), "invariants");
	fx_close(&f);
}

/* A mapping where a grant is crashes the domain; what is left of the call is not done. */
static void crash_ends_the_call(void)
{
	struct gnttab_map_grant_ref *op;
	uint32_t handle;
	struct fx f;

	fx_open(&f, kind(HV_GUEST_TRANSLATED));
	fx_grant(&f, 8, 0, false);
	fx_grant(&f, 9, 1, false);
	fx_map(&f, 8, 2, GNTMAP_host_map, &handle);
	op = fx_map_args(&f, 0);
	for (unsigned i = 0; i < 2; i++)
		op[i] = (struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(f.m, 2 + i),
						       .flags = GNTMAP_host_map,
						       .ref = 9,
						       .dom = hv_domain_id(f.g),
						       .status = 99 };
	ok(hv_grant_table_op(f.mv, GNTTABOP_map_grant_ref, op, 2) == -EIO && hv_domain_crashed(f.m),
	   "the domain is crashed");
	ok(op[1].status == 99 && !(*fx_use_word(&f, 9) & (GTF_reading | GTF_writing)),
	   "the next structure was not looked at");
	ok(!fx_check(&f, true), "invariants");
	fx_close(&f);
}

/*
 * Of a translated domain that was ended, no GFN names anything; a PV domain's frames are what they
 * were, as long as somebody maps them.
 */
static void the_dead_name_nothing(enum hv_guest guest)
{
	uint32_t first, second;
	struct fx f;
	int rc;

	fx_open(&f, kind(guest));
	fx_grant(&f, 8, 0, false);
	fx_grant(&f, 9, 0, false);
	ok(fx_map(&f, 8, 2, GNTMAP_host_map, &first) == GNTST_okay, "a grant is mapped");
	hv_domain_kill(f.g);
	rc = fx_map(&f, 9, 3, GNTMAP_host_map, &second);
	ok(rc == (guest == HV_GUEST_PV ? GNTST_okay : GNTST_bad_page),
	   "the same page by an entry that nobody uses: %d", rc);
	rc = fx_map(&f, 8, 4, GNTMAP_host_map, &second);
	ok(rc == GNTST_okay, "and by the one that is in use: %d", rc);
	fx_unmap(&f, first, 2, 0);
	fx_unmap(&f, second, 4, 0);
	hv_host_destroy(f.host);
}

int main(void)
{
	frames_are_ones_own(HV_GUEST_PV);
	frames_are_ones_own(HV_GUEST_TRANSLATED);
	overlapping_copies();
	placing_frames();
	crash_ends_the_call();
	the_dead_name_nothing(HV_GUEST_PV);
	the_dead_name_nothing(HV_GUEST_TRANSLATED);
	cached_as_the_entry_says(1);
	cached_as_the_entry_says(2);
	return tap_done();
}
