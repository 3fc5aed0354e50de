// SPDX-License-Identifier: GPL-2.0-only
/* Differences of versions of Xen beside those of hv: by operation, and cell by cell. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fmt.h"
#include "program.h"
#include "versions.h"
#include "versions_doc.h"

/* "+19.0 (+2.0 %)" */
static char *difference(double n, double part)
{
	return isnan(n) ? gnb_strf("-") : gnb_strf("%+.1f (%+.2f %%)", n, 100 * part);
}

/* Whose instructions a difference is, of one side. */
static void functions(struct gnb_buf *text, const struct gnb_beside *b,
		      const struct gnb_version_row *r, bool xen)
{
	if (r->with)
		gnb_functions_differ(&b->functions[xen ? r->base->xen_run : r->base->hv_run],
				     &b->functions[xen ? r->with->xen_run : r->with->hv_run],
				     xen ? r->base->xen->name : r->base->hv->name, r->base->metric,
				     r->base->version, r->version, text);
}

static void functions_cell(struct gnb_doc *d, const struct gnb_beside *b,
			   const struct gnb_version_row *r, bool xen)
{
	struct gnb_buf text = { 0 };

	functions(&text, b, r, xen);
	gnb_doc_cell(d, "%s", text.len ? gnb_str(&text) : "-");
	gnb_buf_free(&text);
}

static double apart(const struct gnb_version_row *r)
{
	return fabs(r->xen_part - r->hv_part);
}

static void verdict(struct gnb_doc *d, const struct gnb_version_row *r)
{
	switch (r->verdict) {
	case GNB_AGREES:
		gnb_doc_cell(d, "same sign, within %g %%", 100 * GNB_APART);
		break;
	case GNB_SIGN:
		gnb_doc_cell(d, "wrong sign");
		break;
	case GNB_FAR:
		gnb_doc_cell(d, "off by %.1f %%%s", 100 * apart(r),
			     r->whole ? ", by the size of the operation" : "");
		break;
	case GNB_LONE:
		gnb_doc_cell(d, "%s has no %s", r->xen_lacks ? "Xen" : "hv", r->version);
		break;
	}
}

static void rows(struct gnb_doc *d, const struct gnb_beside *b, const struct gnb_versions *v)
{
	gnb_doc_table(d, "Differences of versions, cell by cell",
		      "Cell|Machine|Operation|>Xen|>hv|Verdict|Xen's functions|hv's functions");
	for (size_t i = 0; i < v->nr; i++) {
		const struct gnb_version_row *r = &v->row[i];
		char *xen = difference(r->xen, r->xen_part), *hv = difference(r->hv, r->hv_part);

		gnb_doc_cell(d, "%s", r->base->cell);
		gnb_doc_cell(d, "%s", *r->base->machine ? r->base->machine : "not known");
		gnb_doc_cell(d, "%s %s", r->base->metric, r->version);
		gnb_doc_cell(d, "%s", xen);
		gnb_doc_cell(d, "%s", hv);
		verdict(d, r);
		functions_cell(d, b, r, true);
		functions_cell(d, b, r, false);
		free(xen);
		free(hv);
	}
	gnb_doc_table_end(d);
}

static const char *mapper(const struct gnb_version_row *r)
{
	return gnb_json_get_string(r->base->xen->any->json, "mapper", "");
}

/* Of one operation, whatever the cell. */
static bool alike(const struct gnb_version_row *a, const struct gnb_version_row *b)
{
	return !strcmp(a->base->xen->any->bench, b->base->xen->any->bench) &&
	       !strcmp(a->base->metric, b->base->metric) && !strcmp(a->version, b->version) &&
	       !strcmp(a->base->machine, b->base->machine) && !strcmp(mapper(a), mapper(b));
}

struct span {
	double lo, hi, lo_part, hi_part;
};

static void widen(struct span *s, double n, double part)
{
	s->lo = fmin(s->lo, n);
	s->hi = fmax(s->hi, n);
	s->lo_part = fmin(s->lo_part, part);
	s->hi_part = fmax(s->hi_part, part);
}

static void span_cell(struct gnb_doc *d, const struct span *s)
{
	gnb_doc_cell(d, "%+.1f to %+.1f (%+.2f to %+.2f %%)", s->lo, s->hi, 100 * s->lo_part,
		     100 * s->hi_part);
}

static char *operation(const struct gnb_version_row *r)
{
	const char *machine = *r->base->machine ? r->base->machine : "machine not known";

	return gnb_strf("%s %s %s%s%s (%s)", r->base->xen->any->bench, r->base->metric, r->version,
			*mapper(r) ? ", mapper " : "", mapper(r), machine);
}

/* An operation that disagrees: how many of its cells, and of the worst of these the functions that differ. */
static void name_it(struct gnb_buf *list, const struct gnb_beside *b, const char *name, size_t n,
		    const struct gnb_version_row *worst)
{
	struct gnb_buf xen = { 0 }, hv = { 0 };

	functions(&xen, b, worst, true);
	functions(&hv, b, worst, false);
	gnb_buf_fmt(list, "%s%s: %zu", list->len ? "; " : "", name, n);
	if (xen.len && hv.len)
		gnb_buf_fmt(list, ", functions of Xen %s, of hv %s", gnb_str(&xen), gnb_str(&hv));
	gnb_buf_free(&xen);
	gnb_buf_free(&hv);
}

