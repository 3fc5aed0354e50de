// SPDX-License-Identifier: GPL-2.0-only
/*
 * Results into groups and families. Nothing here knows a benchmark by name: the centre of a family
 * is found from its cells, as the value that each parameter has where another parameter is being
 * varied.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "run.h"

bool gnb_number(const char *s, double *v)
{
	char *end;

	errno = 0;
	*v = strtod(s, &end);
	return end != s && !*end && !errno && isfinite(*v);
}

static const char *param_of(const struct gnb_result *res, const char *name)
{
	return gnb_json_get_string(res->params, name, NULL);
}

const char *gnb_param(const struct gnb_group *g, const char *name)
{
	return param_of(g->any, name);
}

const char *gnb_centre(const struct gnb_family *f, const char *name)
{
	for (size_t i = 0; i < f->nr_params; i++)
		if (!strcmp(f->param[i], name))
			return f->centre[i];
	return NULL;
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static struct gnb_family *family_of(struct gnb_run *r, const struct gnb_result *res)
{
	struct gnb_family *f;

	for (size_t i = 0; i < r->nr_families; i++)
		if (!strcmp(r->family[i]->name, res->bench))
			return r->family[i];
	f = gnb_alloc(1, sizeof(*f));
	f->name = res->bench;
	f->def_version = res->def_version;
	r->family = gnb_grow(r->family, r->nr_families + 1, sizeof(*r->family));
	return r->family[r->nr_families++] = f;
}

static struct gnb_group *group_of(struct gnb_run *r, struct gnb_result *res)
{
	struct gnb_family *f = family_of(r, res);
	struct gnb_group *g;

	for (size_t i = 0; i < f->nr; i++)
		if (!strcmp(f->group[i]->cell, res->cell))
			return f->group[i];
	g = gnb_alloc(1, sizeof(*g));
	g->cell = res->cell;
	g->any = res;
	g->family = f;
	f->group = gnb_grow(f->group, f->nr + 1, sizeof(*f->group));
	f->group[f->nr++] = g;
	r->group = gnb_grow(r->group, r->nr_groups + 1, sizeof(*r->group));
	return r->group[r->nr_groups++] = g;
}

/* Add s to a list of strings unless it is there. */
static bool add_name(const char ***list, size_t *nr, const char *s)
{
	for (size_t i = 0; i < *nr; i++)
		if (!strcmp((*list)[i], s))
			return false;
	*list = gnb_grow(*list, *nr + 1, sizeof(**list));
	(*list)[(*nr)++] = s;
	return true;
}

static void add_launch(struct gnb_group *g, struct gnb_result *res)
{
	struct gnb_family *f = g->family;
	size_t at = g->nr;

	g->launch = gnb_grow(g->launch, g->nr + 1, sizeof(*g->launch));
	while (at && g->launch[at - 1]->launch > res->launch) {
		g->launch[at] = g->launch[at - 1];
		at--;
	}
	g->launch[at] = res;
	g->nr++;
	g->any = g->launch[0];
	for (size_t i = 0; i < res->nr_rows; i++) {
		size_t nr_units = f->nr_metrics;

		if (add_name(&f->metric, &f->nr_metrics, res->rows[i].metric)) {
			f->unit = gnb_grow(f->unit, nr_units + 1, sizeof(*f->unit));
			f->unit[nr_units] = res->rows[i].unit;
		}
		add_name(&f->version, &f->nr_versions, res->rows[i].version);
	}
}

/* The value of a parameter that most cells have which vary another one; else that most cells have.
 */
static const char *vote(const struct gnb_family *f, const char *param)
{
	const char *best = NULL;
	unsigned best_votes = 0;

	for (size_t i = 0; i < f->nr; i++) {
		const char *value = gnb_param(f->group[i], param);
		unsigned votes = 0;

		if (!value)
			continue;
		for (size_t j = 0; j < f->nr; j++) {
			const struct gnb_group *g = f->group[j];

			if (same(gnb_param(g, param), value))
				votes += same(g->any->axis, param) ? 1 : 1000;
		}
		if (votes > best_votes) {
			best_votes = votes;
			best = value;
		}
	}
	return best;
}

static void find_centre(struct gnb_family *f)
{
	for (size_t i = 0; i < f->nr; i++) {
		json_object *params = f->group[i]->any->params;

		if (!params)
			continue;
		json_object_object_foreach(params, name, value)
		{
			(void)value;
			add_name(&f->param, &f->nr_params, name);
		}
	}
	f->centre = gnb_alloc(f->nr_params, sizeof(*f->centre));
	for (size_t i = 0; i < f->nr_params; i++)
		f->centre[i] = vote(f, f->param[i]);
}

static void label(struct gnb_group *g)
{
	const struct gnb_family *f = g->family;
	struct gnb_buf b = { 0 };

	for (size_t i = 0; i < f->nr_params; i++) {
		const char *value = gnb_param(g, f->param[i]);

		if (same(value, f->centre[i]))
			continue;
		gnb_buf_fmt(&b, "%s%s:%s", g->differs++ ? " " : "", f->param[i],
			    value ? value : "none");
	}
	if (!b.len)
		gnb_buf_add(&b, "centre");
	g->label = gnb_take(&b);
}

bool gnb_on_axis(const struct gnb_group *g, const char *axis)
{
	const char *value = gnb_param(g, axis);

	if (!value)
		return false;
	return !g->differs || (g->differs == 1 && !same(value, gnb_centre(g->family, axis)));
}

char *gnb_centre_text(const struct gnb_family *f)
{
	struct gnb_buf b = { 0 };

	for (size_t i = 0; i < f->nr_params; i++)
		gnb_buf_fmt(&b, "%s%s:%s", i ? ", " : "", f->param[i],
			    f->centre[i] ? f->centre[i] : "none");
	if (!b.len)
		gnb_buf_add(&b, "no parameters");
	return gnb_take(&b);
}

const struct gnb_group *gnb_centre_group(const struct gnb_family *f)
{
	for (size_t i = 0; i < f->nr; i++)
		if (!f->group[i]->differs)
			return f->group[i];
	return NULL;
}

const struct gnb_row *gnb_row(const struct gnb_result *res, const char *version, const char *metric)
{
	for (size_t i = 0; i < res->nr_rows; i++)
		if (!strcmp(res->rows[i].version, version) && !strcmp(res->rows[i].metric, metric))
			return &res->rows[i];
	return NULL;
}

void gnb_run_group(struct gnb_run *r)
{
	for (size_t i = 0; i < r->nr_results; i++) {
		struct gnb_group *g = group_of(r, r->result[i]);

		if (r->result[i]->usable)
			add_launch(g, r->result[i]);
	}
	for (size_t i = 0; i < r->nr_families; i++) {
		struct gnb_family *f = r->family[i];

		find_centre(f);
		for (size_t j = 0; j < f->nr; j++)
			label(f->group[j]);
	}
}
