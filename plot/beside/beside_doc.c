// SPDX-License-Identifier: GPL-2.0-only
/* The section "Xen beside hv": instructions and work of each cell, whether both put the cells in one order, and whether versions differ alike. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "batch_fig.h"
#include "beside_doc.h"
#include "beside_fig.h"
#include "fmt.h"
#include "program.h"
#include "rank.h"
#include "versions_doc.h"

#define WORST  5  /* cells that are named */
#define ENOUGH 20 /* cells that an order should rest on */

/* Work counts that are shown as one figure, by hv's names (hv/include/hv/counters.h). */
static const char *const walks[] = { "walks", "pte_lookups", NULL };
static const char *const locks[] = { "spin_locks", "pcpu_reads", "pcpu_writes", "page_locks",
				     NULL };
static const char *const refs[] = { "page_gets", "page_puts", "type_gets", "type_puts", NULL };
static const char *const flushes[] = { "flushes", NULL };
static const char *const invs[] = { "iotlb_invs", NULL };

static struct gnb_text work_text(json_object *work, const char *const *names)
{
	double v = 0;

	for (; *names; names++)
		v += gnb_json_get_number(work, *names, NAN);
	return v == floor(v) ? gnb_fmt_exact(v) : gnb_fmt_num(v);
}

/* Parameters that the names of cells leave out. */
static void left_out(struct gnb_doc *d, const struct gnb_beside *b, const struct gnb_pair *p)
{
	const char *bench = p->xen->any->bench;
	json_object *params = p->xen->any->params;
	struct gnb_buf same = { 0 };

	if (params) {
		json_object_object_foreach(params, name, value)
		{
			if (!gnb_beside_named(b, bench, name))
				gnb_buf_fmt(&same, "%s%s:%s", same.len ? ", " : "", name,
					    json_object_get_string(value));
		}
	}
	if (same.len)
		gnb_doc_para(d, "All cells of %s: %s.", bench, gnb_str(&same));
	gnb_buf_free(&same);
}

static double ratio(const struct gnb_pair *p)
{
	return p->hv_n / p->xen_n;
}

static void table(struct gnb_doc *d, const struct gnb_beside *b)
{
	gnb_doc_table(d, "Instructions of Xen and of hv, cell by cell",
		      "Cell|Machine|Operation|>Xen|>hv|>hv / "
		      "Xen|>Walks|>Locks|>References|>Flushes|>IOTLB");
	for (size_t i = 0; i < b->nr; i++) {
		const struct gnb_pair *p = &b->pair[i];

		gnb_doc_cell(d, "%s", p->cell);
		gnb_doc_cell(d, "%s", *p->machine ? p->machine : "not known");
		gnb_doc_cell(d, "%s %s", p->metric, p->version);
		gnb_doc_cell(d, "%s", gnb_fmt_num(p->xen_n).s);
		gnb_doc_cell(d, "%s", gnb_fmt_num(p->hv_n).s);
		gnb_doc_cell(d, "%.2f", ratio(p));
		gnb_doc_cell(d, "%s", work_text(p->work, walks).s);
		gnb_doc_cell(d, "%s", work_text(p->work, locks).s);
		gnb_doc_cell(d, "%s", work_text(p->work, refs).s);
		gnb_doc_cell(d, "%s", work_text(p->work, flushes).s);
		gnb_doc_cell(d, "%s", work_text(p->work, invs).s);
	}
	gnb_doc_table_end(d);
}

/* Where the model is cheap: smallest, median and greatest ratio of each operation. */
static void by_operation(struct gnb_doc *d, const struct gnb_beside *b)
{
	double *v = gnb_alloc(b->nr, sizeof(*v));
	bool *done = gnb_alloc(b->nr, sizeof(*done));

	gnb_doc_table(d, "hv / Xen by operation",
		      "Operation|Machine|>Cells|>Least hv / Xen|>Median|>Greatest");
	for (size_t i = 0; i < b->nr; i++) {
		const struct gnb_pair *p = &b->pair[i];
		struct gnb_estimate e;
		size_t n = 0;

		for (size_t j = i; j < b->nr && !done[i]; j++) {
			const struct gnb_pair *o = &b->pair[j];

			if (strcmp(o->metric, p->metric) || strcmp(o->version, p->version) ||
			    strcmp(o->machine, p->machine) ||
			    strcmp(o->xen->any->bench, p->xen->any->bench))
				continue;
			v[n++] = ratio(o);
			done[j] |= j != i;
		}
		if (!n)
			continue;
		e = gnb_estimate(v, n, GNB_LEVEL);
		gnb_doc_cell(d, "%s %s %s", p->xen->any->bench, p->metric, p->version);
		gnb_doc_cell(d, "%s", *p->machine ? p->machine : "not known");
		gnb_doc_cell(d, "%zu", n);
		gnb_doc_cell(d, "%.2f", e.min);
		gnb_doc_cell(d, "%.2f", e.value);
		gnb_doc_cell(d, "%.2f", e.max);
	}
	gnb_doc_table_end(d);
	free(v);
	free(done);
}

static void rank_line(struct gnb_doc *d, const struct gnb_beside *b, const char *what,
		      const size_t *which, size_t n)
{
	struct gnb_rank r = gnb_rank(b, which, n);

	gnb_doc_cell(d, "%s", what);
	gnb_doc_cell(d, "%zu", n);
	if (isnan(r.rho))
		gnb_doc_cell(d, "-");
	else
		gnb_doc_cell(d, "%.3f", r.rho);
	if (r.xen[r.worst] == r.hv[r.worst])
		gnb_doc_cell(d, "none");
	else
		gnb_doc_cell(d, "%s: %s in Xen, %s in hv", b->pair[which[r.worst]].name,
			     gnb_fmt_exact(r.xen[r.worst]).s, gnb_fmt_exact(r.hv[r.worst]).s);
	gnb_rank_free(&r);
}

