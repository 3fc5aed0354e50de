// SPDX-License-Identifier: GPL-2.0-only
/* Machines of the reference hypervisor: what can be had, how one is made, and its end. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hv_machine.h"

#include <xen/xen.h>
#include <xen/grant_table.h>
#include <xen/memory.h>

#include "hv_ram.h"
#include "hv_viommu.h"

#define STATUS_INDEX 0x80000000u /* XENMAPIDX_grant_table_status */
#define HOST_CPUS    8		 /* where nobody says how many */

static const enum hv_iommu_mode iommu_mode[] = {
	[GNB_IOMMU_NONE] = HV_IOMMU_NONE,
	[GNB_IOMMU_SHARED] = HV_IOMMU_SHARED,
	[GNB_IOMMU_STRICT] = HV_IOMMU_STRICT,
	[GNB_IOMMU_BATCHED] = HV_IOMMU_BATCHED,
};

/* What hv does for a version beside its entries. One that is not here is Xen's in all else. */
static const struct {
	const char *version;
	enum hv_flush_policy flush;
	bool args_block, super, revocable, walk_cache;
} does[] = {
	{ "v1-batch", .flush = HV_FLUSH_PER_HYPERCALL },
	{ "v1-args", .args_block = true },
	{ "v1-super", .super = true },
	{ "v1-revoke", .revocable = true },
	{ "v3", .walk_cache = true },
};

#ifdef HV_SLOW
bool gnb_hv_slow = true;
#endif

/* The domain's part of it. */
static void set_version(struct hv_domain_config *d, const struct gnb_version *v)
{
	for (size_t i = 0; i < sizeof(does) / sizeof(does[0]); i++)
		if (!strcmp(does[i].version, v->name)) {
			d->flush = does[i].flush;
			d->args_block = does[i].args_block;
			d->super = does[i].super;
			d->revocable = does[i].revocable;
			d->v3_walk_cache = does[i].walk_cache;
		}
#ifdef HV_SLOW
#define TEXT(x)	 #x
#define QUOTE(x) TEXT(x)
	d->slow = gnb_hv_slow && !strcmp(v->name, QUOTE(HV_SLOW_VERSION));
#endif
}

/* CPUs that a host needs: one for the toolstack, and one for each vCPU. */
static unsigned cpus_needed(const struct gnb_machine_config *c)
{
	unsigned granter = c->vcpus[GNB_GRANTER] ? c->vcpus[GNB_GRANTER] : 1;
	unsigned mapper = c->vcpus[GNB_MAPPER] ? c->vcpus[GNB_MAPPER] : 1;

	if (c->second)
		return 1 + granter + 2 * mapper + 1;
	if (c->self)
		return 1 + (granter > mapper ? granter : mapper);
	return 1 + granter + mapper;
}

int gnb_hv_supported(const struct gnb_machine_config *c, const char **why)
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
	if (c->logged && c->mapper == GNB_MAPPER_PV) {
		*why = "the pages of a PV guest are not logged: that would take shadow page tables";
		return -EOPNOTSUPP;
	}
	if (c->viommu && c->mapper == GNB_MAPPER_PV) {
		*why = "a PV guest has no virtio-iommu here: its frames are the machine's";
		return -EOPNOTSUPP;
	}
	if (c->ram != GNB_RAM_WHOLE && c->mapper == GNB_MAPPER_PV) {
		*why = "the frames of a PV guest are its own numbers for them: there is nothing between";
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
		.plain_p2m_lock = c->plain_lock,
		.heap_pages = (c->prefault ? 256 + c->map_slots / 512 : 8192) +
			      8 * c->max_grant_frames + c->max_maptrack_frames +
			      2 * c->max_v3_pages,
		.prefault = c->prefault,
		.seed = c->layout,
		.ram_pages = gnb_hv_ram_pages(c),
		.bar_pages = c->device_pages,
		.flush = c->flush == GNB_FLUSH_MEMBARRIER ? HV_FLUSH_MEMBARRIER : HV_FLUSH_COUNT,
		.entry = c->entry == GNB_ENTRY_SYSCALL ? HV_ENTRY_SYSCALL : HV_ENTRY_NONE,
	};

	return hv_host_create(&h, &m->host);
}

