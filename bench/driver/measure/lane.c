/* SPDX-License-Identifier: GPL-2.0-only */
/* A side of a cell with its machine, from opening to the samples of each round. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hist.h"
#include "input.h"
#include "lane.h"
#include "metric.h"
#include "supported.h"

int gnb_lane_init(struct gnb_lane *l, const struct gnb_cell *cell,
		  const struct gnb_version *version, bool quick, unsigned max)
{
	const struct gnb_metric *m = cell->bench->metrics;

	memset(l, 0, sizeof(*l));
	l->side.cell = cell;
	l->side.t = cell->target;
	l->side.clock = gnb_target_clock(cell->target);
	l->side.slow = l->side.clock->now != NULL;
	l->side.version = version;
	l->side.quick = quick;
	for (unsigned i = 0; i < GNB_METRICS_MAX; i++)
		l->exact[i] = NAN;
	for (unsigned i = 0; m[i].name && i < GNB_METRICS_MAX; i++) {
		l->sample[i] = calloc(max, sizeof(double));
		if (!l->sample[i])
			return -ENOMEM;
		if (!m[i].latency)
			continue;
		l->hist[i] = calloc(1, sizeof(*l->hist[i]));
		l->scratch[i] = calloc(1, sizeof(*l->scratch[i]));
		if (!l->hist[i] || !l->scratch[i])
			return -ENOMEM;
	}
	for (unsigned i = 0; i < gnb_cores() && i < GNB_THREADS_MAX; i++) {
		l->share[i] = calloc(max, sizeof(double));
		if (!l->share[i])
			return -ENOMEM;
	}
	return 0;
}

void gnb_lane_free(struct gnb_lane *l)
{
	for (unsigned i = 0; i < GNB_METRICS_MAX; i++) {
		free(l->sample[i]);
		free(l->hist[i]);
		free(l->scratch[i]);
	}
	for (unsigned i = 0; i < GNB_THREADS_MAX; i++)
		free(l->share[i]);
	gnb_perf_sums_free(&l->perf);
}

static int failed(struct gnb_lane *l, int rc, const char *what, const char *why)
{
	if (!l->why[0])
		snprintf(l->why, sizeof(l->why), "%s: %s: %s", l->side.version->name, what,
			 why && *why ? why : strerror(-rc));
	return rc;
}

int gnb_lane_open(struct gnb_lane *l)
{
	const struct gnb_bench *b = l->side.cell->bench;
	const char *why = NULL;
	char leak[200] = "";
	int rc;

	rc = gnb_side_supported(&l->side, &l->cfg, &why);
	if (rc)
		return failed(l, rc, "not supported", why);
	rc = gnb_input_same(l->side.cell, leak, sizeof(leak));
	if (rc)
		return failed(l, rc, "its input", leak);
	l->cfg.layout = l->layout;
	if (l->side.t->cell)
		l->side.t->cell(l->side.cell->name, l->side.version);
	rc = l->side.t->open(&l->cfg, &l->side.m, &why);
	if (rc)
		return failed(l, rc, "cannot make the machine", why);
	rc = b->setup(&l->side);
	if (rc) {
		failed(l, rc, "set-up", l->side.why);
		l->side.t->close(l->side.m, leak, sizeof(leak));
		gnb_keep_end(&l->side);
		return rc;
	}
	l->open = true;
	return 0;
}

int gnb_lane_close(struct gnb_lane *l, bool verify)
{
	const struct gnb_bench *b = l->side.cell->bench;
	char leak[200] = "";
	int rc = 0, rc2;

	if (!l->open)
		return 0;
	l->open = false;
	if (verify) {
		l->side.why[0] = '\0';
		rc = b->verify(&l->side);
		if (rc)
			failed(l, rc, "wrong effect", l->side.why);
	}
	if (b->teardown)
		b->teardown(&l->side);
	if (l->side.t->waits)
		l->side.t->waits(l->side.m, &l->waits);
	rc2 = l->side.t->close(l->side.m, leak, sizeof(leak));
	gnb_keep_end(&l->side);
	l->side.m = NULL;
	l->side.priv = NULL;
	if (rc2 && !rc)
		rc = failed(l, rc2, "left behind", leak);
	return rc;
}

int gnb_lane_run(struct gnb_lane *l, uint64_t iters, enum gnb_run_kind kind)
{
	struct gnb_side *s = &l->side;
	bool counting = kind == GNB_RUN_COUNTED;
	int rc;

	for (unsigned i = 0; i < GNB_METRICS_MAX; i++) {
		struct gnb_meter *m = &s->meter[i];

		m->spent = m->ops = 0;
		m->exact = NAN;
		m->hist = kind == GNB_RUN_TIMED ? l->scratch[i] : NULL;
		if (counting)
			memset(&m->counts, 0, sizeof(m->counts));
	}
	s->threads = 0;
	memset(s->thread_ops, 0, sizeof(s->thread_ops));
	s->counting = counting;
	s->slow = counting || s->clock->now;
	s->why[0] = '\0';
	s->open = 0;
	s->leak = NULL;
	rc = s->cell->bench->run(s, iters);
	if (s->leak)
		rc = gnb_fail(
			s, -EPROTO,
			"what prepares or checks operations is inside a span of %s and would be "
			"measured",
			s->leak);
	s->open = 0;
	s->counting = false;
	s->slow = s->clock->now != NULL;
	return rc < 0 ? failed(l, rc, "run", s->why) : rc;
}

int gnb_lane_figures(struct gnb_lane *l)
{
	const struct gnb_bench *b = l->side.cell->bench;
	int rc = b->fixed_iters && b->figures ? b->figures(&l->side) : 0;

	return rc ? failed(l, rc, "figures", l->side.why) : 0;
}

int gnb_lane_add(struct gnb_lane *l, bool timed)
{
	const struct gnb_metric *m = l->side.cell->bench->metrics;
	bool first = true;

	for (unsigned i = 0; m[i].name && i < GNB_METRICS_MAX; i++) {
		const struct gnb_meter *from = &l->side.meter[i];

		if (m[i].exact) {
			char why[160];

			if (!isnan(l->exact[i]) && from->exact != l->exact[i]) {
				snprintf(why, sizeof(why), "%s was %.10g %s, then %.10g", m[i].name,
					 l->exact[i], m[i].unit, from->exact);
				return failed(l, -EILSEQ, "not exact", why);
			}
			l->exact[i] = from->exact;
			continue;
		}
		if (!timed)
			continue;
		l->spent[i] += from->spent;
		l->ops[i] += from->ops;
		if (first)
			l->total_ops += from->ops;
		first = false;
	}
	if (!timed)
		return 0;
	l->threads = l->side.threads;
	for (unsigned i = 0; i < l->threads && i < GNB_THREADS_MAX; i++)
		l->thread_ops[i] += l->side.thread_ops[i];
	return 0;
}

int gnb_lane_end_counted(struct gnb_lane *l, bool verify, bool exact)
{
	int rc = verify && exact ? gnb_lane_figures(l) : 0, rc2;

	if (!rc && verify && exact)
		rc = gnb_lane_add(l, false);
	rc2 = gnb_lane_close(l, verify && !rc);
	return rc ? rc : rc2;
}

void gnb_lane_round_begin(struct gnb_lane *l)
{
	memset(l->spent, 0, sizeof(l->spent));
	memset(l->ops, 0, sizeof(l->ops));
	memset(l->thread_ops, 0, sizeof(l->thread_ops));
}

void gnb_lane_spans_begin(struct gnb_lane *l)
{
	for (unsigned i = 0; i < GNB_METRICS_MAX; i++)
		if (l->scratch[i] && l->scratch[i]->n)
			gnb_hist_reset(l->scratch[i]);
}

void gnb_lane_spans_keep(struct gnb_lane *l)
{
	for (unsigned i = 0; i < GNB_METRICS_MAX; i++)
		if (l->scratch[i])
			gnb_hist_merge(l->hist[i], l->scratch[i]);
}

void gnb_lane_round_keep(struct gnb_lane *l, unsigned at)
{
	const struct gnb_metric *m = l->side.cell->bench->metrics;
	uint64_t sum = 0;

	for (unsigned i = 0; m[i].name && i < GNB_METRICS_MAX; i++)
		l->sample[i][at] = gnb_metric_value(&m[i], l->side.clock, l->spent[i], l->ops[i]);
	for (unsigned i = 0; i < l->threads && i < GNB_THREADS_MAX; i++)
		sum += l->thread_ops[i];
	for (unsigned i = 0; i < l->threads && i < GNB_THREADS_MAX; i++)
		if (l->share[i])
			l->share[i][at] = sum ? (double)l->thread_ops[i] / (double)sum : NAN;
}
