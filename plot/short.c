// SPDX-License-Identifier: GPL-2.0-only
/*
 * The short answer: ratios of the cells that were launched again. A cell with and one without entry
 * cost are one line, side by side, since either alone would mislead.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "report.h"

static bool no_entry(const struct gnb_group *g)
{
	return !strcmp(g->any->entry, "none");
}

/* The cell that differs in its hypercall entry alone, or NULL. */
static const struct gnb_group *partner(const struct gnb_group *g)
{
	const struct gnb_family *f = g->family;

	if (!gnb_param(g, "entry"))
		return NULL;
	for (size_t i = 0; i < f->nr; i++) {
		const struct gnb_group *o = f->group[i];
		bool same = o != g && no_entry(o) != no_entry(g);

		for (size_t j = 0; same && j < f->nr_params; j++) {
			const char *a = gnb_param(g, f->param[j]), *b = gnb_param(o, f->param[j]);

			if (strcmp(f->param[j], "entry"))
				same = a && b ? !strcmp(a, b) : a == b;
		}
		if (same && o->nr)
			return o;
	}
	return NULL;
}

/* The label without the entry parameter. */
static char *plain_label(const struct gnb_group *g)
{
	char *copy = gnb_strf("%s", g->label), *next = copy, *word;
	struct gnb_buf b = { 0 };

	while ((word = strsep(&next, " ")))
		if (strncmp(word, "entry:", 6))
			gnb_buf_fmt(&b, "%s%s", b.s ? " " : "", word);
	if (!b.s)
		gnb_buf_add(&b, "centre");
	free(copy);
	return b.s;
}

static bool relaunched(const struct gnb_run *r)
{
	for (size_t i = 0; i < r->nr_groups; i++)
		if (r->group[i]->nr > 1)
			return true;
	return false;
}

static void ratio_cells(struct gnb_doc *d, const struct gnb_group *g, const char *version,
			const char *metric, struct gnb_text *reading)
{
	struct gnb_est e;

	if (g && gnb_estimate(g, version, metric, &e) && e.ratio_to) {
		*reading = gnb_fmt_reading(&e.ratio, e.row->higher_better);
		gnb_doc_cell(d, "%s", gnb_fmt_ratio(&e.ratio).s);
		gnb_doc_cell(d, "%u", e.launches);
	} else {
		reading->s[0] = '\0';
		gnb_doc_cell(d, "not measured");
		gnb_doc_cell(d, "-");
	}
}

static void forest(struct gnb_forest *t, const struct gnb_run *r, const struct gnb_group *g,
		   const char *label, const char *version, const char *metric)
{
	struct gnb_est e;
	size_t index = 0;
	char *line;

	if (!g || !gnb_estimate(g, version, metric, &e) || !e.ratio_to)
		return;
	line = gnb_strf("%s %s, %s%s%s: %s", g->family->name, metric, label,
			*g->any->entry ? ", entry " : "", g->any->entry, version);
	while (index < g->family->nr_versions && strcmp(g->family->version[index], version))
		index++;
	gnb_forest_add(t, line, gnb_colour(r, version, index), &e.ratio);
	gnb_cond_add(&t->cond, g);
	free(line);
}

static void line(struct gnb_figs *f, struct gnb_forest *t, const struct gnb_group *g,
		 const char *version, const char *metric)
{
	const struct gnb_group *other = partner(g);
	const struct gnb_group *bare = no_entry(g) ? g : other, *with = no_entry(g) ? other : g;
	struct gnb_text read_bare, read_with;
	struct gnb_est e;
	char *label;

	if ((!gnb_estimate(g, version, metric, &e) || !e.ratio_to))
		return;
	label = plain_label(g);
	gnb_doc_cell(f->doc, "%s %s, %s", g->family->name, metric, label);
	gnb_doc_cell(f->doc, "%s / %s", version, e.ratio_to);
	ratio_cells(f->doc, bare, version, metric, &read_bare);
	ratio_cells(f->doc, with, version, metric, &read_with);
	gnb_doc_cell(f->doc, "%s%s%s%s", read_bare.s, read_bare.s[0] && read_with.s[0] ? "; " : "",
		     read_with.s[0] ? "with entry: " : "", read_with.s);
	forest(t, f->run, bare, label, version, metric);
	forest(t, f->run, with, label, version, metric);
	free(label);
}

