/* SPDX-License-Identifier: GPL-2.0-only */
/* The slow paths of locks, and the check of their order. */
#include <sched.h>

#include "lock.h"
#include "violation.h"

#define WRITER		   (1u << 31)
#define WAITING		   (1u << 30)
#define SPINS_BEFORE_YIELD 2000

/*
 * A holder that was descheduled cannot be waited for by spinning alone: more threads than cores
 * would collapse.
 */
void hv_backoff(unsigned *spins)
{
	if (++*spins < SPINS_BEFORE_YIELD)
		hv_relax();
	else
		sched_yield();
}

/* What a spinlock of each level is called; of those inside of a per-CPU lock nobody asks. */
enum hv_lock hv_lock_kind(unsigned level)
{
	switch (level) {
	case HV_LVL_TREE:
	case HV_LVL_TREE2:
		return HV_LOCK_tree;
	case HV_LVL_TREES:
		return HV_LOCK_trees;
	case HV_LVL_ENTRY:
	case HV_LVL_ENTRY2:
		return HV_LOCK_entry;
	case HV_LVL_MAPTRACK:
		return HV_LOCK_maptrack;
	case HV_LVL_FREELIST:
		return HV_LOCK_freelist;
	case HV_LVL_DOMCTL:
		return HV_LOCK_domctl;
	case HV_LVL_PAGING:
		return HV_LOCK_paging;
	case HV_LVL_ALLOC:
		return HV_LOCK_alloc;
	case HV_LVL_VIRTIO:
	case HV_LVL_M2B:
	case HV_LVL_CONTEXTS:
	case HV_LVL_CONTEXT:
	case HV_LVL_DEVICE:
	case HV_LVL_IOMMU:
		return HV_LOCK_iommu;
	case HV_LVL_QUEUE:
		return HV_LOCK_queue;
	case HV_LVL_FLUSH:
		return HV_LOCK_flush;
	default:
		return HV_LOCK_heap;
	}
}

static void await_ticket(struct hv_spinlock *l, uint32_t ticket)
{
	unsigned spins = 0;

	while (hv_load_acquire(&l->head) != ticket)
		hv_backoff(&spins);
}

void hv_spin_wait(struct hv_spinlock *l, uint32_t ticket, unsigned level, struct hv_vcpu *cur)
{
	enum hv_lock kind = hv_lock_kind(level);
	uint64_t since = hv_wait_begin(cur, l, kind);

	await_ticket(l, ticket);
	hv_wait_end(cur, kind, since);
}

bool hv_spin_trylock(struct hv_vcpu *cur, struct hv_spinlock *l, unsigned level)
{
	uint32_t t = hv_load_acquire(&l->head);

	cur->count.spin_locks++;
	if (!hv_cmpxchg(cur, &l->tail, &t, t + 1))
		return false;
	hv_lock_order_take(cur, level);
	hv_hold_begin(cur, l, hv_lock_kind(level));
	return true;
}

void hv_recursive_lock(struct hv_vcpu *cur, struct hv_recursive_lock *l, unsigned level)
{
	uint32_t t;

	cur->count.recursive_locks++;
	if (hv_load(&l->owner) != cur) {
		hv_lock_order_take(cur, level);
		t = hv_fetch_add(cur, &l->spin.tail, 1u);
		if (hv_unlikely(hv_load_acquire(&l->spin.head) != t))
			hv_spin_wait(&l->spin, t, level, cur);
		hv_hold_begin(cur, l, hv_lock_kind(level));
		hv_store(&l->owner, cur);
	}
	l->depth++;
}

void hv_recursive_unlock(struct hv_vcpu *cur, struct hv_recursive_lock *l, unsigned level)
{
	if (--l->depth)
		return;
	hv_store(&l->owner, (struct hv_vcpu *)NULL);
	hv_hold_end(cur, l);
	hv_store_release(&l->spin.head, l->spin.head + 1);
	hv_lock_order_drop(cur, level);
}

/* Who writes the p2m, the waiting vCPU says: the one lock that knows its holder. */
static void see_holder(struct hv_vcpu *cur, struct hv_percpu_rwlock *l)
{
	if (l->class == HV_CLASS_P2M)
		hv_wait_for(cur, hv_load(&((struct hv_p2m *)l)->owner));
}

/* A place in the queue of those who wait for the shared lock, and its turn. */
static void queue(struct hv_vcpu *cur, struct hv_percpu_rwlock *l)
{
	struct hv_spinlock *wait = &l->rw.wait;
	unsigned spins = 0;
	uint32_t t;

	cur->count.atomic_rmws++;
	t = __atomic_fetch_add(&wait->tail, 1u, __ATOMIC_SEQ_CST);
	while (hv_load_acquire(&wait->head) != t) {
		see_holder(cur, l);
		hv_backoff(&spins);
	}
}

