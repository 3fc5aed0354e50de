// SPDX-License-Identifier: GPL-2.0-only
/* One case for each listed difference from Xen 4.17 (docs/design.md), by its number there. */
#include "dirty.h"
#include "fixture.h"

static struct fx_opts pv(void)
{
	return (struct fx_opts){ .granter = { .guest = HV_GUEST_PV },
				 .mapper = { .guest = HV_GUEST_PV } };
}

static struct fx_opts translated(void)
{
	return (struct fx_opts){ .granter = { .guest = HV_GUEST_TRANSLATED },
				 .mapper = { .guest = HV_GUEST_TRANSLATED } };
}

static int copy(struct fx *f, struct gnttab_copy *op, unsigned n)
{
	memcpy(f->margs + 8192, op, n * sizeof(*op));
	long rc = hv_grant_table_op(f->mv, GNTTABOP_copy, f->margs + 8192, n);
	memcpy(op, f->margs + 8192, n * sizeof(*op));
	return (int)rc;
}

static struct gnttab_copy from_ref(struct fx *f, unsigned ref)
{
	struct gnttab_copy op = { .len = 16, .flags = GNTCOPY_source_gref };

	op.source.u.ref = ref;
	op.source.domid = hv_domain_id(f->g);
	op.dest.u.gmfn = hv_guest_frame(f->m, 1);
	op.dest.domid = DOMID_SELF;
	return op;
}

static void grant_frames_stay(void)
{
	uint64_t frame;
	struct fx f;

	fx_open(&f, translated());
	fx_frame(&f, 0, false);
	fx_entry(&f, 8, GTF_permit_access, hv_domain_id(f.m), HV_GFN_GRANT_BASE);
	ok(fx_map(&f, 8, 0, GNTMAP_host_map, NULL) == GNTST_bad_page,
	   "1: a grant frame cannot be granted (GFN)");
	fx_close(&f);
	fx_open(&f, pv());
	fx_grow(&f, 1);
	memcpy(&frame, f.gargs + 4096, 8);
	fx_entry(&f, 8, GTF_permit_access, hv_domain_id(f.m), frame);
	ok(fx_map(&f, 8, 0, GNTMAP_host_map, NULL) == GNTST_bad_page,
	   "1: a grant frame cannot be granted (MFN)");
	ok(!fx_check(&f, true), "1: invariants");
	fx_close(&f);
}

/* The mapper's own entry for an address, by its tables of 4 KiB pages. */
static uint64_t *leaf(struct fx *f, const void *linear)
{
	uint64_t gfn = hv_guest_cr3(f->mv) >> 12, *e = NULL;

	for (unsigned shift = 39; shift >= 12; shift -= 9) {
		e = (uint64_t *)hv_guest_frame_ptr(f->m, gfn) + ((uintptr_t)linear >> shift & 511);
		gfn = *e >> 12 & 0xfffffffff;
	}
	return e;
}

static void grant_frames_hold_no_arguments(void)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	struct fx_opts o = translated();
	uint64_t *e, was;
	struct fx f;

	o.self = true;
	fx_open(&f, o);
	memcpy(fx_frame(&f, 0, false), &q, sizeof(q));
	e = leaf(&f, f.margs);
	was = *e;
	*e = (HV_GFN_GRANT_BASE << 12) | (was & 0xfff);
	ok(hv_grant_table_op(f.mv, GNTTABOP_query_size, f.margs, 1) == -EFAULT,
	   "1: arguments cannot lie in a grant frame");
	*e = was;
	memcpy(f.margs, &q, sizeof(q));
	ok(!hv_grant_table_op(f.mv, GNTTABOP_query_size, f.margs, 1), "1: only elsewhere");
	fx_close(&f);
}

static void arguments_stay(void)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	struct fx f;

	fx_open(&f, translated());
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f.margs + 4096));
	*(uint64_t *)(f.margs + 4096) = *leaf(&f, f.margs + 8192) >> 12;
	memcpy(f.margs, &r, sizeof(r));
	ok(hv_memory_op(f.mv, XENMEM_decrease_reservation, f.margs) == 0,
	   "12: a page for arguments cannot be given up");
	*(uint64_t *)(f.margs + 4096) = hv_guest_cr3(f.mv) >> 12;
	ok(hv_memory_op(f.mv, XENMEM_decrease_reservation, f.margs) == 1 &&
		   hv_memory_op(f.mv, XENMEM_decrease_reservation, f.margs) == -EFAULT,
	   "12: but a page table can, as in Xen");
	ok(!fx_check(&f, true), "12: invariants");
	fx_close(&f);
}

