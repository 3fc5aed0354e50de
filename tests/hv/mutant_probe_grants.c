// SPDX-License-Identifier: GPL-2.0-only
/* The defects of grants, versions 1 and 2, and of what stands below them. */
#include "fixture.h"
#include "mutant_now.h"
#include "mutant_probe.h"
#include "p2m.h"

static struct fx_opts opts(bool pv, unsigned version)
{
	enum hv_guest g = pv ? HV_GUEST_PV : HV_GUEST_TRANSLATED;
	struct fx_opts o = { .granter = { .guest = g },
			     .mapper = { .guest = g, .vcpus = 1 + hv_probe_draw(3) },
			     .version = version };

	o.host.audit = o.host.poison = true;
	o.host.seed = 1 + hv_probe_draw(1000);
	return o;
}

static void give_up(struct fx *f, unsigned page)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	uint64_t frame = hv_guest_frame(f->g, page);

	memcpy(f->gargs + 4096, &frame, 8);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f->gargs + 4096));
	memcpy(f->gargs, &r, sizeof(r));
	if (hv_memory_op(f->gv, XENMEM_decrease_reservation, f->gargs) != 1)
		hv_probe_caught("a page cannot be given up");
}

/* Map, touch from every vCPU and the device, give the page up, unmap: nothing may reach it then. */
static void flushes(bool pv, enum hv_iommu_mode iommu)
{
	struct fx_opts o = opts(pv, 1 + hv_probe_draw(2));
	unsigned n = 1 + hv_probe_draw(70), slot = hv_probe_draw(100);
	bool has_dev = iommu != HV_IOMMU_NONE;
	struct fx f;
	uint8_t byte;

	o.mapper.iommu = iommu;
	o.mapper.flush = hv_probe_draw(2) ? HV_FLUSH_PER_HYPERCALL : HV_FLUSH_PER_MAPPING;
	want(!fx_open(&f, o));
	for (unsigned i = 0; i < n; i++) {
		struct gnttab_map_grant_ref *op = fx_map_args(&f, i);

		fx_grant(&f, 8 + i, i, false);
		*op = (struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(f.m, slot + i),
						     .ref = 8 + i,
						     .flags = GNTMAP_host_map,
						     .dom = hv_domain_id(f.g) };
	}
	want(!hv_grant_table_op(f.mv, GNTTABOP_map_grant_ref, fx_map_args(&f, 0), n));
	for (unsigned i = 0; i < n; i++) {
		uint64_t addr = hv_guest_map_addr(f.m, slot + i), dfn = addr >> 12;

		want(fx_map_args(&f, i)->status == GNTST_okay);
		for (unsigned v = 0; hv_domain_vcpu(f.m, v); v++)
			want(!hv_guest_access(hv_domain_vcpu(f.m, v), addr, 0, &byte, 1, true));
		if (pv)
			dfn = fx_map_args(&f, i)->dev_bus_addr >> 12;
		want(!has_dev || !hv_device_access(f.m, dfn, 0, &byte, 1, true));
		give_up(&f, i);
		*fx_unmap_args(&f, i) =
			(struct gnttab_unmap_grant_ref){ .host_addr = addr,
							 .handle = fx_map_args(&f, i)->handle };
	}
	hv_probe_sane(&f);
	want(!hv_grant_table_op(f.mv, GNTTABOP_unmap_grant_ref, fx_unmap_args(&f, 0), n));
	for (unsigned i = 0; i < n; i++) {
		uint64_t addr = hv_guest_map_addr(f.m, slot + i), dfn = addr >> 12;

		if (pv)
			dfn = fx_map_args(&f, i)->dev_bus_addr >> 12;
		for (unsigned v = 0; hv_domain_vcpu(f.m, v); v++)
			want(hv_guest_access(hv_domain_vcpu(f.m, v), addr, 0, &byte, 1, true) ==
			     -EFAULT);
		want(!has_dev || hv_device_access(f.m, dfn, 0, &byte, 1, true) == -EFAULT);
	}
	hv_probe_kept(&f);
	hv_probe_sane(&f);
	fx_close(&f);
}

