// SPDX-License-Identifier: GPL-2.0-only
/*
 * Xen itself as a target, through /dev/gnb_guest (kernel-helpers/guest) in a Linux domain. See
 * docs/xen.md.
 *
 * There is one domain so far: it is granter and mapper, whatever the machine's configuration says,
 * and it has to be PV, since a translated domain loses a page that it maps from itself. The version
 * is the one that Linux chose at boot. Machines are files: what a machine has is given back when
 * its file is closed.
 *
 * The clock is what passes on the time-stamp counter between two readings right around each
 * hypercall: nanoseconds, or instructions where GNB_XEN_TICKS_PER_INSTRUCTION says how many ticks
 * one takes (an emulator with an instruction clock). Then there are counts too.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gnb/guest.h>
#include <gnb/target.h>

#include "xen_here.h"

#define VCPUS	 64
#define ARGS_MAX 256 /* allocations of arguments of one machine */

struct gnb_vcpu {
	struct gnb_machine *m;
	int cpu;	/* that it ran on last, or -1 */
	uint64_t ticks; /* in hypercalls */
} __attribute__((aligned(128)));

struct gnb_machine {
	int fd;
	struct gnb_machine_config cfg;
	struct gnb_guest_setup setup;
	struct gnb_vcpu vcpu[VCPUS];
	uint64_t *gfn[2]; /* by region */
	uint8_t *ram[2];  /* by region */
	uint8_t *table, *status;
	unsigned status_frames;
	void *args[ARGS_MAX];
	unsigned nargs;
};

/* What is here, found out once. */
static struct gnb_guest_info info;
static unsigned long ticks_per_instruction;
static const char *count_names[2];

/* Open the device. A descriptor, or -EOPNOTSUPP or -EPERM with *why. */
static int device(const char **why)
{
	int fd = open(GNB_GUEST_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd >= 0)
		return fd;
	if (errno == EPERM || errno == EACCES) {
		*why = "/dev/gnb_guest is for root only (CAP_SYS_ADMIN and CAP_SYS_RAWIO)";
		return -EPERM;
	}
	*why = gnb_xen_is_here()
		       ? "there is no /dev/gnb_guest: load the module gnb_guest.ko, see docs/xen.md"
		       : "this is not a domain of Xen";
	return -EOPNOTSUPP;
}

static int look(const char **why)
{
	const char *ticks = getenv("GNB_XEN_TICKS_PER_INSTRUCTION");
	int fd, rc = 0;

	if (info.abi)
		return 0;
	fd = device(why);
	if (fd < 0)
		return fd;
	if (ioctl(fd, GNB_GUEST_GET_INFO, &info) || info.abi != GNB_GUEST_ABI) {
		*why = "the module gnb_guest.ko is of another version than this program";
		rc = -EOPNOTSUPP;
		info.abi = 0;
	}
	close(fd);
	ticks_per_instruction = ticks ? strtoul(ticks, NULL, 10) : 0;
	count_names[0] = ticks_per_instruction ? "instructions" : NULL;
	gnb_xen_here(&info, ticks_per_instruction);
	return rc;
}

static const char *not_here(const struct gnb_machine_config *c)
{
	static const struct gnb_machine_config any;

	if (info.flags & GNB_GUEST_TRANSLATED)
		return "this domain is translated (PVH or HVM): it would lose the pages that it "
		       "maps from itself";
	if (!(info.flags & GNB_GUEST_INITIAL))
		return "only the initial domain, dom0, can do it so far";
	/* All zero asks whether there is anything at all. */
	if (!memcmp(c, &any, sizeof(any)))
		return NULL;
	if (c->version == GNB_V1_BATCH)
		return "Xen has no v1-batch";
	if (c->mapper != GNB_MAPPER_PV)
		return "this domain is PV";
	if (c->iommu != GNB_IOMMU_NONE)
		return "Xen does no IOMMU work for the grants of a domain to itself";
	if (c->iommu_direct)
		return "a guest of Xen has no direct IOMMU operations";
	if (c->flush != GNB_FLUSH_COUNT)
		return "Xen flushes as it does; flush:membarrier is a stand-in of hv's";
	if (c->entry != GNB_ENTRY_NONE)
		return "hypercalls enter Xen; entry:syscall is a stand-in of hv's";
	/* 8 is what benchmarks ask for when nobody asked; it says nothing about this host. */
	if (c->host_cpus > 8)
		return "the host has the CPUs it has; cpus is a parameter of hv's";
	if (c->max_grant_frames)
		return "the domain's grant table is Linux's, and grows for Linux";
	if (c->vcpus[GNB_GRANTER] > gnb_xen_cpus() || c->vcpus[GNB_MAPPER] > gnb_xen_cpus())
		return "the domain has fewer vCPUs online than this needs";
	if (c->grant_frames > GNB_GUEST_MAX_FRAMES)
		return "more grant frames than a file of /dev/gnb_guest can have";
	if (c->granter_pages > GNB_GUEST_MAX_PAGES || c->map_slots > GNB_GUEST_MAX_PAGES)
		return "more pages than a file of /dev/gnb_guest can have";
	/* Last: another boot would mend it. */
	if ((c->version == GNB_V2) != (info.grant_version == 2))
		return c->version == GNB_V2 ? "Linux chose version 1 at boot; see "
					      "grant_table.version in docs/xen.md"
					    : "Linux chose version 2 at boot; see "
					      "grant_table.version in docs/xen.md";
	return NULL;
}

