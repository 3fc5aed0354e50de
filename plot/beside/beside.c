// SPDX-License-Identifier: GPL-2.0-only
/* Pairs of Xen's cells and hv's. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "beside.h"
#include "load.h"
#include "program.h"

static const char unit_word[] = "instructions";

static bool is_target(const struct gnb_rec_cell *cell, const char *name)
{
	return cell->nr_launches && !strcmp(cell->any->target, name);
}

static struct gnb_rec_run *run_at(const struct gnb_beside *b, size_t i)
{
	return i ? &b->other[i - 1] : b->main;
}

double gnb_instructions(const struct gnb_rec_cell *cell, const char *version, const char *metric)
{
	struct gnb_rec_estimate e;
	double least = NAN;

	if (!gnb_estimate_of(cell, version, metric, &e))
		return NAN;
	for (size_t i = 0; i < cell->nr_launches; i++) {
		const struct gnb_rec_row *row = gnb_rec_row(cell->launch[i], version, metric);

		if (row)
			least = fmin(least, gnb_json_get_number(row->counts, unit_word, NAN));
	}
	if (isnan(least) && !strncmp(e.row->unit, unit_word, sizeof(unit_word) - 1))
		return e.value.value;
	return least;
}

/* What the target of a run says of itself, else what was noted with --meta; NULL if neither. */
static const char *fact(const struct gnb_rec_run *r, const char *key, const char *meta)
{
	json_object *env = gnb_json_get(r->manifest, "environment", json_type_object);
	json_object *before = gnb_json_get(env, "before", json_type_object);
	json_object *facts = gnb_json_get(before, "target_facts", json_type_object);
	const char *s = gnb_json_get_string(facts, key, NULL);

	return s ? s
		 : gnb_json_get_string(gnb_json_get(r->manifest, "meta", json_type_object), meta,
				       NULL);
}

/*
 * May hv's cell have this parameter where Xen's has none? hv's stand-ins for what a real machine
 * has may be there at the value that stands for nothing more. How many CPUs a writer scans is a
 * size; the smallest is taken. The rest says how Xen's machine was made.
 */
static bool stands_in(const struct gnb_rec_run *xen, const char *param, const char *value)
{
	const char *is = NULL;

	if (!strcmp(param, "cpus"))
		return true;
	if (!strcmp(param, "flush"))
		is = "count";
	else if (!strcmp(param, "entry"))
		is = "none";
	else if (!strcmp(param, "iommu"))
		is = fact(xen, "iommu", "iommu") ? fact(xen, "iommu", "iommu") : "none";
	else if (!strcmp(param, "granter"))
		is = fact(xen, "granter", "granter");
	return is && !strcmp(is, value);
}

static bool has_all(json_object *of, json_object *in)
{
	if (!of)
		return true;
	json_object_object_foreach(of, name, value)
	{
		const char *v = json_object_get_string(value),
			   *other = gnb_json_get_string(in, name, NULL);

		if (!v || !other || strcmp(v, other))
			return false;
	}
	return true;
}

static bool rest_stands_in(const struct gnb_rec_run *r, json_object *of, json_object *without)
{
	if (!of)
		return true;
	json_object_object_foreach(of, name, value)
	{
		if (!gnb_json_get_string(without, name, NULL) &&
		    !stands_in(r, name, json_object_get_string(value)))
			return false;
	}
	return true;
}

static bool matches(const struct gnb_rec_run *r, const struct gnb_rec_cell *xen,
		    const struct gnb_rec_cell *hv)
{
	return !strcmp(xen->any->bench, hv->any->bench) &&
	       xen->any->def_version == hv->any->def_version &&
	       has_all(xen->any->params, hv->any->params) &&
	       rest_stands_in(r, hv->any->params, xen->any->params);
}

static bool has_instructions(const struct gnb_rec_cell *cell, const char *version,
			     const char *metric)
{
	return !isnan(gnb_instructions(cell, version, metric));
}

static bool has_work(const struct gnb_rec_cell *cell, const char *version, const char *metric)
{
	const struct gnb_rec_row *row = gnb_rec_row(cell->launch[0], version, metric);

	return row && !isnan(gnb_json_get_number(row->counts, "spin_locks", NAN));
}

/* hv's cell for one of Xen's that has what is asked for, and its run; or NULL. */
static const struct gnb_rec_cell *
partner(const struct gnb_beside *b, const struct gnb_rec_run *of, const struct gnb_rec_cell *xen,
	const char *version, const char *metric,
	bool (*has)(const struct gnb_rec_cell *, const char *, const char *), size_t *run)
{
	const struct gnb_rec_cell *best = NULL;
	double cpus, least = INFINITY;

	for (size_t i = 0; i <= b->nr_other; i++) {
		const struct gnb_rec_run *r = run_at(b, i);

		for (size_t j = 0; j < r->nr_cells; j++) {
			const struct gnb_rec_cell *cell = r->cell[j];
			const char *text;

			if (!is_target(cell, "hv") || !matches(of, xen, cell) ||
			    !has(cell, version, metric))
				continue;
			text = gnb_rec_param(cell, "cpus");
			if (!text || !gnb_rec_number(text, &cpus))
				cpus = 0;
			if (cpus < least) {
				least = cpus;
				best = cell;
				*run = i;
			}
		}
	}
	return best;
}

