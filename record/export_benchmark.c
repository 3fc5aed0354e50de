// SPDX-License-Identifier: GPL-2.0-only
/* benchmark.json: a run in the shape of Google Benchmark's own JSON, for dashboards that read that. */
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "estimate.h"
#include "export_benchmark.h"
#include "identity.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

/* What an entry says, and in what. */
struct figure {
	const char *what; /* after the metric: "", "/ratio", "/count.x" */
	const char *unit;
	double value;
	size_t n;
};

/*
 * At most GNB_EXPORT_NAME characters that depend on the full name alone, so that they are the same in every run: a
 * long one loses the end of its parameters to a hash of the whole.
 */
static struct json_object *name_of(const char *cell, const char *rest)
{
	char name[GNB_EXPORT_NAME + 1], mark[12];
	uint64_t hash = 14695981039346656037ull;
	size_t n = strlen(cell), more = strlen(rest), keep, tail;

	if (n + more <= GNB_EXPORT_NAME) {
		memcpy(name, cell, n);
		memcpy(name + n, rest, more + 1);
		return gnb_json_string(name);
	}
	for (size_t i = 0; i < n + more; i++)
		hash = (hash ^ (unsigned char)(i < n ? cell[i] : rest[i - n])) * 1099511628211ull;
	snprintf(mark, sizeof(mark), "~%010llx", (unsigned long long)(hash >> 24));
	/* What comes after the cell goes before, unless nothing but it would be left. */
	tail = more < GNB_EXPORT_NAME - 30 ? more : GNB_EXPORT_NAME - 30;
	keep = GNB_EXPORT_NAME - strlen(mark) - tail;
	keep = keep < n ? keep : n;
	memcpy(name, cell, keep);
	memcpy(name + keep, mark, strlen(mark));
	memcpy(name + keep + strlen(mark), rest, tail);
	name[keep + strlen(mark) + tail] = '\0';
	return gnb_json_string(name);
}

static struct json_object *entry(struct json_object *out, const char *cell, const char *rest)
{
	struct json_object *b = json_object_new_object(), *name = name_of(cell, rest);

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

static struct json_object *add(struct json_object *out, const struct gnb_rec_cell *c,
			       const struct gnb_rec_row *row, const struct figure *f)
{
	const char *threads = gnb_rec_param(c, "threads");
	struct json_object *b;
	char rest[400], definition[160];
	int n = threads ? atoi(threads) : 1;

	snprintf(rest, sizeof(rest), "/%s/%s%s", row->version, row->metric, f->what);
	b = entry(out, c->name, rest);
	ADD(b, "version", gnb_json_string(row->version));
	ADD(b, "metric", gnb_json_string(row->metric));
	/* A string: other readers take each number for a counter. */
	snprintf(definition, sizeof(definition), "%.100s@%d", c->bench->name, c->any->def_version);
	ADD(b, "definition", gnb_json_string(definition));
	ADD(b, "better", gnb_json_string(row->higher_better ? "higher" : "lower"));
	ADD(b, "class", gnb_json_string((const char[]){ row->class, '\0' }));
	ADD(b, "repetitions", json_object_new_int(1));
	ADD(b, "repetition_index", json_object_new_int(0));
	ADD(b, "threads", json_object_new_int(n > 0 ? n : 1));
	ADD(b, "iterations", json_object_new_int64(f->n ? (int64_t)f->n : 1));
	ADD(b, "real_time", gnb_json_number(f->value));
	/* The shape wants one, and what a span takes of a processor is not measured. */
	ADD(b, "cpu_time", gnb_json_number(f->value));
	ADD(b, "cpu_time_is", gnb_json_string("real_time"));
	ADD(b, "time_unit", gnb_json_string(f->unit));
	return b;
}

/* A unit of time as the shape knows it, "instructions", or the unit itself of an exact figure. */
static const char *unit_of(const char *unit)
{
	static const char *const known[] = { "ns", "us", "ms", "s", "instructions" };

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		size_t n = strlen(known[i]);

		if (!strncmp(unit, known[i], n) && (!unit[n] || unit[n] == '/'))
			return known[i];
	}
	return unit;
}

/* Is the count anything but 0 for one of the versions? Then all of them get an entry, so that a pair can be compared. */
static bool counted(const struct gnb_rec_cell *c, const char *metric, const char *name)
{
	for (size_t v = 0; v < c->bench->nr_versions; v++) {
		struct json_object *counts = gnb_rec_counts(c, c->bench->version[v], metric);

		if (gnb_json_get_number(counts, name, 0) != 0)
			return true;
	}
	return false;
}

static void rows_of(void *arg, const struct gnb_rec_cell *c, const struct gnb_rec_estimate *e)
{
	struct json_object *out = arg;
	struct json_object *counts = gnb_rec_counts(c, e->row->version, e->row->metric), *b;
	struct figure value = { "", unit_of(e->row->unit), e->value.value, e->value.n };
	struct figure ratio = { "/ratio", "ratio", e->ratio.value, e->ratio.n };
	char what[200];

	if (!isnan(value.value)) {
		b = add(out, c, e->row, &value);
		if (counts) {
			json_object_object_foreach(counts, key, v) ADD(b, key, json_object_get(v));
		}
	}
	if (e->ratio_to && !isnan(ratio.value)) {
		b = add(out, c, e->row, &ratio);
		ADD(b, "lo", gnb_json_number(e->ratio.lo));
		ADD(b, "hi", gnb_json_number(e->ratio.hi));
		ADD(b, "level", gnb_json_number(isnan(e->ratio.lo) ? NAN : e->ratio.level));
	}
	/* Of the sweeps, which are many, the entry above has them; those that differ from run to run are nothing to compare. */
	if (!counts || c->differs || gnb_counts_contend(gnb_rec_param(c, "threads")))
		return;
	json_object_object_foreach(counts, name, v)
	{
		struct figure f = { what, "per operation", json_object_get_double(v), 1 };

		snprintf(what, sizeof(what), "/count.%.180s", name);
		if (counted(c, e->row->metric, name))
			add(out, c, e->row, &f);
	}
}

static struct json_object *context(const struct gnb_rec_run *r)
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

	ADD(doc, "context", context(r));
	ADD(doc, "benchmarks", out);
	for (size_t i = 0; i < r->nr_cells; i++) {
		const struct gnb_rec_cell *c = r->cell[i];
		const struct gnb_rec_launch *l = gnb_rec_main(r, c);

		if (strcmp(l->status, "ok")) {
			failed(out, l);
		} else if (gnb_rec_each_estimate(c, rows_of, out)) {
			json_object_put(doc);
			return NULL;
		}
	}
	return doc;
}
