/* SPDX-License-Identifier: GPL-2.0-only */
/* One domctl at a time; and one that is left half way, for who wants to see what comes between. */
#ifndef HV_DOMCTL_H
#define HV_DOMCTL_H

#include "types.h"

/* domctl_lock_acquire(), tried until it is had. */
void hv_domctl_begin(struct hv_vcpu *cur);
void hv_domctl_end(struct hv_vcpu *cur);

/* hv_domctl() up to where it is preempted: -HV_ERESTART, to be called again with *resuming as it left it. */
long hv_domctl_step(struct hv_vcpu *cur, void *uop, bool *resuming);

#endif
