// SPDX-License-Identifier: GPL-2.0-only
/*
 * A benchmark's cells as bars, one figure per metric or unit: the centre, then what each parameter
 * changes. Parameters that have a sweep of their own are left to it.
 */
#include <stdlib.h>
#include <string.h>

#include "bars.h"
#include "escape.h"
#include "overview.h"
#include "program.h"
#include "sweep.h"

#define BARS_MAX 40

static bool unstable(const struct gnb_rec_cell *cell)
{
	for (size_t i = 0; i < cell->nr_launches; i++)
		if (strcmp(cell->launch[i]->status, "ok"))
			return true;
	return false;
}

/* Bytes per GiB and the like are millions: shown by the MiB. */
static bool in_mib(const char *unit)
{
	return !strcmp(unit, "bytes/GiB");
}

/* What stands beside a bar: the cell alone, or the metric too. */
enum naming { NAME_CELL, NAME_METRIC };

static void add_cell(struct gnb_bars *b, const struct gnb_rec_bench *bench,
		     const struct gnb_rec_cell *cell, const char *metric, enum naming naming)
{
	char *label = bench->nr_cells == 1    ? gnb_strf("%s", metric)
		      : naming == NAME_METRIC ? gnb_strf("%s, %s", metric, cell->label)
					      : gnb_strf("%s", cell->label);
	size_t before = b->nr;

	if (unstable(cell)) {
		char *more = gnb_strf("%s (unstable)", label);

		free(label);
		label = more;
	}
	for (size_t i = 0; i < bench->nr_versions; i++) {
		struct gnb_rec_estimate e;

		if (!gnb_estimate_of(cell, bench->version[i], metric, &e))
			continue;
		if (in_mib(e.row->unit))
			e.value.value = e.value.lo = e.value.hi = e.value.value / (1 << 20);
		gnb_bars_add(b, label, i, e.value);
	}
	if (b->nr > before) {
		gnb_cond_add(&b->cond, cell);
		b->cells++;
	}
	free(label);
}

/* Centre first, then axis by axis; cells that differ in several parameters are in the table only. */
static void add_cells(struct gnb_bars *b, const struct gnb_rec_bench *bench, const char *metric,
		      enum naming naming)
{
	const struct gnb_rec_cell *centre = gnb_rec_centre_cell(bench);

	if (centre)
		add_cell(b, bench, centre, metric, naming);
	for (size_t i = 0; i < bench->nr_params; i++) {
		if (gnb_is_sweep(bench, bench->param[i]))
			continue;
		for (size_t j = 0; j < bench->nr_cells; j++)
			if (bench->cell[j] != centre &&
			    gnb_rec_on_axis(bench->cell[j], bench->param[i]))
				add_cell(b, bench, bench->cell[j], metric, naming);
	}
}

static bool first_of_unit(const struct gnb_rec_bench *bench, size_t metric)
{
	for (size_t i = 0; i < metric; i++)
		if (!strcmp(bench->unit[i], bench->unit[metric]))
			return false;
	return true;
}

static size_t metrics_of_unit(const struct gnb_rec_bench *bench, const char *unit)
{
	size_t n = 0;

	for (size_t i = 0; i < bench->nr_metrics; i++)
		n += !strcmp(bench->unit[i], unit);
	return n;
}

static bool has_sweep(const struct gnb_rec_bench *bench)
{
	for (size_t i = 0; i < bench->nr_params; i++)
		if (gnb_is_sweep(bench, bench->param[i]))
			return true;
	return false;
}

/* Draw and free the bars. what: the metrics in words; file: the end of the file's name. */
static void finish(struct gnb_figs *f, const struct gnb_rec_bench *bench, struct gnb_bars *b,
		   const char *what, const char *file, const char *unit)
{
	char *raw = gnb_strf("%s-%s", bench->name, file), *name = gnb_slug(raw);
	char *axis = gnb_strf("%s (%s%s)", what, in_mib(unit) ? "MiB" : "",
			      unit + (in_mib(unit) ? strlen("bytes") : 0));
	char *caption = gnb_strf(
		"By version and cell; a cell is named by what it changes in the centre (%s).%s",
		bench->centre_text,
		f->run->exact || in_mib(unit)
			? ""
			: " Times are context (class X) and drift: what is compared are the ratios in the table.");
	char *title = gnb_strf("%s: %s", bench->name, what);

	/* A lone centre that is a point of a sweep is drawn there. */
	if (b->nr && !(b->cells == 1 && has_sweep(bench)))
		gnb_bars_fig(f, b, name, axis, title, caption);
	free(title);
	gnb_bars_free(b);
	free(raw);
	free(name);
	free(axis);
	free(caption);
}

void gnb_fig_overview(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	for (size_t i = 0; i < bench->nr_metrics; i++) {
		struct gnb_bars b = { .series = bench->version, .nr_series = bench->nr_versions };
		size_t sharing = metrics_of_unit(bench, bench->unit[i]);
		struct gnb_buf what = { 0 };

		if (!first_of_unit(bench, i))
			continue;
		for (size_t j = i; j < bench->nr_metrics; j++) {
			if (strcmp(bench->unit[j], bench->unit[i]))
				continue;
			add_cells(&b, bench, bench->metric[j],
				  sharing > 1 ? NAME_METRIC : NAME_CELL);
			gnb_buf_fmt(&what, "%s%s", what.len ? ", " : "", bench->metric[j]);
		}
		if (b.nr <= BARS_MAX) {
			finish(f, bench, &b, gnb_str(&what),
			       sharing > 1 ? bench->unit[i] : gnb_str(&what), bench->unit[i]);
			gnb_buf_free(&what);
			continue;
		}
		gnb_buf_free(&what);
		gnb_bars_free(&b);
		/* Too many for one picture: one per metric. */
		for (size_t j = i; j < bench->nr_metrics; j++) {
			struct gnb_bars m = { .series = bench->version,
					      .nr_series = bench->nr_versions };

			if (strcmp(bench->unit[j], bench->unit[i]))
				continue;
			add_cells(&m, bench, bench->metric[j], NAME_CELL);
			finish(f, bench, &m, bench->metric[j], bench->metric[j], bench->unit[j]);
		}
	}
}
