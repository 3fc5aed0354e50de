// SPDX-License-Identifier: GPL-2.0-only
/*
 * The smallest user of /dev/gnb_guest: a domain maps and unmaps its own pages, and the time-stamp
 * counter around each hypercall is printed per reference. Under the lab's instruction clock the
 * figures are known. A translated domain loses a page that it maps from itself, so there each round
 * takes new pages.
 *
 *   lab_probe [ROUNDS]
 *   lab_probe --info     what the module says of the domain, "key value" lines
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

#include "gnb_guest.h"

#define PAGES 256
#define PAGE  4096

static int fd;
static struct gnb_guest_info info;
static int translated;
static struct gnttab_map_grant_ref map[PAGES];
static struct gnttab_unmap_grant_ref unmap[PAGES];

static void must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	printf("lab_probe: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void check(int ok, const char *what)
{
	if (ok)
		return;
	printf("lab_probe: not so: %s\n", what);
	exit(1);
}

/* Ticks of count operations. */
static __u64 submit(unsigned cmd, void *args, unsigned count)
{
	struct gnb_guest_submit s = { .cmd = cmd, .count = count, .args = (__u64)(uintptr_t)args };

	must(ioctl(fd, GNB_GUEST_SUBMIT, &s), "submit");
	if (s.result) {
		printf("lab_probe: operation %u: %lld\n", cmd, (long long)s.result);
		exit(1);
	}
	return s.tsc_after - s.tsc_before;
}

static void fill(__u16 domid)
{
	for (unsigned i = 0; i < PAGES; i++)
		map[i] = (struct gnttab_map_grant_ref){ .host_addr = (__u64)i << 12,
							.flags = GNTMAP_host_map,
							.ref = i,
							.dom = domid };
}

static void round_trip(unsigned batch, __u64 *up, __u64 *down)
{
	*up = *down = 0;
	for (unsigned i = 0; i < PAGES; i += batch)
		*up += submit(GNTTABOP_map_grant_ref, map + i, batch);
	for (unsigned i = 0; i < PAGES; i++) {
		if (map[i].status != GNTST_okay) {
			printf("lab_probe: map %u: status %d\n", i, map[i].status);
			exit(1);
		}
		unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = map[i].host_addr,
							    .handle = map[i].handle };
	}
	for (unsigned i = 0; i < PAGES; i += batch)
		*down += submit(GNTTABOP_unmap_grant_ref, unmap + i, batch);
	for (unsigned i = 0; i < PAGES; i++)
		if (unmap[i].status != GNTST_okay) {
			printf("lab_probe: unmap %u: status %d\n", i, unmap[i].status);
			exit(1);
		}
}

/* A machine whose pages are granted to this domain. References start where they did before. */
static void open_machine(void)
{
	static __u32 first_ref = ~0u;
	struct gnb_guest_setup s = { .frames = 1, .pages = PAGES, .own_pages = 1, .slots = PAGES };

	must(ioctl(fd, GNB_GUEST_SETUP, &s), "set-up");
	check(first_ref == ~0u || first_ref == s.first_ref,
	      "the references of a closed file can be had again");
	first_ref = s.first_ref;
	for (unsigned i = 0; i < PAGES; i++) {
		struct gnb_guest_grant g = { .ref = i, .page = i, .domid = info.domid };

		must(ioctl(fd, GNB_GUEST_GRANT, &g), "grant");
	}
	fill(info.domid);
}

static void open_again(void)
{
	close(fd);
	fd = open(GNB_GUEST_DEVICE, O_RDWR | O_CLOEXEC);
	must(fd, "open again");
	open_machine();
}

static void measure(unsigned batch, unsigned rounds)
{
	__u64 up, down, min_up = ~0ull, min_down = ~0ull, sum_up = 0, sum_down = 0;

	for (unsigned r = 0; r < rounds; r++) {
		if (translated)
			open_again();
		round_trip(batch, &up, &down);
		sum_up += up;
		sum_down += down;
		min_up = up < min_up ? up : min_up;
		min_down = down < min_down ? down : min_down;
	}
	printf("batch %3u: map min %llu mean %.1f, unmap min %llu mean %.1f ticks per reference\n",
	       batch, (unsigned long long)(min_up / PAGES), (double)sum_up / PAGES / rounds,
	       (unsigned long long)(min_down / PAGES), (double)sum_down / PAGES / rounds);
}

