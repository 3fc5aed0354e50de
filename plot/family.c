// SPDX-License-Identifier: GPL-2.0-only
/* One family: what it is, its figures, every figure in a table. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static size_t usable(const struct gnb_family *fam)
{
	size_t n = 0;

	for (size_t i = 0; i < fam->nr; i++)
		n += fam->group[i]->nr > 0;
	return n;
}

static void intro(struct gnb_figs *f, const struct gnb_family *fam)
{
	char *centre = gnb_centre_text(fam);

	gnb_doc_para(f->doc, "%s", gnb_about(f->run, fam->name).measures);
	gnb_doc_para(f->doc,
		     "Definition %d; %zu cells, %zu of them measured. Centre: %s. Other cells are "
		     "named by what they "
		     "change in it.",
		     fam->def_version, fam->nr, usable(fam), centre);
	free(centre);
}

static bool has_shares(const struct gnb_family *fam)
{
	for (size_t i = 0; i < fam->nr; i++)
		for (size_t j = 0; j < fam->group[i]->nr; j++)
			for (size_t k = 0; k < fam->group[i]->launch[j]->nr_rows; k++) {
				json_object *s = fam->group[i]->launch[j]->rows[k].shares;

				if (s && json_object_array_length(s) > 1)
					return true;
			}
	return false;
}

static void figures(struct gnb_figs *f, const struct gnb_family *fam)
{
	gnb_fig_sweeps(f, fam);
	gnb_fig_overview(f, fam);
	if (has_shares(fam))
		gnb_fig_shares(f, fam);
	else if (gnb_centre(fam, "threads"))
		gnb_doc_para(f->doc, "The plot of shares is left out: no cell with two or more "
				     "threads has them.");
	gnb_fig_invalidations(f, fam);
	gnb_fig_latency(f, fam);
}

static void row(struct gnb_doc *d, const struct gnb_group *g, const char *version,
		const char *metric)
{
	struct gnb_est e;

	if (!gnb_estimate(g, version, metric, &e))
		return;
	gnb_doc_cell(d, "%s%s", g->label, strcmp(g->launch[0]->status, "ok") ? " (unstable)" : "");
	gnb_doc_cell(d, "%s", metric);
	gnb_doc_cell(d, "%s", version);
	gnb_doc_cell(d, "%s", gnb_fmt_interval(&e.v).s);
	gnb_doc_cell(d, "%s", e.row->unit);
	gnb_doc_cell(d, "%c", e.row->class);
	gnb_doc_cell(d, "%s%s%s",
		     e.ratio_to	       ? gnb_fmt_ratio(&e.ratio).s
		     : e.row->has_self ? "baseline"
				       : "-",
		     e.ratio_to && strcmp(e.ratio_to, g->family->version[0]) ? " to " : "",
		     e.ratio_to && strcmp(e.ratio_to, g->family->version[0]) ? e.ratio_to : "");
	gnb_doc_cell(d, "%u", e.launches);
	gnb_doc_cell(d, "%u (%u)", e.rounds, e.dropped);
}

static void figures_table(struct gnb_figs *f, const struct gnb_family *fam)
{
	gnb_doc_table(f->doc, f->run->exact
				      ? "Cell|Metric|Version|>Figure|Unit|Class|>Ratio, class "
					"C|>Launches|>Rounds (dropped)"
				      : "Cell|Metric|Version|>Median [interval]|Unit|Class|>Ratio "
					"[interval], class H|>Launches|>Rounds (dropped)");
	for (size_t i = 0; i < fam->nr; i++)
		for (size_t m = 0; m < fam->nr_metrics; m++)
			for (size_t v = 0; v < fam->nr_versions; v++)
				if (fam->group[i]->nr)
					row(f->doc, fam->group[i], fam->version[v], fam->metric[m]);
	gnb_doc_table_end(f->doc);
}

/* Median over launches of a key of `latency`. */
static double quantile(const struct gnb_group *g, const char *version, const char *metric,
		       const char *key)
{
	double *v = gnb_alloc(g->nr, sizeof(*v)), median;
	unsigned n = 0;

	for (size_t i = 0; i < g->nr; i++) {
		const struct gnb_row *r = gnb_row(g->launch[i], version, metric);
		double q = r ? gnb_json_num(r->latency, key) : NAN;

		if (!isnan(q))
			v[n++] = q;
	}
	median = gnb_median(v, n).value;
	free(v);
	return median;
}

