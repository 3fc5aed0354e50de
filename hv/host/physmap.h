/* SPDX-License-Identifier: GPL-2.0-only */
/* Operations of HYPERVISOR_memory_op on where a domain has its pages, and who may ask for them. */
#ifndef HV_PHYSMAP_H
#define HV_PHYSMAP_H

#include "types.h"

/*
 * Each is left at *start, to be called again (-HV_ERESTART, of log_ops.h), and returns what the guest gets.
 *
 * xenmem_add_to_physmap(), xenmem_add_to_physmap_batch() and XENMEM_remove_from_physmap.
 */
long hv_add_to_physmap(struct hv_vcpu *cur, uint64_t uop, uint64_t *start);
long hv_add_to_physmap_batch(struct hv_vcpu *cur, uint64_t uop, uint64_t *start);
long hv_remove_from_physmap(struct hv_vcpu *cur, uint64_t uop, uint64_t *start);

/* XSM_TARGET: may the caller do this to d? */
static inline bool hv_may_target(const struct hv_vcpu *cur, const struct hv_domain *d)
{
	return d == cur->d || cur->d->privileged;
}

#endif
