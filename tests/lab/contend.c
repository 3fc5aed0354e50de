// SPDX-License-Identifier: GPL-2.0-only
/*
 * Two vCPUs of one domain that map and unmap at the same time: something that contends for locks
 * inside the hypervisor, for a profile of the emulator (docs/profile.md). No times are taken.
 *
 *   lab_contend [ROUNDS [CELL]]
 *   lab_contend --list          cells, one a line
 *
 * With 1 and 2 threads, each on a vCPU of its own and with mappings of its own: of the same
 * references (refs:same), or of references of its own (refs:own). All cells, or the one named.
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

#include "gnb_guest.h"

#define THREADS 2
#define PAGES	64 /* of a thread */

struct worker {
	pthread_t thread;
	unsigned index, batch, rounds;
	int same;
	struct gnttab_map_grant_ref map[PAGES];
	struct gnttab_unmap_grant_ref unmap[PAGES];
} __attribute__((aligned(4096)));

static int fd;
static struct gnb_guest_info info;
static struct worker workers[THREADS];
static pthread_barrier_t start;

static void must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	printf("lab_contend: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void submit(unsigned cmd, void *args, unsigned count)
{
	struct gnb_guest_submit s = { .cmd = cmd, .count = count, .args = (__u64)(uintptr_t)args };

	must(ioctl(fd, GNB_GUEST_SUBMIT, &s), "submit");
	if (s.result) {
		printf("lab_contend: operation %u: %lld\n", cmd, (long long)s.result);
		exit(1);
	}
}

static void check(int status, const char *what, unsigned i)
{
	if (status == GNTST_okay)
		return;
	printf("lab_contend: %s of page %u: status %d\n", what, i, status);
	exit(1);
}

static void round_trip(struct worker *w)
{
	for (unsigned i = 0; i < PAGES; i++)
		w->map[i] = (struct gnttab_map_grant_ref){
			.host_addr = (__u64)(w->index * PAGES + i) << 12,
			.flags = GNTMAP_host_map,
			.ref = (w->same ? 0 : w->index * PAGES) + i,
			.dom = info.domid,
		};
	for (unsigned i = 0; i < PAGES; i += w->batch)
		submit(GNTTABOP_map_grant_ref, w->map + i, w->batch);
	for (unsigned i = 0; i < PAGES; i++) {
		check(w->map[i].status, "map", i);
		w->unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = w->map[i].host_addr,
							       .handle = w->map[i].handle };
	}
	for (unsigned i = 0; i < PAGES; i += w->batch)
		submit(GNTTABOP_unmap_grant_ref, w->unmap + i, w->batch);
	for (unsigned i = 0; i < PAGES; i++)
		check(w->unmap[i].status, "unmap", i);
}

static void *work(void *arg)
{
	struct worker *w = arg;
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(w->index, &set);
	must(sched_setaffinity(0, sizeof(set), &set), "a thread on a vCPU of its own");
	pthread_barrier_wait(&start);
	for (unsigned i = 0; i < w->rounds; i++)
		round_trip(w);
	return NULL;
}

static void open_machine(void)
{
	struct gnb_guest_setup s = {
		.frames = 1, .pages = THREADS * PAGES, .own_pages = 1, .slots = THREADS * PAGES
	};

	fd = open(GNB_GUEST_DEVICE, O_RDWR | O_CLOEXEC);
	must(fd, GNB_GUEST_DEVICE);
	must(ioctl(fd, GNB_GUEST_GET_INFO, &info), "info");
	must(ioctl(fd, GNB_GUEST_SETUP, &s), "set-up");
	for (unsigned i = 0; i < THREADS * PAGES; i++) {
		struct gnb_guest_grant g = { .ref = i, .page = i, .domid = info.domid };

		must(ioctl(fd, GNB_GUEST_GRANT, &g), "grant");
	}
}

static const char *cell_name(unsigned threads, int same, unsigned batch)
{
	static char name[64];

	snprintf(name, sizeof(name), "refs:%s/batch:%u/threads:%u", same ? "same" : "own", batch,
		 threads);
	return name;
}

static void run(unsigned threads, int same, unsigned batch, unsigned rounds)
{
	struct gnb_guest_mark mark = { .name = "" };

	snprintf(mark.name, sizeof(mark.name), "contend/%s#v%u", cell_name(threads, same, batch),
		 info.grant_version);
	must(ioctl(fd, GNB_GUEST_MARK, &mark), "a name");
	errno = pthread_barrier_init(&start, NULL, threads);
	must(-errno, "a barrier");
	for (unsigned i = 0; i < threads; i++) {
		struct worker *w = &workers[i];

		w->index = i;
		w->same = same;
		w->batch = batch;
		w->rounds = rounds;
		errno = pthread_create(&w->thread, NULL, work, w);
		must(-errno, "a thread");
	}
	for (unsigned i = 0; i < threads; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_barrier_destroy(&start);
	printf("%s: %u pages mapped and unmapped by each\n", mark.name, rounds * PAGES);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 100, found = 0;
	bool list = argc > 1 && !strcmp(argv[1], "--list");

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (!list && sysconf(_SC_NPROCESSORS_ONLN) < THREADS) {
		printf("lab_contend: %ld vCPU online, two are needed\n",
		       sysconf(_SC_NPROCESSORS_ONLN));
		return 6;
	}
	if (!list)
		open_machine();
	if (info.flags & GNB_GUEST_TRANSLATED) {
		printf("lab_contend: a translated domain loses the pages that it maps from itself\n");
		return 6;
	}
	for (int same = 1; same >= 0; same--)
		for (unsigned batch = 1; batch <= 32; batch *= 32)
			for (unsigned threads = 1; threads <= THREADS; threads++) {
				const char *name = cell_name(threads, same, batch);

				if (argc > 2 && strcmp(argv[2], name))
					continue;
				found++;
				if (list)
					puts(name);
				else
					run(threads, same, batch, rounds);
			}
	if (!found)
		printf("lab_contend: no cell '%s', see --list\n", argv[2]);
	return found ? 0 : 2;
}