/* A word of the entry changes right after it was read. */
static void changing_words(bool pv)
{
	unsigned version = 1 + hv_probe_draw(2), ref = 8 + hv_probe_draw(100);
	struct fx f;
	uint32_t h;

	want(!fx_open(&f, opts(pv, version)));
	fx_fill(&f, 3, 0x33);
	fx_grant(&f, ref, 3, false);
	/* Whole, so that it has no hook that another part's guest had. */
	hv_probe_watch = (struct hv_probe_watch){
		.at = (uint8_t *)fx_frame(&f, ref / (version == 1 ? 512 : 256), false) +
		      (version == 1 ? ref % 512 * 8 + 4 : ref % 256 * 16 + 8),
		.size = version == 1 ? 4 : 8,
		.then = hv_guest_frame(f.m, hv_probe_draw(20)),
	};
	want(!fx_map(&f, ref, 0, GNTMAP_host_map, &h) && hv_probe_watch.reads == 1);
	hv_probe_sane(&f);
	hv_probe_watch.at = NULL;
	want(!fx_unmap(&f, h, 0, 0));
	fx_close(&f);
	/* Version 2: withdrawn between the mark and the second look. */
	want(!fx_open(&f, opts(pv, 2)));
	fx_grant(&f, ref, 3, false);
	hv_probe_watch = (struct hv_probe_watch){
		.at = (uint8_t *)fx_frame(&f, ref / 256, false) + ref % 256 * 16, .size = 4
	};
	want(fx_map(&f, ref, 0, GNTMAP_host_map, &h) == -1 && hv_probe_watch.reads == 2);
	hv_probe_watch.at = NULL;
	hv_probe_sane(&f);
	fx_close(&f);
}

static void limits_and_rights(bool pv)
{
	unsigned n = 0, ref = 8 + hv_probe_draw(100), page = hv_probe_draw(20);
	uint32_t h[200];
	uint8_t byte = 0;
	struct fx f;

	want(!fx_open(&f, opts(pv, 1 + hv_probe_draw(2))));
	fx_fill(&f, page, 0x33);
	fx_fill(&f, page + 1, 0x44);
	fx_grant(&f, ref, page, false);
	want(!fx_map(&f, ref, 0, GNTMAP_host_map | GNTMAP_readonly, &h[n++]));
	want(hv_guest_access(f.mv, hv_guest_map_addr(f.m, 0), 0, &byte, 1, true) == -EFAULT);
	/* The frame is what it was at the first map. */
	fx_entry(&f, ref, GTF_permit_access | GTF_reading, hv_domain_id(f.m),
		 hv_guest_frame(f.g, page + 1));
	while (n < 200 && !fx_map(&f, ref, n, GNTMAP_host_map | GNTMAP_readonly, &h[n])) {
		want(!fx_peek(&f, n, &byte) && byte == 0x33);
		n++;
	}
	want(n == 128);
	hv_probe_sane(&f);
	while (n--)
		want(!fx_unmap(&f, h[n], n, 0));
	/* A page that is not the granter's. */
	fx_entry(&f, ref, GTF_permit_access, hv_domain_id(f.m),
		 pv ? hv_guest_frame(f.m, page) : 5000);
	want(fx_map(&f, ref, 0, GNTMAP_host_map, &h[0]) == -9);
	hv_probe_sane(&f);
	fx_close(&f);
}

static void halves(void)
{
	unsigned ref = 8 + hv_probe_draw(100);
	uint32_t h, h2;
	uint64_t dev;
	struct fx f;

	want(!fx_open(&f, opts(true, 1 + hv_probe_draw(2))));
	fx_grant(&f, ref, 3, false);
	want(!fx_map(&f, ref, 0, GNTMAP_host_map | GNTMAP_device_map, &h));
	dev = fx_map_args(&f, 0)->dev_bus_addr;
	want(!fx_unmap(&f, h, 0, 0));
	want(hv_domain_mappings(f.m) == 1);
	hv_probe_sane(&f);
	want(!fx_map(&f, ref, 0, GNTMAP_host_map, &h2) && h2 != h);
	want(!fx_unmap(&f, h, ~0u, dev) && !fx_unmap(&f, h2, 0, 0));
	hv_probe_sane(&f);
	fx_close(&f);
}

