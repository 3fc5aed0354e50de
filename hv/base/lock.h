/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spinlocks, read-write locks and per-CPU read-write locks, after Xen's common/spinlock.c and
 * common/rwlock.c. Each acquisition is counted on the vCPU that makes it, and in debug builds
 * checked against the lock order.
 *
 * Order, outermost first. A lock may be taken only while all locks held have a smaller level.
 */
#ifndef HV_LOCK_H
#define HV_LOCK_H

#include "atomic.h"
#include "waits.h"

enum hv_lock_level {
	HV_LVL_DOMCTL = 5,    /* domctl_lock */
	HV_LVL_CAPS = 8,      /* caps_lock */
	HV_LVL_TREE = 11,     /* a tree of version 3 */
	HV_LVL_TREE2 = 12,    /* a second one, of a copy */
	HV_LVL_TREES = 13,    /* a domain's list of trees */
	HV_LVL_GRANT = 15,    /* grant_table.lock */
	HV_LVL_ENTRY = 20,    /* active entry; several only under the table's write lock */
	HV_LVL_ENTRY2 = 21,   /* the second of a swap */
	HV_LVL_MAPTRACK = 25, /* maptrack_lock; records of ranges */
	HV_LVL_FREELIST = 30, /* a vCPU's maptrack list */
	HV_LVL_VIRTIO = 35,   /* a domain's virtio-iommu */
	HV_LVL_P2M = 40,      /* never two at once */
	HV_LVL_PAGING =
		42, /* paging lock of a domain; a second one only behind hv_lock_order_foreign() */
	HV_LVL_LEND = 43,     /* loans of a borrower, their sequence, its faults */
	HV_LVL_M2B = 44,      /* m2b_lock of the host: frames in bus address spaces */
	HV_LVL_ALLOC = 45,    /* page_alloc_lock of a domain */
	HV_LVL_CONTEXTS = 46, /* of PV-IOMMU: a domain's */
	HV_LVL_CONTEXT = 47,  /* entries of one */
	HV_LVL_DEVICE = 48,   /* where devices of a domain are, and its list of contexts */
	HV_LVL_IOMMU = 50,    /* mapping_lock; tables of a context */
	HV_LVL_QUEUE = 60,    /* invalidation queue of a unit */
	HV_LVL_FLUSH = 70,    /* flush_lock, call_lock */
	HV_LVL_HEAP = 80,     /* allocator; innermost */
};

#ifdef HV_DEBUG
void hv_lock_order_take(struct hv_vcpu *cur, unsigned level);
void hv_lock_order_drop(struct hv_vcpu *cur, unsigned level);
/*
 * Locks of the calling domain that are taken with one of another domain held (Xen: mm_locks_get_domain's bias of a
 * control domain): what was held before is left out of the order until the number that this gives is handed back.
 */
unsigned hv_lock_order_foreign(struct hv_vcpu *cur);
void hv_lock_order_home(struct hv_vcpu *cur, unsigned before);
#else
static inline void hv_lock_order_take(struct hv_vcpu *cur, unsigned level)
{
	(void)cur;
	(void)level;
}
static inline void hv_lock_order_drop(struct hv_vcpu *cur, unsigned level)
{
	(void)cur;
	(void)level;
}
static inline unsigned hv_lock_order_foreign(struct hv_vcpu *cur)
{
	(void)cur;
	return 0;
}
static inline void hv_lock_order_home(struct hv_vcpu *cur, unsigned before)
{
	(void)cur;
	(void)before;
}
#endif

/* Once around a loop that waits for another vCPU. *spins: how often so far. */
void hv_backoff(unsigned *spins);
/* Until the ticket's turn comes, and an account of it. In this order the arguments cost those who do not wait nothing. */
void hv_spin_wait(struct hv_spinlock *l, uint32_t ticket, unsigned level, struct hv_vcpu *cur);

/* What a spinlock of this level is in the account of waits. */
enum hv_lock hv_lock_kind(unsigned level);

static inline void hv_spin_init(struct hv_spinlock *l)
{
	l->head = l->tail = 0;
}

