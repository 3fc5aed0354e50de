// SPDX-License-Identifier: GPL-2.0-only
/* The figures of two documents, laid side by side. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "units.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

const char *const gnb_figure_names[] = {
	"all", "counts", "value", "instructions", "ratio", "paired"
};

/* One document of the base and that of one of the others. */
struct pair {
	struct gnb_comparison *c;
	size_t other;
	bool instructions; /* what they are of: else all but these */
	struct json_object *base, *now;
	struct json_object *cells; /* of now, by their names */
	int rc;
	bool told; /* what is missing or new was said already, of the same documents */
};

enum gnb_kind gnb_cmp_kind(enum gnb_figure f)
{
	return f == GNB_FIG_INSTRUCTIONS		   ? GNB_KIND_INSTRUCTIONS
	       : f == GNB_FIG_RATIO || f == GNB_FIG_PAIRED ? GNB_KIND_RATIOS
							   : GNB_KIND_COUNTS;
}

static bool wanted(const struct gnb_comparison *c, enum gnb_kind k)
{
	return !c->o.only || c->o.only & (1u << k);
}

static struct json_object *rows_of(struct json_object *cell)
{
	return gnb_json_get(cell, "rows", json_type_array);
}

static bool usable(struct json_object *cell)
{
	const char *s = gnb_json_get_string(cell, "status", "error");

	return !strcmp(s, "ok") || !strcmp(s, "unstable");
}

static struct json_object *find_row(struct json_object *cell, struct json_object *like)
{
	struct json_object *rows = rows_of(cell);
	const char *version = gnb_json_get_string(like, "version", ""),
		   *metric = gnb_json_get_string(like, "metric", "");

	for (size_t i = 0; rows && i < json_object_array_length(rows); i++) {
		struct json_object *r = json_object_array_get_idx(rows, i);

		if (!strcmp(gnb_json_get_string(r, "version", ""), version) &&
		    !strcmp(gnb_json_get_string(r, "metric", ""), metric))
			return r;
	}
	return NULL;
}

/* A new row of the comparison, or NULL without memory. row: of a document, or NULL. */
static struct gnb_cmp_row *add(struct pair *p, struct json_object *cell, struct json_object *row,
			       enum gnb_figure figure)
{
	struct gnb_comparison *c = p->c;
	struct gnb_cmp_row *more = reallocarray(c->row, c->nr_rows + 1, sizeof(*more)), *r;

	if (!more) {
		p->rc = -ENOMEM;
		return NULL;
	}
	c->row = more;
	r = &more[c->nr_rows++];
	*r = (struct gnb_cmp_row){
		.other = p->other,
		.figure = figure,
		.cell = gnb_json_get_string(cell, "cell", NULL),
		.bench = gnb_json_get_string(cell, "bench", NULL),
		.version = gnb_json_get_string(row, "version", NULL),
		.metric = gnb_json_get_string(row, "metric", NULL),
		.unit = gnb_json_get_string(row, "unit", NULL),
		.higher_better = !strcmp(gnb_json_get_string(row, "better", "lower"), "higher"),
		.base = NAN,
		.now = NAN,
		.ratio = { .value = NAN, .lo = NAN, .hi = NAN, .level = NAN },
		.threshold = NAN,
		.p = NAN,
		.corrected = NAN,
		.verdict = GNB_CMP_SAME,
	};
	return r;
}

static void say(struct gnb_cmp_row *r, enum gnb_outcome_of verdict, const char *why)
{
	r->verdict = verdict;
	snprintf(r->why, sizeof(r->why), "%s", why);
}

/* What was accepted of a row, or NULL: {at, reason, row}, the row NULL if it may be gone. */
static struct json_object *accepted(const struct pair *p, struct gnb_cmp_row *r)
{
	struct json_object *all = gnb_json_get(p->c->source[0].doc, "accepted", json_type_object);
	char name[1000];

