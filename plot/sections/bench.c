// SPDX-License-Identifier: GPL-2.0-only
/* One benchmark: what it is, its figures, every figure in a table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cond.h"
#include "escape.h"
#include "fmt.h"
#include "inval.h"
#include "latency.h"
#include "overview.h"
#include "program.h"
#include "report.h"
#include "shares.h"
#include "sweep.h"

static size_t usable(const struct gnb_rec_bench *bench)
{
	size_t n = 0;

	for (size_t i = 0; i < bench->nr_cells; i++)
		n += bench->cell[i]->nr_launches > 0;
	return n;
}

static void intro(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	gnb_doc_para(f->doc, "%s", gnb_about(f->run, bench->name).measures);
	gnb_doc_para(f->doc,
		     "Definition %d; %zu cells, %zu of them measured. Centre: %s. Other cells are "
		     "named by what they change in it.",
		     bench->def_version, bench->nr_cells, usable(bench), bench->centre_text);
}

static bool has_shares(const struct gnb_rec_bench *bench)
{
	for (size_t i = 0; i < bench->nr_cells; i++)
		for (size_t j = 0; j < bench->cell[i]->nr_launches; j++)
			for (size_t k = 0; k < bench->cell[i]->launch[j]->nr_rows; k++) {
				json_object *s = bench->cell[i]->launch[j]->row[k].shares;

				if (s && json_object_array_length(s) > 1)
					return true;
			}
	return false;
}

static void figures(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	gnb_fig_sweeps(f, bench);
	gnb_fig_overview(f, bench);
	if (has_shares(bench))
		gnb_fig_shares(f, bench);
	else if (gnb_rec_centre(bench, "threads"))
		gnb_doc_para(f->doc, "The plot of shares is left out: no cell with two or more "
				     "threads has them.");
	gnb_fig_invalidations(f, bench);
	gnb_fig_latency(f, bench);
}

static void row(struct gnb_doc *d, const struct gnb_rec_cell *cell, const char *version,
		const char *metric)
{
	struct gnb_rec_estimate e;

	if (!gnb_estimate_of(cell, version, metric, &e))
		return;
	gnb_doc_cell(d, "%s%s", cell->label,
		     strcmp(cell->launch[0]->status, "ok") ? " (unstable)" : "");
	gnb_doc_cell(d, "%s", metric);
	gnb_doc_cell(d, "%s", version);
	gnb_doc_cell(d, "%s", gnb_fmt_interval(&e.value).s);
	gnb_doc_cell(d, "%s", e.row->unit);
	gnb_doc_cell(d, "%c", e.row->class);
	gnb_doc_cell(d, "%s%s%s",
		     e.ratio_to	       ? gnb_fmt_ratio(&e.ratio).s
		     : e.row->has_self ? "baseline"
				       : "-",
		     e.ratio_to && strcmp(e.ratio_to, cell->bench->version[0]) ? " to " : "",
		     e.ratio_to && strcmp(e.ratio_to, cell->bench->version[0]) ? e.ratio_to : "");
	gnb_doc_cell(d, "%u", e.launches);
	gnb_doc_cell(d, "%u (%u)", e.rounds, e.dropped);
}

static void figures_table(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	gnb_doc_table(f->doc, f->run->exact
				      ? "Cell|Metric|Version|>Figure|Unit|Class|>Ratio, class C|"
					">Launches|>Rounds (dropped)"
				      : "Cell|Metric|Version|>Median [interval]|Unit|Class|"
					">Ratio [interval], class H|>Launches|>Rounds (dropped)");
	for (size_t i = 0; i < bench->nr_cells; i++)
		for (size_t m = 0; m < bench->nr_metrics; m++)
			for (size_t v = 0; v < bench->nr_versions; v++)
				if (bench->cell[i]->nr_launches)
					row(f->doc, bench->cell[i], bench->version[v],
					    bench->metric[m]);
	gnb_doc_table_end(f->doc);
}

/* Median over launches of a key of `latency`. */
static double quantile(const struct gnb_rec_cell *cell, const char *version, const char *metric,
		       const char *key)
{
	double *v = gnb_alloc(cell->nr_launches, sizeof(*v)), median;
	size_t n = 0;

	for (size_t i = 0; i < cell->nr_launches; i++) {
		const struct gnb_rec_row *r = gnb_rec_row(cell->launch[i], version, metric);
		double q = r ? gnb_json_get_number(r->latency, key, NAN) : NAN;

		if (!isnan(q))
			v[n++] = q;
	}
	median = gnb_estimate(v, n, GNB_LEVEL).value;
	free(v);
	return median;
}

