// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a toolstack puts into a p2m: a device's memory, or any, by its number; and other domains' pages. What holds a page,
 * and what does not.
 */
#include "physmap.h"
#include "table.h"

static void permissions(void)
{
	struct fx f;
	uint64_t bar;

	fx_open(&f, pm_opts(HV_IOMMU_NONE));
	bar = hv_host_bar(f.host);
	ok(pm_map(&f, PM_FREE, bar, 1, true) == -EPERM, "without permission: -EPERM");
	ok(!pm_permit(&f, bar, 600, true) && pm_map(&f, PM_FREE, bar + 599, 2, true) == -EPERM &&
		   !pm_map(&f, PM_FREE, bar + 598, 2, true),
	   "of all of the range");
	ok(!pm_permit(&f, bar + 10, 2, false) &&
		   pm_map(&f, PM_FREE + 2, bar + 9, 4, true) == -EPERM &&
		   !pm_map(&f, PM_FREE + 2, bar + 8, 2, true) &&
		   !pm_map(&f, PM_FREE + 4, bar + 12, 2, true),
	   "what is denied parts it");
	ok(!pm_permit(&f, bar + 10, 2, true) && !pm_map(&f, PM_FREE + 8, bar + 9, 4, true),
	   "and becomes one again");
	for (unsigned i = 0; i < 2 * HV_IOMEM_RANGES; i++)
		if (pm_permit(&f, bar + 700 + 2 * i, 1, true)) {
			ok(i == HV_IOMEM_RANGES - 1 && !pm_permit(&f, bar, 600, false),
			   "more pieces than there is room for: -ENOMEM");
			break;
		}
	ok(pm_permit(&f, bar, 0, true) == -EINVAL && pm_permit(&f, UINT64_MAX, 2, true) == -EINVAL,
	   "a range that wraps: -EINVAL");
	ok(pm_map(&f, PM_FREE, bar + 1024, 1, true) == -EINVAL &&
		   pm_map(&f, UINT64_MAX, bar, 2, true) == -EINVAL &&
		   pm_map(&f, PM_FREE, bar, 0, true) == -EINVAL,
	   "beyond the machine, or none: -EINVAL");
	pm_close(&f, "permissions");
}

static void large(void)
{
	struct fx f;
	uint64_t bar, word, at;

	fx_open(&f, pm_opts(HV_IOMMU_STRICT));
	bar = hv_host_bar(f.host);
	pm_permit(&f, bar, 1024, true);
	at = hv_vcpu_counters(f.mv)->entries_written;
	ok(!pm_map(&f, PM_FREE, bar, 1024, true) && pm_order(f.g, PM_FREE) == 9 &&
		   hv_vcpu_counters(f.mv)->entries_written - at < 16,
	   "aligned it is mapped by 2M");
	ok(!pm_write(f.gv, PM_FREE + 700, 5) && !pm_read(f.gv, PM_FREE + 700, &word) && word == 5 &&
		   !hv_device_access(f.g, PM_FREE + 700, 8, &word, sizeof(word), false) &&
		   word == 5,
	   "for the domain and its device");
	ok(!pm_map(&f, PM_FREE, bar, 512, true), "the same again is no error");
	ok(!pm_map(&f, PM_FREE + 3, bar + 3, 1, false) && pm_order(f.g, PM_FREE + 4) == 0 &&
		   pm_read(f.gv, PM_FREE + 3, &word) == -EFAULT,
	   "one page of it goes, and the others stay");
	ok(pm_map(&f, PM_FREE, bar, 512, false) == 3, "taken away up to where nothing is");
	ok(pm_map(&f, PM_FREE + 4, bar + 4, 508, false) == 64, "64 entries a call");
	for (unsigned done = 64; done < 508; done += 64)
		pm_map(&f, PM_FREE + 4 + done, bar + 4 + done, 508 - done, false);
	ok(pm_order(f.g, PM_FREE + 511) == -1 && pm_map(&f, PM_FREE, bar, 512, true) == 64 &&
		   pm_order(f.g, PM_FREE) == 0,
	   "over a table that was emptied it is in pieces for ever");
	ok(!pm_map(&f, 2 * PM_FREE + 1, bar, 8, true) && pm_order(f.g, 2 * PM_FREE + 1) == 0,
	   "and where it is not aligned");
	at = hv_vcpu_counters(f.mv)->iotlb_invs;
	ok(!pm_map(&f, PM_FREE + 512, bar + 512, 512, false) &&
		   hv_vcpu_counters(f.mv)->iotlb_invs - at == 1,
	   "2M go with one invalidation");
	ok(pm_map(&f, 3, bar, 1, false) == -EINVAL, "where RAM is nothing goes: -EINVAL");
	pm_close(&f, "large");
}