	if (!all)
		return NULL;
	gnb_cmp_name(r, name, sizeof(name));
	r->accepted = gnb_json_get(all, name, json_type_object);
	return r->accepted;
}

static void unstable(struct gnb_cmp_row *r)
{
	say(r, GNB_CMP_UNTRUSTED, "the cell was unstable");
	r->unstable = true;
}

/* The row of it, or NULL where it is told elsewhere. */
static struct gnb_cmp_row *not_there(struct pair *p, struct json_object *cell,
				     struct json_object *row, enum gnb_outcome_of verdict,
				     const char *why)
{
	struct gnb_cmp_row *r;

	if (p->told)
		return NULL;
	r = add(p, cell, row, p->instructions ? GNB_FIG_INSTRUCTIONS : GNB_FIG_ALL);
	if (!r)
		return NULL;
	say(r, verdict, why);
	if (verdict == GNB_CMP_MISSING && accepted(p, r))
		say(r, GNB_CMP_SAME, "gone, as was accepted");
	return r;
}

/* What makes two cells of one name different things, or "". */
static void other_thing(struct json_object *a, struct json_object *b, char *why, size_t len)
{
	double was = gnb_json_get_number(a, "def_version", NAN),
	       is = gnb_json_get_number(b, "def_version", NAN);

	*why = '\0';
	if (isnan(was) || isnan(is))
		snprintf(why, len, "the %s does not say the benchmark's definition",
			 isnan(was) ? "base" : "other");
	else if (was != is)
		snprintf(why, len, "another definition of the benchmark: %g, was %g", is, was);
	else if (gnb_json_get(a, "files", json_type_object) &&
		 gnb_json_get(b, "files", json_type_object) &&
		 !json_object_equal(gnb_json_get(a, "files", json_type_object),
				    gnb_json_get(b, "files", json_type_object)))
		snprintf(why, len, "another content of the input");
}

static struct json_object *counts_of(struct json_object *row)
{
	return strcmp(gnb_json_get_string(row, "counts_class", "C"), "C")
		       ? NULL
		       : gnb_json_get(row, "counts", json_type_object);
}

/* Names of counts that launches of one run do not agree on, or NULL. */
static const char *vary(struct json_object *row)
{
	struct json_object *names = gnb_json_get(row, "counts_vary", json_type_array);

	return names && json_object_array_length(names) ? gnb_json_line(names) : NULL;
}

static void pair_counts(struct pair *p, struct gnb_cmp_row *r, struct json_object *a,
			struct json_object *b)
{
	struct json_object *now = counts_of(b);
	const char *differ = vary(a) ? vary(a) : vary(b);

	if (!now) {
		say(r, GNB_CMP_MISSING, "it has no counts");
		return;
	}
	/* A base's rows without counts do not come here; what was accepted may be anything. */
	if (!counts_of(a)) {
		say(r, GNB_CMP_UNTRUSTED, "what was accepted of it has no counts");
		return;
	}
	r->changes = gnb_cmp_changes(counts_of(a), now);
	if (!r->changes)
		p->rc = -ENOMEM;
	if (differ) {
		r->verdict = GNB_CMP_UNTRUSTED;
		snprintf(r->why, sizeof(r->why),
			 "launches of one run differ in %.160s, which is a defect", differ);
	}
}

/* An exact figure; on a Xen the least of several runs, which its counts have, before a median. */
static double exact_of(struct json_object *row, enum gnb_figure f)
{
	double v = NAN;

	if (f == GNB_FIG_INSTRUCTIONS)
		v = gnb_json_get_number(gnb_json_get(row, "counts", json_type_object),
					"instructions", NAN);
	return isnan(v) ? gnb_json_get_number(row, "value", NAN) : v;
}

