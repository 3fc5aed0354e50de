// SPDX-License-Identifier: GPL-2.0-only
/* One cell on two sides in one launch: opened on both, rounds in turn, one ratio for each row. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnb/bench.h>

#include "ab_cell.h"
#include "options.h"
#include "stats.h"

/* Layouts of memory in a launch: which one it is must not decide it. */
#define LAYOUTS 4
/* More pairs on one layout tell nothing that another would not tell better. */
#define LAYOUT_PAIRS 64
#define PAIRS_MAX    (LAYOUTS * LAYOUT_PAIRS)
#define ROWS_MAX     64
/* Numbers of rounds, those among them that could not be trusted. */
#define STEPS_MAX 20000
/* Beside a neighbour that lets no round pass a layout goes on for so many of its shares. */
#define PATIENCE 4

/* What a launch has measured of a cell: pairs of rounds. */
struct pairs {
	size_t n, rows;
	double *value[GNB_AB_SIDES]; /* of row i in pair k: [i * PAIRS_MAX + k] */
	unsigned *layout;
};

static int refuse(int code, char *err, size_t len, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
static int refuse(int code, char *err, size_t len, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err, len, fmt, ap);
	va_end(ap);
	return code;
}

static struct json_object *request(const char *what, const char *key, double number)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "do", gnb_json_string(what));
	if (key)
		json_object_object_add(o, key, gnb_json_number(number));
	return o;
}

/* 0, or its exit code with its line in err. */
static int ask(const struct gnb_ab_launch *l, unsigned side, struct json_object *request,
	       struct json_object **answer, char *err, size_t len)
{
	struct gnb_ab_process *p = &l->p[side];

	if (!gnb_ab_ask(p, request, answer))
		return 0;
	return refuse(p->code, err, len, "%s", p->why);
}

/* The same of both, in an order drawn by lot; what they answer is of no matter. */
static int ask_both(const struct gnb_ab_launch *l, const char *what, const char *key, double number,
		    char *err, size_t len)
{
	unsigned first = gnb_rand(l->lot) >> 63;
	int rc = 0;

	for (unsigned i = 0; i < GNB_AB_SIDES && !rc; i++) {
		struct json_object *answer;

		rc = ask(l, first ^ i, request(what, key, number), &answer, err, len);
		json_object_put(answer);
	}
	return rc;
}

/* A number that JSON keeps to the last digit that gnb_json_number() writes. */
static double seed(const struct gnb_ab_launch *l)
{
	return (double)(gnb_rand(l->lot) >> 32);
}

static char *copy(struct json_object *row, const char *key)
{
	return strdup(gnb_json_get_string(row, key, "?"));
}

static int add_row(struct gnb_ab_cell *c, struct gnb_ab_result *r, struct json_object *base,
		   struct json_object *other)
{
	struct gnb_paired *grown = realloc(r->row, (r->n + 1) * sizeof(*grown)), *p;
	const char *version = gnb_json_get_string(base, "version", "?");

	if (!grown)
		return -ENOMEM;
	r->row = grown;
	p = &grown[r->n++];
	*p = (struct gnb_paired){
		.cell = strdup(c->name[GNB_AB_OTHER]),
		.bench = strdup(c->bench),
		.version = copy(other, "version"),
		.metric = copy(other, "metric"),
		.unit = copy(other, "unit"),
		.higher_better = !strcmp(gnb_json_get_string(other, "better", ""), "higher"),
		.estimate = { .value = NAN, .lo = NAN, .hi = NAN, .level = NAN },
	};
	if (strcmp(c->name[0], c->name[1])) {
		if (asprintf(&p->to, "%s/%s", c->name[GNB_AB_BASE], version) < 0)
			p->to = NULL;
	} else if (p->version && strcmp(p->version, version)) {
		p->to = strdup(version);
	}
	c->rows++;
	return p->cell && p->bench && p->version && p->metric && p->unit ? 0 : -ENOMEM;
}

