// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of pages moved and mapped, for tests/hv/mutant_probe.c. */
#include "mutant_probe.h"
#include "physmap.h"

#define draw hv_probe_draw

static struct fx f;

static void open_with(enum hv_iommu_mode iommu)
{
	struct fx_opts o = pm_opts(iommu);

	o.host.seed = 1 + draw(1000);
	o.mapper.iommu = iommu;
	want(!fx_open(&f, o));
}

/* Another domain's page, which its owner gave up, is let go of while it is in a TLB; and when its holder ends. */
static void foreign(void)
{
	unsigned page = draw(PM_PAGES);
	uint64_t word;

	open_with(HV_IOMMU_NONE);
	want(!pm_batch(&f, XENMAPSPACE_gmfn_foreign, page, PM_FREE, 1) && !pm_err(&f, 0));
	want(!pm_read(f.mv, PM_FREE, &word));
	want(pm_extents(&f, XENMEM_decrease_reservation, page, 1, 0) == 1);
	want(!pm_remove(&f, DOMID_SELF, PM_FREE));
	hv_probe_close(&f);
	open_with(HV_IOMMU_NONE);
	want(!pm_batch(&f, XENMAPSPACE_gmfn_foreign, page, PM_FREE, 1) && !pm_err(&f, 0));
	hv_domain_kill(f.m);
	hv_probe_sane(&f);
	fx_close(&f);
}

static void special(void)
{
	uint64_t bar;

	open_with(HV_IOMMU_NONE);
	bar = hv_host_bar(f.host);
	want(!pm_permit(&f, bar, 1024, true) && !pm_map(&f, PM_FREE, bar + draw(9), 1, true));
	want(pm_move(&f, draw(PM_PAGES), PM_FREE) == -EPERM && !hv_domain_crashed(f.g));
	want(pm_map(&f, PM_FREE + 1025, bar, 100, true) == 64);
	hv_probe_close(&f);
}

static void second_place(void)
{
	struct fx_opts o = pm_opts(HV_IOMMU_NONE);
	unsigned page = draw(PM_PAGES);

	o.self = true;
	want(!fx_open(&f, o));
	fx_grant(&f, 8, page, false);
	want(!fx_map(&f, 8, 0, GNTMAP_host_map, NULL));
	want(pm_add(&f, true, XENMAPSPACE_gmfn, hv_guest_map_addr(f.g, 0) >> 12, PM_FREE, 0) ==
	     -EXDEV);
	hv_probe_close(&f);
}

/* What fails of a batch is said. */
static void batch(void)
{
	open_with(HV_IOMMU_NONE);
	want(!pm_move(&f, 3, PM_FREE));
	want(!pm_batch(&f, XENMAPSPACE_gmfn, 2, PM_FREE + 9, 3) && !pm_err(&f, 0));
	want(pm_err(&f, 1) == -EINVAL && !pm_err(&f, 2));
	hv_probe_close(&f);
}

void hv_probe_physmap(void)
{
	foreign();
	special();
	second_place();
	batch();
	hv_probe_lend();
}
