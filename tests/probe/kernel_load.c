// SPDX-License-Identifier: GPL-2.0-only
/*
 * Locks of the kernel that are waited for on purpose: threads that map and unmap, each time under the write lock of
 * the process's memory, and meet at a futex of known address at the end. It says "ready", begins at a line on its
 * input, and says how often it waited for the futex.
 *
 *   kernel_load ROUNDS
 */
#include <linux/futex.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS 4
/* Long enough that another thread comes meanwhile, also where there are few processors. */
#define BYTES (1 << 20)

static unsigned long rounds;
static uint32_t turn;
static unsigned long waits;

static void *work(void *arg)
{
	(void)arg;
	for (unsigned long i = 0; i < rounds; i++) {
		char *p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

		if (p == MAP_FAILED || munmap(p, BYTES))
			exit(1);
	}
	return NULL;
}

/* Wakes the first thread, which waits at the futex so often. */
static void *waker(void *arg)
{
	(void)arg;
	while (__atomic_load_n(&turn, __ATOMIC_ACQUIRE) < 100) {
		syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
		sched_yield();
	}
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t[THREADS], w;

	rounds = argc == 2 ? strtoul(argv[1], NULL, 10) : 0;
	if (!rounds)
		return 2;
	printf("ready\n");
	fflush(stdout);
	if (getchar() == EOF)
		return 1;
	for (int i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, work, NULL))
			return 1;
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	if (pthread_create(&w, NULL, waker, NULL))
		return 1;
	for (; turn < 100; __atomic_store_n(&turn, turn + 1, __ATOMIC_RELEASE), waits++)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, turn, NULL, NULL, 0);
	pthread_join(w, NULL);
	printf("%p %lu\n", (void *)&turn, waits);
	return 0;
}
