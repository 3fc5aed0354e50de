// SPDX-License-Identifier: GPL-2.0-only
/*
 * Part of lab_domain: what a toolstack does to a PVH domain, and that domain's writes, for an instrument outside
 * (docs/profile.md): each operation is marked, under a name of its own. The program is linked where marks of a process
 * are heeded. tests/hv/p2m_pairs.c has the same on hv.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "pci.h"
#include "domain.h"
#include "gnb_guest.h"
#include "gnb_mark.h"
#include "tools.h"

#define ROUNDS	  8
#define PAGES	  32u /* written to */
#define N	  64u /* moved, given up and had again, mapped */
#define LARGE	  512u
#define PLACES	  0x80000ull /* numbers of frames where nothing is */
#define DEVICE_NR "0000:00:03.0"

static char page[GNB_PAGE_SIZE] __attribute__((aligned(GNB_PAGE_SIZE)));

static struct {
	struct gnb_domain *d;
	struct gnb_xen_tools *t;
	struct gnb_xen_side side;
	struct gnb_vcpu v;
	int module;
	uint64_t gfn; /* of pages that begin at a multiple of 2 MiB */
	struct gnb_log log;
	struct gnb_memory m;
	unsigned bad;
} s;

#define MARKED(cmd, n, call)                                                                       \
	do {                                                                                       \
		GNB_MARK_NUMBER(page, GNB_MARK_CMD, cmd);                                          \
		GNB_MARK_NUMBER(page, GNB_MARK_COUNT, n);                                          \
		GNB_MARK_HERE(GNB_MARK_BEGIN);                                                     \
		call;                                                                              \
		GNB_MARK_HERE(GNB_MARK_END);                                                       \
	} while (0)

static void name_it(const char *name)
{
	struct gnb_guest_mark k = { .name = "" };

	snprintf(k.name, sizeof(k.name), "p2m/%s#v1", name);
	must(NULL, ioctl(s.module, GNB_GUEST_MARK, &k) ? -errno : 0, "name a cell");
}

static void ask(enum gnb_log_op op)
{
	long rc;

	MARKED(GNB_MARK_LOG + op, 1, rc = gnb_xen_tools_log(s.t, &s.v, op, &s.log));
	s.bad += rc != 0;
}

static void write_to(unsigned i)
{
	uint64_t word = i, ticks;

	s.bad += gnb_domain_access(s.d, (s.gfn + i) << 12, &word, sizeof(word), true,
				   GNB_DOMAIN_UNCHECKED | GNB_DOMAIN_MARKED, &ticks) != 0;
}

static unsigned dirty(unsigned n)
{
	unsigned found = 0;

	for (uint64_t gfn = s.gfn; gfn < s.gfn + n; gfn++)
		found += s.log.bitmap[gfn / 8] >> gfn % 8 & 1;
	return found;
}

static void log_dirty(void)
{
	name_it("log:empty");
	for (unsigned r = 0; r < ROUNDS; r++) {
		ask(GNB_LOG_ENABLE);
		ask(GNB_LOG_OFF);
	}
	name_it("log:split");
	ask(GNB_LOG_ENABLE);
	for (unsigned i = 0; i < PAGES; i++)
		write_to(i);
	for (unsigned r = 0; r < ROUNDS; r++)
		ask(GNB_LOG_PEEK);
	check(!s.bad && dirty(LARGE) == PAGES, "log-dirty: %u pages of %u are dirty", dirty(LARGE),
	      PAGES);
	name_it("log:cleaned");
	for (unsigned r = 0; r < ROUNDS; r++) {
		ask(GNB_LOG_CLEAN);
		for (unsigned i = 0; i < PAGES; i++)
			write_to(i);
	}
	name_it("log:filled");
	for (unsigned r = 0; r < ROUNDS; r++) {
		ask(GNB_LOG_OFF);
		ask(GNB_LOG_ENABLE);
		for (unsigned i = 0; i < PAGES; i++)
			write_to(i);
	}
	must(s.d, (int)gnb_xen_tools_log(s.t, &s.v, GNB_LOG_OFF, &s.log), "off");
	check(!s.bad, "log-dirty: each operation was done");
}

