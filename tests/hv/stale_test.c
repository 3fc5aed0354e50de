// SPDX-License-Identifier: GPL-2.0-only
/*
 * What stays reachable until a flush and not longer: CPU TLBs, the IOTLB with its scopes and
 * superpages. The orders of p2m entries. Death in either order, of every kind of mapper. Handles of
 * vCPUs that came late.
 */
#include "lifetime.h"
#include "table.h"
#include "iommu.h"
#include "p2m.h"
#include "guest_pt.h"

#include "fixture.h"

#define RW  GNTMAP_host_map
#define RO  (GNTMAP_host_map | GNTMAP_readonly)
#define DEV GNTMAP_device_map

static struct fx_opts kind(enum hv_guest g, enum hv_iommu_mode iommu)
{
	struct fx_opts o = { .granter = { .guest = g },
			     .mapper = { .guest = g, .iommu = iommu, .vcpus = 2 } };

	o.host.audit = o.host.poison = true;
	return o;
}

static unsigned order_at(struct fx *f, uint64_t gfn)
{
	unsigned order = 99;

	return hv_pt_hw_get(f->host, &f->m->p2m.pt, gfn, &order) ? order : 99;
}

/* ---- the CPU's TLB ---- */

static void test_tlb(void)
{
	struct hv_vcpu *other;
	uint8_t v = 0;
	uint32_t h;
	struct fx f;

	if (!ok(!fx_open(&f, kind(HV_GUEST_TRANSLATED, HV_IOMMU_NONE)), "TLB: set up"))
		return;
	other = hv_domain_vcpu(f.m, 1);
	fx_fill(&f, 3, 0x33);
	fx_grant(&f, 8, 3, false);
	ok(!fx_map(&f, 8, 0, RW, &h) &&
		   !hv_guest_access(other, hv_guest_map_addr(f.m, 0), 0, &v, 1, false),
	   "TLB: map and touch");
	/* By hand what an unmap does in one go. */
	hv_p2m_lock(f.mv, f.m);
	hv_p2m_set(f.mv, f.m, HV_GFN_MAP_BASE, HV_INVALID, 0, HV_P2M_INVALID);
	v = 0;
	ok(!hv_guest_access(other, hv_guest_map_addr(f.m, 0), 0, &v, 1, false) && v == 0x33,
	   "TLB: what was taken out of the p2m can still be read by who had it");
	ok(hv_guest_access(f.mv, hv_guest_map_addr(f.m, 0), 0, &v, 1, false) == -EFAULT,
	   "TLB: but by nobody else");
	ok(!hv_guest_access(other, hv_guest_map_addr(f.m, 0), 0, &v, 1, true), "TLB: and written");
	hv_p2m_unlock(f.mv, f.m);
	ok(hv_guest_access(other, hv_guest_map_addr(f.m, 0), 0, &v, 1, false) == -EFAULT,
	   "TLB: until the flush");
	ok(fx_check(&f, true) == -EUCLEAN, "TLB: the check finds the handle without an entry");
	hv_p2m_add_page(f.mv, f.m, HV_GFN_MAP_BASE, hv_active_entry(f.g->gt, 8)->mfn,
			HV_P2M_GRANT_RW);
	ok(!fx_unmap(&f, h, 0, 0) && !fx_check(&f, true), "TLB: put back and unmapped");
	/* Read-only in the TLB is not enough for a write: it walks again. */
	ok(!fx_map(&f, 8, 0, RO, &h) && !fx_peek(&f, 0, &v), "TLB: read-only");
	ok(hv_guest_access(f.mv, hv_guest_map_addr(f.m, 0), 0, &v, 1, true) == -EFAULT,
	   "TLB: no write");
	/* Other vCPUs' entries for other pages go too: a flush is of everything. */
	ok(!fx_unmap(&f, h, 0, 0) && !hv_guest_access(other, 5ull << 12, 0, &v, 1, false),
	   "TLB: RAM is walked anew");
	ok(!fx_check(&f, true), "TLB: invariants");
	fx_close(&f);
}

/* ---- the IOTLB ---- */

static int dev(struct fx *f, uint64_t dfn)
{
	uint8_t v;

	return hv_device_access(f->m, dfn, 0, &v, 1, false);
}

