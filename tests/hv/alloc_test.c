// SPDX-License-Identifier: GPL-2.0-only
/*
 * An allocation failure at every allocation of every operation: the error is the documented one, no
 * count is off afterwards, and the same operation then succeeds.
 */
#include "fixture.h"

#define MOST 2000 /* allocations of one operation; more would be a loop */

struct setup {
	const char *name;
	struct fx_opts o;
};

/* Run op with its 1st, 2nd, ... allocation failing until none does; undo what succeeded. */
static void every(struct fx *f, const char *name, const char *what, int (*op)(struct fx *),
		  void (*undo)(struct fx *), int want, int or)
{
	unsigned n, wrong = 0;
	int rc = -1, last = 0;

	for (n = 1; n <= MOST; n++) {
		uint64_t made;

		hv_host_fail_alloc(f->host, n);
		rc = op(f);
		made = hv_host_fail_alloc(f->host, 0);
		if (made < n)
			break;
		/* An allocation that can be done without does not fail the operation. */
		if (!rc) {
			undo(f);
		} else if (rc != want && rc != or) {
			wrong++;
			last = rc;
		}
		if (fx_check(f, true)) {
			ok(0, "%s, %s: invariants after failing allocation %u", name, what, n);
			return;
		}
	}
	ok(!wrong, "%s, %s: %u allocations fail with %d (%u others, %d)", name, what, n - 1, want,
	   wrong, last);
	ok(n <= MOST && !rc && !fx_check(f, true), "%s, %s: succeeds afterwards (%d)", name, what,
	   rc);
	if (!rc)
		undo(f);
}

static void nothing(struct fx *f)
{
	(void)f;
}

static uint32_t handle;

static int op_map(struct fx *f)
{
	return fx_map(f, 8, 0, GNTMAP_host_map, &handle);
}

static void undo_map(struct fx *f)
{
	fx_unmap(f, handle, 0, 0);
}

static int op_grow(struct fx *f)
{
	return fx_grow(f, 16);
}

static int op_grow_more(struct fx *f)
{
	return fx_grow(f, 33);
}

static int op_version(struct fx *f)
{
	struct gnttab_set_version v = { .version = 2 };
	int rc = (int)fx_gop(f, GNTTABOP_set_version, &v, sizeof(v));

	if (!rc)
		f->version = 2;
	return rc;
}

static void undo_version(struct fx *f)
{
	struct gnttab_set_version v = { .version = 1 };

	fx_gop(f, GNTTABOP_set_version, &v, sizeof(v));
	f->version = 1;
}

static int op_place(struct fx *f)
{
	return fx_place(f, 20, HV_GFN_GRANT_BASE + (3ull << 27) + 20);
}

static int op_populate(struct fx *f)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f->margs + 4096));
	*(uint64_t *)(f->margs + 4096) = 0x300000000ull;
	memcpy(f->margs, &r, sizeof(r));
	return hv_memory_op(f->mv, XENMEM_populate_physmap, f->margs) == 1 ? 0 : -1;
}

static void undo_populate(struct fx *f)
{
	hv_memory_op(f->mv, XENMEM_decrease_reservation, f->margs);
}

static struct hv_domain_config extra;
static struct hv_domain *made;

static int op_create(struct fx *f)
{
	return hv_domain_create(f->host, &extra, &made);
}

static void undo_create(struct fx *f)
{
	(void)f;
	hv_domain_kill(made);
}

static void run(const struct setup *s)
{
	struct fx f;

	if (!ok(!fx_open(&f, s->o), "%s: set up", s->name))
		return;
	extra = s->o.mapper;
	extra.pages = 64;
	extra.map_slots = 600;
	every(&f, s->name, "create a domain", op_create, undo_create, -ENOMEM, -ENOMEM);
	fx_grant(&f, 8, 0, false);
	/* Handles first, so that the mapping is left to fail. Without handles: no_handle(). */
	fx_map(&f, 9, 1, GNTMAP_host_map, NULL);
	every(&f, s->name, "map", op_map, undo_map, GNTST_general_error, GNTST_general_error);
	every(&f, s->name, "grow to 16 frames", op_grow, nothing, GNTST_general_error,
	      GNTST_general_error);
	if (hv_guest_frame(f.g, 0) == 0)
		every(&f, s->name, "place a grant frame", op_place, nothing, -EINVAL /* no frame */,
		      -ENOMEM /* no table */);
	every(&f, s->name, "populate a page", op_populate, undo_populate, -1, -1);
	every(&f, s->name, "set version 2", op_version, undo_version, -ENOMEM, -ENOMEM);
	/* With status frames, too. */
	ok(!op_version(&f), "%s: version 2", s->name);
	every(&f, s->name, "grow to 33 frames", op_grow_more, nothing, GNTST_general_error,
	      GNTST_general_error);
	fx_close(&f);
}

/* The first allocation of a first map is the page of handles. */
static void no_handle(void)
{
	struct fx_opts o = { .granter = { .guest = HV_GUEST_PV },
			     .mapper = { .guest = HV_GUEST_PV } };
	struct fx f;

	fx_open(&f, o);
	fx_grant(&f, 8, 0, false);
	hv_host_fail_alloc(f.host, 1);
	ok(op_map(&f) == GNTST_no_space, "no memory for handles: no_space");
	hv_host_fail_alloc(f.host, 0);
	ok(!fx_check(&f, true), "no memory for handles: invariants");
	fx_close(&f);
}

int main(void)
{
	static const struct setup setups[] = {
		{ "PV",
		  { .granter = { .guest = HV_GUEST_PV }, .mapper = { .guest = HV_GUEST_PV } } },
		{ "PV, strict IOMMU",
		  { .granter = { .guest = HV_GUEST_PV },
		    .mapper = { .guest = HV_GUEST_PV, .iommu = HV_IOMMU_STRICT } } },
		{ "translated",
		  { .granter = { .guest = HV_GUEST_TRANSLATED },
		    .mapper = { .guest = HV_GUEST_TRANSLATED } } },
		{ "translated, shared IOMMU",
		  { .granter = { .guest = HV_GUEST_TRANSLATED },
		    .mapper = { .guest = HV_GUEST_TRANSLATED, .iommu = HV_IOMMU_SHARED } } },
		{ "translated, strict IOMMU",
		  { .granter = { .guest = HV_GUEST_TRANSLATED },
		    .mapper = { .guest = HV_GUEST_TRANSLATED, .iommu = HV_IOMMU_STRICT } } },
		{ "translated, batched IOMMU",
		  { .granter = { .guest = HV_GUEST_TRANSLATED },
		    .mapper = { .guest = HV_GUEST_TRANSLATED,
				.iommu = HV_IOMMU_BATCHED,
				.flush = HV_FLUSH_PER_HYPERCALL } } },
	};

	for (unsigned i = 0; i < sizeof(setups) / sizeof(setups[0]); i++)
		run(&setups[i]);
	no_handle();
	return tap_done();
}
