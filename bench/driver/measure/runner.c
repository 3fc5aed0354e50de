/* SPDX-License-Identifier: GPL-2.0-only */
/* A cell from its machines to its last round: counting, scaling, rounds, layouts. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnb/clock.h>

#include "callgrind.h"
#include "canary.h"
#include "judge.h"
#include "peer.h"
#include "ready.h"
#include "runner.h"
#include "threads.h"
#include "signalled.h"

/* A block is long against two clock reads and short against a scheduler's slice, so that on a busy
 * machine most rounds pass undisturbed. */
#define BLOCK_MAX_NS  250000ull
#define BLOCK_MIN_NS  50000ull
#define ROUNDS_WANTED 200
#define COUNT_TRIES   20

/* A cell may end after this share of its time if the interval of its control is narrow then, and
 * goes on beyond its time, as far as others left some, while it is wide. */
#define QUIET_SHARE    0.85
#define QUIET_WIDTH    0.002
#define QUIET_ROUNDS   100
#define RESTLESS_WIDTH 0.018

/* Machines are made anew this often in a cell's time, with their structures elsewhere: one layout
 * is one sample of what a version costs. More than GNB_ROUNDS_MIN, so that there is an interval. A
 * layout needs a few rounds, and more than LAYOUT_ROUNDS_MAX tell nothing that another would not
 * tell better. */
#define LAYOUTS		  10
#define LAYOUT_ROUNDS	  3
#define LAYOUT_ROUNDS_MAX 100

/* A round is 1 to 2 ms. Where the least work that there is takes longer than this, one makes a layout. */
#define LONG_ROUND_NS 10000000ull
/* Such a cell, if it has but one launch, goes on for so many shares until there are layouts for an interval. */
#define LAYOUT_SHARES 2

/* Under an exact clock nothing is left to chance but what comes from outside now and then: a few
 * rounds, on two layouts. */
#define EXACT_ROUNDS	    8
#define EXACT_LAYOUT_ROUNDS 4

/* For each metric the counts of the run with the least: what disturbs adds to the first count and takes nothing away. */
static void keep_counts(struct gnb_lane *l)
{
	bool first = !l->counting_runs++;

	for (unsigned i = 0; i < GNB_METRICS_MAX; i++) {
		const struct gnb_meter *m = &l->side.meter[i];
		uint64_t v = m->counts.v[0];

		if (first || v < l->counts[i].v[0]) {
			l->counts[i] = m->counts;
			l->counted_ops[i] = m->ops;
		}
		if (first || v > l->counts_most[i])
			l->counts_most[i] = v;
		/* Exact metrics have no spans of their own to be counted in. */
		l->counted |= l->counted_ops[i] > 0;
	}
}

/* Exact work per operation, the same in every run however fast the machine is. */
static int count_once(struct gnb_measure *c, struct gnb_lane *l)
{
	uint64_t iters = c->bench->iters ? c->bench->iters : 1;
	int rc = GNB_DROP;

	for (int i = 0; i < COUNT_TRIES && !gnb_measure_over(c); i++) {
		if (c->bench->fixed_iters && !l->open && (rc = gnb_lane_open(l)))
			return gnb_measure_lane(c, l, rc < 0 ? rc : -EIO);
		rc = gnb_lane_run(l, iters, GNB_RUN_COUNTED);
		if (c->bench->fixed_iters && rc >= 0) {
			int rc2 = gnb_lane_end_counted(l, rc == 0, !c->lim->counts_only);

			if (rc2)
				return gnb_measure_lane(c, l, rc2);
		}
		if (rc != GNB_DROP)
			break;
		gnb_callgrind_again(&l->side);
	}
	if (rc < 0)
		return gnb_measure_lane(c, l, rc);
	if (rc == 0)
		keep_counts(l);
	return 0;
}

/* As often as the target needs it to be undisturbed once. */
static int count(struct gnb_measure *c, struct gnb_lane *l)
{
	const struct gnb_target *t = l->side.t;
	bool any = t->count_names && t->count_names[0];
	unsigned n = any && t->counting_runs ? t->counting_runs : 1;
	int rc = 0;

	for (unsigned i = 0; i < n && !rc; i++)
		rc = count_once(c, l);
	return rc;
}

/* How many samples its interval would have. */
static unsigned layouts(const struct gnb_measure *c)
{
	return c->bench->fixed_iters ? c->o->done
	       : c->o->done	     ? c->o->layout[c->o->done - 1] + 1
				     : 0;
}

/*
 * Is the cell's time up? A quiet cell leaves some of its share to the restless ones. The decision
 * looks at how wide the interval is, never at where it lies, so it does not favour a result.
 */
static bool enough(struct gnb_measure *c, uint64_t now, uint64_t each)
{
	uint64_t spent = now - c->begin + each;
	bool look = c->o->done >= c->look_at;
	double w;

	/* Of several launches the interval is over them; and short rounds lack layouts only where nobody has time. */
	if (c->lim->launches < GNB_ROUNDS_MIN && each > LONG_ROUND_NS &&
	    layouts(c) < GNB_ROUNDS_MIN && spent <= LAYOUT_SHARES * c->share_ns)
		return false;
	if (spent < (uint64_t)((double)c->share_ns * QUIET_SHARE) || spent > c->most_ns || !look)
		return spent > c->most_ns;
	c->look_at = c->o->done + c->o->done / 8 + 1;
	w = gnb_judge_width(c);
	return spent < c->share_ns ? w <= QUIET_WIDTH && c->o->done >= QUIET_ROUNDS
				   : w <= RESTLESS_WIDTH;
}

