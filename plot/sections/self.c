// SPDX-License-Identifier: GPL-2.0-only
/* The control: how far the figures of this run can be trusted. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "report.h"

struct tally {
	unsigned n, contain, wide;
	double *width;
};

static void add(struct tally *t, const struct gnb_estimate *i)
{
	double width = (i->hi - i->lo) / (isnan(i->value) ? 1 : i->value);

	t->width = gnb_grow(t->width, t->n + 1, sizeof(*t->width));
	t->width[t->n++] = width * 100;
	t->contain += i->lo <= 1 && i->hi >= 1;
	t->wide += width > 0.02;
}

static void line(struct gnb_doc *d, const char *name, struct tally *t)
{
	struct gnb_estimate width = gnb_estimate(t->width, t->n, GNB_LEVEL);

	if (!t->n)
		return;
	gnb_doc_cell(d, "%s", name);
	gnb_doc_cell(d, "%u", t->n);
	gnb_doc_cell(d, "%u (%.1f %%)", t->contain, 100.0 * t->contain / t->n);
	gnb_doc_cell(d, "%.2f %%", width.value);
	gnb_doc_cell(d, "%.2f %%", width.max);
	gnb_doc_cell(d, "%u", t->wide);
}

void gnb_report_self(struct gnb_figs *f)
{
	struct tally all = { 0 };

	gnb_doc_heading(f->doc, 2, "self", "The baseline against itself");
	if (f->run->exact) {
		gnb_doc_para(
			f->doc,
			"Not looked at: the clock of this run counts %s, which is exact, so the "
			"smallest difference that could have been seen is one.",
			f->run->clock_unit);
		return;
	}
	gnb_doc_para(
		f->doc,
		"In every cell the baseline's version is measured once more, on machines of its own, as "
		"any other version is. The true ratio is 1: an interval that does not contain 1 is a "
		"false alarm. At 99 %%, one comparison in a hundred is expected to miss. Each launch and "
		"each metric counts by itself; the interval is over the layouts of one launch.");
	for (size_t i = 0; i < f->run->nr_launches; i++)
		for (size_t j = 0; j < f->run->launch[i]->nr_rows; j++)
			if (f->run->launch[i]->usable && f->run->launch[i]->row[j].has_self &&
			    !isnan(f->run->launch[i]->row[j].self.lo))
				add(&all, &f->run->launch[i]->row[j].self);
	if (!all.n) {
		gnb_doc_para(f->doc, "This run has no such comparison, so it does not say how "
				     "small a difference it could see.");
		return;
	}
	gnb_doc_table(f->doc, "Benchmark|>Comparisons|>Interval contains 1|>Width, median|"
			      ">Width, largest|>Wider than 2 %");
	for (size_t k = 0; k < f->run->nr_benches; k++) {
		struct tally t = { 0 };

		for (size_t i = 0; i < f->run->nr_launches; i++) {
			const struct gnb_rec_launch *launch = f->run->launch[i];

			if (!launch->usable || strcmp(launch->bench, f->run->bench[k]->name))
				continue;
			for (size_t j = 0; j < launch->nr_rows; j++)
				if (launch->row[j].has_self && !isnan(launch->row[j].self.lo))
					add(&t, &launch->row[j].self);
		}
		line(f->doc, f->run->bench[k]->name, &t);
		free(t.width);
	}
	line(f->doc, "all", &all);
	gnb_doc_table_end(f->doc);
	free(all.width);
}