/* "PV, granter self" */
static char *machine_of(const struct gnb_rec_run *r)
{
	const char *guest = fact(r, "guest_type", "guest"), *iommu = fact(r, "iommu", "iommu");
	const char *granter = fact(r, "granter", "granter");
	struct gnb_buf b = { 0 };

	if (guest)
		gnb_buf_add(&b, guest);
	if (granter)
		gnb_buf_fmt(&b, "%sgranter %s", b.len ? ", " : "", granter);
	if (iommu)
		gnb_buf_fmt(&b, "%siommu %s", b.len ? ", " : "", iommu);
	return gnb_take(&b);
}

/* The same twice, in two boots: an interrupt in between only adds, so the least is nearest to the operation. */
static bool seen(struct gnb_beside *b, const struct gnb_pair *p)
{
	for (size_t i = 0; i < b->nr; i++) {
		struct gnb_pair *o = &b->pair[i];

		if (strcmp(o->xen->name, p->xen->name) || strcmp(o->version, p->version) ||
		    strcmp(o->metric, p->metric) || strcmp(o->machine, p->machine))
			continue;
		o->xen_n = fmin(o->xen_n, p->xen_n);
		return true;
	}
	return false;
}

static void keep(struct gnb_pair **list, size_t *nr, struct gnb_pair p)
{
	*list = gnb_grow(*list, *nr + 1, sizeof(**list));
	(*list)[(*nr)++] = p;
}

static void add(struct gnb_beside *b, size_t run, const struct gnb_rec_cell *xen,
		const struct gnb_rec_row *row)
{
	struct gnb_pair p = { .xen = xen, .version = row->version, .metric = row->metric };
	const struct gnb_rec_run *r = run_at(b, run);
	const struct gnb_rec_cell *work;
	const char *batch = gnb_rec_param(xen, "batch");
	size_t any;

	p.xen_run = run;
	p.xen_n = gnb_instructions(xen, p.version, p.metric);
	if (isnan(p.xen_n))
		return;
	p.hv = partner(b, r, xen, p.version, p.metric, has_instructions, &p.hv_run);
	if (!p.hv) {
		p.machine = machine_of(r);
		keep(&b->alone, &b->nr_alone, p);
		return;
	}
	p.hv_n = gnb_instructions(p.hv, p.version, p.metric);
	/* What makes no hypercall on either has nothing to be compared. */
	if (!(p.xen_n > 0) || !(p.hv_n > 0))
		return;
	work = partner(b, r, xen, p.version, p.metric, has_work, &any);
	if (work)
		p.work = gnb_rec_row(work->launch[0], p.version, p.metric)->counts;
	p.per = strchr(row->unit, '/') ? strchr(row->unit, '/') : "";
	if (!batch || !gnb_rec_number(batch, &p.batch))
		p.batch = NAN;
	p.machine = machine_of(r);
	if (seen(b, &p)) {
		free(p.machine);
		return;
	}
	keep(&b->pair, &b->nr, p);
}

static int by_number(double a, double b)
{
	if (isnan(a) || isnan(b))
		return !isnan(a) - !isnan(b);
	return (a > b) - (a < b);
}

static int by_place(const void *a, const void *b)
{
	const struct gnb_pair *x = a, *y = b;
	int d = strcmp(x->xen->any->bench, y->xen->any->bench);

	d = d ? d : by_number(x->batch, y->batch);
	/* Numbers in names by their size: bytes:64 before bytes:1500. */
	d = d ? d : strverscmp(x->xen->name, y->xen->name);
	d = d ? d : strcmp(x->machine, y->machine);
	d = d ? d : strcmp(x->metric, y->metric);
	return d ? d : strcmp(x->version, y->version);
}

bool gnb_beside_named(const struct gnb_beside *b, const char *bench, const char *param)
{
	const char *first = NULL;

	if (!strcmp(param, "batch"))
		return true;
	for (size_t i = 0; i < b->nr; i++) {
		const char *v;

		if (strcmp(b->pair[i].xen->any->bench, bench))
			continue;
		v = gnb_rec_param(b->pair[i].xen, param);
		if (first && v && strcmp(first, v))
			return true;
		first = first ? first : v;
	}
	return false;
}

/* The benchmark, and what tells its cells apart. */
static char *short_name(const struct gnb_beside *b, const struct gnb_rec_cell *cell)
{
	struct gnb_buf s = { 0 };

	gnb_buf_add(&s, cell->any->bench);
	if (!cell->any->params)
		return gnb_take(&s);
	json_object_object_foreach(cell->any->params, name, value)
	{
		if (gnb_beside_named(b, cell->any->bench, name))
			gnb_buf_fmt(&s, " %s:%s", name, json_object_get_string(value));
	}
	return gnb_take(&s);
}

