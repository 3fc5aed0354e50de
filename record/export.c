// SPDX-License-Identifier: GPL-2.0-only
/* summary.json and summary.csv: what each cell, version and metric comes to over its launches. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "estimate.h"
#include "export.h"
#include "export_benchmark.h"
#include "file.h"
#include "identity.h"
#include "reading.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

static const char *counts_class(const struct gnb_rec_cell *c)
{
	return gnb_counts_contend(gnb_rec_param(c, "threads")) ? "S" : "C";
}

/* Counts that are not the same in every launch: of class S they need not be. */
static struct json_object *vary(const struct gnb_rec_cell *c, const char *version,
				const char *metric, struct json_object *counts)
{
	struct json_object *names = json_object_new_array();

	json_object_object_foreach(counts, name, value)
	{
		bool same = true;

		for (size_t i = 0; same && i < c->nr_launches; i++) {
			const struct gnb_rec_row *row = gnb_rec_row(c->launch[i], version, metric);
			struct json_object *other = NULL;

			if (row && row->counts && row->counts != counts &&
			    json_object_object_get_ex(row->counts, name, &other))
				same = json_object_get_double(other) ==
				       json_object_get_double(value);
		}
		if (!same)
			json_object_array_add(names, gnb_json_string(name));
	}
	return names;
}

static void interval(struct json_object *o, const struct gnb_estimate *e)
{
	bool known = !isnan(e->lo) && !isnan(e->hi);

	ADD(o, "value", gnb_json_number(e->value));
	ADD(o, "lo", known ? gnb_json_number(e->lo) : NULL);
	ADD(o, "hi", known ? gnb_json_number(e->hi) : NULL);
	ADD(o, "level", known ? gnb_json_number(e->level) : NULL);
	ADD(o, "n", json_object_new_int64((int64_t)e->n));
}

/* What each launch said, in their order: what two runs can be compared by. */
static struct json_object *each(const struct gnb_rec_cell *c, const struct gnb_rec_row *of)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; i < c->nr_launches; i++) {
		const struct gnb_rec_row *row = gnb_rec_row(c->launch[i], of->version, of->metric);

		if (row && row->ratio_to && !isnan(row->ratio.value))
			json_object_array_add(a, gnb_json_number(row->ratio.value));
	}
	return a;
}

static struct json_object *row(const struct gnb_rec_cell *c, const struct gnb_rec_estimate *e)
{
	struct json_object *o = json_object_new_object(), *ratio = NULL, *counts;
	const char class[] = { e->row->class, '\0' }, ratio_class[] = { e->ratio_class, '\0' };

	ADD(o, "version", gnb_json_string(e->row->version));
	ADD(o, "metric", gnb_json_string(e->row->metric));
	ADD(o, "unit", gnb_json_string(e->row->unit));
	ADD(o, "better", gnb_json_string(e->row->higher_better ? "higher" : "lower"));
	ADD(o, "class", gnb_json_string(class));
	ADD(o, "launches", json_object_new_int64(e->launches));
	ADD(o, "over", gnb_json_string(e->launches > 1 ? "launches" : "rounds"));
	interval(o, &e->value);
	if (e->ratio_to) {
		ratio = json_object_new_object();
		ADD(ratio, "to", gnb_json_string(e->ratio_to));
		interval(ratio, &e->ratio);
		ADD(ratio, "over", gnb_json_string(e->launches > 1 ? "launches" : "layouts"));
		ADD(ratio, "class", gnb_json_string(ratio_class));
		ADD(ratio, "each", each(c, e->row));
	}
	ADD(o, "ratio", ratio);
	counts = gnb_rec_counts(c, e->row->version, e->row->metric);
	ADD(o, "counts", json_object_get(counts));
	ADD(o, "counts_class", counts ? gnb_json_string(counts_class(c)) : NULL);
	ADD(o, "counts_vary",
	    counts ? vary(c, e->row->version, e->row->metric, counts) : json_object_new_array());
	return o;
}

static void json_row(void *arg, const struct gnb_rec_cell *c, const struct gnb_rec_estimate *e)
{
	json_object_array_add(arg, row(c, e));
}

/* How far a ratio of the cell has to be from 1, by what identical work was in this run. */
static struct json_object *threshold(const struct gnb_controls *c, const struct gnb_rec_cell *cell)
{
	size_t n;