static void leave_queue(struct hv_percpu_rwlock *l)
{
	hv_store_release(&l->rw.wait.head, l->rw.wait.head + 1);
}

static void read_lock(struct hv_vcpu *cur, struct hv_percpu_rwlock *l)
{
	unsigned spins = 0;
	enum hv_lock kind;
	uint64_t since;

	if (!(hv_fetch_add(cur, &l->rw.cnts, 1u) & (WRITER | WAITING)))
		return;
	kind = hv_percpu_kind(l, false);
	since = hv_wait_begin(cur, l, kind);
	/* Back out and queue behind the writer, so that it is not starved. */
	hv_fetch_add(cur, &l->rw.cnts, -1u);
	queue(cur, l);
	hv_fetch_add(cur, &l->rw.cnts, 1u);
	while (hv_load_acquire(&l->rw.cnts) & WRITER) {
		see_holder(cur, l);
		hv_backoff(&spins);
	}
	leave_queue(l);
	hv_wait_end(cur, kind, since);
}

static void read_unlock(struct hv_vcpu *cur, struct hv_percpu_rwlock *l)
{
	hv_fetch_add(cur, &l->rw.cnts, -1u);
}

/* The shared lock of a writer that has found it taken. */
static void await_write(struct hv_vcpu *cur, struct hv_percpu_rwlock *l)
{
	uint32_t *cnts = &l->rw.cnts, old;
	unsigned spins = 0;

	queue(cur, l);
	for (;;) {
		old = hv_load(cnts);
		if (!(old & WRITER) && hv_cmpxchg(cur, cnts, &old, old | WAITING))
			break;
		see_holder(cur, l);
		hv_backoff(&spins);
	}
	for (;;) {
		old = WAITING;
		if (hv_load(cnts) == WAITING && hv_cmpxchg(cur, cnts, &old, WRITER))
			break;
		hv_backoff(&spins);
	}
	leave_queue(l);
}

static void write_unlock(struct hv_vcpu *cur, struct hv_percpu_rwlock *l)
{
	hv_fetch_and(cur, &l->rw.cnts, ~WRITER);
}

void hv_percpu_init(const struct hv_host *host, struct hv_percpu_rwlock *l,
		    enum hv_lock_class class)
{
	*l = (struct hv_percpu_rwlock){
		.class = (uint8_t) class,
		.scanned = host->idle[class] ? 0 : host->cfg.nr_cpus,
	};
}

void hv_percpu_read_slow(struct hv_vcpu *cur, struct hv_percpu_rwlock *l)
{
	cur->count.pcpu_reads_slow++;
	read_lock(cur, l);
}

void hv_percpu_read_unlock_slow(struct hv_vcpu *cur, struct hv_percpu_rwlock *l)
{
	read_unlock(cur, l);
}

static bool reads(const struct hv_cpu *cpu, const struct hv_percpu_rwlock *l)
{
	return __atomic_load_n(&cpu->reading[l->class], __ATOMIC_ACQUIRE) == l;
}

/* From here on readers see that there is a writer, who looks at so many CPUs. */
static void announce(struct hv_vcpu *cur, struct hv_percpu_rwlock *l, uint64_t nr)
{
	__atomic_store_n(&l->writer_activating, true, __ATOMIC_RELEASE);
	hv_mb(cur);
	cur->count.cpus_scanned += nr;
}

/* Those of the CPUs who read; the first one was seen to read so often. How much oftener it was. */
static unsigned await_readers(struct hv_vcpu *cur, struct hv_percpu_rwlock *l, struct hv_cpu *cpu,
			      const struct hv_cpu *end, unsigned before)
{
	unsigned spins = before;

	for (; cpu < end; cpu++) {
		while (reads(cpu, l)) {
			hv_wait_for(cur, hv_load(&cpu->vcpu));
			hv_backoff(&spins);
		}
	}
	return spins - before;
}

static hv_noinline void write_lock_slow(struct hv_vcpu *cur, struct hv_percpu_rwlock *l)
{
	enum hv_lock kind = hv_percpu_kind(l, true);
	uint64_t since = hv_wait_begin(cur, l, kind);

	await_write(cur, l);
	announce(cur, l, l->scanned);
	await_readers(cur, l, cur->host->cpus, cur->host->cpus + l->scanned, 0);
	hv_wait_end(cur, kind, since);
}