/* What stands there stays. */
static void in_the_way(void)
{
	struct fx f;
	uint64_t bar, word;

	fx_open(&f, pm_opts(HV_IOMMU_NONE));
	bar = hv_host_bar(f.host);
	pm_permit(&f, bar, 1024, true);
	pm_map(&f, PM_FREE, bar, 1, true);
	ok(pm_move(&f, 5, PM_FREE) == -EPERM && !hv_domain_crashed(f.g) && !pm_read(f.gv, 5, &word),
	   "no page moves over a device's memory: -EPERM");
	ok(pm_extents(&f, XENMEM_decrease_reservation, PM_FREE, 1, 0) == 0 &&
		   pm_remove(&f, hv_domain_id(f.g), PM_FREE) == -ENOENT &&
		   pm_move(&f, PM_FREE, PM_FREE + 9) == -EINVAL,
	   "nor is it given up, removed or moved");
	ok(!pm_map(&f, 9, bar + 1, 1, true) && !fx_check(&f, true), "RAM loses its place to it");
	ok(pm_map(&f, PM_FREE, bar + 2, 1, true) == -EPERM && hv_domain_crashed(f.g),
	   "another frame in its place: -EPERM, and a crashed domain");
	pm_close(&f, "in the way");
}

/* As in Xen: who maps RAM by its number has to know what he does. */
static void no_reference(void)
{
	struct fx_opts o = pm_opts(HV_IOMMU_NONE);
	struct hv_domain_config c = { .guest = HV_GUEST_PV, .pages = 16 };
	uint64_t mfn, word = 0;
	struct hv_domain *third;
	struct fx f;

	o.host.audit = o.host.poison = false;
	fx_open(&f, o);
	hv_domain_create(f.host, &c, &third);
	mfn = hv_guest_frame(third, 3);
	*(uint64_t *)((uint8_t *)hv_guest_frame_ptr(third, mfn) + 8) = 0x77;
	pm_permit(&f, mfn, 1, true);
	pm_map(&f, PM_FREE, mfn, 1, true);
	ok(hv_page(f.host, mfn)->count_info == (HV_PGC_ALLOCATED | 1),
	   "no reference is taken of what is mapped by its number");
	hv_domain_kill(third);
	ok(!pm_read(f.gv, PM_FREE, &word) && word == 0x77,
	   "and it can be read when its owner is gone");
	pm_close(&f, "no reference");
}

static void foreign(void)
{
	struct fx_opts o = pm_opts(HV_IOMMU_NONE);
	uint64_t mfn, word;
	struct fx f;

	o.mapper.iommu = HV_IOMMU_STRICT;
	fx_open(&f, o);
	pm_write(f.gv, 5, 0x55);
	mfn = hv_pte_mfn(hv_pt_hw_get(f.host, &f.g->p2m.pt, 5, NULL));
	ok(!pm_batch(&f, XENMAPSPACE_gmfn_foreign, 5, PM_FREE, 1) && !pm_err(&f, 0) &&
		   !pm_read(f.mv, PM_FREE, &word) && word == 0x55,
	   "a toolstack sees another domain's page");
	ok((hv_page(f.host, mfn)->count_info & HV_PGC_COUNT) == 2 && !fx_check(&f, true),
	   "and holds it");
	ok(!hv_device_access(f.m, PM_FREE, 8, &word, sizeof(word), false), "its device, too");
	ok(pm_extents(&f, XENMEM_decrease_reservation, 5, 1, 0) == 1 &&
		   !pm_read(f.mv, PM_FREE, &word) && word == 0x55,
	   "also when its owner gives it up");
	pm_batch(&f, XENMAPSPACE_gmfn_foreign, 6, PM_FREE, 1);
	ok(pm_err(&f, 0) == -ENXIO, "no other takes its place");
	ok(!pm_remove(&f, DOMID_SELF, PM_FREE) && pm_read(f.mv, PM_FREE, &word) == -EFAULT &&
		   !hv_host_violation(f.host),
	   "it is let go after the last way to it");
	ok(pm_remove(&f, DOMID_SELF, PM_FREE) == -ENOENT, "once");
	pm_batch(&f, XENMAPSPACE_gmfn_foreign, 7, 9, 1);
	ok(!pm_err(&f, 0) && !fx_check(&f, true), "over a page of its own, which is given up");
	pm_batch(&f, XENMAPSPACE_gmfn_foreign, HV_GFN_GRANT_BASE, PM_FREE, 1);
	ok(pm_err(&f, 0) == -EINVAL, "of what is no RAM: -EINVAL");
	pm_close(&f, "foreign");
}

