/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PV-IOMMU as the rest of the hypervisor sees it. A domain's contexts are in a table under contexts_lock; a context's
 * entries are changed under its own lock. Neither is held from one page to the next: who works on a context holds a
 * reference on it for one entry into the hypervisor, and a context that is going takes no page and no device.
 *
 * An entry for RAM holds a reference on each of its frames, and of a PV domain's that can be written a type. What goes
 * from the tables is invalidated first, and its references go after that.
 */
#ifndef HV_PVIOMMU_H
#define HV_PVIOMMU_H

#include "types.h"

void hv_pviommu_begin(struct hv_domain *d, bool allowed, bool large);

/* The domain is dying, and no vCPU of it runs: its devices reach nothing any more, its contexts and what they hold go. */
void hv_pviommu_end(struct hv_vcpu *cur, struct hv_domain *d);
/* Nobody looks at it any more. */
void hv_pviommu_destroy(struct hv_vcpu *cur, struct hv_domain *d);

/* hv_iommu_op() up to where it is preempted: -HV_ERESTART, to be called again with *done as it left it; it begins with 0. */
long hv_iommu_op_step(struct hv_vcpu *cur, unsigned subop, void *arg, uint64_t *done);

/* What is true of contexts, of an idle host: adds to refs and types, by MFN, what their entries hold. 0, or -EUCLEAN. */
int hv_pviommu_check(struct hv_host *host, uint32_t *refs, uint32_t *types, char *why, size_t len);

#endif
