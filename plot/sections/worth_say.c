// SPDX-License-Identifier: GPL-2.0-only
/* The three sentences about version 3: what it gains, how much of that the others have, and where it costs more. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <stdlib.h>

#include "fmt.h"
#include "program.h"
#include "worth_lines.h"

struct worth {
	struct gnb_figs *f;
	const struct gnb_worth_line *line;
	size_t n;
};

/* A figure of a line for a sentence; NaN: the sentence says nothing of the line. */
typedef double (*pick_fn)(const struct gnb_worth_line *line);

static double to_base(const struct gnb_worth_line *l)
{
	return gnb_worth_ours(l) ? gnb_worth_main(l)->to_base.value : NAN;
}

static double to_best(const struct gnb_worth_line *l)
{
	return gnb_worth_ours(l) ? gnb_worth_main(l)->to_best.value : NAN;
}

/* A difference of less than one in a hundred is no gain, and no loss. */
static double less(double ratio)
{
	return ratio < 1 - GNB_RELEVANT_MIN ? ratio : NAN;
}

static double more(double ratio)
{
	return ratio > 1 + GNB_RELEVANT_MIN ? ratio : NAN;
}

static double gain(const struct gnb_worth_line *l)
{
	return less(to_base(l));
}

static double loss(const struct gnb_worth_line *l)
{
	return more(to_base(l));
}

static double gain_no_args(const struct gnb_worth_line *l)
{
	return isnan(gain(l)) ? NAN : l->col[GNB_WORTH_NO_ARGS].to_base.value;
}

static double loss_with_entry(const struct gnb_worth_line *l)
{
	const struct gnb_worth *w = &l->col[GNB_WORTH_ENTRY];

	return isnan(loss(l)) || w->exact ? NAN : w->to_base.value;
}

/* Of what version 3 saves, how much the best of the others saves, in percent. */
static double share(const struct gnb_worth_line *l)
{
	const struct gnb_worth *w = gnb_worth_main(l);

	return isnan(gain(l)) || !w->best ? NAN : 100 * (w->base - w->least) / (w->base - w->ours);
}

static double left_over(const struct gnb_worth_line *l)
{
	return isnan(share(l)) ? NAN : to_best(l);
}

/* What version 1 does not show: another one is better than it by as much as matters. */
static double lost_to_best(const struct gnb_worth_line *l)
{
	const struct gnb_worth *w = gnb_worth_main(l);

	return isnan(less(w->least / w->base)) ? NAN : more(to_best(l));
}

/* What version 1 cannot do at all, and another one can. */
static double not_of_base(const struct gnb_worth_line *l)
{
	return isnan(gnb_worth_main(l)->base) ? to_best(l) : NAN;
}

static struct gnb_text ratio_text(double v)
{
	struct gnb_text t;

	if (v <= 0.5)
		snprintf(t.s, sizeof(t.s), "1/%.*f", 1 / v < 9.95, 1 / v);
	else
		snprintf(t.s, sizeof(t.s), "%.*f", v < 9.95 ? 2 : 1, v);
	return t;
}

static struct gnb_text share_text(double v)
{
	struct gnb_text t;

	snprintf(t.s, sizeof(t.s), "%.*f", fabs(v - 100) < 5, v);
	return t;
}

/* What lines have in common to be told in one figure: work, mapper, and the rival if it is named. */
static bool together(const struct gnb_worth_line *a, const struct gnb_worth_line *b, bool rivals)
{
	const char *x = gnb_worth_main(a)->best, *y = gnb_worth_main(b)->best;

	return !strcmp(a->work, b->work) && !strcmp(a->mapper, b->mapper) &&
	       (!rivals || (x && y ? !strcmp(x, y) : x == y));
}

/* What of a group of lines a sentence tells: the least and the greatest, and of how many lines. */
struct span {
	double lo, hi;
	size_t picked, lines;
	const char *metric; /* of the one that was picked last */
};

static struct span span_of(const struct worth *w, const struct gnb_worth_line *of, pick_fn pick,
			   bool rivals)
{
	struct span s = { .lo = INFINITY, .hi = -INFINITY };

	for (size_t i = 0; i < w->n; i++) {
		double v = pick(&w->line[i]);

		if (!gnb_worth_ours(&w->line[i]) || !together(of, &w->line[i], false))
			continue;
		s.lines++;
		if (isnan(v) || !together(of, &w->line[i], rivals))
			continue;
		s.lo = fmin(s.lo, v);
		s.hi = fmax(s.hi, v);
		s.metric = w->line[i].metric;
		s.picked++;
	}
	return s;
}

