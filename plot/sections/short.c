// SPDX-License-Identifier: GPL-2.0-only
/*
 * The short answer: ratios of the cells that were launched again. A cell with and one without entry
 * cost are one line, side by side, since either alone would mislead.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cond.h"
#include "fmt.h"
#include "forest.h"
#include "program.h"
#include "report.h"

static bool no_entry(const struct gnb_rec_cell *cell)
{
	return !strcmp(cell->any->entry, "none");
}

/* The cell that differs in its hypercall entry alone, or NULL. */
static const struct gnb_rec_cell *partner(const struct gnb_rec_cell *cell)
{
	const struct gnb_rec_bench *f = cell->bench;

	if (!gnb_rec_param(cell, "entry"))
		return NULL;
	for (size_t i = 0; i < f->nr_cells; i++) {
		const struct gnb_rec_cell *o = f->cell[i];
		bool same = o != cell && no_entry(o) != no_entry(cell);

		for (size_t j = 0; same && j < f->nr_params; j++) {
			const char *a = gnb_rec_param(cell, f->param[j]),
				   *b = gnb_rec_param(o, f->param[j]);

			if (strcmp(f->param[j], "entry"))
				same = a && b ? !strcmp(a, b) : a == b;
		}
		if (same && o->nr_launches)
			return o;
	}
	return NULL;
}

/* The label without the entry parameter. */
static char *plain_label(const struct gnb_rec_cell *cell)
{
	char *copy = gnb_strf("%s", cell->label), *next = copy, *word;
	struct gnb_buf b = { 0 };

	while ((word = strsep(&next, " ")))
		if (strncmp(word, "entry:", 6))
			gnb_buf_fmt(&b, "%s%s", b.len ? " " : "", word);
	if (!b.len)
		gnb_buf_add(&b, "centre");
	free(copy);
	return gnb_take(&b);
}

static bool relaunched(const struct gnb_rec_run *r)
{
	for (size_t i = 0; i < r->nr_cells; i++)
		if (r->cell[i]->nr_launches > 1)
			return true;
	return false;
}

static void ratio_cells(struct gnb_doc *d, const struct gnb_rec_cell *cell, const char *version,
			const char *metric, struct gnb_text *reading)
{
	struct gnb_rec_estimate e;

	if (cell && gnb_estimate_of(cell, version, metric, &e) && e.ratio_to) {
		*reading = gnb_fmt_reading(&e.ratio, e.row->higher_better);
		gnb_doc_cell(d, "%s", gnb_fmt_ratio(&e.ratio).s);
		gnb_doc_cell(d, "%u", e.launches);
	} else {
		reading->s[0] = '\0';
		gnb_doc_cell(d, "not measured");
		gnb_doc_cell(d, "-");
	}
}

static void forest(struct gnb_forest *t, const struct gnb_rec_run *r,
		   const struct gnb_rec_cell *cell, const char *label, const char *version,
		   const char *metric)
{
	struct gnb_rec_estimate e;
	size_t index = 0;
	char *line;

	if (!cell || !gnb_estimate_of(cell, version, metric, &e) || !e.ratio_to)
		return;
	line = gnb_strf("%s %s, %s%s%s: %s", cell->bench->name, metric, label,
			*cell->any->entry ? ", entry " : "", cell->any->entry, version);
	while (index < cell->bench->nr_versions && strcmp(cell->bench->version[index], version))
		index++;
	gnb_forest_add(t, line, gnb_colour(r, version, index), &e.ratio);
	gnb_cond_add(&t->cond, cell);
	free(line);
}

