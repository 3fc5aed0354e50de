/* SPDX-License-Identifier: GPL-2.0-only */
/* Dispatch and preemption, after Xen's do_grant_table_op() and hvm_grant_table_op(). */
#include "domain.h"
#include "grant.h"
#include "guest.h"

bool hv_preempt(struct hv_vcpu *cur)
{
	unsigned every = cur->host->cfg.preempt_every;

	return hv_unlikely(every) && ++cur->preempt_tick % every == 0;
}

/* hvm_grant_table_op(): the operations that a translated guest may issue. */
static bool allowed(const struct hv_domain *d, unsigned cmd)
{
	switch (cmd) {
	case GNTTABOP_query_size:
	case GNTTABOP_setup_table:
	case GNTTABOP_set_version:
	case GNTTABOP_get_version:
	case GNTTABOP_copy:
	case GNTTABOP_map_grant_ref:
	case GNTTABOP_unmap_grant_ref:
	case GNTTABOP_swap_grant_ref:
		return true;
	case GNTTABOP_get_status_frames:
		return !hv_translated(d);
	case GNTTABOP_transfer:
		return !hv_translated(d);
	default:
		return false;
	}
}

/* Operations of one structure that look at the count before they look at the buffer. */
static bool wants_one(unsigned cmd)
{
	return cmd == GNTTABOP_setup_table || cmd == GNTTABOP_query_size ||
	       cmd == GNTTABOP_get_status_frames;
}

static size_t op_size(unsigned cmd)
{
	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		return sizeof(struct gnttab_map_grant_ref);
	case GNTTABOP_unmap_grant_ref:
		return sizeof(struct gnttab_unmap_grant_ref);
	case GNTTABOP_copy:
		return sizeof(struct gnttab_copy);
	case GNTTABOP_swap_grant_ref:
		return sizeof(struct gnttab_swap_grant_ref);
	case GNTTABOP_setup_table:
		return sizeof(struct gnttab_setup_table);
	case GNTTABOP_query_size:
		return sizeof(struct gnttab_query_size);
	case GNTTABOP_get_status_frames:
		return sizeof(struct gnttab_get_status_frames);
	case GNTTABOP_get_version:
		return sizeof(struct gnttab_get_version);
	default:
		return sizeof(struct gnttab_set_version);
	}
}

static long one_entry(struct hv_vcpu *cur, unsigned cmd, void *uop, unsigned count)
{
	long rc;

	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		return hv_op_map(cur, uop, count);
	case GNTTABOP_unmap_grant_ref:
		return hv_op_unmap(cur, uop, count);
	case GNTTABOP_copy:
		rc = hv_op_copy(cur, uop, count);
		return rc > 0 ? count - rc : rc;
	case GNTTABOP_swap_grant_ref:
		return hv_op_swap(cur, uop, count);
	case GNTTABOP_setup_table:
		return hv_op_setup_table(cur, uop, count);
	case GNTTABOP_query_size:
		return hv_op_query_size(cur, uop, count);
	case GNTTABOP_set_version:
		return hv_op_set_version(cur, uop);
	case GNTTABOP_get_version:
		return hv_op_get_version(cur, uop);
	case GNTTABOP_get_status_frames:
		return hv_op_get_status_frames(cur, uop, count);
	default:
		/* transfer: as on a host booted with "gnttab=no-transfer". */
		return -EOPNOTSUPP;
	}
}

long hv_grant_table_op(struct hv_vcpu *cur, unsigned cmd, void *uop, unsigned count)
{
	bool array = cmd == GNTTABOP_map_grant_ref || cmd == GNTTABOP_unmap_grant_ref ||
		     cmd == GNTTABOP_copy || cmd == GNTTABOP_swap_grant_ref;
	uint8_t *p = uop;
	long rc;

	hv_hypercall_enter(cur);
	rc = -EIO;
	if (hv_unlikely(hv_domain_crashed(cur->d)))
		goto out;
	rc = -ENOSYS;
	if (hv_translated(cur->d) && !allowed(cur->d, cmd))
		goto out;
	rc = -EINVAL;
	/* Above the command: the cookie of cache_flush's continuations, which hv does not have. */
	if ((int)count < 0 || cmd >> 12)
		goto out;
	rc = -ENOSYS;
	if (!allowed(cur->d, cmd))
		goto out;
	rc = -EINVAL;
	if (wants_one(cmd) && count != 1)
		goto out;
	rc = -EFAULT;
	if (!hv_guest_handle_okay(cur->d, uop, array ? count : 1, op_size(cmd)))
		goto out;
	while ((rc = one_entry(cur, cmd, p, count)) > 0) {
		/* hypercall_create_continuation(): the guest re-enters with what is left. */
		cur->count.continuations++;
		p += (size_t)rc * op_size(cmd);
		count -= (unsigned)rc;
	}
out:
	hv_hypercall_exit(cur);
	return rc;
}
