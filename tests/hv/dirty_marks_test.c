// SPDX-License-Identifier: GPL-2.0-only
/* Log-dirty: whose writes are recorded, and when; and memory that is logged otherwise (docs/p2m.md). */
#include "dirty.h"
#include "marks.h"
#include "p2m.h"

static void grants(enum hv_guest guest, const char *name)
{
	struct fx_opts o = dirty_opts();
	uint32_t h = 0, ro = 0;
	struct fx f;
	uint8_t b = 1;

	o.mapper.guest = guest;
	if (!dirty_open(&f, o, name))
		return;
	fx_grant(&f, 8, 20, false);
	fx_grant(&f, 9, 21, false);
	ok(fx_map(&f, 8, 0, GNTMAP_host_map, &h) == GNTST_okay &&
		   fx_map(&f, 9, 1, GNTMAP_host_map | GNTMAP_readonly, &ro) == GNTST_okay,
	   "%s: two mapped, one of them to be read only", name);
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	ok(!hv_guest_access(f.mv, hv_guest_map_addr(f.m, 0), 0, &b, 1, true), "%s: written by it",
	   name);
	ok(!dirty_op(&f, SHADOW_PEEK, SHADOW_MODE_FINAL, DIRTY_PAGES) &&
		   !dirty_count(&f, DIRTY_PAGES),
	   "%s: nothing is dirty while it is mapped, not even in the FINAL", name);
	ok(fx_unmap(&f, ro, 1, 0) == GNTST_okay && fx_unmap(&f, h, 0, 0) == GNTST_okay,
	   "%s: unmapped", name);
	ok(!dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES) && dirty_count(&f, DIRTY_PAGES) == 1 &&
		   dirty_has(&f, 20),
	   "%s: then what could be written is, and it alone", name);
	ok(!dirty_copy(&f, 9, true), "%s: copied to", name);
	ok(!dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES) && dirty_count(&f, DIRTY_PAGES) == 1 &&
		   dirty_has(&f, 21),
	   "%s: dirty at once", name);
	ok(!dirty_copy(&f, 8, false) && !dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES) &&
		   !dirty_has(&f, 20),
	   "%s: what is copied from is not", name);
	dirty_close(&f);
}

/* A page that is not the domain's has no bit in its bitmap: what it passes on is marked where it belongs. */
static void others(void)
{
	struct fx_opts o = dirty_opts();
	struct fx f, third;
	uint16_t id;

	o.version = 2;
	if (!dirty_open(&f, o, "others"))
		return;
	if (!ok(!fx_third(&third, &f, (struct hv_domain_config){ .guest = HV_GUEST_TRANSLATED }),
		"a third domain"))
		return;
	fx_grant(&third, 8, 77, false);
	fx_pass_on(&f, 8, 0, hv_domain_id(third.g), 8);
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	id = hv_domain_id(third.g);
	dirty_prepare(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0)->domain = id;
	ok(!hv_domctl(f.mv, f.margs), "both are logged");
	ok(!dirty_copy(&f, 8, true), "a copy into a page that one passes on for the other");
	ok(!dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES) && !dirty_has(&f, 77),
	   "is nothing in the bitmap of who passes on");
	dirty_prepare(&f, SHADOW_PEEK, 0, 256)->domain = id;
	ok(!hv_domctl(f.mv, f.margs) && dirty_has(&f, 77), "and a bit in the owner's");
	dirty_close(&f);
}

static void emulator(void)
{
	struct fx f;

	if (!dirty_open(&f, dirty_opts(), "emulator"))
		return;
	ok(dirty_report(&f, 30, 3) == 0,
	   "what an emulator reports is nothing while nothing is logged");
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	ok(dirty_report(&f, 30, 3) == 0, "three pages reported");
	ok(dirty_report(&f, 5000000, 1) == 0, "one that is not there");
	ok(dirty_report(&f, 30, 0) == -EINVAL, "none: -EINVAL");
	ok(!dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES) && dirty_count(&f, DIRTY_PAGES) == 3 &&
		   dirty_has(&f, 30) && dirty_has(&f, 31) && dirty_has(&f, 32),
	   "just they are dirty");
	ok(hv_dm_op(f.gv, hv_domain_id(f.m), 2, f.gargs) == -EPERM, "only by who is privileged");
	ok(hv_dm_op(f.mv, hv_domain_id(f.g), 1, f.margs) == -EINVAL, "with two buffers");
	dirty_close(&f);
}

/* A guest's memory into which the hypervisor itself writes an answer. */
static void hypervisor(void)
{
	struct gnttab_query_size q = { .dom = DOMID_SELF };
	struct fx f;

	if (!dirty_open(&f, dirty_opts(), "hypervisor"))
		return;
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	ok(!fx_gop(&f, GNTTABOP_query_size, &q, sizeof(q)), "an answer is written");
	ok(!dirty_op(&f, SHADOW_PEEK, 0, 2048) && dirty_has(&f, DIRTY_PAGES),
	   "where it lies is dirty");
	dirty_close(&f);
}

