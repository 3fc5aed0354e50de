/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Log-dirty as KVM has it, an operation of the toolstack's: entries are protected page by page. After Linux'
 * virt/kvm/kvm_main.c.
 */
#ifndef HV_LOG_WAYS_H
#define HV_LOG_WAYS_H

#include "log_op.h"

/* hv_log_domctl() of a domain whose way is not Xen's. -EOPNOTSUPP: a way has no such operation. */
int hv_log_way_op(struct hv_vcpu *cur, struct hv_domain *d, struct hv_log_op *op);

#endif
