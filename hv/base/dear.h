/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deliberate extra work of version 1, one kind per build (`make DEAR=KIND`), to prove that a comparison of two builds
 * finds it: by counts of work, or, of the kind that no counter sees, by instructions. It changes nothing that a guest can
 * tell. In a normal build there is none of it. Deliberate defects are mutant.h's, a slowdown of a known size is slow.h's.
 */
#ifndef HV_DEAR_H
#define HV_DEAR_H

#define HV_DEAR_NONE   0
#define HV_DEAR_ATOMIC 1 /* one more read-modify-write for each grant that is mapped */
#define HV_DEAR_LOCK   2 /* one more lock for each */
#define HV_DEAR_HIDDEN 3 /* one more lock for each, past the counters */
#define HV_DEAR_FLUSH  4 /* one more flush for each hypercall that unmaps */
#define HV_DEAR_LEVEL  5 /* one more level for each walk of a table */
#define HV_DEAR_BYTE   6 /* one more byte for each grant, in the table that the hypervisor keeps */

#ifndef HV_DEAR
#define HV_DEAR HV_DEAR_NONE
#endif
#define hv_dear(name) (HV_DEAR == HV_DEAR_##name)

#if HV_DEAR != HV_DEAR_NONE
#include "lock.h"

/* For each grant that is mapped; no lock is held. */
static inline void hv_dear_map(struct hv_vcpu *cur)
{
	struct hv_spinlock *l = &cur->host->call_lock;

	if (hv_dear(ATOMIC))
		(void)hv_fetch_add(cur, &cur->host->tlbflush_clock, 0);
	if (hv_dear(LOCK)) {
		hv_spin_lock(cur, l, HV_LVL_FLUSH);
		hv_spin_unlock(cur, l, HV_LVL_FLUSH);
	}
	if (hv_dear(HIDDEN)) {
		uint32_t t = __atomic_fetch_add(&l->tail, 1u, __ATOMIC_SEQ_CST);

		hv_lock_order_take(cur, HV_LVL_FLUSH);
		if (hv_load_acquire(&l->head) != t)
			hv_spin_wait(l, t, HV_LVL_FLUSH, cur);
		hv_spin_unlock(cur, l, HV_LVL_FLUSH);
	}
}
#else
struct hv_vcpu;
static inline void hv_dear_map(struct hv_vcpu *cur)
{
	(void)cur;
}
#endif

#endif
