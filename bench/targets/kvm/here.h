/* SPDX-License-Identifier: GPL-2.0-only */
/* KVM as this kernel has it: its device, its clock, what is a fact about it. */
#ifndef GNB_KVM_HERE_H
#define GNB_KVM_HERE_H

#include <stdbool.h>
#include <stdint.h>

#include <gnb/operations.h>

/* How what is lent is taken back: by giving its pages away, or by a right that goes. */
enum gnb_kvm_revoke { GNB_KVM_MADVISE, GNB_KVM_MPROTECT };

/* What was chosen with --target=kvm:KEY=VALUE. */
extern enum gnb_kvm_revoke gnb_kvm_revoke;
extern bool gnb_kvm_hugetlb;

/* Is there a KVM that can be asked, looked up once? 0, or -EOPNOTSUPP or -EPERM with *why. */
int gnb_kvm_look(const char **why);

/* /dev/kvm, opened by gnb_kvm_look(). */
int gnb_kvm_fd(void);

/* KVM_CHECK_EXTENSION: 0 if it has it not. */
int gnb_kvm_has(int cap);

/* Why there is no such way to log, or NULL: there is. */
const char *gnb_kvm_lacks_way(enum gnb_log_way way);

/* Ticks of the time-stamp counter that an instruction takes, by GNB_TICKS_PER_INSTRUCTION; 0: they are time. */
unsigned long gnb_kvm_ticks_per_instruction(void);

/* Ticks in the clock's unit: instructions or nanoseconds. */
uint64_t gnb_kvm_spent(uint64_t ticks);

/* The time-stamp counter, with nothing of what is around it moved across. */
static inline uint64_t gnb_kvm_tsc(void)
{
	uint32_t low, high;

	__asm__ volatile("lfence; rdtsc; lfence" : "=a"(low), "=d"(high) : : "memory");
	return low | (uint64_t)high << 32;
}

void gnb_kvm_facts(void (*add)(void *arg, const char *key, const char *value), void *arg);

#endif