static void unmap_all(void)
{
	for (unsigned i = 0; i < PAGES; i++)
		unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = map[i].host_addr,
							    .handle = map[i].handle };
	submit(GNTTABOP_unmap_grant_ref, unmap, PAGES);
	for (unsigned i = 0; i < PAGES; i++)
		check(unmap[i].status == GNTST_okay, "an unmap works");
}

static __u8 *ram(void)
{
	__u8 *p = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		       (off_t)gnb_guest_offset(GNB_GUEST_RAM, 0));

	must(p == MAP_FAILED ? -1 : 0, "mmap of the pages");
	return p;
}

static int touch(unsigned slot, void *buf, unsigned flags)
{
	struct gnb_guest_access a = {
		.slot = slot, .offset = 8, .len = 4, .flags = flags, .buf = (__u64)(uintptr_t)buf
	};

	return ioctl(fd, GNB_GUEST_ACCESS, &a);
}

/* Data goes through a mapping, both ways; after the unmap nothing is there. */
static void check_data(void)
{
	char word[4] = "gnb", back[4] = "", other[4] = "bng";
	__u8 *page = ram();

	memcpy(page + 5 * PAGE + 8, word, 4);
	check(touch(5, back, 0) && errno == EFAULT, "nothing can be read before the map");
	map[6].flags |= GNTMAP_readonly;
	submit(GNTTABOP_map_grant_ref, map, PAGES);
	for (unsigned i = 0; i < PAGES; i++)
		check(map[i].status == GNTST_okay, "a first map works");
	must(touch(5, back, 0), "read through a mapping");
	check(!memcmp(back, word, 4), "what the granter wrote can be read through the mapping");
	must(touch(5, other, GNB_GUEST_WRITE), "write through a mapping");
	must(touch(5, back, 0), "read through a mapping");
	check(!memcmp(back, other, 4), "what the mapper wrote can be read through the mapping");
	/* A translated domain's page is in one place at a time. */
	check(translated ? *(__u32 *)(page + 5 * PAGE + 8) == ~0u
			 : !memcmp(page + 5 * PAGE + 8, other, 4),
	      translated ? "the page is gone from its frame"
			 : "what the mapper wrote, the granter reads");
	check(touch(6, other, GNB_GUEST_WRITE) && errno == EFAULT,
	      "a read-only mapping is not written");
	unmap_all();
	check(touch(5, back, 0) && errno == EFAULT, "nothing can be read after the unmap");
	printf("data agrees, after the unmap nothing is there\n");
	munmap(page, PAGES * PAGE);
}

static void check_second_map(void)
{
	int want = translated ? GNTST_bad_page : GNTST_okay;

	fill(info.domid);
	submit(GNTTABOP_map_grant_ref, map, PAGES);
	for (unsigned i = 0; i < PAGES; i++)
		check(map[i].status == want,
		      "a second map of the same reference is answered as it should be");
	printf("second map: status %d\n", want);
	if (!translated)
		unmap_all();
}

/* References of another domain are handed to Xen as they are: it has the last word, the caller gets
 * them back. */
static void check_others(void)
{
	struct gnttab_map_grant_ref m = { .flags = GNTMAP_host_map, .ref = 54321, .dom = 77 };
	struct gnttab_copy c = { .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref, .len = 8 };

	submit(GNTTABOP_map_grant_ref, &m, 1);
	check(m.status == GNTST_bad_domain && m.ref == 54321, "Xen knows no domain 77 to map from");
	c.source.domid = 77;
	c.source.u.ref = 54321;
	c.dest.domid = DOMID_SELF;
	c.dest.u.ref = 9;
	submit(GNTTABOP_copy, &c, 1);
	check(c.status == GNTST_bad_domain && c.source.u.ref == 54321 && c.dest.u.ref == 9,
	      "Xen knows no domain 77 to copy from");
}