	return gnb_json_number(gnb_threshold(c, cell, &n));
}

struct json_object *gnb_export_summary(const struct gnb_rec_run *r)
{
	static const char *const same[] = { "suite",  "git",	     "started",	     "status",
					    "target", "clock",	     "baseline",     "meta",
					    "files",  "fingerprint", "fingerprints", NULL };
	struct json_object *doc = json_object_new_object(), *cells = json_object_new_array(),
			   *machines;
	struct gnb_controls controls;

	if (gnb_controls_of(&controls, r, NULL)) {
		json_object_put(cells);
		json_object_put(doc);
		return NULL;
	}
	ADD(doc, "schema", json_object_new_int(1));
	for (const char *const *k = same; *k; k++) {
		struct json_object *v = NULL;

		json_object_object_get_ex(r->manifest, *k, &v);
		ADD(doc, *k, json_object_get(v));
	}
	ADD(doc, "machine", gnb_identity_machine(r->manifest));
	machines = gnb_identity_machines(r->manifest);
	if (machines)
		ADD(doc, "machines", machines);
	ADD(doc, "subject", gnb_identity_subject(r->manifest));
	for (size_t i = 0; i < r->nr_cells; i++) {
		const struct gnb_rec_cell *c = r->cell[i];
		const struct gnb_rec_launch *l = gnb_rec_main(r, c);
		struct json_object *o = json_object_new_object(), *a = json_object_new_array();

		ADD(o, "cell", gnb_json_string(c->name));
		ADD(o, "bench", gnb_json_string(c->bench->name));
		ADD(o, "def_version", json_object_new_int64(l->def_version));
		ADD(o, "params", json_object_get(l->params));
		ADD(o, "files", json_object_get(gnb_json_get(l->json, "files", json_type_object)));
		ADD(o, "axis", gnb_json_string(l->axis));
		if (machines)
			ADD(o, "machine",
			    gnb_json_string(gnb_json_get_string(l->json, "machine", NULL)));
		ADD(o, "status", gnb_json_string(l->status));
		ADD(o, "reason", gnb_json_string(l->reason));
		if (gnb_json_get(l->json, "unreached", json_type_boolean))
			ADD(o, "unreached",
			    json_object_get(gnb_json_get(l->json, "unreached", json_type_boolean)));
		ADD(o, "launches", json_object_new_int64((int64_t)c->nr_launches));
		ADD(o, "other_group", json_object_new_int64(c->other_group));
		ADD(o, "unstable", json_object_new_boolean(c->nr_launches && gnb_unstable(c)));
		ADD(o, "threshold", r->exact ? NULL : threshold(&controls, c));
		ADD(o, "rows", a);
		json_object_array_add(cells, o);
		if (gnb_rec_each_estimate(c, json_row, a)) {
			json_object_put(cells);
			json_object_put(doc);
			gnb_controls_free(&controls);
			return NULL;
		}
	}
	gnb_controls_free(&controls);
	ADD(doc, "cells", cells);
	return doc;
}

/* Columns between what a cell has and its counts. */
#define FIGURES 19

struct csv {
	const struct gnb_rec_run *r;
	struct gnb_buf *b;
	struct json_object *counts; /* their names, in order of appearance */
	size_t lines;
};

/* A field as RFC 4180 has it. */
static void quoted(struct gnb_buf *b, const char *s)
{
	if (!s || !s[strcspn(s, ",\"\r\n")]) {
		gnb_buf_add(b, s ? s : "");
		return;
	}
	gnb_buf_add(b, "\"");
	for (; *s; s++)
		gnb_buf_fmt(b, *s == '"' ? "\"%c" : "%c", *s);
	gnb_buf_add(b, "\"");
}

static void field(struct gnb_buf *b, const char *s)
{
	gnb_buf_add(b, ",");
	quoted(b, s);
}

static void number(struct gnb_buf *b, double v)
{
	struct json_object *o = gnb_json_number(v);

	field(b, o ? json_object_get_string(o) : "");
	json_object_put(o);
}

static void figures(struct gnb_buf *b, const struct gnb_estimate *e)
{
	bool known = !isnan(e->lo) && !isnan(e->hi);

	number(b, e->value);
	number(b, known ? e->lo : NAN);
	number(b, known ? e->hi : NAN);
	number(b, known ? e->level : NAN);
	number(b, e->n ? (double)e->n : NAN);
}

