// SPDX-License-Identifier: GPL-2.0-only
/*
 * Random ioctls on /dev/gnb_guest, as root, from several threads of a process that is killed in the
 * middle and started anew. Nothing may be left afterwards: a machine of the same size has to fit in
 * the same place, and memory must not be lost.
 *
 *   lab_fuzz [IOCTLS] [SEED]
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

#include "gnb_guest.h"

#define THREADS 3
#define OPS	40

struct shared {
	uint64_t done, passed;
};

static struct shared *sh;
static int fds[2];
static uint64_t seed = 1;

static uint64_t rnd(uint64_t *s)
{
	*s ^= *s >> 12;
	*s ^= *s << 25;
	*s ^= *s >> 27;
	return *s * 0x2545f4914f6cdd1dULL;
}

/* Mostly small and plausible, sometimes an edge, sometimes anything. */
static uint64_t value(uint64_t *s, uint64_t limit)
{
	static const uint64_t edge[] = { 0,	 1,	 4095,	     4096,	 0x7fff,
					 0x7ff0, 0xffff, 0x7fffffff, 0xffffffff, ~0ull };

	switch (rnd(s) % 16) {
	case 0:
		return edge[rnd(s) % (sizeof(edge) / sizeof(*edge))];
	case 1:
		return rnd(s);
	case 2:
		return limit + rnd(s) % 3 - 1;
	default:
		return rnd(s) % limit;
	}
}

static void *pointer(uint64_t *s, void *good)
{
	switch (rnd(s) % 24) {
	case 0:
		return NULL;
	case 1:
		return (void *)(uintptr_t)rnd(s);
	case 2:
		return (void *)(uintptr_t)(0xffff800000000000ull | rnd(s) >> 17);
	default:
		return good;
	}
}

/* What a thread saw mapped: handles worth unmapping. */
struct memory {
	struct gnttab_map_grant_ref map[OPS];
	union {
		struct gnttab_map_grant_ref map[OPS];
		struct gnttab_unmap_grant_ref unmap[OPS];
		struct gnttab_copy copy[OPS];
	} arg;
	uint64_t gfn[64];
	char buf[4096];
};

static int do_submit(int fd, uint64_t *s, struct memory *m)
{
	static const unsigned cmds[] = { 0, 0, 1, 1, 1, 5, 6, 10, 13 };
	struct gnb_guest_submit r = { .cmd = cmds[rnd(s) % 9], .count = (uint32_t)(rnd(s) % OPS) };

	if (rnd(s) % 16 == 0)
		r.cmd = (uint32_t)value(s, 16);
	if (rnd(s) % 32 == 0)
		r.count = (uint32_t)value(s, 1025);
	if (r.cmd > 5 && rnd(s) % 4)
		r.count = r.cmd != 13;
	for (unsigned i = 0; i < OPS; i++)
		if (r.cmd == GNTTABOP_unmap_grant_ref) {
			unsigned k = rnd(s) % 8 ? i : rnd(s) % OPS;

			m->arg.unmap[i] = (struct gnttab_unmap_grant_ref){
				.host_addr = m->map[k].host_addr,
				.handle = m->map[k].handle,
				.dev_bus_addr = rnd(s) % 256 ? 0 : rnd(s),
			};
			if (rnd(s) % 64 == 0)
				m->arg.unmap[i].handle = (uint32_t)value(s, 64);
		} else if (r.cmd == GNTTABOP_copy) {
			struct gnttab_copy *c = &m->arg.copy[i];

			memset(c, 0, sizeof(*c));
			c->flags = (uint16_t)(rnd(s) % 256 ? rnd(s) % 4 : rnd(s));
			c->source.domid = c->dest.domid = DOMID_SELF;
			c->source.u.gmfn = c->flags & 1 ? value(s, 512) : m->gfn[rnd(s) % 64];
			c->dest.u.gmfn = c->flags & 2 ? value(s, 512) : m->gfn[rnd(s) % 64];
			if (rnd(s) % 32 == 0)
				c->dest.u.gmfn = value(s, 1u << 18);
			c->source.offset = (uint16_t)value(s, 4096);
			c->dest.offset = (uint16_t)value(s, 4096);
			c->len = (uint16_t)value(s, 4096);
		} else {
			m->arg.map[i] = (struct gnttab_map_grant_ref){
				.host_addr = value(s, 256) << 12,
				.ref = (uint32_t)value(s, 512),
				.flags = GNTMAP_host_map | (rnd(s) % 4 ? 0 : GNTMAP_readonly),
				.dom = (uint16_t)(rnd(s) % 64 ? 0 : value(s, 4)),
			};
			if (rnd(s) % 64 == 0)
				m->arg.map[i].flags = (uint32_t)value(s, 32);
			if (rnd(s) % 256 == 0)
				m->arg.map[i].host_addr = rnd(s);
		}
	r.args = r.cmd == 13 ? 0 : (uint64_t)(uintptr_t)pointer(s, &m->arg);
	if (ioctl(fd, GNB_GUEST_SUBMIT, &r))
		return -1;
	if (r.cmd == GNTTABOP_map_grant_ref && r.args == (uintptr_t)&m->arg)
		memcpy(m->map, m->arg.map, sizeof(m->map));
	return 0;
}

