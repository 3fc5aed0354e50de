/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address spaces of devices beside a domain's own, after the contexts of Xen's proposed PV-IOMMU: tables, and a number by
 * which the unit knows them. What may be mapped, and the references of what is, is the business of who has the context.
 */
#ifndef HV_CONTEXT_H
#define HV_CONTEXT_H

#include "pt.h"

/* An empty one of d's, which pays for its tables. -ENOMEM; -ENOSPC: the unit has no number left. */
int hv_context_init(struct hv_vcpu *cur, struct hv_context *c, struct hv_domain *d);

/* It has to have no device (hv_device_attach()). Nothing of it is in the IOTLB afterwards, and its tables are freed. */
void hv_context_free(struct hv_vcpu *cur, struct hv_context *c);

/*
 * One entry, as hv_pt_set(): 0 clears it, *old is what was there. Nothing is invalidated, but where empty tables give way
 * to a superpage: *old is then 0. -ENOMEM, -EEXIST. Takes c's lock.
 */
int hv_context_set(struct hv_vcpu *cur, struct hv_context *c, uint64_t dfn, unsigned order,
		   uint64_t e, uint64_t *old);

/* What translates dfn, or 0, and its order (NULL: not wanted). A counted walk under c's lock. */
uint64_t hv_context_get(struct hv_vcpu *cur, struct hv_context *c, uint64_t dfn, unsigned *order);

/*
 * Invalidate for n > 0 pages and wait: HV_SCOPE_RANGE by one descriptor of an aligned power of two, HV_SCOPE_PAGE by one for
 * each page, HV_SCOPE_DOMAIN all of the context.
 */
void hv_context_invalidate(struct hv_vcpu *cur, struct hv_context *c, uint64_t dfn, uint64_t n,
			   enum hv_flush_scope scope);

#endif
