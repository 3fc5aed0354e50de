// SPDX-License-Identifier: GPL-2.0-only
/*
 * The smallest user of /dev/gnb_guest: a domain maps and unmaps its own pages, and the time-stamp counter
 * around each hypercall is printed per reference. Under the lab's instruction clock the figures are known.
 *
 *   lab_probe [ROUNDS]
 */
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

#include "gnb_guest.h"

#define PAGES 256

static int fd;
static struct gnttab_map_grant_ref map[PAGES];
static struct gnttab_unmap_grant_ref unmap[PAGES];

static void must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	printf("lab_probe: %s: %s\n", what, strerror(errno));
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
		map[i] = (struct gnttab_map_grant_ref){
			.host_addr = (__u64)i << 12, .flags = GNTMAP_host_map, .ref = i, .dom = domid
		};
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
		unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = map[i].host_addr, .handle = map[i].handle };
	}
	for (unsigned i = 0; i < PAGES; i += batch)
		*down += submit(GNTTABOP_unmap_grant_ref, unmap + i, batch);
	for (unsigned i = 0; i < PAGES; i++)
		if (unmap[i].status != GNTST_okay) {
			printf("lab_probe: unmap %u: status %d\n", i, unmap[i].status);
			exit(1);
		}
}

static void measure(unsigned batch, unsigned rounds)
{
	__u64 up, down, min_up = ~0ull, min_down = ~0ull, sum_up = 0, sum_down = 0;

	for (unsigned r = 0; r < rounds; r++) {
		round_trip(batch, &up, &down);
		sum_up += up;
		sum_down += down;
		min_up = up < min_up ? up : min_up;
		min_down = down < min_down ? down : min_down;
	}
	printf("batch %3u: map min %llu mean %.1f, unmap min %llu mean %.1f ticks per reference\n", batch,
	       (unsigned long long)(min_up / PAGES), (double)sum_up / PAGES / rounds,
	       (unsigned long long)(min_down / PAGES), (double)sum_down / PAGES / rounds);
}

/* Data goes through a mapping; after the unmap nothing is there. */
static void check_data(void)
{
	struct gnb_guest_access a = { .slot = 5, .offset = 8, .len = 4, .flags = GNB_GUEST_WRITE };
	char buf[4] = "gnb", back[4] = "";

	a.buf = (__u64)(uintptr_t)buf;
	submit(GNTTABOP_map_grant_ref, map, PAGES);
	must(ioctl(fd, GNB_GUEST_ACCESS, &a), "write through a mapping");
	a.flags = 0;
	a.buf = (__u64)(uintptr_t)back;
	must(ioctl(fd, GNB_GUEST_ACCESS, &a), "read through a mapping");
	for (unsigned i = 0; i < PAGES; i++)
		unmap[i] = (struct gnttab_unmap_grant_ref){ .host_addr = map[i].host_addr, .handle = map[i].handle };
	submit(GNTTABOP_unmap_grant_ref, unmap, PAGES);
	printf("data %s, after the unmap %s\n", memcmp(buf, back, 4) ? "differs" : "agrees",
	       ioctl(fd, GNB_GUEST_ACCESS, &a) ? strerror(errno) : "still there");
}

int main(int argc, char **argv)
{
	struct gnb_guest_setup s = { .frames = 1, .pages = PAGES, .slots = PAGES };
	unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : 40;
	struct gnb_guest_submit probe = { .cmd = 13 };
	struct gnb_guest_info info;

	setvbuf(stdout, NULL, _IOLBF, 0);
	fd = open(GNB_GUEST_DEVICE, O_RDWR | O_CLOEXEC);
	must(fd, GNB_GUEST_DEVICE);
	must(ioctl(fd, GNB_GUEST_GET_INFO, &info), "info");
	printf("xen %u.%u, %s, domain %u, grant tables %u, %u of %u frames, tsc %u kHz\n", info.xen_version >> 16,
	       info.xen_version & 0xffff, info.flags & GNB_GUEST_TRANSLATED ? "translated" : "pv", info.domid,
	       info.grant_version, info.nr_frames, info.max_frames, info.tsc_khz);
	must(ioctl(fd, GNB_GUEST_SUBMIT, &probe) < 0 && errno == ENODATA ? 0 : -1, "an operation before the set-up");
	must(ioctl(fd, GNB_GUEST_SETUP, &s), "set-up");
	printf("references from %u, %u of them\n", s.first_ref, s.refs);
	for (unsigned i = 0; i < PAGES; i++) {
		struct gnb_guest_grant g = { .ref = i, .page = i, .domid = info.domid };

		must(ioctl(fd, GNB_GUEST_GRANT, &g), "grant");
	}
	must(ioctl(fd, GNB_GUEST_SUBMIT, &probe), "operation 13");
	printf("operation 13: %lld\n", (long long)probe.result);
	fill(info.domid);
	check_data();
	fill(info.domid);
	measure(PAGES, rounds);
	measure(1, rounds);
	/* The file's end has to undo these. */
	submit(GNTTABOP_map_grant_ref, map, PAGES);
	close(fd);
	fd = open(GNB_GUEST_DEVICE, O_RDWR | O_CLOEXEC);
	must(fd, "open again");
	s = (struct gnb_guest_setup){ .frames = 1, .pages = PAGES, .slots = PAGES };
	must(ioctl(fd, GNB_GUEST_SETUP, &s), "set-up after a close with mappings");
	printf("references from %u again\n", s.first_ref);
	return 0;
}