static void latency_table(struct gnb_figs *f, const struct gnb_family *fam)
{
	static const char *const keys[] = { "n", "min", "p50", "p90", "p99", "p99_9", "max" };
	bool open = false;

	for (size_t i = 0; i < fam->nr; i++)
		for (size_t m = 0; m < fam->nr_metrics; m++)
			for (size_t v = 0; v < fam->nr_versions; v++) {
				const struct gnb_group *g = fam->group[i];

				if (isnan(quantile(g, fam->version[v], fam->metric[m], "p50")))
					continue;
				if (!open) {
					gnb_doc_para(f->doc,
						     "Latency of single timed spans in %s, class "
						     "%c; medians over launches.",
						     f->run->exact ? f->run->clock_unit
								   : "nanoseconds",
						     f->run->exact ? 'C' : 'X');
					gnb_doc_table(f->doc, "Cell|Metric|Version|>Samples|>min|>"
							      "p50|>p90|>p99|>p99.9|>max|"
							      ">Launches");
				}
				open = true;
				gnb_doc_cell(f->doc, "%s", g->label);
				gnb_doc_cell(f->doc, "%s", fam->metric[m]);
				gnb_doc_cell(f->doc, "%s", fam->version[v]);
				for (size_t k = 0; k < sizeof(keys) / sizeof(*keys); k++)
					gnb_doc_cell(f->doc, "%s",
						     gnb_fmt_num(quantile(g, fam->version[v],
									  fam->metric[m], keys[k]))
							     .s);
				gnb_doc_cell(f->doc, "%zu", g->nr);
			}
	if (open)
		gnb_doc_table_end(f->doc);
}

/* Hardware counters where there are any, else each reason once. */
static void perf(struct gnb_figs *f, const struct gnb_family *fam)
{
	const char *said = NULL;
	bool open = false;

	for (size_t i = 0; i < fam->nr; i++) {
		const struct gnb_group *g = fam->group[i];
		json_object *events =
			g->nr ? gnb_json_get(g->launch[0]->perf, "events", json_type_object) : NULL;

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
			gnb_doc_cell(f->doc, "%s", g->label);
			gnb_doc_cell(f->doc, "%s", name);
			gnb_doc_cell(f->doc, "%s", gnb_fmt_num(json_object_get_double(value)).s);
		}
	}
	if (open)
		gnb_doc_table_end(f->doc);
	for (size_t i = 0; i < fam->nr; i++) {
		const char *why = fam->group[i]->nr
					  ? gnb_json_str(fam->group[i]->launch[0]->perf, "reason")
					  : NULL;

		if (!why || (said && !strcmp(said, why)))
			continue;
		gnb_doc_para(f->doc, "Hardware counters are not available%s: %s%s",
			     open || said ? " in some cells" : "", why,
			     *why && why[strlen(why) - 1] != '.' ? "." : "");
		said = why;
	}
}

void gnb_report_family(struct gnb_figs *f, const struct gnb_family *fam)
{
	char *raw = gnb_strf("family-%s", fam->name), *id = gnb_slug(raw);

	gnb_doc_heading(f->doc, 2, id, fam->name);
	intro(f, fam);
	if (usable(fam)) {
		unsigned before = f->drawn + f->failed;

		figures(f, fam);
		if (f->draw == GNB_DRAW && f->drawn + f->failed == before)
			gnb_doc_para(f->doc, "No plot: none of this benchmark's figures has enough "
					     "points for one.");
		figures_table(f, fam);
		latency_table(f, fam);
		gnb_report_counts(f, fam);
		perf(f, fam);
	} else {
		gnb_doc_note(f->doc, "Nothing of this benchmark was measured in this run, so it "
				     "has no plots and no table; "
				     "the reasons are under Cells skipped, failed or unstable.");
	}
	gnb_doc_para(f->doc, "What this does not show: %s",
		     gnb_about(f->run, fam->name).not_measured);
	free(raw);
	free(id);
}
