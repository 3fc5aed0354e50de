/* SPDX-License-Identifier: GPL-2.0-only */
/* Looking things up in a run. */
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "rec.h"

bool gnb_rec_number(const char *s, double *v)
{
	char *end;

	errno = 0;
	*v = strtod(s, &end);
	return end != s && !*end && !errno && isfinite(*v);
}

const char *gnb_rec_param(const struct gnb_rec_cell *c, const char *name)
{
	return gnb_json_get_string(c->any->params, name, NULL);
}

const char *gnb_rec_centre(const struct gnb_rec_bench *b, const char *name)
{
	for (size_t i = 0; i < b->nr_params; i++)
		if (!strcmp(b->param[i], name))
			return b->centre[i];
	return NULL;
}

const struct gnb_rec_cell *gnb_rec_centre_cell(const struct gnb_rec_bench *b)
{
	for (size_t i = 0; i < b->nr_cells; i++)
		if (!b->cell[i]->differs)
			return b->cell[i];
	return NULL;
}

bool gnb_rec_on_axis(const struct gnb_rec_cell *c, const char *axis)
{
	const char *value = gnb_rec_param(c, axis), *centre = gnb_rec_centre(c->bench, axis);

	if (!value)
		return false;
	return !c->differs || (c->differs == 1 && (!centre || strcmp(value, centre)));
}

bool gnb_counts_contend(const char *threads)
{
	double n;

	return threads && gnb_rec_number(threads, &n) && n > 1;
}

const struct gnb_rec_row *gnb_rec_row(const struct gnb_rec_launch *l, const char *version,
				      const char *metric)
{
	for (size_t i = 0; i < l->nr_rows; i++)
		if (!strcmp(l->row[i].version, version) && !strcmp(l->row[i].metric, metric))
			return &l->row[i];
	return NULL;
}

const struct gnb_rec_launch *gnb_rec_main(const struct gnb_rec_run *r, const struct gnb_rec_cell *c)
{
	for (size_t i = 0; i < r->nr_launches; i++)
		if (!r->launch[i]->number && !strcmp(r->launch[i]->cell, c->name))
			return r->launch[i];
	return c->any;
}

struct json_object *gnb_rec_counts(const struct gnb_rec_cell *c, const char *version,
				   const char *metric)
{
	for (size_t i = 0; i < c->nr_launches; i++) {
		const struct gnb_rec_row *row = gnb_rec_row(c->launch[i], version, metric);

		if (row && row->counts)
			return row->counts;
	}
	return NULL;
}
