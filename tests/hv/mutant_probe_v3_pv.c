// SPDX-License-Identifier: GPL-2.0-only
/*
 * Looks for the deliberate defects of grant tables version 3 where mappers are PV domains, and where a domain maps of
 * its own tree, for tests/hv/mutant_probe.c.
 */
#include "v3_pv.h"

#include "mutant_probe.h"

#define draw hv_probe_draw

static struct v3 t;

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
	sane();
	fx_close(&t.f);
}

/* A range over two page tables, seen by all vCPUs and the device, goes by a revoke, or by an unmap. */
static void goes(enum hv_guest granter, enum hv_iommu_mode iommu, bool revoked)
{
	unsigned n = 2 + draw(20), first = 256 - draw(n), slot = 513 - n;
	bool dev = iommu != HV_IOMMU_NONE;
	grant_v3_handle_t h;

	want(open_pv(&t, granter, iommu, 0));
	want(v3_map(&t, first, slot, n, V3_RW | (draw(2) || dev ? ANY : GNTV3_ACCEPT_SINK), &h) ==
	     GNTST_okay);
	sane();
	for (unsigned i = 0; i < n; i++) {
		want(v3_peek(&t, slot + i, 0) == (uint8_t)(first + i) &&
		     v3_peek(&t, slot + i, 1) == (uint8_t)(first + i));
		want(dma(&t, mfn_of(&t, first + i), true) == dev);
		want(holds(&t, first + i, 1 + dev, granter == HV_GUEST_PV ? 1 + dev : 0));
	}
	if (revoked) {
		want(v3_revoke(&t, first, n, 0) == GNTST_okay && t.rev.pages == n);
		want(v3_peek(&t, slot, 0) == 0 && v3_peek(&t, slot, 1) == 0);
	} else {
		want(v3_unmap(&t, h) == GNTST_okay);
		want(v3_peek(&t, slot, 0) == -1 && v3_peek(&t, slot, 1) == -1);
	}
	want(!dma(&t, mfn_of(&t, first), false) && holds(&t, first, 0, 0));
	sane();
	want(v3_unregister(&t) == GNTST_okay);
	end();
}

/* What its mapper has put into the place of an entry is left alone, and told of. */
static void changed(enum hv_iommu_mode iommu)
{
	unsigned n = 3 + draw(5), at = 1 + draw(n - 2);
	grant_v3_handle_t h;
	uint32_t h1;

	want(open_pv(&t, HV_GUEST_PV, iommu, 0));
	want(v3_map(&t, 16, 40, n, V3_RW | ANY, &h) == GNTST_okay);
	want(fx_map(&t.f, V1_REF, 40 + at, GNTMAP_host_map, &h1) == GNTST_okay);
	want(v3_map(&t, 30, 40 + at, 1, V3_RW, NULL) == GNTST_bad_virt_addr);
	sane();
	want(v3_unmap(&t, h) == GNTST_general_error && v3_peek(&t, 40, 0) == 16);
	sane();
	want(v3_revoke(&t, 16, n, 0) == GNTST_okay && t.rev.pages == n - 1 &&
	     t.rev.outcomes == (GNTV3_GOT_SINK | GNTV3_GOT_KEPT));
	want(v3_peek(&t, 40 + at, 1) == 700 % 256);
	sane();
	want(fx_unmap(&t.f, h1, 40 + at, 0) == GNTST_okay);
	end();
}

/* The right to write goes, of entry and device; and of what was changed it is said. */
static void rights(enum hv_guest granter, enum hv_iommu_mode iommu)
{
	unsigned n = 3 + draw(5), at = 1 + draw(n - 2);
	bool dev = iommu != HV_IOMMU_NONE;
	uint32_t h1;

	want(open_pv(&t, granter, iommu, 0));
	want(v3_map(&t, 16, 40, n, V3_RW | ANY | GNTV3_ACCEPT_READONLY, NULL) == GNTST_okay &&
	     !v3_poke(&t, 40, 1, 1) && dma(&t, mfn_of(&t, 16), true) == dev);
	want(fx_map(&t.f, V1_REF, 40 + at, GNTMAP_host_map, &h1) == GNTST_okay);
	want(v3_protect(&t, 16, n, 0) == GNTST_okay && t.prot.pages == n - 1 &&
	     t.prot.outcomes == GNTV3_GOT_KEPT);
	sane();
	want(v3_poke(&t, 40, 1, 1) && !dma(&t, mfn_of(&t, 16), true) &&
	     dma(&t, mfn_of(&t, 16), false) == dev);
	want(v3_protect(&t, 16, 1, GNTV3_PROTECT_WRITE) == GNTST_okay && t.prot.pages == 1 &&
	     !v3_poke(&t, 40, 1, 1) && dma(&t, mfn_of(&t, 16), true) == dev);
	end();
}

static void translated_only(void)
{
	want(open_pv(&t, HV_GUEST_PV, HV_IOMMU_NONE, 0));
	want(v3_register(&t, hv_domain_id(t.f.m), 2, 2, GNTV3_TRANSLATED_ONLY) == GNTST_okay &&
	     v3_map(&t, 9, 0, 1, V3_RO, NULL) == GNTST_permission_denied);
	end();
}

/* The second place of an own frame. */
static void second_place(void)
{
	struct fx_opts o = { .granter = { .guest = HV_GUEST_TRANSLATED }, .self = true };
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	uint64_t alias;

	want(!v3_set_up(&t, o, 2, 4) && v3_map(&t, 9, 3, 1, V3_RW, NULL) == GNTST_okay);
	alias = hv_guest_map_addr(t.f.m, 3) >> HV_PAGE_SHIFT;
	v3_store(v3_entry(&t, 10), alias << GNTV3_PAGE_SHIFT | GNTV3_LEAF);
	want(v3_map(&t, 10, 4, 1, V3_RW, NULL) == GNTST_bad_page);
	memcpy(t.f.gargs + 4096, &alias, 8);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(t.f.gargs + 4096));
	memcpy(t.f.gargs, &r, sizeof(r));
	want(!hv_memory_op(t.f.gv, XENMEM_decrease_reservation, t.f.gargs) &&
	     v3_peek(&t, 3, 0) == 9);
	end();
}

void hv_probe_v3_pv(void)
{
	for (unsigned i = 0; i < 6; i++) {
		goes(HV_GUEST_PV, modes[i / 2], i % 2);
		goes(HV_GUEST_TRANSLATED, modes[i / 2], i % 2);
	}
	for (unsigned i = 0; i < 3; i++)
		changed(modes[i]);
	for (unsigned i = 0; i < 6; i++)
		rights(i % 2 ? HV_GUEST_PV : HV_GUEST_TRANSLATED, modes[i / 2]);
	translated_only();
	second_place();
}
