/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The account of waits for locks (hv/locks.h). Everything here runs where a vCPU waits anyway: no acquisition of a free
 * lock comes by, unless the build records how long locks are held (HV_HOLD).
 */
#ifndef HV_WAITS_H
#define HV_WAITS_H

#include "types.h"

/* A new account of who counts there, or NULL; and its end, which tells what was not told yet. NULL is no account. */
struct hv_lock_account *hv_waits_new(unsigned domain, unsigned cpu,
				     const struct hv_counters *counts);
void hv_waits_end(struct hv_lock_account *a);

/* Begin to wait for the lock at l, and say since when. */
uint64_t hv_wait_begin(struct hv_vcpu *cur, const void *l, enum hv_lock kind);
/* The vCPU that has the lock, as far as is seen now; NULL: nobody that is known. */
void hv_wait_for(struct hv_vcpu *cur, const struct hv_vcpu *holder);
/* It has the lock now. */
void hv_wait_end(struct hv_vcpu *cur, enum hv_lock kind, uint64_t since);

#ifdef HV_HOLD
void hv_hold_begin(struct hv_vcpu *cur, const void *l, enum hv_lock kind);
void hv_hold_end(struct hv_vcpu *cur, const void *l);
#else
/* Not even what the lock is called is worked out. */
#define hv_hold_begin(cur, l, kind) ((void)0)
#define hv_hold_end(cur, l)	    ((void)0)
#endif

#endif
