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

/* One timed run into a part of the round. 0, GNB_DROP or -errno. */
static int timed(struct gnb_measure *c, struct gnb_lane *l, unsigned part, uint64_t iters)
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
	rc = gnb_lane_run(l, iters, GNB_RUN_TIMED);
	wall = gnb_now() - wall;
	cpu = thread_ns() - cpu;
	gnb_perf_off(&c->o->perf);
	if (c->peer && rc == 0 && !gnb_peer_ran(&mark))
		rc = GNB_DROP;
	/* The target's own clock does not run while this thread does not. */
	preempted = rc == 0 && !l->side.clock->now && !was_running(wall, cpu);
	/* A span during which we were preempted is still a latency that a guest would see. */
	if (rc == 0)
		gnb_lane_spans_keep(l);
	if (rc == 0 && !preempted)
		rc = gnb_lane_add(l, part);
	if (c->bench->fixed_iters) {
		int rc2 = gnb_lane_close(l, rc == 0);

		if (rc2 && rc >= 0)
			rc = rc2;
	}
	return gnb_measure_lane(c, l, rc == 0 && preempted ? GNB_DROP : rc);
}

/* The same until it can be trusted. */
static int trusted(struct gnb_measure *c, struct gnb_lane *l, unsigned part, uint64_t iters)
{
	int rc = GNB_DROP;

	for (unsigned i = 0; i < TRIES && !gnb_measure_over(c); i++) {
		rc = timed(c, l, part, iters);
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
		rc = trusted(c, l, 0, l->iters);
		if (rc)
			return rc;
		for (unsigned i = 0; i < GNB_METRICS_MAX; i++)
			if (!try || l->spent[0][i] < spent[i]) {
				spent[i] = l->spent[0][i];
				ops[i] = l->ops[0][i];
			}
	}
	memcpy(l->spent[0], spent, sizeof(spent));
	memcpy(l->ops[0], ops, sizeof(ops));
	return 0;
}

static int lane_round(struct gnb_measure *c, struct gnb_lane *l)
{
	static const unsigned char abba[] = { 0, 1, 1, 0 }, baab[] = { 1, 0, 0, 1 };
	const unsigned char *order = gnb_rand(&c->lot) >> 63 ? baab : abba;
	unsigned parts = c->bench->fixed_iters || l->iters < 4 ? 2 : 4;
	int rc = 0;

	/* What the side before left in the caches must not fall on the first run alone. */
	if (!c->bench->fixed_iters) {
		rc = gnb_lane_run(l, l->iters / 8 + 1, GNB_RUN_WARM);
		if (rc < 0)
			return gnb_measure_lane(c, l, rc);
	}
	if (c->exact)
		return exact_round(c, l);
	if (!l->self)
		return trusted(c, l, 0, l->iters);
	for (unsigned i = 0; !rc && i < parts; i++)
		rc = trusted(c, l, order[i], parts == 4 ? l->iters / 2 : l->iters);
	return rc;
}

int gnb_round(struct gnb_measure *c)
{
	struct gnb_outcome *o = c->o;
	unsigned order[GNB_VERSIONS_MAX], n = o->nlanes;
	int rc = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned j = (unsigned)((gnb_rand(&c->lot) >> 32) % (i + 1));

		order[i] = order[j];
		order[j] = i;
		gnb_lane_round_begin(&o->lanes[i]);
		o->lanes[i].side.round = o->done;
	}
	for (unsigned i = 0; !rc && i < n; i++)
		rc = lane_round(c, &o->lanes[order[i]]);
	if (rc)
		return rc < 0 ? rc : 0;
	for (unsigned i = 0; i < n; i++)
		gnb_lane_round_keep(&o->lanes[i], o->done,
				    o->lanes[i].self && gnb_rand(&c->lot) >> 63);
	o->layout[o->done] = c->bench->fixed_iters ? o->done : c->layout;
	c->layout_rounds++;
	o->asked++;
	o->done++;
	return 0;
}
