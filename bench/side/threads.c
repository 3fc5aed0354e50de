/* SPDX-License-Identifier: GPL-2.0-only */
/* The pool of threads behind gnb_threads_run(). */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <gnb/bench.h>

#include "threads.h"
#include "topo.h"

/* A run shorter than this is not judged by its CPU time: the clock's own cost would decide. */
#define JUDGE_NS 20000

_Static_assert(GNB_PLACES_MAX <= GNB_THREADS_MAX, "a thread for each place");

struct worker {
	pthread_t thread;
	unsigned place;
	atomic_int tid;
	unsigned seen; /* generation last run */
	int rc;
};

/* When a thread began and ended the last run. */
struct times {
	uint64_t from, to;
} __attribute__((aligned(128)));

static struct {
	pthread_mutex_t lock;
	pthread_cond_t wake;
	unsigned generation, n;
	bool stop;
	struct gnb_side *side;
	int (*fn)(struct gnb_side *s, unsigned i, void *arg);
	void *arg;
	atomic_uint ready, done;
	unsigned made;
	struct worker worker[GNB_THREADS_MAX];
	struct times times[GNB_THREADS_MAX];
} pool = { .lock = PTHREAD_MUTEX_INITIALIZER, .wake = PTHREAD_COND_INITIALIZER };

char gnb_threads_sweep[32] = "1,2";

/* Before main(): the plan is made of it. */
__attribute__((constructor)) static void make_sweep(void)
{
	size_t at = strlen(gnb_threads_sweep);
	cpu_set_t set;
	int cores = sched_getaffinity(0, sizeof(set), &set) ? 2 : CPU_COUNT(&set);

	for (int n = 4; n <= cores && n <= 16; n *= 2)
		at += (size_t)snprintf(gnb_threads_sweep + at, sizeof(gnb_threads_sweep) - at,
				       ",%d", n);
}

unsigned gnb_cores(void)
{
	return gnb_topo_places();
}

static uint64_t cpu_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

/* Everybody waits spinning, so that all start within a cache miss of one another. */
static int take_part(unsigned i, unsigned n)
{
	struct times *t = &pool.times[i];
	uint64_t cpu;
	int rc;

	atomic_fetch_add(&pool.ready, 1);
	while (atomic_load_explicit(&pool.ready, memory_order_acquire) < n)
		__builtin_ia32_pause();
	cpu = cpu_ns();
	t->from = gnb_now();
	rc = pool.fn(pool.side, i, pool.arg);
	t->to = gnb_now();
	cpu = cpu_ns() - cpu;
	/* Whether a single one was running, the runner sees by itself. */
	if (!rc && n > 1 && t->to - t->from > JUDGE_NS && cpu < (t->to - t->from) / 10 * 9)
		rc = GNB_DROP;
	return rc;
}

static void *worker_main(void *arg)
{
	struct worker *w = arg;

	gnb_topo_bind(w->place);
	atomic_store(&w->tid, gettid());
	pthread_mutex_lock(&pool.lock);
	for (;;) {
		unsigned n;

		while (!pool.stop && (w->seen == pool.generation || w->place >= pool.n))
			pthread_cond_wait(&pool.wake, &pool.lock);
		if (pool.stop)
			break;
		w->seen = pool.generation;
		n = pool.n;
		pthread_mutex_unlock(&pool.lock);
		w->rc = take_part(w->place, n);
		atomic_fetch_add_explicit(&pool.done, 1, memory_order_release);
		pthread_mutex_lock(&pool.lock);
	}
	pthread_mutex_unlock(&pool.lock);
	return NULL;
}

static int make_workers(unsigned n)
{
	while (pool.made < n - 1) {
		struct worker *w = &pool.worker[pool.made + 1];
		int rc;

		w->place = pool.made + 1;
		w->seen = pool.generation;
		rc = pthread_create(&w->thread, NULL, worker_main, w);
		if (rc)
			return -rc;
		pool.made++;
	}
	return 0;
}

int gnb_threads_run(struct gnb_side *s, unsigned n,
		    int (*fn)(struct gnb_side *s, unsigned i, void *arg), void *arg)
{
	int rc;

	if (!n || n > gnb_cores() || n > GNB_THREADS_MAX)
		return -EINVAL;
	rc = make_workers(n);
	if (rc)
		return rc;
	pthread_mutex_lock(&pool.lock);
	pool.side = s;
	pool.fn = fn;
	pool.arg = arg;
	pool.n = n;
	atomic_store(&pool.ready, 0);
	atomic_store(&pool.done, 0);
	pool.generation++;
	pthread_cond_broadcast(&pool.wake);
	pthread_mutex_unlock(&pool.lock);

	rc = take_part(0, n);
	while (atomic_load_explicit(&pool.done, memory_order_acquire) < n - 1)
		__builtin_ia32_pause();
	for (unsigned i = 1; i < n; i++)
		if (pool.worker[i].rc < 0 ? rc >= 0 : !rc)
			rc = pool.worker[i].rc;
	return rc;
}

int gnb_threads_span(struct gnb_side *s, unsigned m, unsigned n,
		     int (*fn)(struct gnb_side *s, unsigned i, void *arg), void *arg)
{
	uint64_t before = s->meter[m].spent, from = UINT64_MAX, to = 0, ops = 0, spent;
	int rc;

	for (unsigned i = 0; i < n && i < GNB_THREADS_MAX; i++)
		ops -= s->thread_ops[i];
	gnb_start(s, m);
	rc = gnb_threads_run(s, n, fn, arg);
	for (unsigned i = 0; i < n && i < GNB_THREADS_MAX; i++) {
		from = pool.times[i].from < from ? pool.times[i].from : from;
		to = pool.times[i].to > to ? pool.times[i].to : to;
		ops += s->thread_ops[i];
	}
	gnb_stop(s, m, ops);
	spent = s->meter[m].spent - before;
	s->meter[m].spent = before + (s->clock->now ? spent / n : to - from);
	s->threads = n > 1 ? n : 0;
	return rc;
}

unsigned gnb_threads_ids(pid_t *tid, unsigned max)
{
	unsigned n = 0;

	if (max)
		tid[n++] = gettid();
	/* One that has only just been made may not have said who it is. */
	for (unsigned i = 1; i <= pool.made && n < max; i++) {
		while (!(tid[n] = atomic_load(&pool.worker[i].tid)))
			sched_yield();
		n++;
	}
	return n;
}

void gnb_threads_exit(void)
{
	pthread_mutex_lock(&pool.lock);
	pool.stop = true;
	pthread_cond_broadcast(&pool.wake);
	pthread_mutex_unlock(&pool.lock);
	for (unsigned i = 1; i <= pool.made; i++)
		pthread_join(pool.worker[i].thread, NULL);
	for (unsigned i = 1; i <= pool.made; i++)
		atomic_store(&pool.worker[i].tid, 0);
	pool.made = 0;
	pool.stop = false;
}