static void latency_table(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	static const char *const keys[] = { "n", "min", "p50", "p90", "p99", "p99_9", "max" };
	bool open = false;

	for (size_t i = 0; i < bench->nr_cells; i++)
		for (size_t m = 0; m < bench->nr_metrics; m++)
			for (size_t v = 0; v < bench->nr_versions; v++) {
				const struct gnb_rec_cell *cell = bench->cell[i];

				if (isnan(quantile(cell, bench->version[v], bench->metric[m],
						   "p50")))
					continue;
				if (!open) {
					gnb_doc_para(f->doc,
						     "Latency of single timed spans in %s, class "
						     "%c; medians over launches.",
						     f->run->exact ? f->run->clock_unit
								   : "nanoseconds",
						     f->run->exact ? 'C' : 'X');
					gnb_doc_table(
						f->doc,
						"Cell|Metric|Version|>Samples|>min|>p50|>p90|>p99|>p99.9|>max|>Launches");
				}
				open = true;
				gnb_doc_cell(f->doc, "%s", cell->label);
				gnb_doc_cell(f->doc, "%s", bench->metric[m]);
				gnb_doc_cell(f->doc, "%s", bench->version[v]);
				for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++)
					gnb_doc_cell(
						f->doc, "%s",
						gnb_fmt_num(quantile(cell, bench->version[v],
								     bench->metric[m], keys[k]))
							.s);
				gnb_doc_cell(f->doc, "%zu", cell->nr_launches);
			}
	if (open)
		gnb_doc_table_end(f->doc);
}

/* Hardware counters where there are any, else each reason once. */
static void perf(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	const char *said = NULL;
	bool open = false;

	for (size_t i = 0; i < bench->nr_cells; i++) {
		const struct gnb_rec_cell *cell = bench->cell[i];
		json_object *events = cell->nr_launches ? gnb_json_get(cell->launch[0]->perf,
								       "events", json_type_object)
							: NULL;

		if (!events || !json_object_object_length(events))
			continue;
		if (!open) {
			gnb_doc_para(f->doc, "Hardware counters per operation (perf_event_open), "
					     "of the first launch:");
			gnb_doc_table(f->doc, "Cell|Event|>Per operation");
		}
		open = true;
		json_object_object_foreach(events, name, value)
		{
			gnb_doc_cell(f->doc, "%s", cell->label);
			gnb_doc_cell(f->doc, "%s", name);
			gnb_doc_cell(f->doc, "%s", gnb_fmt_num(json_object_get_double(value)).s);
		}
	}
	if (open)
		gnb_doc_table_end(f->doc);
	for (size_t i = 0; i < bench->nr_cells; i++) {
		const char *why = bench->cell[i]->nr_launches
					  ? gnb_json_get_string(bench->cell[i]->launch[0]->perf,
								"reason", NULL)
					  : NULL;

		if (!why || (said && !strcmp(said, why)))
			continue;
		gnb_doc_para(f->doc, "Hardware counters are not available%s: %s%s",
			     open || said ? " in some cells" : "", why,
			     *why && why[strlen(why) - 1] != '.' ? "." : "");
		said = why;
	}
}

void gnb_report_bench(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	char *raw = gnb_strf("family-%s", bench->name), *id = gnb_slug(raw);

	gnb_doc_heading(f->doc, 2, id, bench->name);
	intro(f, bench);
	if (usable(bench)) {
		unsigned before = f->drawn + f->failed;

		figures(f, bench);
		if (f->draw == GNB_DRAW && f->drawn + f->failed == before)
			gnb_doc_para(f->doc, "No plot: none of this benchmark's figures has enough "
					     "points for one.");
		figures_table(f, bench);
		latency_table(f, bench);
		gnb_report_counts(f, bench);
		perf(f, bench);
	} else {
		gnb_doc_note(f->doc, "Nothing of this benchmark was measured in this run, so it "
				     "has no plots and no table; the reasons are under Cells "
				     "skipped, failed or unstable.");
	}
	gnb_doc_para(f->doc, "What this does not show: %s",
		     gnb_about(f->run, bench->name).not_measured);
	free(raw);
	free(id);
}
