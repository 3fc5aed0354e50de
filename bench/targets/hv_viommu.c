// SPDX-License-Identifier: GPL-2.0-only
/* The reference hypervisor's virtio-iommu, as a guest and its devices come by it. */
#include <errno.h>
#include <hv/device.h>
#include <hv/virtio.h>
#include <virtio_iommu.h>

#include "hv_viommu.h"

int gnb_hv_viommu_create(struct gnb_machine *m)
{
	struct hv_virtio_config c = {
		.blocked = true,
		.superpages = true,
		.per_batch = m->cfg.viommu_batch,
	};

	c.features = VIRTIO_IOMMU_F_INPUT_RANGE | VIRTIO_IOMMU_F_DOMAIN_RANGE |
		     VIRTIO_IOMMU_F_MAP_UNMAP | VIRTIO_IOMMU_F_PROBE | VIRTIO_IOMMU_F_BYPASS_CONFIG;
	if (m->cfg.viommu_relaxed)
		c.features |= VIRTIO_IOMMU_F_RELAXED;
	return hv_virtio_create(m->dom[GNB_GRANTER], &c);
}

long gnb_hv_virtqueue(struct gnb_machine *m, struct hv_vcpu *v, unsigned nr,
		      struct gnb_virtqueue *q)
{
	if (!m->cfg.viommu)
		return -EOPNOTSUPP;
	if (nr == GNB_VIRTQUEUE_READ) {
		q->value = hv_virtio_read(v, q->reg);
		return 0;
	}
	if (nr == GNB_VIRTQUEUE_WRITE)
		return hv_virtio_write(v, q->reg, q->value);
	return hv_device_access_by(m->dom[GNB_GRANTER], q->device, q->dma.dfn, q->dma.off,
				   q->dma.buf, q->dma.len, q->write);
}
