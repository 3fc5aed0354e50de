/* SPDX-License-Identifier: GPL-2.0-only */
/* Dispatch and preemption, after Xen's do_grant_table_op() and hvm_grant_table_op(). */
#include "handlers.h"
#include "lifetime.h"
#include "words.h"

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
	case GNTTABOP_transfer:
	case GNTTABOP_unmap_and_replace:
	case GNTTABOP_cache_flush:
		return !hv_translated(d);
	default:
		return false;
	}
}

/* Operations on arrays; the others take one structure. */
static bool takes_array(unsigned cmd)
{
	switch (cmd) {
	case GNTTABOP_map_grant_ref:
	case GNTTABOP_unmap_grant_ref:
	case GNTTABOP_copy:
	case GNTTABOP_swap_grant_ref:
	case GNTTABOP_transfer:
	case GNTTABOP_unmap_and_replace:
	case GNTTABOP_cache_flush:
		return true;
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
	case GNTTABOP_transfer:
		return sizeof(struct gnttab_transfer);
	case GNTTABOP_unmap_and_replace:
		return sizeof(struct gnttab_unmap_and_replace);
	case GNTTABOP_cache_flush:
		return sizeof(struct gnttab_cache_flush);
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

/* One entry into the hypervisor: 0, the number of operations done so far if there are more, or
 * -errno. */
static long one_entry(struct hv_vcpu *cur, unsigned cmd, void *uop, unsigned count,
		      grant_ref_t *cookie)
{
	switch (cmd) {
	case GNTTABOP_map_grant_ref:
		return hv_op_map(cur, uop, count);
	case GNTTABOP_unmap_grant_ref:
		return hv_op_unmap(cur, uop, count);
	case GNTTABOP_swap_grant_ref:
		return hv_op_swap(cur, uop, count);
	case GNTTABOP_transfer:
		return hv_op_transfer(cur, uop, count);
	case GNTTABOP_unmap_and_replace:
		return hv_op_unmap_and_replace(cur, uop, count);
	case GNTTABOP_cache_flush:
		return hv_op_cache_flush(cur, uop, count, cookie);
	case GNTTABOP_setup_table:
		return hv_op_setup_table(cur, uop, count);
	case GNTTABOP_query_size:
		return hv_op_query_size(cur, uop, count);
	case GNTTABOP_set_version:
		return hv_op_set_version(cur, uop);
	case GNTTABOP_get_version:
		return hv_op_get_version(cur, uop);
	default:
		return hv_op_get_status_frames(cur, uop, count);
	}
}

/*
 * hypercall_create_continuation(): the guest re-enters with what is left. Only a copy can come back
 * with nothing done, when its entries were changed under it. Xen's guest then re-enters for as long
 * as they are; hv's driver gets its vCPU back after a while.
 */
#define MAX_IDLE 256

static long run(struct hv_vcpu *cur, unsigned cmd, uint8_t *p, unsigned count, grant_ref_t cookie)
{
	unsigned idle = 0;

	for (;;) {
		long rc;

		if (cmd == GNTTABOP_copy) {
			rc = hv_op_copy(cur, p, count);
			if (!rc)
				return 0;
			rc = count - rc;
			idle = rc ? 0 : idle + 1;
			if (idle == MAX_IDLE)
				return -EINTR;
		} else {
			rc = one_entry(cur, cmd, p, count, &cookie);
			if (rc < 0 || (!rc && !cookie))
				return rc;
		}
		/* domain_crash() is noticed as any wish to preempt; such a guest never goes on. */
		if (hv_unlikely(hv_domain_crashed(cur->d)))
			return -EIO;
		cur->count.continuations++;
		p += (size_t)rc * op_size(cmd);
		count -= (unsigned)rc;
	}
}

long hv_grant_table_op(struct hv_vcpu *cur, unsigned cmd, void *uop, unsigned count)
{
	unsigned cookie = cmd & ~0xfffu;
	long rc;

	hv_hypercall_enter(cur);
	rc = -EIO;
	if (hv_unlikely(hv_domain_crashed(cur->d)))
		goto out;
	rc = -ENOSYS;
	if (hv_translated(cur->d) && !allowed(cur->d, cmd))
		goto out;
	rc = -EINVAL;
	cmd &= 0xfff;
	/* Above the command: where a cache_flush goes on. */
	if ((int)count < 0 || (cookie && cmd != GNTTABOP_cache_flush))
		goto out;
	rc = -ENOSYS;
	if (!allowed(cur->d, cmd))
		goto out;
	rc = -EINVAL;
	if (wants_one(cmd) && count != 1)
		goto out;
	rc = -EFAULT;
	if (!hv_guest_handle_okay(cur->d, uop, takes_array(cmd) ? count : 1, op_size(cmd)))
		goto out;
	rc = run(cur, cmd, uop, count, cookie);
out:
	hv_hypercall_exit(cur);
	return rc;
}
