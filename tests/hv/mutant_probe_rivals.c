// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of v1-range and v1-super, for tests/hv/mutant_probe.c. */
#include "rivals.h"

#include "mutant_probe.h"

#define draw hv_probe_draw
#define SIZE 512
#define REF  (RV_REF + RV_PAGES)

static struct rv t;

static void open_with(enum hv_guest guest, enum hv_iommu_mode iommu)
{
	struct fx_opts o = { .granter = { .guest = guest, .super = true },
			     .mapper = { .guest = guest,
					 .iommu = iommu,
					 .vcpus = 1 + draw(3),
					 .super = guest == HV_GUEST_TRANSLATED } };

	o.host.audit = o.host.poison = true;
	o.host.seed = 1 + draw(1000);
	want(!rv_open(&t, o));
	rv_write_pages(&t);
	fx_entry(&t.f, REF, GTF_permit_access | GTF_superpage, hv_domain_id(t.f.m),
		 GNTSUPER_FRAME(hv_guest_frame(t.f.g, 0), GNTSUPER_2M_ORDER));
}

static void sane(void)
{
	char why[200];

	if (hv_check(t.f.host, true, why, sizeof(why)))
		hv_probe_caught(why);
	if (hv_host_violation(t.f.host))
		hv_probe_caught(hv_host_violation(t.f.host));
}

static void end(void)
{
	sane();
	hv_domain_kill(t.f.m);
	if (hv_host_violation(t.f.host))
		hv_probe_caught(hv_host_violation(t.f.host));
	fx_close(&t.f);
}

/* Mapped, in all TLBs, given up by the granter, and taken away, with another range, which is named twice. */
static void ranges(enum hv_guest guest, enum hv_iommu_mode iommu, unsigned flags)
{
	bool large = guest == HV_GUEST_TRANSLATED && flags;
	unsigned n = large ? SIZE : 1 + draw(60), page = large ? 0 : draw(100),
		 slot = large ? 0 : draw(100);
	uint64_t dfn;
	struct gnttab_range_unmap *u;
	uint32_t handle, keep;

	open_with(guest, iommu);
	u = (struct gnttab_range_unmap *)t.f.margs;
	want(rv_map(&t, RV_REF + page, slot, n, flags, &handle) == GNTST_okay &&
	     t.map.large == large);
	want(rv_map(&t, RV_REF + 700, 700, 8, GNTRANGE_READONLY, &keep) == GNTST_okay);
	dfn = guest == HV_GUEST_PV ? hv_guest_frame(t.f.g, page)
				   : hv_guest_map_addr(t.f.m, slot) >> HV_PAGE_SHIFT;
	sane();
	want(rv_good(&t, slot, (int)page, n) == n);
	if (iommu != HV_IOMMU_NONE)
		want(rv_device(&t, dfn) == rv_byte(page));
	for (unsigned i = 0; i < n; i += 1 + draw(5))
		rv_balloon(&t, page + i, true);
	sane();
	u[0] = (struct gnttab_range_unmap){ .handle = handle };
	u[1] = (struct gnttab_range_unmap){ .handle = handle };
	want(!hv_grant_table_op(t.f.mv, GNTTABOP_range_unmap, u, 2));
	want(u[0].status == GNTST_okay && u[1].status == GNTST_bad_handle);
	want(rv_good(&t, slot, -1, n) == n && rv_good(&t, 700, 700, 8) == 8);
	want(iommu == HV_IOMMU_NONE || rv_device(&t, dfn) < 0);
	end();
}

/* 512 frames that are aligned at both ends and no neighbours. */
static void no_run(void)
{
	unsigned a = 1 + draw(500);
	uint32_t handle;

	open_with(HV_GUEST_TRANSLATED, HV_IOMMU_NONE);
	for (unsigned i = 0; i < SIZE; i++)
		rv_list(&t)[i] = RV_REF + (i == a ? a + 1 : i == a + 1 ? a : i);
	want(rv_map(&t, (uintptr_t)rv_list(&t), 0, SIZE, GNTRANGE_LIST | GNTRANGE_ACCEPT_2M,
		    &handle) == GNTST_okay &&
	     !t.map.large);
	want(rv_peek(&t, a, 0) == rv_byte(a + 1) && rv_peek(&t, a + 1, 0) == rv_byte(a));
	want(rv_unmap(&t, handle) == GNTST_okay);
	end();
}

/* The granter has this page somewhere else from now on: it maps it by a grant to itself. */
static unsigned moved;

