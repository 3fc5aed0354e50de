// SPDX-License-Identifier: GPL-2.0-only
/*
 * Pages moved, taken away, given up and had again, and other domains' put into a p2m: what each call says and does, rule
 * by rule.
 */
#include "physmap.h"

static void move_rules(void)
{
	struct fx f;
	uint64_t word = 0, other = 0;

	fx_open(&f, pm_opts(HV_IOMMU_NONE));
	pm_write(f.gv, 5, 0x51);
	pm_write(f.gv, 600, 0x52);
	ok(!pm_move(&f, 5, PM_FREE) && !pm_read(f.gv, PM_FREE, &word) && word == 0x51 &&
		   pm_read(f.gv, 5, &word) == -EFAULT,
	   "a page is where it was put, and no more where it was");
	ok(pm_order(f.g, 6) == 0 && pm_order(f.g, 600) == 9, "one large entry is split by it");
	ok(!pm_move(&f, PM_FREE, 600) && !pm_read(f.gv, 600, &word) && word == 0x51 &&
		   !hv_guest_frame_ptr(f.g, PM_FREE),
	   "over another page, which is given up");
	ok(!pm_move(&f, 600, 600) && !pm_read(f.gv, 600, &other) && other == word,
	   "to where it is");
	ok(pm_move(&f, 5, 7) == -EINVAL, "from where nothing is: -EINVAL");
	ok(pm_move(&f, 7, HV_INVALID) == -EINVAL && pm_move(&f, 7, HV_PT_MAX_INDEX) == -EINVAL,
	   "to where there is no place: -EINVAL");
	ok(pm_add(&f, false, XENMAPSPACE_gmfn_foreign, 7, PM_FREE, 0) == -ENOSYS,
	   "another domain's only by a batch: -ENOSYS");
	ok(pm_add(&f, false, XENMAPSPACE_shared_info, 0, PM_FREE, 0) == -EINVAL &&
		   pm_add(&f, false, 77, 0, PM_FREE, 0) == -EINVAL,
	   "a space that is not there: -EINVAL");
	ok(pm_add(&f, false, XENMAPSPACE_dev_mmio, 0, PM_FREE, 0) == -EACCES,
	   "device memory of another domain: -EACCES");
	ok(!pm_add(&f, true, XENMAPSPACE_gmfn, 7, PM_FREE, 0), "a domain moves its own pages");
	pm_close(&f, "moves");
}

static void who_may(void)
{
	struct fx_opts o = pm_opts(HV_IOMMU_NONE);
	struct xen_add_to_physmap a = { .space = XENMAPSPACE_gmfn, .idx = 1, .gpfn = PM_FREE };
	struct fx f;

	fx_open(&f, o);
	a.domid = hv_domain_id(f.m);
	ok(pm_call(&f, true, XENMEM_add_to_physmap, &a, sizeof(a)) == -EPERM,
	   "another domain's pages are moved by a toolstack only: -EPERM");
	a.domid = 99;
	ok(pm_call(&f, true, XENMEM_add_to_physmap, &a, sizeof(a)) == -ESRCH, "nobody's: -ESRCH");
	pm_close(&f, "who may");
	o.granter.guest = HV_GUEST_PV;
	fx_open(&f, o);
	ok(pm_move(&f, 1, PM_FREE) == -EACCES &&
		   pm_batch(&f, XENMAPSPACE_gmfn, 1, 2, 1) == -EACCES &&
		   pm_remove(&f, hv_domain_id(f.g), 1) == -EACCES,
	   "a PV domain has no p2m: -EACCES");
	pm_close(&f, "PV");
}

/* A page has one place: another that a self-grant gave it names it for nothing. */
static void second_place(void)
{
	struct fx_opts o = pm_opts(HV_IOMMU_NONE);
	struct fx f;

	o.self = true;
	o.granter.privileged = true;
	fx_open(&f, o);
	fx_grant(&f, 8, 3, false);
	ok(!fx_map(&f, 8, 0, GNTMAP_host_map, NULL), "a page is mapped by its owner");
	ok(pm_add(&f, true, XENMAPSPACE_gmfn, hv_guest_map_addr(f.g, 0) >> 12, PM_FREE, 0) ==
		   -EXDEV,
	   "by its second place it cannot be moved: -EXDEV");
	ok(pm_add(&f, true, XENMAPSPACE_gmfn, 3, hv_guest_map_addr(f.g, 0) >> 12, 0) != 0 &&
		   !hv_domain_crashed(f.g),
	   "nor can it be moved over a grant");
	pm_close(&f, "second place");
}