static void name_pair(const struct gnb_beside *b, struct gnb_pair *p)
{
	bool machine = b->machines > 1;

	p->cell = short_name(b, p->xen);
	p->name = gnb_strf("%s %s %s%s%s%s", p->cell, p->metric, p->version, machine ? " (" : "",
			   machine ? p->machine : "", machine ? ")" : "");
}

static void pair_up(struct gnb_beside *b)
{
	for (size_t i = 0; i <= b->nr_other; i++) {
		const struct gnb_rec_run *r = run_at(b, i);

		for (size_t j = 0; j < r->nr_cells; j++) {
			const struct gnb_rec_cell *cell = r->cell[j];

			for (size_t k = 0; is_target(cell, "xen") && k < cell->launch[0]->nr_rows;
			     k++)
				add(b, i, cell, &cell->launch[0]->row[k]);
		}
	}
	if (b->nr)
		qsort(b->pair, b->nr, sizeof(*b->pair), by_place);
	for (size_t i = 0; i < b->nr; i++) {
		size_t j = 0;

		while (j < i && strcmp(b->pair[j].machine, b->pair[i].machine))
			j++;
		b->machines += j == i;
	}
	for (size_t i = 0; i < b->nr; i++)
		name_pair(b, &b->pair[i]);
}

/* Has any run cells of this target with instructions? */
static bool any_instructions(const struct gnb_beside *b, const char *target, bool *cells)
{
	*cells = false;
	for (size_t i = 0; i <= b->nr_other; i++) {
		const struct gnb_rec_run *r = run_at(b, i);

		for (size_t j = 0; j < r->nr_cells; j++) {
			const struct gnb_rec_cell *cell = r->cell[j];

			for (size_t k = 0; is_target(cell, target) && k < cell->launch[0]->nr_rows;
			     k++) {
				const struct gnb_rec_row *row = &cell->launch[0]->row[k];

				*cells = true;
				if (has_instructions(cell, row->version, row->metric))
					return true;
			}
		}
	}
	return false;
}

static int refuse(const struct gnb_beside *b, char *err, size_t len)
{
	static const struct {
		const char *target, *mend;
	} side[] = { { "xen", "make one with scripts/lab boot -- --target=xen" },
		     { "hv", "make one with scripts/hv-instructions" } };
	bool cells;

	for (size_t i = 0; i < 2; i++) {
		if (any_instructions(b, side[i].target, &cells))
			continue;
		snprintf(err, len, "--beside: none of the %zu folders has %s of target %s; %s",
			 b->nr_other + 1, cells ? "counted instructions" : "cells", side[i].target,
			 side[i].mend);
		return -ENODATA;
	}
	snprintf(
		err, len,
		"--beside: no cell of target xen has a cell of target hv with the same parameters, version and metric; run both with the same --filter and --set");
	return -ENODATA;
}

static int read_functions(struct gnb_beside *b, char *err, size_t len)
{
	int rc = 0;

	b->functions = gnb_alloc(b->nr_other + 1, sizeof(*b->functions));
	for (size_t i = 0; i <= b->nr_other && !rc; i++)
		rc = gnb_functions_load(&b->functions[i], run_at(b, i)->dir, err, len);
	return rc;
}

int gnb_beside_load(struct gnb_beside *b, struct gnb_rec_run *main, const char *list, char *err,
		    size_t len)
{
	char *copy = gnb_strf("%s", list), *next = copy, *word;
	int rc = 0;

	*b = (struct gnb_beside){ .main = main };
	while (!rc && (word = strsep(&next, ","))) {
		size_t n = strlen(word);

		while (n > 1 && word[n - 1] == '/')
			word[--n] = '\0';
		if (!n)
			continue;
		b->other = gnb_grow(b->other, b->nr_other + 1, sizeof(*b->other));
		b->dir = gnb_grow(b->dir, b->nr_other + 1, sizeof(*b->dir));
		b->dir[b->nr_other] = gnb_strf("%s", word);
		rc = gnb_rec_load(&b->other[b->nr_other], b->dir[b->nr_other], err, len);
		b->nr_other++;
	}
	free(copy);
	if (!rc)
		rc = read_functions(b, err, len);
	if (rc)
		return rc;
	pair_up(b);
	return b->nr ? 0 : refuse(b, err, len);
}

void gnb_beside_free(struct gnb_beside *b)
{
	for (size_t i = 0; i < b->nr; i++) {
		free(b->pair[i].machine);
		free(b->pair[i].cell);
		free(b->pair[i].name);
	}
	for (size_t i = 0; i < b->nr_alone; i++)
		free(b->alone[i].machine);
	for (size_t i = 0; b->functions && i <= b->nr_other; i++)
		gnb_functions_free(&b->functions[i]);
	for (size_t i = 0; i < b->nr_other; i++) {
		gnb_rec_free(&b->other[i]);
		free(b->dir[i]);
	}
	free(b->pair);
	free(b->alone);
	free(b->functions);
	free(b->other);
	free(b->dir);
	*b = (struct gnb_beside){ 0 };
}
