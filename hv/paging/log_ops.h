/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * XEN_DOMCTL_shadow_op, as far as it is about dirty pages: marks in the p2m (marks.h) make a guest's first write to a page a
 * fault, and a trie has a bit for it. cur's domain is the toolstack's. After Xen's arch/x86/mm/paging.c and hap/hap.c.
 */
#ifndef HV_LOG_OPS_H
#define HV_LOG_OPS_H

#include "log_op.h"

/*
 * paging_domctl(): 0, -EINVAL, -EBUSY, -EFAULT, -ENOMEM, -EOPNOTSUPP; or -HV_ERESTART: it is to be called again with
 * resuming set.
 */
int hv_log_domctl(struct hv_vcpu *cur, struct hv_domain *d, struct hv_log_op *op, bool resuming);

/* The domain ends: what is left of the trie. */
void hv_log_end(struct hv_vcpu *cur, struct hv_domain *d);

#endif
