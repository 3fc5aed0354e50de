// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two threads on two cores that take one lock of hv in turn, with think time drawn by lot: how many times, how often they
 * waited, and how far the cores are apart. For the claims probes.*. As real-time threads, if that is allowed.
 *
 *   rate ticket|p2m MILLISECONDS THINK
 *
 * First line: "ACQUISITIONS SECONDS CONTENDED TICKS BEFORE AFTER", the last two in ns; then the accounts, as account.h
 * prints them.
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "account.h"
#include "court.h"
#include "p2m.h"

#define HOLD 100 /* turns of a loop */

static struct hv_domain *dom;
static struct hv_spinlock ticket;
static struct gnb_court before, after;
static double apart[2] = { -1, -1 };
static unsigned long thinks;
static bool p2m;
static int stop, ready;

struct worker {
	struct hv_vcpu *v;
	unsigned i;
	int cpu;
	uint64_t done, lot;
} __attribute__((aligned(256)));

static void turns(unsigned long n)
{
	for (unsigned long i = 0; i < n; i++)
		__asm__ volatile("" ::: "memory");
}

static void once(struct worker *w)
{
	if (p2m)
		hv_p2m_lock(w->v, dom);
	else
		hv_spin_lock(w->v, &ticket, HV_LVL_ALLOC);
	turns(HOLD);
	if (p2m)
		hv_p2m_unlock(w->v, dom);
	else
		hv_spin_unlock(w->v, &ticket, HV_LVL_ALLOC);
}

static void play(struct gnb_court *c, unsigned i, double *ns)
{
	bool lost;

	if (i) {
		gnb_court_answer(c, i);
		return;
	}
	*ns = gnb_court_serve(c, 1, &lost);
	gnb_court_close(c);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(w->cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < 2)
		;
	play(&before, w->i, &apart[0]);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		once(w);
		w->done++;
		w->lot = w->lot * 6364136223846793005ull + 1442695040888963407ull;
		turns((w->lot >> 33) % (2 * thinks + 1));
	}
	play(&after, w->i, &apart[1]);
	return NULL;
}

/* Two CPUs that are allowed here. */
static bool choose(struct worker w[2])
{
	cpu_set_t set;
	unsigned n = 0;

	if (sched_getaffinity(0, sizeof(set), &set))
		return false;
	for (int i = 0; i < CPU_SETSIZE && n < 2; i++)
		if (CPU_ISSET(i, &set))
			w[n++].cpu = i;
	return n == 2;
}

static void real_time(int priority)
{
	sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){ .sched_priority = priority });
}

int main(int argc, char **argv)
{
	struct hv_domain_config dc = { .guest = HV_GUEST_TRANSLATED, .pages = 64, .vcpus = 2 };
	struct worker w[2] = { { .lot = 1 }, { .lot = 2, .i = 1 } };
	struct hv_host_config hc = { 0 };
	struct timespec nap, a, b;
	uint64_t n = 0, contended = 0, ticks = 0;
	struct hv_host *host;
	unsigned long ms;
	pthread_t t[2];

	if (argc != 4 || !choose(w) || hv_host_create(&hc, &host) ||
	    hv_domain_create(host, &dc, &dom))
		return 1;
	p2m = !strcmp(argv[1], "p2m");
	ms = strtoul(argv[2], NULL, 10);
	thinks = strtoul(argv[3], NULL, 10);
	nap = (struct timespec){ (time_t)(ms / 1000), (long)(ms % 1000) * 1000000 };
	/* This thread ends the others, so it comes before them. */
	real_time(50);
	for (unsigned i = 0; i < 2; i++) {
		w[i].v = hv_domain_vcpu(dom, i);
		if (pthread_create(&t[i], NULL, work, &w[i]))
			return 1;
	}
	real_time(60);
	clock_gettime(CLOCK_MONOTONIC, &a);
	nanosleep(&nap, NULL);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	clock_gettime(CLOCK_MONOTONIC, &b);
	for (unsigned i = 0; i < 2; i++) {
		enum hv_lock k = p2m ? HV_LOCK_p2m_write : HV_LOCK_alloc;

		pthread_join(t[i], NULL);
		n += w[i].done;
		contended += w[i].v->locks->waits[k].n;
		ticks += w[i].v->locks->waits[k].ticks;
	}
	printf("%lu %.9f %lu %lu %.2f %.2f\n", (unsigned long)n,
	       (double)(b.tv_sec - a.tv_sec) + 1e-9 * (double)(b.tv_nsec - a.tv_nsec),
	       (unsigned long)contended, (unsigned long)ticks, apart[0], apart[1]);
	for (unsigned i = 0; i < 2; i++)
		print_account(w[i].v->locks);
	hv_host_destroy(host);
	return 0;
}
