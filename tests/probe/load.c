// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two vCPUs that wait for one p2m lock, each called by a function of a name of its own, until each has waited WAITS
 * times more than its account begins with; then what their accounts have, a line for each kind: "SERIAL KIND N TICKS MAX HIST...".
 *
 *   load WAITS        the same with `late` behind it: not before somebody is attached
 *   load watch        until who was attached is gone, and says "attached" and "gone"
 *   load pair         until the pair of probes was attached and gone again, twice
 */
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "account.h"
#include "p2m.h"
#include "probe.h"

#define SECONDS_MOST 100
/* Waits that an account begins with, so that a copy of it is told before the last one also where waits are slow. */
#define BEGIN (HV_TELL_EVERY - 96)

static struct hv_domain *dom;
static uint64_t target;
static bool late, pair;
static int stop;

static void hold(struct hv_vcpu *cur)
{
	hv_p2m_lock(cur, dom);
	/* The other one comes to wait meanwhile, also where both have one processor. */
	sched_yield();
	hv_p2m_unlock(cur, dom);
}

/* One behind the other: no tail call, and not one function for both. */
__attribute__((noinline)) static unsigned first_caller(struct hv_vcpu *cur)
{
	hold(cur);
	return cur->id + 1;
}

__attribute__((noinline)) static unsigned second_caller(struct hv_vcpu *cur)
{
	hold(cur);
	return cur->id + 2;
}

static void *work(void *arg)
{
	struct hv_vcpu *cur = arg;
	unsigned x = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		x += cur->id ? second_caller(cur) : first_caller(cur);
		if (cur->locks->waits[HV_LOCK_p2m_write].n >= target)
			sched_yield();
	}
	return (void *)(uintptr_t)x;
}

/* How often the pair was attached and is gone. */
static bool twice(void)
{
	static bool attached;
	static int times;

	if (attached && !hv_probe_wants_pair())
		times++;
	attached = hv_probe_wants_pair();
	return times == 2;
}

static bool enough(struct hv_vcpu *const v[2], bool watch)
{
	static bool attached;

	if (pair)
		return twice();

	if (late && !(hv_probe_wants_waits() && hv_probe_wants_samples() && hv_probe_wants_state()))
		return false;
	if (!watch)
		return hv_load(&v[0]->locks->waits[HV_LOCK_p2m_write].n) >= target &&
		       hv_load(&v[1]->locks->waits[HV_LOCK_p2m_write].n) >= target;
	if (!attached && hv_probe_wants_waits()) {
		attached = true;
		puts("attached");
		fflush(stdout);
	}
	return attached && !hv_probe_wants_waits() && !hv_probe_wants_samples() &&
	       !hv_probe_wants_state();
}

int main(int argc, char **argv)
{
	struct hv_host_config hc = { 0 };
	struct hv_domain_config dc = { .guest = HV_GUEST_TRANSLATED, .pages = 64, .vcpus = 2 };
	bool watch = argc == 2 && !strcmp(argv[1], "watch");
	time_t end = time(NULL) + SECONDS_MOST;
	struct hv_host *host;
	struct hv_vcpu *v[2];
	pthread_t t[2];

	late = argc == 3 && !strcmp(argv[2], "late");
	if (argc != 2 + late || hv_host_create(&hc, &host) || hv_domain_create(host, &dc, &dom))
		return 1;
	pair = !strcmp(argv[1], "pair");
	target = watch || pair ? UINT64_MAX : BEGIN + strtoull(argv[1], NULL, 10);
	for (unsigned i = 0; i < 2; i++) {
		v[i] = hv_domain_vcpu(dom, i);
		v[i]->locks->waits[HV_LOCK_p2m_write].n = BEGIN;
		v[i]->locks->waits[HV_LOCK_p2m_write].hist[0] = BEGIN;
		if (pthread_create(&t[i], NULL, work, v[i]))
			return 1;
	}
	while (!enough(v, watch) && time(NULL) < end)
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	if (watch)
		puts(time(NULL) < end ? "gone" : "still attached");
	else
		for (unsigned i = 0; i < 2; i++)
			print_account(v[i]->locks);
	hv_host_destroy(host);
	return 0;
}
