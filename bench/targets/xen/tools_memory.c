// SPDX-License-Identifier: GPL-2.0-only
/* dom0 as a toolstack: where a domain has its pages, and frames of a device mapped into it. */
#include "tools.h"

#include <errno.h>
#include <string.h>

#include <xen/xen.h>
#include <xen/memory.h>

#include "tools_inside.h"

#define AT_ONCE 512u

/* XENMEM_*, by the structure that is put where Xen can read it. */
static long memory_op(struct gnb_xen_tools *t, struct gnb_vcpu *v, unsigned cmd, const void *op,
		      size_t size)
{
	const uint64_t arg[5] = { cmd, (uintptr_t)t->op };

	memcpy(t->op, op, size);
	return gnb_xen_tools_call(t, v, __HYPERVISOR_memory_op, arg);
}

static long move(struct gnb_xen_tools *t, struct gnb_vcpu *v, const struct gnb_memory *x)
{
	struct xen_add_to_physmap_batch b = { .domid = t->domid,
					      .space = XENMAPSPACE_gmfn,
					      .size = (uint16_t)x->n };

	set_xen_guest_handle(b.idxs, (xen_ulong_t *)x->from);
	set_xen_guest_handle(b.gpfns, (xen_pfn_t *)x->to);
	set_xen_guest_handle(b.errs, x->status);
	return memory_op(t, v, XENMEM_add_to_physmap_batch, &b, sizeof(b));
}

static long move_range(struct gnb_xen_tools *t, struct gnb_vcpu *v, const struct gnb_memory *x)
{
	struct xen_add_to_physmap a = { .domid = t->domid,
					.space = XENMAPSPACE_gmfn_range,
					.size = (uint16_t)x->n,
					.idx = x->from[0],
					.gpfn = x->to[0] };

	return memory_op(t, v, XENMEM_add_to_physmap, &a, sizeof(a));
}

static long extents(struct gnb_xen_tools *t, struct gnb_vcpu *v, unsigned cmd, uint64_t *list,
		    unsigned n, unsigned order)
{
	struct xen_memory_reservation r = { .domid = t->domid,
					    .nr_extents = n,
					    .extent_order = order };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)list);
	return memory_op(t, v, cmd, &r, sizeof(r));
}

long gnb_xen_tools_memory(struct gnb_xen_tools *t, struct gnb_vcpu *v, unsigned nr,
			  struct gnb_memory *x)
{
	switch ((enum gnb_memory_op)nr) {
	case GNB_MEMORY_MOVE:
		return move(t, v, x);
	case GNB_MEMORY_MOVE_RANGE:
		return move_range(t, v, x);
	case GNB_MEMORY_DECREASE:
		return extents(t, v, XENMEM_decrease_reservation, x->from, x->n, x->order);
	case GNB_MEMORY_POPULATE:
		return extents(t, v, XENMEM_populate_physmap, x->to, x->n, x->order);
	case GNB_MEMORY_FOREIGN:
	case GNB_MEMORY_REMOVE:
		break;
	}
	return -EOPNOTSUPP;
}

int gnb_xen_tools_break_up(struct gnb_xen_tools *t, struct gnb_vcpu *v, uint64_t gfn, unsigned n)
{
	uint64_t *list = gnb_xen_tools_alloc(t, AT_ONCE * sizeof(*list));

	if (!list)
		return -ENOMEM;
	for (unsigned part; n; n -= part, gfn += part) {
		part = n < AT_ONCE ? n : AT_ONCE;
		for (unsigned i = 0; i < part; i++)
			list[i] = gfn + i;
		if (extents(t, v, XENMEM_decrease_reservation, list, part, 0) != part ||
		    extents(t, v, XENMEM_populate_physmap, list, part, 0) != part)
			return -ENOMEM;
	}
	return 0;
}

void gnb_xen_tools_device(struct gnb_xen_tools *t, uint64_t first, uint64_t pages)
{
	t->device_first = first;
	t->device_pages = pages;
}

bool gnb_xen_tools_is_device(const struct gnb_xen_tools *t, uint64_t gfn)
{
	return gnb_xen_spans_have(&t->device, gfn);
}

static long permit(struct gnb_xen_tools *t, struct gnb_vcpu *v)
{
	memset(t->op, 0, sizeof(t->op->ctl));
	t->op->ctl.u.iomem_permission = (struct iomem_permission){ .first_mfn = t->device_first,
								   .nr_mfns = t->device_pages,
								   .allow_access = true };
	return gnb_xen_tools_domctl(t, v, DOMCTL_IOMEM_PERMISSION);
}

long gnb_xen_tools_mapping(struct gnb_xen_tools *t, struct gnb_vcpu *v, unsigned nr,
			   const struct gnb_placing *x)
{
	bool map = nr == GNB_MAPPING_MAP;
	uint64_t done;
	long rc;

	if (!t->device_pages)
		return -EOPNOTSUPP;
	if (nr == GNB_MAPPING_PERMIT)
		return permit(t, v);
	if (!gnb_xen_spans_room(&t->device))
		return -ENOSPC;
	memset(t->op, 0, sizeof(t->op->ctl));
	t->op->ctl.u.memory_mapping =
		(struct memory_mapping){ .first_gfn = x->gfn,
					 .first_mfn = t->device_first + x->first,
					 .nr_mfns = x->pages,
					 .add_mapping = map };
	rc = gnb_xen_tools_domctl(t, v, DOMCTL_MEMORY_MAPPING);
	done = rc > 0 ? (uint64_t)rc : rc ? 0 : x->pages;
	if (done && map)
		gnb_xen_spans_add(&t->device, x->gfn, done);
	if (done && !map)
		gnb_xen_spans_cut(&t->device, x->gfn, done);
	return rc;
}
