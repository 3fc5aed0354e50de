// SPDX-License-Identifier: GPL-2.0-only
/*
 * Make and end grantbench domains, in dom0. See usage() and docs/xen.md.
 *
 * It is a program of its own, beside the images that it loads: libxenctrl and libxenguest are those of one Xen
 * version, and whoever runs the suite without Xen needs neither them nor it. It asks for no xenstored and no xl, so
 * that a domain is there in milliseconds, and in the same way each time.
 *
 * Exit: 0 ok, 1 Xen refused or the domain did not start, 2 usage, 6 this is not dom0 of a Xen machine.
 */
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include <xenctrl.h>
#include <xenforeignmemory.h>
#include <xenguest.h>
#include <xen/hvm/e820.h>

#include "maker.h"
#include "standard.h"

#define MIB	   (1ull << 20)
#define LAPIC_BASE 0xfee00000ull
#define TSC_NATIVE 2 /* TSC_MODE_NEVER_EMULATE of Xen's asm/time.h */
#define START_MS   10000
#define GONE_MS	   1000

/* By this name our domains are known among others: it is their handle, which nothing else gives a meaning. */
const xen_domain_handle_t our_name = "grantbench";

struct options {
	enum gnb_domain_type type;
	unsigned memory;			   /* MiB */
	int max_grant_frames, max_maptrack_frames; /* -1: Xen's default */
	unsigned version_limit;
	unsigned headroom; /* pages */
	unsigned peer;
	const char *kernel;
};

xc_interface *xch;
static xentoollog_logger_stdiostream *logger;
static xenforeignmemory_handle *fm;

/* Where serve() goes on after a command that failed. */
static jmp_buf *next_command;

_Noreturn static void leave(int code)
{
	if (next_command)
		longjmp(*next_command, code);
	exit(code);
}

void die(int code, const char *fmt, ...)
{
	va_list ap;

	fputs("grantbench-domain: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	leave(code);
}

void open_xen(void)
{
	/* The library explains at length what one line says here; the last of it is in GRANTBENCH_DOMAIN_DEBUG=1. */
	if (xch)
		return;
	logger = xtl_createlogger_stdiostream(
		stderr, getenv("GRANTBENCH_DOMAIN_DEBUG") ? XTL_DEBUG : XTL_CRITICAL, 0);
	xch = xc_interface_open((xentoollog_logger *)logger, (xentoollog_logger *)logger, 0);
	if (!xch)
		die(EXIT_HERE,
		    "no access to Xen: this has to be root in dom0, with the module xen-privcmd loaded (%s)",
		    strerror(errno));
}

unsigned number(const char *what, const char *s, unsigned min, unsigned max)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(s, &end, 10);
	if (errno || end == s || *end || *s == '-' || n < min || n > max)
		die(EXIT_USAGE, "%s '%s': write a number from %u to %u", what, s, min, max);
	return (unsigned)n;
}

/* What the maker has until the domain runs: all of it goes if anything fails. */
struct making {
	struct xc_dom_image *dom;
	uint32_t domid;
	bool made;
};

