// SPDX-License-Identifier: GPL-2.0-only
/*
 * Log-dirty and devices: when it may be on, by each rule, for each kind of device and of tables; and what happens to a
 * device's writes, whoever sees them (docs/p2m.md).
 */
#include "dirty.h"

static const char *const veto_names[] = { "committed", "before", "proposed", "property", "none" };

/* 0: no tables; 1: separate; 2: shared; 3: separate, with dirty bits. */
#define TABLES 4
static const char *const table_names[] = { "no IOMMU", "separate", "shared", "dirty bits" };

static void set_tables(struct hv_domain_config *c, unsigned tables)
{
	c->iommu = tables == 0 ? HV_IOMMU_NONE : tables == 2 ? HV_IOMMU_SHARED : HV_IOMMU_STRICT;
	c->iommu_dirty_bits = tables == 3;
}

/* What the rules say: a letter for each kind of device (none; writes, reads, provider), r: refused. */
static const char *const refused[HV_NR_VETOES][TABLES] = {
	[HV_VETO_COMMITTED] = { "-", "-rrr", "-rrr", "-rrr" },
	[HV_VETO_BEFORE] = { "-", "rrrr", "rrrr", "rrrr" },
	[HV_VETO_PROPOSED] = { "-", "----", "-rrr", "----" },
	[HV_VETO_PROPERTY] = { "-", "-r--", "-r-r", "----" },
	[HV_VETO_NONE] = { "-", "----", "----", "----" },
};

static bool refuses(unsigned veto, unsigned tables, unsigned device)
{
	return refused[veto][tables][device] == 'r';
}

static void one_rule(unsigned veto, unsigned tables)
{
	struct fx_opts o = dirty_opts();
	bool enable = true, assign = true;
	struct fx f;

	o.granter.log_veto = (enum hv_log_veto)veto;
	set_tables(&o.granter, tables);
	for (unsigned k = 0; k <= HV_DEVICE_KINDS && (tables || !k); k++) {
		long want = refuses(veto, tables, k) ? -EINVAL : 0;
		enum hv_device_kind kind = (enum hv_device_kind)(k - 1);

		if (fx_open(&f, o)) {
			ok(0, "set up");
			return;
		}
		if (k)
			enable &= !hv_device_assign(f.g, kind);
		enable &= dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) == want;
		if (k)
			enable &= !hv_device_remove(f.g, kind) &&
				  hv_device_remove(f.g, kind) == -ENODEV;
		/* And the other way round: assigned while it is on, as it can be without a device. */
		dirty_op(&f, SHADOW_CLEAN, 0, 0);
		if (k)
			assign &= hv_device_assign(f.g, kind) == (want ? -EXDEV : 0);
		else if (!tables)
			assign &= hv_device_assign(f.g, HV_DEVICE_WRITES) == -EOPNOTSUPP;
		enable &= !fx_check(&f, true);
		fx_close(&f);
	}
	ok(enable, "%s, %s: ENABLE is refused where the rule says so", veto_names[veto],
	   table_names[tables]);
	ok(assign, "%s, %s: and so is a device while it is on", veto_names[veto],
	   table_names[tables]);
}

static void override(void)
{
	struct fx_opts o = dirty_opts();
	struct fx f;

	o.granter.log_veto = HV_VETO_PROPERTY;
	o.granter.iommu = HV_IOMMU_STRICT;
	if (!dirty_open(&f, o, "override"))
		return;
	hv_device_assign(f.g, HV_DEVICE_WRITES);
	ok(dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0) == -EINVAL, "refused by property");
	ok(dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, HV_LOG_OVERRIDE, 0) == 0,
	   "unless the toolstack says that it knows what it does");
	dirty_close(&f);
}

static int dma(struct fx *f, uint64_t dfn)
{
	uint64_t word = 0xabcdef;

	return hv_device_access(f->g, dfn, 16, &word, sizeof(word), true);
}

/* Separate tables: a write goes through, and nobody sees it but the model. */
static void unseen(void)
{
	struct fx_opts o = dirty_opts();
	struct hv_log_stats s;
	struct fx f;

	o.granter.iommu = HV_IOMMU_STRICT;
	o.granter.log_veto = HV_VETO_NONE;
	if (!dirty_open(&f, o, "separate tables"))
		return;
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	dirty_write(&f, 40, 1);
	ok(!dma(&f, 40) && !dma(&f, 41) && !dma(&f, 41), "the device writes to what is logged");
	hv_log_stats(f.g, &s);
	ok(s.dma_writes == 3 && s.dma_unrecorded == 3 && s.dma_faults == 0,
	   "three writes, which nobody recorded");
	ok(!dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES) && dirty_count(&f, DIRTY_PAGES) == 1 &&
		   dirty_has(&f, 40),
	   "the bitmap has what the guest wrote");
	hv_log_stats(f.g, &s);
	ok(s.missed_pages == 1, "one page is in no bitmap: the one that the guest wrote to is");
	ok(!dirty_report(&f, 41, 1), "a provider reports it");
	hv_log_stats(f.g, &s);
	ok(s.missed_pages == 0 && !dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES) && dirty_has(&f, 41),
	   "then none is missed, and it is dirty");
	dirty_close(&f);
}

