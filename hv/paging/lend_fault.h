/* SPDX-License-Identifier: GPL-2.0-only */
/* Accesses that met what is lent and absent. */
#ifndef HV_LEND_FAULT_H
#define HV_LEND_FAULT_H

#include "types.h"

/* A vCPU's access met what is absent, under no lock. True: it tries again. */
bool hv_lend_fault(struct hv_vcpu *v, uint64_t gfn, bool write);
/* It could not be done: what the access gives. -EAGAIN: the vCPU waits; 0: the lender did it; -EFAULT. */
int hv_lend_blocked(struct hv_vcpu *v, uint64_t addr, void *buf, unsigned len, bool write);
/* With the lend lock: who waits for one of these pages tries again. */
void hv_lend_wake(struct hv_domain *d, uint64_t gfn, uint64_t pages);
/* A vCPU that waits for a page of the caller's. -ENOENT. */
int hv_lend_poll(struct hv_vcpu *cur, struct hv_domain *d, unsigned *vcpu, struct hv_fault *out);
/* Its access is done, or fails. -ENOENT: it does not wait; -EINVAL: it cannot be done so. */
int hv_lend_resolve(struct hv_vcpu *cur, struct hv_domain *d, unsigned vcpu, bool fail,
		    uint64_t data, unsigned len);

#endif
