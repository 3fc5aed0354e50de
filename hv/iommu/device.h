/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a domain's devices are: in its own tables, which each is at first, in a context, or nowhere. After Xen's
 * iommu_context of 2025 and VT-d's context entries, of which a unit keeps what it has seen.
 */
#ifndef HV_DEVICE_ATTACH_H
#define HV_DEVICE_ATTACH_H

#include "types.h"

/* Of a new domain. */
void hv_devices_init(struct hv_domain *d);

/*
 * Device dev of d is in c from now on; NULL: in the domain's own tables; &d->nowhere: each access of it faults. It is in one or the other at every moment, and in the
 * old one no more when this returns: an invalidation of where it is, and one of all that the old one had in the IOTLB. 0, also
 * where it is there already, with nothing done; -ENODEV: no such number. Takes device_lock.
 */
int hv_device_attach(struct hv_vcpu *cur, struct hv_domain *d, unsigned dev, struct hv_context *c);

/* In which context it is; NULL: in the domain's own tables, or there is no such number. */
struct hv_context *hv_device_context(const struct hv_domain *d, unsigned dev);

#endif
