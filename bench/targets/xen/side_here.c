// SPDX-License-Identifier: GPL-2.0-only
/*
 * This Linux domain as a side, through /dev/gnb_guest (kernel-helpers/guest). A side is a file:
 * what it has is given back when the file is closed. The version of the table is the one that Linux
 * chose at boot, and what it can grant is fixed at the set-up: the table is Linux's.
 */
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gnb/grant.h>

#include "here.h"
#include "side_here.h"

#define VCPUS	 64
#define ARGS_MAX 256 /* allocations of arguments */

struct here {
	struct gnb_xen_side side; /* first */
	int fd;
	struct gnb_guest_setup setup;
	uint64_t *gfn[GNB_XEN_REGIONS];
	uint8_t *ram[GNB_XEN_REGIONS];
	uint8_t *table, *status;
	unsigned status_frames;
	void *args[ARGS_MAX];
	unsigned nargs;
	struct gnb_guest_mark mark; /* whose hypercalls these are, for an instrument outside */
};

/* Whose name the module was told last. */
static struct here *marked;

_Static_assert((int)GNB_XEN_RAM == GNB_GUEST_RAM && (int)GNB_XEN_OWN == GNB_GUEST_OWN,
	       "regions are numbered as the module does");

static struct here *here(struct gnb_xen_side *s)
{
	return (struct here *)s;
}

/* Map pages of a region; NULL if it cannot be had. */
static void *map_region(struct here *h, unsigned region, unsigned pages)
{
	void *p = mmap(NULL, (size_t)pages * GNB_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		       h->fd, (off_t)gnb_guest_offset(region, 0));

	return p == MAP_FAILED ? NULL : p;
}

static void unmap_region(void *p, unsigned pages)
{
	if (p)
		munmap(p, (size_t)pages * GNB_PAGE_SIZE);
}

static int open_region(struct here *h, unsigned region, unsigned pages)
{
	struct gnb_guest_gfns g = { .region = region, .count = pages };

	if (!pages)
		return 0;
	h->gfn[region] = calloc(pages, sizeof(uint64_t));
	h->ram[region] = map_region(h, region, pages);
	if (!h->gfn[region] || !h->ram[region])
		return -ENOMEM;
	g.gfns = (uintptr_t)h->gfn[region];
	return ioctl(h->fd, GNB_GUEST_GET_GFNS, &g) ? -errno : 0;
}

static int open_table(struct here *h, const struct gnb_version *version)
{
	if (!h->setup.frames)
		return 0;
	h->table = map_region(h, GNB_GUEST_TABLE, h->setup.frames);
	if (!h->table)
		return -errno;
	if (!gnb_is_v2(version->entries))
		return 0;
	h->status_frames = (h->setup.refs + GNB_STATUS_PER_FRAME - 1) / GNB_STATUS_PER_FRAME;
	h->status = map_region(h, GNB_GUEST_STATUS, h->status_frames);
	return h->status ? 0 : -errno;
}

/* Machines take turns. Nothing depends on it: an older module is a run without names. */
static void say_whose(struct here *h)
{
	if (__atomic_exchange_n(&marked, h, __ATOMIC_RELAXED) != h && h->mark.name[0])
		ioctl(h->fd, GNB_GUEST_MARK, &h->mark);
}

static void destroy(struct here *h)
{
	/* Another one may come to lie where it was. */
	__atomic_store_n(&marked, NULL, __ATOMIC_RELAXED);
	unmap_region(h->ram[GNB_XEN_RAM], h->setup.pages);
	unmap_region(h->ram[GNB_XEN_OWN], h->setup.own_pages);
	unmap_region(h->table, h->setup.frames);
	unmap_region(h->status, h->status_frames);
	for (unsigned i = 0; i < h->nargs; i++)
		free(h->args[i]);
	free(h->gfn[GNB_XEN_RAM]);
	free(h->gfn[GNB_XEN_OWN]);
	if (h->fd >= 0)
		close(h->fd);
	free(h->side.vcpu);
	free(h);
}

static int s_close(struct gnb_xen_side *s, char *why, size_t len)
{
	(void)why;
	(void)len;
	destroy(here(s));
	return 0;
}

static int s_check(struct gnb_xen_side *s, char *why, size_t len)
{
	struct here *h = here(s);
	struct gnb_guest_state state = { 0 };
	unsigned busy = 0;

	for (unsigned i = 0; i < h->setup.refs; i++)
		busy += gnb_xen_entry_mapped(h->table, h->status, i);
	if (ioctl(h->fd, GNB_GUEST_GET_STATE, &state))
		snprintf(why, len, "the module does not tell its state: %s", strerror(errno));
	else if (state.mapped || busy)
		snprintf(why, len, "%u mappings and %u mapped entries were left", state.mapped,
			 busy);
	else
		return 0;
	return -EBUSY;
}

/*
 * A hypercall is made by the vCPU that the thread runs on; the suite runs each of its threads on a
 * core. What asks for two vCPUs and gets one of them twice must not pass for a measurement of two.
 */
static bool own_cpu(struct gnb_vcpu *v, int cpu)
{
	if (cpu == v->cpu)
		return true;
	for (unsigned i = 0; i < VCPUS; i++)
		if (&v->side->vcpu[i] != v &&
		    __atomic_load_n(&v->side->vcpu[i].cpu, __ATOMIC_RELAXED) == cpu)
			return false;
	__atomic_store_n(&v->cpu, cpu, __ATOMIC_RELAXED);
	return true;
}

