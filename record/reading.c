// SPDX-License-Identifier: GPL-2.0-only
/* What a ratio may be taken for: thresholds from controls, and the verdict. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gsl/gsl_statistics_double.h>

#include "exact.h"
#include "reading.h"

static bool identical(const struct gnb_controls *c, const struct gnb_rec_cell *cell,
		      const struct gnb_rec_row *row)
{
	return row->ratio_to && row->class != 'C' &&
	       gnb_exact_same(c->exact, cell, row->version, row->ratio_to, row->metric);
}

/* Of one launch without an interval nothing is read that this could be held against. */
static void add(struct gnb_controls *c, const struct gnb_rec_cell *cell,
		const struct gnb_estimate *ratio)
{
	if (!isnan(ratio->value) && (cell->nr_launches > 1 || !isnan(ratio->lo)))
		c->control[c->n++] = (struct gnb_control){ cell, fabs(ratio->value - 1) };
}

int gnb_controls_of(struct gnb_controls *c, const struct gnb_rec_run *r,
		    const struct gnb_rec_run *exact)
{
	size_t most = 0;

	*c = (struct gnb_controls){ .exact = exact };
	for (size_t i = 0; i < r->nr_cells; i++)
		for (size_t k = 0; k < r->cell[i]->nr_launches; k++)
			most += r->cell[i]->launch[k]->nr_rows;
	c->control = calloc(most + 1, sizeof(*c->control));
	if (!c->control)
		return -ENOMEM;
	for (size_t i = 0; i < r->nr_cells; i++)
		for (size_t k = 0; k < r->cell[i]->nr_launches; k++) {
			const struct gnb_rec_launch *l = r->cell[i]->launch[k];

			for (size_t j = 0; j < l->nr_rows; j++) {
				size_t before = c->n;

				if (l->row[j].has_self) {
					add(c, r->cell[i], &l->row[j].self);
				} else if (identical(c, r->cell[i], &l->row[j])) {
					add(c, r->cell[i], &l->row[j].ratio);
					c->identical += c->n - before;
				}
			}
		}
	return 0;
}

void gnb_controls_free(struct gnb_controls *c)
{
	free(c->control);
	*c = (struct gnb_controls){ 0 };
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Cells whose noise is of one kind. */
static bool same_kind(const struct gnb_rec_cell *a, const struct gnb_rec_cell *b)
{
	return same_text(a->any->flush, b->any->flush) && same_text(a->any->entry, b->any->entry) &&
	       same_text(gnb_rec_param(a, "threads"), gnb_rec_param(b, "threads"));
}

double gnb_controls_spread(const struct gnb_controls *c, const struct gnb_rec_cell *cell, size_t *n)
{
	double *x = malloc((c->n + 1) * sizeof(*x)), p95 = NAN;

	*n = 0;
	if (!x)
		return p95;
	for (size_t i = 0; i < c->n; i++)
		if (c->control[i].cell != cell && same_kind(c->control[i].cell, cell))
			x[(*n)++] = c->control[i].off;
	if (*n >= GNB_CONTROLS_MIN) {
		*n = gnb_sort(x, *n);
		p95 = gsl_stats_quantile_from_sorted_data(x, 1, *n, 0.95);
	}
	free(x);
	return p95;
}

double gnb_threshold(const struct gnb_controls *c, const struct gnb_rec_cell *cell, size_t *n)
{
	double spread = gnb_controls_spread(c, cell, n);

	if (isnan(spread)) {
		*n = 0;
		return GNB_RELEVANT_UNKNOWN;
	}
	return fmax(spread, GNB_RELEVANT_MIN);
}

static void not_established(struct gnb_reading *r, const char *why)
{
	r->verdict = GNB_NOT_ESTABLISHED;
	snprintf(r->why, sizeof(r->why), "%s", why);
}

bool gnb_unstable(const struct gnb_rec_cell *cell)
{
	size_t unstable = 0;

	for (size_t i = 0; i < cell->nr_launches; i++)
		unstable += strcmp(cell->launch[i]->status, "ok") != 0;
	return 2 * unstable >= cell->nr_launches;
}

struct gnb_reading gnb_read(const struct gnb_controls *c, const struct gnb_rec_cell *cell,
			    const struct gnb_rec_estimate *e)
{
	bool exact = e->row->class == 'C';
	struct gnb_reading r = { .threshold = 0 };
	double off = e->row->higher_better ? 1 - e->ratio.value : e->ratio.value - 1;

	if (!exact)
		r.threshold = gnb_threshold(c, cell, &r.controls);
	if (!exact && identical(c, cell, e->row)) {
		r.verdict = GNB_IDENTICAL;
	} else if (isnan(e->ratio.value)) {
		not_established(&r, "there is no ratio");
	} else if (gnb_unstable(cell)) {
		not_established(&r, cell->nr_launches > 1
					    ? "half of the launches or more were unstable"
					    : "the cell was unstable");
	} else if (isnan(e->ratio.lo) || e->ratio.level < GNB_LEVEL_MIN) {
		snprintf(r.why, sizeof(r.why), "%zu %s are too few for an interval", e->ratio.n,
			 e->launches > 1 ? "launches" : "layouts");
		r.verdict = GNB_NOT_ESTABLISHED;
	} else if (fabs(off) <= r.threshold) {
		r.verdict = GNB_NO_DIFFERENCE;
	} else if (e->ratio.lo <= 1 && e->ratio.hi >= 1) {
		not_established(&r, "the interval contains 1");
	} else {
		r.verdict = off > 0 ? GNB_DEARER : GNB_CHEAPER;
	}
	return r;
}
