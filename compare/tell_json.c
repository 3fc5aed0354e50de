// SPDX-License-Identifier: GPL-2.0-only
/* For programs (docs/results.md, "A verdict"). */
#include <math.h>

#include "tell.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

static struct json_object *field(struct json_object *doc, const char *key)
{
	struct json_object *v = NULL;

	json_object_object_get_ex(doc, key, &v);
	return json_object_get(v);
}

static struct json_object *part(struct json_object *base, struct json_object *now, const char *key)
{
	base = gnb_json_get(base, key, json_type_object);
	now = gnb_json_get(now, key, json_type_object);
	return base && now ? gnb_cmp_differ(base, now, NULL) : NULL;
}

static struct json_object *source(const struct gnb_source *s)
{
	static const char *const same[] = { "started", "suite", "git", "status", "target", NULL };
	struct json_object *o = json_object_new_object();

	ADD(o, "name", gnb_json_string(s->name));
	ADD(o, "path", gnb_json_string(s->path));
	for (const char *const *k = same; *k; k++)
		ADD(o, *k, field(s->doc, *k));
	ADD(o, "machine", field(s->doc, "machine"));
	ADD(o, "subject", field(s->doc, "subject"));
	return o;
}

static struct json_object *other(const struct gnb_comparison *c, size_t i)
{
	struct json_object *o = source(&c->source[1 + i]), *may = json_object_new_object();
	struct json_object *base = c->source[0].doc, *now = c->source[1 + i].doc;

	ADD(o, "machine_differs", part(base, now, "machine"));
	ADD(o, "subject_differs", part(base, now, "subject"));
	for (enum gnb_kind k = 0; k < GNB_KINDS; k++) {
		const struct gnb_cmp_may *m = &c->may[i][k];
		struct json_object *x = json_object_new_object();

		ADD(x, "refused", json_object_new_boolean(m->refused));
		ADD(x, "reason", m->refused ? gnb_json_string(m->why) : NULL);
		ADD(x, "keys", json_object_get(m->differ));
		ADD(may, gnb_kind_names[k], x);
	}
	ADD(o, "may", may);
	return o;
}

static struct json_object *count_of(size_t n)
{
	return json_object_new_int64((int64_t)n);
}

static struct json_object *row(const struct gnb_cmp_row *r)
{
	struct json_object *o = json_object_new_object(), *launches = NULL, *each = NULL;
	bool paired = r->figure == GNB_FIG_PAIRED, ratio = r->figure == GNB_FIG_RATIO || paired;
	char name[1000];

	gnb_cmp_name(r, name, sizeof(name));
	ADD(o, "name", gnb_json_string(name));
	ADD(o, "other", count_of(r->other));
	ADD(o, "cell", gnb_json_string(r->cell));
	ADD(o, "bench", gnb_json_string(r->bench));
	ADD(o, "version", gnb_json_string(r->version));
	ADD(o, "metric", gnb_json_string(r->metric));
	ADD(o, "figure", gnb_json_string(gnb_figure_names[r->figure]));
	ADD(o, "unit", gnb_json_string(r->unit));
	ADD(o, "to", gnb_json_string(r->to));
	ADD(o, "better", gnb_json_string(r->higher_better ? "higher" : "lower"));
	ADD(o, "verdict", gnb_json_string(gnb_cmp_names[r->verdict]));
	ADD(o, "fails", json_object_new_boolean(r->fails));
	ADD(o, "reason", *r->why ? gnb_json_string(r->why) : NULL);
	ADD(o, "base", gnb_json_number(r->base));
	ADD(o, "now", gnb_json_number(r->now));
	ADD(o, "ratio", gnb_json_number(r->ratio.value));
	ADD(o, "lo", gnb_json_number(r->ratio.lo));
	ADD(o, "hi", gnb_json_number(r->ratio.hi));
	ADD(o, "level", gnb_json_number(r->ratio.level));
	ADD(o, "effect", gnb_json_number(gnb_cmp_effect(r)));
	ADD(o, "threshold", gnb_json_number(r->threshold));
	ADD(o, "changes", json_object_get(r->changes));
	if (ratio) {
		launches = json_object_new_array();
		json_object_array_add(launches, count_of(r->launches[0]));
		json_object_array_add(launches, count_of(r->launches[1]));
	}
	for (size_t i = 0; paired && i < r->launches[0]; i++) {
		each = each ? each : json_object_new_array();
		json_object_array_add(each, gnb_json_number(r->each[0][i]));
	}
	ADD(o, "launches", launches);
	ADD(o, "each", each);
	ADD(o, "needs", r->needs ? count_of(r->needs) : NULL);
	ADD(o, "p", gnb_json_number(r->p));
	ADD(o, "corrected", gnb_json_number(r->corrected));
	ADD(o, "forced", json_object_new_boolean(r->forced));
	ADD(o, "accepted",
	    r->accepted ? gnb_json_string(gnb_json_get_string(r->accepted, "at", "?")) : NULL);
	return o;
}