static int do_mmap(int fd, uint64_t *s)
{
	size_t pages = 1 + rnd(s) % 8;
	void *p = mmap(NULL, pages * 4096, PROT_READ | PROT_WRITE,
		       rnd(s) % 16 ? MAP_SHARED : MAP_PRIVATE, fd,
		       (off_t)(gnb_guest_offset((uint32_t)value(s, 4),
						(uint32_t)(rnd(s) % 4 ? 0 : value(s, 256))) &
			       0x7ffffffffffff000ull));

	if (p == MAP_FAILED)
		return -1;
	for (size_t i = 0; i < pages; i++)
		*(volatile uint8_t *)((uint8_t *)p + i * 4096);
	if (rnd(s) % 8)
		munmap(p, pages * 4096);
	return 0;
}

static int one(int fd, uint64_t *s, struct memory *m)
{
	struct gnb_guest_setup setup = { (uint32_t)value(s, 4),
					 (uint32_t)value(s, 512),
					 (uint32_t)value(s, 64),
					 (uint32_t)value(s, 512),
					 0,
					 0 };
	struct gnb_guest_grant grant = { (uint32_t)value(s, 512), (uint32_t)value(s, 256),
					 (uint16_t)(rnd(s) % 16 ? 0 : value(s, 8)),
					 (uint16_t)value(s, 2), 0 };
	struct gnb_guest_end end = { (uint32_t)value(s, 512), 0 };
	struct gnb_guest_access access = { (uint32_t)value(s, 256), (uint32_t)value(s, 4096),
					   (uint32_t)value(s, 512), (uint32_t)value(s, 2),
					   (uintptr_t)pointer(s, m->buf) };
	struct gnb_guest_gfns gfns = { (uint32_t)value(s, 2),
				       (uint32_t)(rnd(s) % 2 ? 0 : value(s, 64)),
				       (uint32_t)(rnd(s) % 65), 0, (uintptr_t)pointer(s, m->gfn) };
	struct gnb_guest_info info;
	struct gnb_guest_state state;
	struct gnb_guest_mark mark = { "fuzz" };

	switch (rnd(s) % 24) {
	case 0:
		return ioctl(fd, GNB_GUEST_SETUP, pointer(s, &setup));
	case 1:
		return ioctl(fd, GNB_GUEST_GET_INFO, pointer(s, &info));
	case 2:
		return ioctl(fd, GNB_GUEST_GET_STATE, pointer(s, &state));
	case 3:
		return ioctl(fd, GNB_GUEST_GET_GFNS, pointer(s, &gfns));
	case 4:
		if (rnd(s) % 4 == 0) {
			mark.name[rnd(s) % 8 ? rnd(s) % 8 : rnd(s) % sizeof(mark.name)] =
				(char)rnd(s);
			return ioctl(fd, GNB_GUEST_MARK, pointer(s, &mark));
		}
		return ioctl(fd, _IOC((unsigned)rnd(s) & 3, 'G', 0xb0 + rnd(s) % 12, rnd(s) % 64),
			     pointer(s, m->buf));
	case 5:
		return do_mmap(fd, s);
	case 6 ... 10:
		return ioctl(fd, GNB_GUEST_GRANT, pointer(s, &grant));
	case 11:
	case 12:
		return ioctl(fd, GNB_GUEST_END, pointer(s, &end));
	case 13 ... 15:
		return ioctl(fd, GNB_GUEST_ACCESS, pointer(s, &access));
	default:
		return do_submit(fd, s, m);
	}
}

