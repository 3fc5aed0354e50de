// SPDX-License-Identifier: GPL-2.0-only
/*
 * The account of waits for locks: each lock that a vCPU is made to wait for, by another that holds it until it sees the
 * first one wait; and that nothing of it runs where a lock is free.
 */
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <ucontext.h>

#include "lock.h"
#include "page.h"
#include "tap.h"

#define BOTH 2

static struct hv_host *host;
static struct hv_domain *dom;
static struct hv_vcpu *v[BOTH];

/* One lock, taken and dropped by a vCPU. */
struct duel {
	enum hv_lock kind;
	void (*take)(struct hv_vcpu *cur);
	void (*drop)(struct hv_vcpu *cur);
	/* As the first one holds it, if that is otherwise. */
	void (*hold)(struct hv_vcpu *cur);
	void (*let)(struct hv_vcpu *cur);
	bool knows; /* the lock says who has it */
	int at;	    /* what the waiting one says that it waits for: an index of where[] */
};

static struct hv_spinlock spin;
static struct hv_percpu_rwlock rw;
static struct hv_page page = { .type_info = 1u };
static const void *where[4];
static unsigned level;

static void take_spin(struct hv_vcpu *cur)
{
	hv_spin_lock(cur, &spin, level);
}

static void drop_spin(struct hv_vcpu *cur)
{
	hv_spin_unlock(cur, &spin, level);
}

static void take_write(struct hv_vcpu *cur)
{
	hv_percpu_write_lock(cur, &rw, HV_LVL_GRANT);
}

static void drop_write(struct hv_vcpu *cur)
{
	hv_percpu_write_unlock(cur, &rw, HV_LVL_GRANT);
}

static void take_read(struct hv_vcpu *cur)
{
	hv_percpu_read_lock(cur, &rw, HV_LVL_GRANT);
}

static void drop_read(struct hv_vcpu *cur)
{
	hv_percpu_read_unlock(cur, &rw, HV_LVL_GRANT);
}

static void take_p2m(struct hv_vcpu *cur)
{
	hv_percpu_write_lock(cur, &dom->p2m.lock, HV_LVL_P2M);
	hv_store(&dom->p2m.owner, cur);
}

static void drop_p2m(struct hv_vcpu *cur)
{
	hv_store(&dom->p2m.owner, (struct hv_vcpu *)NULL);
	hv_percpu_write_unlock(cur, &dom->p2m.lock, HV_LVL_P2M);
}

static void read_p2m(struct hv_vcpu *cur)
{
	hv_percpu_read_lock(cur, &dom->p2m.lock, HV_LVL_P2M);
}

static void unread_p2m(struct hv_vcpu *cur)
{
	hv_percpu_read_unlock(cur, &dom->p2m.lock, HV_LVL_P2M);
}

static void take_page(struct hv_vcpu *cur)
{
	hv_page_lock(cur, &page);
}

static void drop_page(struct hv_vcpu *cur)
{
	hv_page_unlock(cur, &page);
}

static const struct duel duels[] = {
	{ HV_LOCK_grant_write, take_write, drop_write, NULL, NULL, false, 1 },
	{ HV_LOCK_grant_write, take_write, drop_write, take_read, drop_read, true, 1 },
	{ HV_LOCK_grant_read, take_read, drop_read, take_write, drop_write, false, 1 },
	{ HV_LOCK_p2m_write, take_p2m, drop_p2m, NULL, NULL, true, 2 },
	{ HV_LOCK_p2m_write, take_p2m, drop_p2m, read_p2m, unread_p2m, true, 2 },
	{ HV_LOCK_p2m_read, read_p2m, unread_p2m, take_p2m, drop_p2m, true, 2 },
	{ HV_LOCK_page, take_page, drop_page, NULL, NULL, false, 3 },
};

static const struct {
	unsigned level;
	enum hv_lock kind;
} levels[] = {
	{ HV_LVL_TREE, HV_LOCK_tree },	       { HV_LVL_TREE2, HV_LOCK_tree },
	{ HV_LVL_TREES, HV_LOCK_trees },       { HV_LVL_ENTRY, HV_LOCK_entry },
	{ HV_LVL_ENTRY2, HV_LOCK_entry },      { HV_LVL_MAPTRACK, HV_LOCK_maptrack },
	{ HV_LVL_FREELIST, HV_LOCK_freelist }, { HV_LVL_ALLOC, HV_LOCK_alloc },
	{ HV_LVL_IOMMU, HV_LOCK_iommu },       { HV_LVL_QUEUE, HV_LOCK_queue },
	{ HV_LVL_FLUSH, HV_LOCK_flush },       { HV_LVL_HEAP, HV_LOCK_heap },
};

