// SPDX-License-Identifier: GPL-2.0-only
/* The page of a series, and what the index says of it. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dashboard.h"
#include "escape.h"
#include "series.h"

/* The newest points of a table; the others are in the history. */
#define POINTS 200

static const char *commit_of(const struct gnb_store_run *r)
{
	return *r->commit ? r->commit : "no commit";
}

static const char *colour(const struct gnb_track *t, const struct gnb_moved *m)
{
	return (m->after > m->before) != t->higher_better ? "worse" : "better";
}

static void changes(struct gnb_buf *b, const struct gnb_store *s, const struct gnb_track *t)
{
	if (!t->nr_moved) {
		gnb_buf_add(
			b,
			t->judged
				? "<p>No change.</p>\n"
				: "<p>Absolute times depend on the machine and the day: they are kept, and not "
				  "judged.</p>\n");
		return;
	}
	gnb_buf_add(
		b,
		"<h2>Changes</h2>\n<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"Changes\"><table>"
		"<thead><tr><th scope=\"col\">first commit</th><th scope=\"col\">last before</th>"
		"<th scope=\"col\">run</th><th scope=\"col\" class=\"n\">before</th>"
		"<th scope=\"col\" class=\"n\">after</th><th scope=\"col\">change</th>"
		"<th scope=\"col\">told by the run of</th></tr></thead><tbody>\n");
	for (size_t i = t->nr_moved; i--;) {
		const struct gnb_moved *m = &t->moved[i];
		const struct gnb_store_run *r = &s->run[t->point[m->at].run];
		char words[100];

		gnb_moved_words(t, m, words, sizeof(words));
		gnb_buf_add(b, "<tr><td>");
		gnb_buf_html(b, commit_of(r));
		gnb_buf_add(b, "</td><td>");
		gnb_buf_html(b, m->at ? commit_of(&s->run[t->point[m->at - 1].run]) : "");
		gnb_buf_add(b, "</td><td>");
		gnb_buf_html(b, r->started);
		gnb_buf_fmt(
			b,
			"</td><td class=\"n\">%.6g</td><td class=\"n\">%.6g</td><td class=\"%s\">%s</td><td>",
			m->before, m->after, colour(t, m), words);
		gnb_buf_html(b, s->run[t->point[m->seen].run].started);
		gnb_buf_add(b, "</td></tr>\n");
	}
	gnb_buf_add(b, "</tbody></table></div>\n");
}

static void points(struct gnb_buf *b, const struct gnb_store *s, const struct gnb_track *t)
{
	size_t least = t->nr > POINTS ? t->nr - POINTS : 0;

	gnb_buf_add(b, "<h2>Points</h2>\n<details><summary>");
	if (least)
		gnb_buf_fmt(b, "the newest %d of %zu", POINTS, t->nr);
	else
		gnb_buf_fmt(b, "all %zu", t->nr);
	gnb_buf_add(
		b,
		"</summary>\n<div class=\"box\" tabindex=\"0\" role=\"region\" aria-label=\"Points\"><table>"
		"<thead><tr><th scope=\"col\">run</th><th scope=\"col\">commit</th><th scope=\"col\" class=\"n\">"
		"value</th><th scope=\"col\">interval</th><th scope=\"col\">class</th></tr></thead><tbody>\n");
	for (size_t i = t->nr; i-- > least;) {
		const struct gnb_point *p = &t->point[i];

		gnb_buf_add(b, "<tr><td>");
		gnb_buf_html(b, s->run[p->run].started);
		gnb_buf_add(b, "</td><td>");
		gnb_buf_html(b, commit_of(&s->run[p->run]));
		gnb_buf_fmt(b, "</td><td class=\"n\">%.10g</td><td>", p->value);
		if (isfinite(p->lo) && isfinite(p->hi) && p->lo < p->hi)
			gnb_buf_fmt(b, "%.6g to %.6g", p->lo, p->hi);
		gnb_buf_fmt(b, "</td><td>%c</td></tr>\n", p->class);
	}
	gnb_buf_add(b, "</tbody></table></div></details>\n");
}

