// SPDX-License-Identifier: GPL-2.0-only
/*
 * Rounds, layouts and launches of a cell whose work is long against its time, on a made-up target: its own clock says
 * what is measured, so that nothing is dropped however busy this machine is.
 */
#include <math.h>

#include "fake.h"
#include "runner.h"
#include "tap.h"

#define RUN_NS 40000000ull

static const struct gnb_metric slow_metrics[] = { { .name = "slow", .unit = "ns/op" }, { 0 } };

static int slow_run(struct gnb_side *s, uint64_t iters)
{
	uint64_t end = gnb_now() + RUN_NS;

	gnb_start(s, 0);
	s->t->hypercall(s->t->vcpu(s->m, GNB_MAPPER, 0), 0, NULL, 1);
	gnb_stop(s, 0, 1);
	while (gnb_now() < end)
		;
	return iters ? 0 : -EINVAL;
}

static const struct gnb_bench slow = {
	.name = "slow",
	.metrics = slow_metrics,
	.setup = b_setup,
	.run = slow_run,
	.verify = b_verify,
	.teardown = b_teardown,
};

static void measure(double seconds, unsigned launches, struct gnb_outcome *o)
{
	static struct gnb_plan_cell pc = {
		.cell = { .bench = &slow, .target = &fake, .name = "slow" }
	};
	struct gnb_run_limits lim = { .seconds = seconds, .launches = launches, .timeout = 60 };

	gnb_compared_parse(&lim.compared, "v1", o->reason, sizeof(o->reason));
	gnb_run_cell(&pc, 0, &lim, o);
}

int main(void)
{
	struct gnb_estimate e;
	struct gnb_outcome o;

	exact = false;
	every = 0;
	/* A round takes 160 ms and new machines 80: three rounds to a layout would be five layouts in this time. */
	measure(3, 1, &o);
	e = gnb_outcome_ratio(&o, o.nlanes, 0, NULL, NULL);
	ok(o.status == GNB_OK && e.n >= GNB_ROUNDS_MIN && e.level == GNB_LEVEL,
	   "long rounds: a layout each, until they are enough for an interval: %zu (%s)", e.n,
	   o.reason);
	ok(e.value == 1 && e.lo == 1 && e.hi == 1, "of identical work");
	gnb_outcome_free(&o);

	/* Nothing of it fits in. */
	measure(0.001, 1, &o);
	e = gnb_outcome_ratio(&o, o.nlanes, 0, NULL, NULL);
	ok(o.done == GNB_ROUNDS_MIN && e.n == o.done, "without time: %u rounds, each on a layout",
	   o.done);
	gnb_outcome_free(&o);
	measure(0.001, GNB_ROUNDS_MIN, &o);
	e = gnb_outcome_ratio(&o, o.nlanes, 0, NULL, NULL);
	ok(o.done > 0 && o.done < GNB_ROUNDS_MIN && e.value == 1 && isnan(e.lo),
	   "of as many launches as an interval takes, each has to have a figure and no interval: %u "
	   "rounds",
	   o.done);
	gnb_outcome_free(&o);
	return tap_done();
}
