// SPDX-License-Identifier: GPL-2.0-only
/* benchmark.json, read back into the shape of summary.json. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "source.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

/* What an entry has beside counts. */
static const char *const own[] = { "repetitions", "repetition_index", "threads", "iterations",
				   "real_time",	  "cpu_time",	      NULL };

static bool is_count(const char *key, struct json_object *v)
{
	for (const char *const *k = own; *k; k++)
		if (!strcmp(*k, key))
			return false;
	return json_object_is_type(v, json_type_int) || json_object_is_type(v, json_type_double);
}

static struct json_object *counts_of(struct json_object *entry)
{
	struct json_object *o = json_object_new_object();

	json_object_object_foreach(entry, key, v)
	{
		if (is_count(key, v))
			ADD(o, key, json_object_get(v));
	}
	if (json_object_object_length(o))
		return o;
	json_object_put(o);
	return NULL;
}

static struct json_object *find(struct json_object *list, const char *key, const char *value)
{
	for (size_t i = json_object_array_length(list); i--;) {
		struct json_object *o = json_object_array_get_idx(list, i);

		if (!strcmp(gnb_json_get_string(o, key, ""), value))
			return o;
	}
	return NULL;
}

static void define(struct json_object *cell, const char *name, const char *definition)
{
	const char *at = definition ? strrchr(definition, '@') : NULL;
	char bench[200];

	/* A cell's name begins with its benchmark's. */
	snprintf(bench, sizeof(bench), "%.*s", (int)strcspn(name, "/"), name);
	ADD(cell, "bench", gnb_json_string(bench));
	ADD(cell, "def_version", at ? json_object_new_int(atoi(at + 1)) : NULL);
}

/* The cell of an entry, made if there is none. */
static struct json_object *cell_of(struct json_object *cells, struct json_object *entry,
				   const char *name)
{
	struct json_object *cell = find(cells, "cell", name);
	const char *why = gnb_json_get_string(entry, "error_message", NULL), *end;
	char status[16];

	if (cell)
		return cell;
	cell = json_object_new_object();
	end = why ? strchr(why, ':') : NULL;
	snprintf(status, sizeof(status), "%.*s", why ? (int)(end ? end - why : 5) : 2,
		 why ? (end ? why : "error") : "ok");
	ADD(cell, "cell", gnb_json_string(name));
	define(cell, name, gnb_json_get_string(entry, "definition", NULL));
	ADD(cell, "status", gnb_json_string(status));
	ADD(cell, "reason", gnb_json_string(why ? end ? end + 1 + (end[1] == ' ') : why : NULL));
	ADD(cell, "rows", json_object_new_array());
	json_object_array_add(cells, cell);
	return cell;
}

static void add_ratio(struct json_object *rows, struct json_object *entry)
{
	const char *version = gnb_json_get_string(entry, "version", ""),
		   *metric = gnb_json_get_string(entry, "metric", "");

	for (size_t i = json_object_array_length(rows); i--;) {
		struct json_object *row = json_object_array_get_idx(rows, i), *ratio;

		if (strcmp(gnb_json_get_string(row, "version", ""), version) ||
		    strcmp(gnb_json_get_string(row, "metric", ""), metric))
			continue;
		ratio = json_object_new_object();
		ADD(ratio, "value", gnb_json_number(gnb_json_get_number(entry, "real_time", 0)));
		ADD(ratio, "class",
		    gnb_json_string(strcmp(gnb_json_get_string(row, "class", "X"), "C") ? "H"
											: "C"));
		ADD(row, "ratio", ratio);
		return;
	}
}

static void add_row(struct json_object *rows, struct json_object *entry)
{
	static const char *const same[] = { "version", "metric", "better", "class", NULL };
	struct json_object *row = json_object_new_object(), *counts = counts_of(entry), *v;
	const char *unit = gnb_json_get_string(entry, "time_unit", "");

	for (const char *const *k = same; *k; k++)
		if (json_object_object_get_ex(entry, *k, &v))
			ADD(row, *k, json_object_get(v));
	ADD(row, "unit", gnb_json_string(unit));
	ADD(row, "value",
	    json_object_get(gnb_json_get(entry, "real_time", json_type_double)
				    ? gnb_json_get(entry, "real_time", json_type_double)
				    : gnb_json_get(entry, "real_time", json_type_int)));
	ADD(row, "counts", counts);
	ADD(row, "counts_class",
	    gnb_json_string(!counts					   ? NULL
			    : gnb_json_get_number(entry, "threads", 1) > 1 ? "S"
									   : "C"));
	json_object_array_add(rows, row);
}

struct json_object *gnb_source_benchmark(struct json_object *file)
{
	static const char *const same[] = { "target", "clock", "machine", "subject", NULL };
	struct json_object *doc = json_object_new_object(), *cells = json_object_new_array(),
			   *context = gnb_json_get(file, "context", json_type_object), *v,
			   *list = gnb_json_get(file, "benchmarks", json_type_array);

	if (!doc || !cells) {
		json_object_put(doc);
		json_object_put(cells);
		return NULL;
	}
	ADD(doc, "schema", json_object_new_int(1));
	ADD(doc, "started", gnb_json_string(gnb_json_get_string(context, "date", NULL)));
	ADD(doc, "no_launches", json_object_new_boolean(1));
	for (const char *const *k = same; *k; k++)
		if (json_object_object_get_ex(context, *k, &v))
			ADD(doc, *k, json_object_get(v));
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *entry = json_object_array_get_idx(list, i), *rows;
		const char *name = gnb_json_get_string(entry, "cell", NULL),
			   *unit = gnb_json_get_string(entry, "time_unit", "");

		if (!name)
			continue;
		rows = gnb_json_get(cell_of(cells, entry, name), "rows", json_type_array);
		if (json_object_object_get_ex(entry, "error_occurred", NULL))
			continue;
		if (!strcmp(unit, "ratio"))
			add_ratio(rows, entry);
		else if (strcmp(unit, "per operation"))
			add_row(rows, entry);
	}
	ADD(doc, "cells", cells);
	return doc;
}