static void memory(enum gnb_memory_op op, uint64_t from, uint64_t to, long want)
{
	long rc;

	for (unsigned i = 0; i < N; i++) {
		s.m.from[i] = from + i;
		s.m.to[i] = to + i;
	}
	MARKED(GNB_MARK_MEMORY + op, N, rc = gnb_xen_tools_memory(s.t, &s.v, op, &s.m));
	s.bad += rc != want;
	for (unsigned i = 0; i < N && op == GNB_MEMORY_MOVE; i++)
		s.bad += s.m.status[i] != 0;
}

static void moves(void)
{
	uint64_t at = s.gfn + LARGE;

	name_it("move");
	for (unsigned r = 0; r < ROUNDS; r++) {
		memory(GNB_MEMORY_MOVE, at, PLACES, 0);
		memory(GNB_MEMORY_MOVE, PLACES, at, 0);
	}
	name_it("move_range");
	for (unsigned r = 0; r < ROUNDS; r++) {
		memory(GNB_MEMORY_MOVE_RANGE, at, PLACES, 0);
		memory(GNB_MEMORY_MOVE_RANGE, PLACES, at, 0);
	}
	name_it("extents");
	for (unsigned r = 0; r < ROUNDS; r++) {
		memory(GNB_MEMORY_DECREASE, at, at, N);
		memory(GNB_MEMORY_POPULATE, at, at, N);
	}
	check(!s.bad, "moved, given up and had again");
}

static void placed(enum gnb_mapping_op op, uint64_t gfn, unsigned n)
{
	struct gnb_placing x = { .gfn = gfn, .pages = n };
	long rc;

	MARKED(GNB_MARK_MAPPING + op, n, rc = gnb_xen_tools_mapping(s.t, &s.v, op, &x));
	s.bad += rc != 0;
}

/* Where there is a device with nothing but memory. */
static void device(void)
{
	uint64_t first, pages, small = PLACES + 2 * LARGE, large = PLACES + 4 * LARGE;
	const char *why;

	if (gnb_xen_device_memory(GNB_XEN_PCI, DEVICE_NR, &first, &pages, &why))
		return;
	must(NULL, gnb_xen_device_enable(GNB_XEN_PCI, DEVICE_NR, &why), "enable the device");
	gnb_xen_tools_device(s.t, first, pages);
	placed(GNB_MAPPING_PERMIT, 0, 1);
	/* With the table there. */
	name_it("device:4K");
	placed(GNB_MAPPING_MAP, small + N, 1);
	for (unsigned r = 0; r < ROUNDS; r++) {
		placed(GNB_MAPPING_MAP, small, N);
		placed(GNB_MAPPING_UNMAP, small, N);
	}
	name_it("device:2M");
	for (unsigned r = 0; r < ROUNDS; r++) {
		placed(GNB_MAPPING_MAP, large, LARGE);
		placed(GNB_MAPPING_UNMAP, large, LARGE);
	}
	placed(GNB_MAPPING_UNMAP, small + N, 1);
	check(!s.bad, "a device's memory mapped and unmapped");
}

void profile_p2m(void)
{
	const char *why = "";
	unsigned at;

	s.module = open(GNB_GUEST_DEVICE, O_RDWR | O_CLOEXEC);
	must(NULL, s.module < 0 ? -errno : 0, GNB_GUEST_DEVICE);
	s.d = make(GNB_DOMAIN_PVH);
	must(NULL, gnb_xen_tools_open(gnb_domain_id(s.d), &s.t, &why), why);
	at = (unsigned)(gnb_domain_frame(s.d, 0) % LARGE);
	s.gfn = gnb_domain_frame(s.d, at ? LARGE - at : 0);
	s.log.pages = s.gfn + 2 * LARGE;
	s.log.bitmap = gnb_xen_tools_alloc(s.t, s.log.pages / 8 + 1);
	s.m.from = gnb_xen_tools_alloc(s.t, N * sizeof(*s.m.from));
	s.m.to = gnb_xen_tools_alloc(s.t, N * sizeof(*s.m.to));
	s.m.status = gnb_xen_tools_alloc(s.t, N * sizeof(*s.m.status));
	s.m.n = N;
	must(NULL, s.log.bitmap && s.m.from && s.m.to && s.m.status ? 0 : -ENOMEM, "memory");
	log_dirty();
	moves();
	device();
	gnb_xen_tools_close(s.t);
	end(s.d);
	close(s.module);
}
