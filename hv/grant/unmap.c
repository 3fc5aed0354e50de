/* SPDX-License-Identifier: GPL-2.0-only */
/* GNTTABOP_unmap_grant_ref and unmap_and_replace, after Xen's gnttab_unmap_grant_ref() and gnttab_unmap_and_replace(). */
#include "handlers.h"
#include "unmap_list.h"

long hv_op_unmap(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	return hv_unmap_list(cur, uop, count, HV_UNMAP, false);
}

long hv_op_unmap_and_replace(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	return hv_unmap_list(cur, uop, count, HV_REPLACE, false);
}
