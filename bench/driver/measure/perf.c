/* SPDX-License-Identifier: GPL-2.0-only */
/* Hardware counters of this process, where there are any. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/perf_event.h>

#include "perf.h"

const char *const gnb_perf_names[GNB_PERF_EVENTS] = { "instructions", "cycles", "cache-misses",
						      "branch-misses" };
static const uint64_t config[GNB_PERF_EVENTS] = {
	PERF_COUNT_HW_INSTRUCTIONS,
	PERF_COUNT_HW_CPU_CYCLES,
	PERF_COUNT_HW_CACHE_MISSES,
	PERF_COUNT_HW_BRANCH_MISSES,
};

static int open_event(unsigned i, bool user_only)
{
	struct perf_event_attr a = {
		.type = PERF_TYPE_HARDWARE,
		.size = sizeof(a),
		.config = config[i],
		.disabled = 1,
		.inherit = 1,
		.exclude_kernel = user_only,
		.exclude_hv = user_only,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
	};
	int fd = (int)syscall(SYS_perf_event_open, &a, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

void gnb_perf_open(struct gnb_perf *p)
{
	int first = 0;

	memset(p, 0, sizeof(*p));
	for (unsigned i = 0; i < GNB_PERF_EVENTS; i++) {
		int fd = open_event(i, p->user_only);

		if ((fd == -EACCES || fd == -EPERM) && !p->user_only) {
			fd = open_event(i, true);
			if (fd >= 0)
				p->user_only = true;
		}
		p->fd[i] = fd < 0 ? -1 : fd;
		if (fd >= 0)
			p->available = true;
		else if (!first)
			first = -fd;
	}
	if (!p->available)
		snprintf(p->reason, sizeof(p->reason), "perf_event_open: %s%s", strerror(first),
			 first == ENOENT
				 ? " (no hardware counters here; usual in a virtual machine)"
			 : first == EACCES || first == EPERM
				 ? " (see /proc/sys/kernel/perf_event_paranoid)"
				 : "");
	else if (p->user_only)
		snprintf(p->reason, sizeof(p->reason), "user mode only (perf_event_paranoid)");
}

void gnb_perf_close(struct gnb_perf *p)
{
	for (unsigned i = 0; i < GNB_PERF_EVENTS; i++)
		if (p->fd[i] >= 0)
			close(p->fd[i]);
}

static void all(struct gnb_perf *p, unsigned long request)
{
	for (unsigned i = 0; p->available && i < GNB_PERF_EVENTS; i++)
		if (p->fd[i] >= 0)
			ioctl(p->fd[i], request, 0);
}

void gnb_perf_on(struct gnb_perf *p)
{
	all(p, PERF_EVENT_IOC_ENABLE);
}

void gnb_perf_off(struct gnb_perf *p)
{
	all(p, PERF_EVENT_IOC_DISABLE);
}

double gnb_perf_read(const struct gnb_perf *p, unsigned i)
{
	struct {
		uint64_t value, enabled, running;
	} r;

	if (p->fd[i] < 0 || read(p->fd[i], &r, sizeof(r)) != sizeof(r))
		return NAN;
	if (!r.enabled)
		return 0;
	if (!r.running)
		return NAN;
	return (double)r.value * ((double)r.enabled / (double)r.running);
}