/* Each pair once: the half without entry cost stands for it, or the half that was launched again.
 */
static bool stands_for_pair(const struct gnb_group *g, bool again)
{
	const struct gnb_group *other = partner(g);

	if (again && g->nr < 2)
		return false;
	if (!again && g->differs)
		return false;
	return !other || no_entry(g) || (again && other->nr < 2) || (!again && other->differs);
}

static bool has_ratio(const struct gnb_run *r)
{
	for (size_t i = 0; i < r->nr_results; i++)
		for (size_t j = 0; j < r->result[i]->nr_rows; j++)
			if (r->result[i]->usable && r->result[i]->rows[j].ratio_to)
				return true;
	return false;
}

/* The best confidence that the launches of any headline allow. */
static double weakest_level(const struct gnb_run *r)
{
	double level = 1, v[64] = { 0 };

	for (size_t i = 0; i < r->nr_groups; i++)
		if (r->group[i]->nr > 1 && r->group[i]->nr < 64)
			level = fmin(level, gnb_median(v, (unsigned)r->group[i]->nr).level);
	return level;
}

/* What the columns are: a target that has no choice of entry has its own. */
static void introduce(struct gnb_figs *f)
{
	bool choice = false;

	for (size_t i = 0; i < f->run->nr_groups; i++)
		choice |= *f->run->group[i]->any->entry != 0;
	gnb_doc_para(
		f->doc,
		"Ratios to the baseline version, class %s: below 1 means less than the "
		"baseline. %s",
		f->run->exact ? "C" : "H",
		choice ? "With entry means that each hypercall also pays one real system call, "
			 "as a stand-in for the trap of a real one; without, it is a function "
			 "call. Both are true, and neither alone is the whole truth."
		       : "With entry is the target's own way into a hypercall; there is no other "
			 "here.");
}

void gnb_report_short(struct gnb_figs *f)
{
	struct gnb_run *r = f->run;
	struct gnb_forest t = { 0 };
	bool again = relaunched(r);

	gnb_doc_heading(f->doc, 2, "short", "The short answer");
	if (!has_ratio(r)) {
		gnb_doc_para(f->doc, "No cell of this run has a ratio between two versions, so "
				     "there is no short answer.");
		return;
	}
	introduce(f);
	if (r->exact)
		gnb_doc_para(f->doc,
			     "Both sides are exact counts, so their ratio has no interval.");
	else if (again)
		gnb_doc_para(f->doc,
			     "Each ratio is the median over separate launches of the program; the "
			     "interval is over "
			     "launches and holds at least %.1f %%. Where Launches says 1, it is "
			     "over the layouts of "
			     "that launch.",
			     weakest_level(r) * 100);
	else
		gnb_doc_para(f->doc,
			     "No cell of this run was launched again, so each ratio rests on one "
			     "process and its "
			     "interval is over memory layouts alone: another launch may differ by "
			     "more.");
	gnb_doc_table(
		f->doc,
		"What|Versions|>Ratio without entry|>Launches|>Ratio with entry|>Launches|Reading");
	for (size_t i = 0; i < r->nr_groups; i++) {
		const struct gnb_group *g = r->group[i];

		if (!stands_for_pair(g, again))
			continue;
		for (size_t m = 0; m < g->family->nr_metrics; m++)
			for (size_t v = 0; v < g->family->nr_versions; v++)
				line(f, &t, g, g->family->version[v], g->family->metric[m]);
	}
	gnb_doc_table_end(f->doc);
	if (t.rows)
		gnb_forest_fig(
			f, &t, "headline-ratios",
			r->exact ? "Ratios of the centre cells to the baseline, class C."
			: again	 ? "Headline ratios to the baseline, median and interval over "
				   "launches, class H."
				 : "Ratios of the centre cells to the baseline, with the "
				   "interval within one launch, class H.");
}
