/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_map_grant_ref, after Xen's gnttab_map_grant_ref(). */
#include "args.h"
#include "handlers.h"
#include "map_one.h"
#include "preempt.h"
#include "slow.h"

long hv_op_map(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	struct gnttab_map_grant_ref op;

	for (unsigned i = 0; i < count; i++, uop += sizeof(op)) {
		if (i && hv_preempt(cur)) {
			hv_slow(cur, i);
			return count - i;
		}
		if (hv_unlikely(hv_copy_from_guest(cur, &op, uop, sizeof(op))))
			return -EFAULT;
		hv_map_one(cur, &op);
		/* The guest does not get to know its handle: the mapping stays, as in Xen. */
		if (hv_unlikely(hv_copy_to_guest(cur, uop, &op, sizeof(op))))
			return -EFAULT;
	}
	hv_slow(cur, count);
	return 0;
}
