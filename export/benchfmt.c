// SPDX-License-Identifier: GPL-2.0-only
/* The Go benchmark format, for benchstat: a line for each launch, which is its sample. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

struct units {
	struct gnb_out x; /* first: what gnb_out_each() hands on is it */
	struct gnb_buf lines;
	struct json_object *units; /* by name: higher, exact */
};

/* Part of a name, or a unit: printable, without blanks; what is written for another byte is written for no other. */
static void word(struct gnb_buf *b, const char *s, size_t n, bool key)
{
	for (; n && *s; s++, n--) {
		if (!isgraph((unsigned char)*s) || *s == '%') {
			gnb_buf_fmt(b, "%%%02X", (unsigned char)*s);
		} else if (key && *s == ':') {
			gnb_buf_add(b, "=");
			key = false;
		} else {
			gnb_buf_addn(b, s, 1);
		}
	}
}

/* BenchmarkMap_unmap/batch=64/version=v1/metric=map */
static void name(struct gnb_buf *b, const struct gnb_series *s)
{
	const char *p = s->cell->name;
	size_t n = strcspn(p, "/");

	gnb_buf_fmt(b, "Benchmark%c", toupper((unsigned char)*p));
	word(b, p + 1, n ? n - 1 : 0, false);
	for (p += n; *p; p += n) {
		p++;
		n = strcspn(p, "/");
		gnb_buf_add(b, "/");
		word(b, p, n, true);
	}
	gnb_buf_add(b, "/version=");
	word(b, s->row->version, (size_t)-1, false);
	gnb_buf_add(b, "/metric=");
	word(b, s->row->metric, (size_t)-1, false);
}

/* The unit's line says what benchstat has to know: exact only if every figure in it is. */
static void keep_unit(struct units *u, const char *unit, bool higher, bool exact)
{
	struct json_object *o = gnb_json_get(u->units, unit, json_type_object);

	if (!o) {
		o = json_object_new_object();
		json_object_object_add(o, "higher", json_object_new_boolean(higher));
		json_object_object_add(u->units, unit, o);
	} else {
		exact &= json_object_get_boolean(gnb_json_get(o, "exact", json_type_boolean));
	}
	json_object_object_add(o, "exact", json_object_new_boolean(exact));
}

static void say_units(struct units *u)
{
	json_object_object_foreach(u->units, unit, o)
	{
		bool higher = json_object_get_boolean(gnb_json_get(o, "higher", json_type_boolean));
		bool exact = json_object_get_boolean(gnb_json_get(o, "exact", json_type_boolean));

		gnb_buf_fmt(&u->x.text, "Unit %s better=%s%s\n", unit, higher ? "higher" : "lower",
			    exact ? " assume=exact" : "");
	}
}

static void figure(struct units *u, const struct gnb_series *s, double v)
{
	struct gnb_buf unit = { 0 };

	word(&unit, s->count ? s->count : s->unit, (size_t)-1, false);
	/* One unit has one direction. */
	gnb_buf_add(&unit, s->count					     ? "/op"
			   : s->kind == GNB_SERIES_RATIO && s->higher_better ? "-higher"
									     : "");
	u->x.failed |= unit.failed;
	if (unit.s) {
		keep_unit(u, unit.s, s->higher_better, s->class == 'C');
		gnb_buf_add(&u->lines, " ");
		gnb_out_number(&u->lines, v);
		gnb_buf_fmt(&u->lines, " %s\n", unit.s);
	}
	gnb_buf_free(&unit);
}

/* The figure of one launch, NaN if it has none. */
static double of_launch(const struct gnb_series *s, const struct gnb_rec_row *row)
{
	switch (s->kind) {
	case GNB_SERIES_RATIO:
		return row->ratio_to ? row->ratio.value : NAN;
	case GNB_SERIES_COUNT:
		return gnb_json_get_number(row->counts, s->count, NAN);
	default:
		return row->value.value;
	}
}

static void lines(struct gnb_out *x, const struct gnb_series *s)
{
	struct units *u = (struct units *)x;
	const struct gnb_rec_cell *c = s->cell;

	for (size_t i = 0; i < c->nr_launches; i++) {
		const struct gnb_rec_row *row =
			gnb_rec_row(c->launch[i], s->row->version, s->row->metric);
		double v = row ? of_launch(s, row) : NAN;

		if (!isfinite(v))
			continue;
		name(&u->lines, s);
		gnb_buf_fmt(&u->lines, " %zu", row->value.n ? row->value.n : 1);
		figure(u, s, v);
	}
}

static void config(struct gnb_buf *b, const char *key, const char *value)
{
	if (!value || !*value)
		return;
	gnb_buf_fmt(b, "%s: ", key);
	/* It ends with the line. */
	for (; *value; value++)
		gnb_buf_addn(b, *value == '\n' || *value == '\r' ? " " : value, 1);
	gnb_buf_add(b, "\n");
}

static void benchfmt(struct gnb_out *x)
{
	struct units u = { .x = *x, .units = json_object_new_object() };
	struct json_object *m = x->run->manifest, *before;

	before = gnb_json_get(gnb_json_get(m, "environment", json_type_object), "before",
			      json_type_object);
	config(&u.x.text, "pkg", "grantbench");
	config(&u.x.text, "suite", gnb_json_get_string(m, "suite", NULL));
	config(&u.x.text, "commit",
	       gnb_json_get_string(gnb_json_get(m, "git", json_type_object), "sha", NULL));
	config(&u.x.text, "target", gnb_json_get_string(m, "target", NULL));
	config(&u.x.text, "cpu", gnb_json_get_string(before, "cpu_model", NULL));
	gnb_out_each(&u.x, lines);
	say_units(&u);
	*x = u.x;
	x->failed |= u.lines.failed;
	gnb_buf_add(&x->text, u.lines.s ? u.lines.s : "");
	gnb_buf_free(&u.lines);
	json_object_put(u.units);
}

static const struct gnb_format format = {
	.name = "benchfmt",
	.help = "the Go benchmark format, for benchstat: a line for each launch",
	.classes = "CHX",
	.write = benchfmt,
};
GNB_FORMAT(format);