/* name, points, unit, last, change, commit, when. */
static int add_row(struct gnb_dashboard *d, const struct gnb_track *t)
{
	const struct gnb_moved *m = t->nr_moved ? &t->moved[t->nr_moved - 1] : NULL;
	const struct gnb_store_run *r = m ? &d->store->run[t->point[m->at].run] : NULL;
	struct gnb_row *more = d->row;
	struct gnb_buf b = { 0 };
	char words[100];

	if (!(d->nr & (d->nr - 1))) {
		more = reallocarray(d->row, d->nr ? 2 * d->nr : 1, sizeof(*more));
		if (!more)
			return -ENOMEM;
		d->row = more;
	}
	gnb_buf_fmt(&b, "<tr%s><td class=\"name\"><a href=\"series/%lld.html\">",
		    m ? " data-moved=\"1\"" : "", (long long)t->id);
	gnb_buf_html(&b, t->name);
	gnb_buf_fmt(&b, "</a></td><td class=\"n\">%zu</td><td class=\"n\">%.6g</td><td>", t->nr,
		    t->point[t->nr - 1].value);
	gnb_buf_html(&b, t->unit);
	if (m) {
		double percent = 100 * (m->after - m->before) / fabs(m->before);

		gnb_moved_words(t, m, words, sizeof(words));
		gnb_buf_fmt(&b, "</td><td class=\"%s\" data-k=\"%.6g\">%s</td><td>", colour(t, m),
			    isfinite(percent) ? percent : 0, words);
		gnb_buf_html(&b, commit_of(r));
		gnb_buf_add(&b, "</td><td class=\"s\">");
		gnb_buf_html(&b, r->started);
		gnb_buf_add(&b, "</td></tr>\n");
	} else {
		gnb_buf_add(&b, "</td><td></td><td></td><td></td></tr>\n");
	}
	d->row[d->nr] =
		(struct gnb_row){ m ? t->point[m->at].run : 0, d->nr, m != NULL, gnb_buf_take(&b) };
	if (!d->row[d->nr].html)
		return -ENOMEM;
	d->nr++;
	d->moved += m != NULL;
	d->points += t->nr;
	return 0;
}

/* Of the newest run that has ratios these are shown side by side. */
static int add_ratio(struct gnb_dashboard *d, const struct gnb_track *t)
{
	const struct gnb_point *p = &t->point[t->nr - 1];
	struct gnb_ab *more;

	if (t->kind != GNB_SERIES_RATIO || p->class == 'X' || (d->nr_ab && p->run < d->ab_run))
		return 0;
	if (p->run > d->ab_run) {
		for (size_t i = 0; i < d->nr_ab; i++)
			free(d->ab[i].name);
		d->nr_ab = 0;
	}
	d->ab_run = p->run;
	more = reallocarray(d->ab, d->nr_ab + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	d->ab = more;
	more[d->nr_ab] = (struct gnb_ab){ p->value, p->lo, p->hi, strdup(t->name), t->id };
	return more[d->nr_ab].name ? (d->nr_ab++, 0) : -ENOMEM;
}

int gnb_dashboard_series(void *arg, const struct gnb_track *t)
{
	struct gnb_dashboard *d = arg;
	struct gnb_buf body = { 0 }, page = { 0 };
	char name[60];
	int rc;

	if (!t->nr)
		return 0;
	gnb_buf_fmt(&body, "<p>In ");
	gnb_buf_html(&body, t->unit);
	gnb_buf_fmt(&body, ", %s is better. Definition %d of the benchmark; compared with ",
		    t->higher_better ? "higher" : "lower", t->def_version);
	gnb_buf_html(&body, t->setting);
	gnb_buf_add(&body, ".</p>\n<figure>\n");
	gnb_draw_series(&body, d->store, t);
	gnb_buf_add(&body, "</figure>\n");
	changes(&body, d->store, t);
	points(&body, d->store, t);
	gnb_page(&page, t->name, "../", false, &body);
	snprintf(name, sizeof(name), "series/%lld.html", (long long)t->id);
	rc = gnb_dashboard_write(d, name, &page);
	if (!rc)
		rc = add_row(d, t);
	return rc ? rc : add_ratio(d, t);
}
