/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_map_grant_ref, after Xen's gnttab_map_grant_ref(). */
#include "handlers.h"
#include "map_one.h"

long hv_op_map(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	return hv_map_list(cur, uop, count, false);
}
