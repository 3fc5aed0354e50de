/* SPDX-License-Identifier: GPL-2.0-only */
/* The granter's virtio-iommu on the reference hypervisor. */
#ifndef GNB_HV_VIOMMU_H
#define GNB_HV_VIOMMU_H

#include "hv_machine.h"

/* The device that the machine's configuration asks for, before the guest does anything. 0 or -errno. */
int gnb_hv_viommu_create(struct gnb_machine *m);
/* Operation nr of enum gnb_virtqueue_op. */
long gnb_hv_virtqueue(struct gnb_machine *m, struct hv_vcpu *v, unsigned nr,
		      struct gnb_virtqueue *q);

#endif