static void copies(bool pv)
{
	unsigned ref = 8 + hv_probe_draw(100);
	struct gnttab_copy *op;
	struct fx f;

	want(!fx_open(&f, opts(pv, 1 + hv_probe_draw(2))));
	fx_grant(&f, ref, 3, false);
	op = (struct gnttab_copy *)f.margs;
	*op = (struct gnttab_copy){ .source.u.ref = ref,
				    .source.domid = hv_domain_id(f.g),
				    .len = 64,
				    .dest.u.gmfn = hv_guest_frame(f.m, 1),
				    .dest.domid = DOMID_SELF,
				    .flags = GNTCOPY_source_gref };
	want(!hv_grant_table_op(f.mv, GNTTABOP_copy, op, 1) && op->status == GNTST_okay);
	hv_probe_sane(&f);
	fx_close(&f);
}

/* Through a part of a page, and through a grant that is passed on. */
static void copies_v2(bool pv)
{
	unsigned ref = 8 + hv_probe_draw(100), start = 8 * hv_probe_draw(100),
		 length = 8 + 8 * hv_probe_draw(100);
	struct gnttab_copy *op;
	struct fx f, t;

	want(!fx_open(&f, opts(pv, 2)));
	want(!fx_third(
		&t, &f,
		(struct hv_domain_config){ .guest = pv ? HV_GUEST_PV : HV_GUEST_TRANSLATED }));
	op = (struct gnttab_copy *)f.margs;
	*op = (struct gnttab_copy){ .source.u.ref = ref,
				    .source.domid = hv_domain_id(f.g),
				    .source.offset = (uint16_t)start,
				    .len = (uint16_t)length,
				    .dest.u.gmfn = hv_guest_frame(f.m, 1),
				    .dest.domid = DOMID_SELF,
				    .flags = GNTCOPY_source_gref };
	fx_part(&f, ref, (uint16_t)start, (uint16_t)length);
	fx_entry(&f, ref, GTF_permit_access | GTF_sub_page, hv_domain_id(f.m),
		 hv_guest_frame(f.g, 3));
	want(!hv_grant_table_op(f.mv, GNTTABOP_copy, op, 1) && op->status == GNTST_okay);
	op->len++;
	want(!hv_grant_table_op(f.mv, GNTTABOP_copy, op, 1) && op->status == -1);
	fx_grant(&t, ref, 5, false);
	fx_pass_on(&f, ref, 0, hv_domain_id(t.g), ref);
	want(!hv_grant_table_op(f.mv, GNTTABOP_copy, op, 1) && op->status == GNTST_okay);
	hv_probe_sane(&f);
	fx_close(&f);
}

/* A page that is mapped stays; one that is not goes, with a flush. */
static void transfers(bool pv)
{
	struct fx_opts o = opts(pv, 1 + hv_probe_draw(2));
	unsigned page = hv_probe_draw(20), ref = 8 + hv_probe_draw(100);
	struct gnttab_transfer *op;
	uint64_t flushes;
	struct fx f, g;
	uint32_t h;

	o.mapper.guest = HV_GUEST_PV;
	o.mapper.vcpus = 1;
	o.granter.map_slots = 64;
	want(!fx_open(&f, o));
	g = f;
	g.g = f.m;
	g.m = f.g;
	g.gv = f.mv;
	g.mv = f.gv;
	g.gargs = f.margs;
	g.margs = f.gargs;
	g.version = 1;
	fx_grant(&g, ref, page, false);
	want(!fx_map(&g, ref, 0, GNTMAP_host_map | GNTMAP_readonly, &h));
	fx_entry(&f, ref, GTF_accept_transfer, hv_domain_id(f.m), 5000);
	op = (struct gnttab_transfer *)f.margs;
	*op = (struct gnttab_transfer){ .mfn = hv_guest_frame(f.m, page),
					.domid = hv_domain_id(f.g),
					.ref = ref };
	want(!hv_grant_table_op(f.mv, GNTTABOP_transfer, op, 1) && op->status == -9);
	want(!fx_unmap(&g, h, 0, 0));
	flushes = hv_vcpu_counters(f.mv)->flushes;
	want(!hv_grant_table_op(f.mv, GNTTABOP_transfer, op, 1) && op->status == GNTST_okay);
	want(hv_vcpu_counters(f.mv)->flushes == flushes + 1);
	hv_probe_sane(&f);
	fx_close(&f);
}

