/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The host's remapping unit: a queue of invalidation and wait descriptors, and an IOTLB. After
 * Xen's drivers/passthrough/vtd/qinval.c.
 *
 * The unit serves its queue when the doorbell rings, in the thread that rang it, as an emulated
 * unit does; there is no device thread whose absence could flatter a figure. Its time is not a
 * device's time.
 */
#ifndef HV_UNIT_H
#define HV_UNIT_H

#include "types.h"

/* Queue one invalidation and wait for it. HV_SCOPE_RANGE: 1 << order pages at dfn. */
void hv_unit_invalidate(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, unsigned order,
			enum hv_flush_scope scope);

/* The device's access, by the IOTLB and the tables (hv_device_access()). */
int hv_unit_access(struct hv_domain *d, uint64_t dfn, unsigned off, void *buf, unsigned len,
		   bool write);

/* A domain that ends leaves nothing in the IOTLB. */
void hv_unit_forget(struct hv_host *host, const struct hv_domain *d);

#endif
