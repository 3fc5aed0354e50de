// SPDX-License-Identifier: GPL-2.0-only
/* Work per operation of a benchmark's centre cell. Work of 0 in all versions is left out. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cond.h"
#include "escape.h"
#include "fmt.h"
#include "program.h"
#include "report.h"

struct column {
	const struct gnb_rec_row *row;
	bool varies; /* between launches, which an exact count must not */
};

static bool same_counts(json_object *a, json_object *b)
{
	return a && b && json_object_equal(a, b);
}

static struct column find(const struct gnb_rec_cell *cell, const char *version, const char *metric)
{
	struct column c = { 0 };

	for (size_t i = 0; i < cell->nr_launches; i++) {
		const struct gnb_rec_row *row = gnb_rec_row(cell->launch[i], version, metric);

		if (!row || !row->counts)
			continue;
		if (!c.row)
			c.row = row;
		else
			c.varies |= !same_counts(c.row->counts, row->counts);
	}
	return c;
}

static size_t names(const struct column *c, size_t n, const char ***out)
{
	const char **name = NULL;
	size_t nr = 0;

	for (size_t i = 0; i < n; i++) {
		json_object_object_foreach(c[i].row->counts, key, value)
		{
			bool skip = json_object_get_double(value) == 0;

			for (size_t j = 0; j < nr; j++)
				skip |= !strcmp(name[j], key);
			if (skip)
				continue;
			name = gnb_grow(name, nr + 1, sizeof(*name));
			name[nr++] = key;
		}
	}
	*out = name;
	return nr;
}

static void table(struct gnb_figs *f, const char *bench, const struct column *c, size_t n,
		  const char *const *name, size_t nr, bool contend)
{
	struct gnb_buf heads = { 0 };
	bool varies = false;
	char *title = gnb_strf("%s per operation of %s", contend ? "Work, class S," : "Exact work",
			       bench);

	gnb_buf_add(&heads, "Work per operation");
	for (size_t i = 0; i < n; i++) {
		char *head = gnb_strf("%s, %s", c[i].row->metric, c[i].row->version);

		for (char *p = head; *p; p++)
			if (*p == '|' || *p == '#')
				*p = '/';
		gnb_buf_fmt(&heads, "|>%s", head);
		varies |= c[i].varies;
		free(head);
	}
	gnb_doc_table(f->doc, title, gnb_str(&heads));
	free(title);
	for (size_t j = 0; j < nr; j++) {
		gnb_doc_cell(f->doc, "%s", name[j]);
		for (size_t i = 0; i < n; i++)
			gnb_doc_cell(
				f->doc, "%s",
				gnb_fmt_exact(gnb_json_get_number(c[i].row->counts, name[j], NAN))
					.s);
	}
	gnb_doc_table_end(f->doc);
	if (varies && !contend)
		gnb_doc_note(f->doc, "Counts differ between launches of this cell; the first "
				     "launch is shown. Exact counts must not differ: this is a "
				     "defect of the benchmark or of the hypervisor.");
	gnb_buf_free(&heads);
}

void gnb_report_counts(struct gnb_figs *f, const struct gnb_rec_bench *bench)
{
	const struct gnb_rec_cell *cell = gnb_rec_centre_cell(bench);
	struct column *c;
	const char **name = NULL;
	size_t n = 0, nr;
	struct gnb_cond cond = { 0 };
	bool contend = cell && gnb_counts_contend(gnb_rec_param(cell, "threads"));
	char *text;

	if (!cell || !cell->nr_launches)
		return;
	c = gnb_alloc(bench->nr_metrics * bench->nr_versions, sizeof(*c));
	for (size_t m = 0; m < bench->nr_metrics; m++)
		for (size_t v = 0; v < bench->nr_versions; v++) {
			c[n] = find(cell, bench->version[v], bench->metric[m]);
			n += c[n].row != NULL;
		}
	nr = names(c, n, &name);
	if (nr) {
		gnb_doc_fold(f->doc, "Work counts of the centre cell (%s)",
			     contend ? "class S, they depend on the schedule" : "exact");
		gnb_cond_add(&cond, cell);
		text = gnb_cond_text(&cond);
		gnb_doc_para(
			f->doc, "%s %s",
			contend ? "Work per operation in the centre cell, class S: several threads share out the operations, and who waits for whom is decided by time, so the counts differ from run to run; those of the first launch are shown."
				: "Exact work per operation in the centre cell, class C: the same on every machine.",
			text);
		table(f, bench->name, c, n, name, nr, contend);
		free(text);
		gnb_doc_fold_end(f->doc);
	}
	free(name);
	free(c);
}
