// SPDX-License-Identifier: GPL-2.0-only
/* What formats share: which series go out, numbers, names. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "format.h"

/* Is a figure of this class and name asked for? Counts it as left out if not. */
static bool is_wanted(struct gnb_out *x, char class, const char *name)
{
	bool wanted =
		strchr(x->classes, class) && (!x->filter || !regexec(x->filter, name, 0, NULL, 0));

	if (wanted)
		x->written++;
	else
		x->left_out++;
	return wanted;
}

struct each {
	struct gnb_out *x;
	void (*do_one)(struct gnb_out *x, const struct gnb_series *s);
};

static void one(void *arg, const struct gnb_series *s)
{
	const struct each *each = arg;
	char *name;

	if (s->kind == GNB_SERIES_COUNT && (s->idle || s->class != 'C'))
		return;
	name = gnb_out_name(each->x, s);
	if (is_wanted(each->x, s->class, name))
		each->do_one(each->x, s);
	free(name);
}

void gnb_out_each(struct gnb_out *x, void (*do_one)(struct gnb_out *x, const struct gnb_series *s))
{
	struct each each = { x, do_one };

	if (gnb_series_each(x->run, one, &each))
		x->failed = true;
}

void gnb_out_number(struct gnb_buf *b, double v)
{
	struct json_object *o = gnb_json_number(v);

	gnb_buf_add(b, o ? json_object_get_string(o) : "");
	b->failed |= !o;
	json_object_put(o);
}

char *gnb_out_name(struct gnb_out *x, const struct gnb_series *s)
{
	struct gnb_buf b = { 0 };
	char *name;

	gnb_series_name(s, &b);
	name = gnb_buf_take(&b);
	x->failed |= !name;
	return name ? name : strdup("");
}

void gnb_out_json(struct gnb_out *x, struct json_object *doc)
{
	const char *text = json_object_to_json_string_ext(
		doc, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE);

	x->failed |= !text;
	gnb_buf_fmt(&x->text, "%s\n", text ? text : "");
	json_object_put(doc);
}