static void pair_exact(struct gnb_cmp_row *r, struct json_object *a, struct json_object *b)
{
	r->base = exact_of(a, r->figure);
	r->now = exact_of(b, r->figure);
	if (isnan(r->now))
		say(r, GNB_CMP_MISSING, "it has no figure");
	else if (strcmp(gnb_json_get_string(a, "unit", ""), gnb_json_get_string(b, "unit", "")))
		say(r, GNB_CMP_UNTRUSTED, "another unit");
}

/* The ratio of each launch; those that are no positive number are left out. */
static size_t launches_of(struct json_object *ratio, double **each)
{
	struct json_object *a = gnb_json_get(ratio, "each", json_type_array);
	size_t n = a ? json_object_array_length(a) : 0, have = 0;

	*each = calloc(n + 1, sizeof(**each));
	for (size_t i = 0; *each && i < n; i++) {
		double v = json_object_get_double(json_object_array_get_idx(a, i));

		if (isfinite(v) && v > 0)
			(*each)[have++] = v;
	}
	return have;
}

static void pair_ratio(struct pair *p, struct gnb_cmp_row *r, struct json_object *a,
		       struct json_object *b)
{
	struct json_object *was = gnb_json_get(a, "ratio", json_type_object),
			   *is = gnb_json_get(b, "ratio", json_type_object);

	r->base = gnb_json_get_number(was, "value", NAN);
	r->now = gnb_json_get_number(is, "value", NAN);
	r->to = gnb_json_get_string(was, "to", NULL);
	r->unit = "ratio";
	r->launches[0] = launches_of(was, &r->each[0]);
	r->launches[1] = launches_of(is, &r->each[1]);
	if (!r->each[0] || !r->each[1])
		p->rc = -ENOMEM;
	if (!is)
		say(r, GNB_CMP_UNCLEAR, "it has no ratio: there was no time for one, or no core");
	else if (!gnb_json_get(was, "each", json_type_array) ||
		 !gnb_json_get(is, "each", json_type_array))
		say(r, GNB_CMP_UNCLEAR,
		    "a file that does not hold the launches: give the run's folder");
	else if (strcmp(gnb_json_get_string(is, "to", ""), gnb_json_get_string(was, "to", "")))
		say(r, GNB_CMP_UNTRUSTED, "a ratio to another version");
}

/* Which exact figure a row is, or GNB_FIG_ALL: a time. */
static enum gnb_figure exact_figure(struct json_object *row)
{
	if (strcmp(gnb_json_get_string(row, "class", "X"), "C"))
		return GNB_FIG_ALL;
	return gnb_unit_is(gnb_json_get_string(row, "unit", ""), "instructions")
		       ? GNB_FIG_INSTRUCTIONS
		       : GNB_FIG_VALUE;
}

static bool has_ratio(struct json_object *row)
{
	struct json_object *ratio = gnb_json_get(row, "ratio", json_type_object);

	return ratio && strcmp(gnb_json_get_string(ratio, "class", "X"), "C");
}

/* Two cells of one name, with what may be wrong with them. */
struct cells {
	struct json_object *a, *b;
	char other_thing[200];
	bool unstable;
	double threshold;
};

static struct json_object *features(struct json_object *doc, struct json_object *cell)
{
	return gnb_json_get(gnb_cmp_machine(doc, cell), "cpu_features", json_type_string);
}

/* What hv copies for a guest the C library moves, by a loop that it chooses by the processor. */
static bool other_loop(struct pair *p, const struct cells *x, struct json_object *row)
{
	struct json_object *counts = gnb_json_get(row, "counts", json_type_object);

	return gnb_json_get_number(counts, "bytes_copied", 0) > 0 &&
	       !json_object_equal(features(p->base, x->a), features(p->now, x->b));
}

static void pair_figure(struct pair *p, const struct cells *x, struct json_object *a,
			struct json_object *b, enum gnb_figure f)
{
	const struct gnb_cmp_may *may = &p->c->may[p->other][gnb_cmp_kind(f)];
	bool force = p->c->o.force;
	struct gnb_cmp_row *r;
	char where[240];
	int elsewhere = gnb_cmp_elsewhere(
		gnb_cmp_kind(f), (struct json_object *const[]){ p->base, p->now },
		(struct json_object *const[]){ x->a, x->b }, where, sizeof(where));

