// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is version 3 worth it? One figure, three sentences and a table: exact figures first, and beside version 1 the best of
 * the versions that have no tree, so that version 3 is credited with nothing that they could have, too.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fmt.h"
#include "gains.h"
#include "program.h"
#include "report.h"
#include "work.h"
#include "worth_lines.h"

struct worth {
	struct gnb_figs *f;
	struct gnb_worth_line *line;
	size_t n;
};

static unsigned colour_of(const struct worth *w, const struct gnb_rec_cell *cell,
			  const char *version)
{
	size_t i = 0;

	while (i < cell->bench->nr_versions && strcmp(cell->bench->version[i], version))
		i++;
	return gnb_colour(w->f->run, version, i);
}

/* The marks of a column in the row that was added last; of: the column whose names stand there already, or NULL. */
static void marks(const struct worth *w, struct gnb_gains *g, const struct gnb_worth *c,
		  const struct gnb_worth *of)
{
	bool better = c->best && strcmp(c->best, GNB_WORTH_BASE);
	bool named = better && (!of || !of->best || strcmp(of->best, c->best));

	gnb_gains_add(g, c->to_base.value, better ? c->to_best.value : NAN,
		      better ? colour_of(w, c->cell, c->best) : 0, named ? c->best : NULL, of);
}

static void figure(const struct worth *w)
{
	struct gnb_gains g = { 0 };

	for (size_t i = 0; i < w->n; i++) {
		const struct gnb_worth_line *l = &w->line[i];
		const struct gnb_worth *m = gnb_worth_main(l), *bare = &l->col[GNB_WORTH_NO_ARGS];
		char *label;

		if (!gnb_worth_ours(l) || (isnan(m->to_base.value) && isnan(m->to_best.value)))
			continue;
		label = gnb_strf("%s, %s %s", l->work, l->mapper, l->metric);
		g.base_colour = colour_of(w, m->cell, GNB_WORTH_BASE);
		gnb_gains_row(&g, label);
		free(label);
		marks(w, &g, m, NULL);
		marks(w, &g, bare, m);
		gnb_cond_add(&g.cond, m->cell);
	}
	if (g.rows)
		gnb_gains_fig(
			w->f, &g, "worth",
			"What version 3 costs, in instructions of the hypervisor", GNB_WORTH_OURS,
			GNB_WORTH_BASE, "without arguments",
			"Exact, class C, without a hypercall's entry. The circle says what it costs beside version 1 as it is, the "
			"diamond beside the best of the versions that have no tree, where one is better: what lies between them version 1 could have, too.");
}

static void ratio_cell(struct gnb_doc *d, const struct gnb_estimate *e)
{
	gnb_doc_cell(d, "%s", gnb_fmt_ratio(e).s);
}

static void best_cell(struct gnb_doc *d, const struct gnb_worth *c)
{
	if (!c->best)
		gnb_doc_cell(d, "-");
	else if (!strcmp(c->best, GNB_WORTH_BASE))
		gnb_doc_cell(d, "none is better");
	else
		gnb_doc_cell(d, "%s of %s", gnb_fmt_ratio(&c->to_best).s, c->best);
}

/* The ratio in a column that not every line can have. */
static void no_args_cell(struct gnb_doc *d, const struct gnb_worth_line *l)
{
	if (l->never[GNB_WORTH_NO_ARGS])
		gnb_doc_cell(d, "%s", l->never[GNB_WORTH_NO_ARGS]);
	else
		ratio_cell(d, &l->col[GNB_WORTH_NO_ARGS].to_base);
}

/* The ratio of times, with a mark where it is no difference. */
static void entry_cell(const struct worth *w, const struct gnb_worth_line *l)
{
	const struct gnb_worth *c = &l->col[GNB_WORTH_ENTRY];
	struct gnb_rec_estimate e;
	bool none = false;

	if (l->never[GNB_WORTH_ENTRY]) {
		gnb_doc_cell(w->f->doc, "%s", l->never[GNB_WORTH_ENTRY]);
		return;
	}
	if (!c->exact && gnb_ratio_of(c->cell, l->version, l->metric, &e)) {
		enum gnb_verdict v = gnb_reading_of(w->f, c->cell, &e).verdict;

		none = v != GNB_CHEAPER && v != GNB_DEARER;
	}
	gnb_doc_cell(w->f->doc, "%s%s", gnb_fmt_ratio(&c->to_base).s, none ? " *" : "");
}

