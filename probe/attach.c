// SPDX-License-Identifier: GPL-2.0-only
/* Programs loaded into the kernel and attached, by libbpf; or a line that this build has none. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#ifndef GNB_BPF
/* Never reached with anything attached: attach() has ended the program. */
struct attached *attach(const struct probe *p)
{
	(void)p;
	die(PROBE_MISSING,
	    "built without libbpf or clang (Debian: libbpf-dev, clang): install them, make again");
}

void attached_poll(struct attached *a)
{
	(void)a;
}

void attached_counts(struct attached *a, uint64_t lost[GNB_NR_LOST])
{
	(void)a;
	(void)lost;
}

void detach(struct attached *a)
{
	(void)a;
}
#else
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

extern const char probe_object[], probe_object_end[];

struct attached {
	struct bpf_object *o;
	struct ring_buffer *ring;
	struct bpf_link **link;
	unsigned nr_links;
};

/* Its words are of no use to who does not know libbpf: each case has a line of ours. */
static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

static int map_fd(const struct attached *a, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(a->o, name);

	if (fd < 0)
		die(PROBE_FAILED, "its object has no map %s", name);
	return fd;
}

static void keep(struct attached *a, struct bpf_link *link)
{
	struct bpf_link **more = realloc(a->link, (a->nr_links + 1) * sizeof(*more));

	if (!more)
		die(PROBE_FAILED, "out of memory");
	a->link = more;
	more[a->nr_links++] = link;
}

static void attach_site(struct attached *a, const struct probe *p, const char *program,
			const char *name)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(a->o, program);
	struct bpf_link *link = bpf_program__attach_usdt(prog, p->pid, p->file, "hv", name, NULL);

	if (link) {
		keep(a, link);
		return;
	}
	switch (errno) {
	case ESRCH:
		die(PROBE_MISSING, "process %d is gone", p->pid);
	case EACCES:
	case EPERM:
		die(PROBE_MISSING, "the kernel lets no probe be placed in %s (%s): run it as root",
		    p->file, strerror(errno));
	case ENOENT:
	case EINVAL:
		/* It is there: need_probes() has seen it. */
		die(PROBE_MISSING,
		    "%s: the arguments of its probe hv:%s cannot be read by libbpf: "
		    "build it with this version's sources",
		    p->file, name);
	default:
		die(PROBE_FAILED, "cannot attach to hv:%s in %s: %s", name, p->file,
		    strerror(errno));
	}
}

static void attach_clock(struct attached *a, const struct probe *p)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(a->o, "on_clock");
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_CPU_CLOCK,
					.freq = 1,
					.sample_freq = p->hz };
	struct gnb_whose w = { .pid = (uint32_t)p->pid };
	int cpus = libbpf_num_possible_cpus();
	struct stat st;
	uint32_t zero = 0;

	if (stat("/proc/self/ns/pid", &st))
		die(PROBE_MISSING, "/proc/self/ns/pid: %s: mount /proc", strerror(errno));
	w.dev = st.st_dev;
	w.ino = st.st_ino;
	bpf_map_update_elem(map_fd(a, "whose"), &zero, &w, BPF_ANY);
	for (int cpu = 0; cpu < cpus; cpu++) {
		int fd =
			(int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
		struct bpf_link *link;

		/* A CPU that is offline. */
		if (fd < 0 && errno == ENODEV)
			continue;
		if (fd < 0)
			die(PROBE_MISSING,
			    "the kernel gives no clock for CPU %d (perf_event_open: %s): "
			    "leave out state by --what=waits,callers",
			    cpu, strerror(errno));
		link = bpf_program__attach_perf_event(prog, fd);
		if (!link)
			die(PROBE_FAILED, "cannot attach to the clock of CPU %d: %s", cpu,
			    strerror(errno));
		keep(a, link);
	}
}

static int on_record(void *ctx, void *data, size_t size)
{
	(void)ctx;
	gather_record(data, size);
	return 0;
}

struct attached *attach(const struct probe *p)
{
	struct attached *a = calloc(1, sizeof(*a));

	if (!a)
		die(PROBE_FAILED, "out of memory");
	libbpf_set_print(silent);
	a->o = bpf_object__open_mem(probe_object, (size_t)(probe_object_end - probe_object), NULL);
	if (!a->o)
		die(PROBE_FAILED, "libbpf %s cannot read its object: %s", libbpf_version_string(),
		    strerror(errno));
	if (bpf_object__load(a->o)) {
		if (errno == EPERM || errno == EACCES)
			die(PROBE_MISSING,
			    "the kernel loads no program for this user: run it as root");
		die(PROBE_MISSING,
		    "this kernel does not load its programs (%s): they need Linux 5.15",
		    strerror(errno));
	}
	a->ring = ring_buffer__new(map_fd(a, "records"), on_record, NULL, NULL);
	if (!a->ring)
		die(PROBE_FAILED, "no ring for records: %s", strerror(errno));
	if (p->what & WHAT_WAITS)
		attach_site(a, p, "on_waits", probe_names[0]);
	if (p->what & WHAT_CALLERS)
		attach_site(a, p, "on_samples", probe_names[1]);
	if (p->what & WHAT_STATE) {
		attach_site(a, p, "on_state", probe_names[2]);
		attach_clock(a, p);
	}
	return a;
}

void attached_poll(struct attached *a)
{
	ring_buffer__consume(a->ring);
}

void attached_counts(struct attached *a, uint64_t lost[GNB_NR_LOST])
{
	int fd = map_fd(a, "seen");
	struct gnb_seen_key key, *at = NULL;
	uint64_t n;

	while (!bpf_map_get_next_key(fd, at, &key)) {
		if (!bpf_map_lookup_elem(fd, &key, &n))
			gather_seen(&key, n);
		at = &key;
	}
	fd = map_fd(a, "lost");
	for (uint32_t i = 0; i < GNB_NR_LOST; i++)
		if (bpf_map_lookup_elem(fd, &i, &lost[i]))
			lost[i] = 0;
}

void detach(struct attached *a)
{
	for (unsigned i = 0; i < a->nr_links; i++)
		bpf_link__destroy(a->link[i]);
	a->nr_links = 0;
}
#endif
