// SPDX-License-Identifier: GPL-2.0-only
/* The series of a run, and their names. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "series.h"
#include "units.h"

void gnb_series_rest(const struct gnb_series *s, struct gnb_buf *b)
{
	gnb_buf_fmt(b, "/%s/%s", s->row->version, s->row->metric);
	if (s->kind == GNB_SERIES_RATIO)
		gnb_buf_add(b, "/ratio");
	else if (s->kind == GNB_SERIES_COUNT)
		gnb_buf_fmt(b, "/count.%s", s->count);
}

void gnb_series_name(const struct gnb_series *s, struct gnb_buf *b)
{
	gnb_buf_add(b, s->cell->name);
	gnb_series_rest(s, b);
}

void gnb_series_short(const char *cell, const char *rest, char name[GNB_SERIES_SHORT + 1])
{
	char mark[12];
	uint64_t hash = 14695981039346656037ull;
	size_t n = strlen(cell), more = strlen(rest), keep, tail;

	if (n + more <= GNB_SERIES_SHORT) {
		memcpy(name, cell, n);
		memcpy(name + n, rest, more + 1);
		return;
	}
	for (size_t i = 0; i < n + more; i++)
		hash = (hash ^ (unsigned char)(i < n ? cell[i] : rest[i - n])) * 1099511628211ull;
	snprintf(mark, sizeof(mark), "~%010llx", (unsigned long long)(hash >> 24));
	/* What comes after the cell goes before, unless nothing but it would be left. */
	tail = more < GNB_SERIES_SHORT - 30 ? more : GNB_SERIES_SHORT - 30;
	keep = GNB_SERIES_SHORT - strlen(mark) - tail;
	keep = keep < n ? keep : n;
	memcpy(name, cell, keep);
	memcpy(name + keep, mark, strlen(mark));
	memcpy(name + keep + strlen(mark), rest, tail);
	name[keep + strlen(mark) + tail] = '\0';
}

struct each {
	void (*do_one)(void *arg, const struct gnb_series *s);
	void *arg;
};

/* Is the count 0 for all of the versions? If not all of them have it, so that a pair can be compared. */
static bool idle(const struct gnb_rec_cell *c, const char *metric, const char *name)
{
	for (size_t v = 0; v < c->bench->nr_versions; v++) {
		struct json_object *counts = gnb_rec_counts(c, c->bench->version[v], metric);

		if (gnb_json_get_number(counts, name, 0) != 0)
			return false;
	}
	return true;
}

static struct gnb_estimate exactly(double v)
{
	return (struct gnb_estimate){
		.n = 1, .value = v, .lo = v, .hi = v, .level = 1, .min = v, .max = v
	};
}

static void counts_of(const struct each *each, struct gnb_series *s, struct json_object *counts)
{
	bool contend = gnb_counts_contend(gnb_rec_param(s->cell, "threads"));

	s->kind = GNB_SERIES_COUNT;
	s->unit = "per operation";
	s->ratio_to = NULL;
	s->higher_better = false;
	s->class = contend ? 'S' : 'C';
	json_object_object_foreach(counts, name, v)
	{
		s->count = name;
		s->figure = exactly(json_object_get_double(v));
		s->idle = idle(s->cell, s->row->metric, name);
		if (isfinite(s->figure.value))
			each->do_one(each->arg, s);
	}
}

static void series_of(void *arg, const struct gnb_rec_cell *c, const struct gnb_rec_estimate *e)
{
	const struct each *each = arg;
	struct gnb_series s = {
		.cell = c,
		.row = e->row,
		.unit = e->row->unit,
		.higher_better = e->row->higher_better,
		.centre = !c->differs,
		.class = e->row->class,
		.figure = e->value,
		.launches = e->launches,
		.counts = gnb_rec_counts(c, e->row->version, e->row->metric),
	};
	struct json_object *counts = s.counts;

	if (isfinite(s.figure.value))
		each->do_one(each->arg, &s);
	s.counts = NULL;
	if (e->ratio_to && isfinite(e->ratio.value)) {
		s.kind = GNB_SERIES_RATIO;
		/* Of one cell and metric a history has both. */
		s.unit = gnb_unit_is(e->row->unit, "instructions") ? "ratio of instructions"
								   : "ratio";
		s.ratio_to = e->ratio_to;
		s.class = e->ratio_class;
		s.figure = e->ratio;
		each->do_one(each->arg, &s);
	}
	if (counts && s.centre)
		counts_of(each, &s, counts);
}

int gnb_series_of(const struct gnb_rec_cell *c,
		  void (*do_one)(void *arg, const struct gnb_series *s), void *arg)
{
	struct each each = { do_one, arg };

	return gnb_rec_each_estimate(c, series_of, &each);
}

int gnb_series_each(const struct gnb_rec_run *r,
		    void (*do_one)(void *arg, const struct gnb_series *s), void *arg)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < r->nr_cells; i++)
		if (!strcmp(gnb_rec_main(r, r->cell[i])->status, "ok"))
			rc = gnb_series_of(r->cell[i], do_one, arg);
	return rc;
}