static void line(struct gnb_figs *f, struct gnb_forest *t, const struct gnb_rec_cell *cell,
		 const char *version, const char *metric)
{
	const struct gnb_rec_cell *other = partner(cell);
	const struct gnb_rec_cell *bare = no_entry(cell) ? cell : other,
				  *with = no_entry(cell) ? other : cell;
	struct gnb_text read_bare, read_with;
	struct gnb_rec_estimate e;
	char *label;

	if ((!gnb_estimate_of(cell, version, metric, &e) || !e.ratio_to))
		return;
	label = plain_label(cell);
	gnb_doc_cell(f->doc, "%s %s, %s", cell->bench->name, metric, label);
	gnb_doc_cell(f->doc, "%s / %s", version, e.ratio_to);
	ratio_cells(f->doc, bare, version, metric, &read_bare);
	ratio_cells(f->doc, with, version, metric, &read_with);
	gnb_doc_cell(f->doc, "%s%s%s%s", read_bare.s, read_bare.s[0] && read_with.s[0] ? "; " : "",
		     read_with.s[0] ? "with entry: " : "", read_with.s);
	forest(t, f->run, bare, label, version, metric);
	forest(t, f->run, with, label, version, metric);
	free(label);
}

/* Each pair once: the half without entry cost stands for it, or the half that was launched again. */
static bool stands_for_pair(const struct gnb_rec_cell *cell, bool again)
{
	const struct gnb_rec_cell *other = partner(cell);

	if (again && cell->nr_launches < 2)
		return false;
	if (!again && cell->differs)
		return false;
	return !other || no_entry(cell) || (again && other->nr_launches < 2) ||
	       (!again && other->differs);
}

static bool has_ratio(const struct gnb_rec_run *r)
{
	for (size_t i = 0; i < r->nr_launches; i++)
		for (size_t j = 0; j < r->launch[i]->nr_rows; j++)
			if (r->launch[i]->usable && r->launch[i]->row[j].ratio_to)
				return true;
	return false;
}

/* The best confidence that the launches of any headline allow. */
static double weakest_level(const struct gnb_rec_run *r)
{
	double level = 1;

	for (size_t i = 0; i < r->nr_cells; i++) {
		size_t n = r->cell[i]->nr_launches, k = gnb_median_rank(n, GNB_LEVEL);

		if (n > 1)
			level = fmin(level, gnb_median_coverage(n, k ? k : 1));
	}
	return level;
}

/* What the columns are: a target that has no choice of entry has its own. */
static void introduce(struct gnb_figs *f)
{
	bool choice = false;

	for (size_t i = 0; i < f->run->nr_cells; i++)
		choice |= *f->run->cell[i]->any->entry != 0;
	gnb_doc_para(
		f->doc,
		"Ratios to the baseline version, class %s: below 1 means less than the baseline. %s",
		f->run->exact ? "C" : "H",
		choice ? "With entry means that each hypercall also pays one real system call, as "
			 "a stand-in for the trap of a real one; without, it is a function call. "
			 "Both are true, and neither alone is the whole truth."
		       : "With entry is the target's own way into a hypercall; there is no other here.");
}

void gnb_report_short(struct gnb_figs *f)
{
	struct gnb_rec_run *r = f->run;
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
			     "interval is over launches and holds at least %.1f %%. Where Launches "
			     "says 1, it is over the layouts of that launch.",
			     weakest_level(r) * 100);
	else
		gnb_doc_para(f->doc,
			     "No cell of this run was launched again, so each ratio rests on one "
			     "process and its interval is over memory layouts alone: another "
			     "launch may differ by more.");
	gnb_doc_table(
		f->doc,
		"What|Versions|>Ratio without entry|>Launches|>Ratio with entry|>Launches|Reading");
	for (size_t i = 0; i < r->nr_cells; i++) {
		const struct gnb_rec_cell *cell = r->cell[i];

		if (!stands_for_pair(cell, again))
			continue;
		for (size_t m = 0; m < cell->bench->nr_metrics; m++)
			for (size_t v = 0; v < cell->bench->nr_versions; v++)
				line(f, &t, cell, cell->bench->version[v], cell->bench->metric[m]);
	}
	gnb_doc_table_end(f->doc);
	if (t.rows)
		gnb_forest_fig(
			f, &t, "headline-ratios",
			r->exact ? "Ratios of the centre cells to the baseline, class C."
			: again	 ? "Headline ratios to the baseline, median and interval over "
				   "launches, class H."
				 : "Ratios of the centre cells to the baseline, with the interval "
				   "within one launch, class H.");
}