/* One operation: what its cells have in common. Adds its name to those that disagree, if it does. */
static void sum_up(struct gnb_doc *d, const struct gnb_beside *b, const struct gnb_versions *v,
		   size_t first, struct gnb_buf *signs, struct gnb_buf *far)
{
	const struct gnb_version_row *worst[GNB_LONE + 1] = { 0 };
	struct span xen = { INFINITY, -INFINITY, INFINITY, -INFINITY }, hv = xen;
	size_t of[GNB_LONE + 1] = { 0 }, whole = 0;
	char *name = operation(&v->row[first]);

	for (size_t i = first; i < v->nr; i++) {
		const struct gnb_version_row *r = &v->row[i];

		if (r->verdict == GNB_LONE || !alike(&v->row[first], r))
			continue;
		of[r->verdict]++;
		if (!worst[r->verdict] || apart(r) > apart(worst[r->verdict]))
			worst[r->verdict] = r;
		whole += r->whole;
		widen(&xen, r->xen, r->xen_part);
		widen(&hv, r->hv, r->hv_part);
	}
	gnb_doc_cell(d, "%s", name);
	gnb_doc_cell(d, "%zu", of[GNB_AGREES] + of[GNB_SIGN] + of[GNB_FAR]);
	span_cell(d, &xen);
	span_cell(d, &hv);
	gnb_doc_cell(d, "%zu", of[GNB_AGREES]);
	gnb_doc_cell(d, "%zu", of[GNB_SIGN]);
	gnb_doc_cell(d, "%zu", of[GNB_FAR]);
	gnb_doc_cell(d, "%zu", whole);
	if (of[GNB_SIGN])
		name_it(signs, b, name, of[GNB_SIGN], worst[GNB_SIGN]);
	if (of[GNB_FAR])
		name_it(far, b, name, of[GNB_FAR], worst[GNB_FAR]);
	free(name);
}

static void by_operation(struct gnb_doc *d, const struct gnb_beside *b,
			 const struct gnb_versions *v)
{
	struct gnb_buf signs = { 0 }, far = { 0 };

	gnb_doc_table(d, "Differences of versions by operation",
		      "Operation|>Cells|>Xen|>hv|>Agree|>Wrong sign|>Off|>Of these by size");
	for (size_t i = 0; i < v->nr; i++) {
		size_t j = 0;

		while (v->row[j].verdict == GNB_LONE || !alike(&v->row[j], &v->row[i]))
			if (j++ == i)
				break;
		if (j == i)
			sum_up(d, b, v, i, &signs, &far);
	}
	gnb_doc_table_end(d);
	if (signs.len)
		gnb_doc_note(d, "hv gets the sign wrong: %s.", gnb_str(&signs));
	if (far.len)
		gnb_doc_note(d, "hv is further than %g %% of the operation from Xen: %s.",
			     100 * GNB_APART, gnb_str(&far));
	gnb_buf_free(&signs);
	gnb_buf_free(&far);
}

void gnb_report_versions(struct gnb_doc *d, const struct gnb_beside *b)
{
	struct gnb_versions v = gnb_versions(b);
	size_t both = v.nr - v.of[GNB_LONE];

	gnb_doc_heading(d, 3, "beside-versions", "What a version costs more");
	gnb_doc_para(
		d,
		"Each version less the first one, in instructions and in per cent of the first one's "
		"operation, in Xen and in hv. A row is of the wrong sign also where one of them has "
		"no difference; it is off where the two are more than %g %% of the operation apart. "
		"By size: the difference in instructions is right within that, but the operation "
		"itself takes another number of them in Xen. docs/conformance.md has the known causes.",
		100 * GNB_APART);
	if (!both)
		gnb_doc_note(d, "No cell and operation has two versions on both sides: there is no "
				"difference to compare. Boot Xen with each version, and run "
				"scripts/hv-instructions with --versions=v1,v2.");
	else
		gnb_doc_para(d, "%zu rows: %zu agree, %zu are of the wrong sign, %zu are off.%s",
			     both, v.of[GNB_AGREES], v.of[GNB_SIGN], v.of[GNB_FAR],
			     v.of[GNB_LONE] ? " More have a version on one side only, see below."
					    : "");
	if (both)
		by_operation(d, b, &v);
	if (v.nr) {
		gnb_doc_fold(
			d, "Cell by cell: differences of versions, and the functions responsible");
		gnb_doc_para(d, "The functions whose instructions differ most, where a profile "
				"says so: Xen's of scripts/lab profile, hv's of "
				"scripts/hv-instructions. A compiler puts functions into their "
				"callers, in Xen others than in hv.");
		rows(d, b, &v);
		gnb_doc_fold_end(d);
	}
	gnb_versions_free(&v);
}
