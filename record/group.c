/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Launches into cells and benchmarks. Nothing here knows a benchmark by name: the centre of one is
 * found from its cells, as the value that each parameter has where another parameter is being
 * varied.
 */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "group.h"
#include "pingpong.h"
#include "text.h"

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* The benchmark of this name, made if there is none; NULL without memory. */
static struct gnb_rec_bench *bench_of(struct gnb_rec_run *r, const struct gnb_rec_launch *l)
{
	struct gnb_rec_bench *b, **list;

	for (size_t i = 0; i < r->nr_benches; i++)
		if (!strcmp(r->bench[i]->name, l->bench))
			return r->bench[i];
	list = reallocarray(r->bench, r->nr_benches + 1, sizeof(*list));
	if (!list)
		return NULL;
	r->bench = list;
	b = calloc(1, sizeof(*b));
	if (!b)
		return NULL;
	b->name = l->bench;
	b->def_version = l->def_version;
	return list[r->nr_benches++] = b;
}

/* Put the cell at the end of a list of n; false without memory. */
static bool add_cell(struct gnb_rec_cell ***list, size_t n, struct gnb_rec_cell *c)
{
	struct gnb_rec_cell **more = reallocarray(*list, n + 1, sizeof(*more));

	if (!more)
		return false;
	*list = more;
	more[n] = c;
	return true;
}

/* The cell of a launch, made if there is none; NULL without memory. */
static struct gnb_rec_cell *cell_of(struct gnb_rec_run *r, struct gnb_rec_launch *l)
{
	struct gnb_rec_bench *b = bench_of(r, l);
	struct gnb_rec_cell *c;

	if (!b)
		return NULL;
	for (size_t i = 0; i < b->nr_cells; i++)
		if (!strcmp(b->cell[i]->name, l->cell))
			return b->cell[i];
	c = calloc(1, sizeof(*c));
	if (!c || !add_cell(&r->cell, r->nr_cells, c)) {
		free(c);
		return NULL;
	}
	r->nr_cells++;
	c->name = l->cell;
	c->any = l;
	c->bench = b;
	if (!add_cell(&b->cell, b->nr_cells, c))
		return NULL;
	b->nr_cells++;
	return c;
}

/* Add s to a list of strings unless it is there. False without memory. */
static bool add_name(const char ***list, size_t *nr, const char *s)
{
	const char **more;

	for (size_t i = 0; i < *nr; i++)
		if (!strcmp((*list)[i], s))
			return true;
	more = reallocarray(*list, *nr + 1, sizeof(*more));
	if (!more)
		return false;
	*list = more;
	more[(*nr)++] = s;
	return true;
}

static bool add_metric(struct gnb_rec_bench *b, const struct gnb_rec_row *row)
{
	size_t before = b->nr_metrics;
	const char **unit;

	if (!add_name(&b->metric, &b->nr_metrics, row->metric))
		return false;
	if (b->nr_metrics == before)
		return true;
	unit = reallocarray(b->unit, b->nr_metrics, sizeof(*unit));
	if (!unit)
		return false;
	b->unit = unit;
	unit[before] = row->unit;
	return true;
}

static bool add_launch(struct gnb_rec_cell *c, struct gnb_rec_launch *l)
{
	struct gnb_rec_launch **list = reallocarray(c->launch, c->nr_launches + 1, sizeof(*list));
	size_t at = c->nr_launches;

	if (!list)
		return false;
	c->launch = list;
	while (at && list[at - 1]->number > l->number) {
		list[at] = list[at - 1];
		at--;
	}
	list[at] = l;
	c->nr_launches++;
	c->any = list[0];
	for (size_t i = 0; i < l->nr_rows; i++)
		if (!add_metric(c->bench, &l->row[i]) ||
		    !add_name(&c->bench->version, &c->bench->nr_versions, l->row[i].version))
			return false;
	return true;
}

/* The value of a parameter that most cells have which vary another one; else that most cells have. */
static const char *vote(const struct gnb_rec_bench *b, const char *param)
{
	const char *best = NULL;
	unsigned best_votes = 0;

	for (size_t i = 0; i < b->nr_cells; i++) {
		const char *value = gnb_rec_param(b->cell[i], param);
		unsigned votes = 0;

		if (!value)
			continue;
		for (size_t j = 0; j < b->nr_cells; j++) {
			const struct gnb_rec_cell *c = b->cell[j];

			if (same(gnb_rec_param(c, param), value))
				votes += same(c->any->axis, param) ? 1 : 1000;
		}
		if (votes > best_votes) {
			best_votes = votes;
			best = value;
		}
	}
	return best;
}

