/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine on KVM: a VM with its vCPUs and memory, and this process as its toolstack and lender. */
#ifndef GNB_KVM_VM_H
#define GNB_KVM_VM_H

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

/* Memory of whole 2 MiB, at a multiple of that, by large pages or by small ones only; all of it there, if filled. */
void *gnb_kvm_memory(size_t bytes, bool large, bool hugetlb);

/* Guest-physical memory of a slot; 0 bytes: it is gone. 0 or -errno; the call is timed. */
int gnb_kvm_set_slot(struct gnb_machine *m, unsigned slot, uint64_t at, void *memory,
		     uint64_t bytes, unsigned flags);

/* An ioctl of the VM that is timed: what it returns, or -errno. */
long gnb_kvm_timed(struct gnb_machine *m, int fd, unsigned long request, void *arg);

/* A machine, and its end. */
int gnb_kvm_open(const struct gnb_machine_config *cfg, struct gnb_machine **out, const char **why);
void gnb_kvm_free(struct gnb_machine *m);

/* The access of a vCPU, as touch() of a target. */
int gnb_kvm_touch(struct gnb_vcpu *v, uint64_t addr, unsigned off, void *buf, unsigned len,
		  bool write);

/* Whatever a vCPU is in the middle of is over: it is at its code's begin. */
int gnb_kvm_restart(struct gnb_vcpu *v);

/* What an access may change of large entries, before and after: the difference is counted. */
uint64_t gnb_kvm_large(struct gnb_machine *m);

/* Operations of a kind. */
long gnb_kvm_log(struct gnb_machine *m, unsigned nr, struct gnb_log *l);
long gnb_kvm_lending(struct gnb_machine *m, unsigned nr, struct gnb_lend *x);

/* The loan that has a page, or NULL. */
struct gnb_kvm_loan *gnb_kvm_loan_of(struct gnb_machine *m, uint64_t gfn);

/* All loans are over. */
void gnb_kvm_loans_end(struct gnb_machine *m);

/* What is in a vCPU's ring goes into a bitmap; how many pages. A ring that is full leaves it to the machine's. */
uint64_t gnb_kvm_ring_collect(struct gnb_vcpu *v, uint8_t *bitmap, uint64_t pages);

#endif
