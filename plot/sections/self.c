// SPDX-License-Identifier: GPL-2.0-only
/* The control: how far identical work was apart in this run, and what follows for its readings. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fmt.h"
#include "program.h"
#include "report.h"

struct kind {
	char *name;
	double *off, lo, hi; /* smallest and largest threshold of its cells */
	size_t n, few;
};

char *gnb_kind_of(const struct gnb_rec_cell *cell)
{
	const char *threads = gnb_rec_param(cell, "threads");

	return gnb_strf("threads %s, flush %s, entry %s", threads ? threads : "1",
			*cell->any->flush ? cell->any->flush : "its own",
			*cell->any->entry ? cell->any->entry : "its own");
}

/* The kind of a cell in the list, which grows if it has none. */
static struct kind *find(struct kind **list, size_t *n, const struct gnb_rec_cell *cell)
{
	char *name = gnb_kind_of(cell);
	size_t i = 0;

	while (i < *n && strcmp((*list)[i].name, name))
		i++;
	if (i < *n) {
		free(name);
		return &(*list)[i];
	}
	*list = gnb_grow(*list, *n + 1, sizeof(**list));
	(*list)[*n] = (struct kind){ .name = name, .lo = INFINITY };
	return &(*list)[(*n)++];
}

static void line(struct gnb_doc *d, struct kind *k)
{
	struct gnb_estimate e = gnb_estimate(k->off, k->n, GNB_LEVEL);

	gnb_doc_cell(d, "%s", k->name);
	gnb_doc_cell(d, "%zu", k->n);
	gnb_doc_cell(d, "%.2f %%", e.value * 100);
	gnb_doc_cell(d, "%.2f %%", e.max * 100);
	if (k->lo == k->hi)
		gnb_doc_cell(d, "%.2f %%", k->lo * 100);
	else
		gnb_doc_cell(d, "%.2f to %.2f %%", k->lo * 100, k->hi * 100);
	gnb_doc_cell(d, "%s",
		     k->few			 ? "too few controls"
		     : k->lo == GNB_RELEVANT_MIN ? "least that is relevant"
						 : "controls");
}

static void table(struct gnb_figs *f)
{
	const struct gnb_controls *c = &f->controls;
	struct kind *list = NULL;
	size_t n = 0;

	for (size_t i = 0; i < c->n; i++) {
		struct kind *k = find(&list, &n, c->control[i].cell);
		double threshold;
		size_t from;

		k->off = gnb_grow(k->off, k->n + 1, sizeof(*k->off));
		k->off[k->n++] = c->control[i].off;
		if (i && c->control[i].cell == c->control[i - 1].cell)
			continue;
		threshold = gnb_threshold(c, c->control[i].cell, &from);
		k->few += !from;
		k->lo = fmin(k->lo, threshold);
		k->hi = fmax(k->hi, threshold);
	}
	gnb_doc_table(f->doc, "How far controls lie from 1, and the thresholds that follow",
		      "Kind of cells|>Controls|>Median off|>Largest off|>Threshold|It comes from");
	for (size_t i = 0; i < n; i++) {
		line(f->doc, &list[i]);
		free(list[i].name);
		free(list[i].off);
	}
	gnb_doc_table_end(f->doc);
	free(list);
}

void gnb_report_self(struct gnb_figs *f)
{
	gnb_doc_heading(f->doc, 2, "control", "Control");
	if (f->run->exact) {
		gnb_doc_para(
			f->doc,
			"Not looked at: the clock of this run counts %s, which is exact, so the smallest difference that could have been seen is one.",
			f->run->clock_unit);
		return;
	}
	if (!f->controls.n) {
		gnb_doc_para(
			f->doc,
			"This run has no control with an interval, so it does not say how small a difference it could see: a ratio is read as a difference beyond %.0f %%.",
			GNB_RELEVANT_UNKNOWN * 100);
		return;
	}
	gnb_doc_para(
		f->doc,
		"In every cell the baseline's version is measured once more, on machines of its own, as any other version is: its true ratio is 1. A ratio of this run is read as a difference only beyond the 95th percentile of what the controls of other cells of its kind are off 1, one for each launch and metric, and at least %.0f %%; with fewer than %d of them, beyond %.0f %%. Below its threshold a ratio shows no relevant difference, whatever its interval says.",
		GNB_RELEVANT_MIN * 100, GNB_CONTROLS_MIN, GNB_RELEVANT_UNKNOWN * 100);
	if (f->controls.identical)
		gnb_doc_para(
			f->doc,
			"%zu of the controls are rows of another version whose counts and instructions are the baseline's, exactly: their work is identical, so they are read as controls, never as cheaper or dearer.",
			f->controls.identical);
	table(f);
}
