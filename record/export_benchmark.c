// SPDX-License-Identifier: GPL-2.0-only
/* benchmark.json: a run in the shape of Google Benchmark's own JSON, for dashboards that read that. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "export_benchmark.h"
#include "identity.h"
#include "series.h"
#include "units.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

static struct json_object *entry(struct json_object *out, const char *cell, const char *rest)
{
	struct json_object *b = json_object_new_object(), *name;
	char text[GNB_SERIES_SHORT + 1];

	gnb_series_short(cell, rest, text);
	name = gnb_json_string(text);
	ADD(b, "name", name);
	ADD(b, "run_name", json_object_get(name));
	ADD(b, "run_type", gnb_json_string("iteration"));
	ADD(b, "cell", gnb_json_string(cell));
	json_object_array_add(out, b);
	return b;
}

static void failed(struct json_object *out, const struct gnb_rec_launch *l)
{
	struct json_object *b = entry(out, l->cell, "");
	char why[600];

	snprintf(why, sizeof(why), "%s: %s", l->status, l->reason ? l->reason : "no reason");
	ADD(b, "error_occurred", json_object_new_boolean(1));
	ADD(b, "error_message", gnb_json_string(why));
}

/* A unit of time as the shape knows it, "instructions", "ratio", or the unit itself of an exact figure. */
static const char *unit_of(const struct gnb_series *s)
{
	const char *time = gnb_unit_of_time(s->unit);

	return s->kind == GNB_SERIES_RATIO	      ? "ratio"
	       : time				      ? time
	       : gnb_unit_is(s->unit, "instructions") ? "instructions"
						      : s->unit;
}

/* Counts that differ from run to run are nothing to compare, and those that nothing ever does are nothing to draw. */
static void entry_of(void *arg, const struct gnb_series *s)
{
	const char *threads = gnb_rec_param(s->cell, "threads");
	int n = threads ? atoi(threads) : 1;
	struct gnb_buf rest = { 0 };
	struct json_object *b;
	char *text, definition[160];

	if (s->kind == GNB_SERIES_COUNT && (s->idle || s->class != 'C'))
		return;
	gnb_series_rest(s, &rest);
	text = gnb_buf_take(&rest);
	if (!text)
		return;
	b = entry(arg, s->cell->name, text);
	free(text);
	ADD(b, "version", gnb_json_string(s->row->version));
	ADD(b, "metric", gnb_json_string(s->row->metric));
	/* A string: other readers take each number for a counter. */
	snprintf(definition, sizeof(definition), "%.100s@%d", s->cell->bench->name,
		 s->cell->any->def_version);
	ADD(b, "definition", gnb_json_string(definition));
	ADD(b, "better", gnb_json_string(s->row->higher_better ? "higher" : "lower"));
	ADD(b, "class", gnb_json_string((const char[]){ s->row->class, '\0' }));
	ADD(b, "repetitions", json_object_new_int(1));
	ADD(b, "repetition_index", json_object_new_int(0));
	ADD(b, "threads", json_object_new_int(n > 0 ? n : 1));
	ADD(b, "iterations", json_object_new_int64(s->figure.n ? (int64_t)s->figure.n : 1));
	ADD(b, "real_time", gnb_json_number(s->figure.value));
	/* The shape wants one, and what a span takes of a processor is not measured. */
	ADD(b, "cpu_time", gnb_json_number(s->figure.value));
	ADD(b, "cpu_time_is", gnb_json_string("real_time"));
	ADD(b, "time_unit", gnb_json_string(unit_of(s)));
	if (s->counts) {
		json_object_object_foreach(s->counts, key, v) ADD(b, key, json_object_get(v));
	}
	if (s->kind != GNB_SERIES_RATIO)
		return;
	ADD(b, "lo", gnb_json_number(s->figure.lo));
	ADD(b, "hi", gnb_json_number(s->figure.hi));
	ADD(b, "level", gnb_json_number(isnan(s->figure.lo) ? NAN : s->figure.level));
}

struct json_object *gnb_export_context(const struct gnb_rec_run *r)
{
	struct json_object *ctx = json_object_new_object(), *m = r->manifest, *before, *git;
	const char *build;
	char suite[100];

	before = gnb_json_get(gnb_json_get(m, "environment", json_type_object), "before",
			      json_type_object);
	git = gnb_json_get(m, "git", json_type_object);
	build = gnb_json_get_string(before, "build_type", "unknown");
	snprintf(suite, sizeof(suite), "grantbench %.80s", gnb_json_get_string(m, "suite", "?"));
	ADD(ctx, "date", gnb_json_string(gnb_json_get_string(m, "started", NULL)));
	ADD(ctx, "host_name", gnb_json_string(gnb_json_get_string(before, "host", "anon")));
	ADD(ctx, "executable", gnb_json_string("grantbench"));
	ADD(ctx, "num_cpus", gnb_json_number(gnb_json_get_number(before, "cpus_online", 1)));
	ADD(ctx, "mhz_per_cpu", json_object_new_int(0));
	ADD(ctx, "cpu_scaling_enabled",
	    json_object_new_boolean(gnb_json_get(before, "governor", json_type_string) != NULL));
	ADD(ctx, "caches", json_object_new_array());
	ADD(ctx, "library_build_type", gnb_json_string(build));
	ADD(ctx, "suite", gnb_json_string(suite));
	ADD(ctx, "git_sha", gnb_json_string(gnb_json_get_string(git, "sha", NULL)));
	ADD(ctx, "git_dirty", json_object_get(gnb_json_get(git, "dirty", json_type_boolean)));
	ADD(ctx, "fingerprint", gnb_json_string(gnb_json_get_string(m, "fingerprint", NULL)));
	ADD(ctx, "machine", gnb_identity_machine(m));
	ADD(ctx, "subject", gnb_identity_subject(m));
	ADD(ctx, "target", gnb_json_string(gnb_json_get_string(m, "target", NULL)));
	ADD(ctx, "clock", json_object_get(gnb_json_get(m, "clock", json_type_object)));
	return ctx;
}

struct json_object *gnb_export_benchmark(const struct gnb_rec_run *r)
{
	struct json_object *doc = json_object_new_object(), *out = json_object_new_array();

	ADD(doc, "context", gnb_export_context(r));
	ADD(doc, "benchmarks", out);
	for (size_t i = 0; i < r->nr_cells; i++) {
		const struct gnb_rec_cell *c = r->cell[i];
		const struct gnb_rec_launch *l = gnb_rec_main(r, c);

		if (strcmp(l->status, "ok")) {
			failed(out, l);
		} else if (gnb_series_of(c, entry_of, out)) {
			json_object_put(doc);
			return NULL;
		}
	}
	return doc;
}
