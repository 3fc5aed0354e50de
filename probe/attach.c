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

void attached_pair(struct attached *a, const struct probe *p, bool on)
{
	(void)a;
	(void)p;
	(void)on;
}

struct gnb_pair attached_pair_seen(const struct attached *a)
{
	(void)a;
	return (struct gnb_pair){ 0 };
}

size_t attached_accounts(const struct attached *a, struct gnb_account *list, size_t most)
{
	(void)a;
	(void)list;
	(void)most;
	return 0;
}
#else
#include <linux/perf_event.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "links.h"

extern const char object_locks[], object_locks_end[], object_kernel[], object_kernel_end[];

struct attached {
	struct bpf_object *locks, *kernel, *xen; /* NULL: nothing of it is wanted */
	struct ring_buffer *ring;
	struct links links, pair;
};

/* Its words are of no use to who does not know libbpf: each case has a line of ours. */
static int silent(enum libbpf_print_level level, const char *format, va_list args)
{
	(void)level;
	(void)format;
	(void)args;
	return 0;
}

int object_map(struct bpf_object *o, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(o, name);

	if (fd < 0)
		die(PROBE_FAILED, "its object has no map %s", name);
	return fd;
}

void links_keep(struct links *l, struct bpf_link *link)
{
	struct bpf_link **more = realloc(l->link, (l->n + 1) * sizeof(*more));

	if (!more)
		die(PROBE_FAILED, "out of memory");
	l->link = more;
	more[l->n++] = link;
}

void links_let_go(struct links *l)
{
	for (unsigned i = 0; i < l->n; i++)
		bpf_link__destroy(l->link[i]);
	l->n = 0;
}

static void attach_site(struct attached *a, struct links *l, const struct probe *p,
			const char *program, unsigned site)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(a->locks, program);
	const char *name = probe_names[site];
	struct bpf_link *link = bpf_program__attach_usdt(prog, p->pid, p->file, "hv", name, NULL);

	if (link) {
		links_keep(l, link);
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
	struct bpf_program *prog = bpf_object__find_program_by_name(a->locks, "on_clock");
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_CPU_CLOCK,
					.freq = 1,
					.sample_freq = p->hz };
	int cpus = libbpf_num_possible_cpus();

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
		links_keep(&a->links, link);
	}
}

/* Lockdep's names are not in most kernels; that locks are waited for, all have told since 5.19. */
static void attach_kernel(struct attached *a)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, a->kernel)
	{
		struct bpf_link *link = bpf_program__attach(prog);

		if (!link && errno == ENOENT)
			die(PROBE_MISSING,
			    "this kernel does not tell who waits for its locks "
			    "(tracepoint lock:contention_begin): it takes Linux 5.19");
		if (!link)
			die(PROBE_MISSING,
			    "the kernel lets nothing be attached to its locks (%s): run it as root",
			    strerror(errno));
		links_keep(&a->links, link);
	}
}

static int on_record(void *ctx, void *data, size_t size)
{
	(void)ctx;
	gather_record(data, size);
	return 0;
}

struct bpf_object *object_load(const char *begin, const char *end)
{
	struct bpf_object *o = bpf_object__open_mem(begin, (size_t)(end - begin), NULL);

	if (!o)
		die(PROBE_FAILED, "libbpf %s cannot read its object: %s", libbpf_version_string(),
		    strerror(errno));
	if (!bpf_object__load(o))
		return o;
	if (errno == EPERM || errno == EACCES)
		die(PROBE_MISSING, "the kernel loads no program for this user: run it as root");
	die(PROBE_MISSING, "this kernel does not load its programs (%s): they need Linux 5.15",
	    strerror(errno));
}

/* Programs that the kernel runs for everybody look whether it is this process. */
void object_whose(struct bpf_object *o, const struct probe *p)
{
	struct gnb_whose w = { .pid = (uint32_t)p->pid };
	struct stat st;
	uint32_t zero = 0;

	if (stat("/proc/self/ns/pid", &st))
		die(PROBE_MISSING, "/proc/self/ns/pid: %s: mount /proc", strerror(errno));
	w.dev = st.st_dev;
	w.ino = st.st_ino;
	bpf_map_update_elem(object_map(o, "whose"), &zero, &w, BPF_ANY);
}

struct attached *attach(const struct probe *p)
{
	struct attached *a = calloc(1, sizeof(*a));

