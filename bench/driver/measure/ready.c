// SPDX-License-Identifier: GPL-2.0-only
/* A cell made ready for its rounds: lanes opened, warmed up, scaled, laid out anew, and closed. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnb/clock.h>

#include "canary.h"
#include "peer.h"
#include "ready.h"
#include "signalled.h"

void gnb_measure_begin(struct gnb_measure *c, const struct gnb_plan_cell *pc, unsigned launch,
		       const struct gnb_run_limits *lim, struct gnb_outcome *o)
{
	*c = (struct gnb_measure){ .o = o,
				   .lim = lim,
				   .bench = pc->cell.bench,
				   .begin = gnb_now(),
				   .exact = gnb_target_clock(pc->cell.target)->exact };
	memset(o, 0, sizeof(*o));
	o->pc = pc;
	o->launch = launch;
	o->counts_only = lim->counts_only;
	o->base = -1;
	o->cfg = pc->cell.machine;
	snprintf(o->perf.reason, sizeof(o->perf.reason), "not measured");
	c->share_ns = (uint64_t)(lim->seconds * 1e9);
	c->most_ns = lim->most > lim->seconds ? (uint64_t)(lim->most * 1e9) : c->share_ns;
	c->timeout_ns = (uint64_t)(lim->timeout * 1e9);
	c->max = lim->repetitions > GNB_ROUNDS_MAX ? lim->repetitions : GNB_ROUNDS_MAX;
	/* The same cell draws the same lots: a run can be repeated. */
	c->lot = 0x9e3779b97f4a7c15ull + launch;
	for (const char *p = pc->cell.name; *p; p++)
		c->lot = (c->lot ^ (unsigned char)*p) * 0x100000001b3ull;
	c->lot |= 1;
	o->lanes = calloc(GNB_LANES_MAX, sizeof(*o->lanes));
	o->layout = calloc(c->max, sizeof(*o->layout));
	if (!o->lanes || !o->layout)
		gnb_measure_fail(c, GNB_ERROR, "out of memory");
	else if (lim->counts_only && gnb_contenders(&pc->cell) > 1)
		gnb_measure_fail(c, GNB_SKIPPED, "instructions of several threads are not exact");
}

void gnb_measure_close(struct gnb_measure *c)
{
	struct gnb_outcome *o = c->o;

	for (unsigned i = 0; i < gnb_outcome_lanes(o); i++) {
		int rc = gnb_lane_close(&o->lanes[i], o->status == GNB_OK && !gnb_signalled);

		gnb_measure_lane(c, &o->lanes[i], rc);
	}
}

/* Note why a version is absent: once for all versions that are absent for the same reason. */
static void note_absent(char *skipped, size_t len, const char *why)
{
	const char *reason = strchr(why, ':'), *old = strchr(skipped, ':');
	size_t n = strlen(skipped);
	char all[512];

	if (!n) {
		snprintf(skipped, len, "%s", why);
	} else if (reason && old && !strcmp(reason, old)) {
		snprintf(all, sizeof(all), "%.*s, %s", (int)(old - skipped), skipped, why);
		snprintf(skipped, len, "%s", all);
	} else {
		snprintf(skipped + n, len - n, "; %s", why);
	}
}

/* Metrics that the target's clock does not see have no row: say so once. */
static void note_unseen(const struct gnb_measure *c, char *text, size_t len)
{
	const struct gnb_metric *m = c->bench->metrics;
	size_t n = strlen(text);

	for (unsigned i = 0; m[i].name; i++)
		if (gnb_metric_unseen(&m[i], c->o->lanes[0].side.clock) && n < len)
			n += (size_t)snprintf(text + n, len - n,
					      "%s%s: left out: the clock sees hypercalls only, and "
					      "this is the guest's own work too",
					      n ? "; " : "", m[i].name);
}

/* The control: the version of the baseline once more, as if it were another. */
static void open_control(struct gnb_measure *c)
{
	struct gnb_outcome *o = c->o;
	struct gnb_lane *l = &o->lanes[o->nlanes];
	int rc = gnb_lane_init(l, &o->pc->cell, o->lanes[o->base].side.version, c->lim->quick,
			       c->max);

	o->control = true;
	if (rc)
		gnb_measure_fail(c, GNB_ERROR, "out of memory");
	else
		gnb_measure_lane(c, l, gnb_lane_open(l));
}