static void map_over_flushes(void)
{
	uint64_t before;
	uint8_t value = 0;
	uint32_t h;
	struct fx f;

	fx_open(&f, pv());
	fx_grant(&f, 8, 0, false);
	fx_grant(&f, 9, 1, false);
	fx_fill(&f, 0, 0x11);
	fx_fill(&f, 1, 0x22);
	fx_map(&f, 8, 0, GNTMAP_host_map, &h);
	fx_peek(&f, 0, &value);
	before = hv_vcpu_counters(f.mv)->flushes;
	ok(fx_map(&f, 9, 0, GNTMAP_host_map, NULL) == GNTST_okay &&
		   hv_vcpu_counters(f.mv)->flushes == before + 1,
	   "2: mapping over a PV mapping flushes once");
	fx_peek(&f, 0, &value);
	ok(value == 0x22, "2: and the new page is seen (%#x)", value);
	ok(!fx_check(&f, true), "2: invariants");
	fx_close(&f);
}

static void giving_up_flushes(void)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	struct fx_opts o = translated();
	uint64_t before;
	struct fx f;

	o.host.audit = true;
	fx_open(&f, o);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f.margs + 4096));
	*(uint64_t *)(f.margs + 4096) = hv_guest_frame(f.m, 5);
	memcpy(f.margs, &r, sizeof(r));
	hv_guest_access(f.mv, 5ull << 12, 0, &before, 8, false);
	before = hv_vcpu_counters(f.mv)->flushes;
	ok(hv_memory_op(f.mv, XENMEM_decrease_reservation, f.margs) == 1 &&
		   hv_vcpu_counters(f.mv)->flushes == before + 1 && !hv_host_violation(f.host),
	   "3: a page given up is flushed before it is free");
	ok(!fx_check(&f, true), "3: invariants");
	fx_close(&f);
}

static void version_is_compared_again(void)
{
	struct gnttab_set_version v = { .version = 2 };
	uint64_t before;
	struct fx f;

	fx_open(&f, pv());
	before = hv_vcpu_counters(f.gv)->pcpu_writes;
	ok(!fx_gop(&f, GNTTABOP_set_version, &v, sizeof(v)) && v.version == 2 &&
		   hv_vcpu_counters(f.gv)->pcpu_writes == before + 1,
	   "4: a change takes the table's lock for writing");
	ok(!fx_gop(&f, GNTTABOP_set_version, &v, sizeof(v)) &&
		   hv_vcpu_counters(f.gv)->pcpu_writes == before + 1,
	   "4: no change takes no lock, as in Xen; "
	   "the race between is what the second look closes");
	fx_close(&f);
}

static void grant_frames_are_not_given_up(void)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	struct fx f;

	fx_open(&f, translated());
	fx_frame(&f, 0, false);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f.gargs + 4096));
	*(uint64_t *)(f.gargs + 4096) = HV_GFN_GRANT_BASE;
	memcpy(f.gargs, &r, sizeof(r));
	ok(!hv_memory_op(f.gv, XENMEM_decrease_reservation, f.gargs) &&
		   hv_guest_frame_ptr(f.g, HV_GFN_GRANT_BASE),
	   "5: a grant frame cannot be given up");
	ok(!fx_check(&f, true), "5: invariants");
	fx_close(&f);
}

static void flush_as_ept(void)
{
	uint64_t before;
	uint32_t h = 0;
	struct fx f;

	fx_open(&f, translated());
	fx_grant(&f, 8, 0, false);
	before = hv_vcpu_counters(f.mv)->flushes;
	fx_map(&f, 8, 0, GNTMAP_host_map, &h);
	ok(hv_vcpu_counters(f.mv)->flushes == before, "6: mapping into a hole does not flush");
	fx_unmap(&f, h, 0, 0);
	ok(hv_vcpu_counters(f.mv)->flushes == before + 1, "6: unmapping flushes once");
	fx_close(&f);
}

static void no_mmio(void)
{
	struct fx f;

	fx_open(&f, pv());
	fx_entry(&f, 8, GTF_permit_access, hv_domain_id(f.m), 0xfee00);
	ok(fx_map(&f, 8, 0, GNTMAP_host_map, NULL) == GNTST_bad_page,
	   "7: a frame outside RAM is bad_page");
	fx_close(&f);
}

static void release_in_one_go(void)
{
	struct fx_opts o = translated();
	struct fx f;

	o.host.preempt_every = 1;
	fx_open(&f, o);
	for (unsigned i = 0; i < 100; i++) {
		fx_grant(&f, 8 + i, i, false);
		fx_map(&f, 8 + i, i, GNTMAP_host_map, NULL);
	}
	hv_domain_kill(f.m);
	f.m = f.g;
	ok(!(*fx_use_word(&f, 8) & (GTF_reading | GTF_writing)) && !fx_check(&f, true),
	   "8: a dead mapper's grants are free at once");
	fx_close(&f);
}

