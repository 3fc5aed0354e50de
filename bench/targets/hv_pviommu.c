// SPDX-License-Identifier: GPL-2.0-only
/* The reference hypervisor's PV-IOMMU, as a guest calls it. */
#include <errno.h>
#include <hv/device.h>
#include <hv/pv_iommu.h>

#include <pv_iommu.h>

#include "hv_pviommu.h"

#define ARENA_ORDER 13 /* tables of a thousand contexts with a page each, and some */

static long map(struct gnb_machine *m, struct hv_vcpu *v, struct gnb_context *x)
{
	struct pv_iommu_map *op = m->small;
	long rc;

	*op = (struct pv_iommu_map){
		.ctx_no = (uint16_t)x->ctx,
		.gfn = hv_guest_frame(m->dom[GNB_GRANTER], x->page),
		.dfn = x->dfn,
		.map_flags = PV_IOMMU_MAP_READABLE | PV_IOMMU_MAP_WRITEABLE,
		.pgsize = HV_PAGE_SIZE << x->order,
		.nr_pages = x->n >> x->order,
	};
	rc = hv_iommu_op(v, PV_IOMMU_MAP_PAGES, op);
	x->n = op->mapped << x->order;
	return rc;
}

static long unmap(struct gnb_machine *m, struct hv_vcpu *v, struct gnb_context *x)
{
	struct pv_iommu_unmap *op = m->small;
	long rc;

	*op = (struct pv_iommu_unmap){ .ctx_no = (uint16_t)x->ctx,
				       .dfn = x->dfn,
				       .pgsize = HV_PAGE_SIZE << x->order,
				       .nr_pages = x->n >> x->order };
	rc = hv_iommu_op(v, PV_IOMMU_UNMAP_PAGES, op);
	x->n = op->unmapped << x->order;
	return rc;
}

static long alloc(struct gnb_machine *m, struct hv_vcpu *v, struct gnb_context *x)
{
	struct pv_iommu_alloc *op = m->small;
	long rc;

	*op = (struct pv_iommu_alloc){ 0 };
	rc = hv_iommu_op(v, PV_IOMMU_ALLOC_CONTEXT, op);
	x->ctx = op->ctx_no;
	return rc;
}

long gnb_hv_pv_iommu(struct gnb_machine *m, struct hv_vcpu *v, unsigned nr, struct gnb_context *x)
{
	struct hv_domain *d = m->dom[GNB_GRANTER];
	struct hv_pv_iommu_stats stats;

	switch ((enum gnb_pv_iommu_op)nr) {
	case GNB_PV_IOMMU_INIT:
		*(struct pv_iommu_init *)m->small = (struct pv_iommu_init){ x->n, ARENA_ORDER };
		return hv_iommu_op(v, PV_IOMMU_INIT, m->small);
	case GNB_PV_IOMMU_ALLOC:
		return alloc(m, v, x);
	case GNB_PV_IOMMU_FREE:
		*(struct pv_iommu_free *)m->small =
			(struct pv_iommu_free){ .ctx_no = (uint16_t)x->ctx,
						.free_flags = PV_IOMMU_FREE_REATTACH };
		return hv_iommu_op(v, PV_IOMMU_FREE_CONTEXT, m->small);
	case GNB_PV_IOMMU_REATTACH:
		*(struct pv_iommu_reattach *)m->small =
			(struct pv_iommu_reattach){ .ctx_no = (uint16_t)x->ctx,
						    .dev = { .devfn = (uint8_t)(x->dev << 3) } };
		return hv_iommu_op(v, PV_IOMMU_REATTACH, m->small);
	case GNB_PV_IOMMU_MAP:
		return map(m, v, x);
	case GNB_PV_IOMMU_UNMAP:
		return unmap(m, v, x);
	case GNB_PV_IOMMU_DMA:
		return hv_device_access_by(d, x->dev, x->dfn, 0, x->word, sizeof(*x->word), false);
	case GNB_PV_IOMMU_STATS:
		hv_pv_iommu_stats(d, &stats);
		x->bytes = stats.arena_bytes;
		return 0;
	}
	return -EOPNOTSUPP;
}
