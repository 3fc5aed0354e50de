// SPDX-License-Identifier: GPL-2.0-only
/* Cells that were not measured well or at all, with reasons: nothing disappears silently. */
#include <string.h>

#include "program.h"
#include "report.h"

static bool has_line(const struct gnb_rec_run *r, const char *cell)
{
	for (size_t i = 0; i < r->nr_cells; i++)
		if (!strcmp(r->cell[i]->name, cell))
			return true;
	return false;
}

/* Benchmarks of the suite that this run has no line of: their plots are left out for that reason. */
static void not_in_run(struct gnb_figs *f)
{
	struct gnb_buf b = { 0 };
	const char *name;

	for (size_t i = 0; (name = gnb_bench_at(f->run, i)); i++) {
		bool here = false;

		for (size_t j = 0; j < f->run->nr_benches; j++)
			here |= !strcmp(f->run->bench[j]->name, name);
		if (!here)
			gnb_buf_fmt(&b, "%s%s", b.len ? ", " : "", name);
	}
	if (b.len)
		gnb_doc_para(f->doc,
			     "Not part of what this run did, so left out with their plots: %s.",
			     b.s);
	gnb_buf_free(&b);
}

/* What the target has no choice of: it would be in the plan of another. */
static void left_out(struct gnb_figs *f)
{
	json_object *a = gnb_json_get(f->run->manifest, "left_out", json_type_array);

	if (!a || !json_object_array_length(a))
		return;
	gnb_doc_table(f->doc, "Left out of the plan", "What|Kind|Reason");
	for (size_t i = 0; i < json_object_array_length(a); i++) {
		json_object *x = json_object_array_get_idx(a, i);
		const char *what = gnb_json_get_string(x, "what", NULL),
			   *kind = gnb_json_get_string(x, "kind", NULL),
			   *why = gnb_json_get_string(x, "reason", NULL);

		gnb_doc_cell(f->doc, "%s", what ? what : "?");
		gnb_doc_cell(f->doc, "%s", kind ? kind : "?");
		gnb_doc_cell(f->doc, "%s", why ? why : "no reason given");
	}
	gnb_doc_table_end(f->doc);
}

/* Launches on cores that lay elsewhere are in no figure. */
static void elsewhere(struct gnb_figs *f)
{
	unsigned n = 0, cells = 0;

	for (size_t i = 0; i < f->run->nr_cells; i++) {
		n += f->run->cell[i]->other_group;
		cells += f->run->cell[i]->other_group > 0;
	}
	if (n)
		gnb_doc_para(
			f->doc,
			"%u launch%s of %u cell%s of several threads ran on cores that lay elsewhere than "
			"those of most: they are in none of the figures.",
			n, n == 1 ? "" : "es", cells, cells == 1 ? "" : "s");
}

void gnb_report_missing(struct gnb_figs *f)
{
	struct gnb_rec_run *r = f->run;
	json_object *plan = gnb_json_get(r->manifest, "plan", json_type_array);
	size_t planned = plan ? json_object_array_length(plan) : 0;
	bool open = false;

	gnb_doc_heading(f->doc, 2, "missing", "Cells skipped, failed or unstable");
	for (size_t i = 0; i < r->nr_launches + planned; i++) {
		const struct gnb_rec_launch *launch = i < r->nr_launches ? r->launch[i] : NULL;
		const char *cell;

		cell = launch ? launch->cell
			      : json_object_get_string(
					json_object_array_get_idx(plan, i - r->nr_launches));
		if (!cell || (launch ? !strcmp(launch->status, "ok") : has_line(r, cell)))
			continue;
		if (!open)
			gnb_doc_fold(f->doc, "Each of them with its reason");
		if (!open)
			gnb_doc_table(f->doc, "Cells skipped, failed or unstable",
				      "Cell|>Launch|Status|Reason");
		open = true;
		gnb_doc_cell(f->doc, "%s", cell);
		if (launch)
			gnb_doc_cell(f->doc, "%d", launch->number);
		else
			gnb_doc_cell(f->doc, "-");
		gnb_doc_cell(f->doc, "%s", launch ? launch->status : "not run");
		gnb_doc_cell(f->doc, "%s",
			     launch ? (launch->reason ? launch->reason : "no reason given")
				    : "planned, but the run ended before it");
	}
	if (open) {
		gnb_doc_table_end(f->doc);
		gnb_doc_fold_end(f->doc);
	} else {
		gnb_doc_para(f->doc, "None: every planned cell was measured.");
	}
	elsewhere(f);
	left_out(f);
	not_in_run(f);
}
