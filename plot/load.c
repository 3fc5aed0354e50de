// SPDX-License-Identifier: GPL-2.0-only
/* Reading manifest.json and cells.jsonl. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "file.h"
#include "json.h"
#include "program.h"
#include "run.h"

#define SCHEMA 1

static unsigned count_of(json_object *o, const char *key)
{
	double v = gnb_json_get_number(o, key, NAN);

	return v > 0 && v < 4e9 ? (unsigned)v : 0;
}

static struct gnb_estimate read_interval(json_object *o)
{
	struct gnb_estimate i = {
		.value = gnb_json_get_number(o, "value", NAN),
		.lo = gnb_json_get_number(o, "lo", NAN),
		.hi = gnb_json_get_number(o, "hi", NAN),
		.n = count_of(o, "n"),
		.min = gnb_json_get_number(o, "min", NAN),
		.max = gnb_json_get_number(o, "max", NAN),
	};

	i.level = gnb_json_get_number(o, "level", NAN);
	if (isnan(i.level))
		i.level = 0;
	return i;
}

static void read_row(struct gnb_row *row, json_object *o)
{
	json_object *ratio = gnb_json_get(o, "ratio", json_type_object);
	json_object *self = gnb_json_get(o, "self", json_type_object);

	row->version = gnb_json_get_string(o, "version", "?");
	row->metric = gnb_json_get_string(o, "metric", "?");
	row->unit = gnb_json_get_string(o, "unit", "");
	row->higher_better = !strcmp(gnb_json_get_string(o, "better", "lower"), "higher");
	row->class = gnb_json_get_string(o, "class", "X")[0];
	row->ratio_class = gnb_json_get_string(ratio, "class", "H")[0];
	row->v = read_interval(o);
	row->v.level = GNB_LEVEL;
	if (ratio) {
		row->ratio = read_interval(ratio);
		row->ratio_to =
			isnan(row->ratio.value) ? NULL : gnb_json_get_string(ratio, "to", "v1");
	}
	if (self) {
		row->self = read_interval(self);
		row->has_self = !isnan(row->self.lo) && !isnan(row->self.hi);
	}
	row->counts = gnb_json_get(o, "counts", json_type_object);
	row->shares = gnb_json_get(o, "shares", json_type_array);
	row->latency = gnb_json_get(o, "latency", json_type_object);
}

/* A result of a parsed line, or NULL if it does not say which cell it is. Takes o over in both
 * cases. */
static struct gnb_result *read_result(json_object *o)
{
	const char *cell = gnb_json_get_string(o, "cell", NULL),
		   *bench = gnb_json_get_string(o, "bench", NULL);
	json_object *rows = gnb_json_get(o, "rows", json_type_array);
	json_object *rounds = gnb_json_get(o, "rounds", json_type_object);
	struct gnb_result *res;

	if (!cell || !bench) {
		json_object_put(o);
		return NULL;
	}
	res = gnb_alloc(1, sizeof(*res));
	res->json = o;
	res->cell = cell;
	res->bench = bench;
	res->axis = gnb_json_get_string(o, "axis", NULL);
	res->target = gnb_json_get_string(o, "target", "?");
	res->flush = gnb_json_get_string(o, "flush", "");
	res->entry = gnb_json_get_string(o, "entry", "");
	res->status = gnb_json_get_string(o, "status", "error");
	res->reason = gnb_json_get_string(o, "reason", NULL);
	res->params = gnb_json_get(o, "params", json_type_object);
	res->launch = (int)count_of(o, "launch");
	res->def_version = (int)count_of(o, "def_version");
	res->rounds = count_of(rounds, "done");
	res->dropped = count_of(rounds, "dropped");
	res->usable = !strcmp(res->status, "ok") || !strcmp(res->status, "unstable");
	res->perf = gnb_json_get(o, "perf", json_type_object);
	res->nr_rows = rows ? json_object_array_length(rows) : 0;
	res->rows = gnb_alloc(res->nr_rows, sizeof(*res->rows));
	for (size_t i = 0; i < res->nr_rows; i++)
		read_row(&res->rows[i], json_object_array_get_idx(rows, i));
	return res;
}

static void free_result(struct gnb_result *res)
{
	json_object_put(res->json);
	free(res->rows);
	free(res);
}

/* A cell that was done again (after --resume) replaces the earlier one. */
static void keep(struct gnb_run *r, struct gnb_result *res)
{
	for (size_t i = 0; i < r->nr_results; i++) {
		struct gnb_result *old = r->result[i];

		if (old->launch == res->launch && !strcmp(old->cell, res->cell)) {
			free_result(old);
			r->result[i] = res;
			return;
		}
	}
	r->result = gnb_grow(r->result, r->nr_results + 1, sizeof(*r->result));
	r->result[r->nr_results++] = res;
}

