/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * HYPERVISOR_grant_table_op: the table of operations, and their way in and out again, after Xen's
 * do_grant_table_op() and hvm_grant_table_op().
 */
#include "args.h"
#include "handlers.h"
#include "grant_rivals.h"
#include "grant_v1_revoke.h"
#include "grant_v3.h"
#include "lifetime.h"
#include "v3.h"

struct op {
	size_t size; /* of an argument */
	/* On a list of arguments: how many are left. Or on one, whatever their number. */
	long (*list)(struct hv_vcpu *cur, uint64_t uop, unsigned count);
	long (*one)(struct hv_vcpu *cur, uint64_t uop);
	/* As list, for a domain that has more than version 1 (args_block.c). */
	long (*blocks)(struct hv_vcpu *cur, uint64_t uop, unsigned count);
	/* The same for one whose mappings can be taken away (revocable.c). */
	long (*revocable)(struct hv_vcpu *cur, uint64_t uop, unsigned count);
	bool count_first; /* looks at the number, which must be 1, before it looks at the buffer */
	bool pv_only;	  /* hvm_grant_table_op() knows nothing of it */
	bool resumes;	  /* takes up a search that the bits above the command speak of */
	bool may_idle; /* can come back with nothing done, when its entries were changed under it */
};

#define ARG(type) .size = sizeof(struct gnttab_##type)

static const struct op ops[] = {
	[GNTTABOP_map_grant_ref] = { ARG(map_grant_ref), .list = hv_op_map,
				     .blocks = hv_op_map_blocks, .revocable = hv_op_map_revocable },
	[GNTTABOP_unmap_grant_ref] = { ARG(unmap_grant_ref), .list = hv_op_unmap,
				       .blocks = hv_op_unmap_blocks,
				       .revocable = hv_op_unmap_revocable },
	[GNTTABOP_setup_table] = { ARG(setup_table), .one = hv_op_setup_table,
				   .count_first = true },
	[GNTTABOP_transfer] = { ARG(transfer), .list = hv_op_transfer, .pv_only = true },
	[GNTTABOP_copy] = { ARG(copy), .list = hv_op_copy, .may_idle = true },
	[GNTTABOP_query_size] = { ARG(query_size), .one = hv_op_query_size, .count_first = true },
	[GNTTABOP_unmap_and_replace] = { ARG(unmap_and_replace), .list = hv_op_unmap_and_replace,
					 .revocable = hv_op_replace_revocable, .pv_only = true },
	[GNTTABOP_set_version] = { ARG(set_version), .one = hv_op_set_version },
	[GNTTABOP_get_status_frames] = { ARG(get_status_frames), .one = hv_op_get_status_frames,
					 .count_first = true, .pv_only = true },
	[GNTTABOP_get_version] = { ARG(get_version), .one = hv_op_get_version },
	[GNTTABOP_swap_grant_ref] = { ARG(swap_grant_ref), .list = hv_op_swap },
	[GNTTABOP_cache_flush] = { ARG(cache_flush), .list = hv_op_cache_flush, .pv_only = true,
				   .resumes = true },
	[GNTTABOP_range_map] = { ARG(range_map), .list = hv_op_range_map },
	[GNTTABOP_range_unmap] = { ARG(range_unmap), .list = hv_op_range_unmap },
	[GNTTABOP_v1_revoke] = { ARG(v1_revoke), .list = hv_op_v1_revoke },
	[GNTTABOP_v3_register] = { ARG(v3_register), .list = hv_v3_register },
	[GNTTABOP_v3_unregister] = { ARG(v3_unregister), .list = hv_v3_unregister },
	[GNTTABOP_v3_set_root] = { ARG(v3_set_root), .list = hv_v3_set_root },
	[GNTTABOP_v3_map] = { ARG(v3_map), .list = hv_v3_map },
	[GNTTABOP_v3_unmap] = { ARG(v3_unmap), .list = hv_v3_unmap },
	[GNTTABOP_v3_revoke] = { ARG(v3_revoke), .list = hv_v3_revoke },
	[GNTTABOP_v3_copy] = { ARG(v3_copy), .list = hv_v3_copy },
	[GNTTABOP_v3_notify_setup] = { ARG(v3_notify_setup), .list = hv_v3_notify_setup },
	[GNTTABOP_v3_protect] = { ARG(v3_protect), .list = hv_v3_protect },
	[GNTTABOP_v3_query] = { ARG(v3_query), .list = hv_v3_query },
	[GNTTABOP_v3_invalidate] = { ARG(v3_invalidate), .list = hv_v3_invalidate },
	[GNTTABOP_v3_bind] = { ARG(v3_bind), .list = hv_v3_bind },
	[GNTTABOP_v3_ack] = { ARG(v3_ack), .list = hv_v3_ack },
};

static const struct op *find(unsigned cmd)
{
	return cmd < sizeof(ops) / sizeof(ops[0]) && ops[cmd].size ? &ops[cmd] : NULL;
}

/* The list of a domain that has more than version 1. */
static long (*beyond_v1(const struct hv_domain *d, const struct op *op))(struct hv_vcpu *, uint64_t,
									 unsigned)
{
	long (*list)(struct hv_vcpu *, uint64_t, unsigned) =
		d->args_block ? op->blocks : op->revocable;

	return list ? list : op->list;
}

/*
 * hypercall_create_continuation(): the guest re-enters with what is left. Where nothing was done,
 * Xen's guest does so for as long as its entries are changed under it; hv's driver gets its vCPU
 * back after a while.
 */
#define MAX_IDLE 256

static long run(struct hv_vcpu *cur, const struct op *op, uint64_t at, unsigned count)
{
	long (*list)(struct hv_vcpu *, uint64_t, unsigned) = op->list;
	unsigned idle = 0;

	if (op->one)
		return op->one(cur, at);
	if (hv_unlikely(cur->d->beyond_v1))
		list = beyond_v1(cur->d, op);
	for (;;) {
		long left = list(cur, at, count), done = count - left;

		if (left <= 0)
			return left;
		idle = done || !op->may_idle ? 0 : idle + 1;
		if (idle == MAX_IDLE)
			return -EINTR;
		/* domain_crash() is noticed as any wish to preempt; such a guest never goes on. */
		if (hv_unlikely(hv_domain_crashed(cur->d)))
			return -EIO;
		cur->count.continuations++;
		at += (uint64_t)done * op->size;
		count = (unsigned)left;
	}
}

long hv_grant_table_op(struct hv_vcpu *cur, unsigned cmd, void *uop, unsigned count)
{
	uint64_t at = (uintptr_t)uop;
	const struct op *op;
	long rc;

	hv_hypercall_enter(cur);
	rc = -EIO;
	if (hv_unlikely(hv_domain_crashed(cur->d)))
		goto out;
	rc = -ENOSYS;
	op = find(hv_translated(cur->d) ? cmd : cmd & 0xfff);
	if (hv_translated(cur->d) && (!op || op->pv_only))
		goto out;
	rc = -EINVAL;
	cur->op_cookie = cmd & ~0xfffu;
	if ((int)count < 0 || (cur->op_cookie && !(op && op->resumes)))
		goto out;
	rc = -ENOSYS;
	if (!op)
		goto out;
	rc = -EINVAL;
	if (op->count_first && count != 1)
		goto out;
	rc = -EFAULT;
	if (!hv_guest_handle_okay(cur->d, at, op->list ? count : 1, op->size))
		goto out;
	rc = run(cur, op, at, count);
out:
	hv_hypercall_exit(cur);
	return rc;
}
