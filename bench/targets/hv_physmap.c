// SPDX-License-Identifier: GPL-2.0-only
/* The reference hypervisor's memory operations and mappings of a device's memory, as a toolstack calls them. */
#include <errno.h>
#include <hv/log_dirty.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/memory.h>

#include <shadow_op.h>

#include "hv_physmap.h"

/* By the structure where the toolstack has it. */
static long call(struct gnb_machine *m, struct hv_vcpu *v, unsigned cmd, const void *op,
		 size_t size)
{
	memcpy(m->ctl, op, size);
	return hv_memory_op(v, cmd, m->ctl);
}

static long batch(struct gnb_machine *m, struct hv_vcpu *v, bool foreign, struct gnb_memory *x)
{
	domid_t granter = hv_domain_id(m->dom[GNB_GRANTER]);
	struct xen_add_to_physmap_batch b = { .domid = foreign ? DOMID_SELF : granter,
					      .space = foreign ? XENMAPSPACE_gmfn_foreign
							       : XENMAPSPACE_gmfn,
					      .size = (uint16_t)x->n };

	b.u.foreign_domid = foreign ? granter : 0;
	set_xen_guest_handle(b.idxs, (xen_ulong_t *)x->from);
	set_xen_guest_handle(b.gpfns, (xen_pfn_t *)x->to);
	set_xen_guest_handle(b.errs, x->status);
	return call(m, v, XENMEM_add_to_physmap_batch, &b, sizeof(b));
}

static long range(struct gnb_machine *m, struct hv_vcpu *v, const struct gnb_memory *x)
{
	struct xen_add_to_physmap a = { .domid = hv_domain_id(m->dom[GNB_GRANTER]),
					.space = XENMAPSPACE_gmfn_range,
					.size = (uint16_t)x->n,
					.idx = x->from[0],
					.gpfn = x->to[0] };

	return call(m, v, XENMEM_add_to_physmap, &a, sizeof(a));
}

static long extents(struct gnb_machine *m, struct hv_vcpu *v, unsigned cmd, uint64_t *list,
		    const struct gnb_memory *x)
{
	struct xen_memory_reservation r = { .domid = hv_domain_id(m->dom[GNB_GRANTER]),
					    .nr_extents = x->n,
					    .extent_order = x->order };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)list);
	return call(m, v, cmd, &r, sizeof(r));
}

long gnb_hv_memory(struct gnb_machine *m, struct hv_vcpu *v, unsigned nr, struct gnb_memory *x)
{
	struct xen_remove_from_physmap r = { .domid = DOMID_SELF };

	if (!m->ctl)
		return -EOPNOTSUPP;
	switch ((enum gnb_memory_op)nr) {
	case GNB_MEMORY_MOVE:
		return batch(m, v, false, x);
	case GNB_MEMORY_MOVE_RANGE:
		return range(m, v, x);
	case GNB_MEMORY_FOREIGN:
		return batch(m, v, true, x);
	case GNB_MEMORY_REMOVE:
		r.gpfn = x->to[0];
		return call(m, v, XENMEM_remove_from_physmap, &r, sizeof(r));
	case GNB_MEMORY_DECREASE:
		return extents(m, v, XENMEM_decrease_reservation, x->from, x);
	case GNB_MEMORY_POPULATE:
		return extents(m, v, XENMEM_populate_physmap, x->to, x);
	}
	return -EOPNOTSUPP;
}

long gnb_hv_mapping(struct gnb_machine *m, struct hv_vcpu *v, unsigned nr, struct gnb_placing *x)
{
	uint64_t bar = hv_host_bar(m->host);
	struct domctl *c = m->ctl;

	if (!c || bar == HV_INVALID)
		return -EOPNOTSUPP;
	*c = (struct domctl){ .cmd = nr == GNB_MAPPING_PERMIT ? DOMCTL_IOMEM_PERMISSION
							      : DOMCTL_MEMORY_MAPPING,
			      .interface_version = DOMCTL_INTERFACE,
			      .domain = hv_domain_id(m->dom[GNB_GRANTER]) };
	if (nr == GNB_MAPPING_PERMIT)
		c->u.iomem_permission = (struct iomem_permission){ .first_mfn = bar,
								   .nr_mfns = m->cfg.device_pages,
								   .allow_access = true };
	else
		c->u.memory_mapping =
			(struct memory_mapping){ .first_gfn = x->gfn,
						 .first_mfn = bar + x->first,
						 .nr_mfns = x->pages,
						 .add_mapping = nr == GNB_MAPPING_MAP };
	return hv_domctl(v, c);
}
