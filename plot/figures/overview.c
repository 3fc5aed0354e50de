// SPDX-License-Identifier: GPL-2.0-only
/*
 * A benchmark's cells as bars, one figure per metric or unit: the centre, then what each parameter
 * changes. Parameters that have a sweep of their own are left to it.
 */
#include <stdlib.h>
#include <string.h>

#include "axis.h"
#include "bars.h"
#include "escape.h"
#include "fmt.h"
#include "overview.h"
#include "program.h"

#define BARS_MAX  40
#define LINES_MAX 16

/* Bytes per GiB and the like are millions: shown by the MiB. */
static bool in_mib(const char *unit)
{
	return !strcmp(unit, "bytes/GiB");
}

/* What stands beside a bar: the cell alone, or the metric too. */
enum naming { NAME_CELL, NAME_METRIC };

static void add_cell(struct gnb_figs *f, struct gnb_bars *b, const struct gnb_rec_bench *bench,
		     const struct gnb_rec_cell *cell, const char *metric, enum naming naming)
{
	char *label = bench->nr_cells == 1    ? gnb_strf("%s", metric)
		      : naming == NAME_METRIC ? gnb_strf("%s, %s", metric, cell->label)
					      : gnb_strf("%s", cell->label);
	size_t before = b->nr;

	if (gnb_unstable(cell)) {
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
		b->ratios |= e.ratio_to != NULL;
		gnb_bars_add(b, label, i, e.value,
			     gnb_unstable(cell)		? GNB_BAR_UNSTABLE
			     : gnb_drifted(f, cell, &e) ? GNB_BAR_DRIFTED
							: GNB_BAR_SOLID);
	}
	if (b->nr > before) {
		gnb_cond_add(&b->cond, cell);
		b->cells++;
	}
	free(label);
}

/* Is each value of the parameter a line of a sweep? */
static bool is_line(const struct gnb_rec_bench *bench, const char *param)
{
	const char *value[LINES_MAX], *by;
	size_t n;

	for (size_t i = 0; i < bench->nr_params; i++) {
		by = gnb_is_sweep(bench, bench->param[i])
			     ? gnb_crossed(bench, bench->param[i], value, LINES_MAX, &n)
			     : NULL;
		if (by && !strcmp(by, param))
			return true;
	}
	return false;
}

/* Centre first, then axis by axis; cells that differ in several parameters are in the table only. */
static void add_cells(struct gnb_figs *f, struct gnb_bars *b, const struct gnb_rec_bench *bench,
		      const char *metric, enum naming naming)
{
	const struct gnb_rec_cell *centre = gnb_rec_centre_cell(bench);

	if (centre)
		add_cell(f, b, bench, centre, metric, naming);
	for (size_t i = 0; i < bench->nr_params; i++) {
		if (gnb_is_sweep(bench, bench->param[i]) || is_line(bench, bench->param[i]))
			continue;
		for (size_t j = 0; j < bench->nr_cells; j++)
			if (bench->cell[j] != centre &&
			    gnb_rec_on_axis(bench->cell[j], bench->param[i]))
				add_cell(f, b, bench, bench->cell[j], metric, naming);
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

static bool all_same(const struct gnb_bars *b)
{
	for (size_t i = 0; i < b->nr; i++)
		if (b->bar[i].v.value != b->bar[0].v.value)
			return false;
	return true;
}

/* Draw and free the bars. what: the metrics in words; file: the end of the file's name. */
static void finish(struct gnb_figs *f, const struct gnb_rec_bench *bench, struct gnb_bars *b,
		   const char *what, const char *file, const char *unit)
{
	char *raw = gnb_strf("%s-%s", bench->name, file), *name = gnb_slug(raw);
	char *axis = gnb_strf("%s (%s%s)", what, in_mib(unit) ? "MiB" : "",
			      unit + (in_mib(unit) ? strlen("bytes") : 0));
	size_t kind[3] = { 0 };
	bool exact = b->nr && b->bar[0].v.lo == b->bar[0].v.hi;
	char *caption;
	char *title = gnb_strf("%s: %s", bench->name, what);

	for (size_t i = 0; i < b->nr; i++)
		kind[b->bar[i].kind]++;
	caption = gnb_strf(
		"By version and cell; a cell is named by what it changes in the centre (%s).%s%s%s%s",
		bench->centre_text,
		f->run->exact || exact ? "" : " Times are context (class X) and drift",
		f->run->exact || exact ? ""
		: b->ratios	       ? ": what is compared are the ratios in the table."
				       : ".",
		kind[GNB_BAR_UNSTABLE] ? " An outline is of an unstable cell." : "",
		kind[GNB_BAR_DRIFTED]
			? " Drifted: drift set the time against the ratio, which the table has."
			: "");
	/* A lone centre that is a point of a sweep is drawn there. */
	if (b->nr > 1 && all_same(b))
		gnb_doc_para(
			f->doc,
			"No bars of %s: it is %s %s in each of the %zu cells that no figure by a number has.",
			what, gnb_fmt_exact(b->bar[0].v.value).s, in_mib(unit) ? "MiB/GiB" : unit,
			b->cells);
	else if (b->nr && !(b->cells == 1 && has_sweep(bench)))
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
			add_cells(f, &b, bench, bench->metric[j],
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
			add_cells(f, &m, bench, bench->metric[j], NAME_CELL);
			finish(f, bench, &m, bench->metric[j], bench->metric[j], bench->unit[j]);
		}
	}
}
