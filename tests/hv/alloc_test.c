// SPDX-License-Identifier: GPL-2.0-only
/*
 * An allocation failure at every allocation of every operation: the error is the documented one, no
 * count is off afterwards, and the same operation then succeeds.
 */
#include "every.h"

struct setup {
	const char *name;
	struct fx_opts o;
};

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

/*
 * Operations on RAM in superpages, which have to be split: each try has one of its own, as nothing is
 * ever merged again. A refused one leaves the page where it was, and known to be there: all of what is
 * in the page is in the p2m, and the frame's own record of its place agrees (fx_check()).
 */
#define SUPER	    8
#define SUPER_PAGES 512
static unsigned super_at;

static uint64_t next_gfn(void)
{
	return (uint64_t)(super_at++ % SUPER) * SUPER_PAGES + 7;
}

/* rc, or 99 if the operation was refused and the page is gone. */
static int kept(const struct fx *f, uint64_t gfn, const void *was, int rc)
{
	return rc && hv_guest_frame_ptr(f->m, gfn) != was ? 99 : rc;
}

static int extents(struct fx *f, unsigned cmd)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	uint64_t gfn = next_gfn();
	void *was = hv_guest_frame_ptr(f->m, gfn);

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f->margs + 4096));
	memcpy(f->margs, &r, sizeof(r));
	memcpy(f->margs + 4096, &gfn, sizeof(gfn));
	return kept(f, gfn, was, hv_memory_op(f->mv, cmd, f->margs) == 1 ? 0 : -1);
}

static int op_give_up(struct fx *f)
{
	return extents(f, XENMEM_decrease_reservation);
}

static int op_populate_over(struct fx *f)
{
	return extents(f, XENMEM_populate_physmap);
}

/* The granter is the mapper when it places frames of its own table. */
static int op_place_over(struct fx *f)
{
	uint64_t gfn = next_gfn();

	return kept(f, gfn, hv_guest_frame_ptr(f->m, gfn), fx_place(f, 0, gfn));
}

static int op_map_over(struct fx *f)
{
	struct gnttab_map_grant_ref *op = fx_map_args(f, 0);
	uint64_t gfn = next_gfn();
	void *was = hv_guest_frame_ptr(f->m, gfn);

	/* A self-grant's page leaves its own superpage for this one. */
	if (f->g == f->m)
		fx_grant(f, 8, (unsigned)next_gfn() + 1, false);
	*op = (struct gnttab_map_grant_ref){ .host_addr = gfn << HV_PAGE_SHIFT,
					     .flags = GNTMAP_host_map,
					     .ref = 8,
					     .dom = hv_domain_id(f->g) };
	return kept(f, gfn, was,
		    hv_grant_table_op(f->mv, GNTTABOP_map_grant_ref, op, 1) ? -1000 : op->status);
}

static void superpages(const struct setup *s)
{
	struct {
		const char *what;
		int (*op)(struct fx *f);
		int want;
		bool self;
	} const ops[] = {
		{ "give up a page", op_give_up, -1, false },
		{ "populate over RAM", op_populate_over, -1, false },
		{ "map a grant over RAM", op_map_over, GNTST_general_error, false },
		{ "map a self-grant over RAM", op_map_over, GNTST_general_error, true },
		{ "place a grant frame over RAM", op_place_over, -ENOMEM, true },
	};

	for (unsigned i = 0; i < sizeof(ops) / sizeof(ops[0]); i++) {
		struct fx_opts o = s->o;
		char name[80];
		struct fx f;

		snprintf(name, sizeof(name), "%s, superpages", s->name);
		o.self = ops[i].self;
		o.host.ram_pages = (SUPER + 4) * SUPER_PAGES;
		o.mapper.pages = SUPER * SUPER_PAGES;
		if (o.self)
			o.granter = o.mapper;
		if (!ok(!fx_open(&f, o), "%s: set up", name))
			continue;
		super_at = 0;
		fx_grant(&f, 8, 1, false);
		fx_map(&f, 8, 0, GNTMAP_host_map, &handle);
		if (o.self)
			fx_unmap(&f, handle, 0, 0);
		every(&f, name, ops[i].what, ops[i].op, nothing, ops[i].want, ops[i].want);
		fx_close(&f);
	}
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
	for (unsigned i = 0; i < sizeof(setups) / sizeof(setups[0]); i++)
		if (setups[i].o.mapper.guest == HV_GUEST_TRANSLATED)
			superpages(&setups[i]);
	no_handle();
	return tap_done();
}
