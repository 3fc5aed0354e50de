// SPDX-License-Identifier: GPL-2.0-only
/* Exact figures beside the headlines: instructions, flushes, locks, references. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "exact.h"
#include "fmt.h"
#include "program.h"
#include "work.h"

/* Kinds of work that a reader looks for, and the counts that they are the sum of. */
static const struct {
	const char *words;
	const char *count[4];
} kinds[] = {
	{ "flushes", { "flushes" } },
	{ "invalidations", { "iotlb_invs" } },
	{ "locks", { "spin_locks", "pcpu_reads", "pcpu_writes", "page_locks" } },
	{ "references", { "page_gets", "page_puts", "type_gets", "type_puts" } },
	{ "table entries", { "entries_written" } },
	{ "walks for arguments", { "arg_walks" } },
};

/* The sum of a kind's counts; NaN if there are none of them. */
static double sum_of(struct json_object *counts, size_t kind)
{
	double sum = NAN;

	for (size_t i = 0; i < 4 && kinds[kind].count[i]; i++) {
		double v = gnb_json_get_number(counts, kinds[kind].count[i], NAN);

		if (!isnan(v))
			sum = isnan(sum) ? v : sum + v;
	}
	return sum;
}

bool gnb_work_ratio(const struct gnb_figs *f, const struct gnb_rec_cell *cell, const char *version,
		    const char *metric, struct gnb_estimate *ratio)
{
	const struct gnb_rec_cell *exact = gnb_exact_cell(f->exact, cell);
	struct gnb_rec_estimate e, times;

	if (!gnb_ratio_of(exact, version, metric, &e) ||
	    !gnb_ratio_of(cell, version, metric, &times) || strcmp(e.ratio_to, times.ratio_to))
		return false;
	*ratio = e.ratio;
	return true;
}

void gnb_work_differs(struct gnb_buf *b, struct json_object *ours, struct json_object *base)
{
	for (size_t k = 0; ours && base && k < sizeof(kinds) / sizeof(*kinds); k++) {
		double v = sum_of(ours, k), to = sum_of(base, k);

		if (!isnan(v) && !isnan(to) && v != to)
			gnb_buf_fmt(b, "%s%s %s instead of %s", b->len ? "; " : "", kinds[k].words,
				    gnb_fmt_exact(v).s, gnb_fmt_exact(to).s);
	}
}

char *gnb_work_text(const struct gnb_figs *f, const struct gnb_headline *h)
{
	struct gnb_rec_estimate e;
	const struct gnb_rec_cell *cell = gnb_headline_cell(h, &e);
	struct gnb_estimate ratio;
	struct gnb_buf b = { 0 };
	struct json_object *ours, *base;

	if (!cell || gnb_counts_contend(gnb_rec_param(cell, "threads")))
		return gnb_strf("-");
	if (gnb_work_ratio(f, cell, h->version, h->metric, &ratio))
		gnb_buf_add(&b, gnb_fmt_ratio(&ratio).s);
	ours = gnb_rec_counts(cell, h->version, h->metric);
	base = gnb_rec_counts(cell, e.ratio_to, h->metric);
	gnb_work_differs(&b, ours, base);
	if (!b.len)
		gnb_buf_add(&b, "-");
	return gnb_take(&b);
}

/* Why a headline has no instructions, or NULL if it has. */
static const char *why_none(const struct gnb_figs *f, const struct gnb_headline *h)
{
	struct gnb_rec_estimate e;
	const struct gnb_rec_cell *cell = gnb_headline_cell(h, &e), *exact;
	struct gnb_estimate ratio;

	if (!cell || e.row->class == 'C' || gnb_work_ratio(f, cell, h->version, h->metric, &ratio))
		return NULL;
	exact = gnb_exact_cell(f->exact, cell);
	if (!exact)
		return "its cell was not counted";
	if (exact->nr_launches)
		return "nothing of it runs in the hypervisor within a timed span";
	return exact->any->reason ? exact->any->reason : "no reason given";
}

void gnb_work_missing(struct gnb_figs *f, const struct gnb_headlines *all)
{
	struct gnb_buf b = { 0 };

	for (size_t i = 0; i < all->n; i++) {
		const char *why = why_none(f, &all->h[i]), *other;
		size_t n = 1;
		bool told = false;

		for (size_t k = 0; why && k < all->n; k++) {
			other = k == i ? NULL : why_none(f, &all->h[k]);
			if (!other || strcmp(other, why))
				continue;
			told |= k < i;
			n++;
		}
		if (why && !told)
			gnb_buf_fmt(&b, "%s%zu: %s", b.len ? "; " : "", n, why);
	}
	if (b.len)
		gnb_doc_para(f->doc, "Headlines without a count of instructions: %s.", gnb_str(&b));
	gnb_buf_free(&b);
}
