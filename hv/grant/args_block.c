/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map_grant_ref and unmap_grant_ref of domains that have more than version 1; not in Xen.
 *
 * v1-args: as in version 1, but for the copies of arguments, which are of blocks of 32 structures, in and out once. So
 * the guest reads the statuses of a block when all of it is done. v1-super: mappings may be superpages (super.h). With it
 * alone a block is one structure. They are not among version 1's own, so that these cost what they cost in Xen.
 */
#include "args.h"
#include "handlers.h"
#include "map_one.h"
#include "preempt.h"
#include "slow.h"
#include "unmap_halves.h"

static void map_one(struct hv_vcpu *cur, struct gnttab_map_grant_ref *op)
{
	if (op->flags & cur->d->super)
		hv_map_super(cur, op);
	else
		hv_map_one(cur, op, false);
}

/*
 * A block that cannot be read to its end is not begun, and of one that cannot be written back to its end all
 * mappings stay.
 */
long hv_op_map_blocks(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	struct gnttab_map_grant_ref op[HV_ARGS_BLOCK];
	unsigned block = cur->d->args_block, i, n;

	for (i = 0; i < count; i += n, uop += n * sizeof(*op)) {
		/* Between blocks only, as an unmap: no argument is read twice. */
		if (i && hv_preempt(cur)) {
			hv_slow(cur, i);
			return count - i;
		}
		n = count - i < block ? count - i : block;
		if (hv_unlikely(hv_copy_from_guest(cur, op, uop, n * sizeof(*op))))
			return -EFAULT;
		for (unsigned k = 0; k < n; k++)
			map_one(cur, &op[k]);
		if (hv_unlikely(hv_copy_to_guest(cur, uop, op, n * sizeof(*op))))
			return -EFAULT;
	}
	hv_slow(cur, count);
	return 0;
}

/*
 * The first half of operations i to i + n - 1, whose arguments are copied at once, and go back whole. How many were
 * begun: none when they cannot be read, all when only their statuses cannot be written.
 */
static unsigned unmap_block(struct hv_vcpu *cur, uint64_t uop, unsigned i, unsigned n, int *rc)
{
	struct gnttab_unmap_grant_ref op[HV_ARGS_BLOCK];

	*rc = -EFAULT;
	if (hv_unlikely(hv_copy_from_guest(cur, op, uop, n * sizeof(*op))))
		return 0;
	for (unsigned k = 0; k < n; k++) {
		struct hv_unmap *common = &cur->unmap[i + k];

		common->done = 0;
		common->host_addr = op[k].host_addr;
		common->dev_bus_addr = op[k].dev_bus_addr;
		common->handle = op[k].handle;
		hv_unmap_first(cur, common, HV_UNMAP, false);
		op[k].status = common->status;
	}
	*rc = hv_copy_to_guest(cur, uop, op, n * sizeof(*op));
	return n;
}

/* A chunk of them: c, or how many were begun before one failed. A domain that does not wait flushes after each 32. */
static unsigned unmap_blocks(struct hv_vcpu *cur, uint64_t uop, unsigned c, unsigned late, int *rc)
{
	unsigned block = cur->d->args_block, i = 0;

	while (i < c) {
		unsigned n = c - i < block ? c - i : block;

		i += unmap_block(cur, uop + i * sizeof(struct gnttab_unmap_grant_ref), i, n, rc);
		if (hv_unlikely(*rc))
			break;
		if (!(late & HV_LATE_TLB) && i % HV_UNMAP_BATCH == 0 && i < c)
			hv_mapping_flush(cur);
	}
	return i;
}

long hv_op_unmap_blocks(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	unsigned late = cur->d->flush_late, done = 0;
	unsigned chunk = late ? HV_UNMAP_CHUNK : HV_UNMAP_BATCH;
	int rc = 0;

	hv_mapping_begin(cur);
	while (done < count) {
		unsigned c = count - done < chunk ? count - done : chunk;

		c = unmap_blocks(cur, uop + done * sizeof(struct gnttab_unmap_grant_ref), c, late,
				 &rc);
		hv_mapping_settle(cur);
		for (unsigned i = 0; i < c; i++)
			hv_unmap_second(cur, &cur->unmap[i], true, false);
		done += c;
		if (hv_unlikely(rc) || (done < count && hv_preempt(cur)))
			break;
	}
	hv_mapping_end(cur);
	return rc ? (long)rc : (long)(count - done);
}
