/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices of a domain, by number, each of which may have an address space of its own. */
#ifndef HV_DEVICE_H
#define HV_DEVICE_H

#include <stdbool.h>
#include <stdint.h>

struct hv_domain;

#define HV_DEVICES 8 /* of a domain: 0 to 7 */

/*
 * An access of device dev, through the IOTLB: in the domain's own tables, or where an IOMMU interface of its guest has put
 * it. off + len within one page. 0; -EFAULT: there is no mapping, or no right; -EINVAL; -EOPNOTSUPP: the domain's own tables,
 * and it has none; -ENODEV. Any thread; hv_device_access() is the same of a device that stays in the domain's own tables.
 */
int hv_device_access_by(struct hv_domain *d, unsigned dev, uint64_t dfn, unsigned off, void *buf,
			unsigned len, bool write);

#endif
