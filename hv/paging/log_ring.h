/* SPDX-License-Identifier: GPL-2.0-only */
/* Rings of dirty pages, one for each vCPU of a domain. After Linux' virt/kvm/dirty_ring.c. */
#ifndef HV_LOG_RING_H
#define HV_LOG_RING_H

#include "types.h"

/* The vCPU's own: has it so little room that it leaves to the toolstack first? And a page put in. */
bool hv_log_ring_full(const struct hv_vcpu *v);
void hv_log_ring_put(struct hv_vcpu *v, uint64_t gfn);

/* kvm_dirty_ring_reset(), of all: what was taken is protected, and its room is free. How many; flushed is nothing. */
uint64_t hv_log_rings_reset(struct hv_vcpu *cur, struct hv_domain *d);

#endif