__attribute__((noreturn, format(printf, 2, 3))) static void give_up(struct making *m,
								    const char *fmt, ...)
{
	int err = errno;
	va_list ap;

	if (m->dom)
		xc_dom_release(m->dom);
	if (m->made)
		xc_domain_destroy(xch, m->domid);
	fputs("grantbench-domain: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (err)
		fprintf(stderr, ": %s", strerror(err));
	fputc('\n', stderr);
	leave(EXIT_XEN);
}

/* Steps in their order; each says what it was that failed. */
static void step(struct making *m, int rc, const char *what)
{
	if (rc)
		give_up(m, "%s", what);
}

static void check_machine(const struct options *o)
{
	xc_physinfo_t info;

	if (xc_physinfo(xch, &info))
		die(EXIT_HERE, "Xen does not answer: this has to be root in dom0 (%s)",
		    strerror(errno));
	if (o->type == GNB_DOMAIN_PVH && !(info.capabilities & XEN_SYSCTL_PHYSCAP_hap))
		die(EXIT_XEN,
		    "this machine has no nested paging (EPT or NPT), which a PVH domain needs");
	if (o->type == GNB_DOMAIN_PV && !(info.capabilities & XEN_SYSCTL_PHYSCAP_pv))
		die(EXIT_XEN, "this Xen was built without PV domains");
	if (info.free_pages + info.scrub_pages < o->memory * (MIB / XC_PAGE_SIZE))
		die(EXIT_XEN,
		    "%u MiB are not free: Xen has %llu MiB left; a smaller dom0_mem leaves more",
		    o->memory, (unsigned long long)(info.free_pages * XC_PAGE_SIZE / MIB));
}

static void make_domain(struct making *m, const struct options *o)
{
	struct xen_domctl_createdomain config = {
		.max_vcpus = 1,
		.max_evtchn_port = -1,
		.max_grant_frames = o->max_grant_frames,
		.max_maptrack_frames = o->max_maptrack_frames,
		.grant_opts = XEN_DOMCTL_GRANT_version(o->version_limit),
	};

	memcpy(config.handle, our_name, sizeof(our_name));
	if (o->type == GNB_DOMAIN_PVH) {
		config.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
		config.arch.emulation_flags = XEN_X86_EMU_LAPIC;
	}
	m->domid = 0;
	step(m, xc_domain_create(xch, &m->domid, &config), "Xen makes no such domain");
	m->made = true;
	step(m, xc_domain_max_vcpus(xch, m->domid, config.max_vcpus), "no vCPU");
	step(m, xc_domain_setmaxmem(xch, m->domid, o->memory * 1024 + X86_HVM_NR_SPECIAL_PAGES * 4),
	     "no memory limit");
	/* Time stamps are the processor's: emulated ones would measure their emulation. */
	step(m, xc_domain_set_tsc_info(xch, m->domid, TSC_NATIVE, 0, 0, 0),
	     "no native time-stamp counter");
}

static void place_pvh(struct making *m, const struct options *o, struct e820entry *ram)
{
	m->dom->target_pages = o->memory * MIB >> XC_PAGE_SHIFT;
	m->dom->lowmem_end = o->memory * MIB;
	m->dom->mmio_start = LAPIC_BASE;
	m->dom->mmio_size = (1ull << 32) - LAPIC_BASE;
	m->dom->max_vcpus = 1;
	*ram = (struct e820entry){ .addr = 0, .size = o->memory * MIB, .type = E820_RAM };
	m->dom->e820 = ram;
	m->dom->e820_entries = 1;
	step(m, xc_domain_set_memory_map(xch, m->domid, ram, 1), "no memory map");
}

/* Exactly so many pages more than it has. */
static void make_room(struct making *m, const struct options *o)
{
	xc_domaininfo_t info;

	if (look_up(m->domid, &info))
		give_up(m, "the domain is gone before it was ready");
	step(m,
	     xc_domain_setmaxmem(xch, m->domid,
				 (info.tot_pages + o->headroom) * (XC_PAGE_SIZE / 1024)),
	     "no memory limit");
}

/* Returns the frame of the control page. */
static uint64_t build(struct making *m, const struct options *o)
{
	struct e820entry ram;
	char cmdline[32];
	uint64_t control;

	snprintf(cmdline, sizeof(cmdline), "peer=%u", o->peer);
	errno = 0;
	m->dom = xc_dom_allocate(xch, cmdline, NULL);
	if (!m->dom)
		give_up(m, "no memory for the builder");
	step(m, xc_dom_kernel_file(m->dom, o->kernel), o->kernel);
	m->dom->container_type =
		o->type == GNB_DOMAIN_PVH ? XC_DOM_HVM_CONTAINER : XC_DOM_PV_CONTAINER;
	step(m, xc_dom_boot_xen_init(m->dom, xch, 0), "no version of Xen");
	errno = 0;
	if (xc_dom_parse_image(m->dom))
		give_up(m, "%s is no image of a %s domain", o->kernel,
			o->type == GNB_DOMAIN_PVH ? "PVH" : "PV");
	make_domain(m, o);
	m->dom->guest_domid = m->domid;
	if (o->type == GNB_DOMAIN_PVH)
		place_pvh(m, o, &ram);
	step(m, xc_dom_mem_init(m->dom, o->memory), "the amount of memory does not suit");
	step(m, xc_dom_boot_mem_init(m->dom), "no memory for the domain");
	step(m, xc_dom_build_image(m->dom), "the image cannot be placed");
	step(m, xc_dom_boot_image(m->dom), "the image cannot be loaded");
	make_room(m, o);
	control = o->type == GNB_DOMAIN_PVH ? GNB_DOMAIN_CONTROL_PFN
					    : m->dom->pv_p2m[GNB_DOMAIN_CONTROL_PFN];
	m->dom->e820 = NULL;
	xc_dom_release(m->dom);
	m->dom = NULL;
	return control;
}

static void wait_ready(struct making *m, const struct gnb_domain_control *c)
{
	const struct timespec pause = { .tv_nsec = 200 * 1000 };
	struct timespec start, now;
	xc_domaininfo_t info;

	clock_gettime(CLOCK_MONOTONIC, &start);
	for (;;) {
		uint32_t status = __atomic_load_n(&c->status, __ATOMIC_ACQUIRE);

		errno = 0;
		if (status == GNB_DOMAIN_READY)
			return;
		if (status == GNB_DOMAIN_CRASHED)
			give_up(m,
				"the domain crashed at its start: %.88s (vector %u, error %#llx, at %#llx, cr2 %#llx)",
				c->crash.message, c->crash.vector,
				(unsigned long long)c->crash.error,
				(unsigned long long)c->crash.rip, (unsigned long long)c->crash.cr2);
		if (look_up(m->domid, &info))
			give_up(m, "the domain is gone before it was ready");
		if (strcmp(state_of(&info), "running"))
			give_up(m, "the domain %s before it was ready", state_of(&info));
		clock_gettime(CLOCK_MONOTONIC, &now);
		if ((now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 >
		    START_MS)
			give_up(m, "the domain was not ready within %u s", START_MS / 1000);
		nanosleep(&pause, NULL);
	}
}

static void create(const struct options *o)
{
	struct making m = { 0 };
	struct gnb_domain_control *c;
	xen_pfn_t control;

	if (access(o->kernel, R_OK))
		die(EXIT_USAGE, "--kernel=%s: %s", o->kernel, strerror(errno));
	open_xen();
	check_machine(o);
	control = build(&m, o);
	if (!fm)
		fm = xenforeignmemory_open((xentoollog_logger *)logger, 0);
	c = fm ? xenforeignmemory_map(fm, m.domid, PROT_READ, 1, &control, NULL) : NULL;
	if (!c)
		give_up(&m, "the control page cannot be mapped");
	step(&m, xc_domain_unpause(xch, m.domid), "the domain cannot be started");
	wait_ready(&m, c);
	if (c->magic != GNB_DOMAIN_MAGIC || c->abi != GNB_DOMAIN_ABI || c->type != o->type)
		give_up(&m, "%s is an image of another version than this program", o->kernel);
	xenforeignmemory_unmap(fm, c, 1);
	if (printf("domid=%u type=%s control=%#llx pages=%llu\n", m.domid,
		   o->type == GNB_DOMAIN_PVH ? "pvh" : "pv", (unsigned long long)control,
		   o->memory * MIB / XC_PAGE_SIZE) < 0 ||
	    fflush(stdout))
		give_up(&m, "nobody reads where the domain is");
}

static void wait_gone(uint32_t domid)
{
	xc_domaininfo_t info;

	/* The last references may be on their way. */
	for (unsigned ms = 0; !look_up(domid, &info); ms++) {
		const struct timespec pause = { .tv_nsec = 1000 * 1000 };

		if (ms == GONE_MS)
			die(EXIT_XEN,
			    "domain %u is dead but not gone: somebody still maps pages of it",
			    domid);
		nanosleep(&pause, NULL);
	}
}

static void destroy(uint32_t domid)
{
	xc_domaininfo_t info;

	if (look_up(domid, &info))
		die(EXIT_XEN, "there is no domain %u", domid);
	if (!is_ours(&info))
		die(EXIT_XEN, "domain %u was not made by this program; it is left alone", domid);
	if (xc_domain_destroy(xch, domid))
		die(EXIT_XEN, "domain %u cannot be destroyed: %s", domid, strerror(errno));
}

/* destroy, kill and gone. */
static void end(const char *action, const char *arg)
{
	uint32_t domid = number("DOMID", arg, 1, DOMID_FIRST_RESERVED - 1);

	open_xen();
	if (strcmp(action, "gone"))
		destroy(domid);
	if (strcmp(action, "kill"))
		wait_gone(domid);
}

/* The image that lies where this program does. */
static const char *beside(enum gnb_domain_type type)
{
	static char path[PATH_MAX + 8];
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX);

	if (n <= 0)
		die(EXIT_USAGE, "where this program lies is not known (%s): write --kernel=FILE",
		    strerror(errno));
	strcpy(path + n, type == GNB_DOMAIN_PVH ? "-pvh" : "-pv");
	return path;
}

static void parse_create(int argc, char **argv)
{
	static const struct option known[] = {
		{ "type", required_argument, NULL, 't' },
		{ "kernel", required_argument, NULL, 'k' },
		{ "memory", required_argument, NULL, 'm' },
		{ "max-grant-frames", required_argument, NULL, 'g' },
		{ "max-maptrack-frames", required_argument, NULL, 'p' },
		{ "version-limit", required_argument, NULL, 'v' },
		{ "headroom", required_argument, NULL, 'r' },
		{ "peer", required_argument, NULL, 'd' },
		{ 0 },
	};
	struct options o = {
		.memory = 16, .max_grant_frames = -1, .max_maptrack_frames = -1, .version_limit = 2
	};
	int c;

	opterr = optind = 0;
	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 't':
			o.type = !strcmp(optarg, "pvh")	 ? GNB_DOMAIN_PVH
				 : !strcmp(optarg, "pv") ? GNB_DOMAIN_PV
							 : 0;
			if (!o.type)
				die(EXIT_USAGE, "--type=%s: write pvh or pv", optarg);
			break;
		case 'k':
			o.kernel = optarg;
			break;
		case 'm':
			o.memory = number("--memory", optarg, GNB_DOMAIN_MIN_PAGES >> 8,
					  GNB_DOMAIN_MAX_PAGES >> 8);
			break;
		case 'g':
			o.max_grant_frames = (int)number("--max-grant-frames", optarg, 1, 65535);
			break;
		case 'p':
			o.max_maptrack_frames =
				(int)number("--max-maptrack-frames", optarg, 0, 65535);
			break;
		case 'v':
			o.version_limit = number("--version-limit", optarg, 1, 2);
			break;
		case 'r':
			o.headroom = number("--headroom", optarg, 0, 65535);
			break;
		case 'd':
			o.peer = number("--peer", optarg, 0, DOMID_FIRST_RESERVED - 1);
			break;
		default:
			die(EXIT_USAGE, "unknown or incomplete option '%s', see --help",
			    argv[optind - 1]);
		}
	}
	if (!o.type)
		die(EXIT_USAGE, "create needs --type=pvh or --type=pv");
	if (!o.kernel)
		o.kernel = beside(o.type);
	if (optind < argc)
		die(EXIT_USAGE, "create takes options only, not '%s'", argv[optind]);
	create(&o);
}

