/* SPDX-License-Identifier: GPL-2.0-only */
/* What the hypervisor does about a fault of a guest (hv_guest_access()). */
#ifndef HV_GUEST_ACCESS_H
#define HV_GUEST_ACCESS_H

#include "types.h"

/* An access of the vCPU faulted: is it to be tried again? Each is an exit. */
bool hv_guest_fault(struct hv_vcpu *v, uint64_t gfn, bool write);

#endif