static void vram(void)
{
	struct fx f;
	uint64_t n;

	if (!dirty_open(&f, dirty_opts(), "dirty VRAM"))
		return;
	ok(dirty_vram(&f, 500, 100) == 0 && dirty_count(&f, 100) == 100, "at first all is dirty");
	ok(dirty_vram(&f, 500, 100) == 0 && dirty_count(&f, 100) == 0, "then nothing");
	dirty_write(&f, 510, 1);
	dirty_write(&f, 499, 1);
	dirty_write(&f, 600, 1);
	ok(dirty_vram(&f, 500, 100) == 0 && dirty_count(&f, 100) == 1 && dirty_has(&f, 10),
	   "then what was written to, of the range");
	ok(dirty_vram(&f, 500, 100) == 0 && dirty_count(&f, 100) == 0, "once");
	ok(!dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES) && !dirty_count(&f, DIRTY_PAGES),
	   "the log of all memory is not on by it");
	hv_device_assign(f.g, HV_DEVICE_WRITES);
	ok(dirty_vram(&f, 600, 8) == 0 && dirty_count(&f, 8) == 8, "another range");
	dirty_write(&f, 510, 1);
	n = dirty_exits(&f);
	ok(!dirty_write(&f, 511, 1), "the old one");
	ok(dirty_vram(&f, 0, 0) == 0, "none: it ends");
	dirty_write(&f, 601, 1);
	n = dirty_exits(&f);
	ok(!dirty_write(&f, 601, 2) && dirty_exits(&f) == n, "and faults do, too");
	ok(dirty_vram(&f, 0, (1u << 18) + 1) == -EINVAL, "more than a gigabyte: -EINVAL");
	dirty_close(&f);
}

/* Memory that comes to a domain while it is logged is not, until the next CLEAN. */
static void populated(void)
{
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	struct fx f;

	if (!dirty_open(&f, dirty_opts(), "populated"))
		return;
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f.gargs + 4096));
	*(uint64_t *)(f.gargs + 4096) = 33;
	memcpy(f.gargs, &r, sizeof(r));
	ok(hv_memory_op(f.gv, XENMEM_decrease_reservation, f.gargs) == 1 &&
		   hv_memory_op(f.gv, XENMEM_populate_physmap, f.gargs) == 1,
	   "a page is given up, and had again");
	ok(!dirty_write(&f, 33, 1) && !dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES) &&
		   !dirty_has(&f, 33),
	   "what is written to it is not recorded, as in Xen 4.17");
	ok(!dirty_write(&f, 33, 1) && !dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES) &&
		   dirty_has(&f, 33),
	   "after a CLEAN it is");
	dirty_close(&f);
}

/* A number beyond what a p2m has is not that of a page that it has: its marks stay. */
static void beyond(void)
{
	struct fx_opts o = dirty_opts();
	uint64_t word = 1;
	struct fx f;

	o.granter.iommu = HV_IOMMU_SHARED;
	o.granter.log_veto = HV_VETO_NONE;
	if (!dirty_open(&f, o, "beyond"))
		return;
	hv_device_access(f.g, 0, 0, &word, sizeof(word), true);
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	hv_p2m_lock(f.gv, f.g);
	ok(hv_recalc(f.gv, f.g, HV_PT_MAX_INDEX) == 0 &&
		   hv_p2m_set(f.gv, f.g, HV_PT_MAX_INDEX, 7, 0, HV_P2M_RAM_RW) == -EINVAL,
	   "a page number that is too large changes nothing");
	hv_p2m_unlock(f.gv, f.g);
	ok(!hv_device_access(f.g, 0, 0, &word, sizeof(word), true), "not page 0 either");
	ok(dirty_vram(&f, HV_PT_MAX_INDEX - 4, 8) == -EINVAL, "nor is such a range followed");
	dirty_close(&f);
}

static void pv(void)
{
	struct fx_opts o = dirty_opts();
	struct fx f;

	o.granter.guest = HV_GUEST_PV;
	if (!dirty_open(&f, o, "PV"))
		return;
	ok(dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) == -EOPNOTSUPP &&
		   dirty_vram(&f, 0, 8) == -EOPNOTSUPP,
	   "a PV domain's pages would need shadow page tables: -EOPNOTSUPP");
	dirty_close(&f);
}

int main(void)
{
	grants(HV_GUEST_TRANSLATED, "grants, translated");
	grants(HV_GUEST_PV, "grants, PV");
	others();
	emulator();
	hypervisor();
	vram();
	populated();
	beyond();
	pv();
	return tap_done();
}