/* each: how long a round takes. */
static bool layout_over(const struct gnb_measure *c, uint64_t now, uint64_t each)
{
	if (c->exact)
		return !c->bench->fixed_iters && c->layout_rounds >= EXACT_LAYOUT_ROUNDS;
	return !c->bench->fixed_iters &&
	       c->layout_rounds >= (each > LONG_ROUND_NS ? 1 : LAYOUT_ROUNDS) &&
	       (now >= c->layout_end || c->layout_rounds >= LAYOUT_ROUNDS_MAX);
}

static int rounds(struct gnb_measure *c)
{
	unsigned least = c->lim->repetitions		      ? c->lim->repetitions
			 : c->exact			      ? EXACT_ROUNDS
			 : c->lim->launches >= GNB_ROUNDS_MIN ? LAYOUT_ROUNDS
							      : GNB_ROUNDS_MIN;
	struct gnb_outcome *o = c->o;
	uint64_t t0 = gnb_now(),
		 floor_ns = (uint64_t)(c->lim->min_time * 1e9) * gnb_outcome_lanes(o);
	uint64_t quiet_ns = (uint64_t)((double)c->share_ns * QUIET_SHARE), used = t0 - c->begin;
	int rc;

	c->layout_ns = (quiet_ns > used ? quiet_ns - used : quiet_ns / 4) / LAYOUTS;
	c->layout_end = t0 + c->layout_ns;
	/* Those that there are were made in the order of the versions. */
	if (!c->exact && !c->bench->fixed_iters) {
		rc = gnb_measure_layout(c);
		if (rc)
			return rc;
		c->layout = 0;
	}
	while (o->done < c->max && !gnb_measure_over(c)) {
		uint64_t now = gnb_now(), each = o->done ? (now - t0) / o->done : 0;
		bool over = now - t0 >= floor_ns;

		if (c->exact)
			over = o->done >= least;
		/* Whom others leave no time gets more than the share, and then says so. */
		else if (over && o->done < least)
			over = now - c->begin > c->most_ns && o->dropped > least;
		else if (over)
			over = enough(c, now, each);
		if (over)
			break;
		rc = layout_over(c, now, each) ? gnb_measure_layout(c) : 0;
		if (!rc)
			rc = gnb_round(c);
		if (rc)
			return rc;
	}
	return 0;
}

/* Under callgrind all but this passes by unwatched, and quickly. */
static void count_only(struct gnb_measure *c)
{
	gnb_callgrind_watch(true);
	for (unsigned i = 0; i < gnb_outcome_lanes(c->o) && !count(c, &c->o->lanes[i]);)
		i++;
	gnb_callgrind_watch(false);
}

/* Of the threads that this cell has made by now; those of cells before it sleep. */
static int open_perf(struct gnb_measure *c)
{
	pid_t tid[GNB_THREADS_MAX];

	return gnb_perf_open(&c->o->perf, tid, gnb_threads_ids(tid, GNB_THREADS_MAX), c->lim->perf);
}

static void measure(struct gnb_measure *c)
{
	struct gnb_outcome *o = c->o;
	uint64_t block =
		(uint64_t)((double)c->share_ns * 0.8 / ROUNDS_WANTED / gnb_outcome_lanes(o));

	block = block > BLOCK_MAX_NS ? BLOCK_MAX_NS : block < BLOCK_MIN_NS ? BLOCK_MIN_NS : block;
	if (gnb_measure_peer(c))
		return;
	for (unsigned i = 0; i < gnb_outcome_lanes(o); i++)
		if (gnb_measure_warm(c, &o->lanes[i]))
			return;
	if (c->lim->counts_only) {
		count_only(c);
		return;
	}
	for (unsigned i = 0; i < gnb_outcome_lanes(o); i++) {
		if (count(c, &o->lanes[i]))
			return;
		if (gnb_measure_scale(c, &o->lanes[i], block))
			return;
	}
	gnb_canary(c, 0);
	if (open_perf(c))
		gnb_measure_fail(c, GNB_ERROR, "out of memory");
	else
		rounds(c);
	gnb_perf_close(&o->perf);
	gnb_canary(c, 1);
	gnb_peer_stop();
}

void gnb_run_cell(const struct gnb_plan_cell *pc, unsigned launch, const struct gnb_run_limits *lim,
		  struct gnb_outcome *o)
{
	struct gnb_measure c;

	gnb_measure_begin(&c, pc, launch, lim, o);
	if (o->status == GNB_OK)
		gnb_measure_open(&c, !c.exact && !lim->counts_only);
	if (o->status == GNB_OK)
		measure(&c);
	gnb_peer_stop();
	gnb_measure_close(&c);
	o->interrupted = gnb_signalled != 0;
	if (o->status == GNB_OK && gnb_now() - c.begin > c.timeout_ns) {
		char why[100];

		snprintf(why, sizeof(why), "not finished within --timeout=%g s", lim->timeout);
		gnb_measure_fail(&c, GNB_TIMEOUT, why);
	}
	if (o->status == GNB_OK && !lim->counts_only) {
		gnb_canary_judge(&c);
		gnb_judge(&c);
	}
	o->seconds = (double)(gnb_now() - c.begin) / 1e9;
}
