/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of a p2m protected against writes, page by page, for the ways of log-dirty that are KVM's: what is protected is
 * RAM of type logdirty, without a right to write, and no mark anywhere. After Linux' arch/x86/kvm/mmu/tdp_mmu.c. All of it
 * with the p2m's lock; beside it faults give the right back (log_fast.h).
 */
#ifndef HV_LOG_PROTECT_H
#define HV_LOG_PROTECT_H

#include "types.h"

/* All RAM below page end; large entries are parted first, so far as there is memory, else protected as a whole. */
void hv_log_protect_all(struct hv_vcpu *cur, struct hv_domain *d, uint64_t end);

/* Of 64 pages from gfn on, a multiple of that, those of the mask: one walk, since all of them are in one table. */
void hv_log_protect(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mask);

/* The large entry at *p, of this level, becomes a table that can be a leaf again. False: no memory. */
bool hv_log_part(struct hv_vcpu *cur, struct hv_domain *d, uint64_t *p, unsigned level);

/* RAM that can be written has its bit: what came since it was protected. */
void hv_log_new_pages(struct hv_vcpu *cur, struct hv_domain *d);

/*
 * What was parted for the log becomes large again and writable, where its pages are neighbours still; it is flushed, so
 * that no fault is on its way through the tables any more, and they are freed.
 */
void hv_log_merge(struct hv_vcpu *cur, struct hv_domain *d);

#endif
