/* SPDX-License-Identifier: GPL-2.0-only */
/* One round of a cell, and which of its runs can be trusted. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <gnb/clock.h>

#include "peer.h"
#include "round.h"
#include "signalled.h"

/* Beside a neighbour that takes half of a core, one of three runs passes undisturbed: 20 are
 * enough. */
#define TRIES 20

/* How often a round's work is done under an exact clock. */
#define EXACT_TRIES 3

bool gnb_measure_over(const struct gnb_measure *c)
{
	return gnb_signalled || gnb_now() - c->begin > c->timeout_ns;
}

void gnb_measure_fail(struct gnb_measure *c, enum gnb_status status, const char *why)
{
	char all[sizeof(c->o->reason)];

	if (c->o->status != GNB_OK)
		return;
	c->o->status = status;
	/* Why a version is absent stays there, behind. */
	snprintf(all, sizeof(all), "%.250s%s%.250s", why, c->o->reason[0] ? "; " : "",
		 c->o->reason);
	memcpy(c->o->reason, all, sizeof(all));
}

int gnb_measure_lane(struct gnb_measure *c, const struct gnb_lane *l, int rc)
{
	if (rc < 0)
		gnb_measure_fail(c, GNB_ERROR, l->why);
	return rc;
}

static uint64_t thread_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

/*
 * A run in which this thread was not running for a while says what the scheduler did. It is
 * recognized by CPU time, never by how long the work took: nothing is dropped for being slow.
 */
static bool was_running(uint64_t wall, uint64_t cpu)
{
	return cpu + wall / 50 + 3000 >= wall;
}

/* One timed run into the round. 0, GNB_DROP or -errno. */
static int timed(struct gnb_measure *c, struct gnb_lane *l)
{
	struct gnb_peer_mark mark;
	uint64_t wall, cpu;
	bool preempted;
	int rc;

	if (c->bench->fixed_iters) {
		l->layout = gnb_rand(&c->lot);
		rc = gnb_lane_open(l);
		if (rc)
			return gnb_measure_lane(c, l, rc < 0 ? rc : -EIO);
	}
	gnb_lane_spans_begin(l);
	if (c->peer)
		gnb_peer_begin(&mark);
	gnb_perf_on(&c->o->perf);
	cpu = thread_ns();
	wall = gnb_now();
	rc = gnb_lane_run(l, l->iters, GNB_RUN_TIMED);
	wall = gnb_now() - wall;
	cpu = thread_ns() - cpu;
	gnb_perf_off(&c->o->perf);
	if (c->peer && rc == 0 && !gnb_peer_ran(&mark))
		rc = GNB_DROP;
	/* The target's own clock does not run while this thread does not. */
	preempted = rc == 0 && !l->side.clock->now && !was_running(wall, cpu);
	if (rc == 0 && !preempted)
		rc = gnb_lane_figures(l);
	/* A span during which we were preempted is still a latency that a guest would see. */
	if (rc == 0)
		gnb_lane_spans_keep(l);
	if (gnb_perf_take(&c->o->perf, rc == 0 && !preempted ? &l->perf : NULL) && rc >= 0)
		rc = -ENOMEM;
	if (rc == 0 && !preempted)
		rc = gnb_lane_add(l, true);
	if (c->bench->fixed_iters) {
		int rc2 = gnb_lane_close(l, rc == 0);

		if (rc2 && rc >= 0)
			rc = rc2;
	}
	return gnb_measure_lane(c, l, rc == 0 && preempted ? GNB_DROP : rc);
}

/* The same until it can be trusted. */
static int trusted(struct gnb_measure *c, struct gnb_lane *l)
{
	int rc = GNB_DROP;

	for (unsigned i = 0; i < TRIES && !gnb_measure_over(c); i++) {
		rc = timed(c, l);
		if (rc != GNB_DROP)
			return rc;
		c->o->asked++;
		c->o->dropped++;
	}
	return rc;
}

/*
 * Under an exact clock: the same work a few times. What comes between, such as an interrupt of the
 * hypervisor's, only adds: the least of each metric is the work itself.
 */
static int exact_round(struct gnb_measure *c, struct gnb_lane *l)
{
	uint64_t spent[GNB_METRICS_MAX], ops[GNB_METRICS_MAX];

	for (unsigned try = 0; try < EXACT_TRIES; try++) {
		int rc;

		gnb_lane_round_begin(l);
		rc = trusted(c, l);
		if (rc)
			return rc;
		for (unsigned i = 0; i < GNB_METRICS_MAX; i++)
			if (!try || l->spent[i] < spent[i]) {
				spent[i] = l->spent[i];
				ops[i] = l->ops[i];
			}
	}
	memcpy(l->spent, spent, sizeof(spent));
	memcpy(l->ops, ops, sizeof(ops));
	return 0;
}

/* The baseline and its control go through this as any other version does. */
static int lane_round(struct gnb_measure *c, struct gnb_lane *l)
{
	/* What the side before left in the caches must not fall on the first run alone. */
	if (!c->bench->fixed_iters) {
		int rc = gnb_lane_run(l, l->iters / 8 + 1, GNB_RUN_WARM);

		if (rc < 0)
			return gnb_measure_lane(c, l, rc);
	}
	return c->exact ? exact_round(c, l) : trusted(c, l);
}

void gnb_draw_order(struct gnb_measure *c, unsigned *order)
{
	for (unsigned i = 0; i < gnb_outcome_lanes(c->o); i++) {
		unsigned j = (unsigned)((gnb_rand(&c->lot) >> 32) % (i + 1));

		order[i] = order[j];
		order[j] = i;
	}
}

int gnb_round(struct gnb_measure *c)
{
	struct gnb_outcome *o = c->o;
	unsigned order[GNB_LANES_MAX], n = gnb_outcome_lanes(o);
	int rc = 0;

	gnb_draw_order(c, order);
	for (unsigned i = 0; i < n; i++) {
		gnb_lane_round_begin(&o->lanes[i]);
		o->lanes[i].side.round = o->done;
	}
	for (unsigned i = 0; !rc && i < n; i++)
		rc = lane_round(c, &o->lanes[order[i]]);
	if (rc)
		return rc < 0 ? rc : 0;
	for (unsigned i = 0; i < n; i++)
		gnb_lane_round_keep(&o->lanes[i], o->done);
	o->layout[o->done] = c->bench->fixed_iters ? o->done : c->layout;
	c->layout_rounds++;
	o->asked++;
	o->done++;
	return 0;
}
