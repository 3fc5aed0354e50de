/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations of GNTTABOP_*, a function each; hv/host/op.c chooses among them. On a list of arguments:
 * how many are left when the hypercall was preempted, 0 when all are done, or -errno. uop: where
 * the guest says that its arguments are (args.h).
 */
#ifndef HV_HANDLERS_H
#define HV_HANDLERS_H

#include "types.h"

long hv_op_map(struct hv_vcpu *cur, uint64_t uop, unsigned count);
long hv_op_unmap(struct hv_vcpu *cur, uint64_t uop, unsigned count);
/* The same for domains that copy their arguments in blocks (v1-args). */
long hv_op_map_blocks(struct hv_vcpu *cur, uint64_t uop, unsigned count);
long hv_op_unmap_blocks(struct hv_vcpu *cur, uint64_t uop, unsigned count);
long hv_op_unmap_and_replace(struct hv_vcpu *cur, uint64_t uop, unsigned count);
/* v1-range (range.h). */
long hv_op_range_map(struct hv_vcpu *cur, uint64_t uop, unsigned count);
long hv_op_range_unmap(struct hv_vcpu *cur, uint64_t uop, unsigned count);
long hv_op_copy(struct hv_vcpu *cur, uint64_t uop, unsigned count);
long hv_op_transfer(struct hv_vcpu *cur, uint64_t uop, unsigned count);
long hv_op_swap(struct hv_vcpu *cur, uint64_t uop, unsigned count);
/* cur->op_cookie: where the search for the caller's mapping goes on, 0 when none is pending. */
long hv_op_cache_flush(struct hv_vcpu *cur, uint64_t uop, unsigned count);

/* As the first without, of a domain whose mappings can be taken away (revocable.c). */
long hv_op_map_revocable(struct hv_vcpu *cur, uint64_t uop, unsigned count);
long hv_op_unmap_revocable(struct hv_vcpu *cur, uint64_t uop, unsigned count);
long hv_op_replace_revocable(struct hv_vcpu *cur, uint64_t uop, unsigned count);

/* v1-revoke, not in Xen: -ENOSYS of a domain that is not revocable. */
long hv_op_v1_revoke(struct hv_vcpu *cur, uint64_t uop, unsigned count);

long hv_op_setup_table(struct hv_vcpu *cur, uint64_t uop);
long hv_op_query_size(struct hv_vcpu *cur, uint64_t uop);
long hv_op_get_status_frames(struct hv_vcpu *cur, uint64_t uop);
long hv_op_set_version(struct hv_vcpu *cur, uint64_t uop);
long hv_op_get_version(struct hv_vcpu *cur, uint64_t uop);

#endif