static void csv_cell(struct csv *csv, const struct gnb_rec_cell *c)
{
	const struct gnb_rec_launch *l = gnb_rec_main(csv->r, c);

	quoted(csv->b, c->name);
	field(csv->b, c->bench->name);
	field(csv->b, l->status);
}

static void csv_row(void *arg, const struct gnb_rec_cell *c, const struct gnb_rec_estimate *e)
{
	const char class[] = { e->row->class, '\0' }, ratio_class[] = { e->ratio_class, '\0' };
	static const struct gnb_estimate none = { .value = NAN, .lo = NAN, .hi = NAN };
	struct csv *csv = arg;
	struct json_object *counts = gnb_rec_counts(c, e->row->version, e->row->metric), *v;

	csv->lines++;
	csv_cell(csv, c);
	field(csv->b, e->row->version);
	field(csv->b, e->row->metric);
	field(csv->b, e->row->unit);
	field(csv->b, e->row->higher_better ? "higher" : "lower");
	field(csv->b, class);
	number(csv->b, e->launches);
	figures(csv->b, &e->value);
	field(csv->b, e->ratio_to ? e->ratio_to : "");
	field(csv->b, e->ratio_to ? ratio_class : "");
	figures(csv->b, e->ratio_to ? &e->ratio : &none);
	field(csv->b, counts ? counts_class(c) : "");
	json_object_object_foreach(csv->counts, name, ignored)
	{
		(void)ignored;
		v = NULL;
		json_object_object_get_ex(counts, name, &v);
		field(csv->b, v ? json_object_get_string(v) : "");
	}
	gnb_buf_add(csv->b, "\n");
}

static void count_names(void *arg, const struct gnb_rec_cell *c, const struct gnb_rec_estimate *e)
{
	struct json_object *counts = gnb_rec_counts(c, e->row->version, e->row->metric);
	struct csv *csv = arg;

	if (!counts)
		return;
	json_object_object_foreach(counts, name, ignored)
	{
		(void)ignored;
		ADD(csv->counts, name, NULL);
	}
}

void gnb_export_csv(const struct gnb_rec_run *r, struct gnb_buf *b)
{
	struct csv csv = { r, b, json_object_new_object(), 0 };

	for (size_t i = 0; i < r->nr_cells; i++)
		if (gnb_rec_each_estimate(r->cell[i], count_names, &csv))
			b->failed = true;
	gnb_buf_add(
		b,
		"cell,bench,status,version,metric,unit,better,class,launches,value,lo,hi,level,n,"
		"ratio_to,ratio_class,ratio,ratio_lo,ratio_hi,ratio_level,ratio_n,counts_class");
	json_object_object_foreach(csv.counts, name, ignored)
	{
		(void)ignored;
		gnb_buf_fmt(b, ",count.%s", name);
	}
	gnb_buf_add(b, "\n");
	for (size_t i = 0; i < r->nr_cells; i++) {
		const struct gnb_rec_cell *c = r->cell[i];

		csv.lines = 0;
		if (gnb_rec_each_estimate(c, csv_row, &csv))
			b->failed = true;
		if (csv.lines)
			continue;
		csv_cell(&csv, c);
		for (int k = 0; k < FIGURES + json_object_object_length(csv.counts); k++)
			gnb_buf_add(b, ",");
		gnb_buf_add(b, "\n");
	}
	json_object_put(csv.counts);
}

static int write_json(const struct gnb_rec_run *r, const char *name, struct json_object *doc)
{
	int rc = doc ? gnb_file_write(r->dir, name,
				      json_object_to_json_string_ext(
					      doc, JSON_C_TO_STRING_PRETTY |
							   JSON_C_TO_STRING_NOSLASHESCAPE))
		     : -ENOMEM;

	json_object_put(doc);
	return rc;
}

int gnb_export_write(const struct gnb_rec_run *r)
{
	struct gnb_buf b = { 0 };
	int rc, first;
	char *text;

	first = write_json(r, "benchmark.json", gnb_export_benchmark(r));
	rc = write_json(r, "summary.json", gnb_export_summary(r));
	first = first ? first : rc;
	gnb_export_csv(r, &b);
	text = gnb_buf_take(&b);
	rc = text ? gnb_file_write(r->dir, "summary.csv", text) : -ENOMEM;
	free(text);
	return first ? first : rc;
}
