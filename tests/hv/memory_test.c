// SPDX-License-Identifier: GPL-2.0-only
/* Memory: TLBs, flushes, frames given up, superpages, overmapping, IOMMU counts, handles, death. */
#include "fixture.h"
#include "guest_pt.h"

static struct fx_opts kind(enum hv_guest g)
{
	return (struct fx_opts){ .granter = { .guest = g }, .mapper = { .guest = g } };
}

static uint64_t count(struct fx *f, size_t at)
{
	return *(const uint64_t *)((const char *)hv_vcpu_counters(f->mv) + at);
}
#define COUNT(f, name) count(f, offsetof(struct hv_counters, name))

/* memory_op on one frame by a vCPU; what it returned. */
static long extent(struct hv_vcpu *v, uint8_t *args, unsigned cmd, uint64_t *frame)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	long rc;

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(args + 4096));
	memcpy(args, &r, sizeof(r));
	memcpy(args + 4096, frame, 8);
	rc = hv_memory_op(v, cmd, args);
	memcpy(frame, args + 4096, 8);
	return rc;
}

/* The TLB serves an entry until it is flushed; the unmap flushes it. */
static void tlb(enum hv_guest g, const char *name)
{
	struct fx_opts o = kind(g);
	uint8_t v = 0;
	uint32_t h;
	struct fx f;

	o.mapper.vcpus = 2;
	fx_open(&f, o);
	fx_fill(&f, 3, 0xaa);
	fx_grant(&f, 8, 3, true);
	ok(fx_map(&f, 8, 0, GNTMAP_host_map | GNTMAP_readonly, &h) == GNTST_okay, "%s: map", name);
	ok(!fx_peek(&f, 0, &v) && v == 0xaa, "%s: reads through the mapping", name);
	ok(hv_guest_access(hv_domain_vcpu(f.m, 1), hv_guest_map_addr(f.m, 0), 0, &v, 1, false) == 0,
	   "%s: and from the other vCPU", name);
	ok(hv_guest_access(f.mv, hv_guest_map_addr(f.m, 0), 0, &v, 1, true) == -EFAULT,
	   "%s: a read-only mapping takes no write", name);
	ok(fx_unmap(&f, h, 0, 0) == GNTST_okay, "%s: unmap", name);
	ok(fx_peek(&f, 0, &v) == -EFAULT, "%s: gone after the unmap", name);
	ok(hv_guest_access(hv_domain_vcpu(f.m, 1), hv_guest_map_addr(f.m, 0), 0, &v, 1, false) ==
		   -EFAULT,
	   "%s: and for the other vCPU", name);
	ok(!fx_check(&f, true), "%s: invariants", name);
	fx_close(&f);
}

/* A page given up by its owner lives on under a mapping, and goes when the mapping does. */
static void given_up(enum hv_guest g, const char *name)
{
	struct fx_opts o = kind(g);
	uint64_t frame, again = 200;
	uint8_t v = 0;
	uint32_t h;
	struct fx f;

	o.host.poison = o.host.audit = true;
	fx_open(&f, o);
	fx_fill(&f, 3, 0x5a);
	fx_grant(&f, 8, 3, false);
	fx_map(&f, 8, 0, GNTMAP_host_map, &h);
	fx_peek(&f, 0, &v);
	frame = hv_guest_frame(f.g, 3);
	ok(extent(f.gv, f.gargs, XENMEM_decrease_reservation, &frame) == 1,
	   "%s: give up a granted page", name);
	ok(!fx_peek(&f, 0, &v) && v == 0x5a, "%s: the mapper still has it", name);
	ok(!fx_check(&f, true), "%s: invariants while it is only mapped", name);
	ok(fx_map(&f, 8, 1, GNTMAP_host_map, NULL) == GNTST_okay,
	   "%s: a pinned reference still maps what was latched", name);
	fx_unmap(&f, fx_map_args(&f, 0)->handle, 1, 0);
	ok(fx_unmap(&f, h, 0, 0) == GNTST_okay && !hv_host_violation(f.host),
	   "%s: unmap frees it after the flush", name);
	ok(extent(f.gv, f.gargs, XENMEM_populate_physmap, &again) == 1, "%s: populate", name);
	ok(fx_map(&f, 8, 0, GNTMAP_host_map, NULL) ==
		   (g == HV_GUEST_PV && again == frame ? GNTST_okay : GNTST_bad_page),
	   "%s: a grant of a page that is gone", name);
	ok(!fx_check(&f, true), "%s: invariants", name);
	fx_close(&f);
}

