// SPDX-License-Identifier: GPL-2.0-only
/* In a domain of Xen's: multicalls of its kernel, and the functions of gntdev. What is missing leaves the rest. */
#ifdef GNB_BPF
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "links.h"

extern const char object_xen[], object_xen_end[];

#define KPROBES "/sys/bus/event_source/devices/kprobe"

static void lacks(const char *what, const char *reason)
{
	struct xen_missing *m = &xen_seen.missing[xen_seen.nr_missing++];

	m->what = what;
	snprintf(m->reason, sizeof(m->reason), "%s", reason);
}

/* All tracepoints or none: parts of it could not be put together. */
static void attach_multicalls(struct bpf_object *o, struct links *l)
{
	struct links mine = { NULL, 0 };
	struct bpf_program *prog;
	char why[160];

	if (strcmp(xen_seen.guest_type, "PV")) {
		snprintf(
			why, sizeof(why),
			"the kernel of a %s domain makes none: they are a PV domain's, whose page tables Xen keeps",
			xen_seen.guest_type);
		lacks("multicalls", why);
		return;
	}
	bpf_object__for_each_program(prog, o)
	{
		struct bpf_link *link;

		if (bpf_program__type(prog) != BPF_PROG_TYPE_RAW_TRACEPOINT)
			continue;
		link = bpf_program__attach(prog);
		if (!link) {
			snprintf(why, sizeof(why),
				 "this kernel does not tell of them (tracepoint %s: %s)",
				 bpf_program__section_name(prog) + strlen("raw_tp/"),
				 strerror(errno));
			links_let_go(&mine);
			lacks("multicalls", why);
			return;
		}
		links_keep(&mine, link);
	}
	for (unsigned i = 0; i < mine.n; i++)
		links_keep(l, mine.link[i]);
	xen_seen.multicalls = true;
}

static bool attach_function(struct bpf_object *o, struct links *l, unsigned i)
{
	LIBBPF_OPTS(bpf_kprobe_opts, at, .bpf_cookie = i);
	struct bpf_link *enter, *leave;

	enter = bpf_program__attach_kprobe_opts(bpf_object__find_program_by_name(o, "on_enter"),
						xen_functions[i], &at);
	if (!enter)
		return false;
	links_keep(l, enter);
	at.retprobe = true;
	leave = bpf_program__attach_kprobe_opts(bpf_object__find_program_by_name(o, "on_return"),
						xen_functions[i], &at);
	if (!leave)
		return false;
	links_keep(l, leave);
	return true;
}

static void attach_gntdev(struct bpf_object *o, struct links *l)
{
	char why[160];

	if (access(KPROBES, F_OK)) {
		lacks("gntdev",
		      "this kernel has no probes of its functions (CONFIG_KPROBES, and /sys)");
		return;
	}
	for (unsigned i = 0; i < GNB_NR_XEN_FUNCTIONS; i++) {
		xen_seen.function[i] = attach_function(o, l, i);
		if (xen_seen.function[i]) {
			xen_seen.gntdev = true;
			continue;
		}
		if (!i && (errno == ENOENT || errno == EINVAL || errno == EADDRNOTAVAIL)) {
			lacks("gntdev",
			      "Linux' module is not there: modprobe xen-gntdev, before gnb-probe begins");
			return;
		}
		snprintf(why, sizeof(why),
			 "no probe can be placed in this function of the kernel (%s)",
			 strerror(errno));
		lacks(xen_functions[i], why);
	}
}

struct bpf_object *xen_attach(struct links *l, const struct probe *p)
{
	struct bpf_object *o = object_load(object_xen, object_xen_end);

	object_whose(o, p);
	attach_multicalls(o, l);
	attach_gntdev(o, l);
	if (!xen_seen.multicalls && !xen_seen.gntdev)
		die(PROBE_MISSING, "of Xen nothing can be seen: %s: %s; %s: %s",
		    xen_seen.missing[0].what, xen_seen.missing[0].reason, xen_seen.missing[1].what,
		    xen_seen.missing[1].reason);
	return o;
}

void xen_read(struct bpf_object *o)
{
	int fd = object_map(o, "functions");
	uint32_t zero = 0;

	bpf_map_lookup_elem(object_map(o, "multicalls"), &zero, &xen_seen.mc);
	for (uint32_t i = 0; i < GNB_NR_XEN_FUNCTIONS; i++)
		bpf_map_lookup_elem(fd, &i, &xen_seen.times[i]);
}
#endif
