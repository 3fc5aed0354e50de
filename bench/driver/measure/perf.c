/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of the processor and of the kernel, of each thread that works. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/perf_event.h>

#include "perf.h"

#define CACHE(which)                                                                               \
	(PERF_COUNT_HW_CACHE_##which | PERF_COUNT_HW_CACHE_OP_READ << 8 |                          \
	 PERF_COUNT_HW_CACHE_RESULT_MISS << 16)

static const struct event {
	const char *name;
	uint32_t type;
	uint64_t config;
	unsigned
		group; /* what is counted at the same time, so that ratios between them are sound */
} events[GNB_PERF_EVENTS] = {
	{ "instructions", PERF_TYPE_HARDWARE, PERF_COUNT_HW_INSTRUCTIONS, 0 },
	{ "cycles", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CPU_CYCLES, 0 },
	{ "cache-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_CACHE_MISSES, 0 },
	{ "branch-misses", PERF_TYPE_HARDWARE, PERF_COUNT_HW_BRANCH_MISSES, 0 },
	{ "dtlb-misses", PERF_TYPE_HW_CACHE, CACHE(DTLB), 1 },
	{ "itlb-misses", PERF_TYPE_HW_CACHE, CACHE(ITLB), 1 },
	{ "task-clock", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, 2 },
	{ "page-faults", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_PAGE_FAULTS, 2 },
	{ "context-switches", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CONTEXT_SWITCHES, 2 },
	{ "cpu-migrations", PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_MIGRATIONS, 2 },
};

const char *const gnb_perf_mode_names[GNB_PERF_MODES] = { "user", "kernel", "hypervisor", "all" };

const char *gnb_perf_name(unsigned event)
{
	return events[event].name;
}

const char *gnb_perf_why(int error)
{
	switch (error) {
	case ENOENT:
	case ENODEV:
	case EOPNOTSUPP:
		return "no such counter here (usual in a virtual machine)";
	case EACCES:
	case EPERM:
		return "not allowed: kernel.perf_event_paranoid, or CAP_PERFMON";
	case EINVAL:
		return "this processor does not tell it apart";
	case EMFILE:
	case ENFILE:
		return "too many open files: ulimit -n";
	case ENOSYS:
		return "this kernel has no perf_event_open";
	default:
		return strerror(error);
	}
}

/* A descriptor or -errno. */
static int open_event(const struct event *e, enum gnb_perf_mode mode, pid_t tid, int leader)
{
	struct perf_event_attr a = {
		.type = e->type,
		.size = sizeof(a),
		.config = e->config,
		.disabled = leader < 0, /* the others of a group go with it */
		.exclude_user = mode == GNB_PERF_KERNEL || mode == GNB_PERF_HYPERVISOR,
		.exclude_kernel = mode == GNB_PERF_USER || mode == GNB_PERF_HYPERVISOR,
		.exclude_hv = mode == GNB_PERF_USER || mode == GNB_PERF_KERNEL,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};
	int fd = (int)syscall(SYS_perf_event_open, &a, tid, -1, leader, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* Of a thread, in a group with leader if that works. Its descriptor or -1, and then why is kept. */
static int add(struct gnb_perf *p, unsigned thread, pid_t tid, unsigned e, enum gnb_perf_mode mode,
	       int leader)
{
	bool leads = leader < 0;
	int fd = open_event(&events[e], mode, tid, leader);

	/* More than the processor can count at a time: by turns. */
	if (fd < 0 && !leads) {
		leads = true;
		fd = open_event(&events[e], mode, tid, -1);
	}
	if (fd < 0) {
		p->why[e][mode] = -fd;
		return -1;
	}
	p->available |= e < GNB_PERF_PLAIN;
	p->fd[p->nr++] = (struct gnb_perf_fd){
		.fd = fd, .leads = leads, .thread = thread, .event = e, .mode = mode
	};
	return fd;
}

/* Events of one mode, group by group. */
static void add_mode(struct gnb_perf *p, unsigned thread, pid_t tid, enum gnb_perf_mode mode,
		     unsigned from, unsigned to)
{
	int leader = -1;

	for (unsigned e = from; e < to; e++) {
		int fd;

		if (e == from || events[e].group != events[e - 1].group)
			leader = -1;
		fd = add(p, thread, tid, e, mode, leader);
		if (leader < 0)
			leader = fd;
	}
}

static bool kernels_own(unsigned e)
{
	return events[e].type == PERF_TYPE_SOFTWARE;
}

static void say_why(struct gnb_perf *p)
{
	int first = p->why[0][GNB_PERF_ALL] ? p->why[0][GNB_PERF_ALL] : p->why[0][GNB_PERF_USER];

	if (!p->available)
		snprintf(p->reason, sizeof(p->reason), "perf_event_open: %s", gnb_perf_why(first));
	else if (p->why[0][GNB_PERF_ALL])
		snprintf(p->reason, sizeof(p->reason), "user mode only (perf_event_paranoid)");
}

int gnb_perf_open(struct gnb_perf *p, const pid_t *tid, unsigned threads, bool full)
{
	unsigned software = 0;

	memset(p, 0, sizeof(*p));
	p->full = full;
	p->threads = threads;
	while (!kernels_own(software))
		software++;
	p->fd = calloc((size_t)threads * GNB_PERF_EVENTS * GNB_PERF_MODES, sizeof(*p->fd));
	if (!p->fd)
		return -ENOMEM;
	for (unsigned t = 0; t < threads; t++) {
		if (full) {
			for (unsigned m = 0; m < GNB_PERF_ALL; m++)
				add_mode(p, t, tid[t], m, 0, software);
			add_mode(p, t, tid[t], GNB_PERF_ALL, software, GNB_PERF_EVENTS);
			continue;
		}
		add_mode(p, t, tid[t], GNB_PERF_ALL, 0, GNB_PERF_PLAIN);
		if (p->why[0][GNB_PERF_ALL] == EACCES || p->why[0][GNB_PERF_ALL] == EPERM)
			add_mode(p, t, tid[t], GNB_PERF_USER, 0, GNB_PERF_PLAIN);
	}
	say_why(p);
	return 0;
}

void gnb_perf_close(struct gnb_perf *p)
{
	for (unsigned i = 0; i < p->nr; i++)
		close(p->fd[i].fd);
	free(p->fd);
	p->fd = NULL;
	p->nr = 0;
}

static void all(struct gnb_perf *p, unsigned long request)
{
	for (unsigned i = 0; i < p->nr; i++)
		if (p->fd[i].leads)
			ioctl(p->fd[i].fd, request, 0);
}

void gnb_perf_on(struct gnb_perf *p)
{
	all(p, PERF_EVENT_IOC_ENABLE);
}

/* What a counter says is since it was opened: the difference to the last time counts. */
static void read_one(struct gnb_perf_fd *f, struct gnb_perf_value *sum)
{
	struct {
		uint64_t n, enabled, running;
	} now;
	double n;
	uint64_t enabled, running;

	if (read(f->fd, &now, sizeof(now)) != sizeof(now))
		return;
	n = (double)now.n - f->before.n;
	enabled = now.enabled - f->before.enabled;
	running = now.running - f->before.running;
	f->before = (struct gnb_perf_value){ (double)now.n, now.enabled, now.running };
	sum->enabled += enabled;
	sum->running += running;
	if (running)
		sum->n += n * ((double)enabled / (double)running);
}

void gnb_perf_off(struct gnb_perf *p)
{
	all(p, PERF_EVENT_IOC_DISABLE);
}

int gnb_perf_take(struct gnb_perf *p, struct gnb_perf_sums *sums)
{
	struct gnb_perf_value nowhere = { 0 };

	if (p->nr && sums && !sums->of) {
		sums->of = calloc(p->threads, sizeof(*sums->of));
		if (!sums->of)
			return -ENOMEM;
		sums->threads = p->threads;
	}
	for (unsigned i = 0; i < p->nr; i++) {
		struct gnb_perf_fd *f = &p->fd[i];

		read_one(f, sums ? &sums->of[f->thread][f->event][f->mode] : &nowhere);
	}
	return 0;
}

void gnb_perf_sums_free(struct gnb_perf_sums *s)
{
	free(s->of);
	s->of = NULL;
	s->threads = 0;
}

struct gnb_perf_value gnb_perf_total(const struct gnb_perf_sums *s, unsigned event,
				     enum gnb_perf_mode mode)
{
	struct gnb_perf_value v = { 0 };

	for (unsigned t = 0; t < s->threads; t++) {
		const struct gnb_perf_value *one = &s->of[t][event][mode];

		v.n += one->n;
		v.enabled += one->enabled;
		v.running += one->running;
	}
	return v;
}
