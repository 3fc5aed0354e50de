/* SPDX-License-Identifier: GPL-2.0-only */
/* The thread that a membarrier interrupts. */
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <time.h>

#include <gnb/bench.h>

#include "peer.h"
#include "topo.h"

/* The count has a line of its own: the main thread's reads are rare and cost the peer one miss
 * each. */
static _Alignas(128) struct {
	_Atomic uint64_t count;
	char pad[120];
} beat;
static atomic_int state;
enum { SPIN, PAUSE, STOP };
static sem_t go; /* posted once for each end of a pause */
static pthread_t thread;
static bool running;
static double per_ns;

static void *peer_main(void *arg)
{
	uint64_t n = atomic_load(&beat.count);

	(void)arg;
	gnb_topo_bind(1);
	for (;;) {
		while (atomic_load_explicit(&state, memory_order_relaxed) == SPIN) {
			atomic_store_explicit(&beat.count, ++n, memory_order_relaxed);
			__builtin_ia32_pause();
		}
		if (atomic_load(&state) == STOP)
			return NULL;
		sem_wait(&go);
	}
}

int gnb_peer_start(void)
{
	struct timespec nap = { 0, 2000000 };
	double best = 0;
	int rc;

	if (running)
		return 0;
	if (gnb_cores() < 2)
		return -EOPNOTSUPP;
	atomic_store(&state, SPIN);
	sem_init(&go, 0, 0);
	rc = pthread_create(&thread, NULL, peer_main, NULL);
	if (rc)
		return -rc;
	running = true;
	/* The best of several windows: a neighbour on that core must not lower the bar. */
	for (int i = 0; i < 10; i++) {
		uint64_t c = atomic_load(&beat.count), t = gnb_now();
		double rate;

		nanosleep(&nap, NULL);
		rate = (double)(atomic_load(&beat.count) - c) / (double)(gnb_now() - t);
		if (rate > best)
			best = rate;
	}
	per_ns = best;
	return 0;
}

void gnb_peer_stop(void)
{
	if (!running)
		return;
	atomic_store(&state, STOP);
	sem_post(&go);
	pthread_join(thread, NULL);
	sem_destroy(&go);
	running = false;
}

void gnb_peer_pause(void)
{
	if (running)
		atomic_store(&state, PAUSE);
}

void gnb_peer_resume(void)
{
	if (!running || atomic_load(&state) == SPIN)
		return;
	atomic_store(&state, SPIN);
	sem_post(&go);
}

void gnb_peer_begin(struct gnb_peer_mark *m)
{
	m->count = atomic_load_explicit(&beat.count, memory_order_relaxed);
	m->ns = gnb_now();
}

bool gnb_peer_ran(const struct gnb_peer_mark *m)
{
	double ns = (double)(gnb_now() - m->ns);
	double n = (double)(atomic_load_explicit(&beat.count, memory_order_relaxed) - m->count);

	return running && per_ns > 0 && n >= 0.25 * per_ns * ns;
}