static void test_iotlb(enum hv_flush_scope scope, const char *name)
{
	struct fx_opts o = kind(HV_GUEST_PV, HV_IOMMU_STRICT);
	uint64_t dfn = 1ull << 20, before;
	const struct hv_counters *c;
	struct fx f;

	o.host.ram_pages = 8192;
	o.mapper.pages = 2048;
	if (!ok(!fx_open(&f, o), "IOTLB, %s: set up", name))
		return;
	c = hv_vcpu_counters(f.mv);
	ok(!hv_iommu_map(f.mv, dfn, 0, 1024, 9), "IOTLB, %s: map 4 MiB with superpages", name);
	ok(!dev(&f, dfn + 3) && !dev(&f, dfn + 600), "IOTLB, %s: the device reads", name);
	ok(!hv_iommu_unmap(f.mv, dfn, 512), "IOTLB, %s: unmap the first half", name);
	ok(c->splits == 0, "IOTLB, %s: which splits nothing", name);
	ok(!dev(&f, dfn + 3) && !dev(&f, dfn + 3 + HV_IOTLB_ENTRIES),
	   "IOTLB, %s: the device still reads what its entry for that superpage covers", name);
	before = c->iotlb_invs;
	ok(!hv_iommu_flush(f.mv, dfn, scope == HV_SCOPE_PAGE ? 4 : 512, scope), "IOTLB, %s: flush",
	   name);
	ok(c->iotlb_invs - before == (scope == HV_SCOPE_PAGE ? 4 : 1) &&
		   c->iotlb_waits == c->iotlb_invs,
	   "IOTLB, %s: %lu descriptors, each waited for", name,
	   (unsigned long)(c->iotlb_invs - before));
	ok(dev(&f, dfn + 3) == -EFAULT && dev(&f, dfn + 4) == -EFAULT,
	   "IOTLB, %s: and now nothing of it", name);
	ok(!dev(&f, dfn + 600), "IOTLB, %s: the second half is still there", name);
	ok(!hv_iommu_unmap(f.mv, dfn + 1000, 1) && c->splits == 1,
	   "IOTLB, %s: one page splits its superpage", name);
	ok(!hv_iommu_flush(f.mv, dfn + 1000, 1, scope), "IOTLB, %s: flush that page", name);
	ok(dev(&f, dfn + 1000) == -EFAULT && !dev(&f, dfn + 999) && !dev(&f, dfn + 600),
	   "IOTLB, %s: only that page is gone", name);
	/* A range that is no power of two takes the next larger one. */
	before = c->iotlb_invs;
	ok(!hv_iommu_flush(f.mv, dfn + 3, 10, HV_SCOPE_RANGE) && c->iotlb_invs - before == 1,
	   "IOTLB, %s: any range is one descriptor", name);
	ok(hv_iommu_flush(f.mv, dfn, 0, scope) == -EINVAL &&
		   hv_iommu_map(f.mv, dfn, 2040, 20, 0) == -EINVAL,
	   "IOTLB, %s: nonsense is refused", name);
	ok(!hv_iommu_unmap(f.mv, dfn, 1024) && !hv_iommu_flush(f.mv, 0, 1, HV_SCOPE_DOMAIN) &&
		   !fx_check(&f, true),
	   "IOTLB, %s: invariants", name);
	fx_close(&f);
}

/* Invalidations put off: what waits is in reach until the queue is full or settled, and the window is
 * what was seen from outside. */