/* RAM is mapped by superpages; a grant mapped into it splits them, and the RAM there is lost. */
static void superpages(void)
{
	struct fx_opts o = kind(HV_GUEST_TRANSLATED);
	struct gnttab_map_grant_ref *op;
	uint64_t flushes;
	uint8_t v = 0;
	struct fx f;

	o.mapper.pages = 1024;
	fx_open(&f, o);
	fx_fill(&f, 1, 0x77);
	fx_grant(&f, 8, 1, true);
	op = fx_map_args(&f, 0);
	*op = (struct gnttab_map_grant_ref){ .host_addr = 5ull << 12,
					     .flags = GNTMAP_host_map | GNTMAP_readonly,
					     .ref = 8,
					     .dom = hv_domain_id(f.g) };
	hv_guest_access(f.mv, 5ull << 12, 0, &v, 1, false);
	flushes = COUNT(&f, flushes);
	hv_grant_table_op(f.mv, GNTTABOP_map_grant_ref, op, 1);
	ok(op->status == GNTST_okay && COUNT(&f, splits) == 1,
	   "a grant mapped into a superpage splits it once");
	ok(COUNT(&f, flushes) == flushes + 1, "mapping over RAM flushes");
	ok(!hv_guest_access(f.mv, 5ull << 12, 0, &v, 1, false) && v == 0x77,
	   "and the granted page is there");
	ok(!hv_guest_access(f.mv, 4ull << 12, 0, &v, 1, true), "its neighbours are as before");
	ok(!hv_guest_frame_ptr(f.m, 5), "the RAM that was there is no longer reachable");
	*op = (struct gnttab_map_grant_ref){ .host_addr = 5ull << 12,
					     .flags = GNTMAP_host_map,
					     .ref = 8,
					     .dom = hv_domain_id(f.g) };
	fx_grant(&f, 9, 2, false);
	op->ref = 9;
	hv_grant_table_op(f.mv, GNTTABOP_map_grant_ref, op, 1);
	ok(op->status == GNTST_general_error && hv_domain_crashed(f.m),
	   "mapping over a grant crashes a translated mapper");
	ok(!fx_check(&f, true), "invariants");
	fx_close(&f);
}

/* Handles: a list per vCPU that keeps its last entry; stealing; the limit. */
static void handles(void)
{
	struct fx_opts o = kind(HV_GUEST_PV);
	uint64_t steals;
	unsigned n = 0;
	struct fx f;

	o.mapper.max_maptrack_frames = 1;
	o.mapper.vcpus = 2;
	fx_open(&f, o);
	for (unsigned i = 0; i < 256; i++) {
		fx_grant(&f, 8 + i, i % 200, true);
		if (fx_map(&f, 8 + i, i, GNTMAP_host_map | GNTMAP_readonly, NULL) != GNTST_okay)
			break;
		n++;
	}
	ok(n == 255, "one page of handles serves 255 mappings: the last entry stays (%u)", n);
	ok(fx_map(&f, 8 + 255, 300, GNTMAP_host_map | GNTMAP_readonly, NULL) == GNTST_no_space,
	   "then there is no space");
	ok(!fx_check(&f, true), "invariants at the limit");
	/* Some come back to vCPU 0; vCPU 1, which has no list, steals two: one is its tail. */
	for (unsigned i = 0; i < 10; i++)
		fx_unmap(&f, i, i, 0);
	f.mv = hv_domain_vcpu(f.m, 1);
	steals = COUNT(&f, maptrack_steals);
	ok(fx_map(&f, 8, 301, GNTMAP_host_map | GNTMAP_readonly, NULL) == GNTST_okay &&
		   COUNT(&f, maptrack_steals) == steals + 2,
	   "a vCPU without handles steals one for its tail and one to use");
	ok(!fx_check(&f, true), "invariants after stealing");
	fx_close(&f);
}

