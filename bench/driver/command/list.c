/* SPDX-License-Identifier: GPL-2.0-only */
/* --list: what there is to measure. */
#include <string.h>

#include "suite.h"
#include "summary.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

static void text(FILE *f, const struct gnb_bench *b)
{
	static const struct gnb_compared all;
	const struct gnb_version *v[GNB_VERSIONS_MAX];
	unsigned n = gnb_compared_in(&all, b, v);

	fprintf(f, "%s: %s%s\n  versions:", b->name, b->summary,
		b->in_default ? "" : " (not in the default run)");
	for (unsigned i = 0; i < n; i++)
		fprintf(f, " %s", v[i]->name);
	fprintf(f, "\n");
	for (const struct gnb_param *p = b->params; p && p->name; p++) {
		fprintf(f, "  %-10s %-12s %s%s%s", p->name, p->centre, p->help ? p->help : "",
			p->sweep ? "; " : "", p->sweep ? p->sweep : "");
		if (p->most)
			fprintf(f, "; any of %lu to %lu", p->least, p->most);
		fprintf(f, "\n");
	}
	for (const struct gnb_metric *m = b->metrics; m->name; m++)
		fprintf(f, "  -> %s in %s, %s is better\n", m->name, m->unit,
			m->better == GNB_HIGHER ? "higher" : "lower");
}

static struct json_object *values(const char *sweep)
{
	struct json_object *a = json_object_new_array();

	for (const char *s = sweep; s && *s;) {
		size_t n = strcspn(s, ",");

		json_object_array_add(a, json_object_new_string_len(s, (int)n));
		s += n + (s[n] == ',');
	}
	return a;
}

static struct json_object *json(const struct gnb_bench *b)
{
	static const struct gnb_compared all;
	const struct gnb_version *v[GNB_VERSIONS_MAX];
	unsigned n = gnb_compared_in(&all, b, v);
	struct json_object *o = json_object_new_object(), *a = json_object_new_array(), *x;

	ADD(o, "name", gnb_json_string(b->name));
	ADD(o, "summary", gnb_json_string(b->summary));
	ADD(o, "measures", gnb_json_string(b->measures));
	ADD(o, "not_measured", gnb_json_string(b->not_measured));
	ADD(o, "def_version", json_object_new_int64(b->def_version));
	ADD(o, "in_default", json_object_new_boolean(b->in_default));
	for (unsigned i = 0; i < n; i++)
		json_object_array_add(a, gnb_json_string(v[i]->name));
	ADD(o, "versions", a);
	a = json_object_new_array();
	for (const struct gnb_param *p = b->params; p && p->name; p++) {
		x = json_object_new_object();
		ADD(x, "name", gnb_json_string(p->name));
		ADD(x, "centre", gnb_json_string(p->centre));
		ADD(x, "sweep", values(p->sweep));
		ADD(x, "help", gnb_json_string(p->help));
		ADD(x, "least", p->most ? json_object_new_uint64(p->least) : NULL);
		ADD(x, "most", p->most ? json_object_new_uint64(p->most) : NULL);
		ADD(x, "file", json_object_new_boolean(p->find != NULL));
		json_object_array_add(a, x);
	}
	ADD(o, "params", a);
	a = json_object_new_array();
	for (const struct gnb_metric *m = b->metrics; m->name; m++) {
		x = json_object_new_object();
		ADD(x, "name", gnb_json_string(m->name));
		ADD(x, "unit", gnb_json_string(m->unit));
		ADD(x, "better", gnb_json_string(m->better == GNB_HIGHER ? "higher" : "lower"));
		ADD(x, "latency", json_object_new_boolean(m->latency));
		ADD(x, "exact", json_object_new_boolean(m->exact));
		json_object_array_add(a, x);
	}
	ADD(o, "metrics", a);
	a = json_object_new_array();
	for (int i = 0; b->headline && b->headline[i]; i++)
		json_object_array_add(a, gnb_json_string(b->headline[i]));
	ADD(o, "headline", a);
	return o;
}

static struct json_object *options(const struct gnb_target *t)
{
	struct json_object *a = json_object_new_array();

	for (const struct gnb_target_option *k = t->options; k && k->key; k++) {
		struct json_object *x = json_object_new_object();

		ADD(x, "key", gnb_json_string(k->key));
		ADD(x, "values", gnb_json_string(k->values));
		ADD(x, "help", gnb_json_string(k->help));
		json_object_array_add(a, x);
	}
	return a;
}

void gnb_list(FILE *f, const struct gnb_options *o)
{
	static const struct gnb_compared all;
	struct json_object *doc, *benches, *targets;

	if (!o->list || strcmp(o->list, "json")) {
		gnb_for_each_target (t) {
			fprintf(f, "target %s: %s\n", (*t)->name, (*t)->summary);
			for (const struct gnb_target_option *k = (*t)->options; k && k->key; k++)
				fprintf(f, "  :%s=%s  %s\n", k->key, k->values, k->help);
		}
		for (const struct gnb_version *v = gnb_versions; v->name; v++)
			fprintf(f, "version %s: %s\n", v->name, v->words);
		gnb_for_each_bench (b)
			text(f, *b);
		return;
	}
	doc = json_object_new_object();
	benches = json_object_new_array();
	targets = json_object_new_array();
	gnb_for_each_target (t) {
		struct json_object *x = json_object_new_object();

		ADD(x, "name", gnb_json_string((*t)->name));
		ADD(x, "summary", gnb_json_string((*t)->summary));
		ADD(x, "options", options(*t));
		json_object_array_add(targets, x);
	}
	gnb_for_each_bench (b)
		json_object_array_add(benches, json(*b));
	ADD(doc, "targets", targets);
	ADD(doc, "versions", gnb_suite_versions(&all));
	ADD(doc, "benches", benches);
	fprintf(f, "%s\n",
		json_object_to_json_string_ext(doc, JSON_C_TO_STRING_PRETTY |
							    JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(doc);
}
