/* SPDX-License-Identifier: GPL-2.0-only */
/* A page that a domain gives up. */
#ifndef HV_GIVE_UP_H
#define HV_GIVE_UP_H

#include "types.h"

/*
 * guest_remove_page(), but for the reference in *pg, which is the caller's to drop when it has let go of the p2m: what is
 * at the frame goes from there, and is allocated no more. -ENOENT, -EINVAL, -EPERM, -ENXIO, -EBUSY, -ENOMEM.
 */
int hv_give_up(struct hv_vcpu *cur, struct hv_domain *d, uint64_t frame, struct hv_page **pg);

#endif