static struct json_object *options(const struct gnb_comparison *c)
{
	struct json_object *o = json_object_new_object(), *fail = json_object_new_array(),
			   *only = json_object_new_array();

	ADD(o, "alpha", gnb_json_number(c->o.alpha));
	ADD(o, "min_effect", gnb_json_number(c->o.min_effect));
	ADD(o, "gate", gnb_json_number(c->o.gate));
	for (enum gnb_outcome_of v = 0; v < GNB_CMP_VERDICTS; v++)
		if (c->o.fail_on & (1u << v))
			json_object_array_add(fail, gnb_json_string(gnb_cmp_names[v]));
	for (enum gnb_kind k = 0; k < GNB_KINDS; k++)
		if (!c->o.only || c->o.only & (1u << k))
			json_object_array_add(only, gnb_json_string(gnb_kind_names[k]));
	ADD(o, "fail_on", fail);
	ADD(o, "only", only);
	ADD(o, "force", json_object_new_boolean(c->o.force));
	return o;
}

static struct json_object *turns(const struct gnb_cmp_turns *t)
{
	struct json_object *o = json_object_new_object();

	ADD(o, "launches", count_of(t->launches));
	ADD(o, "seconds", gnb_json_number(t->seconds));
	ADD(o, "seed", json_object_new_uint64(t->seed));
	ADD(o, "alpha_each", gnb_json_number(t->alpha));
	ADD(o, "note", gnb_json_string(t->note));
	return o;
}

struct json_object *gnb_tell_json(const struct gnb_comparison *c, int code)
{
	struct json_object *doc = json_object_new_object(), *others = json_object_new_array(),
			   *rows = json_object_new_array(), *counts = json_object_new_object();

	if (!doc || !others || !rows || !counts) {
		json_object_put(doc);
		json_object_put(others);
		json_object_put(rows);
		json_object_put(counts);
		return NULL;
	}
	ADD(doc, "schema", json_object_new_int(1));
	ADD(doc, "kind", gnb_json_string("verdict"));
	ADD(doc, "suite", gnb_json_string(GNB_SUITE_VERSION));
	ADD(doc, "verdict",
	    gnb_json_string(c->refused	   ? "refused"
			    : c->failing   ? "fails"
			    : c->untrusted ? "untrusted"
					   : "passes"));
	ADD(doc, "exit", json_object_new_int(code));
	ADD(doc, "options", options(c));
	ADD(doc, "command", gnb_json_string(gnb_tell_command(c)));
	ADD(doc, "turns", c->turns ? turns(c->turns) : NULL);
	ADD(doc, "base", source(&c->source[0]));
	for (size_t i = 0; i < c->nr_others; i++)
		json_object_array_add(others, other(c, i));
	ADD(doc, "others", others);
	for (enum gnb_outcome_of v = 0; v < GNB_CMP_VERDICTS; v++)
		ADD(counts, gnb_cmp_names[v], count_of(c->count[v]));
	ADD(doc, "counts", counts);
	ADD(doc, "failing", count_of(c->failing));
	ADD(doc, "family", count_of(c->family));
	for (size_t i = 0; i < c->nr_rows; i++)
		json_object_array_add(rows, row(&c->row[i]));
	ADD(doc, "rows", rows);
	return doc;
}
