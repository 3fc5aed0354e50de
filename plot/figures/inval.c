// SPDX-License-Identifier: GPL-2.0-only
/*
 * Invalidations and waits per operation: what an IOMMU mode really costs, the same on every
 * machine. Drawn for benchmarks whose own parameters are about flushing; others have these counts in
 * their table.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bars.h"
#include "escape.h"
#include "inval.h"
#include "program.h"

#define NAMES_MAX 8

static bool is_invalidation(const char *name)
{
	return strstr(name, "inval") || strstr(name, "wait") || strstr(name, "iotlb");
}

static double invalidations(const struct gnb_rec_row *row)
{
	double sum = 0;

	json_object_object_foreach(row->counts, key, value)
	{
		if (is_invalidation(key))
			sum += json_object_get_double(value);
	}
	return sum;
}

/* The metric in which the cell invalidates, if any does: mapping into a hole does not. */
static const struct gnb_rec_row *counted(const struct gnb_rec_cell *cell, const char *version)
{
	const struct gnb_rec_row *most = NULL;

	for (size_t j = 0; cell->nr_launches && j < cell->launch[0]->nr_rows; j++) {
		const struct gnb_rec_row *row = &cell->launch[0]->row[j];

		if (row->counts && !strcmp(row->version, version) &&
		    (!most || invalidations(row) > invalidations(most)))
			most = row;
	}
	return most;
}

/* Names of counts that are not zero everywhere. */
static size_t find_names(const struct gnb_rec_bench *bench, const char **name)
{
	size_t n = 0;

	for (size_t i = 0; i < bench->nr_cells; i++) {
		const struct gnb_rec_row *row = counted(bench->cell[i], bench->version[0]);

		if (!row)
			continue;
		json_object_object_foreach(row->counts, key, value)
		{
			bool known = !is_invalidation(key) || !(json_object_get_double(value) > 0);

			for (size_t j = 0; j < n; j++)
				known |= !strcmp(name[j], key);
			if (!known && n < NAMES_MAX)
				name[n++] = key;
		}
	}
	return n;
}

void gnb_fig_invalidations(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	const char *name[NAMES_MAX];
	struct gnb_bars b = { .series = name };
	char *raw, *file, *caption;

	if (!bench->nr_versions || !gnb_rec_centre(bench, "scope"))
		return;
	b.nr_series = find_names(bench, name);
	for (size_t i = 0; i < bench->nr_cells; i++) {
		const struct gnb_rec_cell *cell = bench->cell[i];
		const struct gnb_rec_row *row = counted(cell, bench->version[0]);

		if (!row || cell->differs > 1)
			continue;
		for (size_t j = 0; j < b.nr_series; j++) {
			double v = gnb_json_get_number(row->counts, name[j], NAN);

			gnb_bars_add(&b, cell->label, j,
				     (struct gnb_estimate){ 1, v, v, v, 1, v, v });
		}
		gnb_cond_add(&b.cond, cell);
	}
	raw = gnb_strf("%s-invalidations", bench->name);
	file = gnb_slug(raw);
	caption =
		gnb_strf("%s: invalidations and waits per operation of %s, exact counts (class C).",
			 bench->name, bench->version[0]);
	if (b.nr)
		gnb_bars_fig(f, &b, file, "per operation", caption);
	else
		gnb_doc_para(f->doc,
			     "The plot of invalidations is left out: no cell of %s counted any.",
			     bench->name);
	gnb_bars_free(&b);
	free(raw);
	free(file);
	free(caption);
}