/* PV with separate tables: the IOMMU's entry follows the counts' transitions, not each mapping. */
static void iommu_counts(void)
{
	struct fx_opts o = kind(HV_GUEST_PV);
	uint64_t inv, dfn;
	uint32_t ro, rw, w2;
	uint8_t v = 0;
	struct fx f;

	o.mapper.iommu = HV_IOMMU_STRICT;
	fx_open(&f, o);
	fx_fill(&f, 4, 0x44);
	fx_grant(&f, 8, 4, false);
	inv = COUNT(&f, iotlb_invs);
	fx_map(&f, 8, 0, GNTMAP_host_map | GNTMAP_readonly, &ro);
	dfn = fx_map_args(&f, 0)->dev_bus_addr >> 12;
	ok(!hv_device_access(f.m, dfn, 0, &v, 1, false) && v == 0x44,
	   "the device reads a page mapped read-only");
	ok(hv_device_access(f.m, dfn, 0, &v, 1, true) == -EFAULT, "and may not write it");
	ok(COUNT(&f, iotlb_invs) == inv, "a mapping into nothing invalidates nothing");
	fx_map(&f, 8, 1, GNTMAP_host_map, &rw);
	ok(COUNT(&f, iotlb_invs) == inv + 1 && !hv_device_access(f.m, dfn, 0, &v, 1, true),
	   "the first writable mapping upgrades, with one invalidation");
	fx_map(&f, 8, 2, GNTMAP_host_map, &w2);
	ok(COUNT(&f, iotlb_invs) == inv + 1, "the second changes nothing");
	fx_unmap(&f, rw, 1, 0);
	ok(COUNT(&f, iotlb_invs) == inv + 1, "nor does the end of the first");
	fx_unmap(&f, w2, 2, 0);
	ok(COUNT(&f, iotlb_invs) == inv + 2 &&
		   hv_device_access(f.m, dfn, 0, &v, 1, true) == -EFAULT &&
		   !hv_device_access(f.m, dfn, 0, &v, 1, false),
	   "the end of the last writable one downgrades");
	ok(!fx_check(&f, true), "invariants");
	fx_unmap(&f, ro, 0, 0);
	ok(COUNT(&f, iotlb_invs) == inv + 3 && COUNT(&f, iotlb_waits) == COUNT(&f, iotlb_invs) &&
		   hv_device_access(f.m, dfn, 0, &v, 1, false) == -EFAULT,
	   "the end of the last ends it");
	fx_close(&f);
}

/* Invalidations of a batch of 40 unmaps by mode. */
static void iommu_modes(void)
{
	static const struct {
		const char *name;
		enum hv_iommu_mode mode;
		unsigned invs;
	} m[] = { { "none", HV_IOMMU_NONE, 0 },
		  { "shared", HV_IOMMU_SHARED, 40 },
		  { "strict", HV_IOMMU_STRICT, 40 },
		  { "batched", HV_IOMMU_BATCHED, 1 } };

	for (unsigned k = 0; k < 4; k++) {
		struct fx_opts o = kind(HV_GUEST_TRANSLATED);
		uint64_t inv, dfn = HV_GFN_MAP_BASE;
		uint8_t v = 0;
		struct fx f;

		o.mapper.iommu = m[k].mode;
		o.host.audit = true;
		fx_open(&f, o);
		for (unsigned i = 0; i < 40; i++) {
			fx_grant(&f, 8 + i, i, false);
			fx_map(&f, 8 + i, i, GNTMAP_host_map, NULL);
			*fx_unmap_args(&f, i) = (struct gnttab_unmap_grant_ref){
				.host_addr = hv_guest_map_addr(f.m, i),
				.handle = fx_map_args(&f, 0)->handle
			};
		}
		ok(hv_device_access(f.m, dfn, 0, &v, 1, true) == (m[k].mode ? 0 : -EOPNOTSUPP),
		   "%s: device access", m[k].name);
		inv = COUNT(&f, iotlb_invs);
		hv_grant_table_op(f.mv, GNTTABOP_unmap_grant_ref, fx_unmap_args(&f, 0), 40);
		ok(COUNT(&f, iotlb_invs) == inv + m[k].invs &&
			   COUNT(&f, iotlb_waits) == COUNT(&f, iotlb_invs),
		   "%s: %u invalidations for 40 unmaps", m[k].name, m[k].invs);
		ok(!m[k].mode || hv_device_access(f.m, dfn, 0, &v, 1, false) == -EFAULT,
		   "%s: the device is cut off", m[k].name);
		ok(!fx_check(&f, true), "%s: invariants", m[k].name);
		fx_close(&f);
	}
}

/* v1-batch: one flush per hypercall, outside the entry lock; v1: one per page, per 32 for PV. */
static void batch(void)
{
	static const struct {
		const char *name;
		enum hv_guest guest;
		enum hv_flush_policy flush;
		unsigned flushes;
	} m[] = { { "translated", HV_GUEST_TRANSLATED, HV_FLUSH_PER_MAPPING, 100 },
		  { "translated, batched", HV_GUEST_TRANSLATED, HV_FLUSH_PER_HYPERCALL, 1 },
		  { "PV", HV_GUEST_PV, HV_FLUSH_PER_MAPPING, 4 },
		  { "PV, batched", HV_GUEST_PV, HV_FLUSH_PER_HYPERCALL, 1 } };

	for (unsigned k = 0; k < 4; k++) {
		struct fx_opts o = kind(m[k].guest);
		uint64_t flushes;
		struct fx f;

		o.mapper.flush = m[k].flush;
		o.host.audit = true;
		fx_open(&f, o);
		for (unsigned i = 0; i < 100; i++) {
			uint64_t frame = hv_guest_frame(f.g, i);
			uint8_t v;

			fx_grant(&f, 8 + i, i, false);
			fx_map(&f, 8 + i, i, GNTMAP_host_map, NULL);
			fx_peek(&f, i, &v);
			*fx_unmap_args(&f, i) = (struct gnttab_unmap_grant_ref){
				.host_addr = hv_guest_map_addr(f.m, i),
				.handle = fx_map_args(&f, 0)->handle
			};
			extent(f.gv, f.gargs, XENMEM_decrease_reservation, &frame);
		}
		flushes = COUNT(&f, flushes);
		hv_grant_table_op(f.mv, GNTTABOP_unmap_grant_ref, fx_unmap_args(&f, 0), 100);
		ok(COUNT(&f, flushes) == flushes + m[k].flushes, "%s: %u flushes for 100 unmaps",
		   m[k].name, m[k].flushes);
		ok(!hv_host_violation(f.host) && !fx_check(&f, true),
		   "%s: every frame was free only after its flush", m[k].name);
		fx_close(&f);
	}
}