static void *worker(void *arg)
{
	uint64_t s = seed * 0x9e3779b97f4a7c15ull + (uintptr_t)arg * 7919 + 1;
	struct memory *m = calloc(1, sizeof(*m));

	while (m) {
		int rc = one(fds[rnd(&s) % 2], &s, m);

		__atomic_fetch_add(&sh->done, 1, __ATOMIC_RELAXED);
		__atomic_fetch_add(&sh->passed, rc >= 0, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* One process, to be killed: two machines, shared by its threads. */
static void process(void)
{
	pthread_t t[THREADS];

	for (unsigned i = 0; i < 2; i++) {
		struct gnb_guest_setup s = { 1 + i, 256, 64, 256, 0, 0 };

		fds[i] = open(GNB_GUEST_DEVICE, O_RDWR);
		/* The second is sometimes set up by a thread. */
		if (fds[i] < 0 || ((i == 0 || seed % 2) && ioctl(fds[i], GNB_GUEST_SETUP, &s)))
			_exit(1);
	}
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&t[i], NULL, worker, (void *)i))
			_exit(1);
	pause();
	_exit(1);
}

/* What was freed can wait for a grace period, and caches may shrink: neither is a leak. */
static void settle(void)
{
	FILE *f = fopen("/proc/sys/vm/drop_caches", "w");

	if (f) {
		fputs("3\n", f);
		fclose(f);
	}
	sleep(1);
}

/* The sum of what follows a word at the start of lines. */
static long sum_of(const char *file, const char *word)
{
	char line[256];
	long n, total = 0;
	FILE *f = fopen(file, "r");

	while (f && fgets(line, sizeof(line), f)) {
		const char *p = line + strspn(line, " ");

		if (!strncmp(p, word, strlen(word)) && sscanf(p + strlen(word), "%ld", &n) == 1)
			total += n;
	}
	if (f)
		fclose(f);
	return total;
}

/* A CPU's lists hold thousands of pages that are free, and that MemFree does not count. */
static long free_pages(void)
{
	settle();
	return (sum_of("/proc/meminfo", "MemFree:") + sum_of("/proc/meminfo", "Cached:") +
		sum_of("/proc/meminfo", "Buffers:")) /
		       4 +
	       sum_of("/proc/zoneinfo", "count:");
}

/* How many machines of so many frames there is room for in the table. */
static int room(uint32_t frames)
{
	static int fd[128];
	int n = 0;

	for (; n < 128; n++) {
		struct gnb_guest_setup s = { frames, 0, 0, 16, 0, 0 };

		fd[n] = open(GNB_GUEST_DEVICE, O_RDWR);
		if (fd[n] < 0 || ioctl(fd[n], GNB_GUEST_SETUP, &s))
			break;
	}
	for (int i = 0; i <= n && i < 128; i++)
		if (fd[i] >= 0)
			close(fd[i]);
	return n;
}

/* Linux finds places for slots in sections of address space, whose descriptions it keeps: as many
 * as can be in use. */
static void most_slots(void)
{
	struct gnb_guest_setup s = { 1, 0, 0, GNB_GUEST_MAX_PAGES, 0, 0 };
	int fd[2];

	for (int i = 0; i < 2; i++) {
		fd[i] = open(GNB_GUEST_DEVICE, O_RDWR);
		if (fd[i] >= 0)
			ioctl(fd[i], GNB_GUEST_SETUP, &s);
	}
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

/* References that are not the table's own again, whoever has them. */
static unsigned held(void)
{
	struct gnb_guest_info info = { .refs_held = ~0u };
	int fd = open(GNB_GUEST_DEVICE, O_RDWR);

	if (fd >= 0) {
		ioctl(fd, GNB_GUEST_GET_INFO, &info);
		close(fd);
	}
	return info.refs_held;
}

/* One process for a second. Was it us who ended it? */
static bool run_and_kill(void)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return false;
	if (!pid)
		process();
	usleep(1000000);
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	seed++;
	return WIFSIGNALED(status);
}

int main(int argc, char **argv)
{
	uint64_t want = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
	int small, big, small_now, big_now;
	long before, after;
	unsigned left;
	unsigned runs = 0;

	seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	sh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (sh == MAP_FAILED)
		return 1;
	/* The first time around leaves what stays: sections, slabs, a process's own. */
	most_slots();
	room(1);
	if (!run_and_kill())
		return 1;
	small = room(1);
	big = room(32);
	before = free_pages();
	while (sh->done < want) {
		if (!run_and_kill()) {
			printf("lab_fuzz: a process ended by itself in run %u\n", runs);
			return 1;
		}
		runs++;
	}
	after = free_pages();
	left = held();
	small_now = room(1);
	big_now = room(32);
	printf("%llu ioctls, %llu succeeded, %u processes killed\n", (unsigned long long)sh->done,
	       (unsigned long long)sh->passed, runs);
	printf("room for machines of 1 frame: %d, %d after; of 32 frames: %d, %d; references held: "
	       "%u; pages less: %ld\n",
	       small, small_now, big, big_now, left, before - after);
	/*
	 * Linux looks for references in a row from where it left off, which can cost a machine at
	 * either end. Slabs hold some pages; one machine lost would be 320.
	 */
	return left || !big || small > small_now + 1 || big != big_now || before - after > 100;
}
