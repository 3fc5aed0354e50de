// SPDX-License-Identifier: GPL-2.0-only
/*
 * Loaded into a process by scripts/record-pages: a thread that write-protects its anonymous memory by userfaultfd, and says
 * at each tick which pages were written to since the last, by PAGEMAP_SCAN, which protects them again. Linux 6.7 or later.
 *
 * GNB_PAGES_OUT: where to, a line for each run of pages: microseconds, first page, pages. GNB_PAGES_TICK: microseconds.
 * What cannot be done is the file's only line, beginning with "!".
 */
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define PAGE	4096ull
#define REGIONS 1024
#define RANGES	512

/* Of Linux 6.7, which headers that are older do not have. */
struct region {
	uint64_t start, end, categories;
};

struct scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages, inverted, mask, anyof,
		returned;
};

#define SCAN_PAGES     _IOWR('f', 16, struct scan_arg)
#define IS_WRITTEN     (1ull << 1)
#define IS_PRESENT     (1ull << 3)
#define PROTECT_FOUND  (1ull << 0)
#define ASYNC_ONLY     (1ull << 1)
#define WP_UNPOPULATED (1ull << 13)
#define WP_ASYNC       (1ull << 15)
#define FEATURES       (WP_ASYNC | WP_UNPOPULATED | UFFD_FEATURE_PAGEFAULT_FLAG_WP)

/* The recorder's own memory, which is no part of the process. */
struct own {
	struct region found[REGIONS];
	struct {
		uint64_t begin, end;
	} known[RANGES]; /* what is protected */
	unsigned nr;
	char line[512];
	char out[1 << 16];
};

static struct own *own;
static int uffd, pagemap;
static FILE *out;

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000 + (uint64_t)t.tv_nsec / 1000;
}

/* Pages that are all of this, which are protected again: written to since it was done last. */
static void scan(uint64_t begin, uint64_t end, uint64_t mask, uint64_t us)
{
	struct scan_arg a = { .size = sizeof(a),
			      .flags = PROTECT_FOUND | ASYNC_ONLY,
			      .start = begin,
			      .end = end,
			      .vec = (uintptr_t)own->found,
			      .vec_len = REGIONS,
			      .mask = mask,
			      .returned = IS_WRITTEN };

	while (a.start < end) {
		int n = ioctl(pagemap, SCAN_PAGES, &a);

		for (int i = 0; i < n; i++)
			fprintf(out, "%lu %lu %lu\n", (unsigned long)us,
				(unsigned long)(own->found[i].start / PAGE),
				(unsigned long)((own->found[i].end - own->found[i].start) / PAGE));
		if (n < REGIONS)
			return;
		a.start = a.walk_end;
	}
}

/* What came since: what is there of it was written to, and all of it is protected. */
static void protect(uint64_t begin, uint64_t end, uint64_t us)
{
	struct uffdio_register r = { .range = { begin, end - begin },
				     .mode = UFFDIO_REGISTER_MODE_WP };
	struct uffdio_writeprotect p = { .range = { begin, end - begin },
					 .mode = UFFDIO_WRITEPROTECT_MODE_WP };

	if (ioctl(uffd, UFFDIO_REGISTER, &r))
		return;
	scan(begin, end, IS_WRITTEN | IS_PRESENT, us);
	ioctl(uffd, UFFDIO_WRITEPROTECT, &p);
}

/* A range of memory as it is now: what of it is new is followed from here on. */
static void meet(uint64_t begin, uint64_t end, uint64_t us)
{
	unsigned i = 0;

	/* One that grew at an end, as a heap does. */
	while (i < own->nr && (own->known[i].end <= begin || own->known[i].begin >= end))
		i++;
	if (i == own->nr) {
		if (i == RANGES)
			return;
		own->known[own->nr++].begin = begin;
		protect(begin, end, us);
	} else {
		if (begin < own->known[i].begin)
			protect(begin, own->known[i].begin, us);
		if (end > own->known[i].end)
			protect(own->known[i].end, end, us);
	}
	own->known[i].begin = begin;
	own->known[i].end = end;
}

/* Anonymous memory that can be written: of each line of the maps. */
static void follow(char *line, uint64_t us)
{
	unsigned long begin, end, off, inode = 1;
	char right[8], name[256] = "";

	if (sscanf(line, "%lx-%lx %7s %lx %*s %lu %255s", &begin, &end, right, &off, &inode, name) <
	    5)
		return;
	if (right[1] != 'w' || right[3] != 'p' || inode || (*name && strcmp(name, "[heap]")) ||
	    ((uintptr_t)own >= begin && (uintptr_t)own < end))
		return;
	meet(begin, end, us);
	scan(begin, end, IS_WRITTEN, us);
}

static void *record(void *arg)
{
	uint64_t tick =
		getenv("GNB_PAGES_TICK") ? strtoull(getenv("GNB_PAGES_TICK"), NULL, 10) : 10000;
	uint64_t begin = now();

	for (uint64_t k = 0;; k++) {
		FILE *maps = fopen("/proc/self/maps", "re");
		uint64_t us = now() - begin;

		while (maps && fgets(own->line, sizeof(own->line), maps))
			follow(own->line, us);
		if (maps)
			fclose(maps);
		fflush(out);
		us = now() - begin;
		if ((k + 1) * tick > us)
			usleep((useconds_t)((k + 1) * tick - us));
	}
	return arg;
}

static const char *open_all(void)
{
	struct uffdio_api api = { .api = UFFD_API, .features = FEATURES };

	uffd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	if (uffd < 0)
		return "userfaultfd is not allowed here: it takes root, or vm.unprivileged_userfaultfd=1";
	if (ioctl(uffd, UFFDIO_API, &api))
		return "this kernel cannot write-protect by userfaultfd without a handler: it takes Linux 6.7";
	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
	own = mmap(NULL, sizeof(*own), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (pagemap < 0 || own == MAP_FAILED)
		return "/proc/self/pagemap or memory cannot be had";
	setvbuf(out, own->out, _IOFBF, sizeof(own->out));
	return NULL;
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("GNB_PAGES_OUT"), *why;
	pthread_t t;

	/* Not those that it starts. */
	unsetenv("LD_PRELOAD");
	out = path ? fopen(path, "we") : NULL;
	if (!out)
		return;
	why = open_all();
	if (!why && pthread_create(&t, NULL, record, NULL))
		why = "no thread can be had";
	if (why) {
		fprintf(out, "! %s\n", why);
		fflush(out);
	}
}