static int make_domains(struct gnb_machine *m)
{
	const struct gnb_machine_config *c = &m->cfg;
	struct hv_domain_config d = {
		.guest = c->mapper == GNB_MAPPER_PV ? HV_GUEST_PV : HV_GUEST_TRANSLATED,
		.args_pages = GNB_HV_ARGS_PAGES + c->args_pages,
		.args_direct = c->args == GNB_ARGS_DIRECT,
		.max_grant_frames = c->max_grant_frames,
		.max_v3_pages = c->max_v3_pages,
	};
	struct hv_domain_config toolstack = { .guest = d.guest,
					      .pages = GNB_OWN_PAGES,
					      .args_pages = GNB_HV_ARGS_PAGES,
					      .args_direct = d.args_direct,
					      .privileged = true };
	int rc;

	d.pages = c->granter_pages + c->nodes;
	d.vcpus = c->vcpus[GNB_GRANTER];
	set_version(&d, c->version);
	if (c->no_walk_cache)
		d.v3_walk_cache = false;
	if (c->self) {
		d.vcpus = c->vcpus[GNB_MAPPER] > d.vcpus ? c->vcpus[GNB_MAPPER] : d.vcpus;
		d.map_slots = c->map_slots;
		d.max_maptrack_frames = c->max_maptrack_frames;
		d.iommu = iommu_mode[c->iommu];
	}
	if (c->logged) {
		d.iommu = iommu_mode[c->log_iommu];
		d.iommu_dirty_bits = c->log_bits;
		d.log_veto = HV_VETO_NONE;
		d.log_way = (enum hv_log_way)c->log_way;
		d.log_ring = c->log_ring;
	}
	if (c->pv_iommu) {
		d.iommu = HV_IOMMU_STRICT;
		d.pv_iommu = true;
		d.pv_iommu_large = c->pv_iommu_large;
	}
	rc = hv_domain_create(m->host, &d, &m->dom[GNB_GRANTER]);
	d.iommu_dirty_bits = d.pv_iommu = false;
	d.log_way = HV_WAY_MARKS;
	if (!rc && c->viommu)
		rc = gnb_hv_viommu_create(m);
	if (rc || c->self) {
		m->dom[GNB_MAPPER] = m->dom[GNB_GRANTER];
		return rc;
	}
	d.pages = c->own_pages;
	d.vcpus = c->vcpus[GNB_MAPPER];
	d.map_slots = c->map_slots;
	d.max_maptrack_frames = c->max_maptrack_frames;
	d.iommu = iommu_mode[c->iommu];
	d.privileged = c->logged;
	d.lends = c->lends;
	rc = hv_domain_create(m->host, &d, &m->dom[GNB_MAPPER]);
	if (rc || !c->second)
		return rc;
	rc = hv_domain_create(m->host, &d, &m->waits);
	return rc ? rc : hv_domain_create(m->host, &toolstack, &m->dom[GNB_TOOLSTACK]);
}

void *gnb_hv_args_alloc(struct gnb_machine *m, enum gnb_role role, size_t bytes)
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

long gnb_hv_op(struct gnb_machine *m, unsigned cmd, const void *args, size_t size, void *out)
{
	long rc;

	memcpy(m->small, args, size);
	rc = hv_grant_table_op(hv_domain_vcpu(m->dom[GNB_GRANTER], 0), cmd, m->small, 1);
	memcpy(out, m->small, size);
	return rc;
}

static int place(struct gnb_machine *m, unsigned idx, uint64_t gfn)
{
	struct xen_add_to_physmap a = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_grant_table, .idx = idx, .gpfn = gfn
	};

	memcpy(m->small, &a, sizeof(a));
	return (int)hv_memory_op(hv_domain_vcpu(m->dom[GNB_GRANTER], 0), XENMEM_add_to_physmap,
				 m->small);
}

unsigned gnb_hv_status_frames(const struct gnb_machine *m, unsigned frames)
{
	return m->cfg.version->entries == GNB_ENTRIES_V2 ? (frames + 7) / 8 : 0;
}

int gnb_hv_grow(struct gnb_machine *m, unsigned nr)
{
	struct gnttab_setup_table s = { .dom = DOMID_SELF, .nr_frames = nr };
	int rc;

	/* As many as the list has room for. */
	if (nr > m->cfg.max_grant_frames + 1)
		return -EINVAL;
	set_xen_guest_handle(s.frame_list, (xen_pfn_t *)m->list);
	rc = (int)gnb_hv_op(m, GNTTABOP_setup_table, &s, sizeof(s), &s);
	if (!rc && s.status != GNTST_okay)
		rc = -ENOSPC;
	for (unsigned i = m->frames; !rc && m->cfg.mapper == GNB_MAPPER_TRANSLATED && i < nr; i++)
		rc = place(m, i, HV_GFN_GRANT_BASE + i);
	for (unsigned i = gnb_hv_status_frames(m, m->frames);
	     !rc && m->cfg.mapper == GNB_MAPPER_TRANSLATED && i < gnb_hv_status_frames(m, nr); i++)
		rc = place(m, i | STATUS_INDEX, HV_GFN_GRANT_BASE + 65536 + i);
	if (!rc && nr > m->frames)
		m->frames = nr;
	return rc;
}

static int set_up_table(struct gnb_machine *m)
{
	struct gnttab_set_version v = { .version = 2 };
	int rc = 0;

	/* One more than there can be may be asked for. */
	m->list =
		gnb_hv_args_alloc(m, GNB_GRANTER, (m->cfg.max_grant_frames + 1) * sizeof(*m->list));
	m->small = gnb_hv_args_alloc(m, GNB_GRANTER, GNB_PAGE_SIZE);
	if (!m->list || !m->small)
		return -ENOMEM;
	if (m->cfg.version->entries == GNB_ENTRIES_V2)
		rc = (int)gnb_hv_op(m, GNTTABOP_set_version, &v, sizeof(v), &v);
	if (!rc && m->cfg.logged) {
		m->ctl = gnb_hv_args_alloc(m, GNB_MAPPER, GNB_PAGE_SIZE);
		rc = m->ctl ? 0 : -ENOMEM;
	}
	return rc || m->cfg.cold ? rc : gnb_hv_grow(m, m->cfg.grant_frames);
}

int gnb_hv_open(const struct gnb_machine_config *cfg, struct gnb_machine **out, const char **why)
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
	if (!rc)
		rc = gnb_hv_break_up(m->dom[GNB_GRANTER], m->cfg.granter_pages, m->cfg.ram, m->list,
				     m->small);
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

int gnb_hv_close(struct gnb_machine *m, char *why, size_t len)
{
	unsigned live = hv_domain_mappings(m->dom[GNB_MAPPER]) +
			(m->waits ? hv_domain_mappings(m->waits) : 0);
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
