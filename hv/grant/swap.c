/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_swap_grant_ref, after Xen's __gnttab_swap_grant_ref(). */
#include "args.h"
#include "handlers.h"
#include "preempt.h"
#include "table.h"

static void swap_entries(struct hv_grant_table *gt, grant_ref_t a, grant_ref_t b)
{
	unsigned words = gt->version == 1 ? 1 : 2;
	uint64_t *ea = (uint64_t *)hv_entry_header(gt, a), *eb = (uint64_t *)hv_entry_header(gt, b);

	for (unsigned i = 0; i < words; i++) {
		uint64_t t = hv_load(&ea[i]);

		hv_store(&ea[i], hv_load(&eb[i]));
		hv_store(&eb[i], t);
	}
	if (gt->version == 2) {
		uint16_t t = hv_load(hv_status(gt, a));

		hv_store(hv_status(gt, a), hv_load(hv_status(gt, b)));
		hv_store(hv_status(gt, b), t);
	}
}

static int16_t swap(struct hv_vcpu *cur, grant_ref_t a, grant_ref_t b)
{
	struct hv_grant_table *gt = cur->d->gt;
	struct hv_active *act_a, *act_b;
	int16_t rc = GNTST_okay;

	hv_grant_write_lock(cur, gt);
	if (a >= hv_nr_grant_entries(gt) || b >= hv_nr_grant_entries(gt)) {
		rc = GNTST_bad_gntref;
	} else if (a != b) {
		act_a = hv_active_entry_acquire(cur, gt, a);
		if (act_a->pin) {
			rc = GNTST_eagain;
		} else {
			act_b = hv_active_entry(gt, b);
			hv_spin_lock(cur, &act_b->lock, HV_LVL_ENTRY2);
			if (act_b->pin)
				rc = GNTST_eagain;
			else
				swap_entries(gt, a, b);
			hv_spin_unlock(cur, &act_b->lock, HV_LVL_ENTRY2);
		}
		hv_active_entry_release(cur, act_a);
	}
	hv_grant_write_unlock(cur, gt);
	return rc;
}

long hv_op_swap(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	struct gnttab_swap_grant_ref op;

	for (unsigned i = 0; i < count; i++, uop += sizeof(op)) {
		if (i && hv_preempt(cur))
			return count - i;
		if (hv_copy_from_guest(cur, &op, uop, sizeof(op)))
			return -EFAULT;
		op.status = swap(cur, op.ref_a, op.ref_b);
		if (hv_copy_to_guest(cur, uop + offsetof(struct gnttab_swap_grant_ref, status),
				     &op.status, sizeof(op.status)))
			return -EFAULT;
	}
	return 0;
}