/* What version 3 does instead of what version 1 does, or of the best of the others where version 1 cannot do it. */
static void counts_line(const struct worth *w, const struct gnb_worth_line *l)
{
	const struct gnb_worth *m = gnb_worth_main(l);
	const char *other = isnan(m->base) ? m->best : GNB_WORTH_BASE;
	struct gnb_buf b = { 0 };

	if (other)
		gnb_work_differs(&b, gnb_rec_counts(m->cell, l->version, l->metric),
				 gnb_rec_counts(m->cell, other, l->metric));
	gnb_doc_cell(w->f->doc, "%s, %s %s: %s / %s", l->work, l->mapper, l->metric, l->version,
		     other ? other : "-");
	gnb_doc_cell(w->f->doc, "%s", b.len ? gnb_str(&b) : "-");
	gnb_buf_free(&b);
}

static void table_line(const struct worth *w, const struct gnb_worth_line *l)
{
	const struct gnb_worth *m = gnb_worth_main(l), *no_args = &l->col[GNB_WORTH_NO_ARGS],
			       *entry = &l->col[GNB_WORTH_ENTRY], *bare = &l->col[GNB_WORTH_BARE];
	struct gnb_doc *d = w->f->doc;
	const char *per = l->unit ? strchr(l->unit, '/') : NULL;

	gnb_doc_cell(d, "%s, %s %s%s%s%s%s", l->work, l->mapper, l->metric, per ? ", per " : "",
		     per ? per + 1 : "",
		     gnb_worth_ours(l) ? "" : "; a variant: ", gnb_worth_ours(l) ? "" : l->version);
	gnb_doc_cell(d, "%s", gnb_fmt_num(m->base).s);
	gnb_doc_cell(d, "%s", gnb_fmt_num(m->ours).s);
	ratio_cell(d, &bare->to_base);
	best_cell(d, bare);
	no_args_cell(d, l);
	best_cell(d, no_args);
	entry_cell(w, l);
	best_cell(d, entry);
}

static void table(const struct worth *w)
{
	struct gnb_doc *d = w->f->doc;
	char *missing = gnb_worth_missing(w->line, w->n);

	gnb_doc_table(
		d,
		"Version 3 beside version 1 and beside the best of the versions that have no tree. Instructions, their ratios and counts are exact, class C; ratios with entry are of times, with their intervals, class H",
		"Work, mapper, operation|>v1, instructions|>v3, instructions#term-class-c|>v3 / v1|>v3 / best other|>Without arguments: v3 / v1|>v3 / best other|>With entry: v3 / v1#term-entry-model|>v3 / best other");
	for (size_t i = 0; i < w->n; i++)
		table_line(w, &w->line[i]);
	gnb_doc_table_end(d);
	gnb_doc_para(
		d,
		"One line is no other: translated mappers, whose arguments the hypervisor has to find by the guest's page tables, PV mappers, whose arguments it reads in place, and references that are named one by one gain by different amounts, or nothing. Without arguments: what is left if finding them costs nothing. With entry: with one real system call in the place of the trap; * is a ratio that is not established, or no relevant difference. No such choice: the benchmark has no parameter for it, so that no run has a figure. None to find: a PV mapper has no arguments to be found. A dash is what this run has not measured, or what does not exist there.");
	gnb_doc_fold(d, "Work counts of these lines that differ, exact");
	gnb_doc_table(d, "Work per operation that differs, class C",
		      "What|Exact counts#term-class-c");
	for (size_t i = 0; i < w->n; i++)
		counts_line(w, &w->line[i]);
	gnb_doc_table_end(d);
	gnb_doc_fold_end(d);
	if (*missing)
		gnb_doc_note(d, "Not in this run, so nothing is said of it: %s.", missing);
	free(missing);
}

bool gnb_report_worth(struct gnb_figs *f)
{
	struct worth w = { .f = f };

	if (!gnb_worth_asked(f))
		return false;
	w.line = gnb_worth_lines(f, &w.n);
	gnb_doc_heading(f->doc, 2, "worth", "Is version 3 worth it?");
	if (w.n) {
		gnb_worth_say(f, w.line, w.n);
		figure(&w);
		table(&w);
	} else {
		char *missing = gnb_worth_missing(NULL, 0);

		gnb_doc_note(
			f->doc,
			"This run cannot say: the hypervisor's instructions were not counted for any of what that rests on (%s). A run of the default plan on target hv, then scripts/hv-instructions --of=%s, has them; then run grantbench-report again.",
			missing, f->run->dir);
		free(missing);
	}
	free(w.line);
	return w.n;
}
