/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory, and the slots by which a guest has it. */
#ifndef GNB_KVM_SLOT_H
#define GNB_KVM_SLOT_H

#include "machine.h"

/* Memory of whole 2 MiB, at a multiple of that, by large pages or by small ones only. NULL if there is none. */
void *gnb_kvm_memory(size_t bytes, bool large, bool hugetlb);

/* The end of it. */
void gnb_kvm_memory_end(void *p, size_t bytes);

/* Guest-physical memory of a slot; 0 bytes: it is gone. 0 or -errno; the call is timed. */
int gnb_kvm_set_slot(struct gnb_machine *m, unsigned slot, uint64_t at, void *memory,
		     uint64_t bytes, unsigned flags);

/* An ioctl that is timed: what it returns, or -errno. */
long gnb_kvm_timed(struct gnb_machine *m, int fd, unsigned long request, void *arg);

/* How many entries of 2 MiB the guest has now. */
uint64_t gnb_kvm_large(const struct gnb_machine *m);

/* Those that are gone since there were so many are counted. */
void gnb_kvm_large_gone(struct gnb_machine *m, uint64_t since);

#endif
