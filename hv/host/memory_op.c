/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HYPERVISOR_memory_op: the table of operations, and pages that a domain gives up and gets. After Xen's common/memory.c:
 * guest_remove_page(), decrease_reservation(), populate_physmap().
 */
#include "args.h"
#include "give_up.h"
#include "lifetime.h"
#include "log_ops.h"
#include "page.h"
#include "physmap.h"
#include "preempt.h"
#include "typed.h"
#include <xen/memory.h>

#define MAX_ORDER   9	       /* of an extent: Xen's default for who has no devices */
#define MAX_EXTENTS (~0u >> 6) /* that a continuation can speak of */

/* The flush comes before the reference goes, in Xen before the next use. */
static int remove_page(struct hv_vcpu *cur, struct hv_domain *d, uint64_t frame)
{
	struct hv_page *pg;
	int rc = hv_give_up(cur, d, frame, &pg);

	if (pg)
		hv_put_page(cur, pg);
	return rc;
}

/* decrease_reservation() of one extent: what was given up of one that fails is gone. */
static bool decrease(struct hv_vcpu *cur, struct hv_domain *d, uint64_t frame, unsigned order)
{
	for (uint64_t i = 0; i < 1ull << order; i++)
		if (remove_page(cur, d, frame + i))
			return false;
	return true;
}

static uint64_t allocate(struct hv_vcpu *cur, struct hv_domain *d, unsigned order)
{
	uint64_t mfn = HV_INVALID;

	/* The limit holds also while others transfer pages to the domain. */
	hv_spin_lock(cur, &d->page_alloc_lock, HV_LVL_ALLOC);
	if (!hv_load(&d->is_dying) && hv_domain_has_room_for(d, 1ull << order))
		mfn = order ? hv_alloc_domain_extent(cur, d, order) : hv_alloc_domain_page(cur, d);
	hv_spin_unlock(cur, &d->page_alloc_lock, HV_LVL_ALLOC);
	return mfn;
}

static bool populate(struct hv_vcpu *cur, struct hv_domain *d, uint64_t *frame, unsigned order)
{
	uint64_t mfn;

	if (hv_translated(d) && *frame > HV_PT_MAX_INDEX - (1ull << order))
		return false;
	mfn = allocate(cur, d, order);
	if (mfn == HV_INVALID)
		return false;
	if (!hv_translated(d)) {
		*frame = mfn;
		return true;
	}
	if (!hv_p2m_add_pages(cur, d, *frame, mfn, order))
		return true;
	for (uint64_t i = 0; i < 1ull << order; i++)
		hv_put_alloc_ref(cur, hv_page(cur->host, mfn + i));
	return false;
}

/* One extent of a list in the caller's memory. */
static bool extent(struct hv_vcpu *cur, struct hv_domain *d, uint64_t at, unsigned order, bool add)
{
	uint64_t frame;

	if (hv_copy_from_guest(cur, &frame, at, sizeof(frame)))
		return false;
	if (!add)
		return decrease(cur, d, frame, order);
	if (!populate(cur, d, &frame, order))
		return false;
	/* A translated guest has it where it asked for it. */
	return hv_translated(d) || !hv_copy_to_guest(cur, at, &frame, sizeof(frame));
}

static long reservation(struct hv_vcpu *cur, uint64_t uop, uint64_t *start, bool add)
{
	struct xen_memory_reservation op;
	struct hv_domain *d;
	uint64_t list, i = *start;

	if (!hv_guest_handle_okay(cur->d, uop, 1, sizeof(op)) ||
	    hv_copy_from_guest(cur, &op, uop, sizeof(op)) || op.nr_extents > MAX_EXTENTS ||
	    i >= op.nr_extents)
		return (long)i;
	d = hv_domain_find_any(cur, op.domid);
	if (!d || !hv_may_target(cur, d))
		return (long)i;
	list = (uintptr_t)op.extent_start.p;
	/* There is no populating on demand here: 0 extents are done. */
	if (!hv_guest_handle_okay(cur->d, list, op.nr_extents, sizeof(uint64_t)) ||
	    op.extent_order > MAX_ORDER || (add && op.mem_flags & XENMEMF_populate_on_demand))
		return (long)i;
	for (; i < op.nr_extents; i++) {
		if (i != *start && hv_preempt(cur)) {
			*start = i;
			return -HV_ERESTART;
		}
		if (!extent(cur, d, list + i * sizeof(uint64_t), op.extent_order, add))
			break;
	}
	return (long)i;
}

static long decrease_reservation(struct hv_vcpu *cur, uint64_t uop, uint64_t *start)
{
	return reservation(cur, uop, start, false);
}

static long populate_physmap(struct hv_vcpu *cur, uint64_t uop, uint64_t *start)
{
	return reservation(cur, uop, start, true);
}

static const struct {
	unsigned cmd;
	long (*step)(struct hv_vcpu *cur, uint64_t uop, uint64_t *start);
} ops[] = {
	{ XENMEM_decrease_reservation, decrease_reservation },
	{ XENMEM_populate_physmap, populate_physmap },
	{ XENMEM_add_to_physmap, hv_add_to_physmap },
	{ XENMEM_add_to_physmap_batch, hv_add_to_physmap_batch },
	{ XENMEM_remove_from_physmap, hv_remove_from_physmap },
};

long hv_memory_op(struct hv_vcpu *cur, unsigned cmd, void *uop)
{
	uint64_t start = 0;
	long rc = -ENOSYS;
	unsigned i = 0;

	hv_hypercall_enter(cur);
	while (i < sizeof(ops) / sizeof(ops[0]) && ops[i].cmd != cmd)
		i++;
	if (hv_domain_crashed(cur->d))
		rc = -EIO;
	else if (i < sizeof(ops) / sizeof(ops[0]))
		rc = ops[i].step(cur, (uintptr_t)uop, &start);
	while (rc == -HV_ERESTART) {
		cur->count.continuations++;
		rc = hv_domain_crashed(cur->d) ? -EIO : ops[i].step(cur, (uintptr_t)uop, &start);
	}
	hv_hypercall_exit(cur);
	return rc;
}
