/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Atomics and barriers. Nothing in hv/ uses a compiler or C library atomic outside this file and
 * those that tests/scripts/style_test.sh lists (locks, flushes, the end of a domain), so that every
 * read-modify-write on a shared line is counted.
 */
#ifndef HV_ATOMIC_H
#define HV_ATOMIC_H

#include "types.h"

/* Single-copy atomic load and store, and their ordered forms. Not counted: they lock no line. */
#define hv_load(p)	       __atomic_load_n(p, __ATOMIC_RELAXED)
#define hv_store(p, v)	       __atomic_store_n(p, v, __ATOMIC_RELAXED)
#define hv_load_acquire(p)     __atomic_load_n(p, __ATOMIC_ACQUIRE)
#define hv_store_release(p, v) __atomic_store_n(p, v, __ATOMIC_RELEASE)

/* smp_wmb() and smp_rmb(): on x86 a compiler barrier. */
#define hv_wmb() __atomic_thread_fence(__ATOMIC_RELEASE)
#define hv_rmb() __atomic_thread_fence(__ATOMIC_ACQUIRE)

/* smp_mb(). ThreadSanitizer does not understand fences; the wrappers below are what orders data. */
static inline void hv_mb(struct hv_vcpu *cur)
{
	cur->count.barriers++;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
}

#define hv_fetch_add(cur, p, n)                                                                    \
	({                                                                                         \
		(cur)->count.atomic_rmws++;                                                        \
		__atomic_fetch_add(p, n, __ATOMIC_SEQ_CST);                                        \
	})

#define hv_fetch_and(cur, p, mask)                                                                 \
	({                                                                                         \
		(cur)->count.atomic_rmws++;                                                        \
		__atomic_fetch_and(p, mask, __ATOMIC_SEQ_CST);                                     \
	})

#define hv_fetch_or(cur, p, mask)                                                                  \
	({                                                                                         \
		(cur)->count.atomic_rmws++;                                                        \
		__atomic_fetch_or(p, mask, __ATOMIC_SEQ_CST);                                      \
	})

/* Compare and exchange; true if *p was *old. Otherwise *old is what was found. */
#define hv_cmpxchg(cur, p, old, new)                                                               \
	({                                                                                         \
		(cur)->count.atomic_rmws++;                                                        \
		__atomic_compare_exchange_n(p, old, new, false, __ATOMIC_SEQ_CST,                  \
					    __ATOMIC_SEQ_CST);                                     \
	})

/*
 * Bookkeeping of the model itself (memory accounts), which Xen does under locks that hv does not
 * have: not counted.
 */
#define hv_account_add(p, n) __atomic_fetch_add(p, n, __ATOMIC_RELAXED)
#define hv_account_sub(p, n) __atomic_fetch_sub(p, n, __ATOMIC_RELAXED)
/* What a guest does, in the process that plays it: not counted either. */
#define hv_account_exchange(p, v) __atomic_exchange_n(p, v, __ATOMIC_SEQ_CST)
/* Bits that hardware sets, and what the model knows beside the hypervisor. */
#define hv_account_or(p, mask)	__atomic_fetch_or(p, mask, __ATOMIC_SEQ_CST)
#define hv_account_and(p, mask) __atomic_fetch_and(p, mask, __ATOMIC_SEQ_CST)

static inline void hv_relax(void)
{
	__builtin_ia32_pause();
}

#endif