static void ranges(void)
{
	struct fx_opts o = pm_opts(HV_IOMMU_NONE);
	struct fx f;
	uint64_t word;
	bool all = true;

	o.host.preempt_every = 3;
	fx_open(&f, o);
	for (unsigned i = 0; i < 64; i++)
		pm_write(f.gv, i, 1000 + i);
	ok(!pm_add(&f, false, XENMAPSPACE_gmfn_range, 0, PM_FREE, 64), "64 pages");
	for (unsigned i = 0; i < 64; i++)
		all &= !pm_read(f.gv, PM_FREE + i, &word) && word == 1000 + i;
	ok(all && hv_vcpu_counters(f.mv)->continuations > 0,
	   "are all there, though the call was left again and again");
	ok(pm_add(&f, false, XENMAPSPACE_gmfn_range, 60, PM_FREE + 100, 8) == -EINVAL &&
		   hv_guest_frame_ptr(f.g, 64),
	   "a range stops at the first that fails");
	ok(pm_add(&f, false, XENMAPSPACE_gmfn_range, UINT64_MAX - 3, 0, 8) == -EOVERFLOW &&
		   pm_add(&f, false, XENMAPSPACE_gmfn_range, 0, UINT64_MAX - 3, 8) == -EOVERFLOW,
	   "one that wraps: -EOVERFLOW");
	ok(!pm_add(&f, false, XENMAPSPACE_gmfn_range, 70, 80, 0), "of none nothing is done");
	ok(!pm_batch(&f, XENMAPSPACE_gmfn, 62, PM_FREE + 200, 4) && pm_err(&f, 0) == -EINVAL &&
		   pm_err(&f, 1) == -EINVAL && !pm_err(&f, 2) && !pm_err(&f, 3),
	   "a batch says of each what came of it, and goes on");
	ok(pm_batch(&f, XENMAPSPACE_gmfn_range, 1, 2, 1) == -EOPNOTSUPP,
	   "a batch of ranges: -EOPNOTSUPP");
	ok(!pm_batch(&f, XENMAPSPACE_gmfn, 1, 2, 0), "a batch of none");
	pm_close(&f, "ranges");
}

/* What moves: one invalidation a page by a batch, two for sixteen pages by a range. */
static void invalidations(void)
{
	static const enum hv_iommu_mode modes[] = { HV_IOMMU_STRICT, HV_IOMMU_SHARED };

	for (unsigned k = 0; k < 2; k++) {
		struct fx f;
		uint64_t at, batch, range, word = 7;

		fx_open(&f, pm_opts(modes[k]));
		/* The tables are there, and the source is in pieces. */
		pm_batch(&f, XENMAPSPACE_gmfn, 64, PM_FREE, 1);
		at = hv_vcpu_counters(f.mv)->iotlb_invs;
		ok(!pm_batch(&f, XENMAPSPACE_gmfn, 65, PM_FREE + 1, 64), "64 by a batch");
		batch = hv_vcpu_counters(f.mv)->iotlb_invs - at;
		hv_device_access(f.g, 200, 0, &word, sizeof(word), true);
		at += batch;
		ok(!pm_add(&f, false, XENMAPSPACE_gmfn_range, 192, PM_FREE + 128, 64),
		   "64 by a range");
		range = hv_vcpu_counters(f.mv)->iotlb_invs - at;
		ok(batch == 64 && range == 8, "%u: invalidations are 64 and 8: %lu, %lu", k,
		   (unsigned long)batch, (unsigned long)range);
		ok(hv_device_access(f.g, 200, 0, &word, sizeof(word), true) == -EFAULT &&
			   !hv_device_access(f.g, PM_FREE + 136, 0, &word, sizeof(word), false) &&
			   word == 7,
		   "the device finds what moved where it is, and nothing where it was");
		pm_close(&f, "invalidations");
	}
}

static void removal(void)
{
	struct fx f;
	uint64_t guest, before, bytes, word;

	fx_open(&f, pm_opts(HV_IOMMU_NONE));
	hv_domain_usage(f.g, &before, &bytes);
	pm_read(f.gv, 9, &word);
	ok(!pm_remove(&f, hv_domain_id(f.g), 9) && pm_read(f.gv, 9, &word) == -EFAULT,
	   "a page is taken from its place");
	hv_domain_usage(f.g, &guest, &bytes);
	ok(guest == before, "and still the domain's");
	ok(pm_remove(&f, hv_domain_id(f.g), 9) == -ENOENT &&
		   pm_remove(&f, hv_domain_id(f.g), HV_INVALID) == -ENOENT,
	   "where nothing is: -ENOENT");
	fx_frame(&f, 0, false);
	ok(!pm_remove(&f, hv_domain_id(f.g), HV_GFN_GRANT_BASE) &&
		   !hv_guest_frame_ptr(f.g, HV_GFN_GRANT_BASE),
	   "a frame of the grant table, too");
	pm_close(&f, "removal");
}

