// SPDX-License-Identifier: GPL-2.0-only
/* What the manifest of a run says of the suite that made it. */
#include <stdlib.h>
#include <string.h>

#include "manifest.h"

/* Object i of an array of the manifest, or NULL. */
static json_object *at(const struct gnb_rec_run *r, const char *key, size_t i)
{
	json_object *a = gnb_json_get(r->manifest, key, json_type_array);

	return a && i < json_object_array_length(a) ? json_object_array_get_idx(a, i) : NULL;
}

/* The one of that name, or NULL. */
static json_object *named(const struct gnb_rec_run *r, const char *key, const char *name)
{
	json_object *o;

	for (size_t i = 0; (o = at(r, key, i)); i++) {
		const char *is = gnb_json_get_string(o, "name", NULL);

		if (is && !strcmp(is, name))
			return o;
	}
	return NULL;
}

unsigned gnb_colour(const struct gnb_rec_run *r, const char *version, size_t index)
{
	/* Runs from before manifests named their versions had these, and no more will come. */
	static const struct {
		const char *name;
		unsigned rgb;
	} before[] = { { "v1", 0x0072b2 }, { "v2", 0xd55e00 }, { "v1-batch", 0x009e73 } };
	static const unsigned other[] = {
		0xcc79a7, 0xe69f00, 0x56b4e9, 0x555555, 0x8b6f47, 0x7a5cc0
	};
	const char *colour = gnb_json_get_string(named(r, "versions", version), "colour", NULL);
	char *end;

	if (colour && *colour == '#' && strlen(colour) == 7) {
		unsigned long rgb = strtoul(colour + 1, &end, 16);

		if (!*end)
			return (unsigned)rgb;
	}
	for (size_t i = 0; i < sizeof(before) / sizeof(*before); i++)
		if (!strcmp(before[i].name, version))
			return before[i].rgb;
	return other[index % (sizeof(other) / sizeof(*other))];
}

const char *gnb_version_at(const struct gnb_rec_run *r, size_t i, const char **words)
{
	json_object *o = at(r, "versions", i);

	*words = gnb_json_get_string(o, "words", NULL);
	return gnb_json_get_string(o, "name", NULL);
}

struct gnb_about gnb_about(const struct gnb_rec_run *r, const char *bench)
{
	json_object *o = named(r, "benches", bench);
	struct gnb_about a = { gnb_json_get_string(o, "measures", NULL),
			       gnb_json_get_string(o, "not_measured", NULL) };

	if (!a.measures)
		a.measures = "The manifest of this run has no text for this benchmark, as those of "
			     "older runs have none; grantbench --list=json has today's.";
	if (!a.not_measured)
		a.not_measured = "the manifest does not say; grantbench --list=json does.";
	return a;
}

const char *gnb_bench_at(const struct gnb_rec_run *r, size_t i)
{
	return gnb_json_get_string(at(r, "benches", i), "name", NULL);
}