	if (elsewhere < 0)
		p->rc = elsewhere;
	if (!wanted(p->c, gnb_cmp_kind(f)))
		return;
	r = add(p, x->b, a, f);
	if (!r)
		return;
	/* Held against what was accepted of it last. */
	if (accepted(p, r) && gnb_json_get(r->accepted, "row", json_type_object))
		a = gnb_json_get(r->accepted, "row", json_type_object);
	r->now_row = b;
	if (f == GNB_FIG_COUNTS)
		pair_counts(p, r, a, b);
	else if (f == GNB_FIG_RATIO)
		pair_ratio(p, r, a, b);
	else
		pair_exact(r, a, b);
	r->threshold = x->threshold;
	r->forced = (*x->other_thing || may->refused || elsewhere ||
		     (f == GNB_FIG_INSTRUCTIONS && other_loop(p, x, a))) &&
		    force;
	if (force)
		return;
	if (*x->other_thing)
		say(r, GNB_CMP_UNTRUSTED, x->other_thing);
	else if (may->refused)
		say(r, GNB_CMP_UNTRUSTED, may->why);
	else if (elsewhere)
		say(r, GNB_CMP_UNTRUSTED, where);
	else if (f == GNB_FIG_INSTRUCTIONS && other_loop(p, x, a))
		say(r, GNB_CMP_UNTRUSTED,
		    "bytes are copied by another loop: the processors' features differ");
	else if (f == GNB_FIG_RATIO && x->unstable)
		unstable(r);
}

static void pair_rows(struct pair *p, const struct cells *x, struct json_object *a,
		      struct json_object *b)
{
	enum gnb_figure exact = exact_figure(a);

	if (p->instructions) {
		if (exact == GNB_FIG_INSTRUCTIONS)
			pair_figure(p, x, a, b, exact);
		return;
	}
	if (counts_of(a))
		pair_figure(p, x, a, b, GNB_FIG_COUNTS);
	if (exact == GNB_FIG_VALUE)
		pair_figure(p, x, a, b, exact);
	if (has_ratio(a))
		pair_figure(p, x, a, b, GNB_FIG_RATIO);
}

static void pair_cells(struct pair *p, struct json_object *a, struct json_object *b)
{
	struct cells x = { .a = a, .b = b };
	struct json_object *rows = rows_of(a);

	other_thing(a, b, x.other_thing, sizeof(x.other_thing));
	x.unstable = json_object_get_boolean(gnb_json_get(a, "unstable", json_type_boolean)) ||
		     json_object_get_boolean(gnb_json_get(b, "unstable", json_type_boolean));
	x.threshold = fmax(gnb_json_get_number(a, "threshold", 0),
			   gnb_json_get_number(b, "threshold", 0));
	for (size_t i = 0; rows && i < json_object_array_length(rows) && !p->rc; i++) {
		struct json_object *row = json_object_array_get_idx(rows, i), *other;
		struct gnb_cmp_row *r;

		other = find_row(b, row);
		if (other)
			pair_rows(p, &x, row, other);
		else if (strcmp(gnb_json_get_string(b, "status", ""), "unstable") ||
			 json_object_array_length(rows_of(b)))
			not_there(p, a, row, GNB_CMP_MISSING, "there is no such row");
		else if ((r = not_there(p, a, row, GNB_CMP_UNTRUSTED, "the cell was unstable")))
			r->unstable = true;
	}
	rows = rows_of(b);
	for (size_t i = 0; rows && i < json_object_array_length(rows) && !p->rc; i++)
		if (!find_row(a, json_object_array_get_idx(rows, i)))
			not_there(p, b, json_object_array_get_idx(rows, i), GNB_CMP_NEW, "");
}