static int t_supported(const struct gnb_machine_config *c, const char **why)
{
	const char *no;
	int rc = look(why);

	if (rc)
		return rc;
	no = not_here(c);
	if (no)
		*why = no;
	return no ? -EOPNOTSUPP : 0;
}

/* Map pages of a region; NULL if it cannot be had. Freed with the machine by its length. */
static void *map_region(struct gnb_machine *m, unsigned region, unsigned pages)
{
	void *p = mmap(NULL, (size_t)pages * GNB_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED,
		       m->fd, (off_t)gnb_guest_offset(region, 0));

	return p == MAP_FAILED ? NULL : p;
}

static int open_region(struct gnb_machine *m, unsigned region, unsigned pages)
{
	struct gnb_guest_gfns g = { .region = region, .count = pages };

	m->gfn[region] = calloc(pages, sizeof(uint64_t));
	m->ram[region] = map_region(m, region, pages);
	if (!m->gfn[region] || !m->ram[region])
		return -ENOMEM;
	g.gfns = (uintptr_t)m->gfn[region];
	return ioctl(m->fd, GNB_GUEST_GET_GFNS, &g) ? -errno : 0;
}

static int open_table(struct gnb_machine *m)
{
	m->table = map_region(m, GNB_GUEST_TABLE, m->setup.frames);
	if (!m->table)
		return -errno;
	if (info.grant_version != 2)
		return 0;
	m->status_frames = (m->setup.refs + GNB_STATUS_PER_FRAME - 1) / GNB_STATUS_PER_FRAME;
	m->status = map_region(m, GNB_GUEST_STATUS, m->status_frames);
	return m->status ? 0 : -errno;
}

static void unmap_region(void *p, unsigned pages)
{
	if (p)
		munmap(p, (size_t)pages * GNB_PAGE_SIZE);
}

static void destroy(struct gnb_machine *m)
{
	unmap_region(m->ram[GNB_GUEST_RAM], m->setup.pages);
	unmap_region(m->ram[GNB_GUEST_OWN], m->setup.own_pages);
	unmap_region(m->table, m->setup.frames);
	unmap_region(m->status, m->status_frames);
	for (unsigned i = 0; i < m->nargs; i++)
		free(m->args[i]);
	free(m->gfn[GNB_GUEST_RAM]);
	free(m->gfn[GNB_GUEST_OWN]);
	close(m->fd);
	free(m);
}

static int make(struct gnb_machine *m, const char **why)
{
	int rc;

	m->setup = (struct gnb_guest_setup){
		.frames = m->cfg.grant_frames ? m->cfg.grant_frames : 1,
		.pages = m->cfg.granter_pages ? m->cfg.granter_pages : 1024,
		.own_pages = GNB_OWN_PAGES,
		.slots = m->cfg.map_slots ? m->cfg.map_slots : 1024,
	};
	if (ioctl(m->fd, GNB_GUEST_SETUP, &m->setup)) {
		rc = -errno;
		*why = rc == -ENOSPC ? "the domain's grant table has no room for so many references"
				     : "the module could not make the machine";
		return rc;
	}
	rc = open_region(m, GNB_GUEST_RAM, m->setup.pages);
	if (!rc)
		rc = open_region(m, GNB_GUEST_OWN, m->setup.own_pages);
	*why = "the machine's pages cannot be mapped";
	if (rc)
		return rc;
	rc = open_table(m);
	*why = "the grant table cannot be mapped (CAP_SYS_RAWIO)";
	return rc;
}

