// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reference hypervisor as a target: a host of its own per machine, so that machines under
 * comparison share nothing but the processor.
 */
#include <errno.h>
#include <gnb/target.h>
#include <hv/hv.h>
#include <hv/locks.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

#include "hv_log.h"
#include "hv_machine.h"

/* A vCPU of the seam is a vCPU of hv. */
static struct hv_vcpu *hv(struct gnb_vcpu *v)
{
	return (struct hv_vcpu *)v;
}

static struct gnb_vcpu *t_vcpu(struct gnb_machine *m, enum gnb_role role, unsigned i)
{
	return (struct gnb_vcpu *)hv_domain_vcpu(m->dom[role], i);
}

static uint16_t t_domid(struct gnb_machine *m, enum gnb_role role)
{
	return hv_domain_id(m->dom[role]);
}

static long t_hypercall(struct gnb_vcpu *v, unsigned cmd, void *args, unsigned count)
{
	return hv_grant_table_op(hv(v), cmd, args, count);
}

static uint64_t t_args_address(struct gnb_machine *m, enum gnb_role role, const void *p)
{
	(void)m;
	(void)role;
	return (uintptr_t)p;
}

static uint64_t t_frame(struct gnb_machine *m, unsigned i)
{
	return hv_guest_frame(m->dom[GNB_GRANTER], i);
}

static void *t_ram(struct gnb_machine *m, unsigned i)
{
	return hv_guest_frame_ptr(m->dom[GNB_GRANTER], t_frame(m, i));
}

static void *t_node(struct gnb_machine *m, unsigned i, uint64_t *frame)
{
	if (i >= m->cfg.nodes)
		return NULL;
	*frame = t_frame(m, m->cfg.granter_pages + i);
	return hv_guest_frame_ptr(m->dom[GNB_GRANTER], *frame);
}

static uint64_t t_own_frame(struct gnb_machine *m, unsigned i)
{
	return hv_guest_frame(m->dom[GNB_MAPPER], i);
}

static void *t_own_ram(struct gnb_machine *m, unsigned i)
{
	return hv_guest_frame_ptr(m->dom[GNB_MAPPER], t_own_frame(m, i));
}

static void *t_grant_frame(struct gnb_machine *m, unsigned i, bool status)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = m->frames };
	struct gnttab_get_status_frames g = { .dom = DOMID_SELF,
					      .nr_frames = gnb_hv_status_frames(m, m->frames) };
	long rc;

	if (i >= (status ? g.nr_frames : m->frames))
		return NULL;
	if (m->cfg.mapper == GNB_MAPPER_TRANSLATED)
		return hv_guest_frame_ptr(m->dom[GNB_GRANTER],
					  HV_GFN_GRANT_BASE + (status ? 65536 : 0) + i);
	if (status) {
		set_xen_guest_handle(g.frame_list, m->list);
		rc = gnb_hv_op(m, GNTTABOP_get_status_frames, &g, sizeof(g), &g);
		rc = rc ? rc : g.status;
	} else {
		set_xen_guest_handle(s.frame_list, (xen_pfn_t *)m->list);
		rc = gnb_hv_op(m, GNTTABOP_setup_table, &s, sizeof(s), &s);
		rc = rc ? rc : s.status;
	}
	return rc ? NULL : hv_guest_frame_ptr(m->dom[GNB_GRANTER], m->list[i]);
}

static uint64_t t_map_addr(struct gnb_machine *m, unsigned i)
{
	return hv_guest_map_addr(m->dom[GNB_MAPPER], i);
}

static int t_touch(struct gnb_vcpu *v, uint64_t addr, unsigned off, void *buf, unsigned len,
		   bool write)
{
	return hv_guest_access(hv(v), addr, off, buf, len, write);
}

static int t_dma(struct gnb_machine *m, uint64_t dfn, unsigned off, void *buf, unsigned len,
		 bool write)
{
	return hv_device_access(m->dom[GNB_MAPPER], dfn, off, buf, len, write);
}

static uint64_t t_map_dfn(struct gnb_machine *m, unsigned i, uint64_t dev_bus_addr)
{
	/* A PV domain's device uses machine frames, a translated one's guest frames. */
	return (m->cfg.mapper == GNB_MAPPER_PV ? dev_bus_addr : t_map_addr(m, i)) >> GNB_PAGE_SHIFT;
}

static int t_iommu_map(struct gnb_vcpu *v, uint64_t dfn, uint64_t n, unsigned order)
{
	return hv_iommu_map(hv(v), dfn, 0, n, order);
}

static int t_iommu_unmap(struct gnb_vcpu *v, uint64_t dfn, uint64_t n)
{
	return hv_iommu_unmap(hv(v), dfn, n);
}

static int t_iommu_flush(struct gnb_vcpu *v, uint64_t dfn, uint64_t n, unsigned scope)
{
	return hv_iommu_flush(hv(v), dfn, n, (enum hv_flush_scope)scope);
}

static int t_iommu_unmap_later(struct gnb_vcpu *v, uint64_t dfn, uint64_t n, unsigned queue)
{
	return hv_iommu_unmap_later(hv(v), dfn, n, queue);
}

static int t_iommu_settle(struct gnb_vcpu *v)
{
	return hv_iommu_settle(hv(v));
}

