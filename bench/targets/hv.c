// SPDX-License-Identifier: GPL-2.0-only
/*
 * The reference hypervisor as a target: a host of its own per machine, so that machines under
 * comparison share nothing but the processor.
 */
#include <errno.h>
#include <gnb/target.h>
#include <hv/hv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

#define STATUS_INDEX 0x80000000u /* XENMAPIDX_grant_table_status */
#define ARGS_PAGES   96
#define HOST_CPUS    8 /* where nobody says how many */

struct gnb_machine {
	struct hv_host *host;
	struct hv_domain *dom[GNB_ROLES]; /* the same one twice for a self-grant machine */
	struct gnb_machine_config cfg;
	size_t args_used[GNB_ROLES];
	unsigned frames; /* grant frames set up */
	uint64_t *list;	 /* argument memory for frame lists */
};

static const enum hv_iommu_mode iommu_mode[] = {
	[GNB_IOMMU_NONE] = HV_IOMMU_NONE,
	[GNB_IOMMU_SHARED] = HV_IOMMU_SHARED,
	[GNB_IOMMU_STRICT] = HV_IOMMU_STRICT,
	[GNB_IOMMU_BATCHED] = HV_IOMMU_BATCHED,
};

/* What hv does for a version beside its entries. One that is not here is Xen's in all else. */
static const struct {
	const char *version;
	enum hv_flush_policy flush; /* of its mapper, as is args_block */
	bool args_block, super, revocable;
} does[] = {
	{ "v1-batch", .flush = HV_FLUSH_PER_HYPERCALL },
	{ "v1-args", .args_block = true },
	{ "v1-super", .super = true },
	{ "v1-revoke", .revocable = true },
};

/* The part of a domain that grants, and of one that maps besides. */
static void set_granter(struct hv_domain_config *d, const struct gnb_version *v)
{
	for (size_t i = 0; i < sizeof(does) / sizeof(does[0]); i++)
		if (!strcmp(does[i].version, v->name)) {
			d->super = does[i].super;
			d->revocable = does[i].revocable;
		}
}

static void set_mapper(struct hv_domain_config *d, const struct gnb_version *v)
{
	set_granter(d, v);
	for (size_t i = 0; i < sizeof(does) / sizeof(does[0]); i++)
		if (!strcmp(does[i].version, v->name)) {
			d->flush = does[i].flush;
			d->args_block = does[i].args_block;
		}
#ifdef HV_SLOW
#define TEXT(x)	 #x
#define QUOTE(x) TEXT(x)
	d->slow = !strcmp(v->name, QUOTE(HV_SLOW_VERSION));
#endif
}

/* A vCPU of the seam is a vCPU of hv. */
static struct hv_vcpu *hv(struct gnb_vcpu *v)
{
	return (struct hv_vcpu *)v;
}

/* CPUs that a host needs: one for the toolstack, and one for each vCPU. */
static unsigned cpus_needed(const struct gnb_machine_config *c)
{
	unsigned granter = c->vcpus[GNB_GRANTER] ? c->vcpus[GNB_GRANTER] : 1;
	unsigned mapper = c->vcpus[GNB_MAPPER] ? c->vcpus[GNB_MAPPER] : 1;

	if (c->self)
		return 1 + (granter > mapper ? granter : mapper);
	return 1 + granter + mapper;
}

static int t_supported(const struct gnb_machine_config *c, const char **why)
{
	if (c->iommu == GNB_IOMMU_SHARED && c->mapper == GNB_MAPPER_PV) {
		*why = "a PV mapper has no p2m that an IOMMU could share";
		return -EOPNOTSUPP;
	}
	if (c->args == GNB_ARGS_DIRECT && c->mapper == GNB_MAPPER_PV) {
		*why = "a PV guest's arguments are always read where they are";
		return -EOPNOTSUPP;
	}
	if (c->iommu_direct && !(c->iommu == GNB_IOMMU_STRICT || c->iommu == GNB_IOMMU_BATCHED)) {
		*why = "without tables of its own the IOMMU cannot be mapped directly";
		return -EOPNOTSUPP;
	}
	if (cpus_needed(c) > (c->host_cpus ? c->host_cpus : HOST_CPUS)) {
		*why = "each vCPU needs a CPU of its own, and so does the toolstack: --set cpus=64 is a host "
		       "with more of them";
		return -EOPNOTSUPP;
	}
	return 0;
}