static void replaces(void)
{
	struct gnttab_unmap_and_replace *op;
	unsigned slot = 2 * hv_probe_draw(100);
	uint32_t h[2];
	struct fx f;

	want(!fx_open(&f, opts(true, 1 + hv_probe_draw(2))));
	op = (struct gnttab_unmap_and_replace *)f.margs;
	for (unsigned i = 0; i < 2; i++) {
		fx_grant(&f, 8 + i, i, false);
		want(!fx_map(&f, 8 + i, slot + i, GNTMAP_host_map, &h[i]));
	}
	*op = (struct gnttab_unmap_and_replace){ .host_addr = hv_guest_map_addr(f.m, slot),
						 .new_addr = hv_guest_map_addr(f.m, slot + 1),
						 .handle = h[0] };
	want(!hv_grant_table_op(f.mv, GNTTABOP_unmap_and_replace, op, 1) &&
	     op->status == GNTST_okay);
	hv_probe_sane(&f);
	want(!fx_unmap(&f, h[1], slot, 0));
	hv_probe_sane(&f);
	fx_close(&f);
}

static void versions(bool pv)
{
	struct gnttab_set_version v = { .version = 2 };
	struct fx_opts o = opts(pv, 1);
	unsigned ref = hv_probe_draw(8);
	uint32_t h;
	struct fx f;

	want(!fx_open(&f, o));
	fx_grant(&f, ref, 3, false);
	want(!fx_map(&f, ref, 0, GNTMAP_host_map, &h));
	want(!fx_gop(&f, GNTTABOP_set_version, &v, sizeof(v)));
	f.version = 2;
	hv_probe_sane(&f);
	want(!fx_unmap(&f, h, 0, 0));
	want(!fx_map(&f, ref, 0, GNTMAP_host_map, &h));
	fx_close(&f);
}

/* A page in a superpage that cannot be split is neither given up nor forgotten. */
static void refusals(void)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	struct fx_opts o = opts(false, 1);
	uint64_t gfn = hv_probe_draw(512);
	struct fx f;

	o.host.ram_pages = 8192;
	o.mapper.pages = 1024;
	want(!fx_open(&f, o));
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f.margs + 4096));
	memcpy(f.margs, &r, sizeof(r));
	memcpy(f.margs + 4096, &gfn, sizeof(gfn));
	hv_host_fail_alloc(f.host, 1);
	want(!hv_memory_op(f.mv, XENMEM_decrease_reservation, f.margs));
	hv_probe_sane(&f);
	want(hv_memory_op(f.mv, XENMEM_decrease_reservation, f.margs) == 1);
	hv_probe_sane(&f);
	fx_close(&f);
}

/* Invalidations that were put off come when the queue is full. */
static void put_off(bool pv)
{
	struct fx_opts o = opts(pv, 1);
	unsigned length = 1 + hv_probe_draw(8);
	uint64_t dfn = 1ull << 27;
	uint8_t byte;
	struct fx f;

	o.mapper.iommu = HV_IOMMU_STRICT;
	want(!fx_open(&f, o));
	want(!hv_iommu_map(f.mv, dfn, 0, length, 0));
	want(!hv_device_access(f.m, dfn, 0, &byte, 1, false));
	for (unsigned i = 0; i < length; i++)
		want(!hv_iommu_unmap_later(f.mv, dfn + i, 1, length));
	want(hv_device_access(f.m, dfn, 0, &byte, 1, false) == -EFAULT);
	hv_probe_sane(&f);
	fx_close(&f);
}

