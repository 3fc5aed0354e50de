/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host knows of a domain's virtio-iommu: its end, and its part of hv_check(). */
#ifndef HV_VIRTIO_INSIDE_H
#define HV_VIRTIO_INSIDE_H

#include "types.h"

/* Its domain runs no more, and nor does any device of it: all that it holds is let go. */
void hv_virtio_dies(struct hv_vcpu *cur, struct hv_domain *d);

/*
 * The domain's device, of an idle host: 0, or -EUCLEAN with the first violation in why[len]. References that it has on frames are
 * added to refs.
 */
int hv_virtio_check(struct hv_domain *d, uint32_t *refs, char *why, size_t len);

#endif
