// SPDX-License-Identifier: GPL-2.0-only
/*
 * Grants that are mapped as programs of a Linux domain do it: pages of gntalloc, granted to this domain itself, are
 * mapped by gntdev into a process, written to through the mapping, read back, and unmapped. Something for
 * gnb-probe --what=kernel,xen to look at (docs/lab.md). No times are taken.
 *
 *   lab_gntdev [ROUNDS [PAGES [THREADS]]]
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

/* Which want those before. */
#include <xen/gntalloc.h>
#include <xen/gntdev.h>

#define PAGE	    4096u
#define PAGES_MAX   256
#define THREADS_MAX 8

struct worker {
	pthread_t thread;
	unsigned index, failed;
	uint64_t granted; /* where gntalloc has the pages */
	uint32_t ref[PAGES_MAX];
};

static int alloc_fd, map_fd;
static unsigned rounds = 100, pages = 16, threads = 2;
static struct worker workers[THREADS_MAX];

static void must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	printf("lab_gntdev: %s: %s\n", what, strerror(errno));
	exit(1);
}

static unsigned number(const char *text, unsigned most)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (!*text || *end || !n || n > most) {
		printf("lab_gntdev: '%s': a number from 1 to %u\n", text, most);
		exit(2);
	}
	return (unsigned)n;
}

/* Pages of this domain's own, granted to dom0, which is itself. */
static void grant(struct worker *w)
{
	size_t size = sizeof(struct ioctl_gntalloc_alloc_gref) + pages * sizeof(uint32_t);
	struct ioctl_gntalloc_alloc_gref *g = calloc(1, size);

	must(g ? 0 : -1, "memory");
	g->flags = GNTALLOC_FLAG_WRITABLE;
	g->count = pages;
	must(ioctl(alloc_fd, IOCTL_GNTALLOC_ALLOC_GREF, g), "pages to grant");
	w->granted = g->index;
	memcpy(w->ref, g->gref_ids, pages * sizeof(uint32_t));
	free(g);
}

static void *map(struct worker *w, uint64_t *index)
{
	size_t size = sizeof(struct ioctl_gntdev_map_grant_ref) +
		      pages * sizeof(struct ioctl_gntdev_grant_ref);
	struct ioctl_gntdev_map_grant_ref *m = calloc(1, size);
	void *p;

	must(m ? 0 : -1, "memory");
	m->count = pages;
	for (unsigned i = 0; i < pages; i++)
		m->refs[i].ref = w->ref[i];
	must(ioctl(map_fd, IOCTL_GNTDEV_MAP_GRANT_REF, m), "a mapping of gntdev");
	*index = m->index;
	free(m);
	p = mmap(NULL, (size_t)pages * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, map_fd,
		 (off_t)*index);
	must(p == MAP_FAILED ? -1 : 0, "map granted pages");
	return p;
}

static void *work(void *arg)
{
	struct worker *w = arg;
	volatile uint32_t *own = mmap(NULL, (size_t)pages * PAGE, PROT_READ | PROT_WRITE,
				      MAP_SHARED, alloc_fd, (off_t)w->granted);

	must(own == MAP_FAILED ? -1 : 0, "see the pages that were granted");
	for (unsigned r = 0; r < rounds; r++) {
		struct ioctl_gntdev_unmap_grant_ref u = { .count = pages };
		uint64_t index;
		volatile uint32_t *p = map(w, &index);

		/* What is written through the mapping is in the page that was granted. */
		for (unsigned i = 0; i < pages; i++) {
			p[i * (PAGE / 4)] = r * 1000 + i + w->index;
			w->failed += own[i * (PAGE / 4)] != r * 1000 + i + w->index;
		}
		must(munmap((void *)p, (size_t)pages * PAGE), "unmap them");
		u.index = index;
		must(ioctl(map_fd, IOCTL_GNTDEV_UNMAP_GRANT_REF, &u), "end a mapping of gntdev");
	}
	return NULL;
}

int main(int argc, char **argv)
{
	char kind[16] = "";
	unsigned failed = 0;
	FILE *f = fopen("/sys/hypervisor/guest_type", "re");

	if (f && !fgets(kind, sizeof(kind), f))
		kind[0] = '\0';
	if (f)
		fclose(f);
	if (strncmp(kind, "PV\n", 3)) {
		printf("a translated domain loses the pages that it maps from itself: lab_gntdev is for a PV dom0\n");
		return 6;
	}
	if (argc > 1)
		rounds = number(argv[1], 1000000);
	if (argc > 2)
		pages = number(argv[2], PAGES_MAX);
	if (argc > 3)
		threads = number(argv[3], THREADS_MAX);
	alloc_fd = open("/dev/xen/gntalloc", O_RDWR | O_CLOEXEC);
	must(alloc_fd, "/dev/xen/gntalloc");
	map_fd = open("/dev/xen/gntdev", O_RDWR | O_CLOEXEC);
	must(map_fd, "/dev/xen/gntdev");
	for (unsigned i = 0; i < threads; i++) {
		workers[i].index = i;
		grant(&workers[i]);
	}
	for (unsigned i = 0; i < threads; i++) {
		errno = pthread_create(&workers[i].thread, NULL, work, &workers[i]);
		must(-errno, "a thread");
	}
	for (unsigned i = 0; i < threads; i++) {
		pthread_join(workers[i].thread, NULL);
		failed += workers[i].failed;
	}
	printf("%u threads mapped and unmapped %u pages %u times each: %u words were not there\n",
	       threads, pages, rounds, failed);
	return failed ? 1 : 0;
}
