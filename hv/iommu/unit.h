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

/* Queue one invalidation of the domain's own tables and wait for it. HV_SCOPE_RANGE: 1 << order pages at dfn. */
void hv_unit_invalidate(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, unsigned order,
			enum hv_flush_scope scope);

/* The same of the address space with this number. */
void hv_unit_invalidate_tag(struct hv_vcpu *cur, uint16_t tag, uint64_t dfn, unsigned order,
			    enum hv_flush_scope scope);

/* Queue one invalidation of what the unit has of where a device is, and wait for it: it looks again before the next access. */
void hv_unit_invalidate_device(struct hv_vcpu *cur, struct hv_attached *a);

/* A number for an address space, or -ENOSPC; and back again, when nothing of it is in the IOTLB. */
int hv_unit_take_tag(struct hv_vcpu *cur);
void hv_unit_put_tag(struct hv_vcpu *cur, uint16_t tag);

/* The device's access, by the IOTLB and the tables (hv_device_access()). */
int hv_unit_access(struct hv_domain *d, uint64_t dfn, unsigned off, void *buf, unsigned len,
		   bool write);

/* The same of one of its devices, where that is; *mfn: which page it was. -EFAULT also for one that reaches nothing. */
int hv_unit_access_by(struct hv_domain *d, struct hv_attached *a, uint64_t dfn, unsigned off,
		      void *buf, unsigned len, bool write, uint64_t *mfn);

/* A domain that ends leaves nothing in the IOTLB. */
void hv_unit_forget(struct hv_host *host, const struct hv_domain *d);

#endif
