// SPDX-License-Identifier: GPL-2.0-only
/* Drawings as SVG in the page, in its colours. */
#include <math.h>

#include "dashboard.h"
#include "escape.h"

#define WIDTH  900.0
#define HEIGHT 300.0
#define LEFT   90.0
#define RIGHT  12.0
#define TOP    46.0
#define BOTTOM 26.0
/* More points than this have no interval each: they would cover each other. */
#define INTERVALS 200

struct scale {
	double lo, hi;
	size_t n;
};

static double across(const struct scale *s, double i)
{
	return LEFT + (WIDTH - LEFT - RIGHT) * (s->n > 1 ? i / (double)(s->n - 1) : 0.5);
}

static double up(const struct scale *s, double v)
{
	double part = (v - s->lo) / (s->hi - s->lo);

	part = part < 0 ? 0 : part > 1 ? 1 : part;
	return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * part;
}

static struct scale scale_of(const struct gnb_track *t)
{
	struct scale s = { t->point[0].value, t->point[0].value, t->nr };
	double room;

	for (size_t i = 0; i < t->nr; i++) {
		s.lo = fmin(s.lo, t->point[i].value);
		s.hi = fmax(s.hi, t->point[i].value);
	}
	room = s.hi > s.lo ? (s.hi - s.lo) * 0.15 : s.hi != 0 ? fabs(s.hi) * 0.05 : 1;
	s.lo -= room;
	s.hi += room;
	return s;
}

static void axis(struct gnb_buf *b, const struct scale *s)
{
	for (int i = 0; i <= 4; i++) {
		double v = s->lo + (s->hi - s->lo) * i / 4, y = up(s, v);

		gnb_buf_fmt(
			b,
			"<line class=\"grid\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
			"<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.5g</text>\n",
			LEFT, WIDTH - RIGHT, y, y, LEFT - 6, y + 4, v);
	}
}

static void change(struct gnb_buf *b, const struct gnb_store *st, const struct scale *s,
		   const struct gnb_track *t, size_t i)
{
	const struct gnb_moved *m = &t->moved[i];
	const struct gnb_store_run *r = &st->run[t->point[m->at].run];
	double x = across(s, (double)m->at - 0.5);
	bool right = x > WIDTH / 2;
	char words[100];

	gnb_moved_words(t, m, words, sizeof(words));
	gnb_buf_fmt(b,
		    "<line class=\"change\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\"/>"
		    "<text class=\"mark\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">",
		    x, x, TOP - 8, HEIGHT - BOTTOM, x + (right ? -5 : 5), 12 + 13 * (double)(i % 3),
		    right ? "end" : "start");
	gnb_buf_html(b, *r->commit ? r->commit : r->started);
	gnb_buf_fmt(b, " %s</text>\n", words);
}

void gnb_draw_series(struct gnb_buf *b, const struct gnb_store *st, const struct gnb_track *t)
{
	struct scale s = scale_of(t);

	gnb_buf_fmt(b, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\" aria-label=\"", WIDTH, HEIGHT);
	gnb_buf_html(b, t->name);
	gnb_buf_fmt(b, ", %zu points, %zu changes\">\n", t->nr, t->nr_moved);
	axis(b, &s);
	if (t->nr <= INTERVALS)
		for (size_t i = 0; i < t->nr; i++) {
			const struct gnb_point *p = &t->point[i];

			if (isfinite(p->lo) && isfinite(p->hi) && p->lo < p->hi)
				gnb_buf_fmt(
					b,
					"<line class=\"interval\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" "
					"y2=\"%.1f\"/>\n",
					across(&s, (double)i), across(&s, (double)i), up(&s, p->lo),
					up(&s, p->hi));
		}
	gnb_buf_add(b, "<polyline class=\"series\" points=\"");
	for (size_t i = 0; i < t->nr; i++)
		gnb_buf_fmt(b, "%.1f,%.1f ", across(&s, (double)i), up(&s, t->point[i].value));
	gnb_buf_add(b, "\"/>\n");
	if (t->nr <= INTERVALS)
		for (size_t i = 0; i < t->nr; i++)
			gnb_buf_fmt(b,
				    "<circle class=\"point\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>\n",
				    across(&s, (double)i), up(&s, t->point[i].value));
	for (size_t i = 0; i < t->nr_moved; i++)
		change(b, st, &s, t, i);
	gnb_buf_fmt(
		b,
		"<text class=\"tick\" x=\"%.1f\" y=\"%.1f\">%.10s</text>"
		"<text class=\"tick\" x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\">%.10s</text>\n</svg>\n",
		LEFT, HEIGHT - 8, st->run[t->point[0].run].started, WIDTH - RIGHT, HEIGHT - 8,
		st->run[t->point[t->nr - 1].run].started);
}

void gnb_draw_interval(struct gnb_buf *b, const struct gnb_ab *ab, double lo, double hi)
{
	double by = 300 / (hi - lo);
	bool known = isfinite(ab->lo) && isfinite(ab->hi);

	gnb_buf_fmt(
		b,
		"<svg viewBox=\"-8 0 316 16\" class=\"forest\" aria-hidden=\"true\"><line class=\"one\" x1=\"%.1f\" "
		"x2=\"%.1f\" y1=\"0\" y2=\"16\"/>",
		(1 - lo) * by, (1 - lo) * by);
	if (known)
		gnb_buf_fmt(b, "<line class=\"series\" x1=\"%.1f\" x2=\"%.1f\" y1=\"8\" y2=\"8\"/>",
			    (ab->lo - lo) * by, (ab->hi - lo) * by);
	gnb_buf_fmt(b, "<circle class=\"point\" cx=\"%.1f\" cy=\"8\" r=\"3.5\"/></svg>",
		    (ab->value - lo) * by);
}
