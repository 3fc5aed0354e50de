/* SPDX-License-Identifier: GPL-2.0-only */
/* A line of cells.jsonl into a launch and its rows. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "line.h"

static unsigned count_of(struct json_object *o, const char *key)
{
	double v = gnb_json_get_number(o, key, NAN);

	return v > 0 && v < 4e9 ? (unsigned)v : 0;
}

static struct gnb_estimate read_interval(struct json_object *o)
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

static void read_row(struct gnb_rec_row *row, struct json_object *o)
{
	struct json_object *ratio = gnb_json_get(o, "ratio", json_type_object);
	struct json_object *self = gnb_json_get(o, "self", json_type_object);

	row->version = gnb_json_get_string(o, "version", "?");
	row->metric = gnb_json_get_string(o, "metric", "?");
	row->unit = gnb_json_get_string(o, "unit", "");
	row->higher_better = !strcmp(gnb_json_get_string(o, "better", "lower"), "higher");
	row->class = gnb_json_get_string(o, "class", "X")[0];
	row->value = read_interval(o);
	/* Runs until November 2026 do not say it: there was but one. */
	if (!json_object_object_get_ex(o, "level", NULL))
		row->value.level = isnan(row->value.lo) ? 0 : GNB_LEVEL;
	if (ratio) {
		row->ratio = read_interval(ratio);
		row->ratio_to =
			isnan(row->ratio.value) ? NULL : gnb_json_get_string(ratio, "to", "v1");
	}
	if (self) {
		row->self = read_interval(self);
		row->has_self = !isnan(row->self.value);
	}
	row->counts = gnb_json_get(o, "counts", json_type_object);
	row->shares = gnb_json_get(o, "shares", json_type_array);
	row->limits = gnb_json_get_string(o, "limits", NULL);
	row->latency = gnb_json_get(o, "latency", json_type_object);
}

int gnb_line_take(struct json_object *o, struct gnb_rec_launch **launch)
{
	const char *cell = gnb_json_get_string(o, "cell", NULL),
		   *bench = gnb_json_get_string(o, "bench", NULL);
	struct json_object *rows = gnb_json_get(o, "rows", json_type_array);
	struct json_object *rounds = gnb_json_get(o, "rounds", json_type_object);
	size_t nr = rows ? json_object_array_length(rows) : 0;
	struct gnb_rec_launch *l = NULL;

	if (cell && bench) {
		l = calloc(1, sizeof(*l));
		if (l)
			l->row = calloc(nr ? nr : 1, sizeof(*l->row));
	}
	if (!l || !l->row) {
		json_object_put(o);
		free(l);
		return cell && bench ? -ENOMEM : -EINVAL;
	}
	l->json = o;
	l->cell = cell;
	l->bench = bench;
	l->axis = gnb_json_get_string(o, "axis", NULL);
	l->target = gnb_json_get_string(o, "target", "?");
	l->flush = gnb_json_get_string(o, "flush", "");
	l->entry = gnb_json_get_string(o, "entry", "");
	l->status = gnb_json_get_string(o, "status", "error");
	l->reason = gnb_json_get_string(o, "reason", NULL);
	l->params = gnb_json_get(o, "params", json_type_object);
	l->number = (int)count_of(o, "launch");
	l->def_version = (int)count_of(o, "def_version");
	l->rounds = count_of(rounds, "done");
	l->dropped = count_of(rounds, "dropped");
	l->usable = !strcmp(l->status, "ok") || !strcmp(l->status, "unstable");
	l->perf = gnb_json_get(o, "perf", json_type_object);
	l->nr_rows = nr;
	for (size_t i = 0; i < nr; i++)
		read_row(&l->row[i], json_object_array_get_idx(rows, i));
	*launch = l;
	return 0;
}

int gnb_line_read(const char *line, size_t len, struct gnb_rec_launch **launch)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *o = NULL;
	bool whole;

	if (!tok)
		return -ENOMEM;
	if (len < 0x7fffffff)
		o = json_tokener_parse_ex(tok, line, (int)len);
	whole = json_tokener_get_error(tok) == json_tokener_success;
	json_tokener_free(tok);
	if (whole && json_object_is_type(o, json_type_object))
		return gnb_line_take(o, launch);
	json_object_put(o);
	return -EINVAL;
}

void gnb_line_free(struct gnb_rec_launch *l)
{
	if (!l)
		return;
	json_object_put(l->json);
	free(l->row);
	free(l);
}
