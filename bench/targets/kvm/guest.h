/* SPDX-License-Identifier: GPL-2.0-only */
/* The guest's code, tables and mail. */
#ifndef GNB_KVM_GUEST_H
#define GNB_KVM_GUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GNB_KVM_REACH (16ull << 30) /* what the guest can name */
#define GNB_KVM_OWN   (3ull << 30)  /* its own pages; its RAM is below */

enum gnb_kvm_what { GNB_KVM_READ, GNB_KVM_WRITE, GNB_KVM_SWEEP };

/* A page: what it is to do, and what came of it. */
struct gnb_kvm_mail {
	uint64_t where, n; /* bytes; of a sweep pages */
	uint32_t what;
	uint32_t ticks; /* the first byte's access */
	uint8_t unused[0x40 - 0x18];
	uint8_t data[4096 - 0x40];
};

struct kvm_regs;

/* Pages from GNB_KVM_OWN on that a guest with so many vCPUs needs. */
unsigned gnb_kvm_own_pages(unsigned vcpus);

/* Where a vCPU has its mail. */
uint64_t gnb_kvm_mail_at(unsigned vcpu);

/* Write code and tables to where the guest's own pages are. */
void gnb_kvm_guest_fill(void *own);

/* A new vCPU is at the code's begin; regs: to put it there again. 0, 1 if its stamps are not the host's, or -errno. */
int gnb_kvm_guest_start(int vcpu, uint64_t mail, struct kvm_regs *regs);

#endif
