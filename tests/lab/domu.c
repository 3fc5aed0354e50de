// SPDX-License-Identifier: GPL-2.0-only
/*
 * Linux in a PV domain, for the lab's machine domu: makes the domain, prints its console, and keeps
 * what it sends. No xenstored and no xl: a PV Linux without an event channel to a store does
 * without one, and its console is a page that is read here.
 *
 *   lab_domu KERNEL RAMDISK MIB CMDLINE FILE
 *
 * What the domain sends is a line on its console, "GNBLAB1 LENGTH SHA-256 CODE", and so many bytes
 * of a tar file; both go to FILE as they are, for the host to check. All other lines are printed.
 *
 * Exit: 0 the domain sent something whole and then switched itself off, 1 with one line.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <xenctrl.h>
#include <xenevtchn.h>
#include <xenforeignmemory.h>
#include <xenguest.h>
#include <xen/io/console.h>

#define TSC_NATIVE 2 /* TSC_MODE_NEVER_EMULATE of Xen's asm/time.h */
#define SENT	   "GNBLAB1 "

static xc_interface *xch;
static xenevtchn_handle *events;
static struct xencons_interface *ring;
static uint32_t domid;
static bool made;

static FILE *file;
static char line[512];
static size_t length;
static unsigned long long due; /* bytes that are still to come */
static bool sent;

__attribute__((noreturn, format(printf, 1, 2))) static void quit(const char *fmt, ...)
{
	va_list ap;

	if (made)
		xc_domain_destroy(xch, domid);
	fputs("lab_domu: ", stdout);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	exit(1);
}

static void must(bool ok, const char *what)
{
	if (!ok)
		quit("%s: %s", what, strerror(errno));
}

static evtchn_port_t new_port(void)
{
	int port = xc_evtchn_alloc_unbound(xch, domid, 0);

	must(port >= 0, "event channel");
	return (evtchn_port_t)port;
}

static void make_domain(unsigned mib)
{
	struct xen_domctl_createdomain config = {
		.handle = "grantbench-lab",
		.max_vcpus = 1,
		.max_evtchn_port = -1,
		.max_grant_frames = -1,
		.max_maptrack_frames = -1,
		.grant_opts = XEN_DOMCTL_GRANT_version(2),
	};

	must(!xc_domain_create(xch, &domid, &config), "a domain");
	made = true;
	must(!xc_domain_max_vcpus(xch, domid, 1), "its vCPU");
	must(!xc_domain_setmaxmem(xch, domid, mib * 1024), "its memory limit");
	/* Emulated time stamps would measure their emulation. */
	must(!xc_domain_set_tsc_info(xch, domid, TSC_NATIVE, 0, 0, 0), "its time-stamp counter");
}

/* Returns the machine frame of its console. */
static xen_pfn_t build(const char *kernel, const char *ramdisk, unsigned mib, const char *cmdline,
		       evtchn_port_t *console)
{
	struct xc_dom_image *dom = xc_dom_allocate(xch, cmdline, NULL);
	xen_pfn_t mfn;

	must(dom, "the builder");
	must(!xc_dom_kernel_file(dom, kernel), kernel);
	must(!xc_dom_module_file(dom, ramdisk, NULL), ramdisk);
	dom->container_type = XC_DOM_PV_CONTAINER;
	must(!xc_dom_boot_xen_init(dom, xch, 0), "Xen's version");
	must(!xc_dom_parse_image(dom), "no kernel of a PV domain");
	make_domain(mib);
	dom->guest_domid = domid;
	*console = new_port();
	dom->console_evtchn = *console;
	must(!xc_dom_mem_init(dom, mib), "the amount of memory");
	must(!xc_dom_boot_mem_init(dom), "its memory");
	must(!xc_dom_build_image(dom), "placing the kernel");
	must(!xc_dom_boot_image(dom), "loading the kernel");
	mfn = xc_dom_p2m(dom, dom->console_pfn);
	xc_dom_release(dom);
	return mfn;
}