static int foreign_err(struct fx *f, domid_t into, domid_t of, uint64_t frame)
{
	struct xen_add_to_physmap_batch b = { .domid = into,
					      .space = XENMAPSPACE_gmfn_foreign,
					      .size = 1 };

	b.u.foreign_domid = of;
	*(uint64_t *)(f->margs + 8192) = frame;
	*(uint64_t *)(f->margs + 16384) = PM_FREE + 5;
	set_xen_guest_handle(b.idxs, (uint64_t *)(f->margs + 8192));
	set_xen_guest_handle(b.gpfns, (uint64_t *)(f->margs + 16384));
	set_xen_guest_handle(b.errs, (int *)(f->margs + 24576));
	*(int *)(f->margs + 24576) = 1;
	if (pm_call(f, false, XENMEM_add_to_physmap_batch, &b, sizeof(b)))
		return 2;
	return pm_err(f, 0);
}

static void foreign_rules(void)
{
	struct hv_domain_config c = { .guest = HV_GUEST_PV, .pages = 16 };
	struct hv_domain *pv;
	struct fx f;

	fx_open(&f, pm_opts(HV_IOMMU_NONE));
	hv_domain_create(f.host, &c, &pv);
	ok(foreign_err(&f, hv_domain_id(f.g), hv_domain_id(pv), 1) == -EPERM,
	   "into another domain than a toolstack: -EPERM");
	ok(foreign_err(&f, DOMID_SELF, 99, 1) == -ESRCH, "of nobody: -ESRCH");
	ok(foreign_err(&f, DOMID_SELF, hv_domain_id(f.m), 1) == -EPERM, "of itself: -EPERM");
	ok(foreign_err(&f, DOMID_SELF, hv_domain_id(pv), 1) == -EINVAL,
	   "of a PV domain by a frame that is not its: -EINVAL");
	/* It owns those, and they go with it whoever has a reference. */
	ok(foreign_err(&f, DOMID_SELF, hv_domain_id(pv),
		       hv_virt_to_mfn(f.host, pv->gt->shared[0])) == -EINVAL,
	   "of a PV domain, of its grant table: -EINVAL");
	hv_domain_kill(pv);
	pm_close(&f, "foreign rules");
}

/* A PV domain's grant frame is the hypervisor's, which frees it with the domain. */
static void foreign_shared(void)
{
	struct hv_domain_config c = { .guest = HV_GUEST_PV, .pages = 16 };
	struct fx f, t;

	fx_open(&f, pm_opts(HV_IOMMU_NONE));
	fx_third(&t, &f, c);
	t.m = f.m;
	t.mv = f.mv;
	t.margs = f.margs;
	ok(!pm_batch(&t, XENMAPSPACE_gmfn_foreign, hv_virt_to_mfn(f.host, fx_frame(&t, 0, false)),
		     PM_FREE, 1) &&
		   pm_err(&t, 0) == -EINVAL,
	   "a PV domain's grant frame cannot be mapped: -EINVAL");
	hv_domain_kill(t.g);
	ok(!hv_host_violation(f.host), "so nobody has it when the domain ends");
	pm_close(&f, "a grant frame");
}

/* Who has others' pages ends, or they do: nothing is held any more, or until it is let go of. */
static void ends(void)
{
	struct fx f;
	uint64_t word;
	char why[200];

	fx_open(&f, pm_opts(HV_IOMMU_NONE));
	pm_batch(&f, XENMAPSPACE_gmfn_foreign, 5, PM_FREE, 4);
	hv_domain_kill(f.m);
	ok(!hv_check(f.host, true, why, sizeof(why)), "the toolstack ends: nothing is held");
	pm_read(f.gv, 5, &word);
	fx_close(&f);
	fx_open(&f, pm_opts(HV_IOMMU_NONE));
	pm_batch(&f, XENMAPSPACE_gmfn_foreign, 5, PM_FREE, 1);
	pm_read(f.mv, PM_FREE, &word);
	hv_domain_kill(f.g);
	ok(!pm_read(f.mv, PM_FREE, &word) && !hv_check(f.host, true, why, sizeof(why)),
	   "the other ends: its page stays");
	ok(!pm_remove(&f, DOMID_SELF, PM_FREE) && !hv_host_violation(f.host), "until it goes");
	fx_close(&f);
}

int main(void)
{
	permissions();
	large();
	in_the_way();
	no_reference();
	foreign();
	foreign_rules();
	foreign_shared();
	ends();
	return tap_done();
}
