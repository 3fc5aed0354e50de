/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HYPERVISOR_memory_op: what a guest needs around grants. After Xen's common/memory.c:
 * xenmem_add_to_physmap() for grant frames, guest_remove_page(), populate_physmap().
 */
#include "args.h"
#include "lifetime.h"
#include "p2m.h"
#include "page.h"
#include "table.h"
#include <xen/memory.h>

#ifndef XENMAPIDX_grant_table_status
#define XENMAPIDX_grant_table_status 0x80000000u
#endif

/* guest_remove_page(). The flush comes before the reference goes, in Xen before the next use. */
static int remove_page(struct hv_vcpu *cur, struct hv_domain *d, uint64_t frame)
{
	uint64_t mfn = frame;
	struct hv_page *pg;
	enum hv_p2m_type t;
	int rc = -ENXIO;

	if (hv_translated(d)) {
		if (frame >= HV_PT_MAX_INDEX)
			return -ENOENT;
		hv_p2m_lock(cur, d);
		mfn = hv_p2m_get(cur, d, frame, &t);
		if (mfn == HV_INVALID ||
		    !(hv_p2m_is_ram(t) || hv_p2m_is_grant(t) || hv_mutant(V3_ALIAS_GIVEN_UP))) {
			hv_p2m_unlock(cur, d);
			return -ENOENT;
		}
	} else if (!hv_mfn_valid(cur, mfn)) {
		return -EINVAL;
	}
	pg = hv_page(cur->host, mfn);
	/* Fails for a page of another domain that is mapped here by a grant. */
	if (!(hv_load(&pg->count_info) & HV_PGC_XEN_HEAP) && hv_get_page(cur, pg, d)) {
		rc = pg->fixed ? -EBUSY : 0;
		if (!rc && hv_translated(d))
			rc = hv_p2m_remove_page(cur, d, frame, mfn);
		if (hv_translated(d))
			hv_p2m_unlock(cur, d);
		if (!rc)
			hv_put_alloc_ref(cur, pg);
		hv_put_page(cur, pg);
	} else if (hv_translated(d)) {
		hv_p2m_unlock(cur, d);
	}
	return rc;
}

/*
 * A frame of the hypervisor's is unhooked; other memory in the way is given up, as by
 * decrease_reservation, or cannot be.
 */
static int make_room(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn)
{
	enum hv_p2m_type t;
	uint64_t mfn;

	hv_p2m_lock(cur, d);
	mfn = hv_p2m_get(cur, d, gfn, &t);
	hv_p2m_unlock(cur, d);
	if (mfn == HV_INVALID)
		return 0;
	/* What stands in the place of a revoked page is the hypervisor's too, and stays. */
	if (!hv_p2m_is_any_grant(t) &&
	    hv_load(&hv_page(cur->host, mfn)->count_info) & HV_PGC_XEN_HEAP)
		return hv_p2m_remove_page(cur, d, gfn, mfn);
	return remove_page(cur, d, gfn);
}

/* xenmem_add_to_physmap_one() for a frame of the table, which has one GFN at a time. */
static int place(struct hv_vcpu *cur, struct hv_domain *d, uint64_t mfn, uint64_t gfn)
{
	uint64_t old = hv_load(&hv_page(cur->host, mfn)->m2p);
	int rc = make_room(cur, d, gfn);

	if (!rc && old != HV_INVALID && old != gfn)
		rc = hv_p2m_remove_page(cur, d, old, mfn);
	return rc ? rc : hv_p2m_add_page(cur, d, gfn, mfn, HV_P2M_XEN_SHARED);
}

static long add_to_physmap(struct hv_vcpu *cur, uint64_t uop)
{
	struct xen_add_to_physmap op;
	struct hv_domain *d;
	unsigned idx;
	bool status;
	void *p;
	int rc;

	if (!hv_guest_handle_okay(cur->d, uop, 1, sizeof(op)) ||
	    hv_copy_from_guest(cur, &op, uop, sizeof(op)))
		return -EFAULT;
	d = hv_domain_find_any(cur, op.domid);
	if (!d)
		return -ESRCH;
	if (!hv_translated(d))
		return -EACCES;
	if (d != cur->d)
		return -EPERM;
	if (op.space != XENMAPSPACE_grant_table || op.gpfn >= HV_PT_MAX_INDEX)
		return -EINVAL;
	status = op.idx & XENMAPIDX_grant_table_status;
	idx = (unsigned)(op.idx & ~(uint64_t)XENMAPIDX_grant_table_status);
	hv_grant_write_lock(cur, d->gt);
	p = hv_grant_physmap_frame(cur, d, idx, status);
	rc = p ? place(cur, d, hv_virt_to_mfn(cur->host, p), op.gpfn) : -EINVAL;
	hv_grant_write_unlock(cur, d->gt);
	return rc;
}

static bool populate(struct hv_vcpu *cur, struct hv_domain *d, uint64_t *frame)
{
	uint64_t mfn = HV_INVALID;

	if (hv_translated(d) && *frame >= HV_PT_MAX_INDEX)
		return false;
	/* The limit holds also while others transfer pages to the domain. */
	hv_spin_lock(cur, &d->page_alloc_lock, HV_LVL_ALLOC);
	if (hv_domain_has_room(d))
		mfn = hv_alloc_domain_page(cur, d);
	hv_spin_unlock(cur, &d->page_alloc_lock, HV_LVL_ALLOC);
	if (mfn == HV_INVALID)
		return false;
	if (!hv_translated(d)) {
		*frame = mfn;
		return true;
	}
	if (!hv_p2m_add_page(cur, d, *frame, mfn, HV_P2M_RAM_RW))
		return true;
	hv_put_alloc_ref(cur, hv_page(cur->host, mfn));
	return false;
}

static long reservation(struct hv_vcpu *cur, uint64_t uop, bool add)
{
	struct xen_memory_reservation op;
	uint64_t list, i;

	if (!hv_guest_handle_okay(cur->d, uop, 1, sizeof(op)) ||
	    hv_copy_from_guest(cur, &op, uop, sizeof(op)))
		return -EFAULT;
	list = (uintptr_t)op.extent_start.p;
	if (op.domid != DOMID_SELF && op.domid != cur->d->id)
		return -EPERM;
	if (op.extent_order || !hv_guest_handle_okay(cur->d, list, op.nr_extents, sizeof(uint64_t)))
		return 0;
	for (i = 0; i < op.nr_extents; i++, list += sizeof(uint64_t)) {
		uint64_t frame;

		if (hv_copy_from_guest(cur, &frame, list, sizeof(frame)) ||
		    (add ? !populate(cur, cur->d, &frame) : remove_page(cur, cur->d, frame) != 0))
			break;
		/* A translated guest has it where it asked for it. */
		if (add && !hv_translated(cur->d) &&
		    hv_copy_to_guest(cur, list, &frame, sizeof(frame)))
			break;
	}
	return (long)i;
}

long hv_memory_op(struct hv_vcpu *cur, unsigned cmd, void *uop)
{
	long rc = -ENOSYS;

	hv_hypercall_enter(cur);
	if (hv_domain_crashed(cur->d))
		rc = -EIO;
	else if (cmd == XENMEM_add_to_physmap)
		rc = add_to_physmap(cur, (uintptr_t)uop);
	else if (cmd == XENMEM_decrease_reservation || cmd == XENMEM_populate_physmap)
		rc = reservation(cur, (uintptr_t)uop, cmd == XENMEM_populate_physmap);
	hv_hypercall_exit(cur);
	return rc;
}