/* What both can measure of the cell: made in the first launch, and the same in each. */
static int match_rows(struct gnb_ab_cell *c, struct gnb_ab_result *r, struct json_object *answer[2],
		      char *err, size_t len)
{
	static const char *const same[] = { "metric", "unit", "better" };
	struct json_object *rows[GNB_AB_SIDES];
	size_t n[GNB_AB_SIDES];
	bool first = !c->rows;

	for (unsigned s = 0; s < GNB_AB_SIDES; s++) {
		rows[s] = gnb_json_get(answer[s], "rows", json_type_array);
		n[s] = rows[s] ? json_object_array_length(rows[s]) : 0;
	}
	if (n[0] != n[1] || n[0] > ROWS_MAX || (!first && n[0] != c->rows))
		return refuse(GNB_EXIT_REFUSED, err, len,
			      "%.300s: %zu figures on the base, %zu on the other: not comparable",
			      c->name[0], n[0], n[1]);
	if (first)
		c->row = r->n;
	for (size_t i = 0; i < n[0]; i++) {
		struct json_object *a = json_object_array_get_idx(rows[0], i),
				   *b = json_object_array_get_idx(rows[1], i);

		for (size_t k = 0; k < sizeof(same) / sizeof(same[0]); k++) {
			const char *x = gnb_json_get_string(a, same[k], ""),
				   *y = gnb_json_get_string(b, same[k], "");

			if (strcmp(x, y))
				return refuse(GNB_EXIT_REFUSED, err, len,
					      "%.300s: %s '%.60s' on the base, '%.60s' on the "
					      "other: not comparable",
					      c->name[0], same[k], x, y);
		}
		if (first && add_row(c, r, a, b))
			return refuse(GNB_EXIT_FAIL, err, len, "out of memory");
	}
	return 0;
}

/* Neither side can measure it, and why: of several the first is told. */
static void leave_out(struct gnb_ab_cell *c, struct gnb_ab_result *r, const char *why)
{
	c->left_out = true;
	if (!*r->left_out)
		snprintf(r->left_out, sizeof(r->left_out), "%.200s: %.160s", c->name[0], why);
}

/* Open it on both sides. c->left_out: neither can measure it. */
static int open_both(const struct gnb_ab_launch *l, struct gnb_ab_cell *c, struct gnb_ab_result *r,
		     char *err, size_t len)
{
	struct json_object *answer[GNB_AB_SIDES] = { NULL, NULL };
	const char *skipped[GNB_AB_SIDES] = { NULL, NULL };
	unsigned first = gnb_rand(l->lot) >> 63;
	double drawn = seed(l);
	int rc = 0;

	for (unsigned i = 0; i < GNB_AB_SIDES && !rc; i++) {
		unsigned s = first ^ i;
		struct json_object *o = request("open", "seed", drawn);

		json_object_object_add(o, "cell", gnb_json_string(c->name[s]));
		rc = ask(l, s, o, &answer[s], err, len);
		skipped[s] = gnb_json_get_string(answer[s], "skipped", NULL);
	}
	if (!rc && skipped[0] && skipped[1]) {
		leave_out(c, r, skipped[0]);
	} else if (!rc && (skipped[0] || skipped[1])) {
		rc = refuse(GNB_EXIT_REFUSED, err, len,
			    "%.300s: cannot be measured on the %s: %.200s", c->name[0],
			    gnb_ab_names[!skipped[0]], skipped[0] ? skipped[0] : skipped[1]);
	} else if (!rc) {
		rc = match_rows(c, r, answer, err, len);
		if (!rc && !c->rows)
			leave_out(c, r, "it has no figure of time");
	}
	json_object_put(answer[0]);
	json_object_put(answer[1]);
	return rc;
}

/* The values of a round into pair p->n. False: the round was not to be trusted. */
static bool take(struct pairs *p, unsigned side, struct json_object *answer)
{
	struct json_object *v = gnb_json_get(answer, "values", json_type_array);

	if (!v || json_object_array_length(v) != p->rows)
		return false;
	for (size_t i = 0; i < p->rows; i++) {
		struct json_object *x = json_object_array_get_idx(v, i);

		p->value[side][i * PAIRS_MAX + p->n] = x ? json_object_get_double(x) : NAN;
	}
	return true;
}

