// SPDX-License-Identifier: GPL-2.0-only
/* Google Benchmark's JSON as its own tools read it: times only, a row for each launch. */
#include <stdlib.h>

#include "export_benchmark.h"
#include "format.h"
#include "units.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

struct shape {
	struct gnb_out x; /* first: what gnb_out_each() hands on is it */
	struct json_object *rows;
	size_t family;
	const struct gnb_rec_bench *bench; /* the family's */
	int instance;
};

static void repetition(struct shape *g, const struct gnb_series *s, const char *name,
		       const struct gnb_rec_row *row, unsigned k)
{
	const char *threads = gnb_rec_param(s->cell, "threads");
	struct json_object *o = json_object_new_object();
	int n = threads ? atoi(threads) : 1;

	ADD(o, "name", gnb_json_string(name));
	ADD(o, "family_index", json_object_new_int64((int64_t)g->family - 1));
	ADD(o, "per_family_instance_index", json_object_new_int(g->instance));
	ADD(o, "run_name", gnb_json_string(name));
	ADD(o, "run_type", gnb_json_string("iteration"));
	ADD(o, "repetitions", json_object_new_int64(s->launches));
	ADD(o, "repetition_index", json_object_new_int64(k));
	ADD(o, "threads", json_object_new_int(n > 0 ? n : 1));
	ADD(o, "iterations", json_object_new_int64(row->value.n ? (int64_t)row->value.n : 1));
	ADD(o, "real_time", gnb_json_number(row->value.value));
	ADD(o, "cpu_time", gnb_json_number(row->value.value));
	ADD(o, "time_unit", gnb_json_string(gnb_unit_of_time(s->unit)));
	ADD(o, "label", gnb_json_string(s->unit));
	if (row->counts) {
		json_object_object_foreach(row->counts, key, v) ADD(o, key, json_object_get(v));
	}
	json_object_array_add(g->rows, o);
}

static void rows(struct gnb_out *x, const struct gnb_series *s)
{
	struct shape *g = (struct shape *)x;
	char name[GNB_SERIES_SHORT + 1];
	struct gnb_buf rest = { 0 };
	unsigned k = 0;

	/* The shape's tools give up at a unit that is none of its times. */
	if (s->kind != GNB_SERIES_VALUE || !gnb_unit_of_time(s->unit)) {
		x->written--;
		/* A ratio and a count are no rows here, and those that are no times cannot be. */
		x->left_out += s->kind == GNB_SERIES_VALUE;
		return;
	}
	if (g->bench != s->cell->bench) {
		g->bench = s->cell->bench;
		g->family++;
		g->instance = 0;
	}
	gnb_series_rest(s, &rest);
	x->failed |= rest.failed;
	gnb_series_short(s->cell->name, rest.s ? rest.s : "", name);
	for (size_t i = 0; i < s->cell->nr_launches; i++) {
		const struct gnb_rec_row *row =
			gnb_rec_row(s->cell->launch[i], s->row->version, s->row->metric);

		if (row && row->value.n)
			repetition(g, s, name, row, k++);
	}
	g->instance++;
	gnb_buf_free(&rest);
}

static void google_benchmark(struct gnb_out *x)
{
	struct shape g = { .x = *x, .rows = json_object_new_array() };
	struct json_object *doc = json_object_new_object();

	gnb_out_each(&g.x, rows);
	*x = g.x;
	ADD(doc, "context", gnb_export_context(x->run));
	ADD(doc, "benchmarks", g.rows);
	gnb_out_json(x, doc);
}

static const struct gnb_format format = {
	.name = "google-benchmark",
	.help = "Google Benchmark's JSON, for its compare.py: times, a row for each launch",
	.classes = "CHX",
	.write = google_benchmark,
};
GNB_FORMAT(format);
