// SPDX-License-Identifier: GPL-2.0-only
/* What may be compared, by the machines of two runs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "compare.h"
#include "identity.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

const char *const gnb_kind_names[] = { "counts", "instructions", "ratios" };

static const char *const *keys_of(enum gnb_kind kind)
{
	static const enum gnb_identity_of of[] = {
		[GNB_KIND_COUNTS] = GNB_IDENTITY_COUNTS,
		[GNB_KIND_INSTRUCTIONS] = GNB_IDENTITY_INSTRUCTIONS,
		[GNB_KIND_RATIOS] = GNB_IDENTITY_RATIOS,
	};

	return gnb_identity_keys(of[kind]);
}

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return v;
}

static int add(struct json_object *to, const char *key, struct json_object *base,
	       struct json_object *now)
{
	struct json_object *o = json_object_new_object();

	if (!o)
		return -ENOMEM;
	ADD(o, "key", gnb_json_string(key));
	ADD(o, "base", json_object_get(base));
	ADD(o, "now", json_object_get(now));
	return json_object_array_add(to, o);
}

struct json_object *gnb_cmp_differ(struct json_object *base, struct json_object *now,
				   const char *const *keys)
{
	struct json_object *out = json_object_new_array();

	if (!out)
		return NULL;
	for (const char *const *k = keys; k && *k; k++)
		if (!json_object_equal(get(base, *k), get(now, *k)))
			add(out, *k, get(base, *k), get(now, *k));
	if (keys || !base || !now)
		return out;
	json_object_object_foreach(base, key, v)
	{
		if (!json_object_equal(v, get(now, key)))
			add(out, key, v, get(now, key));
	}
	json_object_object_foreach(now, other, w)
	{
		if (!json_object_object_get_ex(base, other, NULL))
			add(out, other, NULL, w);
	}
	return out;
}

/* A value in few words. */
static void short_value(struct json_object *v, char *text, size_t len)
{
	const char *s = !v					   ? "unknown"
			: json_object_is_type(v, json_type_string) ? json_object_get_string(v)
								   : gnb_json_line(v);

	if (strlen(s) < len)
		snprintf(text, len, "%s", s);
	else
		snprintf(text, len, "%.*s...", (int)len - 4, s);
}

void gnb_cmp_keys(struct json_object *differ, char *text, size_t len)
{
	size_t at = 0;

	*text = '\0';
	for (size_t i = 0; i < json_object_array_length(differ) && at < len; i++) {
		struct json_object *o = json_object_array_get_idx(differ, i);
		char base[48], now[48];

		short_value(get(o, "base"), base, sizeof(base));
		short_value(get(o, "now"), now, sizeof(now));
		at += (size_t)snprintf(text + at, len - at, "%s%s (%s / %s)", i ? ", " : "",
				       gnb_json_get_string(o, "key", "?"), base, now);
	}
}

/* The document that a kind is read from. */
static struct json_object *document(enum gnb_kind kind, const struct gnb_source *s)
{
	return kind == GNB_KIND_INSTRUCTIONS ? s->instructions : s->doc;
}

static void refuse(struct gnb_cmp_may *m, const char *why)
{
	m->refused = true;
	if (!*m->why)
		snprintf(m->why, sizeof(m->why), "%s", why);
}

/* Is the key for the cells to say, each of which knows its machine? */
static bool of_cells(struct json_object *doc, const char *key)
{
	return get(doc, "machines") && !get(get(doc, "machine"), key);
}

static void leave_to_cells(struct json_object *differ, struct json_object *a, struct json_object *b)
{
	for (size_t i = json_object_array_length(differ); i-- > 0;) {
		const char *key =
			gnb_json_get_string(json_object_array_get_idx(differ, i), "key", "");

		if (of_cells(a, key) || of_cells(b, key))
			json_object_array_del_idx(differ, i, 1);
	}
}

struct json_object *gnb_cmp_machine(struct json_object *doc, struct json_object *cell)
{
	struct json_object *m = get(get(doc, "machines"), gnb_json_get_string(cell, "machine", ""));

	return m ? m : get(doc, "machine");
}

int gnb_cmp_elsewhere(enum gnb_kind kind, struct json_object *const doc[2],
		      struct json_object *const cell[2], char *why, size_t len)
{
	struct json_object *differ;
	char text[200];
	int rc;

	if (!get(doc[0], "machines") && !get(doc[1], "machines"))
		return 0;
	differ = gnb_cmp_differ(gnb_cmp_machine(doc[0], cell[0]), gnb_cmp_machine(doc[1], cell[1]),
				keys_of(kind));
	if (!differ)
		return -ENOMEM;
	rc = json_object_array_length(differ) > 0;
	gnb_cmp_keys(differ, text, sizeof(text));
	snprintf(why, len, "measured on machines that differ in %s", text);
	json_object_put(differ);
	return rc;
}

int gnb_cmp_may(struct gnb_cmp_may *m, enum gnb_kind kind, const struct gnb_source *base,
		const struct gnb_source *now)
{
	struct json_object *a = document(kind, base), *b = document(kind, now), *target;
	struct json_object *machine[2] = { get(a, "machine"), get(b, "machine") };
	char text[sizeof(m->why) - 40];

	*m = (struct gnb_cmp_may){ 0 };
	m->differ = gnb_cmp_differ(machine[0], machine[1], keys_of(kind));
	if (!m->differ)
		return -ENOMEM;
	leave_to_cells(m->differ, a, b);
	/* There is nothing of it on one side: that is not for here to say. */
	if (!a || !b)
		return 0;
	target = get(a, "target");
	if (!json_object_equal(target, get(b, "target")) &&
	    add(m->differ, "target", target, get(b, "target")))
		return -ENOMEM;
	if (json_object_array_length(m->differ)) {
		gnb_cmp_keys(m->differ, text, sizeof(text));
		snprintf(m->why, sizeof(m->why), "differ in %s", text);
		m->refused = true;
	}
	if (kind != GNB_KIND_COUNTS && (!machine[0] || !machine[1])) {
		snprintf(m->why, sizeof(m->why),
			 "%.200s does not say what machine it is of: give the run's folder",
			 machine[0] ? now->name : base->name);
		m->refused = true;
	}
	for (int i = 0; kind == GNB_KIND_RATIOS && i < 2; i++) {
		struct json_object *trusted =
			gnb_json_get(gnb_json_get(i ? b : a, "clock", json_type_object), "trusted",
				     json_type_boolean);

		if (trusted && !json_object_get_boolean(trusted))
			refuse(m, "times of an emulated processor mean nothing");
	}
	return 0;
}
