// SPDX-License-Identifier: GPL-2.0-only
/* Words that a terminal and a pull request share. */
#include <math.h>
#include <string.h>

#include "tell.h"

/* Of many counts so many are named. */
#define CHANGES_TOLD 4

static void number(struct gnb_buf *b, struct json_object *o, const char *key)
{
	double v = gnb_json_get_number(o, key, NAN);

	if (isnan(v))
		gnb_buf_add(b, "none");
	else
		gnb_buf_fmt(b, "%.10g", v);
}

static void changes(const struct gnb_cmp_row *r, struct gnb_buf *b)
{
	size_t n = r->changes ? json_object_array_length(r->changes) : 0;

	for (size_t i = 0; i < n && i < CHANGES_TOLD; i++) {
		struct json_object *o = json_object_array_get_idx(r->changes, i);

		gnb_buf_fmt(b, "%s%s ", i ? ", " : "", gnb_json_get_string(o, "count", "?"));
		number(b, o, "base");
		gnb_buf_add(b, " -> ");
		number(b, o, "now");
	}
	if (n > CHANGES_TOLD)
		gnb_buf_fmt(b, " and %zu more", n - CHANGES_TOLD);
}

static double percent(double ratio)
{
	return 100 * (ratio - 1);
}

/* In turn: the ratio is that of neighbours, not of the two figures, and its interval holds at every look. */
static void paired(const struct gnb_cmp_row *r, struct gnb_buf *b)
{
	gnb_buf_fmt(b, "%.6g -> %.6g %s, %+.2f %%", r->base, r->now, r->unit ? r->unit : "",
		    percent(r->ratio.value));
	if (!isnan(r->ratio.lo))
		gnb_buf_fmt(b, " (%+.2f to %+.2f, at %.6g %%)", percent(r->ratio.lo),
			    percent(r->ratio.hi), 100 * r->ratio.level);
	gnb_buf_fmt(b, " over %zu launch%s", r->launches[0], r->launches[0] == 1 ? "" : "es");
	if (r->to)
		gnb_buf_fmt(b, ", against %s", r->to);
}

void gnb_tell_figures(const struct gnb_cmp_row *r, struct gnb_buf *b)
{
	size_t before = b->len;

	if (r->figure == GNB_FIG_COUNTS) {
		changes(r, b);
	} else if (r->figure == GNB_FIG_PAIRED && !isnan(r->base) && !isnan(r->now)) {
		paired(r, b);
	} else if (!isnan(r->base) && !isnan(r->now)) {
		gnb_buf_fmt(b, "%.6g -> %.6g %s", r->base, r->now,
			    r->figure == GNB_FIG_RATIO ? "of "
			    : r->unit		       ? r->unit
						       : "");
		if (r->figure == GNB_FIG_RATIO)
			gnb_buf_add(b, r->to ? r->to : "the baseline");
		if (isfinite(r->ratio.value))
			gnb_buf_fmt(b, ", %+.2f %%", percent(r->ratio.value));
		if (r->figure == GNB_FIG_RATIO && !isnan(r->ratio.lo))
			gnb_buf_fmt(b, " (%+.2f to %+.2f)", percent(r->ratio.lo),
				    percent(r->ratio.hi));
		if (r->tested)
			gnb_buf_fmt(b, ", p %.2g", r->corrected);
	}
	if (*r->why)
		gnb_buf_fmt(b, "%s%s", b->len > before ? "; " : "", r->why);
	if (r->forced)
		gnb_buf_fmt(b, "%sforced", b->len > before ? "; " : "");
	if (r->accepted && r->now_row)
		gnb_buf_fmt(b, "%sagainst what was accepted at %s", b->len > before ? "; " : "",
			    gnb_json_get_string(r->accepted, "at", "?"));
}

void gnb_tell_source(const struct gnb_source *s, struct gnb_buf *b)
{
	struct json_object *subject = gnb_json_get(s->doc, "subject", json_type_object);
	const char *variant = gnb_json_get_string(subject, "variant", NULL),
		   *source = gnb_json_get_string(subject, "source", "no commit known"),
		   *status = gnb_json_get_string(s->doc, "status", "complete");

	gnb_buf_fmt(b, "%s, %s", gnb_json_get_string(s->doc, "started", "no date known"), source);
	if (variant)
		gnb_buf_fmt(b, ", %s", variant);
	if (strcmp(status, "complete"))
		gnb_buf_fmt(b, ", %s", status);
}

void gnb_tell_differ(const struct gnb_comparison *c, size_t other, const char *part,
		     struct gnb_buf *b)
{
	struct json_object *base = gnb_json_get(c->source[0].doc, part, json_type_object),
			   *now = gnb_json_get(c->source[1 + other].doc, part, json_type_object),
			   *differ = base && now ? gnb_cmp_differ(base, now, NULL) : NULL;
	char text[1000];

	if (!differ) {
		gnb_buf_add(b, "not known of both");
		return;
	}
	gnb_cmp_keys(differ, text, sizeof(text));
	gnb_buf_add(b, *text ? text : "the same");
	json_object_put(differ);
}

const char *gnb_tell_command(const struct gnb_comparison *c)
{
	return c->turns ? "grantbench ab" : "grantbench compare";
}

void gnb_tell_turns(const struct gnb_comparison *c, struct gnb_buf *b)
{
	const struct gnb_cmp_turns *t = c->turns;

	gnb_buf_fmt(b, "%zu launch%s in %.1f s, seed %llu; a difference is more than %.4g %%",
		    t->launches, t->launches == 1 ? "" : "es", t->seconds,
		    (unsigned long long)t->seed, 100 * c->o.min_effect);
	if (t->note)
		gnb_buf_fmt(b, ": %s", t->note);
}
