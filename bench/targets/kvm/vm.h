/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine's begin and end, and what its guest does. */
#ifndef GNB_KVM_VM_H
#define GNB_KVM_VM_H

#include "machine.h"

/* A machine; -errno with *why, or NULL there. */
int gnb_kvm_open(const struct gnb_machine_config *cfg, struct gnb_machine **out, const char **why);
void gnb_kvm_free(struct gnb_machine *m);

/* The access of a vCPU, as touch() of a target. */
int gnb_kvm_touch(struct gnb_vcpu *v, uint64_t addr, unsigned off, void *buf, unsigned len,
		  bool write);

#endif