/* A dead granter waits for its mappers; its id is free after that. */
static void death(enum hv_guest g, const char *name)
{
	struct hv_domain_config extra = { .guest = g, .pages = 32 };
	struct hv_domain *other = NULL;
	uint8_t v = 0;
	uint16_t id;
	uint32_t h;
	struct fx f;

	fx_open(&f, kind(g));
	id = hv_domain_id(f.g);
	fx_fill(&f, 0, 0x33);
	fx_grant(&f, 8, 0, false);
	fx_map(&f, 8, 0, GNTMAP_host_map, &h);
	hv_domain_kill(f.g);
	ok(!fx_peek(&f, 0, &v) && v == 0x33, "%s: the mapper outlives the granter's death", name);
	ok(!fx_check(&f, false), "%s: invariants with a zombie", name);
	hv_domain_create(f.host, &extra, &other);
	ok(other && hv_domain_id(other) != id, "%s: a zombie keeps its id", name);
	hv_domain_kill(other);
	ok(fx_unmap(&f, h, 0, 0) == GNTST_okay && !fx_check(&f, false),
	   "%s: the last unmap ends it", name);
	hv_domain_create(f.host, &extra, &other);
	ok(hv_domain_id(other) == id, "%s: then the id is free", name);
	fx_close(&f);
}

/* What a domain costs the hypervisor is accounted, limited, and given back. */
static void accounting(void)
{
	struct hv_domain_config c = { .guest = HV_GUEST_TRANSLATED, .pages = 64 };
	uint64_t guest, used, after;
	struct hv_domain *d;
	struct fx f;

	fx_open(&f, kind(HV_GUEST_TRANSLATED));
	hv_domain_create(f.host, &c, &d);
	hv_domain_usage(d, &guest, &used);
	ok(guest == (64 + 16 + hv_guest_pt_pages(16)) * 4096 && used > 0,
	   "a domain costs %lu bytes of RAM and %lu of the hypervisor's", (unsigned long)guest,
	   (unsigned long)used);
	hv_domain_kill(d);
	c.heap_limit = used;
	ok(!hv_domain_create(f.host, &c, &d), "with that as its limit it can be made");
	hv_domain_kill(d);
	c.heap_limit = used - 1;
	ok(hv_domain_create(f.host, &c, &d) == -ENOMEM, "with a byte less it cannot");
	c.heap_limit = used;
	hv_domain_create(f.host, &c, &d);
	f.g = d;
	f.gv = hv_domain_vcpu(d, 0);
	f.gargs = hv_guest_args(d, &(size_t){ 0 });
	ok(fx_grow(&f, 2) == GNTST_general_error, "nor can its table grow");
	hv_domain_usage(d, &guest, &after);
	ok(after == used, "which leaves the account as it was");
	fx_close(&f);
}

/* A grant frame placed over the guest's own RAM: that page is given up, as in Xen. */
static void place_over_ram(void)
{
	uint64_t before, after, hv;
	struct fx f;

	fx_open(&f, kind(HV_GUEST_TRANSLATED));
	hv_domain_usage(f.g, &before, &hv);
	ok(!fx_place(&f, 0, 9), "place a grant frame over RAM");
	hv_domain_usage(f.g, &after, &hv);
	ok(after == before - 4096, "the page that was there is given up");
	ok(!fx_place(&f, 0, 10) && !hv_guest_frame_ptr(f.g, 9),
	   "the frame moves, and leaves a hole");
	ok(!fx_check(&f, true), "invariants");
	fx_close(&f);
}

int main(void)
{
	tlb(HV_GUEST_TRANSLATED, "translated");
	tlb(HV_GUEST_PV, "PV");
	given_up(HV_GUEST_TRANSLATED, "translated");
	given_up(HV_GUEST_PV, "PV");
	superpages();
	handles();
	iommu_counts();
	iommu_modes();
	batch();
	death(HV_GUEST_TRANSLATED, "translated");
	death(HV_GUEST_PV, "PV");
	accounting();
	place_over_ram();
	return tap_done();
}