void gnb_measure_open(struct gnb_measure *c, bool control)
{
	const struct gnb_version *v[GNB_VERSIONS_MAX];
	unsigned n = gnb_compared_in(&c->lim->compared, c->bench, v);
	struct gnb_outcome *o = c->o;
	char skipped[512] = "";

	for (unsigned i = 0; i < n; i++) {
		struct gnb_lane *l = &o->lanes[o->nlanes];
		int rc;

		rc = gnb_lane_init(l, &o->pc->cell, v[i], c->lim->quick, c->max);
		if (rc) {
			gnb_lane_free(l);
			gnb_measure_fail(c, GNB_ERROR, "out of memory");
			return;
		}
		rc = gnb_lane_open(l);
		if (rc == -EOPNOTSUPP || rc == -EPERM) {
			note_absent(skipped, sizeof(skipped), l->why);
			gnb_lane_free(l);
			continue;
		}
		o->nlanes++;
		if (rc) {
			gnb_measure_lane(c, l, rc);
			return;
		}
	}
	if (!o->nlanes)
		gnb_measure_fail(c, GNB_SKIPPED,
				 *skipped ? skipped : "none of --versions is compared here");
	else
		snprintf(o->reason, sizeof(o->reason), "%s", skipped);
	if (o->nlanes) {
		note_unseen(c, o->reason, sizeof(o->reason));
		o->base = 0;
		o->cfg = o->lanes[0].cfg;
	}
	if (o->nlanes && control)
		open_control(c);
}

int gnb_measure_peer(struct gnb_measure *c)
{
	int rc;

	if (c->o->cfg.flush != GNB_FLUSH_MEMBARRIER || c->lim->counts_only ||
	    gnb_contenders(&c->o->pc->cell) > 1)
		return 0;
	c->peer = true;
	rc = gnb_peer_start();
	if (rc)
		gnb_measure_fail(
			c, GNB_SKIPPED,
			rc == -EOPNOTSUPP
				? "flush=membarrier needs a second core for the running peer"
				: "the running peer cannot be started");
	return rc;
}

int gnb_measure_warm(struct gnb_measure *c, struct gnb_lane *l)
{
	uint64_t iters = c->bench->iters ? c->bench->iters : 1;

	for (int i = 0; i < 2 && !c->bench->fixed_iters; i++) {
		int rc = gnb_lane_run(l, iters, GNB_RUN_WARM);

		if (rc < 0)
			return gnb_measure_lane(c, l, rc);
	}
	return 0;
}

int gnb_measure_scale(struct gnb_measure *c, struct gnb_lane *l, uint64_t block_ns)
{
	uint64_t iters = c->bench->iters ? c->bench->iters : 1;

	/* More of the same does not make its figures better, and wall time is not the same in every run. */
	if (c->exact || c->bench->fixed_iters) {
		l->iters = iters;
		return 0;
	}
	while (!gnb_measure_over(c)) {
		uint64_t t = gnb_now();
		int rc = gnb_lane_run(l, iters, GNB_RUN_WARM);
		double factor;

		if (rc < 0)
			return gnb_measure_lane(c, l, rc);
		t = gnb_now() - t;
		/* One preemption here would shorten every block of the cell. */
		for (int i = 0; i < 2 && t > block_ns / 2 && t < 4 * block_ns; i++) {
			uint64_t again = gnb_now();

			rc = gnb_lane_run(l, iters, GNB_RUN_WARM);
			if (rc < 0)
				return gnb_measure_lane(c, l, rc);
			again = gnb_now() - again;
			t = again < t ? again : t;
		}
		factor = (double)block_ns / (double)(t ? t : 1);
		if (factor < 1.3 || iters > 1ull << 40) {
			l->iters = (uint64_t)((double)iters * factor);
			break;
		}
		iters = (uint64_t)((double)iters * (factor > 10 ? 10 : factor)) + 1;
	}
	if (!l->iters)
		l->iters = 1;
	return 0;
}

int gnb_measure_layout(struct gnb_measure *c)
{
	struct gnb_outcome *o = c->o;
	unsigned order[GNB_LANES_MAX], n = gnb_outcome_lanes(o);

	gnb_draw_order(c, order);
	for (unsigned i = 0; i < n; i++) {
		struct gnb_lane *l = &o->lanes[order[i]];
		int rc = gnb_lane_close(l, false);

		if (rc < 0)
			return gnb_measure_lane(c, l, rc);
	}
	gnb_draw_order(c, order);
	for (unsigned i = 0; i < n; i++) {
		struct gnb_lane *l = &o->lanes[order[i]];
		int rc;

		l->layout = gnb_rand(&c->lot);
		rc = gnb_lane_open(l);
		/* Tables and handles are made at the first use. */
		if (!rc)
			rc = gnb_lane_run(l, l->iters, GNB_RUN_WARM);
		if (rc < 0)
			return gnb_measure_lane(c, l, rc);
	}
	c->layout++;
	c->layout_rounds = 0;
	c->layout_end = gnb_now() + c->layout_ns;
	return 0;
}