static void add_span(struct gnb_buf *b, const struct span *s, struct gnb_text (*text)(double))
{
	struct gnb_text lo = text(s->lo), hi = text(s->hi);

	gnb_buf_add(b, lo.s);
	if (strcmp(lo.s, hi.s))
		gnb_buf_fmt(b, " to %s", hi.s);
}

/* Is the line the first of a group that has something to tell? */
static bool opens(const struct worth *w, size_t i, pick_fn pick, bool rivals)
{
	if (isnan(pick(&w->line[i])))
		return false;
	for (size_t k = 0; k < i; k++)
		if (together(&w->line[k], &w->line[i], rivals) && !isnan(pick(&w->line[k])))
			return false;
	return true;
}

struct clause {
	pick_fn pick;
	bool rivals;
	/* After "a range of 256 pages, translated map": what is said of the group's figures. */
	void (*say)(const struct worth *w, const struct gnb_worth_line *l, const struct span *s,
		    struct gnb_buf *b);
};

/* "a range of 256 pages (translated 1/5.6; PV map 1/2.2), 2 MiB ...": of how many lines that tells. */
static size_t clauses(const struct worth *w, const struct clause *c, struct gnb_buf *b)
{
	const char *work = NULL;
	size_t told = 0;

	for (size_t i = 0; i < w->n; i++) {
		const struct gnb_worth_line *l = &w->line[i];
		struct span s;

		if (!opens(w, i, c->pick, c->rivals))
			continue;
		s = span_of(w, l, c->pick, c->rivals);
		if (work && !strcmp(work, l->work))
			gnb_buf_fmt(b, "; %s", l->mapper);
		else
			gnb_buf_fmt(b, "%s%s (%s", work ? "), " : "", l->work, l->mapper);
		work = l->work;
		if (s.picked < s.lines && s.picked == 1)
			gnb_buf_fmt(b, " %s", s.metric);
		gnb_buf_add(b, " ");
		c->say(w, l, &s, b);
		told += s.picked;
	}
	gnb_buf_add(b, told ? ")" : "");
	return told;
}

static void say_gain(const struct worth *w, const struct gnb_worth_line *l, const struct span *s,
		     struct gnb_buf *b)
{
	struct span bare = span_of(w, l, gain_no_args, false);

	add_span(b, s, ratio_text);
	if (bare.picked) {
		gnb_buf_add(b, ", without arguments ");
		add_span(b, &bare, ratio_text);
	}
}

static void say_share(const struct worth *w, const struct gnb_worth_line *l, const struct span *s,
		      struct gnb_buf *b)
{
	const char *best = gnb_worth_main(l)->best;
	struct span left = span_of(w, l, left_over, true);

	if (!strcmp(best, GNB_WORTH_BASE)) {
		gnb_buf_add(b, "none");
		return;
	}
	gnb_buf_fmt(b, "%s ", best);
	add_span(b, s, share_text);
	gnb_buf_fmt(b, " %%, %s / %s ", GNB_WORTH_OURS, best);
	add_span(b, &left, ratio_text);
}

static void say_loss(const struct worth *w, const struct gnb_worth_line *l, const struct span *s,
		     struct gnb_buf *b)
{
	struct span entry = span_of(w, l, loss_with_entry, false);

	add_span(b, s, ratio_text);
	if (entry.picked) {
		gnb_buf_add(b, ", in time with the entry ");
		add_span(b, &entry, ratio_text);
	}
}

static void say_best(const struct worth *w, const struct gnb_worth_line *l, const struct span *s,
		     struct gnb_buf *b)
{
	(void)w;
	gnb_buf_fmt(b, "%s / %s ", GNB_WORTH_OURS, gnb_worth_main(l)->best);
	add_span(b, s, ratio_text);
}

/* Lines of version 3 with a figure to hold against version 1. */
static size_t compared(const struct worth *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n; i++)
		n += !isnan(to_base(&w->line[i]));
	return n;
}

