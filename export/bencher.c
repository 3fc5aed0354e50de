// SPDX-License-Identifier: GPL-2.0-only
/* Bencher Metric Format: benchmarks with measures, each a value with its bounds. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "format.h"
#include "units.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

struct metrics {
	struct gnb_out x; /* first: what gnb_out_each() hands on is it */
	struct json_object *doc;
};

/* What the figure is of, as a name that Bencher makes a slug of without changing it: that is how measures are found. */
static void measure(struct gnb_buf *b, const struct gnb_series *s)
{
	const char *what = s->kind == GNB_SERIES_RATIO	 ? "ratio"
			   : s->kind == GNB_SERIES_COUNT ? s->count
							 : s->unit;

	if (s->kind == GNB_SERIES_COUNT)
		gnb_buf_add(b, "count-");
	/* Its own name of a time in ns. */
	if (s->kind == GNB_SERIES_VALUE && gnb_unit_is(s->unit, "ns")) {
		gnb_buf_add(b, "latency");
	} else {
		for (; *what; what++) {
			char c = (char)tolower((unsigned char)*what);

			if (c == '/')
				gnb_buf_add(b, "-per-");
			else
				gnb_buf_fmt(b, "%c", isalnum((unsigned char)c) ? c : '-');
		}
	}
	/* Which bound of it is an alert, whoever sets up a threshold has to know. */
	if (s->higher_better)
		gnb_buf_add(b, "-bigger");
}

static void figure(struct gnb_out *x, const struct gnb_series *s)
{
	struct metrics *m = (struct metrics *)x;
	const struct gnb_estimate *e = &s->figure;
	struct json_object *bench = NULL, *o = json_object_new_object();
	struct gnb_buf slug = { 0 }, name = { 0 };

	gnb_buf_fmt(&name, "%s/%s/%s", s->cell->name, s->row->version, s->row->metric);
	measure(&slug, s);
	if (name.failed || slug.failed || !o) {
		x->failed = true;
		json_object_put(o);
	} else {
		if (!json_object_object_get_ex(m->doc, name.s, &bench)) {
			bench = json_object_new_object();
			ADD(m->doc, name.s, bench);
		}
		ADD(bench, slug.s, o);
		ADD(o, "value", gnb_json_number(e->value));
		if (isfinite(e->lo) && isfinite(e->hi)) {
			ADD(o, "lower_value", gnb_json_number(e->lo));
			ADD(o, "upper_value", gnb_json_number(e->hi));
		}
	}
	gnb_buf_free(&name);
	gnb_buf_free(&slug);
}

static void bencher(struct gnb_out *x)
{
	struct metrics m = { *x, json_object_new_object() };

	gnb_out_each(&m.x, figure);
	*x = m.x;
	gnb_out_json(x, m.doc);
}

static const struct gnb_format format = {
	.name = "bencher",
	.help = "Bencher Metric Format, for bencher run --adapter json",
	.classes = "CH",
	.write = bencher,
};
GNB_FORMAT(format);