/* Locks per page: one too many or one too few is seen here without a race. */
static void locks(bool pv)
{
	struct fx_opts o = opts(pv, 1);
	const struct hv_counters *c;
	uint64_t before;
	uint32_t h;
	struct fx f;

	o.mapper.flush = HV_FLUSH_PER_MAPPING;
	o.mapper.vcpus = 1;
	want(!fx_open(&f, o));
	c = hv_vcpu_counters(f.mv);
	fx_grant(&f, 8, 3, false);
	want(!fx_map(&f, 8, 0, GNTMAP_host_map, &h) && !fx_unmap(&f, h, 0, 0));
	before = c->spin_locks;
	want(!fx_map(&f, 8, 0, GNTMAP_host_map, &h));
	want(c->spin_locks - before == 2);
	before = c->spin_locks;
	want(!fx_unmap(&f, h, 0, 0));
	want(c->spin_locks - before == (pv ? 3 : 4));
	fx_close(&f);
}

/* Arguments of a translated guest: in a page that it may only read, and in one that it has by a grant. */
static void arguments(void)
{
	struct fx_opts o = opts(false, 1);
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	uint64_t gfn, *l1 = NULL;
	struct fx f;

	o.self = true;
	want(!fx_open(&f, o));
	gfn = hv_guest_cr3(f.mv) >> 12;
	for (unsigned shift = 39; shift >= 12; shift -= 9) {
		l1 = (uint64_t *)hv_guest_frame_ptr(f.m, gfn) + ((uintptr_t)f.margs >> shift & 511);
		gfn = *l1 >> 12 & 0xfffffffff;
	}
	memcpy(f.margs, &q, sizeof(q));
	*l1 &= ~2ull;
	want(hv_grant_table_op(f.mv, GNTTABOP_query_size, f.margs, 1) == -EFAULT);
	*l1 |= 2;
	fx_grant(&f, 8, hv_probe_draw(FX_PAGES), false);
	want(!fx_map(&f, 8, 0, GNTMAP_host_map, NULL));
	*l1 = hv_guest_map_addr(f.m, 0) | 3;
	want(hv_grant_table_op(f.mv, GNTTABOP_query_size, f.margs, 1) == -EFAULT);
	hv_probe_sane(&f);
	fx_close(&f);
}

/* A table that 4K mappings left in the p2m goes when a large page comes. */
static void replaced_table(void)
{
	struct fx_opts o = opts(false, 1);
	unsigned slot = hv_probe_draw(512);
	uint32_t h;
	struct fx f;

	want(!fx_open(&f, o));
	fx_grant(&f, 8, 1, false);
	want(!fx_map(&f, 8, slot, GNTMAP_host_map, &h) && !fx_unmap(&f, h, slot, 0));
	hv_p2m_lock(f.mv, f.m);
	hv_p2m_set(f.mv, f.m, HV_GFN_MAP_BASE, HV_INVALID, 9, HV_P2M_INVALID);
	hv_p2m_unlock(f.mv, f.m);
	hv_domain_kill(f.m);
	want(!hv_host_violation(f.host));
	fx_close(&f);
}

void hv_probe_grants(void)
{
	for (int pv = 0; pv < 2; pv++) {
		flushes(pv, HV_IOMMU_NONE);
		flushes(pv, HV_IOMMU_STRICT);
		flushes(pv, pv ? HV_IOMMU_BATCHED : HV_IOMMU_SHARED);
		changing_words(pv);
		limits_and_rights(pv);
		copies(pv);
		copies_v2(pv);
		transfers(pv);
		versions(pv);
		put_off(pv);
		locks(pv);
	}
	arguments();
	replaced_table();
	replaces();
	halves();
	refusals();
}