/* One thread that drives two vCPUs goes to the other for the call; its way is not in the figure. */
static bool go(struct gnb_vcpu *v, cpu_set_t *home)
{
	int cpu = v->cpu < 0 ? 0 : v->cpu, last = v->cpu < 0 ? (int)gnb_xen_cpus() - 1 : v->cpu;

	while (cpu <= last && !own_cpu(v, cpu))
		cpu++;
	return cpu <= last && gnb_xen_go(cpu, home);
}

static long s_hypercall(struct gnb_vcpu *v, unsigned cmd, void *args, unsigned count)
{
	struct gnb_guest_submit s = { .cmd = cmd, .count = count, .args = (uintptr_t)args };

	bool away = !own_cpu(v, sched_getcpu());
	cpu_set_t home;
	int rc;

	say_whose(here(v->side));
	if (away && !go(v, &home))
		return -EOPNOTSUPP;
	rc = ioctl(here(v->side)->fd, GNB_GUEST_SUBMIT, &s) ? -errno : 0;
	if (away)
		sched_setaffinity(0, sizeof(home), &home);
	if (rc)
		return rc;
	v->ticks += s.tsc_after - s.tsc_before;
	v->calls++;
	return (long)s.result;
}

static void *s_args_alloc(struct gnb_xen_side *s, size_t bytes)
{
	struct here *h = here(s);
	void *p;

	bytes = (bytes + GNB_PAGE_SIZE - 1) & ~(size_t)(GNB_PAGE_SIZE - 1);
	if (h->nargs == ARGS_MAX || !bytes)
		return NULL;
	p = aligned_alloc(GNB_PAGE_SIZE, bytes);
	if (p)
		h->args[h->nargs++] = memset(p, 0, bytes);
	return p;
}

static uint64_t s_args_address(struct gnb_xen_side *s, const void *p)
{
	(void)s;
	return (uintptr_t)p;
}

static uint64_t s_frame(struct gnb_xen_side *s, enum gnb_xen_region r, unsigned i)
{
	return here(s)->gfn[r][i];
}

static void *s_ram(struct gnb_xen_side *s, enum gnb_xen_region r, unsigned i)
{
	return here(s)->ram[r] + (size_t)i * GNB_PAGE_SIZE;
}

static void *s_grant_frame(struct gnb_xen_side *s, unsigned i, bool status)
{
	struct here *h = here(s);
	uint8_t *base = status ? h->status : h->table;

	return base && i < (status ? h->status_frames : h->setup.frames)
		       ? base + (size_t)i * GNB_PAGE_SIZE
		       : NULL;
}

/* The table is Linux's to grow; a file has the frames that it began with. */
static int s_grow(struct gnb_xen_side *s, unsigned nr)
{
	return nr <= here(s)->setup.frames ? 0 : -EOPNOTSUPP;
}

static uint64_t s_map_addr(struct gnb_xen_side *s, unsigned i)
{
	(void)s;
	return (uint64_t)i << GNB_PAGE_SHIFT;
}

static int s_touch(struct gnb_vcpu *v, uint64_t addr, unsigned off, void *buf, unsigned len,
		   bool write)
{
	struct gnb_guest_access a = {
		.slot = (uint32_t)(addr >> GNB_PAGE_SHIFT),
		.offset = off,
		.len = len,
		.flags = write ? GNB_GUEST_WRITE : 0,
		.buf = (uintptr_t)buf,
	};

	return ioctl(here(v->side)->fd, GNB_GUEST_ACCESS, &a) ? -errno : 0;
}

static unsigned s_frames(struct gnb_xen_side *s)
{
	return here(s)->setup.frames + here(s)->status_frames;
}

static const struct gnb_xen_side_ops ops = {
	.hypercall = s_hypercall,
	.args_alloc = s_args_alloc,
	.args_address = s_args_address,
	.frame = s_frame,
	.ram = s_ram,
	.grant_frame = s_grant_frame,
	.grow = s_grow,
	.map_addr = s_map_addr,
	.touch = s_touch,
	.frames = s_frames,
	.check = s_check,
	.close = s_close,
};

static int make(struct here *h, const struct gnb_xen_want *w, const char **why)
{
	int rc = gnb_xen_side_vcpus(&h->side, VCPUS);

	*why = "not enough memory for a machine";
	if (rc)
		return rc;
	h->fd = gnb_xen_device(why);
	if (h->fd < 0)
		return h->fd;
	h->setup = (struct gnb_guest_setup){ .frames = w->frames,
					     .pages = w->pages[GNB_XEN_RAM],
					     .own_pages = w->pages[GNB_XEN_OWN],
					     .slots = w->slots };
	if (ioctl(h->fd, GNB_GUEST_SETUP, &h->setup)) {
		rc = -errno;
		*why = rc == -ENOSPC ? "the domain's grant table has no room for so many references"
				     : "the module could not make the machine";
		return rc;
	}
	rc = open_region(h, GNB_XEN_RAM, h->setup.pages);
	if (!rc)
		rc = open_region(h, GNB_XEN_OWN, h->setup.own_pages);
	*why = "the machine's pages cannot be mapped";
	if (rc)
		return rc;
	rc = open_table(h, w->version);
	*why = "the grant table cannot be mapped (CAP_SYS_RAWIO)";
	return rc;
}

int gnb_xen_side_here(const struct gnb_xen_want *want, struct gnb_xen_side **s, const char **why)
{
	struct here *h = calloc(1, sizeof(*h));
	int rc;

	*why = "not enough memory for a machine";
	if (!h)
		return -ENOMEM;
	h->fd = -1;
	h->mark = *gnb_xen_mark();
	h->side.ops = &ops;
	h->side.domid = gnb_xen_info()->domid;
	h->side.translated = gnb_xen_info()->flags & GNB_GUEST_TRANSLATED;
	rc = make(h, want, why);
	if (rc)
		destroy(h);
	else
		*s = &h->side;
	return rc;
}
