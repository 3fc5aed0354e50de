// SPDX-License-Identifier: GPL-2.0-only
/* The reference hypervisor's operations beside grants, by kind and number. */
#include <errno.h>
#include <string.h>

#include <shadow_op.h>

#include "hv_lend.h"
#include "hv_log.h"
#include "hv_physmap.h"
#include "hv_pviommu.h"
#include "hv_viommu.h"

static const unsigned shadow_nr[] = { [GNB_LOG_ENABLE] = SHADOW_ENABLE_LOGDIRTY,
				      [GNB_LOG_PEEK] = SHADOW_PEEK,
				      [GNB_LOG_CLEAN] = SHADOW_CLEAN,
				      [GNB_LOG_OFF] = SHADOW_OFF };

/* The gnb_log_way of a machine is the hv_log_way of its granter. */
_Static_assert((int)GNB_WAY_MARKS == HV_WAY_MARKS && (int)GNB_WAY_GET == HV_WAY_GET &&
		       (int)GNB_WAY_MANUAL == HV_WAY_MANUAL &&
		       (int)GNB_WAY_ALL_SET == HV_WAY_ALL_SET && (int)GNB_WAY_RING == HV_WAY_RING &&
		       (int)GNB_WAYS == HV_LOG_WAYS,
	       "ways of log-dirty");

static long shadow(struct gnb_machine *m, struct hv_vcpu *v, unsigned op, unsigned mode,
		   struct gnb_log *l)
{
	struct domctl *c = m->ctl;
	long rc;

	*c = (struct domctl){ .cmd = DOMCTL_SHADOW_OP,
			      .interface_version = DOMCTL_INTERFACE,
			      .domain = hv_domain_id(m->dom[GNB_GRANTER]) };
	c->u.shadow_op.op = op;
	c->u.shadow_op.mode = mode;
	c->u.shadow_op.bitmap = (uintptr_t)l->bitmap;
	c->u.shadow_op.pages = l->pages;
	rc = hv_domctl(v, c);
	l->dirty = c->u.shadow_op.dirty_count;
	return rc;
}

/* Out of the rings of all vCPUs, as their toolstack's process does it; and the bitmap that is beside them. */
static long collect(struct gnb_machine *m, struct hv_vcpu *v, struct gnb_log *l)
{
	uint64_t gfn, n = 0;
	long rc = 0;

	if (l->others)
		rc = shadow(m, v, SHADOW_CLEAN, 0, l);
	else if (l->bitmap)
		memset(l->bitmap, 0, (l->pages + 7) / 8);
	if (rc)
		return rc;
	for (unsigned i = 0; i < m->cfg.vcpus[GNB_GRANTER]; i++)
		while (hv_log_ring_take(hv_domain_vcpu(m->dom[GNB_GRANTER], i), &gfn)) {
			if (l->bitmap && gfn < l->pages)
				l->bitmap[gfn / 8] |= (uint8_t)(1u << gfn % 8);
			n++;
		}
	l->dirty = (l->others ? l->dirty : 0) + n;
	return 0;
}

static long clear(struct gnb_machine *m, struct hv_vcpu *v, struct gnb_log *l)
{
	if (m->cfg.log_way == GNB_WAY_RING)
		return shadow(m, v, SHADOW_RESET, 0, l);
	return shadow(m, v, SHADOW_CLEAR, (unsigned)(l->first / 64), l);
}

static long report(struct gnb_machine *m, struct hv_vcpu *v, const struct gnb_log *l)
{
	struct {
		struct dmop_buf buf[2];
		struct dmop op;
		struct dmop_extent extent;
	} *a = m->ctl;

	memset(a, 0, sizeof(*a));
	a->op.op = DMOP_MODIFIED_MEMORY;
	a->op.u.modified_memory.nr_extents = 1;
	a->extent.first_pfn = l->first;
	a->extent.nr = (uint32_t)l->pages;
	a->buf[0] = (struct dmop_buf){ (uintptr_t)&a->op, sizeof(a->op) };
	a->buf[1] = (struct dmop_buf){ (uintptr_t)&a->extent, sizeof(a->extent) };
	return hv_dm_op(v, hv_domain_id(m->dom[GNB_GRANTER]), 2, a->buf);
}

static long log_dirty(struct gnb_machine *m, struct hv_vcpu *v, unsigned nr, struct gnb_log *l)
{
	struct hv_log_stats stats;

	if (!m->ctl)
		return -EOPNOTSUPP;
	if (nr < sizeof(shadow_nr) / sizeof(shadow_nr[0]))
		return shadow(m, v, shadow_nr[nr], 0, l);
	if (nr == GNB_LOG_REPORT)
		return report(m, v, l);
	if (nr == GNB_LOG_COLLECT)
		return collect(m, v, l);
	if (nr == GNB_LOG_CLEAR)
		return clear(m, v, l);
	hv_log_stats(m->dom[GNB_GRANTER], &stats);
	l->missed = stats.missed_pages;
	l->bytes = stats.trie_bytes;
	return 0;
}

const char *gnb_hv_lacks(enum gnb_op_kind kind, unsigned nr)
{
	if (kind == GNB_OP_LOG_DIRTY && nr <= GNB_LOG_CLEAR)
		return NULL;
	if (kind == GNB_OP_LOG_WAY && nr < GNB_WAYS)
		return NULL;
	if (kind == GNB_OP_DEVICE && nr <= GNB_DEVICE_WRITE)
		return NULL;
	if (kind == GNB_OP_MEMORY && nr <= GNB_MEMORY_POPULATE)
		return NULL;
	if (kind == GNB_OP_MAPPING && nr <= GNB_MAPPING_UNMAP)
		return NULL;
	if (kind == GNB_OP_LENDING && nr <= GNB_LENDING_BY_ENTRY)
		return NULL;
	if (kind == GNB_OP_VIRTQUEUE && nr <= GNB_VIRTQUEUE_ACCESS)
		return NULL;
	if (kind == GNB_OP_PV_IOMMU && nr <= GNB_PV_IOMMU_STATS)
		return NULL;
	return "the reference hypervisor has no such operation yet";
}

long gnb_hv_operation(struct gnb_machine *m, struct gnb_vcpu *v, enum gnb_op_kind kind, unsigned nr,
		      void *args)
{
	const struct gnb_dma *d = args;

	if (gnb_hv_lacks(kind, nr))
		return -EOPNOTSUPP;
	if (kind == GNB_OP_LOG_DIRTY)
		return log_dirty(m, (struct hv_vcpu *)v, nr, args);
	if (kind == GNB_OP_MEMORY)
		return gnb_hv_memory(m, (struct hv_vcpu *)v, nr, args);
	if (kind == GNB_OP_MAPPING)
		return gnb_hv_mapping(m, (struct hv_vcpu *)v, nr, args);
	if (kind == GNB_OP_LENDING)
		return gnb_hv_lending(m, (struct hv_vcpu *)v, nr, args);
	if (kind == GNB_OP_PV_IOMMU)
		return gnb_hv_pv_iommu(m, (struct hv_vcpu *)v, nr, args);
	if (kind == GNB_OP_VIRTQUEUE)
		return gnb_hv_virtqueue(m, (struct hv_vcpu *)v, nr, args);
	return hv_device_access(m->dom[GNB_GRANTER], d->dfn, d->off, d->buf, d->len, true);
}
