// SPDX-License-Identifier: GPL-2.0-only
/* Looks for the deliberate defects of log-dirty, for tests/hv/mutant_probe.c. */
#include "dirty.h"
#include "mutant_probe.h"

#define draw hv_probe_draw
#define FAR  (1u << 24) /* behind the first node of level 3 */

static struct fx f;

static void open_with(struct fx_opts o)
{
	o.host.seed = 1 + draw(1000);
	want(!fx_open(&f, o));
}

static void enable(void)
{
	want(!dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0));
}

static bool is_dirty(uint64_t gfn)
{
	want(!dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES));
	return dirty_has(&f, gfn);
}

/* What was written to and cleaned is dirty when it is written to again; and it alone. */
static void written(void)
{
	unsigned page = draw(DIRTY_PAGES - 1);

	open_with(dirty_opts());
	enable();
	want(!dirty_write(&f, page, 1) && is_dirty(page) && dirty_count(&f, DIRTY_PAGES) == 1);
	want(!dirty_write(&f, page + 1, 1) && is_dirty(page + 1));
	want(!dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES) && !is_dirty(page));
	want(!dirty_write(&f, page, 2) && is_dirty(page));
	hv_probe_close(&f);
}

static void granted(void)
{
	uint32_t h = 0, ro = 0;

	open_with(dirty_opts());
	fx_grant(&f, 8, 20, false);
	fx_grant(&f, 9, 21, false);
	want(!fx_map(&f, 8, 0, GNTMAP_host_map, &h));
	want(!fx_map(&f, 9, 1, GNTMAP_host_map | GNTMAP_readonly, &ro));
	enable();
	want(!fx_unmap(&f, ro, 1, 0) && !is_dirty(21));
	want(!fx_unmap(&f, h, 0, 0) && is_dirty(20));
	want(!dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES));
	want(!dirty_copy(&f, 9, true) && is_dirty(21));
	/* A page of another domain's. */
	want(!dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES));
	hv_log_mfn(f.mv, f.g, f.m->first_mfn + 33);
	want(!is_dirty(33));
	hv_probe_close(&f);
}

static void devices(void)
{
	struct fx_opts o = dirty_opts();
	uint64_t word = 1;

	o.granter.iommu = HV_IOMMU_STRICT;
	open_with(o);
	want(!hv_device_assign(f.g, HV_DEVICE_WRITES));
	want(dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) == -EINVAL);
	want(!hv_device_remove(f.g, HV_DEVICE_WRITES));
	enable();
	want(hv_device_assign(f.g, HV_DEVICE_WRITES) == -EXDEV);
	hv_probe_close(&f);
	o.granter.iommu = HV_IOMMU_SHARED;
	o.granter.log_veto = HV_VETO_NONE;
	open_with(o);
	want(!hv_device_access(f.g, 40, 0, &word, sizeof(word), true));
	enable();
	dirty_read(&f, 40);
	want(hv_device_access(f.g, 40, 0, &word, sizeof(word), true) == -EFAULT);
	hv_probe_close(&f);
}

/* A CLEAN that is left after the first node of level 3. */
static void left(void)
{
	struct fx_opts o = dirty_opts();
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };
	bool resuming = false;
	struct domctl *c;
	long rc;

	o.host.preempt_every = 1;
	open_with(o);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f.gargs + 4096));
	*(uint64_t *)(f.gargs + 4096) = FAR;
	memcpy(f.gargs, &r, sizeof(r));
	want(hv_memory_op(f.gv, XENMEM_populate_physmap, f.gargs) == 1);
	enable();
	want(!dirty_write(&f, 3, 1) && !dirty_write(&f, FAR, 1));
	c = dirty_prepare(&f, SHADOW_CLEAN, 0, FAR + 64);
	c->u.shadow_op.bitmap = 0;
	want(hv_domctl_step(f.mv, c, &resuming) == -HV_ERESTART);
	memcpy(f.margs + 2048, c, sizeof(*c));
	want(dirty_op(&f, SHADOW_PEEK, 0, 64) == -EBUSY);
	c = (struct domctl *)(f.margs + 2048);
	while ((rc = hv_domctl_step(f.mv, c, &resuming)) == -HV_ERESTART)
		;
	want(!rc && !hv_log_has(f.g, FAR) && !hv_log_has(f.g, 3));
	hv_probe_close(&f);
}

static void memory(void)
{
	open_with(dirty_opts());
	enable();
	dirty_read(&f, 600);
	hv_host_fail_alloc(f.host, 1);
	want(!dirty_write(&f, 600, 1));
	hv_host_fail_alloc(f.host, 0);
	want(dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES) == -ENOMEM);
	hv_probe_close(&f);
	open_with(dirty_opts());
	enable();
	want(!dirty_write(&f, 3, 1));
	memset(dirty_bits(&f), 0x5a, 4096);
	want(!dirty_op(&f, SHADOW_PEEK, 0, 64));
	want(dirty_bits(&f)[1] == 0x5a5a5a5a5a5a5a5aull);
	hv_probe_close(&f);
}

void hv_probe_dirty(void)
{
	written();
	granted();
	devices();
	left();
	memory();
	hv_probe_ways();
	hv_probe_physmap();
}