static void missing_cell(struct pair *p, struct json_object *a, struct json_object *b)
{
	const char *reason = gnb_json_get_string(b, "reason", "no reason");
	/* Nothing is gone: on a slower machine the same plan takes a larger budget. */
	bool unreached = json_object_get_boolean(gnb_json_get(b, "unreached", json_type_boolean));
	char why[240];

	snprintf(why, sizeof(why), "%.20s: %.200s", gnb_json_get_string(b, "status", "error"),
		 reason);
	not_there(p, a, NULL, unreached ? GNB_CMP_UNTRUSTED : GNB_CMP_MISSING,
		  !b	      ? "there is no such cell"
		  : unreached ? reason
			      : why);
}

static int index_cells(struct pair *p)
{
	struct json_object *cells = gnb_json_get(p->now, "cells", json_type_array);

	p->cells = json_object_new_object();
	if (!p->cells)
		return -ENOMEM;
	for (size_t i = 0; i < json_object_array_length(cells); i++) {
		struct json_object *cell = json_object_array_get_idx(cells, i);

		ADD(p->cells, gnb_json_get_string(cell, "cell", "?"), json_object_get(cell));
	}
	return 0;
}

static int pair_documents(struct pair *p)
{
	struct json_object *cells = gnb_json_get(p->base, "cells", json_type_array);
	struct json_object *done = json_object_new_object();

	p->rc = done ? index_cells(p) : -ENOMEM;
	for (size_t i = 0; !p->rc && i < json_object_array_length(cells); i++) {
		struct json_object *a = json_object_array_get_idx(cells, i), *b = NULL;
		const char *name = gnb_json_get_string(a, "cell", "?");

		json_object_object_get_ex(p->cells, name, &b);
		if (!usable(a))
			continue;
		ADD(done, name, NULL);
		if (b && usable(b))
			pair_cells(p, a, b);
		else
			missing_cell(p, a, b);
	}
	cells = gnb_json_get(p->now, "cells", json_type_array);
	for (size_t i = 0; !p->rc && i < json_object_array_length(cells); i++) {
		struct json_object *b = json_object_array_get_idx(cells, i);

		if (usable(b) &&
		    !json_object_object_get_ex(done, gnb_json_get_string(b, "cell", "?"), NULL))
			not_there(p, b, NULL, GNB_CMP_NEW, "");
	}
	json_object_put(done);
	json_object_put(p->cells);
	return p->rc;
}

/* Instructions are files of their own: they may be on one side only. */
static int pair_instructions(struct gnb_comparison *c, size_t other)
{
	const struct gnb_source *base = &c->source[0], *now = &c->source[1 + other];
	struct pair p = {
		.c = c,
		.other = other,
		.instructions = true,
		.base = base->instructions,
		.now = now->instructions,
		.told = base->doc == base->instructions && now->doc == now->instructions &&
			c->o.only != 1u << GNB_KIND_INSTRUCTIONS,
	};
	char why[240];

	if (!wanted(c, GNB_KIND_INSTRUCTIONS) || !p.base)
		return 0;
	if (p.now)
		return pair_documents(&p);
	snprintf(why, sizeof(why), "%.100s has none: %.100s", now->name,
		 *now->why ? now->why : "scripts/hv-instructions --of=RUN counts them");
	not_there(&p, NULL, NULL, GNB_CMP_MISSING, why);
	return p.rc;
}

int gnb_cmp_pair(struct gnb_comparison *c, size_t other)
{
	const struct gnb_source *base = &c->source[0], *now = &c->source[1 + other];
	struct pair p = { .c = c, .other = other, .base = base->doc, .now = now->doc };
	int rc = 0;

	if (wanted(c, GNB_KIND_COUNTS) || wanted(c, GNB_KIND_RATIOS))
		rc = pair_documents(&p);
	return rc ? rc : pair_instructions(c, other);
}
