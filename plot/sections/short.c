// SPDX-License-Identifier: GPL-2.0-only
/* The headlines: one figure, then every headline ratio in a table. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fmt.h"
#include "forest.h"
#include "headline.h"
#include "program.h"
#include "report.h"
#include "work.h"

#define FIGURE_ROWS 36 /* more are too many to look at: entry has no lines of its own then */

/* A ratio in its two columns: what it means, and the figure. */
static void ratio_cells(struct gnb_figs *f, const struct gnb_rec_cell *cell,
			const struct gnb_headline *h)
{
	struct gnb_rec_estimate e;
	struct gnb_reading r;

	if (!gnb_ratio_of(cell, h->version, h->metric, &e)) {
		gnb_doc_cell(f->doc, "-");
		gnb_doc_cell(f->doc, "-");
		return;
	}
	r = gnb_reading_of(f, cell, &e);
	gnb_doc_cell(f->doc, "%s", gnb_fmt_reading(&r, &e.ratio, e.row->higher_better).s);
	gnb_doc_cell(f->doc, "%s", gnb_fmt_ratio(&e.ratio).s);
}

/* How a ratio was sampled; nothing where there is none. */
static struct gnb_text sample_of(const struct gnb_rec_cell *cell, const struct gnb_headline *h)
{
	struct gnb_text sample = { "" };
	struct gnb_rec_estimate e;

	if (!gnb_ratio_of(cell, h->version, h->metric, &e))
		return sample;
	if (e.row->class != 'C')
		return gnb_fmt_sample(&e.ratio, e.launches);
	snprintf(sample.s, sizeof(sample.s), "exact");
	return sample;
}

/* The same of a line: of both its halves, where they differ. */
static char *sample_text(const struct gnb_headline *h, bool entry)
{
	struct gnb_text bare = sample_of(h->bare, h), with = sample_of(h->with, h);

	if (!entry)
		return gnb_strf("%s", h->bare ? bare.s : with.s);
	return gnb_strf("%s%s%s", bare.s,
			strcmp(bare.s, with.s) && *bare.s && *with.s ? "; with entry " : "",
			strcmp(bare.s, with.s) ? with.s : "");
}

static void work_cell(struct gnb_figs *f, const struct gnb_headline *h)
{
	char *text = gnb_work_text(f, h);

	gnb_doc_cell(f->doc, "%s", text);
	free(text);
}

static void table_line(struct gnb_figs *f, const struct gnb_headline *h, bool entry)
{
	struct gnb_rec_estimate e;
	char *sample;

	gnb_headline_cell(h, &e);
	gnb_doc_cell(f->doc, "%s: %s / %s", h->what, h->version, e.ratio_to);
	ratio_cells(f, entry || h->bare ? h->bare : h->with, h);
	if (!f->run->exact)
		work_cell(f, h);
	if (entry)
		ratio_cells(f, h->with, h);
	sample = sample_text(h, entry);
	gnb_doc_cell(f->doc, "%s", sample);
	free(sample);
}

/* Centres that nothing was measured of: they would be missed among the headlines. */
static void absent(struct gnb_figs *f)
{
	for (size_t i = 0; i < f->run->nr_benches; i++) {
		const struct gnb_rec_cell *centre = gnb_rec_centre_cell(f->run->bench[i]);

		if (centre && !centre->nr_launches)
			gnb_doc_note(
				f->doc,
				"%s, centre: not established, as nothing was measured (%s: %s).",
				f->run->bench[i]->name, centre->any->status,
				centre->any->reason ? centre->any->reason : "no reason given");
	}
}

static void add_mark(struct gnb_figs *f, struct gnb_forest *t, const struct gnb_rec_cell *cell,
		     const struct gnb_headline *h, const char *label)
{
	struct gnb_rec_estimate e;
	struct gnb_reading r;
	size_t index = 0;

	if (!gnb_ratio_of(cell, h->version, h->metric, &e))
		return;
	while (index < cell->bench->nr_versions && strcmp(cell->bench->version[index], h->version))
		index++;
	r = gnb_reading_of(f, cell, &e);
	gnb_forest_add(t, label, h->version, gnb_colour(f->run, h->version, index), &e.ratio,
		       r.verdict != GNB_NOT_ESTABLISHED, e.launches);
	gnb_cond_add(&t->cond, cell);
}

