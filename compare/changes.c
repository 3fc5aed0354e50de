// SPDX-License-Identifier: GPL-2.0-only
/* Counts of work, one by one. */
#include <string.h>

#include "compare.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

/* A number that there is: a reader of JSON may take NaN for one. */
static struct json_object *number(struct json_object *v)
{
	return v ? gnb_json_number(json_object_get_double(v)) : NULL;
}

static void changed(struct json_object *to, const char *name, struct json_object *base,
		    struct json_object *now)
{
	struct json_object *o = json_object_new_object();

	ADD(o, "count", gnb_json_string(name));
	ADD(o, "base", number(base));
	ADD(o, "now", number(now));
	json_object_array_add(to, o);
}

struct json_object *gnb_cmp_changes(struct json_object *base, struct json_object *now)
{
	struct json_object *out = json_object_new_array(), *w;

	json_object_object_foreach(base, name, v)
	{
		/* On a Xen it is a figure of its own, which a timer may be in. */
		if (!strcmp(name, "instructions"))
			continue;
		w = NULL;
		if (!json_object_object_get_ex(now, name, &w) ||
		    json_object_get_double(v) != json_object_get_double(w))
			changed(out, name, v, w);
	}
	return out;
}
