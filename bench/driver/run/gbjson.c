/* SPDX-License-Identifier: GPL-2.0-only */
/* The results in the shape of Google Benchmark's own JSON, for dashboards that read that. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "gbjson.h"
#include "json.h"
#include "metric.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return v;
}

static void failed(struct json_object *out, struct json_object *cell, const char *status)
{
	struct json_object *b = json_object_new_object();
	char why[600];

	snprintf(why, sizeof(why), "%s: %s", status,
		 gnb_json_get_string(cell, "reason", "no reason"));
	ADD(b, "name", json_object_get(get(cell, "cell")));
	ADD(b, "run_name", json_object_get(get(cell, "cell")));
	ADD(b, "run_type", gnb_json_string("iteration"));
	ADD(b, "error_occurred", json_object_new_boolean(1));
	ADD(b, "error_message", gnb_json_string(why));
	json_object_array_add(out, b);
}

static void row(struct json_object *out, struct json_object *cell, struct json_object *r)
{
	const char *name_of_unit = gnb_json_get_string(r, "unit", "");
	bool instructions = !strncmp(name_of_unit, "instructions", strlen("instructions"));
	double unit = instructions ? 1 : gnb_unit_ns(name_of_unit),
	       v = gnb_json_get_number(r, "value", NAN);
	struct json_object *b, *counts = get(r, "counts"),
			       *threads = get(get(cell, "params"), "threads");
	char name[1024];

	if (unit <= 0 || isnan(v))
		return;
	snprintf(name, sizeof(name), "%s/%s/%s", gnb_json_get_string(cell, "cell", "?"),
		 gnb_json_get_string(r, "version", "?"), gnb_json_get_string(r, "metric", "?"));
	b = json_object_new_object();
	ADD(b, "name", gnb_json_string(name));
	ADD(b, "run_name", gnb_json_string(name));
	ADD(b, "run_type", gnb_json_string("iteration"));
	ADD(b, "repetitions", json_object_new_int(1));
	ADD(b, "repetition_index", json_object_new_int(0));
	ADD(b, "threads",
	    json_object_new_int(threads && json_object_get_int(threads) > 0
					? json_object_get_int(threads)
					: 1));
	ADD(b, "iterations", json_object_new_int64((int64_t)gnb_json_get_number(r, "n", 1)));
	ADD(b, "real_time", gnb_json_number(v * unit));
	ADD(b, "cpu_time", gnb_json_number(v * unit));
	ADD(b, "time_unit", gnb_json_string(instructions ? "instructions" : "ns"));
	if (counts) {
		json_object_object_foreach(counts, key, val) ADD(b, key, json_object_get(val));
	}
	json_object_array_add(out, b);
}

struct json_object *gnb_gbjson(struct json_object *manifest, struct json_object *cells)
{
	struct json_object *doc = json_object_new_object(), *ctx = json_object_new_object(),
			   *out = json_object_new_array(),
			   *before = get(get(manifest, "environment"), "before");

	ADD(ctx, "date", json_object_get(get(manifest, "started")));
	ADD(ctx, "host_name", gnb_json_string(gnb_json_get_string(before, "host", "anon")));
	ADD(ctx, "executable", gnb_json_string("grantbench"));
	ADD(ctx, "num_cpus", json_object_get(get(before, "cpus_online")));
	ADD(ctx, "mhz_per_cpu", json_object_new_int(0));
	ADD(ctx, "cpu_scaling_enabled", json_object_new_boolean(get(before, "governor") != NULL));
	ADD(ctx, "caches", json_object_new_array());
	ADD(ctx, "library_build_type", gnb_json_string("release"));
	ADD(ctx, "suite", gnb_json_string("grantbench " GNB_SUITE_VERSION));
	ADD(ctx, "target", json_object_get(get(manifest, "target")));
	ADD(ctx, "clock", json_object_get(get(manifest, "clock")));
	for (size_t i = 0; i < json_object_array_length(cells); i++) {
		struct json_object *cell = json_object_array_get_idx(cells, i),
				   *rows = get(cell, "rows");
		const char *status = gnb_json_get_string(cell, "status", "error");

		/* Names must be unique for dashboards: re-launches stay in cells.jsonl. */
		if (gnb_json_get_number(cell, "launch", 0) > 0)
			continue;
		if (strcmp(status, "ok")) {
			failed(out, cell, status);
			continue;
		}
		for (size_t k = 0; rows && k < json_object_array_length(rows); k++)
			row(out, cell, json_object_array_get_idx(rows, k));
	}
	ADD(doc, "context", ctx);
	ADD(doc, "benchmarks", out);
	return doc;
}
