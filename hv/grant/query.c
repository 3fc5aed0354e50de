/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_setup_table, query_size and get_status_frames. */
#include "args.h"
#include "handlers.h"
#include "lifetime.h"
#include "page.h"
#include "table.h"

/*
 * The domain whose table is asked about: oneself, or any for a control domain (XSM_TARGET of Xen's
 * default policy). NULL with *status set if there is none, or no right to it.
 */
static struct hv_domain *find_target(struct hv_vcpu *cur, domid_t dom, int16_t *status)
{
	struct hv_domain *d = hv_domain_find_any(cur, dom);

	*status = d ? GNTST_okay : GNTST_bad_domain;
	if (d && d != cur->d && !cur->d->privileged) {
		*status = GNTST_permission_denied;
		return NULL;
	}
	return d;
}

/*
 * Where a frame of the table is written to: a list may be anywhere, and the rest of the call goes
 * on without it.
 */
static int16_t put_frame(struct hv_vcpu *cur, const struct hv_domain *d, uint64_t list, unsigned i,
			 void *p)
{
	uint64_t mfn = hv_virt_to_mfn(cur->host, p);
	/* mfn_to_gfn(): where a translated domain last put it. */
	uint64_t frame = hv_translated(d) ? hv_load(&hv_page(cur->host, mfn)->m2p) : mfn;
	uint64_t at = list + i * sizeof(frame);

	if (!hv_guest_handle_okay(cur->d, at, 1, sizeof(frame)) ||
	    hv_copy_to_guest(cur, at, &frame, sizeof(frame)))
		return GNTST_bad_virt_addr;
	return GNTST_okay;
}

static long put_status(struct hv_vcpu *cur, uint64_t uop, size_t at, int16_t status)
{
	return hv_copy_to_guest(cur, uop + at, &status, sizeof(status));
}

static int16_t setup(struct hv_vcpu *cur, struct hv_domain *d, unsigned nr, uint64_t list)
{
	struct hv_grant_table *gt = d->gt;
	int16_t status = GNTST_okay;

	if (nr > gt->max_frames)
		return GNTST_general_error;
	if ((nr > gt->nr_frames ||
	     (gt->version > 1 && hv_grant_to_status_frames(nr) > gt->nr_status_frames)) &&
	    hv_gnttab_grow_table(cur, gt, nr))
		return GNTST_general_error;
	for (unsigned i = 0; i < nr; i++)
		if (put_frame(cur, d, list, i, gt->shared[i]) != GNTST_okay)
			status = GNTST_bad_virt_addr;
	return status;
}

long hv_op_setup_table(struct hv_vcpu *cur, uint64_t uop)
{
	struct gnttab_setup_table op;
	struct hv_domain *d;

	if (hv_copy_from_guest(cur, &op, uop, sizeof(op)) ||
	    !hv_guest_address_okay(cur->d, (uintptr_t)op.frame_list.p))
		return -EFAULT;
	d = find_target(cur, op.dom, &op.status);
	if (d) {
		hv_grant_write_lock(cur, d->gt);
		op.status = setup(cur, d, op.nr_frames, (uintptr_t)op.frame_list.p);
		hv_grant_write_unlock(cur, d->gt);
	}
	return put_status(cur, uop, offsetof(struct gnttab_setup_table, status), op.status);
}

long hv_op_query_size(struct hv_vcpu *cur, uint64_t uop)
{
	struct gnttab_query_size op;
	struct hv_domain *d;

	if (hv_copy_from_guest(cur, &op, uop, sizeof(op)))
		return -EFAULT;
	d = find_target(cur, op.dom, &op.status);
	if (d) {
		hv_grant_read_lock(cur, d->gt);
		op.nr_frames = d->gt->nr_frames;
		op.max_nr_frames = d->gt->max_frames;
		op.status = GNTST_okay;
		hv_grant_read_unlock(cur, d->gt);
	}
	return hv_copy_to_guest(cur, uop, &op, sizeof(op));
}

long hv_op_get_status_frames(struct hv_vcpu *cur, uint64_t uop)
{
	struct gnttab_get_status_frames op;
	struct hv_domain *d;

	if (hv_copy_from_guest(cur, &op, uop, sizeof(op)) ||
	    !hv_guest_address_okay(cur->d, (uintptr_t)op.frame_list.p))
		return -EFAULT;
	d = find_target(cur, op.dom, &op.status);
	if (d) {
		struct hv_grant_table *gt = d->gt;

		op.status = GNTST_okay;
		hv_grant_read_lock(cur, gt);
		if (op.nr_frames > gt->nr_status_frames) {
			op.status = GNTST_general_error;
			op.nr_frames = 0;
		}
		for (unsigned i = 0; i < op.nr_frames; i++)
			if (put_frame(cur, d, (uintptr_t)op.frame_list.p, i, gt->status[i]) !=
			    GNTST_okay)
				op.status = GNTST_bad_virt_addr;
		hv_grant_read_unlock(cur, gt);
	}
	return put_status(cur, uop, offsetof(struct gnttab_get_status_frames, status), op.status);
}