/* All pages of a new machine are there: what is written can be read. */
static void check_pages(void)
{
	__u8 *page;

	open_again();
	page = ram();
	for (unsigned round = 0; round < 2; round++)
		for (unsigned i = 0; i < PAGES; i++) {
			__u64 *word = (__u64 *)(page + i * PAGE);

			check(!round || *word == i * 0x10001ull,
			      "a page of a new machine holds what was written");
			*word = i * 0x10001ull;
		}
	munmap(page, PAGES * PAGE);
}

static void print_info(void)
{
	printf("domain %u\ngrant_version %u\ngrant_frames %u\ngrant_frames_max %u\ntsc_khz %u\n",
	       info.domid, info.grant_version, info.nr_frames, info.max_frames, info.tsc_khz);
}

/* Names for instruments outside: what is not one is refused. */
static void name_it(const char *name)
{
	struct gnb_guest_mark good = { .name = "" }, bad = { .name = "two words" };

	must(ioctl(fd, GNB_GUEST_MARK, &bad) < 0 && errno == EINVAL ? 0 : -1,
	     "a name with a space");
	bad = (struct gnb_guest_mark){ .name = "x\0y" };
	must(ioctl(fd, GNB_GUEST_MARK, &bad) < 0 && errno == EINVAL ? 0 : -1,
	     "a name with something behind it");
	memset(bad.name, 'x', sizeof(bad.name));
	must(ioctl(fd, GNB_GUEST_MARK, &bad) < 0 && errno == EINVAL ? 0 : -1,
	     "a name without an end");
	strncpy(good.name, name, sizeof(good.name) - 1);
	must(ioctl(fd, GNB_GUEST_MARK, &good), "a name");
}

/* What two readings of the clock take by themselves: every figure holds so much, once a call. */
static void print_clock(void)
{
	__u64 least = ~0ull;

	for (int i = 0; i < 1000; i++) {
		__u64 first = __builtin_ia32_rdtsc(), ticks = __builtin_ia32_rdtsc() - first;

		if (ticks < least)
			least = ticks;
	}
	printf("two readings of the clock in a row: %llu ticks\n", (unsigned long long)least);
}

int main(int argc, char **argv)
{
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 40;
	struct gnb_guest_submit probe = { .cmd = 13 };

	setvbuf(stdout, NULL, _IOLBF, 0);
	fd = open(GNB_GUEST_DEVICE, O_RDWR | O_CLOEXEC);
	must(fd, GNB_GUEST_DEVICE);
	must(ioctl(fd, GNB_GUEST_GET_INFO, &info), "info");
	translated = !!(info.flags & GNB_GUEST_TRANSLATED);
	if (argc > 1 && !strcmp(argv[1], "--info")) {
		print_info();
		return 0;
	}
	name_it("lab_probe");
	printf("xen %u.%u, %s, domain %u, grant tables %u, %u of %u frames, tsc %u kHz\n",
	       info.xen_version >> 16, info.xen_version & 0xffff, translated ? "translated" : "pv",
	       info.domid, info.grant_version, info.nr_frames, info.max_frames, info.tsc_khz);
	print_clock();
	must(ioctl(fd, GNB_GUEST_SUBMIT, &probe) < 0 && errno == ENODATA ? 0 : -1,
	     "an operation before the set-up");
	open_machine();
	must(ioctl(fd, GNB_GUEST_SUBMIT, &probe), "operation 13");
	printf("operation 13: %lld\n", (long long)probe.result);
	check_data();
	check_second_map();
	check_others();
	open_again();
	measure(PAGES, rounds);
	open_again();
	measure(1, rounds);
	/* The file's end has to undo these. */
	open_again();
	submit(GNTTABOP_map_grant_ref, map, PAGES);
	check_pages();
	printf("all pages are there after %u closes\n", translated ? 2 * rounds + 4 : 4);
	return 0;
}