static void test_later(enum hv_guest g)
{
	struct fx_opts o = kind(g, HV_IOMMU_STRICT);
	uint64_t dfn = 1ull << 27, invs;
	const struct hv_counters *c;
	struct hv_iommu_stale s;
	struct fx f;

	if (!ok(!fx_open(&f, o), "later: set up"))
		return;
	c = hv_vcpu_counters(f.mv);
	ok(!hv_iommu_map(f.mv, dfn, 0, 64, 0) && !dev(&f, dfn) && !dev(&f, dfn + 4) &&
		   !dev(&f, dfn + 11),
	   "later: the device reads");
	invs = c->iotlb_invs;
	ok(!hv_iommu_unmap_later(f.mv, dfn, 4, 3) && !hv_iommu_unmap_later(f.mv, dfn + 4, 1, 3),
	   "later: unmap two ranges");
	ok(c->iotlb_invs == invs && !dev(&f, dfn) && !dev(&f, dfn + 4),
	   "later: they are still in reach");
	ok(!fx_check(&f, true), "later: which hv knows of");
	ok(!hv_iommu_unmap_later(f.mv, dfn + 8, 8, 3) && c->iotlb_invs == invs + 1,
	   "later: the third range pays for all, once");
	ok(dev(&f, dfn) == -EFAULT && dev(&f, dfn + 4) == -EFAULT && dev(&f, dfn + 11) == -EFAULT,
	   "later: and nothing of them is in reach");
	hv_iommu_stale(f.m, &s);
	ok(s.unmaps == 3 && s.bytes == 13 * 4096, "later: a window of %lu unmaps, %lu bytes",
	   (unsigned long)s.unmaps, (unsigned long)s.bytes);
	ok(!dev(&f, dfn + 20) && !hv_iommu_unmap_later(f.mv, dfn + 20, 1, 65536) &&
		   !dev(&f, dfn + 20),
	   "later: one more waits");
	ok(!hv_iommu_settle(f.mv) && dev(&f, dfn + 20) == -EFAULT, "later: until it is settled");
	invs = c->iotlb_invs;
	ok(!hv_iommu_settle(f.mv) && c->iotlb_invs == invs,
	   "later: nothing waits, nothing is paid");
	ok(hv_iommu_unmap_later(f.mv, dfn, 1, 0) == -EINVAL &&
		   hv_iommu_unmap_later(f.mv, dfn, 1, 65537) == -EINVAL &&
		   hv_iommu_unmap_later(f.mv, UINT64_MAX, 1, 1) == -EINVAL,
	   "later: nonsense is refused");
	hv_iommu_stale(f.m, &s);
	ok(s.unmaps == 3 && s.bytes == 13 * 4096 && !fx_check(&f, true), "later: invariants");
	fx_close(&f);
}

/* A domain of a gigabyte has it in one piece, and so has its IOMMU. */
static void test_gigabyte(void)
{
	struct fx_opts o = kind(HV_GUEST_TRANSLATED, HV_IOMMU_STRICT);
	uint64_t dfn = 1ull << 27, n = 1u << 18;
	const struct hv_counters *c;
	struct fx f;

	o.host.ram_pages = 3u << 18;
	o.mapper.pages = 1u << 18;
	if (!ok(!fx_open(&f, o), "1G: set up"))
		return;
	c = hv_vcpu_counters(f.mv);
	ok(order_at(&f, 0) == 18, "1G: the p2m has it as one");
	ok(!hv_iommu_map(f.mv, dfn, 0, n, 18) && !dev(&f, dfn + n - 1),
	   "1G: map, and read the end");
	ok(!hv_iommu_unmap(f.mv, dfn, n) && !c->splits, "1G: unmap, and nothing is split");
	ok(!dev(&f, dfn + HV_IOTLB_ENTRIES - 1) && !hv_iommu_flush(f.mv, dfn, n, HV_SCOPE_RANGE) &&
		   dev(&f, dfn + HV_IOTLB_ENTRIES - 1) == -EFAULT &&
		   dev(&f, dfn + n - 1) == -EFAULT,
	   "1G: one descriptor takes it away");
	ok(!fx_check(&f, true), "1G: invariants");
	fx_close(&f);
}

/* What does not fit is refused whole, also where a sum of what was asked for wraps; and an entry that
 * leads elsewhere does not go unseen. */
