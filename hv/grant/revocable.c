/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * map_grant_ref, unmap_grant_ref and unmap_and_replace of domains whose mappings can be taken away (v1-revoke, not in
 * Xen). They are not among version 1's own, so that these cost what they cost in Xen.
 */
#include "handlers.h"
#include "map_one.h"
#include "unmap_list.h"

long hv_op_map_revocable(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	return hv_map_list(cur, uop, count, true);
}

long hv_op_unmap_revocable(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	return hv_unmap_list(cur, uop, count, HV_UNMAP, true);
}

long hv_op_replace_revocable(struct hv_vcpu *cur, uint64_t uop, unsigned count)
{
	return hv_unmap_list(cur, uop, count, HV_REPLACE, true);
}