static void end_line(void)
{
	int end = 0;

	line[length] = '\0';
	sscanf(line, SENT "%llu %*64[0-9a-f] %*d%n", &due, &end);
	if (end && !line[end] && !sent) {
		sent = true;
		must(fprintf(file, "%s\n", line) > 0, "the file");
	} else {
		due = 0;
		printf("domU: %s\n", line);
	}
	length = 0;
}

static void take(const char *data, size_t n)
{
	while (n) {
		size_t part = due < n ? due : n;

		if (part) {
			must(fwrite(data, 1, part, file) == part, "the file");
			due -= part;
			data += part;
			n -= part;
			continue;
		}
		if (*data == '\n' || length == sizeof(line) - 1)
			end_line();
		if (*data != '\n' && *data != '\r')
			line[length++] = *data;
		data++;
		n--;
	}
}

static void drain(evtchn_port_t port)
{
	XENCONS_RING_IDX cons = ring->out_cons, prod;

	while ((prod = __atomic_load_n(&ring->out_prod, __ATOMIC_ACQUIRE)) != cons) {
		size_t at = MASK_XENCONS_IDX(cons, ring->out), n = prod - cons;

		if (n > sizeof(ring->out))
			quit("the console's ring makes no sense");
		if (n > sizeof(ring->out) - at)
			n = sizeof(ring->out) - at;
		take(ring->out + at, n);
		cons += (XENCONS_RING_IDX)n;
		__atomic_store_n(&ring->out_cons, cons, __ATOMIC_RELEASE);
		xenevtchn_notify(events, port);
	}
}

/* Has it shut down? Sets *reason then. */
static bool is_down(unsigned *reason)
{
	xc_domaininfo_t info;

	if (xc_domain_getinfolist(xch, domid, 1, &info) != 1 || info.domain != domid)
		quit("the domain is gone");
	*reason = info.flags >> XEN_DOMINF_shutdownshift & XEN_DOMINF_shutdownmask;
	return info.flags & XEN_DOMINF_shutdown;
}

/* Sleeps until the domain has written or ended: whoever looked from time to time would disturb. */
static void watch(evtchn_port_t port)
{
	xenevtchn_port_or_error_t event;
	unsigned reason;

	while (!is_down(&reason)) {
		event = xenevtchn_pending(events);
		must(event >= 0 && !xenevtchn_unmask(events, (evtchn_port_t)event), "events");
		drain(port);
	}
	drain(port);
	if (reason != SHUTDOWN_poweroff)
		quit("the domain %s",
		     reason == SHUTDOWN_crash ? "crashed" : "did not switch itself off");
	if (!sent || due)
		quit("the domain sent nothing whole");
}

int main(int argc, char **argv)
{
	evtchn_port_t remote, port;
	xenforeignmemory_handle *memory;
	xen_pfn_t frame;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc != 6)
		quit("write KERNEL RAMDISK MIB CMDLINE FILE");
	xch = xc_interface_open(NULL, NULL, 0);
	must(xch, "Xen");
	events = xenevtchn_open(NULL, 0);
	must(events, "/dev/xen/evtchn");
	memory = xenforeignmemory_open(NULL, 0);
	must(memory, "/dev/xen/privcmd");
	file = fopen(argv[5], "we");
	must(file, argv[5]);
	must(xenevtchn_bind_virq(events, VIRQ_DOM_EXC) >= 0, "word of domains that end");
	frame = build(argv[1], argv[2], (unsigned)atoi(argv[3]), argv[4], &remote);
	ring = xenforeignmemory_map(memory, domid, PROT_READ | PROT_WRITE, 1, &frame, NULL);
	must(ring, "the console");
	port = (evtchn_port_t)xenevtchn_bind_interdomain(events, domid, remote);
	must((int)port >= 0, "the console's event channel");
	must(!xc_domain_unpause(xch, domid), "start");
	watch(port);
	must(!fclose(file), argv[5]);
	xenforeignmemory_unmap(memory, ring, 1);
	must(!xc_domain_destroy(xch, domid), "end");
	return 0;
}