static void command(int argc, char **argv)
{
	const char *action = argc > 1 ? argv[1] : "";

	if (!strcmp(action, "--help") || !strcmp(action, "-h"))
		usage();
	else if (!strcmp(action, "create"))
		parse_create(argc - 1, argv + 1);
	else if ((!strcmp(action, "destroy") || !strcmp(action, "kill") ||
		  !strcmp(action, "gone")) &&
		 argc == 3)
		end(action, argv[2]);
	else if (!strcmp(action, "state") && argc == 3)
		state(argv[2]);
	else if (!strcmp(action, "list") && argc == 2)
		list();
	else if (!strcmp(action, "memory") && argc == 2)
		memory();
	else if (!strcmp(action, "rivals") && argc == 2)
		rivals();
	else
		die(EXIT_USAGE,
		    "write create, destroy, kill or gone DOMID, state DOMID, list, memory, rivals or serve, see --help");
}

/* A line is a command, until there are no more. Each is answered with what it says, and a line with its exit code. */
static void serve(char *name)
{
	static char line[1024], *argv[16];
	static jmp_buf here;

	while (fgets(line, sizeof(line), stdin)) {
		char *save, *word = strtok_r(line, " \n", &save);
		int argc = 1, code;

		argv[0] = name;
		for (; word && argc < 15; word = strtok_r(NULL, " \n", &save))
			argv[argc++] = word;
		argv[argc] = NULL;
		next_command = &here;
		code = setjmp(here);
		if (!code)
			command(argc, argv);
		next_command = NULL;
		fflush(stderr);
		printf("exit %d\n", code);
		fflush(stdout);
	}
}

int main(int argc, char **argv)
{
	gnb_standard_open();
	if (argc == 2 && !strcmp(argv[1], "serve"))
		serve(argv[0]);
	else
		command(argc, argv);
	return gnb_standard_close("grantbench-domain", 0);
}
