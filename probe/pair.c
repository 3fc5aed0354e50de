// SPDX-License-Identifier: GPL-2.0-only
/* The pair of probes, attached in turns, and what the accounts of the process say of both. */
#include <sys/uio.h>
#include <time.h>

#include <hv/counters.h>

#include "probe.h"

/* Long against what attaching takes, short against a minute in which a machine changes. */
#define WINDOW_S     0.25
#define ACCOUNTS_MAX 256

struct pair_sides pair_sides;

/* A vCPU at the begin of a window. */
struct mark {
	struct gnb_account account;
	uint64_t acquisitions, contended, ticks;
};

static struct mark mark[ACCOUNTS_MAX];
static size_t nr_marks;
static double since; /* the window's begin; 0: none yet */
static bool on;

static bool read_of(pid_t pid, uint64_t at, void *to, size_t n)
{
	struct iovec here = { to, n }, there = { (void *)(uintptr_t)at, n };

	return process_vm_readv(pid, &here, 1, &there, 1, 0) == (ssize_t)n;
}

/* Its vCPU may have ended, and anything may be there. */
static bool look(pid_t pid, const struct gnb_account *at, struct mark *m)
{
	static struct hv_lock_account a;
	struct hv_counters c;

	if (!read_of(pid, at->at, &a, sizeof(a)) || a.serial != at->serial ||
	    !read_of(pid, a.counts, &c, sizeof(c)))
		return false;
	*m = (struct mark){ .account = *at,
			    .acquisitions =
				    c.spin_locks + c.pcpu_reads + c.pcpu_writes + c.page_locks };
	for (unsigned k = 0; k < HV_NR_LOCKS; k++) {
		m->contended += a.waits[k].n;
		m->ticks += a.waits[k].ticks;
	}
	return true;
}

static void begin(const struct attached *a, const struct probe *p, double now)
{
	static struct gnb_account list[ACCOUNTS_MAX];
	size_t n = attached_accounts(a, list, ACCOUNTS_MAX);

	nr_marks = 0;
	for (size_t i = 0; i < n; i++)
		nr_marks += look(p->pid, &list[i], &mark[nr_marks]);
	since = now;
}

static void end(const struct probe *p, double now)
{
	struct pair_side *s = on ? &pair_sides.with : &pair_sides.without;
	struct mark m;

	for (size_t i = 0; i < nr_marks; i++) {
		/* A vCPU of another machine, which stood still meanwhile, tells nothing. */
		if (!look(p->pid, &mark[i].account, &m) || m.acquisitions == mark[i].acquisitions)
			continue;
		s->seconds += now - since;
		s->acquisitions += m.acquisitions - mark[i].acquisitions;
		s->contended += m.contended - mark[i].contended;
		s->ticks += m.ticks - mark[i].ticks;
	}
	s->windows += nr_marks > 0;
}

static double now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

void pair_turn(struct attached *a, const struct probe *p, double now)
{
	if (since && now - since < WINDOW_S)
		return;
	if (since)
		end(p, now);
	/* Nobody has waited yet: there is no account to look at. */
	if (nr_marks) {
		on = !on;
		attached_pair(a, p, on);
	}
	pair_sides.says = attached_pair_seen(a);
	begin(a, p, now_s());
}
