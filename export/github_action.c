// SPDX-License-Identifier: GPL-2.0-only
/* github-action-benchmark's own JSON: one file for what is better smaller, one for what is better bigger. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "format.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

struct list {
	struct gnb_out x; /* first: what gnb_out_each() hands on is it */
	struct json_object *array;
	bool bigger;
};

static void entry(struct gnb_out *x, const struct gnb_series *s)
{
	struct list *l = (struct list *)x;
	const struct gnb_estimate *e = &s->figure;
	struct json_object *o;
	char text[200], *name;

	if (s->higher_better != l->bigger) {
		/* The other file has it. */
		x->written--;
		return;
	}
	o = json_object_new_object();
	name = gnb_out_name(x, s);
	ADD(o, "name", gnb_json_string(name));
	ADD(o, "unit", gnb_json_string(s->unit));
	ADD(o, "value", gnb_json_number(e->value));
	if (s->class != 'C' && isfinite(e->lo) && isfinite(e->hi)) {
		snprintf(text, sizeof(text), "%.4g to %.4g", e->lo, e->hi);
		ADD(o, "range", gnb_json_string(text));
	}
	snprintf(text, sizeof(text), "class %c, %s is better, launches: %u%s%.60s", s->class,
		 s->higher_better ? "bigger" : "smaller", s->launches,
		 s->ratio_to ? ", ratio to " : "", s->ratio_to ? s->ratio_to : "");
	ADD(o, "extra", gnb_json_string(text));
	json_object_array_add(l->array, o);
	free(name);
}

static void list(struct gnb_out *x, bool bigger)
{
	struct list l = { *x, json_object_new_array(), bigger };

	gnb_out_each(&l.x, entry);
	*x = l.x;
	gnb_out_json(x, l.array);
}

static void smaller(struct gnb_out *x)
{
	list(x, false);
}

static void bigger(struct gnb_out *x)
{
	list(x, true);
}

static const struct gnb_format format_smaller = {
	.name = "github-action-smaller",
	.help = "github-action-benchmark, customSmallerIsBetter",
	.classes = "CH",
	.write = smaller,
};
GNB_FORMAT(format_smaller);

static const struct gnb_format format_bigger = {
	.name = "github-action-bigger",
	.help = "github-action-benchmark, customBiggerIsBetter",
	.classes = "CH",
	.write = bigger,
};
GNB_FORMAT(format_bigger);
