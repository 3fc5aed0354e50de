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

void hv_spin_wait(struct hv_spinlock *l, uint32_t ticket)
{
	unsigned spins = 0;

	while (hv_load_acquire(&l->head) != ticket)
		hv_backoff(&spins);
}

static void read_lock(struct hv_vcpu *cur, struct hv_rwlock *l)
{
	unsigned spins = 0;

	if (!(hv_fetch_add(cur, &l->cnts, 1u) & (WRITER | WAITING)))
		return;
	/* Back out and queue behind the writer, so that it is not starved. */
	hv_fetch_add(cur, &l->cnts, -1u);
	cur->count.atomic_rmws++;
	uint32_t t = __atomic_fetch_add(&l->wait.tail, 1u, __ATOMIC_SEQ_CST);
	if (hv_load_acquire(&l->wait.head) != t)
		hv_spin_wait(&l->wait, t);
	hv_fetch_add(cur, &l->cnts, 1u);
	while (hv_load_acquire(&l->cnts) & WRITER)
		hv_backoff(&spins);
	hv_store_release(&l->wait.head, l->wait.head + 1);
}

static void read_unlock(struct hv_vcpu *cur, struct hv_rwlock *l)
{
	hv_fetch_add(cur, &l->cnts, -1u);
}

static void write_lock(struct hv_vcpu *cur, struct hv_rwlock *l)
{
	uint32_t old = 0, t;
	unsigned spins = 0;

	if (hv_likely(hv_cmpxchg(cur, &l->cnts, &old, WRITER)))
		return;
	cur->count.atomic_rmws++;
	t = __atomic_fetch_add(&l->wait.tail, 1u, __ATOMIC_SEQ_CST);
	if (hv_load_acquire(&l->wait.head) != t)
		hv_spin_wait(&l->wait, t);
	for (;;) {
		old = hv_load(&l->cnts);
		if (!(old & WRITER) && hv_cmpxchg(cur, &l->cnts, &old, old | WAITING))
			break;
		hv_backoff(&spins);
	}
	for (;;) {
		old = WAITING;
		if (hv_load(&l->cnts) == WAITING && hv_cmpxchg(cur, &l->cnts, &old, WRITER))
			break;
		hv_backoff(&spins);
	}
	hv_store_release(&l->wait.head, l->wait.head + 1);
}

static void write_unlock(struct hv_vcpu *cur, struct hv_rwlock *l)
{
	hv_fetch_and(cur, &l->cnts, ~WRITER);
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
	read_lock(cur, &l->rw);
}

void hv_percpu_read_unlock_slow(struct hv_vcpu *cur, struct hv_percpu_rwlock *l)
{
	read_unlock(cur, &l->rw);
}

void hv_percpu_write_lock(struct hv_vcpu *cur, struct hv_percpu_rwlock *l, unsigned level)
{
	struct hv_cpu *cpus = cur->host->cpus;
	unsigned nr = l->scanned;

	hv_lock_order_take(cur, level);
	cur->count.pcpu_writes++;
	write_lock(cur, &l->rw);
	__atomic_store_n(&l->writer_activating, true, __ATOMIC_RELEASE);
	hv_mb(cur);
	cur->count.cpus_scanned += nr;
	for (unsigned i = 0; i < nr; i++) {
		unsigned spins = 0;

		while (hv_unlikely(__atomic_load_n(&cpus[i].reading[l->class], __ATOMIC_ACQUIRE) ==
				   l))
			hv_backoff(&spins);
	}
}

void hv_percpu_write_unlock(struct hv_vcpu *cur, struct hv_percpu_rwlock *l, unsigned level)
{
	__atomic_store_n(&l->writer_activating, false, __ATOMIC_RELEASE);
	write_unlock(cur, &l->rw);
	hv_lock_order_drop(cur, level);
}

bool hv_page_lock(struct hv_vcpu *cur, struct hv_page *pg)
{
	unsigned spins = 0;
	uint32_t x = hv_load(&pg->type_info);

	for (;;) {
		while (hv_unlikely(x & HV_PGT_LOCKED)) {
			hv_backoff(&spins);
			x = hv_load(&pg->type_info);
		}
		if (!(x & HV_PGT_COUNT))
			return false;
		/* Xen takes a type reference with the lock; the count is part of the same word. */
		if (hv_cmpxchg(cur, &pg->type_info, &x, (x + 1) | HV_PGT_LOCKED)) {
			cur->count.page_locks++;
			return true;
		}
	}
}

void hv_page_unlock(struct hv_vcpu *cur, struct hv_page *pg)
{
	uint32_t x = hv_load(&pg->type_info);

	while (!hv_cmpxchg(cur, &pg->type_info, &x, (x - 1) & ~HV_PGT_LOCKED))
		;
}

#ifdef HV_DEBUG
void hv_lock_order_take(struct hv_vcpu *cur, unsigned level)
{
	for (unsigned i = 0; i < cur->nr_held; i++)
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
#endif
