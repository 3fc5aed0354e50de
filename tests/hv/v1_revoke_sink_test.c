// SPDX-License-Identifier: GPL-2.0-only
/* Version 1 with revoke: the sink that stands in the place of what was taken away, until its mapper unmaps it. */
#include "v1_revoke.h"

static void sink(enum hv_iommu_mode iommu)
{
	struct fx_opts o = v1r_opts(HV_GUEST_TRANSLATED, HV_GUEST_TRANSLATED, iommu);
	bool dev = iommu != HV_IOMMU_NONE;
	struct xen_add_to_physmap place = { .domid = DOMID_SELF,
					    .space = XENMAPSPACE_grant_table,
					    .gpfn = HV_GFN_MAP_BASE + 1 };
	uint32_t h, ro, again;
	struct gnttab_v1_revoke r;
	uint8_t byte = 7;
	struct fx f;

	if (!ok(!fx_open(&f, o), "sink, %s: set up", v1r_mode[iommu]))
		return;
	fx_grant(&f, 9, 3, false);
	fx_fill(&f, 3, 0x55);
	ok(!fx_map(&f, 9, 1, V1R_SINK | GNTMAP_accept_hole, &h) &&
		   !fx_map(&f, 9, 2, V1R_SINK | GNTMAP_readonly, &ro),
	   "sink: maps");
	ok(v1r_reach(&f, 1, v1r_dfn(&f, 1), dev, true) && v1r_reach(&f, 2, 0, false, true),
	   "sink: reaches");
	r = v1r_take_back(&f, 9, 1);
	ok(r.status == GNTST_okay && r.pages == 2 && r.outcomes == GNTV1_GOT_SINK,
	   "sink: revoked, outcomes %#x", r.outcomes);
	ok(!fx_peek(&f, 1, &byte) && !byte, "sink: what is read is not the granter's");
	byte = 0xee;
	ok(!hv_guest_access(f.mv, hv_guest_map_addr(f.m, 1), 100, &byte, 1, true),
	   "sink: it can be written");
	ok(hv_guest_access(f.mv, hv_guest_map_addr(f.m, 2), 100, &byte, 1, true) == -EFAULT,
	   "sink: not where the mapping could not be");
	ok(((uint8_t *)hv_guest_frame_ptr(f.g, hv_guest_frame(f.g, 3)))[100] == 0x55,
	   "sink: the granter's page was not written");
	ok(v1r_reach(&f, 1, v1r_dfn(&f, 1), dev, true),
	   "sink: the device, too, finds something there");
	memcpy(f.margs, &place, sizeof(place));
	ok(hv_memory_op(f.mv, XENMEM_add_to_physmap, f.margs) < 0 && !fx_check(&f, true),
	   "sink: nothing can be put in its place, and invariants while it is there");
	ok(v1r_give_up(&f, 3) == 1, "sink: the page can be given up");
	ok(!fx_unmap(&f, h, 1, 0) && !fx_unmap(&f, ro, 2, 0), "sink: unmapped");
	ok(v1r_reach(&f, 1, v1r_dfn(&f, 1), dev, false) && v1r_reach(&f, 2, 0, false, false),
	   "sink: a hole is there then");
	fx_grant(&f, 9, 4, false);
	ok(!fx_map(&f, 9, 1, V1R_SINK, &again) && !fx_unmap(&f, again, 1, 0),
	   "sink: and something else can be mapped there");
	ok(!fx_map(&f, 9, 1, V1R_SINK, &again) && v1r_take_back(&f, 9, 1).pages == 1,
	   "sink: once more");
	hv_domain_kill(f.m);
	ok(!hv_host_violation(f.host), "sink: its mapper dies with one");
	fx_close(&f);
}

int main(void)
{
	sink(HV_IOMMU_NONE);
	sink(HV_IOMMU_SHARED);
	sink(HV_IOMMU_STRICT);
	return tap_done();
}