static void gains(const struct worth *w)
{
	static const struct clause c = { gain, false, say_gain };
	struct gnb_buf b = { 0 };
	size_t told = clauses(w, &c, &b), all = compared(w);

	if (told)
		gnb_doc_lead(
			w->f->doc,
			"In %zu of the %zu lines that both have, %s needs fewer of the hypervisor's instructions than %s, as exact shares of %s's: %s.",
			told, all, GNB_WORTH_OURS, GNB_WORTH_BASE, GNB_WORTH_BASE, gnb_str(&b));
	else
		gnb_doc_lead(
			w->f->doc,
			"%s gains nothing over %s: in none of the %zu lines that both have it needs fewer of the hypervisor's instructions.",
			GNB_WORTH_OURS, GNB_WORTH_BASE, all);
	gnb_buf_free(&b);
}

/* How much of what version 3 gains the best of the others has. */
static void rivals(const struct worth *w)
{
	static const struct clause c = { share, true, say_share };
	struct gnb_buf b = { 0 };
	char *others = gnb_worth_others(w->f, w->line, w->n);
	size_t told = clauses(w, &c, &b);

	if (told && *others)
		gnb_doc_lead(
			w->f->doc,
			"How much of these savings the best of %s has, which have no tree, and what share of its instructions %s then needs: %s.",
			others, GNB_WORTH_OURS, gnb_str(&b));
	else if (told)
		gnb_doc_note(
			w->f->doc,
			"No version but %s and %s was counted, so this run cannot say how much of these %zu savings %s could have without a tree: measure with all versions.",
			GNB_WORTH_BASE, GNB_WORTH_OURS, told, GNB_WORTH_BASE);
	free(others);
	gnb_buf_free(&b);
}

/* What version 3 can do and version 1 cannot. */
static void alone(const struct worth *w, struct gnb_buf *b)
{
	static const struct clause others = { not_of_base, true, say_best };
	struct gnb_worth_growth g = gnb_worth_growth(w->f);
	struct gnb_buf can = { 0 };

	for (size_t i = 0; i < w->n; i++) {
		const struct gnb_worth *m = gnb_worth_main(&w->line[i]);

		if (gnb_worth_ours(&w->line[i]) && !m->best)
			gnb_buf_fmt(&can, "%s%s (%s %s, %s %s)", can.len ? ", " : "",
				    w->line[i].work, w->line[i].mapper, w->line[i].metric,
				    gnb_fmt_num(m->ours).s, w->line[i].unit);
	}
	if (g.ours > g.others)
		gnb_buf_fmt(&can, "%s%s grants at once (the others at most %s, by %.0f frames)",
			    can.len ? ", " : "", gnb_fmt_exact(g.ours).s, gnb_fmt_exact(g.others).s,
			    g.frames);
	if (can.len)
		gnb_buf_fmt(b, "; it alone can do: %s", gnb_str(&can));
	gnb_buf_free(&can);
	if (clauses(w, &others, &can))
		gnb_buf_fmt(b, "; it and another, but not %s, can do: %s", GNB_WORTH_BASE,
			    gnb_str(&can));
	gnb_buf_free(&can);
}

static void losses(const struct worth *w)
{
	static const struct clause base = { loss, false, say_loss };
	static const struct clause best = { lost_to_best, true, say_best };
	struct gnb_buf b = { 0 }, to_v1 = { 0 }, to_rival = { 0 };
	size_t told = clauses(w, &base, &to_v1), lost = clauses(w, &best, &to_rival);

	gnb_buf_fmt(&b, "%s costs more than %s in %zu of the %zu lines%s%s", GNB_WORTH_OURS,
		    GNB_WORTH_BASE, told, compared(w), told ? ": " : "", gnb_str(&to_v1));
	if (lost)
		gnb_buf_fmt(&b, "; more than a version that is better than %s in %zu: %s",
			    GNB_WORTH_BASE, lost, gnb_str(&to_rival));
	alone(w, &b);
	gnb_doc_lead(w->f->doc, "%s.", gnb_str(&b));
	gnb_buf_free(&b);
	gnb_buf_free(&to_v1);
	gnb_buf_free(&to_rival);
}

void gnb_worth_say(struct gnb_figs *f, const struct gnb_worth_line *lines, size_t n)
{
	const struct worth w = { f, lines, n };

	gains(&w);
	rivals(&w);
	losses(&w);
}