static void defaults(struct gnb_machine_config *c)
{
	if (!c->host_cpus)
		c->host_cpus = HOST_CPUS;
	for (unsigned r = 0; r < GNB_ROLES; r++)
		if (!c->vcpus[r])
			c->vcpus[r] = 1;
	if (!c->granter_pages)
		c->granter_pages = 1024;
	if (c->own_pages < GNB_OWN_PAGES)
		c->own_pages = GNB_OWN_PAGES;
	if (!c->map_slots)
		c->map_slots = 1024;
	if (!c->max_grant_frames)
		c->max_grant_frames = 64;
	if (!c->grant_frames)
		c->grant_frames = 1;
}

static int make_host(struct gnb_machine *m)
{
	const struct gnb_machine_config *c = &m->cfg;
	struct hv_host_config h = {
		.nr_cpus = c->host_cpus,
		.heap_pages = (c->prefault ? 256 : 8192) + 8 * c->max_grant_frames,
		.prefault = c->prefault,
		.seed = c->layout,
		.ram_pages = c->granter_pages + c->nodes + 2 * ARGS_PAGES + 3 * GNB_OWN_PAGES +
			     c->map_slots / 512,
		.flush = c->flush == GNB_FLUSH_MEMBARRIER ? HV_FLUSH_MEMBARRIER : HV_FLUSH_COUNT,
		.entry = c->entry == GNB_ENTRY_SYSCALL ? HV_ENTRY_SYSCALL : HV_ENTRY_NONE,
	};

	/* A gigabyte is aligned. */
	if (c->own_pages > GNB_OWN_PAGES)
		h.ram_pages += 2 * c->own_pages;
	return hv_host_create(&h, &m->host);
}

static int make_domains(struct gnb_machine *m)
{
	const struct gnb_machine_config *c = &m->cfg;
	struct hv_domain_config d = {
		.guest = c->mapper == GNB_MAPPER_PV ? HV_GUEST_PV : HV_GUEST_TRANSLATED,
		.args_pages = ARGS_PAGES,
		.args_direct = c->args == GNB_ARGS_DIRECT,
		.max_grant_frames = c->max_grant_frames,
	};
	int rc;

	d.pages = c->granter_pages + c->nodes;
	d.vcpus = c->vcpus[GNB_GRANTER];
	if (c->self) {
		d.vcpus = c->vcpus[GNB_MAPPER] > d.vcpus ? c->vcpus[GNB_MAPPER] : d.vcpus;
		d.map_slots = c->map_slots;
		d.iommu = iommu_mode[c->iommu];
		set_mapper(&d, c->version);
	} else {
		set_granter(&d, c->version);
	}
	rc = hv_domain_create(m->host, &d, &m->dom[GNB_GRANTER]);
	if (rc || c->self) {
		m->dom[GNB_MAPPER] = m->dom[GNB_GRANTER];
		return rc;
	}
	d.pages = c->own_pages;
	d.vcpus = c->vcpus[GNB_MAPPER];
	d.map_slots = c->map_slots;
	d.iommu = iommu_mode[c->iommu];
	set_mapper(&d, c->version);
	return hv_domain_create(m->host, &d, &m->dom[GNB_MAPPER]);
}

static void *t_args_alloc(struct gnb_machine *m, enum gnb_role role, size_t bytes)
{
	size_t room, *used = &m->args_used[m->cfg.self ? GNB_GRANTER : role];
	uint8_t *base = hv_guest_args(m->dom[role], &room), *p;

	bytes = (bytes + GNB_PAGE_SIZE - 1) & ~(size_t)(GNB_PAGE_SIZE - 1);
	if (bytes > room - *used)
		return NULL;
	p = base + *used;
	*used += bytes;
	memset(p, 0, bytes);
	return p;
}

static long op(struct gnb_machine *m, unsigned cmd, const void *args, size_t size, void *out)
{
	long rc;

	/* The page after the frame list serves small operations. */
	memcpy(m->list + 1024, args, size);
	rc = hv_grant_table_op(hv_domain_vcpu(m->dom[GNB_GRANTER], 0), cmd, m->list + 1024, 1);
	memcpy(out, m->list + 1024, size);
	return rc;
}

static int place(struct gnb_machine *m, unsigned idx, uint64_t gfn)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .idx = idx, .gpfn = gfn
	};

	memcpy(m->list + 1024, &a, sizeof(a));
	return (int)hv_memory_op(hv_domain_vcpu(m->dom[GNB_GRANTER], 0), XENMEM_add_to_physmap,
				 m->list + 1024);
}

static unsigned status_frames(const struct gnb_machine *m, unsigned frames)
{
	return m->cfg.version->entries == GNB_ENTRIES_V2 ? (frames + 7) / 8 : 0;
}

