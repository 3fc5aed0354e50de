/* SPDX-License-Identifier: GPL-2.0-only */
/* What a machine on KVM is: a VM with its vCPUs and memory, and this process as its toolstack and lender. */
#ifndef GNB_KVM_MACHINE_H
#define GNB_KVM_MACHINE_H

#include <linux/kvm.h>

#include <gnb/target.h>

#include "guest.h"
#include "stats.h"

#define GNB_KVM_LOANS 16

enum { GNB_KVM_SLOT_OWN, GNB_KVM_SLOT_RAM, GNB_KVM_SLOT_LOANS };

struct gnb_vcpu {
	struct gnb_machine *m;
	int fd; /* -1: the toolstack's */
	struct kvm_run *run;
	struct gnb_kvm_mail *mail;
	struct kvm_regs begin;
	struct gnb_kvm_stats stats;
	uint64_t halts;		    /* exits by which the guest says that it is done */
	struct kvm_dirty_gfn *ring; /* GNB_WAY_RING */
	uint32_t ring_at;
	bool waits; /* for a page of a loan that is not there */
	uint64_t waits_for;
};

/* What is lent: memory of 2 MiB pieces that begins at a GFN. */
struct gnb_kvm_loan {
	uint64_t gfn, pages, first;
	uint8_t *at;	/* as this process has it */
	uint8_t *twin;	/* the same, and no guest has it: what a revoke takes without one */
	bool *there;	/* pages of it that are */
	bool *revoking; /* between a revoke and its end */
};

struct gnb_machine {
	struct gnb_machine_config cfg;
	int vm, uffd;
	struct gnb_vcpu tools, *vcpu;
	unsigned vcpus;
	void *own;
	uint8_t *ram, *own_ram;
	uint8_t *warm; /* a page that is only given away */
	size_t run_bytes;
	struct gnb_kvm_stats stats;
	uint64_t ticks;	  /* in KVM, or below an access of the guest's */
	uint64_t control; /* in calls that no guest had to do with */
	uint64_t parted;  /* large entries that went */
	bool same_clock;  /* stamps of the guest are this side's */
	bool logging;
	uint8_t *ring_dirty; /* pages that came out of a ring that was full */
	uint32_t ring_entries;
	uint64_t seq;
	struct gnb_kvm_loan loan[GNB_KVM_LOANS];
	struct gnb_kvm_args {
		struct gnb_kvm_args *next;
		size_t bytes;
	} * args;
};

#endif