/* Its entry is pinned by a map and leads to another domain since: only the unmap changes that. */
static void retries_end(void)
{
	struct fx_opts o = translated();
	struct gnttab_copy op;
	uint32_t h;
	struct fx f, t;

	o.version = 2;
	fx_open(&f, o);
	ok(!fx_third(&t, &f, (struct hv_domain_config){ .guest = HV_GUEST_TRANSLATED }),
	   "9: a third domain");
	fx_grant(&t, 30, 9, false);
	fx_grant(&f, 8, 0, false);
	fx_map(&f, 8, 0, GNTMAP_host_map, &h);
	fx_pass_on(&f, 8, 0, hv_domain_id(t.g), 30);
	op = from_ref(&f, 8);
	op.status = 99;
	ok(copy(&f, &op, 1) == -EINTR && op.status == 99,
	   "9: a copy that can only be retried comes back (%d)", op.status);
	fx_unmap(&f, h, 0, 0);
	op = from_ref(&f, 8);
	ok(!copy(&f, &op, 1) && op.status == GNTST_okay, "9: and goes through when it can");
	ok(!fx_check(&f, true), "9: invariants");
	fx_close(&f);
}

static void device_sees_grants_only(void)
{
	struct fx_opts o = pv();
	uint8_t byte;
	struct fx f;

	o.mapper.iommu = HV_IOMMU_STRICT;
	fx_open(&f, o);
	ok(hv_device_access(f.m, hv_guest_frame(f.m, 1), 0, &byte, 1, false) == -EFAULT,
	   "10: a PV domain's device does not reach its RAM");
	fx_grant(&f, 8, 0, false);
	fx_map(&f, 8, 0, GNTMAP_host_map, NULL);
	ok(!hv_device_access(f.m, hv_guest_frame(f.g, 0), 0, &byte, 1, false),
	   "10: but what the domain mapped");
	fx_close(&f);
}

/* Read, as Xen does, and put nowhere: the page-table entry is the one of a mapping without it. */
static void one_kind_of_cache(void)
{
	uint8_t value = 0;
	struct fx f;

	fx_open(&f, pv());
	fx_fill(&f, 0, 0x5a);
	fx_entry(&f, 8, GTF_permit_access | GTF_PCD | GTF_PWT, hv_domain_id(f.m),
		 hv_guest_frame(f.g, 0));
	ok(fx_map(&f, 8, 0, GNTMAP_host_map, NULL) == GNTST_okay && !fx_peek(&f, 0, &value) &&
		   value == 0x5a,
	   "11: a PV domain maps a page that is not to be cached as any other");
	ok(!fx_check(&f, true), "11: invariants");
	fx_close(&f);
}

static void log_dirty(void)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	struct fx_opts o = dirty_opts();
	bool resuming = false;
	uint64_t word = 1;
	struct domctl *c;
	struct fx f;

	o.granter.guest = HV_GUEST_PV;
	fx_open(&f, o);
	ok(dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) == -EOPNOTSUPP,
	   "13: the pages of a PV domain are not logged");
	fx_close(&f);
	o = dirty_opts();
	o.granter.iommu = HV_IOMMU_SHARED;
	o.granter.log_veto = HV_VETO_NONE;
	o.host.preempt_every = 1;
	fx_open(&f, o);
	hv_device_access(f.g, 4, 0, &word, sizeof(word), true);
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	dirty_read(&f, 4);
	ok(hv_device_access(f.g, 4, 0, &word, sizeof(word), true) == -EFAULT,
	   "14: a right that RAM loses when it is logged is taken from the IOTLB, too");
	c = dirty_prepare(&f, SHADOW_CLEAN, 0, 0);
	c->u.shadow_op.pages = 2u << 24;
	ok(hv_domctl_step(f.mv, c, &resuming) == -HV_ERESTART && f.g->paused &&
		   !fx_gop(&f, GNTTABOP_query_size, &q, sizeof(q)),
	   "15: a domain that is paused can begin a hypercall");
	while (hv_domctl_step(f.mv, c, &resuming) == -HV_ERESTART)
		;
	dirty_op(&f, SHADOW_OFF, 0, 0);
	hv_log_pfn(f.mv, f.g, 4);
	ok(!f.g->log.allocs, "16: a mark that comes after OFF makes no trie");
	ok(!fx_check(&f, true), "13 to 16: invariants");
	fx_close(&f);
}

int main(void)
{
	grant_frames_stay();
	map_over_flushes();
	giving_up_flushes();
	version_is_compared_again();
	grant_frames_are_not_given_up();
	flush_as_ept();
	no_mmio();
	release_in_one_go();
	retries_end();
	device_sees_grants_only();
	one_kind_of_cache();
	grant_frames_hold_no_arguments();
	arguments_stay();
	log_dirty();
	return tap_done();
}