static void no_tables_written(void)
{
	struct fx_opts o = dirty_opts();
	uint64_t n;
	struct fx f;

	o.granter.iommu = HV_IOMMU_STRICT;
	if (!dirty_open(&f, o, "tables of its own"))
		return;
	n = hv_vcpu_counters(f.gv)->iotlb_invs + hv_vcpu_counters(f.mv)->iotlb_invs;
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	dirty_write(&f, 1, 1);
	dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES);
	dirty_write(&f, 1, 1);
	dirty_op(&f, SHADOW_OFF, 0, 0);
	ok(hv_vcpu_counters(f.gv)->iotlb_invs + hv_vcpu_counters(f.mv)->iotlb_invs == n,
	   "nothing of log-dirty touches the IOMMU");
	dirty_close(&f);
}

/* Shared tables: a right that goes is the device's, too. */
static void shared(void)
{
	struct fx_opts o = dirty_opts();
	struct hv_log_stats s;
	struct fx f;

	o.granter.iommu = HV_IOMMU_SHARED;
	o.granter.log_veto = HV_VETO_NONE;
	if (!dirty_open(&f, o, "shared tables"))
		return;
	ok(!dma(&f, 40) && !dma(&f, 600), "the device writes");
	dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0);
	ok(!dma(&f, 600),
	   "and goes on writing where marks were not pushed down: it does not look at them");
	hv_log_stats(f.g, &s);
	ok(s.dma_unrecorded == 1 && s.missed_pages == 1, "which nobody records");
	dirty_write(&f, 41, 1);
	ok(dma(&f, 40) == -EFAULT, "where they were it faults, by the IOTLB, too");
	ok(!dma(&f, 41), "but for what the guest wrote to");
	hv_log_stats(f.g, &s);
	ok(s.dma_faults == 1, "one fault, which nothing can resume");
	dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES);
	dirty_read(&f, 41);
	ok(dma(&f, 41) == -EFAULT, "until the next CLEAN");
	dirty_op(&f, SHADOW_OFF, 0, 0);
	dirty_read(&f, 41);
	ok(!dma(&f, 41), "OFF gives the right back");
	dirty_close(&f);
}

/* An IOMMU that says what was written to. */
static void dirty_bits_of_its_own(void)
{
	struct fx_opts o = dirty_opts();
	struct hv_log_stats s;
	struct fx f;

	o.granter.iommu = HV_IOMMU_STRICT;
	o.granter.iommu_dirty_bits = true;
	o.granter.log_veto = HV_VETO_PROPERTY;
	o.granter.pages = DIRTY_PAGES + 8; /* the last ones have entries of 4K */
	if (!dirty_open(&f, o, "dirty bits"))
		return;
	hv_device_assign(f.g, HV_DEVICE_WRITES);
	ok(!dirty_op(&f, SHADOW_ENABLE_LOGDIRTY, 0, 0), "enabled with a device that writes");
	ok(!dma(&f, DIRTY_PAGES + 1) && !dma(&f, DIRTY_PAGES + 1), "it writes to an entry of 4K");
	ok(!dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES + 8) &&
		   dirty_count(&f, DIRTY_PAGES + 8) == 1 && dirty_has(&f, DIRTY_PAGES + 1),
	   "CLEAN has the page");
	ok(!dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES + 8) && !dirty_count(&f, DIRTY_PAGES + 8),
	   "once");
	ok(!dma(&f, DIRTY_PAGES + 1) && !dirty_op(&f, SHADOW_PEEK, 0, DIRTY_PAGES + 8) &&
		   dirty_has(&f, DIRTY_PAGES + 1),
	   "and again when it is written to again: the IOTLB was told");
	ok(!dma(&f, 3) && !dirty_op(&f, SHADOW_CLEAN, 0, DIRTY_PAGES + 8) && dirty_has(&f, 3) &&
		   dirty_has(&f, 511) && !dirty_has(&f, 512),
	   "a write to an entry of 2M makes all of it dirty");
	hv_log_stats(f.g, &s);
	ok(s.dma_writes == 4 && s.dma_unrecorded == 0 && s.missed_pages == 0, "nothing is missed");
	dirty_close(&f);
}

static void configs(void)
{
	struct fx_opts o = dirty_opts();
	struct fx f;
	struct hv_domain *d;

	if (!dirty_open(&f, o, "configurations"))
		return;
	o.granter.iommu_dirty_bits = true;
	ok(hv_domain_create(f.host, &o.granter, &d) == -EINVAL,
	   "dirty bits without tables: -EINVAL");
	o.granter.iommu_dirty_bits = false;
	o.granter.log_veto = HV_NR_VETOES;
	ok(hv_domain_create(f.host, &o.granter, &d) == -EINVAL, "an unknown rule: -EINVAL");
	ok(hv_device_assign(f.g, HV_DEVICE_KINDS) == -EINVAL &&
		   hv_device_remove(f.g, HV_DEVICE_KINDS) == -EINVAL,
	   "an unknown device: -EINVAL");
	dirty_close(&f);
}

int main(void)
{
	for (unsigned v = 0; v < HV_NR_VETOES; v++)
		for (unsigned t = 0; t < TABLES; t++)
			one_rule(v, t);
	override();
	unseen();
	no_tables_written();
	shared();
	dirty_bits_of_its_own();
	configs();
	return tap_done();
}
