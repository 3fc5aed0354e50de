/* SPDX-License-Identifier: GPL-2.0-only */
/* Preemption: where a hypercall may be left and entered again. */
#ifndef HV_PREEMPT_H
#define HV_PREEMPT_H

#include "types.h"

/* hypercall_preempt_check(): should the vCPU leave the hypercall here? */
bool hv_preempt(struct hv_vcpu *cur);

#endif