static void t_iommu_stale(struct gnb_machine *m, uint64_t *unmaps, uint64_t *bytes)
{
	struct hv_iommu_stale stale;

	hv_iommu_stale(m->dom[GNB_MAPPER], &stale);
	*unmaps = stale.unmaps;
	*bytes = stale.bytes;
}

static void t_swap_mappers(struct gnb_machine *m)
{
	struct hv_domain *d = m->dom[GNB_MAPPER];
	size_t used = m->args_used[GNB_MAPPER];

	m->dom[GNB_MAPPER] = m->waits;
	m->waits = d;
	m->args_used[GNB_MAPPER] = m->waits_args_used;
	m->waits_args_used = used;
}

static uint64_t t_take_events(struct gnb_machine *m, enum gnb_role role)
{
	return hv_guest_take_events(m->dom[role]);
}

static void add_counts(struct hv_domain *d, struct gnb_counts *out)
{
	struct hv_vcpu *v;

	for (unsigned i = 0; (v = hv_domain_vcpu(d, i)); i++) {
		const uint64_t *c = (const uint64_t *)hv_vcpu_counters(v);

		for (unsigned k = 0; k < HV_NR_COUNTERS; k++)
			out->v[k] += c[k];
	}
}

static void t_counts(struct gnb_machine *m, struct gnb_counts *out)
{
	_Static_assert(HV_NR_COUNTERS <= GNB_COUNTS_MAX, "GNB_COUNTS_MAX is too small");
	memset(out, 0, sizeof(*out));
	add_counts(m->dom[GNB_GRANTER], out);
	if (!m->cfg.self)
		add_counts(m->dom[GNB_MAPPER], out);
	if (m->cfg.second) {
		add_counts(m->waits, out);
		add_counts(m->dom[GNB_TOOLSTACK], out);
	}
}

static void add_waits(struct hv_domain *d, struct gnb_waits *add)
{
	struct hv_vcpu *v;

	for (unsigned i = 0; (v = hv_domain_vcpu(d, i)); i++) {
		const struct hv_counters *c = hv_vcpu_counters(v);
		const struct hv_lock_account *a = hv_vcpu_locks(v);

		add->acquisitions += c->spin_locks + c->pcpu_reads + c->pcpu_writes + c->page_locks;
		for (unsigned k = 0; k < HV_NR_LOCKS; k++) {
			add->contended += a->waits[k].n;
			add->ticks += a->waits[k].ticks;
		}
	}
}

static void t_waits(struct gnb_machine *m, struct gnb_waits *add)
{
	add_waits(m->dom[GNB_GRANTER], add);
	if (!m->cfg.self)
		add_waits(m->dom[GNB_MAPPER], add);
}

static void t_footprint(struct gnb_machine *m, uint64_t *guest, uint64_t *hv, uint64_t *mapper)
{
	const struct hv_domain *g = m->dom[GNB_GRANTER], *d = m->dom[GNB_MAPPER];

	if (m->cfg.version->entries == GNB_ENTRIES_TREE) {
		*guest = 0;
		*hv = hv_domain_v3_bytes(g);
		*mapper = m->cfg.self ? 0 : hv_domain_v3_bytes(d);
		return;
	}
	hv_domain_grant_bytes(g, guest, hv);
	*hv -= hv_domain_maptrack_bytes(g);
	*mapper = hv_domain_maptrack_bytes(d);
}

#ifdef HV_SLOW
/* Two settings of one program that differ in work: only a build that can be slowed has them. */
static const struct gnb_target_option t_options[] = {
	{ "slow", "yes|no", "do the work that the build was made for with SLOW=, or not (yes)" },
	{ 0 },
};

static int t_option(const char *key, const char *value, const char **why)
{
	(void)key;
	*why = "it is done or not";
	gnb_hv_slow = !strcmp(value, "yes");
	return gnb_hv_slow || !strcmp(value, "no") ? 0 : -EINVAL;
}
#endif

static const struct gnb_target target_hv = {
	.name = "hv",
	.summary = "reference hypervisor in this process, after Xen 4.17",
	.count_names = hv_counter_names,
#ifdef HV_SLOW
	.options = t_options,
	.option = t_option,
#endif
	.supported = gnb_hv_supported,
	.open = gnb_hv_open,
	.close = gnb_hv_close,
	.vcpu = t_vcpu,
	.domid = t_domid,
	.hypercall = t_hypercall,
	.args_alloc = gnb_hv_args_alloc,
	.args_address = t_args_address,
	.frame = t_frame,
	.ram = t_ram,
	.own_frame = t_own_frame,
	.own_ram = t_own_ram,
	.grant_frame = t_grant_frame,
	.node = t_node,
	.grow = gnb_hv_grow,
	.map_addr = t_map_addr,
	.touch = t_touch,
	.dma = t_dma,
	.map_dfn = t_map_dfn,
	.iommu_map = t_iommu_map,
	.iommu_unmap = t_iommu_unmap,
	.iommu_flush = t_iommu_flush,
	.iommu_unmap_later = t_iommu_unmap_later,
	.iommu_settle = t_iommu_settle,
	.iommu_stale = t_iommu_stale,
	.swap_mappers = t_swap_mappers,
	.take_events = t_take_events,
	.operation = gnb_hv_operation,
	.lacks = gnb_hv_lacks,
	.counts = t_counts,
	.waits = t_waits,
	.footprint = t_footprint,
};
GNB_TARGET(target_hv);
