/* SPDX-License-Identifier: GPL-2.0-only */
/* The machine and the subject of a run, from its manifest. */
#include <stdio.h>
#include <string.h>

#include "identity.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

/* From environment.before. Memory, load and the host's name are left out: they say nothing about a figure. */
static const char *const machine[] = {
	"cpu_model",
	"microcode",
	"cpu_features",
	"hypervisor",
	"kernel",
	"cmdline",
	"cpus_online",
	"cpus_allowed",
	"governor",
	"turbo",
	"smt",
	"thp",
	"aslr",
	"clocksource",
	"numa_balancing",
	"mitigations",
	"cgroup_cpu_max",
	"compiler",
	"cflags",
	"libc",
	"build_type",
	"benchmark_library",
	NULL,
};

/* Machines of a target, under whose names there may be the same cells. */
#define COUNTS "guest_type", "granter", "iommu"
/* Code that is counted. */
#define INSTRUCTIONS COUNTS, "clock", "counter", "compiler", "cflags", "libc", "build_type"
/* What it runs on. */
#define RATIOS INSTRUCTIONS, "cpu_model", "microcode", "hypervisor"

const char *const *gnb_identity_keys(enum gnb_identity_of of)
{
	static const char *const counts[] = { COUNTS, NULL };
	static const char *const instructions[] = { INSTRUCTIONS, NULL };
	static const char *const ratios[] = { RATIOS, NULL };
	static const char *const *const all[] = { counts, instructions, ratios };

	return all[of];
}

static struct json_object *get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(o, key, &v);
	return json_object_get(v);
}

static struct json_object *before(struct json_object *manifest)
{
	return gnb_json_get(gnb_json_get(manifest, "environment", json_type_object), "before",
			    json_type_object);
}

struct json_object *gnb_identity_machine(struct json_object *manifest)
{
	struct json_object *o = json_object_new_object(), *env = before(manifest),
			   *clock = gnb_json_get(manifest, "clock", json_type_object), *facts;

	for (const char *const *k = machine; o && *k; k++)
		ADD(o, *k, get(env, *k));
	if (!o)
		return NULL;
	/* Runs from before there were several. */
	ADD(o, "clock", gnb_json_string(gnb_json_get_string(clock, "name", "monotonic")));
	ADD(o, "counter", get(gnb_json_get(manifest, "meta", json_type_object), "counter"));
	facts = gnb_json_get(env, "target_facts", json_type_object);
	for (const char *const *k = gnb_identity_keys(GNB_IDENTITY_COUNTS); *k; k++)
		if (json_object_object_get_ex(facts, *k, NULL))
			ADD(o, *k, get(facts, *k));
	return o;
}

/* "9118308", or "9118308+" with changes that are in no commit. */
static struct json_object *source(struct json_object *manifest)
{
	struct json_object *git = gnb_json_get(manifest, "git", json_type_object);
	const char *sha = gnb_json_get_string(git, "sha", NULL);
	char text[100];

	snprintf(text, sizeof(text), "%.90s%s", sha ? sha : "",
		 json_object_get_boolean(gnb_json_get(git, "dirty", json_type_boolean)) ? "+" : "");
	return sha ? gnb_json_string(text) : NULL;
}

static struct json_object *versions(struct json_object *manifest)
{
	struct json_object *from = gnb_json_get(manifest, "versions", json_type_array),
			   *to = from ? json_object_new_array() : NULL;

	for (size_t i = 0; to && i < json_object_array_length(from); i++)
		json_object_array_add(to, get(json_object_array_get_idx(from, i), "name"));
	return to;
}

/* Notes that were given; what a tool notes for itself is not the subject's. */
static struct json_object *notes(struct json_object *manifest)
{
	struct json_object *meta = gnb_json_get(manifest, "meta", json_type_object),
			   *o = json_object_new_object();

	if (!meta || !o)
		return o;
	json_object_object_foreach(meta, key, value) ADD(o, key, json_object_get(value));
	json_object_object_del(o, "counter");
	return o;
}

struct json_object *gnb_identity_subject(struct json_object *manifest)
{
	struct json_object *o = json_object_new_object(), *env = before(manifest);

	if (!o)
		return NULL;
	ADD(o, "target", get(manifest, "target"));
	ADD(o, "suite", get(manifest, "suite"));
	ADD(o, "source", source(manifest));
	ADD(o, "variant", get(env, "variant"));
	ADD(o, "versions", versions(manifest));
	ADD(o, "selection", get(manifest, "selection"));
	ADD(o, "target_options", get(manifest, "target_options"));
	ADD(o, "target_facts", get(env, "target_facts"));
	ADD(o, "meta", notes(manifest));
	return o;
}

/* The run with another environment, as far as a machine and a setting are read from it. */
static struct json_object *with(struct json_object *manifest, struct json_object *env)
{
	static const char *const same[] = { "target", "clock", "meta", NULL };
	struct json_object *o = json_object_new_object(), *e = json_object_new_object();

	for (const char *const *k = same; o && *k; k++)
		ADD(o, *k, get(manifest, *k));
	if (o && e) {
		ADD(e, "before", json_object_get(env));
		ADD(o, "environment", e);
	}
	return o;
}

struct json_object *gnb_identity_where(struct json_object *manifest, struct json_object *line)
{
	struct json_object *all = gnb_json_get(manifest, "machines", json_type_array);
	const char *name = gnb_json_get_string(line, "machine", NULL);

	for (size_t i = 0; all && name && i < json_object_array_length(all); i++) {
		struct json_object *m = json_object_array_get_idx(all, i);

		if (!strcmp(gnb_json_get_string(m, "name", ""), name))
			return with(manifest, gnb_json_get(m, "before", json_type_object));
	}
	return json_object_get(manifest);
}

struct json_object *gnb_identity_machines(struct json_object *manifest)
{
	struct json_object *all = gnb_json_get(manifest, "machines", json_type_array),
			   *o = all ? json_object_new_object() : NULL;

	for (size_t i = 0; o && i < json_object_array_length(all); i++) {
		struct json_object *m = json_object_array_get_idx(all, i);
		struct json_object *of =
			with(manifest, gnb_json_get(m, "before", json_type_object));

		ADD(o, gnb_json_get_string(m, "name", "?"), gnb_identity_machine(of));
		json_object_put(of);
	}
	return o;
}
