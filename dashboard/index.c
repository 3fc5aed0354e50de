// SPDX-License-Identifier: GPL-2.0-only
/* The index: what moved, the newest first; and the ratios of the newest run side by side. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard.h"
#include "escape.h"

static int newest_first(const void *a, const void *b)
{
	const struct gnb_row *p = a, *q = b;

	if (p->moved != q->moved)
		return p->moved ? -1 : 1;
	if (p->run != q->run)
		return p->run > q->run ? -1 : 1;
	return p->place < q->place ? -1 : 1;
}

static int index_page(struct gnb_dashboard *d)
{
	static const char *const columns[] = { "series",	"points",    "latest", "unit",
					       "latest change", "at commit", "run" };
	struct gnb_buf body = { 0 }, page = { 0 };

	gnb_buf_fmt(&body, "<p>%zu of %zu series changed; %zu points of %zu runs", d->moved, d->nr,
		    d->points, d->store->nr_runs);
	if (d->store->nr_runs) {
		gnb_buf_add(&body, ", the newest of ");
		gnb_buf_html(&body, d->store->run[d->store->nr_runs - 1].started);
	}
	gnb_buf_add(&body, ".");
	if (d->nr_ab)
		gnb_buf_add(&body, " <a href=\"ratios.html\">Ratios of the newest run</a>.");
	gnb_buf_add(
		&body,
		"</p>\n<form><label>Names with <input type=\"search\" id=\"filter\"></label>"
		"<label><input type=\"checkbox\" id=\"moved\"> only those that changed</label>"
		"<span id=\"shown\" role=\"status\"></span></form>\n"
		"<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"Series\"><table><thead><tr>");
	for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++)
		gnb_buf_fmt(&body, "<th scope=\"col\"%s><button type=\"button\">%s</button></th>",
			    i == 1 || i == 2 ? " class=\"n\"" : "", columns[i]);
	gnb_buf_add(&body, "</tr></thead><tbody>\n");
	if (d->nr)
		qsort(d->row, d->nr, sizeof(*d->row), newest_first);
	for (size_t i = 0; i < d->nr; i++)
		gnb_buf_add(&body, d->row[i].html);
	gnb_buf_add(&body, "</tbody></table></div>\n");
	gnb_page(&page, "What moved", NULL, true, &body);
	return gnb_dashboard_write(d, "index.html", &page);
}

static int by_value(const void *a, const void *b)
{
	const struct gnb_ab *p = a, *q = b;

	if (p->value != q->value)
		return p->value < q->value ? -1 : 1;
	return strcmp(p->name, q->name);
}

static int ratios_page(struct gnb_dashboard *d)
{
	struct gnb_buf body = { 0 }, page = { 0 };
	double lo = 1, hi = 1;

	if (!d->nr_ab)
		return 0;
	qsort(d->ab, d->nr_ab, sizeof(*d->ab), by_value);
	for (size_t i = 0; i < d->nr_ab; i++) {
		const struct gnb_ab *ab = &d->ab[i];

		lo = fmin(lo, fmin(ab->value, isfinite(ab->lo) ? ab->lo : ab->value));
		hi = fmax(hi, fmax(ab->value, isfinite(ab->hi) ? ab->hi : ab->value));
	}
	/* One that is far off would press all others together: it is drawn at the edge, and its figure is beside it. */
	lo = fmax(lo, 0) - 0.02;
	hi = fmin(hi, 3) + 0.02;
	gnb_buf_add(&body, "<p>Each version to its baseline, with its interval, in the run of ");
	gnb_buf_html(&body, d->store->run[d->ab_run].started);
	gnb_buf_add(
		&body,
		"; the line is 1. Below it is cheaper, unless higher is better.</p>\n"
		"<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"Ratios\"><table><thead><tr>"
		"<th scope=\"col\">series</th><th scope=\"col\" class=\"n\">ratio</th>"
		"<th scope=\"col\">interval</th><th scope=\"col\">drawn</th></tr></thead><tbody>\n");
	for (size_t i = 0; i < d->nr_ab; i++) {
		struct gnb_ab ab = d->ab[i];

		gnb_buf_fmt(&body, "<tr><td class=\"name\"><a href=\"series/%lld.html\">",
			    (long long)ab.series);
		gnb_buf_html(&body, ab.name);
		gnb_buf_fmt(&body, "</a></td><td class=\"n\">%.4g</td><td class=\"s\">", ab.value);
		if (isfinite(ab.lo) && isfinite(ab.hi) && ab.lo < ab.hi)
			gnb_buf_fmt(&body, "%.4g to %.4g", ab.lo, ab.hi);
		gnb_buf_add(&body, "</td><td>");
		ab.value = fmin(fmax(ab.value, lo), hi);
		ab.lo = fmax(ab.lo, lo);
		ab.hi = fmin(ab.hi, hi);
		gnb_draw_interval(&body, &ab, lo, hi);
		gnb_buf_add(&body, "</td></tr>\n");
	}
	gnb_buf_add(&body, "</tbody></table></div>\n");
	gnb_page(&page, "Ratios of the newest run", "", false, &body);
	return gnb_dashboard_write(d, "ratios.html", &page);
}

int gnb_dashboard_finish(struct gnb_dashboard *d)
{
	int rc = index_page(d);

	return rc ? rc : ratios_page(d);
}