static void test_iommu_ranges(enum hv_guest g)
{
	static const struct {
		uint64_t dfn;
		unsigned first;
		uint64_t n;
	} bad[] = {
		{ 1ull << 27, 1, UINT64_MAX },
		{ 1ull << 27, 4, UINT64_MAX - 3 },
		{ UINT64_MAX, 0, 1 },
		{ UINT64_MAX - 7, 0, 16 },
		{ HV_PT_MAX_INDEX - 1, 0, 2 },
		{ HV_PT_MAX_INDEX, 0, 1 },
		{ 1ull << 27, 0, FX_PAGES + 1 },
		{ 1ull << 27, FX_PAGES, 1 },
		{ 1ull << 27, UINT32_MAX, 2 },
	};
	struct fx_opts o = kind(g, HV_IOMMU_STRICT);
	const struct hv_counters *c;
	uint64_t written, frame;
	struct fx f;

	if (!ok(!fx_open(&f, o), "IOMMU ranges: set up"))
		return;
	c = hv_vcpu_counters(f.mv);
	written = c->entries_written;
	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(hv_iommu_map(f.mv, bad[i].dfn, bad[i].first, bad[i].n, 0) == -EINVAL,
		   "IOMMU ranges: %#lx pages of RAM from %u on at %#lx are refused",
		   (unsigned long)bad[i].n, bad[i].first, (unsigned long)bad[i].dfn);
	ok(hv_iommu_unmap(f.mv, 8, UINT64_MAX) == -EINVAL &&
		   hv_iommu_flush(f.mv, 8, UINT64_MAX, HV_SCOPE_RANGE) == -EINVAL,
	   "IOMMU ranges: and so are unmap and flush");
	ok(c->entries_written == written, "IOMMU ranges: nothing was written");
	ok(!hv_iommu_map(f.mv, HV_PT_MAX_INDEX - 1, FX_PAGES - 1, 1, 0) && !fx_check(&f, true),
	   "IOMMU ranges: the last page at the last place");
	/* The entry outlives the page: hv has no reference for it, as Xen's iommu_map() has none. */
	frame = hv_guest_frame(f.m, FX_PAGES - 1);
	memcpy(f.margs + 4096, &frame, 8);
	memcpy(f.margs,
	       &(struct xen_memory_reservation){ .domid = DOMID_SELF,
						 .nr_extents = 1,
						 .extent_start.p = (xen_pfn_t *)(f.margs + 4096) },
	       sizeof(struct xen_memory_reservation));
	ok(hv_memory_op(f.mv, XENMEM_decrease_reservation, f.margs) == 1 && fx_check(&f, true),
	   "IOMMU ranges: an entry for a page that was given up is found");
	ok(!hv_iommu_unmap(f.mv, HV_PT_MAX_INDEX - 1, 1) && !fx_check(&f, true),
	   "IOMMU ranges: invariants");
	fx_close(&f);
}

/* ---- p2m ---- */

static void test_orders(enum hv_iommu_mode iommu)
{
	struct fx_opts o = kind(HV_GUEST_TRANSLATED, iommu);
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	uint64_t frame = 700, splits, end = 1164 + hv_guest_pt_pages(64);
	struct fx f;

	o.host.ram_pages = 8192;
	o.mapper.pages = 1100;
	if (!ok(!fx_open(&f, o), "p2m: set up"))
		return;
	ok(order_at(&f, 0) == 9 && order_at(&f, 1023) == 9, "p2m: RAM is filled with 2M pages");
	ok(order_at(&f, 1024) == 0 && order_at(&f, end - 1) == 0 && order_at(&f, end) == 99,
	   "p2m: the rest with 4K pages");
	splits = hv_vcpu_counters(f.mv)->splits;
	memcpy(f.margs + 4096, &frame, 8);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f.margs + 4096));
	memcpy(f.margs, &r, sizeof(r));
	ok(hv_memory_op(f.mv, XENMEM_decrease_reservation, f.margs) == 1, "p2m: give up one page");
	ok(hv_vcpu_counters(f.mv)->splits - splits == (hv_iommu_sync(f.m) ? 2u : 1u),
	   "p2m: which splits its superpage");
	ok(order_at(&f, 700) == 99 && order_at(&f, 701) == 0 && order_at(&f, 5) == 9,
	   "p2m: and no other");
	ok(hv_guest_frame_ptr(f.m, 701) == (uint8_t *)hv_guest_frame_ptr(f.m, 699) + 2 * 4096,
	   "p2m: neighbours are where they were");
	ok(!fx_check(&f, true), "p2m: invariants");
	fx_close(&f);
}

static uint64_t hv_bytes(const struct fx *f)
{
	uint64_t guest, used;

	hv_domain_usage(f->m, &guest, &used);
	return used;
}

