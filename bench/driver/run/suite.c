// SPDX-License-Identifier: GPL-2.0-only
/* What a manifest says of the suite: its versions and benchmarks. */
#include <stdio.h>
#include <string.h>

#include "suite.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

static struct json_object *differs(const struct gnb_version *v)
{
	struct json_object *a = json_object_new_array();
	const char *name;

	for (unsigned i = 0; (name = gnb_work_name(i)); i++)
		if (v->differs & (1u << i))
			json_object_array_add(a, gnb_json_string(name));
	return a;
}

static struct json_object *version(const struct gnb_version *v)
{
	struct json_object *o = json_object_new_object();
	char colour[16];

	snprintf(colour, sizeof(colour), "#%06x", v->colour);
	ADD(o, "name", gnb_json_string(v->name));
	ADD(o, "words", gnb_json_string(v->words));
	ADD(o, "xen", json_object_new_boolean(v->xen));
	ADD(o, "differs", differs(v));
	ADD(o, "colour", gnb_json_string(colour));
	return o;
}

struct json_object *gnb_suite_versions(const struct gnb_compared *c)
{
	const struct gnb_version *v[GNB_VERSIONS_MAX];
	unsigned n = gnb_compared_in(c, NULL, v);
	struct json_object *a = json_object_new_array();

	for (unsigned i = 0; i < n; i++)
		json_object_array_add(a, version(v[i]));
	return a;
}

struct json_object *gnb_suite_benches(void)
{
	struct json_object *a = json_object_new_array();

	gnb_for_each_bench (b) {
		struct json_object *o = json_object_new_object();

		ADD(o, "name", gnb_json_string((*b)->name));
		ADD(o, "summary", gnb_json_string((*b)->summary));
		ADD(o, "measures", gnb_json_string((*b)->measures));
		ADD(o, "not_measured", gnb_json_string((*b)->not_measured));
		json_object_array_add(a, o);
	}
	return a;
}

bool gnb_suite_was(struct json_object *manifest, char text[GNB_COMPARED_LEN])
{
	struct json_object *a = NULL;

	json_object_object_get_ex(manifest, "versions", &a);
	if (!json_object_is_type(a, json_type_array))
		return false;
	text[0] = '\0';
	for (size_t i = 0; i < json_object_array_length(a); i++) {
		size_t at = strlen(text);

		snprintf(text + at, GNB_COMPARED_LEN - at, "%s%s", i ? "," : "",
			 gnb_json_get_string(json_object_array_get_idx(a, i), "name", "?"));
	}
	return true;
}

/* What an array says of a file, or NULL. */
static struct json_object *find_file(struct json_object *a, const char *bench, const char *param,
				     const char *value)
{
	for (size_t i = 0; a && i < json_object_array_length(a); i++) {
		struct json_object *o = json_object_array_get_idx(a, i);

		if (!strcmp(gnb_json_get_string(o, "bench", ""), bench) &&
		    !strcmp(gnb_json_get_string(o, "param", ""), param) &&
		    !strcmp(gnb_json_get_string(o, "value", ""), value))
			return o;
	}
	return NULL;
}

struct json_object *gnb_suite_files(const struct gnb_plan *p)
{
	struct json_object *a = json_object_new_array(), *o;

	for (size_t i = 0; i < p->n; i++) {
		const struct gnb_cell *c = &p->cells[i].cell;

		for (int k = 0; k < GNB_PARAMS_MAX; k++) {
			if (!c->file[k] || c->file[k]->why ||
			    find_file(a, c->bench->name, c->bench->params[k].name, c->value[k]))
				continue;
			o = json_object_new_object();
			ADD(o, "bench", gnb_json_string(c->bench->name));
			ADD(o, "param", gnb_json_string(c->bench->params[k].name));
			ADD(o, "value", gnb_json_string(c->value[k]));
			ADD(o, "sha256", gnb_json_string(c->file[k]->sha256));
			ADD(o, "bytes", json_object_new_uint64(c->file[k]->bytes));
			json_object_array_add(a, o);
		}
	}
	return a;
}

bool gnb_suite_other_file(struct json_object *manifest, const struct gnb_plan *p, char *why,
			  size_t len)
{
	struct json_object *were = NULL, *are = gnb_suite_files(p);
	bool other = false;

	json_object_object_get_ex(manifest, "files", &were);
	if (!json_object_is_type(were, json_type_array))
		were = NULL;
	for (size_t i = 0; !other && i < json_object_array_length(are); i++) {
		struct json_object *is = json_object_array_get_idx(are, i), *was;
		const char *param = gnb_json_get_string(is, "param", ""),
			   *value = gnb_json_get_string(is, "value", "");

		was = find_file(were, gnb_json_get_string(is, "bench", ""), param, value);
		other = was && strcmp(gnb_json_get_string(was, "sha256", ""),
				      gnb_json_get_string(is, "sha256", ""));
		if (other)
			snprintf(
				why, len,
				"%s '%.80s' is not what the run began with, its SHA-256 was %.12s... and is %.12s...: "
				"start a new run",
				param, value, gnb_json_get_string(was, "sha256", ""),
				gnb_json_get_string(is, "sha256", ""));
	}
	json_object_put(are);
	return other;
}
