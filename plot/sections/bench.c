// SPDX-License-Identifier: GPL-2.0-only
/* One benchmark: what it is, its figures, every figure in a table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cond.h"
#include "escape.h"
#include "fmt.h"
#include "flushes.h"
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
	gnb_fig_flushes(f, bench);
	/* Of one version what a number changes is seen first, of several what each of them costs. */
	if (bench->nr_versions == 1)
		gnb_fig_sweeps(f, bench);
	gnb_fig_overview(f, bench);
	if (bench->nr_versions != 1)
		gnb_fig_sweeps(f, bench);
	if (has_shares(bench))
		gnb_fig_shares(f, bench);
	gnb_fig_latency(f, bench);
}

static void row(struct gnb_figs *f, const struct gnb_rec_cell *cell, const char *version,
		const char *metric)
{
	struct gnb_doc *d = f->doc;
	struct gnb_rec_estimate e;
	struct gnb_reading r = { 0 };

	if (!gnb_estimate_of(cell, version, metric, &e))
		return;
	if (e.ratio_to)
		r = gnb_reading_of(f, cell, &e);
	gnb_doc_cell(d, "%s", cell->label);
	gnb_doc_cell(d, "%s", metric);
	gnb_doc_cell(d, "%s%s", version, e.row->limits ? " *" : "");
	if (e.ratio_to) {
		gnb_doc_cell(d, "%s", gnb_fmt_reading(&r, &e.ratio, e.row->higher_better).s);
		gnb_doc_cell(d, "%s", gnb_fmt_ratio(&e.ratio).s);
		gnb_doc_cell(d, "%s",
			     e.row->class == 'C' ? "exact"
						 : gnb_fmt_sample(&e.ratio, e.launches).s);
	} else {
		gnb_doc_cell(d, "%s", e.row->has_self || f->run->exact ? "baseline" : "-");
		gnb_doc_cell(d, "-");
		gnb_doc_cell(d, "-");
	}
	gnb_doc_cell(d, "%s",
		     gnb_drifted(f, cell, &e) ? "drifted"
		     : e.row->class == 'C'    ? gnb_fmt_exact(e.value.value).s
					      : gnb_fmt_num(e.value.value).s);
	gnb_doc_cell(d, "%s", e.row->unit);
	gnb_doc_cell(d, "%c", e.row->class);
	gnb_doc_cell(d, "%u", e.launches);
	gnb_doc_cell(d, "%u (%u)", e.rounds, e.dropped);
}

/* What the versions of a cell were allowed beyond Xen's defaults: each once. */
static void beyond_limits(struct gnb_figs *f, const struct gnb_rec_cell *cell)
{
	const struct gnb_rec_launch *l = cell->nr_launches ? cell->launch[0] : NULL;

	for (size_t i = 0; l && i < l->nr_rows; i++) {
		const struct gnb_rec_row *r = &l->row[i];
		bool said = !r->limits;

		for (size_t k = 0; k < i && !said; k++)
			said = !strcmp(l->row[k].version, r->version);
		if (!said)
			gnb_doc_para(
				f->doc,
				"* %s, %s: its machine was allowed more than Xen allows unless it is configured: %s.",
				cell->label, r->version, r->limits);
	}
}

static void figures_table(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	char *title = gnb_strf("Every figure of %s", bench->name);

	gnb_doc_table(
		f->doc, title,
		f->run->exact
			? "Cell|Metric|Version|Reading|>Ratio, class C|Level, sample|>Figure|Unit|Class|>Launches|>Rounds (dropped)"
			: "Cell|Metric|Version|Reading#control|>Ratio [interval], class H#term-ratio|Level, sample#term-launches|>Median#term-class-x|Unit|Class|>Launches|>Rounds (dropped)");
	for (size_t i = 0; i < bench->nr_cells; i++)
		for (size_t m = 0; m < bench->nr_metrics; m++)
			for (size_t v = 0; v < bench->nr_versions; v++)
				if (bench->cell[i]->nr_launches)
					row(f, bench->cell[i], bench->version[v], bench->metric[m]);
	gnb_doc_table_end(f->doc);
	for (size_t i = 0; i < bench->nr_cells; i++)
		beyond_limits(f, bench->cell[i]);
	if (!f->run->exact)
		gnb_doc_para(
			f->doc,
			"Times (class X) are medians and drift; ratios are formed within rounds. Where drift set two medians against the reading of their ratio, the median says drifted.");
	free(title);
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
					char *title = gnb_strf(
						"Latency of single timed spans of %s in %s, class %c; medians over launches",
						bench->name,
						f->run->exact ? f->run->clock_unit : "nanoseconds",
						f->run->exact ? 'C' : 'X');

					gnb_doc_table(
						f->doc, title,
						"Cell|Metric|Version|>Samples|>min|>p50|>p90|>p99|>p99.9|>max|>Launches");
					free(title);
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

void gnb_report_bench(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	char *raw = gnb_strf("family-%s", bench->name), *id = gnb_slug(raw),
	     *title = gnb_strf("More figures of %s", bench->name);

	gnb_doc_heading(f->doc, 2, id, bench->name);
	intro(f, bench);
	if (usable(bench)) {
		unsigned before = f->drawn + f->failed;

		/* One figure is seen, the others are folded. */
		f->fold = title;
		f->shown = 0;
		figures(f, bench);
		if (f->draw == GNB_DRAW && f->drawn + f->failed == before)
			gnb_doc_para(f->doc, "No plot: none of this benchmark's figures has enough "
					     "points for one.");
		if (f->shown > 1)
			gnb_doc_fold_end(f->doc);
		f->fold = NULL;
		gnb_doc_fold(f->doc,
			     "Every figure of %s in a table, latencies and hardware counters",
			     bench->name);
		figures_table(f, bench);
		latency_table(f, bench);
		gnb_report_perf(f, bench);
		gnb_doc_fold_end(f->doc);
		gnb_report_counts(f, bench);
	} else {
		gnb_doc_note(f->doc, "Nothing of this benchmark was measured in this run, so it "
				     "has no plots and no table; the reasons are under Cells "
				     "skipped, failed or unstable.");
	}
	gnb_doc_para(f->doc, "What this does not show: %s",
		     gnb_about(f->run, bench->name).not_measured);
	free(raw);
	free(id);
	free(title);
}