/* 4K mappings leave a table behind, which a large one replaces when nothing is in it any more. */
static void test_replaced_table(enum hv_iommu_mode iommu)
{
	struct fx_opts o = kind(HV_GUEST_TRANSLATED, iommu);
	/* A table of the p2m, and of the IOMMU if it has tables of its own. */
	uint64_t mfn, before, table, gfn = HV_GFN_MAP_BASE;
	struct hv_counters a, b;
	unsigned sync;
	uint32_t h;
	struct fx f;

	o.host.ram_pages = 8192;
	o.host.audit = o.host.poison = true;
	o.mapper.pages = 1100;
	if (!ok(!fx_open(&f, o), "replaced: set up"))
		return;
	sync = hv_iommu_sync(f.m);
	mfn = f.m->first_mfn;
	fx_grant(&f, 8, 0, false);
	/* The levels above stay. */
	ok(!fx_map(&f, 8, 512, RW, &h) && !fx_unmap(&f, h, 512, 0), "replaced: a neighbour");
	before = hv_bytes(&f);
	ok(!fx_map(&f, 8, 7, RW, &h), "replaced: map one page");
	table = hv_bytes(&f) - before;
	ok(table == (1 + sync) * 4096, "replaced: which takes a table");
	hv_p2m_lock(f.mv, f.m);
	ok(hv_p2m_set(f.mv, f.m, gfn, mfn, 9, HV_P2M_RAM_RW) == -EEXIST &&
		   order_at(&f, gfn + 7) == 0,
	   "replaced: not while it is mapped");
	hv_p2m_unlock(f.mv, f.m);
	ok(!fx_unmap(&f, h, 7, 0) && hv_bytes(&f) == before + table, "replaced: the table stays");
	a = *hv_vcpu_counters(f.mv);
	hv_p2m_lock(f.mv, f.m);
	ok(!hv_p2m_set(f.mv, f.m, gfn, mfn, 9, HV_P2M_RAM_RW), "replaced: a large page");
	hv_p2m_unlock(f.mv, f.m);
	b = *hv_vcpu_counters(f.mv);
	ok(order_at(&f, gfn + 7) == 9 && hv_bytes(&f) == before, "replaced: and the table is free");
	ok(b.flushes == a.flushes + 1 && b.walks == a.walks + 1 + sync &&
		   b.entries_written == a.entries_written + 1 + sync,
	   "replaced: by one entry and one flush");
	ok(b.iotlb_invs - a.iotlb_invs == (iommu != HV_IOMMU_NONE),
	   "replaced: and one for the device");
	/* Three levels up nothing is mapped: all of it goes. */
	hv_p2m_lock(f.mv, f.m);
	ok(!hv_p2m_set(f.mv, f.m, gfn, HV_INVALID, 9, HV_P2M_INVALID) &&
		   !hv_p2m_set(f.mv, f.m, gfn, HV_INVALID, 18, HV_P2M_INVALID),
	   "replaced: a hole of a gigabyte");
	hv_p2m_unlock(f.mv, f.m);
	ok(hv_bytes(&f) == before - 2 * (1 + sync) * 4096,
	   "replaced: takes the tables of two levels");
	ok(!fx_map(&f, 8, 7, RW, &h) && !fx_unmap(&f, h, 7, 0) && !fx_check(&f, true) &&
		   !hv_host_violation(f.host),
	   "replaced: invariants");
	fx_close(&f);
}

/* ---- death ---- */

static void test_death(enum hv_guest gk, enum hv_guest mk, enum hv_iommu_mode iommu,
		       bool mapper_first)
{
	struct fx_opts o = kind(mk, iommu);
	uint32_t h[8];
	uint64_t addr[4];
	unsigned n = 0;
	char what[80];
	struct fx f;

	o.granter.guest = gk;
	snprintf(what, sizeof(what), "death, %s granter, %s mapper, iommu %d, %s first",
		 gk ? "translated" : "PV", mk ? "translated" : "PV", iommu,
		 mapper_first ? "mapper" : "granter");
	if (!ok(!fx_open(&f, o), "%s: set up", what))
		return;
	fx_grant(&f, 8, 3, false);
	fx_grant(&f, 9, 4, true);
	ok(!fx_map(&f, 8, n++, RW, &h[0]) && !fx_map(&f, 8, n++, RO, &h[1]) &&
		   !fx_map(&f, 9, n++, RO, &h[2]),
	   "%s: map", what);
	if (!mk) {
		ok(!fx_map(&f, 8, n++, DEV, &h[3]) && !fx_map(&f, 9, n++, DEV | RO, &h[4]),
		   "%s: map for the device", what);
		addr[0] = fx_map_args(&f, 0)->dev_bus_addr;
	}
	if (mapper_first) {
		hv_domain_kill(f.m);
		f.m = f.g;
		ok(!(*fx_use_word(&f, 8) & (GTF_reading | GTF_writing)) &&
			   !(*fx_use_word(&f, 9) & GTF_reading),
		   "%s: the marks are gone", what);
		ok(!fx_check(&f, true), "%s: and every reference", what);
		hv_domain_kill(f.g);
	} else {
		hv_domain_kill(f.g);
		ok(!fx_check(&f, false), "%s: a zombie in order", what);
		ok(!fx_unmap(&f, h[0], 0, 0) && !fx_unmap(&f, h[2], 2, 0), "%s: unmap some", what);
		ok(mk || !fx_unmap(&f, h[4], 4, addr[0]), "%s: and some of the device's", what);
		ok(!fx_check(&f, false), "%s: still in order", what);
		hv_domain_kill(f.m);
	}
	ok(!fx_check(&f, true) && !hv_host_violation(f.host), "%s: nothing is left", what);
	fx_close(&f);
}

