/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A made-up target for tests of the driver, and benchmarks for it: hypercalls cost a known number
 * of instructions, and now and then more.
 */
#ifndef DRIVER_FAKE_H
#define DRIVER_FAKE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gnb/bench.h>

#define COST	  1000 /* instructions of a hypercall */
#define DISTURBED 1300 /* what an interrupt adds */

/* ---- a target: one hypercall is one operation ---- */

struct gnb_vcpu {
	int unused;
};
struct gnb_machine {
	uint64_t spent, calls;
	struct gnb_vcpu v;
};

static unsigned calls_ever, machines, every = 7;
static bool exact = true, no_machine;

static uint64_t f_now(struct gnb_machine *m)
{
	return m->spent;
}

static const struct gnb_clock *f_clock(void)
{
	static const struct gnb_clock time = { "hypercalls", "ns", f_now, false },
				      insn = { "instructions", "instructions", f_now, true };

	return exact ? &insn : &time;
}

static const struct gnb_fixed *f_fixed(void)
{
	static const struct gnb_fixed fixed[] = { { "mapper", "pv", "it is PV" },
						  { "iommu", "strict", "it has one" },
						  { "flush", NULL, "it flushes as it does" },
						  { "entry", NULL, "it enters as it does" },
						  { "cpus", NULL, "it has what it has" },
						  { 0 } };

	return fixed;
}

static int f_supported(const struct gnb_machine_config *c, const char **why)
{
	*why = c->iommu_direct ? "no direct IOMMU work" : "no machine today";
	return no_machine || c->iommu_direct ? -EOPNOTSUPP : 0;
}

static int f_open(const struct gnb_machine_config *c, struct gnb_machine **m, const char **why)
{
	(void)c;
	*why = "no memory";
	*m = calloc(1, sizeof(**m));
	machines++;
	return *m ? 0 : -ENOMEM;
}

static int f_close(struct gnb_machine *m, char *why, size_t len)
{
	(void)why;
	(void)len;
	free(m);
	return 0;
}

static struct gnb_vcpu *f_vcpu(struct gnb_machine *m, enum gnb_role role, unsigned i)
{
	(void)role;
	(void)i;
	return &m->v;
}

static struct gnb_machine *machine_of(struct gnb_vcpu *v)
{
	return (struct gnb_machine *)((char *)v - offsetof(struct gnb_machine, v));
}

static long f_hypercall(struct gnb_vcpu *v, unsigned cmd, void *args, unsigned count)
{
	struct gnb_machine *m = machine_of(v);

	(void)cmd;
	(void)args;
	m->spent += (uint64_t)COST * count;
	if (every && ++calls_ever % every == 0)
		m->spent += DISTURBED;
	return 0;
}

static void f_counts(struct gnb_machine *m, struct gnb_counts *out)
{
	memset(out, 0, sizeof(*out));
	out->v[0] = m->spent;
}

static void f_facts(void (*add)(void *arg, const char *key, const char *value), void *arg)
{
	add(arg, "build_id", "abc");
	add(arg, "unknown", NULL);
}

static const char *const names[] = { "instructions", NULL };
static const struct gnb_target fake = {
	.name = "fake",
	.summary = "made up",
	.count_names = names,
	.counting_runs = 8,
	.clock = f_clock,
	.fixed = f_fixed,
	.facts = f_facts,
	.supported = f_supported,
	.open = f_open,
	.close = f_close,
	.vcpu = f_vcpu,
	.hypercall = f_hypercall,
	.counts = f_counts,
};

/* ---- a benchmark: one hypercall of 4 operations in a span, and spans without any ---- */

enum { CALL, TOUCH, RATE, VARIES };

static const struct gnb_param params[] = { GNB_CHOICE("batch", "4", "4,8", ""),
					   GNB_CHOICE("mapper", "translated", "translated,pv", ""),
					   GNB_CHOICE("flush", "count", "count,membarrier", ""),
					   { 0 } };
static const struct gnb_metric metrics[] = {
	[CALL] = { .name = "call", .unit = "ns/page", .work = GNB_WORK_MAP, .latency = true },
	[TOUCH] = { .name = "touch", .unit = "ns/page", .work = GNB_WORK_MAP, .guest = true },
	[RATE] = { .name = "rate", .unit = "MB/s", .better = GNB_HIGHER, .work = GNB_WORK_MAP },
	[VARIES] = { .name = "varies",
		     .unit = "ns/request",
		     .work = GNB_WORK_MAP,
		     .guest = true,
		     .calls = true },
	{ 0 }
};

static int b_setup(struct gnb_side *s)
{
	(void)s;
	return 0;
}

static int b_run(struct gnb_side *s, uint64_t iters)
{
	unsigned batch = gnb_u(s, "batch");

	for (uint64_t i = 0; i < iters; i++) {
		struct gnb_vcpu *v = s->t->vcpu(s->m, GNB_MAPPER, 0);

		gnb_start(s, CALL);
		s->t->hypercall(v, 0, NULL, batch);
		gnb_stop(s, CALL, batch);
		gnb_start(s, TOUCH);
		gnb_stop(s, TOUCH, batch);
		gnb_start(s, RATE);
		s->t->hypercall(v, 0, NULL, 1);
		gnb_stop(s, RATE, 4096);
		/* As a trace does: another piece in every round. */
		gnb_start(s, VARIES);
		s->t->hypercall(v, 0, NULL, 1 + s->round % 2);
		gnb_stop(s, VARIES, 1);
	}
	return 0;
}

static int b_verify(struct gnb_side *s)
{
	(void)s;
	return 0;
}

static void b_teardown(struct gnb_side *s)
{
	(void)s;
}

static const char *const headline[] = { "batch=4;flush=membarrier", NULL };
static const char *const centres[] = { "batch=4", "flush=membarrier", NULL };
static const struct gnb_bench bench = {
	.name = "fake_calls",
	.summary = "made up",
	.params = params,
	.metrics = metrics,
	.centres = centres,
	.headline = headline,
	.setup = b_setup,
	.run = b_run,
	.verify = b_verify,
	.teardown = b_teardown,
};
GNB_BENCH(bench);

/* One none of whose spans holds a hypercall. */
static const struct gnb_metric guest_metrics[] = {
	{ .name = "publish", .unit = "ns/grant", .guest = true }, { 0 }
};
static const struct gnb_bench guest_bench = {
	.name = "fake_guest",
	.summary = "made up",
	.params = params,
	.metrics = guest_metrics,
	.setup = b_setup,
	.run = b_run,
	.verify = b_verify,
	.teardown = b_teardown,
};
GNB_BENCH(guest_bench);

#endif
