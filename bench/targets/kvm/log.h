/* SPDX-License-Identifier: GPL-2.0-only */
/* Log-dirty. */
#ifndef GNB_KVM_LOG_H
#define GNB_KVM_LOG_H

#include "machine.h"

/* An operation of GNB_OP_LOG_DIRTY. */
long gnb_kvm_log(struct gnb_machine *m, unsigned nr, struct gnb_log *l);

/* What is in a vCPU's ring goes into a bitmap of so many pages. */
void gnb_kvm_ring_collect(struct gnb_vcpu *v, uint8_t *bitmap, uint64_t pages);

/* A vCPU's ring is full: it is emptied, and what was in it is kept for who asks next. */
void gnb_kvm_ring_full(struct gnb_vcpu *v);

#endif