/* ---- handles ---- */

static void test_late_vcpu(void)
{
	struct fx_opts o = kind(HV_GUEST_PV, HV_IOMMU_NONE);
	const struct hv_counters *c;
	uint32_t h[256], late;
	unsigned n = 0;
	struct fx f;

	o.mapper.max_maptrack_frames = 1;
	if (!ok(!fx_open(&f, o), "handles: set up"))
		return;
	for (; n < 200; n++) {
		fx_grant(&f, 8 + n, n, false);
		if (fx_map(&f, 8 + n, n, RW, &h[n]))
			break;
	}
	ok(n == 200, "handles: the first vCPU takes the only page");
	f.mv = hv_domain_vcpu(f.m, 1);
	c = hv_vcpu_counters(f.mv);
	ok(!fx_map(&f, 8, 300, RW, &late) && c->maptrack_steals == 2,
	   "handles: a late vCPU steals one for use, one for its tail");
	ok(!fx_unmap(&f, late, 300, 0) && !fx_check(&f, true),
	   "handles: it comes back to the late one's list");
	ok(!fx_map(&f, 8, 300, RW, &late) && c->maptrack_steals == 2, "handles: which now has it");
	for (n = 200; n < 256; n++) {
		if (n < 240)
			fx_grant(&f, 8 + n, n, false);
		if (fx_map(&f, 8 + n % 240, n, RW, &h[n]))
			break;
	}
	/* 256 less one for each of two tails, less the late one. */
	ok(n == 253 && !fx_check(&f, true), "handles: each list keeps its last (%u)", n);
	while (n--)
		fx_unmap(&f, h[n], n, 0);
	fx_unmap(&f, late, 300, 0);
	ok(!fx_check(&f, true) && !hv_domain_mappings(f.m), "handles: all back");
	fx_close(&f);
}

int main(void)
{
	static const enum hv_iommu_mode modes[] = { HV_IOMMU_NONE, HV_IOMMU_STRICT, HV_IOMMU_SHARED,
						    HV_IOMMU_BATCHED };

	test_tlb();
	test_iotlb(HV_SCOPE_PAGE, "by page");
	test_iotlb(HV_SCOPE_RANGE, "by range");
	test_iotlb(HV_SCOPE_DOMAIN, "by domain");
	test_iommu_ranges(HV_GUEST_PV);
	test_iommu_ranges(HV_GUEST_TRANSLATED);
	test_later(HV_GUEST_PV);
	test_later(HV_GUEST_TRANSLATED);
	test_gigabyte();
	test_orders(HV_IOMMU_NONE);
	test_orders(HV_IOMMU_STRICT);
	test_replaced_table(HV_IOMMU_NONE);
	test_replaced_table(HV_IOMMU_SHARED);
	test_replaced_table(HV_IOMMU_STRICT);
	test_replaced_table(HV_IOMMU_BATCHED);
	for (unsigned i = 0; i < 32; i++) {
		enum hv_guest g = i & 1 ? HV_GUEST_TRANSLATED : HV_GUEST_PV,
			      m = i & 2 ? HV_GUEST_TRANSLATED : HV_GUEST_PV;

		if (m == HV_GUEST_PV && modes[i >> 3] == HV_IOMMU_SHARED)
			continue;
		test_death(g, m, modes[i >> 3], i & 4);
	}
	test_late_vcpu();
	return tap_done();
}