static int t_open(const struct gnb_machine_config *cfg, struct gnb_machine **out, const char **why)
{
	struct gnb_machine *m;
	int rc = t_supported(cfg, why);

	if (rc)
		return rc;
	m = aligned_alloc(128, sizeof(*m));
	*why = "not enough memory for a machine";
	if (!m)
		return -ENOMEM;
	memset(m, 0, sizeof(*m));
	m->cfg = *cfg;
	for (unsigned i = 0; i < VCPUS; i++)
		m->vcpu[i] = (struct gnb_vcpu){ .m = m, .cpu = -1 };
	m->fd = device(why);
	if (m->fd < 0) {
		rc = m->fd;
		free(m);
		return rc;
	}
	rc = make(m, why);
	if (rc) {
		destroy(m);
		return rc;
	}
	*out = m;
	return 0;
}

static bool entry_mapped(const struct gnb_machine *m, unsigned ref)
{
	const uint16_t *word = m->status ? (const uint16_t *)m->status + ref
					 : &((const struct grant_entry_v1 *)m->table)[ref].flags;

	return __atomic_load_n(word, __ATOMIC_ACQUIRE) & (GTF_reading | GTF_writing);
}

static int t_close(struct gnb_machine *m, char *why, size_t len)
{
	struct gnb_guest_state s = { 0 };
	unsigned busy = 0;
	int rc = 0;

	for (unsigned i = 0; i < m->setup.refs; i++)
		busy += entry_mapped(m, i);
	if (ioctl(m->fd, GNB_GUEST_GET_STATE, &s)) {
		snprintf(why, len, "the module does not tell its state: %s", strerror(errno));
		rc = -EBUSY;
	} else if (s.mapped || busy) {
		snprintf(why, len, "%u mappings and %u mapped entries were left", s.mapped, busy);
		rc = -EBUSY;
	}
	destroy(m);
	return rc;
}

static struct gnb_vcpu *t_vcpu(struct gnb_machine *m, enum gnb_role role, unsigned i)
{
	(void)role;
	return i < VCPUS ? &m->vcpu[i] : NULL;
}