static void move_it(void)
{
	struct gnttab_map_grant_ref m = { .host_addr = (HV_GFN_MAP_BASE + 5) << HV_PAGE_SHIFT,
					  .flags = GNTMAP_host_map,
					  .ref = 2,
					  .dom = hv_domain_id(t.f.g) };

	want(!fx_gop(&t.f, GNTTABOP_map_grant_ref, &m, sizeof(m)) && m.status == GNTST_okay);
}

static void run_changes(void)
{
	grant_entry_v1_t *e;
	uint32_t handle;

	open_with(HV_GUEST_TRANSLATED, HV_IOMMU_NONE);
	moved = 1 + draw(200);
	fx_entry(&t.f, 2, GTF_permit_access, hv_domain_id(t.f.g), moved);
	e = (grant_entry_v1_t *)fx_frame(&t.f, 0, false) + RV_REF + moved;
	hv_probe_watch = (struct hv_probe_watch){
		.at = &e->frame, .size = 4, .then = e->frame, .hook = move_it
	};
	want(rv_map(&t, RV_REF, 0, SIZE, 0, &handle) == GNTST_bad_page && t.map.done == moved);
	want(hv_probe_watch.reads == 1);
	hv_probe_watch.at = NULL;
	want(rv_unmap(&t, handle) == GNTST_okay);
	fx_close(&t.f);
}

/* ---- superpages ---- */

static int map(unsigned ref, unsigned slot, unsigned flags, uint32_t *handle)
{
	return fx_map(&t.f, ref, slot, GNTMAP_host_map | flags, handle);
}

static int copy(void)
{
	struct gnttab_copy *c = (struct gnttab_copy *)(t.f.margs + 8192);

	*c = (struct gnttab_copy){ .source.domid = hv_domain_id(t.f.g),
				   .source.u.ref = REF,
				   .dest.domid = DOMID_SELF,
				   .dest.u.gmfn = hv_guest_frame(t.f.m, 9),
				   .len = 16,
				   .flags = GNTCOPY_source_gref };
	want(!hv_grant_table_op(t.f.mv, GNTTABOP_copy, c, 1));
	return c->status;
}

static void superpages(enum hv_iommu_mode iommu)
{
	uint32_t h, h1;

	open_with(HV_GUEST_TRANSLATED, iommu);
	want(map(REF, 3, 0, NULL) == GNTST_general_error && copy() == GNTST_general_error);
	want(map(REF, 0, GNTMAP_super_2m, &h) == GNTST_okay && rv_good(&t, 0, 0, SIZE) == SIZE);
	sane();
	want(map(RV_REF, 600, 0, &h1) == GNTST_okay);
	want(fx_unmap(&t.f, h1, 0, 0) == GNTST_general_error &&
	     fx_unmap(&t.f, h1, 600, 0) == GNTST_okay);
	want(copy() == GNTST_general_error);
	for (unsigned i = 0; i < SIZE; i += 1 + draw(50))
		rv_balloon(&t, i, true);
	sane();
	want(fx_unmap(&t.f, h, 0, 0) == GNTST_okay && rv_good(&t, 0, -1, SIZE) == SIZE);
	end();
	/* Another frame in its middle. */
	open_with(HV_GUEST_TRANSLATED, iommu);
	want(rv_balloon(&t, 1 + draw(500), true) == 1);
	want(map(REF, 0, GNTMAP_super_2m, &h) == GNTST_bad_page);
	end();
	/* The one that was there is still the granter's. */
	open_with(HV_GUEST_TRANSLATED, iommu);
	fx_entry(&t.f, 2, GTF_permit_access, hv_domain_id(t.f.g), 9);
	move_it();
	want(rv_balloon(&t, 9, false) == 1);
	want(map(REF, 0, GNTMAP_super_2m, &h) == GNTST_bad_page);
	sane();
	fx_close(&t.f);
}

void hv_probe_rivals(void)
{
	static const enum hv_iommu_mode modes[] = { HV_IOMMU_NONE, HV_IOMMU_STRICT, HV_IOMMU_SHARED,
						    HV_IOMMU_BATCHED };

	for (unsigned i = 0; i < 4; i++) {
		ranges(HV_GUEST_TRANSLATED, modes[i], 0);
		ranges(HV_GUEST_TRANSLATED, modes[i], GNTRANGE_ACCEPT_2M);
		superpages(modes[i]);
	}
	ranges(HV_GUEST_PV, HV_IOMMU_NONE, 0);
	ranges(HV_GUEST_PV, HV_IOMMU_STRICT, 0);
	no_run();
	run_changes();
}