static bool find_centre(struct gnb_rec_bench *b)
{
	struct gnb_buf text = { 0 };

	for (size_t i = 0; i < b->nr_cells; i++) {
		struct json_object *params = b->cell[i]->any->params;

		if (!params)
			continue;
		json_object_object_foreach(params, name, value)
		{
			(void)value;
			if (!add_name(&b->param, &b->nr_params, name))
				return false;
		}
	}
	b->centre = calloc(b->nr_params ? b->nr_params : 1, sizeof(*b->centre));
	if (!b->centre)
		return false;
	for (size_t i = 0; i < b->nr_params; i++) {
		b->centre[i] = vote(b, b->param[i]);
		gnb_buf_fmt(&text, "%s%s:%s", i ? ", " : "", b->param[i],
			    b->centre[i] ? b->centre[i] : "none");
	}
	if (!b->nr_params)
		gnb_buf_add(&text, "no parameters");
	b->centre_text = gnb_buf_take(&text);
	return b->centre_text;
}

static bool label(struct gnb_rec_cell *c)
{
	const struct gnb_rec_bench *b = c->bench;
	struct gnb_buf text = { 0 };

	for (size_t i = 0; i < b->nr_params; i++) {
		const char *value = gnb_rec_param(c, b->param[i]);

		if (same(value, b->centre[i]))
			continue;
		gnb_buf_fmt(&text, "%s%s:%s", c->differs++ ? " " : "", b->param[i],
			    value ? value : "none");
	}
	if (!c->differs)
		gnb_buf_add(&text, "centre");
	c->label = gnb_buf_take(&text);
	return c->label;
}

/* Launches on cores that lie elsewhere are of another group than most, and are not pooled with them. */
static int one_group(struct gnb_rec_cell *c)
{
	double *ns = calloc(c->nr_launches + 1, sizeof(*ns));
	unsigned *group = calloc(c->nr_launches + 1, sizeof(*group)), most;
	size_t n = 0;

	if (!ns || !group) {
		free(ns);
		free(group);
		return -ENOMEM;
	}
	for (size_t i = 0; i < c->nr_launches; i++) {
		double before, after;
		bool moved;

		gnb_pingpong_of(c->launch[i]->json, &before, &after);
		moved = !isnan(before) && !isnan(after) && !gnb_pingpong_same(before, after);
		/* One in which they moved is of none. */
		ns[i] = moved ? NAN : fmax(before, after);
	}
	gnb_pingpong_groups(ns, c->nr_launches, group);
	most = gnb_pingpong_most(group, c->nr_launches);
	for (size_t i = 0; i < c->nr_launches; i++)
		if (group[i] == most)
			c->launch[n++] = c->launch[i];
	c->other_group = (unsigned)(c->nr_launches - n);
	c->nr_launches = n;
	if (n)
		c->any = c->launch[0];
	free(ns);
	free(group);
	return 0;
}

int gnb_group_make(struct gnb_rec_run *r)
{
	for (size_t i = 0; i < r->nr_launches; i++) {
		struct gnb_rec_cell *c = cell_of(r, r->launch[i]);

		if (!c || (r->launch[i]->usable && !add_launch(c, r->launch[i])))
			return -ENOMEM;
	}
	for (size_t i = 0; i < r->nr_cells; i++)
		if (one_group(r->cell[i]))
			return -ENOMEM;
	for (size_t i = 0; i < r->nr_benches; i++) {
		if (!find_centre(r->bench[i]))
			return -ENOMEM;
		for (size_t j = 0; j < r->bench[i]->nr_cells; j++)
			if (!label(r->bench[i]->cell[j]))
				return -ENOMEM;
	}
	return 0;
}

void gnb_group_free(struct gnb_rec_run *r)
{
	for (size_t i = 0; i < r->nr_benches; i++) {
		struct gnb_rec_bench *b = r->bench[i];

		free(b->cell);
		free(b->param);
		free(b->centre);
		free(b->centre_text);
		free(b->metric);
		free(b->unit);
		free(b->version);
		free(b);
	}
	for (size_t i = 0; i < r->nr_cells; i++) {
		free(r->cell[i]->launch);
		free(r->cell[i]->label);
		free(r->cell[i]);
	}
	free(r->bench);
	free(r->cell);
	r->bench = NULL;
	r->cell = NULL;
	r->nr_benches = r->nr_cells = 0;
}
