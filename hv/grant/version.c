/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_set_version and get_version, after Xen's gnttab_set_version(). */
#include "args.h"
#include "handlers.h"
#include "lifetime.h"
#include "status.h"
#include "table.h"
#include "words.h"

static bool in_use(struct hv_grant_table *gt)
{
	for (unsigned i = HV_GNTTAB_RESERVED; i < hv_nr_grant_entries(gt); i++)
		if (hv_load(&hv_active_entry(gt, i)->pin))
			return true;
	return false;
}

/* A reserved entry that version 1 cannot express. */
static bool unrepresentable(struct hv_vcpu *cur, struct hv_grant_table *gt)
{
	for (unsigned i = 0; i < HV_GNTTAB_RESERVED; i++) {
		uint16_t type =
			(uint16_t)hv_guest_read(cur, hv_entry_header(gt, i)) & GTF_type_mask;

		if (type == GTF_transitive)
			return true;
		if (type == GTF_permit_access && hv_entry_frame(cur, gt, i) >> 32)
			return true;
	}
	return false;
}

struct reserved {
	uint16_t flags;
	domid_t domid;
	uint32_t frame;
};

static void save(struct hv_vcpu *cur, struct hv_grant_table *gt, struct reserved *r)
{
	for (unsigned i = 0; i < HV_GNTTAB_RESERVED; i++) {
		uint32_t header = hv_guest_read(cur, hv_entry_header(gt, i));

		r[i] = (struct reserved){ 0 };
		if (hv_mutant(DROP_RESERVED))
			continue;
		/* To version 1 only plain access survives; from it everything does. */
		if (gt->version == 2 && (header & GTF_type_mask) != GTF_permit_access)
			continue;
		r[i].flags = (uint16_t)header;
		if (gt->version == 2)
			r[i].flags |= (uint16_t)hv_guest_read(cur, hv_status(gt, i));
		r[i].domid = (domid_t)(header >> 16);
		r[i].frame = (uint32_t)hv_entry_frame(cur, gt, i);
	}
}

static void restore(struct hv_grant_table *gt, unsigned version, const struct reserved *r)
{
	const uint16_t marks = GTF_reading | GTF_writing;

	for (unsigned i = 0; i < HV_GNTTAB_RESERVED; i++) {
		if (version == 1) {
			grant_entry_v1_t *e = hv_entry_v1(gt, i);

			hv_store(&e->domid, r[i].domid);
			hv_store(&e->frame, r[i].frame);
			hv_store(&e->flags, r[i].flags);
		} else {
			grant_entry_v2_t *e = hv_entry_v2(gt, i);

			hv_store(hv_status(gt, i), (uint16_t)(r[i].flags & marks));
			hv_store(&e->hdr.domid, r[i].domid);
			hv_store(&e->full_page.frame, (uint64_t)r[i].frame);
			hv_store(&e->hdr.flags, (uint16_t)(r[i].flags & ~marks));
		}
	}
}

static void clear_frames(struct hv_grant_table *gt)
{
	for (unsigned i = 0; i < gt->nr_frames; i++)
		for (unsigned w = 0; w < HV_PAGE_SIZE / 8; w++)
			hv_store((uint64_t *)gt->shared[i] + w, 0ull);
}

static long change(struct hv_vcpu *cur, struct hv_grant_table *gt, unsigned version)
{
	struct reserved reserved[HV_GNTTAB_RESERVED];
	int rc = 0;

	if (in_use(gt))
		return -EBUSY;
	if (gt->version == 1)
		rc = hv_gnttab_populate_status_frames(cur, gt, gt->nr_frames);
	else if (hv_load(&gt->nr_v2_ops))
		rc = -EAGAIN;
	else if (unrepresentable(cur, gt))
		rc = -ERANGE;
	if (rc)
		return rc;
	save(cur, gt, reserved);
	if (version == 1 && gt->version == 2) {
		rc = hv_gnttab_unpopulate_status_frames(cur, gt);
		if (rc) {
			hv_domain_crash(gt->d);
			return rc;
		}
	}
	clear_frames(gt);
	restore(gt, version, reserved);
	hv_store(&gt->version, version);
	return 0;
}

long hv_op_set_version(struct hv_vcpu *cur, uint64_t uop)
{
	struct hv_grant_table *gt = cur->d->gt;
	struct gnttab_set_version op;
	long rc = 0;

	if (hv_copy_from_guest(cur, &op, uop, sizeof(op)))
		return -EFAULT;
	if (op.version != 1 && op.version != 2) {
		rc = -EINVAL;
	} else if (op.version == 2 && gt->max_version == 1) {
		rc = -ENOSYS;
	} else if (hv_load(&gt->version) != op.version) {
		hv_grant_write_lock(cur, gt);
		/* 4.17 looks without the lock only; a look inside it loses no race. */
		if (gt->version != op.version)
			rc = change(cur, gt, op.version);
		hv_grant_write_unlock(cur, gt);
	}
	op.version = hv_load(&gt->version);
	if (hv_copy_to_guest(cur, uop, &op, sizeof(op)))
		rc = -EFAULT;
	return rc;
}

long hv_op_get_version(struct hv_vcpu *cur, uint64_t uop)
{
	struct gnttab_get_version op;
	struct hv_domain *d;

	if (hv_copy_from_guest(cur, &op, uop, sizeof(op)))
		return -EFAULT;
	d = hv_domain_find_any(cur, op.dom);
	if (!d)
		return -ESRCH;
	if (d != cur->d && !cur->d->privileged)
		return -EPERM;
	op.version = hv_load(&d->gt->version);
	return hv_copy_to_guest(cur, uop + offsetof(struct gnttab_get_version, version),
				&op.version, sizeof(op.version));
}