static uint16_t t_domid(struct gnb_machine *m, enum gnb_role role)
{
	(void)m;
	(void)role;
	return info.domid;
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
		if (&v->m->vcpu[i] != v &&
		    __atomic_load_n(&v->m->vcpu[i].cpu, __ATOMIC_RELAXED) == cpu)
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

static long t_hypercall(struct gnb_vcpu *v, unsigned cmd, void *args, unsigned count)
{
	struct gnb_guest_submit s = { .cmd = cmd, .count = count, .args = (uintptr_t)args };

	bool away = !own_cpu(v, sched_getcpu());
	cpu_set_t home;
	int rc;

	if (away && !go(v, &home))
		return -EOPNOTSUPP;
	rc = ioctl(v->m->fd, GNB_GUEST_SUBMIT, &s) ? -errno : 0;
	if (away)
		sched_setaffinity(0, sizeof(home), &home);
	if (rc)
		return rc;
	v->ticks += s.tsc_after - s.tsc_before;
	return (long)s.result;
}

static void *t_args_alloc(struct gnb_machine *m, enum gnb_role role, size_t bytes)
{
	void *p;

	(void)role;
	bytes = (bytes + GNB_PAGE_SIZE - 1) & ~(size_t)(GNB_PAGE_SIZE - 1);
	if (m->nargs == ARGS_MAX || !bytes)
		return NULL;
	p = aligned_alloc(GNB_PAGE_SIZE, bytes);
	if (p)
		m->args[m->nargs++] = memset(p, 0, bytes);
	return p;
}

static uint64_t t_frame(struct gnb_machine *m, unsigned i)
{
	return m->gfn[GNB_GUEST_RAM][i];
}

static void *t_ram(struct gnb_machine *m, unsigned i)
{
	return m->ram[GNB_GUEST_RAM] + (size_t)i * GNB_PAGE_SIZE;
}

static uint64_t t_own_frame(struct gnb_machine *m, unsigned i)
{
	return m->gfn[GNB_GUEST_OWN][i];
}

static void *t_own_ram(struct gnb_machine *m, unsigned i)
{
	return m->ram[GNB_GUEST_OWN] + (size_t)i * GNB_PAGE_SIZE;
}

static void *t_grant_frame(struct gnb_machine *m, unsigned i, bool status)
{
	uint8_t *base = status ? m->status : m->table;

	return base && i < (status ? m->status_frames : m->setup.frames)
		       ? base + (size_t)i * GNB_PAGE_SIZE
		       : NULL;
}

/* The table is Linux's to grow; a file has the frames that it began with. */
static int t_grow(struct gnb_machine *m, unsigned nr)
{
	return nr <= m->setup.frames ? 0 : -EOPNOTSUPP;
}

static uint64_t t_map_addr(struct gnb_machine *m, unsigned i)
{
	(void)m;
	return (uint64_t)i << GNB_PAGE_SHIFT;
}

static int t_touch(struct gnb_vcpu *v, uint64_t addr, unsigned off, void *buf, unsigned len,
		   bool write)
{
	struct gnb_guest_access a = {
		.slot = (uint32_t)(addr >> GNB_PAGE_SHIFT),
		.offset = off,
		.len = len,
		.flags = write ? GNB_GUEST_WRITE : 0,
		.buf = (uintptr_t)buf,
	};

	return ioctl(v->m->fd, GNB_GUEST_ACCESS, &a) ? -errno : 0;
}

static int t_dma(struct gnb_machine *m, uint64_t dfn, unsigned off, void *buf, unsigned len,
		 bool write)
{
	(void)m, (void)dfn, (void)off, (void)buf, (void)len, (void)write;
	return -EOPNOTSUPP;
}

static uint64_t t_map_dfn(struct gnb_machine *m, unsigned i, uint64_t dev_bus_addr)
{
	(void)m;
	(void)i;
	return dev_bus_addr >> GNB_PAGE_SHIFT;
}

/* What all hypercalls of the machine took, in the clock's unit. */
static uint64_t t_now(struct gnb_machine *m)
{
	uint64_t ticks = 0;

	for (unsigned i = 0; i < VCPUS; i++)
		ticks += m->vcpu[i].ticks;
	return gnb_xen_spent(ticks);
}

static const struct gnb_clock *t_clock(void)
{
	static const struct gnb_clock time = { "hypercalls", "ns", t_now, false },
				      exact = { "instructions", "instructions", t_now, true };

	return ticks_per_instruction ? &exact : &time;
}

static void t_counts(struct gnb_machine *m, struct gnb_counts *out)
{
	memset(out, 0, sizeof(*out));
	if (ticks_per_instruction)
		out->v[0] = t_now(m);
}

/* What Xen's own part costs, it does not tell. */
static void t_footprint(struct gnb_machine *m, uint64_t *guest_bytes, uint64_t *hv_bytes)
{
	*guest_bytes = (uint64_t)(m->setup.frames + m->status_frames) * GNB_PAGE_SIZE;
	*hv_bytes = 0;
}

const struct gnb_target gnb_target_xen = {
	.name = "xen",
	.summary = "Xen itself, by the guest module, in a domain that grants to itself",
	.count_names = count_names,
	.counting_runs = 8, /* a timer interrupt of Xen's adds a thousand instructions and more */
	.options = gnb_xen_options,
	.option = gnb_xen_option,
	.clock = t_clock,
	.fixed = gnb_xen_fixed,
	.facts = gnb_xen_facts,
	.supported = t_supported,
	.cell = gnb_xen_cell,
	.open = t_open,
	.close = t_close,
	.vcpu = t_vcpu,
	.domid = t_domid,
	.hypercall = t_hypercall,
	.args_alloc = t_args_alloc,
	.frame = t_frame,
	.ram = t_ram,
	.own_frame = t_own_frame,
	.own_ram = t_own_ram,
	.grant_frame = t_grant_frame,
	.grow = t_grow,
	.map_addr = t_map_addr,
	.touch = t_touch,
	.dma = t_dma,
	.map_dfn = t_map_dfn,
	.counts = t_counts,
	.footprint = t_footprint,
};
