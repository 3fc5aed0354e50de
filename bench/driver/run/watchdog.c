/* SPDX-License-Identifier: GPL-2.0-only */
/* The thread that ends a process whose benchmark hangs. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <time.h>

#include <gnb/bench.h>

#include "signalled.h"
#include "topo.h"
#include "watchdog.h"

#define GRACE_NS 2000000000ull
#define TICK_NS	 100000000ull

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t wake = PTHREAD_COND_INITIALIZER;
static pthread_t thread;
static bool started, stop;
static uint64_t deadline; /* 0: not armed */
static void (*on_expire)(void *arg, int signal);
static void *on_arg;

static void *watch(void *arg)
{
	uint64_t signalled = 0;

	(void)arg;
	gnb_topo_bind(gnb_cores() - 1);
	pthread_mutex_lock(&lock);
	while (!stop) {
		struct timespec ts;
		uint64_t now;

		clock_gettime(CLOCK_REALTIME, &ts);
		ts.tv_nsec += TICK_NS;
		ts.tv_sec += ts.tv_nsec / 1000000000;
		ts.tv_nsec %= 1000000000;
		pthread_cond_timedwait(&wake, &lock, &ts);
		now = gnb_now();
		if (gnb_signalled && !signalled)
			signalled = now;
		if (!deadline || stop)
			continue;
		if (now > deadline)
			on_expire(on_arg, 0);
		else if (signalled && now - signalled > GRACE_NS)
			on_expire(on_arg, (int)gnb_signalled);
	}
	pthread_mutex_unlock(&lock);
	return NULL;
}

int gnb_watchdog_start(void (*expire)(void *arg, int signal), void *arg)
{
	sigset_t all, before;
	int rc;

	on_expire = expire;
	on_arg = arg;
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	rc = pthread_create(&thread, NULL, watch, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	started = !rc;
	return -rc;
}

static void set(uint64_t value)
{
	pthread_mutex_lock(&lock);
	deadline = value;
	pthread_mutex_unlock(&lock);
}

void gnb_watchdog_arm(double seconds)
{
	set(gnb_now() + (uint64_t)(seconds * 1e9));
}

void gnb_watchdog_disarm(void)
{
	set(0);
}

void gnb_watchdog_stop(void)
{
	if (!started)
		return;
	pthread_mutex_lock(&lock);
	stop = true;
	pthread_cond_signal(&wake);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	started = stop = false;
}