static void orders(void)
{
	struct fx f;
	uint64_t word, at;

	fx_open(&f, pm_opts(HV_IOMMU_STRICT));
	pm_write(f.gv, 700, 7);
	at = hv_vcpu_counters(f.gv)->iotlb_invs;
	ok(pm_extents(&f, XENMEM_decrease_reservation, 512, 1, 9) == 1 &&
		   hv_vcpu_counters(f.gv)->iotlb_invs - at == 512,
	   "2M given up, with 512 invalidations");
	ok(pm_read(f.gv, 700, &word) == -EFAULT, "nothing is there");
	at = hv_vcpu_counters(f.gv)->iotlb_invs;
	ok(pm_extents(&f, XENMEM_populate_physmap, PM_FREE, 1, 9) == 1 &&
		   hv_vcpu_counters(f.gv)->iotlb_invs == at && pm_order(f.g, PM_FREE) == 9 &&
		   !pm_read(f.gv, PM_FREE + 5, &word) && !word,
	   "2M had again, zeroed, as one entry, with none");
	ok(pm_extents(&f, XENMEM_decrease_reservation, PM_FREE, 1, 9) == 1 &&
		   pm_extents(&f, XENMEM_populate_physmap, 2 * PM_FREE + 3, 1, 9) == 1 &&
		   pm_order(f.g, 2 * PM_FREE + 3) == 0,
	   "where it is not aligned, in pieces");
	ok(pm_extents(&f, XENMEM_populate_physmap, 0, 1, 10) == 0 &&
		   pm_extents(&f, XENMEM_decrease_reservation, 0, 1, 10) == 0,
	   "larger ones are not done");
	ok(pm_extents(&f, XENMEM_populate_physmap, 3 * PM_FREE, 1, 9) == 0,
	   "nor more than the domain may have");
	ok(pm_extents(&f, XENMEM_decrease_reservation, 100, 1, 3) == 1 &&
		   !hv_guest_frame_ptr(f.g, 107) && hv_guest_frame_ptr(f.g, 108),
	   "an order between");
	ok(pm_extents(&f, XENMEM_decrease_reservation, 96, 1, 3) == 0 &&
		   !hv_guest_frame_ptr(f.g, 99) && hv_guest_frame_ptr(f.g, 110),
	   "an extent with a hole fails there, and what came before is gone");
	pm_close(&f, "orders");
}

/* Small entries are in the way of a large one; and memory that ends in the middle of it. */
static void over(void)
{
	struct fx f;
	uint64_t word;

	fx_open(&f, pm_opts(HV_IOMMU_NONE));
	pm_extents(&f, XENMEM_decrease_reservation, 512, 1, 9);
	ok(!pm_move(&f, 3, PM_FREE + 3) && pm_write(f.gv, PM_FREE + 3, 9) == 0, "a page");
	ok(pm_extents(&f, XENMEM_populate_physmap, PM_FREE, 1, 9) == 1 &&
		   !pm_read(f.gv, PM_FREE + 3, &word) && !word && pm_order(f.g, PM_FREE) == 0,
	   "2M over it come in pieces, and it has no place");
	ok(pm_extents(&f, XENMEM_decrease_reservation, PM_FREE, 1, 9) == 1, "and go");
	pm_close(&f, "over");
	fx_open(&f, pm_opts(HV_IOMMU_STRICT));
	pm_extents(&f, XENMEM_decrease_reservation, 512, 1, 9);
	for (unsigned n = 1; n < 8; n++) {
		hv_host_fail_alloc(f.host, n);
		if (pm_extents(&f, XENMEM_populate_physmap, PM_FREE + 511, 1, 9) == 1)
			break;
		ok(pm_order(f.g, PM_FREE + 511) == -1 && !fx_check(&f, true),
		   "without memory at allocation %u nothing of it is there", n);
	}
	pm_close(&f, "memory");
}

/* What Xen 4.17.7 was counted to do for a page of 64: facts of a running one, NPT, no IOMMU (docs/p2m.md). */
static void counts(void)
{
	struct fx_opts o = pm_opts(HV_IOMMU_NONE);
	struct hv_counters a, b;
	struct fx f;

	o.mapper.args_direct = true;
	fx_open(&f, o);
	pm_batch(&f, XENMAPSPACE_gmfn, 64, PM_FREE, 1);
	a = *hv_vcpu_counters(f.mv);
	pm_batch(&f, XENMAPSPACE_gmfn, 65, PM_FREE + 1, 64);
	b = *hv_vcpu_counters(f.mv);
	ok(b.pcpu_writes - a.pcpu_writes == 64, "a move takes the p2m's lock once");
	ok(b.walks - a.walks == 7 * 64, "reads five entries and sets two");
	ok(b.entries_written - a.entries_written == 2 * 64, "which are two that are written");
	ok(b.flushes - a.flushes == 64, "flushes once");
	ok(b.page_gets - a.page_gets == 64 && b.page_puts - a.page_puts == 64,
	   "and takes and drops one reference");
	pm_close(&f, "counts");
}

int main(void)
{
	move_rules();
	who_may();
	second_place();
	ranges();
	invalidations();
	removal();
	orders();
	over();
	counts();
	return tap_done();
}
