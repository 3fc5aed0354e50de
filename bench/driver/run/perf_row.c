/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of the processor and the kernel in a line of cells.jsonl. */
#include <string.h>

#include "json.h"
#include "perf_row.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

/* A counter for each operation, and which part of the time it was counted for if that was not all of it. */
static struct json_object *value(const struct gnb_perf_value *v, uint64_t ops)
{
	struct json_object *x;

	if (!v->running || !ops)
		return NULL;
	x = json_object_new_object();
	ADD(x, "per_op", gnb_json_number(v->n / (double)ops));
	if (v->running < v->enabled)
		ADD(x, "counted", gnb_json_number((double)v->running / (double)v->enabled));
	return x;
}

/* {event: {mode: value}} of one thread, or of all if thread is not less than their number. */
static struct json_object *events(const struct gnb_perf_sums *s, unsigned thread, uint64_t ops)
{
	struct json_object *all = json_object_new_object();

	for (unsigned e = 0; e < GNB_PERF_EVENTS; e++) {
		struct json_object *modes = NULL, *x;

		for (unsigned m = 0; m < GNB_PERF_MODES; m++) {
			struct gnb_perf_value v =
				thread < s->threads ? s->of[thread][e][m] : gnb_perf_total(s, e, m);

			x = value(&v, ops);
			if (!x)
				continue;
			if (!modes)
				modes = json_object_new_object();
			ADD(modes, gnb_perf_mode_names[m], x);
		}
		if (modes)
			ADD(all, gnb_perf_name(e), modes);
	}
	return all;
}

/* Of a version: all threads, and where there are several each of them. */
static struct json_object *version(const struct gnb_lane *l)
{
	struct json_object *x = json_object_new_object(), *threads;

	ADD(x, "version", gnb_json_string(l->side.version->name));
	ADD(x, "ops", json_object_new_uint64(l->total_ops));
	ADD(x, "events", events(&l->perf, l->perf.threads, l->total_ops));
	if (l->threads < 2)
		return x;
	threads = json_object_new_array();
	for (unsigned t = 0; t < l->perf.threads && t < l->threads; t++)
		json_object_array_add(threads, events(&l->perf, t, l->total_ops));
	ADD(x, "threads", threads);
	return x;
}

/* {event: {mode: why}} of what was asked for and is not there. */
static struct json_object *missing(const struct gnb_perf *p)
{
	struct json_object *all = json_object_new_object();

	for (unsigned e = 0; e < GNB_PERF_EVENTS; e++) {
		struct json_object *modes = NULL;

		for (unsigned m = 0; m < GNB_PERF_MODES; m++) {
			if (!p->why[e][m])
				continue;
			if (!modes)
				modes = json_object_new_object();
			ADD(modes, gnb_perf_mode_names[m],
			    gnb_json_string(gnb_perf_why(p->why[e][m])));
		}
		if (modes)
			ADD(all, gnb_perf_name(e), modes);
	}
	return all;
}

/* All versions together, as every run has it. */
static struct json_object *plain(const struct gnb_outcome *o)
{
	struct json_object *all = json_object_new_object();

	for (unsigned e = 0; e < GNB_PERF_PLAIN && o->perf.available; e++) {
		uint64_t ops = 0, running = 0;
		double n = 0;

		for (unsigned i = 0; i < gnb_outcome_lanes(o); i++) {
			ops += o->lanes[i].total_ops;
			for (unsigned m = 0; m < GNB_PERF_MODES; m++) {
				struct gnb_perf_value v = gnb_perf_total(&o->lanes[i].perf, e, m);

				n += v.n;
				running += v.running;
			}
		}
		if (ops && running)
			ADD(all, gnb_perf_name(e), gnb_json_number(n / (double)ops));
	}
	return all;
}

struct json_object *gnb_perf_json(const struct gnb_outcome *o)
{
	struct json_object *p = json_object_new_object(), *versions;

	ADD(p, "available", json_object_new_boolean(o->perf.available));
	ADD(p, "reason", o->perf.reason[0] ? gnb_json_string(o->perf.reason) : NULL);
	ADD(p, "events", plain(o));
	if (!o->perf.full)
		return p;
	versions = json_object_new_array();
	for (unsigned i = 0; i < o->nlanes; i++)
		if (o->lanes[i].total_ops)
			json_object_array_add(versions, version(&o->lanes[i]));
	ADD(p, "versions", versions);
	ADD(p, "missing", missing(&o->perf));
	return p;
}