/* The CPU reads. */
static hv_noinline unsigned readers_slow(struct hv_vcpu *cur, struct hv_percpu_rwlock *l,
					 struct hv_cpu *cpu, const struct hv_cpu *end,
					 unsigned before)
{
	enum hv_lock kind = hv_percpu_kind(l, true);
	uint64_t since = hv_wait_begin(cur, l, kind);
	unsigned more = await_readers(cur, l, cpu, end, before);

	hv_wait_end(cur, kind, since);
	return more;
}

/*
 * Who finds everything free executes as many instructions as if waits were not accounted for, no more and no fewer:
 * published figures of operations are in those (tests/hv/locks_test.c counts).
 */
void hv_percpu_write_lock(struct hv_vcpu *cur, struct hv_percpu_rwlock *l, unsigned level)
{
	struct hv_cpu *cpus = cur->host->cpus;
	uint32_t old = 0;
	unsigned nr;

	hv_lock_order_take(cur, level);
	cur->count.pcpu_writes++;
	if (hv_unlikely(!hv_cmpxchg(cur, &l->rw.cnts, &old, WRITER))) {
		write_lock_slow(cur, l);
		hv_hold_begin(cur, l, hv_percpu_kind(l, true));
		return;
	}
	nr = l->scanned;
	announce(cur, l, nr);
	for (unsigned i = 0; i < nr; i++) {
		unsigned spins = 0;

		while (hv_unlikely(reads(&cpus[i], l)))
			spins += readers_slow(cur, l, &cpus[i], cpus + nr, spins);
	}
	hv_hold_begin(cur, l, hv_percpu_kind(l, true));
}

void hv_percpu_write_unlock(struct hv_vcpu *cur, struct hv_percpu_rwlock *l, unsigned level)
{
	hv_hold_end(cur, l);
	__atomic_store_n(&l->writer_activating, false, __ATOMIC_RELEASE);
	write_unlock(cur, l);
	hv_lock_order_drop(cur, level);
}

/* How often it was seen locked, and before that. */
static hv_noinline unsigned await_page(struct hv_vcpu *cur, struct hv_page *pg, unsigned before)
{
	uint64_t since = hv_wait_begin(cur, pg, HV_LOCK_page);
	unsigned spins = before;

	while (hv_load(&pg->type_info) & HV_PGT_LOCKED)
		hv_backoff(&spins);
	hv_wait_end(cur, HV_LOCK_page, since);
	return spins - before;
}

bool hv_page_lock(struct hv_vcpu *cur, struct hv_page *pg)
{
	uint32_t x = hv_load(&pg->type_info);
	unsigned spins = 0;

	for (;;) {
		while (hv_unlikely(x & HV_PGT_LOCKED)) {
			spins += await_page(cur, pg, spins);
			x = hv_load(&pg->type_info);
		}
		if (!(x & HV_PGT_COUNT))
			return false;
		/* Xen takes a type reference with the lock; the count is part of the same word. */
		if (hv_cmpxchg(cur, &pg->type_info, &x, (x + 1) | HV_PGT_LOCKED)) {
			cur->count.page_locks++;
			hv_hold_begin(cur, pg, HV_LOCK_page);
			return true;
		}
	}
}

void hv_page_unlock(struct hv_vcpu *cur, struct hv_page *pg)
{
	uint32_t x = hv_load(&pg->type_info);

	hv_hold_end(cur, pg);
	while (!hv_cmpxchg(cur, &pg->type_info, &x, (x - 1) & ~HV_PGT_LOCKED))
		;
}

#ifdef HV_DEBUG
void hv_lock_order_take(struct hv_vcpu *cur, unsigned level)
{
	for (unsigned i = cur->held_before; i < cur->nr_held; i++)
		if (cur->held[i] >= level)
			hv_violate(cur->host, "lock order: level %u taken while holding %u", level,
				   cur->held[i]);
	if (cur->nr_held < HV_MAX_HELD)
		cur->held[cur->nr_held++] = level;
	else
		hv_violate(cur->host, "lock order: more than %u locks held", HV_MAX_HELD);
}

void hv_lock_order_drop(struct hv_vcpu *cur, unsigned level)
{
	for (unsigned i = cur->nr_held; i-- > 0;) {
		if (cur->held[i] == level) {
			cur->held[i] = cur->held[--cur->nr_held];
			return;
		}
	}
	hv_violate(cur->host, "lock order: level %u released but not held", level);
}

unsigned hv_lock_order_foreign(struct hv_vcpu *cur)
{
	unsigned before = cur->held_before;

	cur->held_before = cur->nr_held;
	return before;
}

void hv_lock_order_home(struct hv_vcpu *cur, unsigned before)
{
	cur->held_before = before;
}
#endif