static void rank_table(struct gnb_doc *d, const struct gnb_beside *b, const size_t *all)
{
	size_t *which = gnb_alloc(b->nr, sizeof(*which));
	double last = -INFINITY;

	gnb_doc_table(d, "Rank correlation by batch size",
		      "Cells|>Number|>Rank correlation|Disagrees most (rank, 1 is cheapest)");
	rank_line(d, b, "all", all, b->nr);
	/* Batch sizes from the smallest on; cells of several benchmarks may share one. */
	for (;;) {
		double batch = INFINITY;
		char *what;
		size_t n = 0;

		for (size_t i = 0; i < b->nr; i++)
			if (b->pair[i].batch > last)
				batch = fmin(batch, b->pair[i].batch);
		if (isinf(batch))
			break;
		for (size_t i = 0; i < b->nr; i++)
			if (b->pair[i].batch == batch)
				which[n++] = i;
		what = gnb_strf("batch %g", batch);
		rank_line(d, b, what, which, n);
		free(what);
		last = batch;
	}
	gnb_doc_table_end(d);
	free(which);
}

static void worst(struct gnb_doc *d, const struct gnb_beside *b, const size_t *all)
{
	struct gnb_rank r;
	size_t left = WORST;

	r = gnb_rank(b, all, b->nr);
	gnb_doc_table(d, "Cells furthest from their place",
		      "Disagrees most, of all cells|>Xen|>hv|>Rank in Xen|>Rank in hv");
	while (left--) {
		size_t at = 0;

		for (size_t i = 1; i < b->nr; i++)
			if (fabs(r.xen[i] - r.hv[i]) > fabs(r.xen[at] - r.hv[at]))
				at = i;
		if (r.xen[at] == r.hv[at])
			break;
		gnb_doc_cell(d, "%s", b->pair[at].name);
		gnb_doc_cell(d, "%s", gnb_fmt_num(b->pair[at].xen_n).s);
		gnb_doc_cell(d, "%s", gnb_fmt_num(b->pair[at].hv_n).s);
		gnb_doc_cell(d, "%s", gnb_fmt_exact(r.xen[at]).s);
		gnb_doc_cell(d, "%s", gnb_fmt_exact(r.hv[at]).s);
		r.xen[at] = r.hv[at];
	}
	gnb_doc_table_end(d);
	gnb_rank_free(&r);
}

/* hv's granter and mapper are two domains. */
static bool any_self(const struct gnb_beside *b)
{
	for (size_t i = 0; i < b->nr; i++)
		if (strstr(b->pair[i].machine, "granter self") &&
		    !gnb_rec_param(b->pair[i].hv, "granter"))
			return true;
	return false;
}

void gnb_report_beside(struct gnb_figs *f, const struct gnb_beside *b)
{
	size_t *all = gnb_alloc(b->nr, sizeof(*all));
	struct gnb_doc *d = f->doc;
	struct gnb_rank r;

	for (size_t i = 0; i < b->nr; i++)
		all[i] = i;
	r = gnb_rank(b, all, b->nr);
	gnb_doc_heading(d, 2, "beside", "Xen beside hv");
	gnb_doc_para(d,
		     "Instructions per operation of a running Xen and of the reference hypervisor, "
		     "for the same cells, class C: Xen's are counted in an emulator whose clock is "
		     "instructions, hv's by callgrind, both only between entering the hypervisor "
		     "and leaving it. hv's work counts stand beside them. What this can check is "
		     "the order of magnitude: an instruction is not a unit of time.");
	if (isnan(r.rho))
		gnb_doc_para(d, "Rank correlation (Spearman): none, of %zu cells.", b->nr);
	else
		gnb_doc_para(d,
			     "Rank correlation (Spearman): %.3f over %zu cells. 1 means that hv "
			     "puts the cells in Xen's order.",
			     r.rho, b->nr);
	if (b->nr < ENOUGH)
		gnb_doc_note(d, "These are fewer than %d cells: the correlation says little.",
			     ENOUGH);
	if (any_self(b))
		gnb_doc_note(d, "Where Xen's machine says granter self, one domain mapped its own "
				"pages; hv's granter and mapper are two domains.");
	gnb_rank_free(&r);
	gnb_report_versions(d, b);
	gnb_doc_heading(d, 3, "beside-order", "The order of the cells");
	gnb_doc_para(d, "By batch size: how many cells, how well their order agrees, and which "
			"cell is furthest from its place. A few cells of almost the same cost can "
			"change places for little; look at the figures below.");
	rank_table(d, b, all);
	worst(d, b, all);
	gnb_fig_beside(f, b);
	gnb_fig_batches(f, b);
	gnb_doc_heading(d, 3, "beside-ratio", "Where hv is cheap");
	by_operation(d, b);
	gnb_doc_fold(d, "Cell by cell: instructions and work counts");
	gnb_doc_para(d, "Walks: p2m, IOMMU and PV page-table lookups. Locks: spin locks, per-CPU "
			"read-write locks and locked page-table pages. References: general and "
			"type references, taken and dropped. Flushes: of TLBs. IOTLB: "
			"invalidations queued. All per operation, of hv.");
	for (size_t i = 0; i < b->nr; i++)
		if (!i || strcmp(b->pair[i].xen->any->bench, b->pair[i - 1].xen->any->bench))
			left_out(d, b, &b->pair[i]);
	table(d, b);
	gnb_doc_fold_end(d);
	free(all);
}