	if (!a)
		die(PROBE_FAILED, "out of memory");
	libbpf_set_print(silent);
	if (p->what & WHAT_OF_HV) {
		a->locks = object_load(object_locks, object_locks_end);
		object_whose(a->locks, p);
		a->ring = ring_buffer__new(object_map(a->locks, "records"), on_record, NULL, NULL);
		if (!a->ring)
			die(PROBE_FAILED, "no ring for records: %s", strerror(errno));
	}
	if (p->what & WHAT_WAITS)
		attach_site(a, &a->links, p, "on_waits", SITE_WAITS);
	if (p->what & WHAT_CALLERS)
		attach_site(a, &a->links, p, "on_samples", SITE_SAMPLES);
	if (p->what & (WHAT_STATE | WHAT_PAIR))
		attach_site(a, &a->links, p, "on_state", SITE_STATE);
	if (p->what & WHAT_STATE)
		attach_clock(a, p);
	if (p->what & WHAT_KERNEL) {
		a->kernel = object_load(object_kernel, object_kernel_end);
		object_whose(a->kernel, p);
		attach_kernel(a);
	}
	if (p->what & WHAT_XEN)
		a->xen = xen_attach(&a->links, p);
	return a;
}

void attached_poll(struct attached *a)
{
	if (a->ring)
		ring_buffer__consume(a->ring);
}

void attached_pair(struct attached *a, const struct probe *p, bool on)
{
	if (on) {
		attach_site(a, &a->pair, p, "on_end", SITE_END);
		attach_site(a, &a->pair, p, "on_begin", SITE_BEGIN);
	} else {
		links_let_go(&a->pair);
	}
}

struct gnb_pair attached_pair_seen(const struct attached *a)
{
	struct gnb_pair seen = { 0 };
	uint32_t zero = 0;

	bpf_map_lookup_elem(object_map(a->locks, "pair"), &zero, &seen);
	return seen;
}

size_t attached_accounts(const struct attached *a, struct gnb_account *list, size_t most)
{
	int fd = object_map(a->locks, "accounts");
	uint32_t key, *at = NULL;
	size_t n = 0;

	while (n < most && !bpf_map_get_next_key(fd, at, &key)) {
		n += !bpf_map_lookup_elem(fd, &key, &list[n]);
		at = &key;
	}
	return n;
}

/* The return addresses of a stack; none if the kernel had no room for it. */
static void stack_of(int fd, int32_t id, uint64_t frame[GNB_KERNEL_FRAMES])
{
	memset(frame, 0, GNB_KERNEL_FRAMES * sizeof(*frame));
	if (id >= 0)
		bpf_map_lookup_elem(fd, &id, frame);
}

static void kernel_counts(const struct attached *a)
{
	int locks = object_map(a->kernel, "kernel_locks"),
	    futexes = object_map(a->kernel, "futexes"),
	    stacks = object_map(a->kernel, "kernel_stacks"),
	    users = object_map(a->kernel, "user_stacks"), events = object_map(a->kernel, "events");
	struct gnb_kernel_key lock, *lock_at = NULL;
	struct gnb_futex_key futex, *futex_at = NULL;
	uint64_t frame[GNB_KERNEL_FRAMES];
	struct gnb_kernel_times t;

	while (!bpf_map_get_next_key(locks, lock_at, &lock)) {
		stack_of(stacks, lock.stack, frame);
		if (!bpf_map_lookup_elem(locks, &lock, &t))
			kernel_add_lock(&lock, &t, frame);
		lock_at = &lock;
	}
	while (!bpf_map_get_next_key(futexes, futex_at, &futex)) {
		stack_of(users, futex.stack, frame);
		if (!bpf_map_lookup_elem(futexes, &futex, &t))
			kernel_add_futex(&futex, &t, frame);
		futex_at = &futex;
	}
	for (uint32_t i = 0; i < GNB_NR_KERNEL; i++)
		bpf_map_lookup_elem(events, &i, &kernel_waits.event[i]);
	kernel_settle();
}

static void hv_counts(const struct attached *a, uint64_t lost[GNB_NR_LOST])
{
	int fd = object_map(a->locks, "seen");
	struct gnb_seen_key key, *at = NULL;
	uint64_t n;

	while (!bpf_map_get_next_key(fd, at, &key)) {
		if (!bpf_map_lookup_elem(fd, &key, &n))
			gather_seen(&key, n);
		at = &key;
	}
	fd = object_map(a->locks, "lost");
	for (uint32_t i = 0; i < GNB_NR_LOST; i++)
		if (bpf_map_lookup_elem(fd, &i, &lost[i]))
			lost[i] = 0;
}

void attached_counts(struct attached *a, uint64_t lost[GNB_NR_LOST])
{
	memset(lost, 0, GNB_NR_LOST * sizeof(*lost));
	if (a->locks)
		hv_counts(a, lost);
	if (a->kernel)
		kernel_counts(a);
	if (a->xen)
		xen_read(a->xen);
}

void detach(struct attached *a)
{
	links_let_go(&a->pair);
	links_let_go(&a->links);
}
#endif