static int t_grow(struct gnb_machine *m, unsigned nr)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = nr };
	int rc;

	if (nr > 1024)
		return -EINVAL;
	set_xen_guest_handle(s.frame_list, (xen_pfn_t *)m->list);
	rc = (int)op(m, GNTTABOP_setup_table, &s, sizeof(s), &s);
	if (!rc && s.status != GNTST_okay)
		rc = -ENOSPC;
	for (unsigned i = m->frames; !rc && m->cfg.mapper == GNB_MAPPER_TRANSLATED && i < nr; i++)
		rc = place(m, i, HV_GFN_GRANT_BASE + i);
	for (unsigned i = status_frames(m, m->frames);
	     !rc && m->cfg.mapper == GNB_MAPPER_TRANSLATED && i < status_frames(m, nr); i++)
		rc = place(m, i | STATUS_INDEX, HV_GFN_GRANT_BASE + 65536 + i);
	if (!rc && nr > m->frames)
		m->frames = nr;
	return rc;
}

static int set_up_table(struct gnb_machine *m)
{
	struct gnttab_set_version v = { .version = 2 };
	int rc = 0;

	m->list = t_args_alloc(m, GNB_GRANTER, 3 * GNB_PAGE_SIZE);
	if (!m->list)
		return -ENOMEM;
	if (m->cfg.version->entries == GNB_ENTRIES_V2)
		rc = (int)op(m, GNTTABOP_set_version, &v, sizeof(v), &v);
	return rc ? rc : t_grow(m, m->cfg.grant_frames);
}

static int t_open(const struct gnb_machine_config *cfg, struct gnb_machine **out, const char **why)
{
	struct gnb_machine *m = calloc(1, sizeof(*m));
	int rc;

	/* What has no sentence of its own is told by its errno. */
	*why = NULL;
	if (!m)
		return -ENOMEM;
	m->cfg = *cfg;
	defaults(&m->cfg);
	rc = make_host(m);
	if (rc == -ENOSYS) {
		*why = "membarrier(2) is not available here";
		rc = -EOPNOTSUPP;
	}
	if (!rc)
		rc = make_domains(m);
	if (!rc)
		rc = set_up_table(m);
	if (rc == -EMFILE || rc == -ENFILE)
		*why = "the memory of a guest is a file, and no more files can be open: raise ulimit -n";
	if (rc) {
		hv_host_destroy(m->host);
		free(m);
		return rc;
	}
	*out = m;
	return 0;
}

static int t_close(struct gnb_machine *m, char *why, size_t len)
{
	unsigned live = hv_domain_mappings(m->dom[GNB_MAPPER]);
	int rc = 0;

	if (live) {
		snprintf(why, len, "%u mappings were left", live);
		rc = -EBUSY;
	} else if (hv_check(m->host, true, why, len)) {
		rc = -EBUSY;
	}
	hv_host_destroy(m->host);
	free(m);
	return rc;
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
					      .nr_frames = status_frames(m, m->frames) };
	long rc;

	if (i >= (status ? g.nr_frames : m->frames))
		return NULL;
	if (m->cfg.mapper == GNB_MAPPER_TRANSLATED)
		return hv_guest_frame_ptr(m->dom[GNB_GRANTER],
					  HV_GFN_GRANT_BASE + (status ? 65536 : 0) + i);
	if (status) {
		set_xen_guest_handle(g.frame_list, m->list);
		rc = op(m, GNTTABOP_get_status_frames, &g, sizeof(g), &g);
		rc = rc ? rc : g.status;
	} else {
		set_xen_guest_handle(s.frame_list, (xen_pfn_t *)m->list);
		rc = op(m, GNTTABOP_setup_table, &s, sizeof(s), &s);
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
}

static void t_footprint(struct gnb_machine *m, uint64_t *guest_bytes, uint64_t *hv_bytes)
{
	hv_domain_grant_bytes(m->dom[GNB_GRANTER], guest_bytes, hv_bytes);
}

static const struct gnb_target target_hv = {
	.name = "hv",
	.summary = "reference hypervisor in this process, after Xen 4.17",
	.count_names = hv_counter_names,
	.supported = t_supported,
	.open = t_open,
	.close = t_close,
	.vcpu = t_vcpu,
	.domid = t_domid,
	.hypercall = t_hypercall,
	.args_alloc = t_args_alloc,
	.frame = t_frame,
	.ram = t_ram,
	.own_frame = t_own_frame,
	.own_ram = t_own_ram,
	.grant_frame = t_grant_frame,
	.node = t_node,
	.grow = t_grow,
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
	.counts = t_counts,
	.footprint = t_footprint,
};
GNB_TARGET(target_hv);
