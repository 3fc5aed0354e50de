// SPDX-License-Identifier: GPL-2.0-only
/* Points along a parameter. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "axis.h"
#include "program.h"

#define APART  1.1 /* points closer than this lie on each other */
#define ENOUGH 3   /* points of a sweep */

static int by_x(const void *a, const void *b)
{
	const struct gnb_point *p = a, *q = b;

	return (p->x > q->x) - (p->x < q->x);
}

/* Does the cell differ from the centre in no parameter but these two? */
static bool only(const struct gnb_rec_cell *cell, const char *axis, const char *by)
{
	unsigned differs = 0;

	for (size_t i = 0; i < cell->bench->nr_params; i++) {
		const char *name = cell->bench->param[i], *own = gnb_rec_param(cell, name),
			   *centre = cell->bench->centre[i];

		if (!strcmp(name, axis) || !strcmp(name, by))
			differs += own && centre && strcmp(own, centre);
	}
	return cell->differs == differs;
}

size_t gnb_points(const struct gnb_rec_bench *bench, const char *axis, const char *by,
		  const char *value, struct gnb_point *pt)
{
	size_t n = 0;

	for (size_t i = 0; i < bench->nr_cells && n < GNB_POINTS_MAX; i++) {
		const struct gnb_rec_cell *cell = bench->cell[i];
		const char *own = by ? gnb_rec_param(cell, by) : NULL;

		if (!cell->nr_launches || !gnb_rec_param(cell, axis))
			continue;
		if (by ? !own || strcmp(own, value) || !only(cell, axis, by)
		       : !gnb_rec_on_axis(cell, axis))
			continue;
		if (!gnb_rec_number(gnb_rec_param(cell, axis), &pt[n].x))
			return 0;
		pt[n++].cell = cell;
	}
	qsort(pt, n, sizeof(*pt), by_x);
	return n;
}

static bool is_power_of_2(double x)
{
	return x > 0 && exp2(round(log2(x))) == x;
}

size_t gnb_spread(struct gnb_point *pt, size_t n, struct gnb_buf *hidden)
{
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		bool hides = false;

		for (size_t j = 0; j < n && !is_power_of_2(pt[i].x); j++)
			hides |= is_power_of_2(pt[j].x) && pt[i].x < pt[j].x * APART &&
				 pt[j].x < pt[i].x * APART;
		if (hides)
			gnb_buf_fmt(hidden, "%s%g", hidden->len ? ", " : "", pt[i].x);
		else
			pt[kept++] = pt[i];
	}
	return kept;
}

bool gnb_is_sweep(const struct gnb_rec_bench *bench, const char *axis)
{
	struct gnb_point pt[GNB_POINTS_MAX];

	return gnb_points(bench, axis, NULL, NULL, pt) >= ENOUGH;
}

/* Values of a parameter, in order of appearance, for each of which the axis is a sweep. */
static size_t values_of(const struct gnb_rec_bench *bench, const char *axis, const char *by,
			const char **value, size_t max)
{
	struct gnb_point pt[GNB_POINTS_MAX];
	size_t n = 0;

	for (size_t i = 0; i < bench->nr_cells && n < max; i++) {
		const char *own = gnb_rec_param(bench->cell[i], by);
		size_t k = 0;

		while (own && k < n && strcmp(value[k], own))
			k++;
		if (own && k == n && gnb_points(bench, axis, by, own, pt) >= ENOUGH)
			value[n++] = own;
	}
	return n;
}

/* Numbers in their order, else as they are. */
static void in_order(const char **value, size_t n)
{
	for (size_t i = 1; i < n; i++)
		for (size_t k = i; k > 0; k--) {
			const char *before = value[k - 1];
			double a, b;

			if (!gnb_rec_number(before, &a) || !gnb_rec_number(value[k], &b) || a <= b)
				break;
			value[k - 1] = value[k];
			value[k] = before;
		}
}

const char *gnb_crossed(const struct gnb_rec_bench *bench, const char *axis, const char **value,
			size_t max, size_t *n)
{
	const char **found = gnb_alloc(max, sizeof(*found)), *by = NULL;

	*n = 1;
	for (size_t i = 0; bench->nr_versions == 1 && i < bench->nr_params; i++) {
		size_t k = strcmp(bench->param[i], axis)
				   ? values_of(bench, axis, bench->param[i], found, max)
				   : 0;

		if (k <= *n)
			continue;
		by = bench->param[i];
		*n = k;
		memcpy(value, found, k * sizeof(*found));
	}
	free(found);
	if (by)
		in_order(value, *n);
	return by;
}

const char *gnb_axis_label(const char *param)
{
	static const char *const words[][2] = {
		{ "cpus", "per-CPU slots that a writer scans (none ran)" },
		{ "think", "think time between operations, ns" },
		{ "batch", "batch: pages per hypercall" },
		{ "pages", "pages of a range" },
		{ "queue", "queue: ranges that one invalidation waits for; 0: one a page" },
		{ "stride", "stride: distance of the references used" },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(words[i][0], param))
			return words[i][1];
	return param;
}
