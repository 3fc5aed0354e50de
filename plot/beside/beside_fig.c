// SPDX-License-Identifier: GPL-2.0-only
/* Xen's instructions against hv's. One block of the data file per metric, version and mapper. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "beside_fig.h"
#include "escape.h"
#include "program.h"

struct scale {
	double lo, hi;
};

static const char *mapper(const struct gnb_pair *p)
{
	const char *s = gnb_json_get_string(p->xen->any->json, "mapper", NULL);

	return s ? s : "";
}

static bool same_series(const struct gnb_pair *a, const struct gnb_pair *b)
{
	return !strcmp(a->metric, b->metric) && !strcmp(a->version, b->version) &&
	       !strcmp(mapper(a), mapper(b));
}

static bool same_operation(const struct gnb_pair *a, const struct gnb_pair *b)
{
	return !strcmp(a->metric, b->metric) && !strcmp(a->version, b->version);
}

/* gnuplot has its marks in pairs, open and filled: 4 5 square, 6 7 circle, 8 9 triangle and so on. A pair for each
 * operation of a version, so that nothing is told by colour alone. */
static size_t mark(const struct gnb_beside *b, size_t at)
{
	size_t before = 0;

	for (size_t i = 0; i < at && !same_operation(&b->pair[i], &b->pair[at]); i++) {
		size_t j = 0;

		while (!same_operation(&b->pair[j], &b->pair[i]))
			j++;
		before += j == i;
	}
	return 4 + 2 * (before % 6) + !strcmp(mapper(&b->pair[at]), "translated");
}

static void series(struct gnb_buf *dat, const struct gnb_beside *b, size_t at, struct scale *s)
{
	const struct gnb_pair *p = &b->pair[at];

	gnb_buf_add(dat, at ? "\n\n\"" : "\"");
	gnb_buf_plain(dat, p->metric);
	gnb_buf_add(dat, " ");
	gnb_buf_plain(dat, p->version);
	gnb_buf_add(dat, ", ");
	gnb_buf_plain(dat, mapper(p));
	gnb_buf_add(dat, "\"\n");
	for (size_t i = at; i < b->nr; i++) {
		const struct gnb_pair *o = &b->pair[i];

		if (!same_series(p, o))
			continue;
		gnb_buf_fmt(dat, "%.17g %.17g\n", o->xen_n, o->hv_n);
		s->lo = fmin(s->lo, fmin(o->xen_n, o->hv_n));
		s->hi = fmax(s->hi, fmax(o->xen_n, o->hv_n));
	}
}

void gnb_fig_beside(struct gnb_figs *f, const struct gnb_beside *b)
{
	struct gnb_buf dat = { 0 }, colours = { 0 }, marks = { 0 };
	struct scale s = { INFINITY, 0 };
	char *lo, *hi;

	gnb_buf_add(&dat,
		    "# grantbench plot data: instructions per operation, Xen and hv\n# xen hv\n");
	for (size_t i = 0; i < b->nr; i++) {
		size_t j = 0;

		while (!same_series(&b->pair[j], &b->pair[i]))
			j++;
		if (j < i)
			continue;
		series(&dat, b, i, &s);
		gnb_buf_fmt(&colours, "%s%u", i ? " " : "",
			    gnb_colour(f->run, b->pair[i].version, 0));
		gnb_buf_fmt(&marks, "%s%zu", i ? " " : "", mark(b, i));
	}
	lo = gnb_strf("%.6g", s.lo);
	hi = gnb_strf("%.6g", s.hi);
	gnb_fig(f, "xen-beside-hv", "scatter", &dat,
		(const char *const[GNB_FIG_ARGS]){ gnb_str(&colours), gnb_str(&marks), lo, hi },
		"Instructions of Xen and of hv",
		"Instructions per operation of the same cell in Xen and in hv, both axes "
		"logarithmic, class C. On the solid line they are equal; on the broken ones one is "
		"twice the other.");
	free(lo);
	free(hi);
	gnb_buf_free(&dat);
	gnb_buf_free(&colours);
	gnb_buf_free(&marks);
}