static void *waiter(void *arg)
{
	const struct duel *d = arg;

	d->take(v[1]);
	d->drop(v[1]);
	return NULL;
}

/* The second vCPU waits for what the first one holds, until it is seen to say so. What it says, by *seen. */
static void fight(const struct duel *d, struct hv_lock_state *seen)
{
	struct hv_lock_account *a = v[1]->locks;
	pthread_t t;

	(d->hold ? d->hold : d->take)(v[0]);
	if (pthread_create(&t, NULL, waiter, (void *)(uintptr_t)d))
		exit(1);
	while (!hv_load_acquire(&a->state.lock) || (d->knows && !hv_load(&a->state.holder)))
		sched_yield();
	*seen = (struct hv_lock_state){ hv_load(&a->state.lock), hv_load(&a->state.kind),
					hv_load(&a->state.holder) };
	(d->let ? d->let : d->drop)(v[0]);
	pthread_join(t, NULL);
}

static uint64_t sum(const struct hv_lock_times *t)
{
	uint64_t n = 0;

	for (unsigned k = 0; k < HV_LOCK_BUCKETS; k++)
		n += t->hist[k];
	return n;
}

static bool one_more(const struct hv_lock_account *was, enum hv_lock kind)
{
	const struct hv_lock_account *a = v[1]->locks;
	const struct hv_lock_times *t = &a->waits[kind], *old = &was->waits[kind];
	uint64_t took = t->ticks - old->ticks;

	for (unsigned k = 0; k < HV_NR_LOCKS; k++)
		if (a->waits[k].n != was->waits[k].n + (k == kind))
			return false;
	return took && t->max >= took && sum(t) == t->n && a->nr_waits == was->nr_waits + 1 &&
	       t->hist[63 - __builtin_clzll(took)] == old->hist[63 - __builtin_clzll(took)] + 1 &&
	       !a->state.lock;
}

static void waits_once(const struct duel *d, const char *what)
{
	static struct hv_lock_account was, first;
	struct hv_lock_state seen;

	was = *v[1]->locks;
	first = *v[0]->locks;
	fight(d, &seen);
	ok(one_more(&was, d->kind), "%s: one wait more, and of nothing else", what);
	ok(seen.lock == (uintptr_t)where[d->at] && seen.kind == d->kind &&
		   seen.holder == (d->knows ? v[0]->locks->serial : 0),
	   "%s: and who waits says for what%s", what, d->knows ? ", and who has it" : "");
	ok(!memcmp(first.waits, v[0]->locks->waits, sizeof(first.waits)),
	   "%s: who did not wait has no account of it", what);
}

static void all_duels(void)
{
	struct duel spins = { .take = take_spin, .drop = drop_spin };
	char what[80];

	for (unsigned i = 0; i < sizeof(levels) / sizeof(*levels); i++) {
		level = levels[i].level;
		spins.kind = levels[i].kind;
		snprintf(what, sizeof(what), "level %u, %s", level, hv_lock_names[spins.kind]);
		waits_once(&spins, what);
	}
	for (unsigned i = 0; i < sizeof(duels) / sizeof(*duels); i++) {
		snprintf(what, sizeof(what), "%s %u", hv_lock_names[duels[i].kind], i);
		waits_once(&duels[i], what);
	}
}

/* ---- single steps ---- */

static volatile uint64_t steps, in_account;

static void step(int sig, siginfo_t *info, void *context)
{
	uint64_t at = (uint64_t)((const ucontext_t *)context)->uc_mcontext.gregs[REG_RIP];

	(void)sig;
	(void)info;
	steps++;
	in_account += at == (uintptr_t)hv_wait_begin || at == (uintptr_t)hv_wait_end ||
		      at == (uintptr_t)hv_wait_for || at == (uintptr_t)hv_spin_wait ||
		      at == (uintptr_t)hv_lock_kind;
}

/* The trap flag on, and off. */
static void trap(bool on)
{
	if (on)
		__asm__ volatile("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq" ::: "memory", "cc");
	else
		__asm__ volatile("pushfq\n\tandq $~0x100, (%%rsp)\n\tpopfq" ::: "memory", "cc");
}

/* What runs between taking a lock and dropping it, instruction by instruction. */
static uint64_t stepped(const struct duel *d)
{
	struct sigaction sa = { .sa_sigaction = step, .sa_flags = SA_SIGINFO }, old;

	steps = in_account = 0;
	sigaction(SIGTRAP, &sa, &old);
	trap(true);
	d->take(v[1]);
	d->drop(v[1]);
	trap(false);
	sigaction(SIGTRAP, &old, NULL);
	return in_account;
}