/* Lines of the figure: versions of one cell share one, so all of them are added together. */
static void figure_lines(struct gnb_figs *f, const struct gnb_headlines *all, struct gnb_forest *t,
			 bool entry)
{
	for (size_t i = 0; i < all->n;) {
		size_t end = i;

		while (end < all->n && !strcmp(all->h[end].what, all->h[i].what))
			end++;
		for (int with = 0; with <= entry; with++)
			for (size_t k = i; k < end; k++) {
				const struct gnb_headline *h = &all->h[k];
				bool sole = !h->bare;
				char *label = gnb_strf("%s%s", h->what,
						       with && h->bare ? ", with entry" : "");

				if (!with || !sole)
					add_mark(f, t, with || sole ? h->with : h->bare, h, label);
				free(label);
			}
		i = end;
	}
}

static void figure(struct gnb_figs *f, const struct gnb_headlines *all)
{
	struct gnb_forest t = { 0 };
	const char *sample =
		f->run->exact ? "exact counts, class C"
		: all->again
			? "class H; thick intervals are over launches, thin ones over the layouts of one launch"
			: "class H; intervals are over memory layouts of one launch";
	char *caption;

	figure_lines(f, all, &t, all->n <= FIGURE_ROWS);
	caption = gnb_strf(
		"Left of 1 is less than the baseline. The axis is linear from %.1f to %.1f; what lies beyond stands at the edge with its value. A hollow mark is a ratio that is not established; %s.",
		GNB_FOREST_LO, GNB_FOREST_HI, sample);
	if (t.rows)
		gnb_forest_fig(f, &t, "headline-ratios", "Ratios to the baseline", caption);
	free(caption);
}

void gnb_report_short(struct gnb_figs *f, const struct gnb_headlines *all)
{
	bool entry = false;
	struct gnb_buf heads = { 0 };

	for (size_t i = 0; i < all->n; i++)
		entry |= all->h[i].bare && all->h[i].with;
	absent(f);
	if (!all->n)
		return;
	figure(f, all);
	gnb_doc_heading(f->doc, 2, "short", "The headlines");
	gnb_buf_fmt(&heads, "What|%s|>Ratio%s#term-ratio",
		    entry ? "Reading without entry#term-entry-model" : "Reading#control",
		    entry ? " without entry" : "");
	if (!f->run->exact)
		gnb_buf_add(
			&heads,
			"|>Exact: ratio of instructions; work per operation that differs#term-class-c");
	if (entry)
		gnb_buf_add(&heads,
			    "|Reading with entry#term-entry-model|>Ratio with entry#term-ratio");
	gnb_buf_add(&heads, "|Level, sample#term-launches");
	gnb_doc_table(
		f->doc,
		f->run->exact
			? "Ratios to the baseline, class C"
			: "Ratios to the baseline with their intervals, class H; instructions and work are exact, class C",
		gnb_str(&heads));
	for (size_t i = 0; i < all->n; i++)
		table_line(f, &all->h[i], entry);
	gnb_doc_table_end(f->doc);
	gnb_buf_free(&heads);
	if (entry)
		gnb_doc_para(
			f->doc,
			"With entry each hypercall also pays one real system call, as a stand-in for the trap of a real one; without, it is a function call. Neither alone is the whole truth.");
	if (f->exact)
		gnb_work_missing(f, all);
	else if (*f->no_exact)
		gnb_doc_note(f->doc, "Instructions were not counted: %s.", f->no_exact);
	else if (!f->run->exact)
		gnb_doc_para(
			f->doc,
			"The exact ratio of instructions is not here: scripts/hv-instructions --of=%s counts them for the same cells, then run grantbench-report again.",
			f->run->dir);
}