/* Ticket lock: one counted read-modify-write to take, a plain store to release. */
static inline void hv_spin_lock(struct hv_vcpu *cur, struct hv_spinlock *l, unsigned level)
{
	uint32_t t;

	hv_lock_order_take(cur, level);
	cur->count.spin_locks++;
	t = hv_fetch_add(cur, &l->tail, 1u);
	if (hv_unlikely(hv_load_acquire(&l->head) != t))
		hv_spin_wait(l, t, level, cur);
	hv_hold_begin(cur, l, hv_lock_kind(level));
}

static inline void hv_spin_unlock(struct hv_vcpu *cur, struct hv_spinlock *l, unsigned level)
{
	hv_hold_end(cur, l);
	hv_store_release(&l->head, l->head + 1);
	hv_lock_order_drop(cur, level);
}

/* spin_trylock(): false if somebody has it. */
bool hv_spin_trylock(struct hv_vcpu *cur, struct hv_spinlock *l, unsigned level);

/* spin_lock_recursive(): whoever has it already takes it once more. */
void hv_recursive_lock(struct hv_vcpu *cur, struct hv_recursive_lock *l, unsigned level);
void hv_recursive_unlock(struct hv_vcpu *cur, struct hv_recursive_lock *l, unsigned level);

/* The same of a per-CPU lock. */
static inline enum hv_lock hv_percpu_kind(const struct hv_percpu_rwlock *l, bool write)
{
	if (l->class == HV_CLASS_P2M)
		return write ? HV_LOCK_p2m_write : HV_LOCK_p2m_read;
	return write ? HV_LOCK_grant_write : HV_LOCK_grant_read;
}

void hv_percpu_init(const struct hv_host *host, struct hv_percpu_rwlock *l,
		    enum hv_lock_class class);
void hv_percpu_read_slow(struct hv_vcpu *cur, struct hv_percpu_rwlock *l);
void hv_percpu_read_unlock_slow(struct hv_vcpu *cur, struct hv_percpu_rwlock *l);

/* _percpu_read_lock(): a store to the CPU's own slot, a barrier, a test. */
static inline void hv_percpu_read_lock(struct hv_vcpu *cur, struct hv_percpu_rwlock *l,
				       unsigned level)
{
	struct hv_percpu_rwlock **slot = &cur->cpu->reading[l->class];

	hv_lock_order_take(cur, level);
	cur->count.pcpu_reads++;
	if (hv_likely(!hv_load(slot))) {
		__atomic_store_n(slot, l, __ATOMIC_RELEASE);
		hv_mb(cur);
		if (hv_likely(!__atomic_load_n(&l->writer_activating, __ATOMIC_ACQUIRE))) {
			hv_hold_begin(cur, l, hv_percpu_kind(l, false));
			return;
		}
		__atomic_store_n(slot, NULL, __ATOMIC_RELEASE);
		hv_percpu_read_slow(cur, l);
		__atomic_store_n(slot, l, __ATOMIC_RELEASE);
		hv_percpu_read_unlock_slow(cur, l);
		hv_hold_begin(cur, l, hv_percpu_kind(l, false));
		return;
	}
	/* The slot is busy with another lock of this class: use the shared lock. */
	hv_percpu_read_slow(cur, l);
	hv_hold_begin(cur, l, hv_percpu_kind(l, false));
}

static inline void hv_percpu_read_unlock(struct hv_vcpu *cur, struct hv_percpu_rwlock *l,
					 unsigned level)
{
	struct hv_percpu_rwlock **slot = &cur->cpu->reading[l->class];

	hv_hold_end(cur, l);
	if (hv_likely(hv_load(slot) == l))
		__atomic_store_n(slot, NULL, __ATOMIC_RELEASE);
	else
		hv_percpu_read_unlock_slow(cur, l);
	hv_lock_order_drop(cur, level);
}

/* _percpu_write_lock(): the shared lock, then a look at every CPU of the host. */
void hv_percpu_write_lock(struct hv_vcpu *cur, struct hv_percpu_rwlock *l, unsigned level);
void hv_percpu_write_unlock(struct hv_vcpu *cur, struct hv_percpu_rwlock *l, unsigned level);

/* A page-table page's own lock, a bit of its type_info (page_lock()). False if it has no type. */
bool hv_page_lock(struct hv_vcpu *cur, struct hv_page *pg);
void hv_page_unlock(struct hv_vcpu *cur, struct hv_page *pg);

#endif