static void read_line(struct gnb_run *r, const char *line, size_t len, unsigned nr, bool last)
{
	enum json_tokener_error err;
	struct json_tokener *tok;
	struct gnb_result *res = NULL;
	json_object *o;

	if (strspn(line, " \t\r") == len)
		return;
	tok = json_tokener_new();
	if (!tok) {
		gnb_complain("out of memory");
		exit(1);
	}
	o = len < 0x7fffffff ? json_tokener_parse_ex(tok, line, (int)len) : NULL;
	err = json_tokener_get_error(tok);
	if (err == json_tokener_success && json_object_is_type(o, json_type_object))
		res = read_result(o);
	else
		json_object_put(o);
	json_tokener_free(tok);
	if (res) {
		keep(r, res);
	} else if (last) {
		r->torn = true;
	} else {
		if (!r->broken++)
			r->broken_line = nr;
	}
}

static int load_cells(struct gnb_run *r)
{
	char *path = gnb_strf("%s/cells.jsonl", r->dir), *text, *p, *nl;
	unsigned nr = 0;
	size_t len;
	int err = 0;

	text = gnb_file_read(path, &len);
	if (!text && errno == ENOENT) {
		r->no_cells = true;
	} else if (!text) {
		gnb_complain("cannot read %s: %s", path, strerror(errno));
		err = 1;
	} else {
		for (p = text; p < text + len; p = nl + 1) {
			nl = memchr(p, '\n', (size_t)(text + len - p));
			if (!nl)
				nl = text + len;
			*nl = '\0';
			read_line(r, p, (size_t)(nl - p), ++nr, nl + 1 >= text + len);
		}
	}
	free(text);
	free(path);
	return err;
}

static int load_manifest(struct gnb_run *r)
{
	static const char mend[] = "give a folder that grantbench wrote, such as results/latest";
	char *path = gnb_strf("%s/manifest.json", r->dir), *text;
	json_object *clock;
	struct stat st;
	double schema;
	size_t len;
	int err = 2;

	text = gnb_file_read(path, &len);
	if (!text) {
		if (stat(r->dir, &st) || !S_ISDIR(st.st_mode))
			gnb_complain("%s: no such folder; %s", r->dir, mend);
		else if (errno == EACCES)
			gnb_complain("%s: not readable; run as the user who made it", path);
		else
			gnb_complain("%s: not a results folder (no manifest.json); %s", r->dir,
				     mend);
		goto out;
	}
	r->manifest = json_tokener_parse(text);
	if (!json_object_is_type(r->manifest, json_type_object)) {
		gnb_complain("%s: not a results folder (manifest.json is not valid JSON); %s",
			     r->dir, mend);
		goto out;
	}
	schema = gnb_json_get_number(r->manifest, "schema", NAN);
	if (isnan(schema) || (int)schema != SCHEMA) {
		gnb_complain("%s: results of schema %g, this program reads %d; use the "
			     "grantbench-report of the grantbench that wrote them",
			     r->dir, schema, SCHEMA);
		goto out;
	}
	clock = gnb_json_get(r->manifest, "clock", json_type_object);
	r->clock = gnb_json_get_string(clock, "name", "monotonic");
	r->clock_unit = gnb_json_get_string(clock, "unit", "ns");
	r->exact = json_object_get_boolean(gnb_json_get(clock, "exact", json_type_boolean));
	err = 0;
out:
	free(text);
	free(path);
	return err;
}

int gnb_run_load(struct gnb_run *r, const char *dir)
{
	int err;

	memset(r, 0, sizeof(*r));
	r->dir = dir;
	err = load_manifest(r);
	if (!err)
		err = load_cells(r);
	if (!err)
		gnb_run_group(r);
	return err;
}

void gnb_run_free(struct gnb_run *r)
{
	for (size_t i = 0; i < r->nr_families; i++) {
		struct gnb_family *f = r->family[i];

		free(f->group);
		free(f->param);
		free(f->centre);
		free(f->metric);
		free(f->unit);
		free(f->version);
		free(f);
	}
	for (size_t i = 0; i < r->nr_groups; i++) {
		free(r->group[i]->launch);
		free(r->group[i]->label);
		free(r->group[i]);
	}
	for (size_t i = 0; i < r->nr_results; i++)
		free_result(r->result[i]);
	free(r->family);
	free(r->group);
	free(r->result);
	json_object_put(r->manifest);
	memset(r, 0, sizeof(*r));
}
