/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest's write to a protected page, of ways of log-dirty that are KVM's: no lock is taken for it. */
#ifndef HV_LOG_FAST_H
#define HV_LOG_FAST_H

#include "types.h"

/*
 * The exit of a write: false if it was to no protected page, and nothing was done. Else *again says whether it is to be tried
 * again; it is not, with v->ring.full, while the vCPU's ring has no room. After Linux' fast_page_fault().
 */
bool hv_way_write(struct hv_vcpu *v, uint64_t gfn, bool *again);

#endif