/* Round `at` on both sides, `first` before the other one. */
static int pair(const struct gnb_ab_launch *l, struct pairs *p, unsigned first, unsigned at,
		unsigned layout, char *err, size_t len)
{
	bool good = true;

	for (unsigned i = 0; i < GNB_AB_SIDES; i++) {
		struct json_object *answer;
		int rc = ask(l, first ^ i, request("round", "round", at), &answer, err, len);

		if (rc)
			return rc;
		good &= take(p, first ^ i, answer);
		json_object_put(answer);
	}
	if (good)
		p->layout[p->n++] = layout;
	return 0;
}

static double seconds_since(uint64_t t)
{
	return (double)(gnb_now() - t) / 1e9;
}

/* The cell's slice: on each layout pairs of pairs, one side first in the one and the other in the other. */
static int measure(const struct gnb_ab_launch *l, struct pairs *p, char *err, size_t len)
{
	uint64_t begin = gnb_now();
	unsigned at = 0;
	int rc = 0;

	for (unsigned layout = 0; layout < LAYOUTS && !rc; layout++) {
		double share = l->slice / LAYOUTS;
		uint64_t from = gnb_now();
		size_t before = p->n;

		/* Where the least work takes longer than all this, one layout has to do. */
		if (layout && seconds_since(begin) > l->slice)
			break;
		if (layout)
			rc = ask_both(l, "layout", "seed", seed(l), err, len);
		while (!rc && p->n + 2 <= before + LAYOUT_PAIRS && at < STEPS_MAX) {
			unsigned first = gnb_rand(l->lot) >> 63;

			rc = pair(l, p, first, at, layout, err, len);
			if (!rc)
				rc = pair(l, p, !first, at + 1, layout, err, len);
			at += 2;
			if (seconds_since(from) > share &&
			    (p->n >= before + 2 || seconds_since(from) > PATIENCE * share))
				break;
		}
	}
	return rc;
}

/* The median over layouts of the median within each: of the logarithms of ratios, or of one side's values. */
static double summary(const struct pairs *p, size_t row, const double *num, const double *den)
{
	double *x = malloc((p->n + 1) * sizeof(*x)), v = NAN;
	size_t k;

	for (size_t i = 0; x && i < p->n; i++) {
		x[i] = num[row * PAIRS_MAX + i];
		if (den)
			x[i] = log(x[i] / den[row * PAIRS_MAX + i]);
	}
	if (x) {
		k = gnb_group_medians(x, p->layout, p->n);
		v = gnb_estimate(x, k, GNB_LEVEL).value;
	}
	free(x);
	return v;
}

static int add_launch(const struct pairs *p, const struct gnb_ab_cell *c,
		      const struct gnb_ab_options *o, struct gnb_ab_result *r)
{
	int rc = 0;

	for (size_t i = 0; i < c->rows && !rc; i++) {
		double ratio = exp(summary(p, i, p->value[GNB_AB_OTHER], p->value[GNB_AB_BASE]));

		/* Not a round of it could be trusted: the launch says nothing. */
		if (isfinite(ratio))
			rc = gnb_paired_add(&r->row[c->row + i],
					    summary(p, i, p->value[GNB_AB_BASE], NULL),
					    summary(p, i, p->value[GNB_AB_OTHER], NULL), ratio,
					    o->threshold, r->alpha);
	}
	return rc;
}

int gnb_ab_cell(const struct gnb_ab_launch *l, struct gnb_ab_cell *c,
		const struct gnb_ab_options *o, struct gnb_ab_result *r, char *err, size_t len)
{
	struct pairs p = { 0 };
	int rc = open_both(l, c, r, err, len);

	p.rows = c->rows;
	for (unsigned s = 0; s < GNB_AB_SIDES; s++)
		p.value[s] = calloc(p.rows * PAIRS_MAX + 1, sizeof(double));
	p.layout = calloc(PAIRS_MAX, sizeof(*p.layout));
	if (!rc && (!p.value[0] || !p.value[1] || !p.layout))
		rc = refuse(GNB_EXIT_FAIL, err, len, "out of memory");
	if (!rc && c->rows)
		rc = measure(l, &p, err, len);
	if (!rc)
		rc = ask_both(l, "close", NULL, 0, err, len);
	if (!rc && c->rows && add_launch(&p, c, o, r))
		rc = refuse(GNB_EXIT_FAIL, err, len, "out of memory");
	free(p.value[0]);
	free(p.value[1]);
	free(p.layout);
	return rc;
}
