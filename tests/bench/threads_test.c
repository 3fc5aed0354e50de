// SPDX-License-Identifier: GPL-2.0-only
/* A span of several threads, and what each of them did in a run. */
#include <gnb/bench.h>

#include "lane.h"
#include "tap.h"
#include "threads.h"
#include "topo.h"

static const struct gnb_metric metrics[] = { { .name = "op", .unit = "ns/op" }, { 0 } };
static unsigned runs, threads;

/* Thread 0 has done a thousand times as much in the first run. */
static int fn(struct gnb_side *s, unsigned i, void *arg)
{
	(void)arg;
	s->thread_ops[i] += i || runs ? 1 : 1000;
	return 0;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	int rc = 0;

	for (uint64_t n = 0; n < iters && rc >= 0; n++)
		rc = gnb_threads_span(s, 0, threads, fn, NULL);
	runs++;
	return rc;
}

static int nothing(struct gnb_side *s)
{
	(void)s;
	return 0;
}

static void teardown(struct gnb_side *s)
{
	(void)s;
}

static const struct gnb_bench bench = {
	.name = "threads",
	.metrics = metrics,
	.setup = nothing,
	.run = run,
	.verify = nothing,
	.teardown = teardown,
};

int main(void)
{
	struct gnb_cell cell = { .bench = &bench,
				 .target = gnb_target_default(),
				 .name = "threads" };
	struct gnb_lane l;
	uint64_t before;
	char err[256];

	if (gnb_topo_init("none", "any", err, sizeof(err)) ||
	    gnb_lane_init(&l, &cell, gnb_version_find("v1", 2), false, 8)) {
		ok(false, "a lane");
		return tap_done();
	}
	threads = gnb_cores() < 2 ? 1 : 2;
	before = gnb_now();
	ok(gnb_lane_run(&l, 3, GNB_RUN_WARM) >= 0 &&
		   l.side.meter[0].ops == (threads == 2 ? 3003 : 3000),
	   "the operations of all threads are the span's: %lu", l.side.meter[0].ops);
	ok(l.side.meter[0].spent <= gnb_now() - before, "it lasts no longer than it lasted");
	gnb_lane_round_begin(&l);
	ok(gnb_lane_run(&l, 3, GNB_RUN_TIMED) >= 0 && !gnb_lane_add(&l, true) &&
		   l.total_ops == 3 * threads,
	   "and of a later run, what was done in it");
	if (threads == 2)
		ok(l.thread_ops[0] == 3 && l.thread_ops[1] == 3,
		   "shares are of the round, not of all that came before: %lu and %lu",
		   l.thread_ops[0], l.thread_ops[1]);
	threads = 1;
	ok(gnb_lane_run(&l, 1, GNB_RUN_WARM) >= 0 && !l.side.threads,
	   "a single thread has no share");
	gnb_lane_free(&l);
	gnb_threads_exit();
	gnb_topo_exit();
	return tap_done();
}