static void free_locks(void)
{
	struct duel spins = { .take = take_spin, .drop = drop_spin };
	struct hv_lock_account *a = v[1]->locks, was = *a;
	uint64_t touched = 0, least = UINT64_MAX;

	level = HV_LVL_HEAP;
	touched += stepped(&spins);
	least = steps;
	for (unsigned i = 0; i < sizeof(duels) / sizeof(*duels); i++) {
		touched += stepped(&duels[i]);
		if (steps < least)
			least = steps;
	}
	ok(least > 10, "free locks, step by step: %lu instructions at least", (unsigned long)least);
	if (hv_lock_holds())
		ok(!memcmp(was.waits, a->waits, sizeof(was.waits)), "none of them waits");
	else
		ok(!touched && !memcmp(&was, a, sizeof(was)), "none of them is the account's");
}

/* How long locks were held: each of them if the build records it, else none. */
static void holds(void)
{
	const struct hv_lock_account *a = v[1]->locks;
	static const struct hv_lock_times none;
	struct hv_lock_times before = a->holds[HV_LOCK_p2m_write];
	const struct hv_lock_times *now = &a->holds[HV_LOCK_p2m_write];
	uint64_t n = 0;

	for (unsigned i = 0; i < 100; i++) {
		take_p2m(v[1]);
		drop_p2m(v[1]);
	}
	for (unsigned k = 0; k < HV_NR_LOCKS; k++)
		n += a->holds[k].n;
	if (hv_lock_holds())
		ok(now->n == before.n + 100 && now->ticks > before.ticks && sum(now) == now->n &&
			   a->holds[HV_LOCK_heap].n && a->holds[HV_LOCK_grant_read].n &&
			   a->holds[HV_LOCK_page].n,
		   "each time that a lock is held is accounted for");
	else
		ok(!n && !memcmp(now, &none, sizeof(none)),
		   "a build that does not record how long locks are held says nothing of it");
}

/* ---- samples ---- */

extern volatile unsigned short hv_lock_samples_semaphore __attribute__((weak));

__attribute__((noinline)) static void known_caller(const struct duel *d)
{
	d->take(v[1]);
	d->drop(v[1]);
	__asm__ volatile("" ::: "memory");
}

static void *known_thread(void *arg)
{
	known_caller(arg);
	return NULL;
}

static bool has_caller(const struct hv_lock_sample *s)
{
	for (unsigned i = 0; i < s->frames; i++)
		if (s->frame[i] - (uintptr_t)known_caller < 200)
			return true;
	return false;
}

static void samples(void)
{
	const struct duel *d = &duels[0];
	struct hv_lock_account *a = v[1]->locks;
	uint64_t before = a->nr_samples;
	struct hv_lock_sample *s;

	if (!hv_lock_probes()) {
		ok(!a->nr_samples, "a build without probes keeps no sample");
		return;
	}
	hv_lock_samples_semaphore = 1;
	a->nr_waits = HV_SAMPLE_EVERY - 2;
	for (unsigned i = 0; i < 2; i++) {
		pthread_t t;

		d->take(v[0]);
		if (pthread_create(&t, NULL, known_thread, (void *)(uintptr_t)d))
			exit(1);
		while (!hv_load_acquire(&a->state.lock))
			sched_yield();
		d->drop(v[0]);
		pthread_join(t, NULL);
	}
	hv_lock_samples_semaphore = 0;
	s = &a->samples[before % HV_SAMPLES];
	ok(a->nr_samples == before + 1 && s->kind == HV_LOCK_grant_write && s->ticks &&
		   s->frames > 1,
	   "one wait in %u is kept with %u callers", HV_SAMPLE_EVERY, s->frames);
	ok(has_caller(s), "and the one that is known is among them");
}

int main(void)
{
	struct hv_host_config hc = { 0 };
	struct hv_domain_config dc = { .guest = HV_GUEST_TRANSLATED, .pages = 64, .vcpus = BOTH };

	if (hv_host_create(&hc, &host) || hv_domain_create(host, &dc, &dom))
		return 1;
	for (unsigned i = 0; i < BOTH; i++)
		v[i] = hv_domain_vcpu(dom, i);
	hv_percpu_init(host, &rw, HV_CLASS_GRANT);
	where[0] = &spin;
	where[1] = &rw;
	where[2] = &dom->p2m.lock;
	where[3] = &page;
	ok(hv_vcpu_locks(v[0])->serial != hv_vcpu_locks(v[1])->serial &&
		   hv_vcpu_locks(v[0])->domain == hv_domain_id(dom) &&
		   hv_host_locks(host)->domain == HV_LOCKS_NO_DOMAIN,
	   "each vCPU has an account of its own, and the toolstack has one");
	free_locks();
	all_duels();
	holds();
	samples();
	hv_host_destroy(host);
	return tap_done();
}
