/* SPDX-License-Identifier: GPL-2.0-only */
/* Frames mapped into a domain by their number: whether it may, and the mapping. Parts of HYPERVISOR_domctl. */
#ifndef HV_IOMEM_H
#define HV_IOMEM_H

#include "shadow_op.h"
#include "types.h"

/* A new domain's: a toolstack may have all that the machine has. */
void hv_iomem_init(struct hv_domain *d);

/* Frames of the device's memory that the calling domain may have: iomem_access_permitted(), and no RAM. */
bool hv_iomem_permitted(struct hv_vcpu *cur, uint64_t mfn, uint64_t n);

/* XEN_DOMCTL_iomem_permission: 0, -EINVAL, -EPERM, -ENOMEM. */
int hv_iomem_permission(struct hv_vcpu *cur, struct hv_domain *d,
			const struct iomem_permission *op);

/*
 * XEN_DOMCTL_memory_mapping: 0; how many pages were done, which is not all of them; -EINVAL, -EPERM, -ENOMEM. No reference
 * is taken of what is mapped so, RAM too: as in Xen, it is the toolstack's affair.
 */
long hv_memory_mapping(struct hv_vcpu *cur, struct hv_domain *d, const struct memory_mapping *op);

#endif
