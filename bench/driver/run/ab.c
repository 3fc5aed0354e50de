// SPDX-License-Identifier: GPL-2.0-only
/* Two sides in turn: launches until every row is clear, or time or launches run out. */
#include <errno.h>
#include <math.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnb/bench.h>

#include "ab.h"
#include "ab_cell.h"
#include "ab_side.h"
#include "options.h"
#include "progress.h"
#include "signalled.h"
#include "topo.h"

/* More of one launch tells little that another would not tell better. */
#define SLICE_MAX 0.2
#define SLICE_MIN 0.06
/* Where nobody said how long: this, or so long for each cell if they are many. */
#define USUAL_S 60
#define CELL_S	12
/* Of the time this much is measured in; beside the slices there are starts and the making of machines. */
#define MEASURED 0.75
#define OPENING	 0.05
/* Launches beyond the fewest that say anything, for which there should be time. */
#define SPARE_LAUNCHES 4
/* Bytes by which the beginnings of stacks are moved: a page. */
#define PAD_MAX 4096
/* After its own limit a side has so many seconds to say that it has passed. */
#define GRACE_S	 2
#define ARGS_MAX 200

struct ab {
	const struct gnb_ab_options *o;
	struct gnb_ab_result *r;
	struct gnb_ab_cell *cell;
	size_t cells;
	struct gnb_ab_process p[GNB_AB_SIDES];
	cpu_set_t cpus; /* what this process was given */
	uint64_t lot, begin;
	double time;	       /* seconds in all */
	double slice, longest; /* seconds of a cell, and of the longest launch */
	char *err;
	size_t len;
};

static int refuse(struct ab *ab, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static int refuse(struct ab *ab, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(ab->err, ab->len, fmt, ap);
	va_end(ap);
	return code;
}

static double elapsed(const struct ab *ab)
{
	return (double)(gnb_now() - ab->begin) / 1e9;
}

/* What a side is started with; text has room for what is made here. */
struct args {
	char *argv[ARGS_MAX + 1];
	int n;
	size_t bytes; /* on its stack */
	char protocol[32], timeout[64], pin[512];
};

static void put(struct args *a, char *word)
{
	a->argv[a->n++] = word;
	a->argv[a->n] = NULL;
	a->bytes += strlen(word) + 1;
}

static void arguments(const struct ab *ab, unsigned side, struct args *a)
{
	snprintf(a->protocol, sizeof(a->protocol), "--ab-side=%d", GNB_AB_PROTOCOL);
	snprintf(a->timeout, sizeof(a->timeout), "--timeout=%.9g", ab->o->timeout);
	snprintf(a->pin, sizeof(a->pin), "--pin=%s", gnb_topo_list());
	a->n = 0;
	/* The name by which it is run lies there as well. */
	a->bytes = strlen(ab->o->program[side]) + 1;
	put(a, (char *)"grantbench");
	put(a, a->protocol);
	put(a, a->timeout);
	for (char **with = ab->o->with[side]; *with && a->n < ARGS_MAX / 2; with++)
		put(a, *with);
	put(a, a->pin);
}

static int start(struct ab *ab, unsigned side, struct args *a, size_t pad)
{
	struct gnb_ab_process *p = &ab->p[side];

	p->name = gnb_ab_names[side];
	p->program = ab->o->program[side];
	/* The side itself says so first, by its own name. */
	p->timeout = ab->o->timeout + GRACE_S;
	if (gnb_ab_start(p, a->argv, &ab->cpus, pad))
		return refuse(ab, p->code, "%s", p->why);
	return 0;
}

static void end(struct ab *ab, bool kill_them)
{
	for (unsigned s = 0; s < GNB_AB_SIDES; s++)
		gnb_ab_end(&ab->p[s], kill_them);
}

/* A fresh pair of processes, and what each says first. */
static int start_both(struct ab *ab, struct json_object *hello[GNB_AB_SIDES])
{
	unsigned first = gnb_rand(&ab->lot) >> 63;
	size_t pad = 1 + (gnb_rand(&ab->lot) >> 32) % PAD_MAX, most;
	struct args a[GNB_AB_SIDES];
	int rc = 0;

	for (unsigned s = 0; s < GNB_AB_SIDES; s++)
		arguments(ab, s, &a[s]);
	/* Longer options on one side would move its stack, in every launch alike: both have as many, and as long ones. */
	for (unsigned s = 0; s < GNB_AB_SIDES; s++)
		while (a[s].n < a[!s].n)
			put(&a[s], a[s].protocol);
	most = a[0].bytes > a[1].bytes ? a[0].bytes : a[1].bytes;

	for (unsigned i = 0; i < GNB_AB_SIDES; i++)
		ab->p[i] = (struct gnb_ab_process){ .in = -1, .out = -1, .err = -1 };
	for (unsigned i = 0; i < GNB_AB_SIDES && !rc; i++)
		rc = start(ab, first ^ i, &a[first ^ i], pad + most - a[first ^ i].bytes);
	for (unsigned s = 0; s < GNB_AB_SIDES && !rc; s++)
		if (gnb_ab_hello(&ab->p[s], &hello[s]))
			rc = refuse(ab, ab->p[s].code, "%s", ab->p[s].why);
	return rc;
}

static bool flag(struct json_object *o, const char *key)
{
	return json_object_get_boolean(gnb_json_get(o, key, json_type_boolean));
}

/* Can the two be compared at all? */
static int trusted(struct ab *ab, struct json_object *hello[GNB_AB_SIDES])
{
	for (unsigned s = 0; s < GNB_AB_SIDES; s++) {
		const char *why = gnb_json_get_string(hello[s], "untrusted", NULL);

		if (flag(hello[s], "exact"))
			return refuse(
				ab, GNB_EXIT_REFUSED,
				"%s (%.200s): its target counts instead of measuring a time, and one "
				"run says it all: use grantbench compare",
				gnb_ab_names[s], ab->o->program[s]);
		if (why)
			snprintf(ab->r->untrusted, sizeof(ab->r->untrusted), "%s", why);
		if (why && !ab->o->allow_untrusted)
			return refuse(
				ab, GNB_EXIT_UNTRUSTED,
				"%s: times mean nothing here; --allow-untrusted compares them all the same",
				why);
	}
	return 0;
}

/* The cells of a side that are to be compared, an array of them. */
static struct json_object *chosen(struct ab *ab, struct json_object *hello)
{
	struct json_object *all = gnb_json_get(hello, "cells", json_type_array),
			   *a = json_object_new_array();

	for (size_t i = 0; all && i < json_object_array_length(all); i++) {
		struct json_object *c = json_object_array_get_idx(all, i);

		if (!ab->o->headlines || flag(c, "headline"))
			json_object_array_add(a, json_object_get(c));
	}
	return a;
}

static const char *name_of(struct json_object *cell)
{
	return gnb_json_get_string(cell, "cell", "?");
}

static struct json_object *find(struct json_object *cells, const char *name)
{
	for (size_t i = 0; i < json_object_array_length(cells); i++)
		if (!strcmp(name_of(json_object_array_get_idx(cells, i)), name))
			return json_object_array_get_idx(cells, i);
	return NULL;
}

/* A cell of the one that the other lacks, or NULL. */
static struct json_object *lacking(struct json_object *of, struct json_object *in)
{
	for (size_t i = 0; i < json_object_array_length(of); i++) {
		struct json_object *c = json_object_array_get_idx(of, i);

		if (!find(in, name_of(c)))
			return c;
	}
	return NULL;
}

/* A pair of cells is added, if they are of one benchmark and that measures the same on both sides. */
static int add_pair(struct ab *ab, struct json_object *a, struct json_object *b)
{
	const char *bench = gnb_json_get_string(a, "bench", "?"),
		   *other = gnb_json_get_string(b, "bench", "?");
	double def[] = { gnb_json_get_number(a, "def_version", 0),
			 gnb_json_get_number(b, "def_version", 0) };
	struct gnb_ab_cell *c = &ab->cell[ab->cells];

	if (strcmp(bench, other))
		return refuse(
			ab, GNB_EXIT_REFUSED,
			"%.150s on the base and %.150s on the other are cells of two benchmarks: not "
			"comparable",
			name_of(a), name_of(b));
	if (def[0] != def[1])
		return refuse(
			ab, GNB_EXIT_REFUSED,
			"%.300s: definition %g on the base, %g on the other: they do not measure the "
			"same",
			name_of(a), def[0], def[1]);
	c->name[0] = strdup(name_of(a));
	c->name[1] = strdup(name_of(b));
	c->bench = strdup(bench);
	ab->cells++;
	return c->name[0] && c->name[1] && c->bench ? 0
						    : refuse(ab, GNB_EXIT_FAIL, "out of memory");
}

static int pair_cells(struct ab *ab, struct json_object *a, struct json_object *b)
{
	size_t n = json_object_array_length(a), m = json_object_array_length(b);
	struct json_object *only_a = lacking(a, b), *only_b = lacking(b, a);
	bool by_name = !only_a && !only_b;
	int rc = 0;

	if (!by_name && (!ab->o->in_order || n != m))
		return refuse(ab, GNB_EXIT_REFUSED, "%s (%.200s) lacks the cell %.250s",
			      gnb_ab_names[!!only_a], ab->o->program[!!only_a],
			      name_of(only_a ? only_a : only_b));
	if (!n || n > GNB_AB_CELLS_MAX)
		return refuse(
			ab, GNB_EXIT_USAGE,
			n ? "%zu cells: ab is for a few, at most %d; choose with --filter or --set"
			  : "no headline cell here (%zu of at most %d): choose with --filter or --set",
			n, GNB_AB_CELLS_MAX);
	ab->cell = calloc(n, sizeof(*ab->cell));
	if (!ab->cell)
		return refuse(ab, GNB_EXIT_FAIL, "out of memory");
	for (size_t i = 0; i < n && !rc; i++) {
		struct json_object *x = json_object_array_get_idx(a, i);

		rc = add_pair(ab, x,
			      by_name ? find(b, name_of(x)) : json_object_array_get_idx(b, i));
	}
	return rc;
}

/* What is known after the first words: who they are, which cells, and how long each may take. */
static int begin(struct ab *ab, struct json_object *hello[GNB_AB_SIDES])
{
	struct json_object *cells[GNB_AB_SIDES];
	size_t least;
	int rc = trusted(ab, hello);

	for (unsigned s = 0; s < GNB_AB_SIDES; s++) {
		ab->r->summary[s] =
			json_object_get(gnb_json_get(hello[s], "summary", json_type_object));
		cells[s] = chosen(ab, hello[s]);
	}
	if (!rc)
		rc = pair_cells(ab, cells[0], cells[1]);
	json_object_put(cells[0]);
	json_object_put(cells[1]);
	if (rc)
		return rc;
	if (!(ab->time > 0))
		ab->time = fmax(USUAL_S, CELL_S * (double)ab->cells);
	/* Most have two figures. */
	least = gnb_sign_least(ab->o->alpha / (double)(2 * ab->cells)) + SPARE_LAUNCHES;
	ab->slice = ab->time * MEASURED / (double)least / (double)ab->cells - OPENING;
	ab->slice = ab->slice > SLICE_MAX   ? SLICE_MAX
		    : ab->slice < SLICE_MIN ? SLICE_MIN
					    : ab->slice;
	return 0;
}

/* Has the cell a row that nothing is established of? */
static bool is_open(const struct ab *ab, const struct gnb_ab_cell *c)
{
	for (size_t i = 0; i < c->rows; i++)
		if (ab->r->row[c->row + i].said == GNB_SIGN_OPEN)
			return true;
	return !c->left_out && !c->rows;
}

static size_t open_cells(const struct ab *ab)
{
	size_t n = 0;

	for (size_t i = 0; i < ab->cells; i++)
		n += is_open(ab, &ab->cell[i]);
	return n;
}

/* An order of all cells, drawn by lot. */
static void draw(struct ab *ab, size_t order[GNB_AB_CELLS_MAX])
{
	for (size_t i = 0; i < ab->cells; i++) {
		size_t j = (gnb_rand(&ab->lot) >> 32) % (i + 1);

		order[i] = order[j];
		order[j] = i;
	}
}

static int launch(struct ab *ab)
{
	struct json_object *hello[GNB_AB_SIDES] = { NULL, NULL };
	size_t order[GNB_AB_CELLS_MAX] = { 0 };
	uint64_t from = gnb_now();
	bool first = !ab->cells;
	int rc = start_both(ab, hello);
	double took;

	if (!rc && first)
		rc = begin(ab, hello);
	json_object_put(hello[0]);
	json_object_put(hello[1]);
	draw(ab, order);
	for (size_t i = 0; i < ab->cells && !rc; i++) {
		/* In the first launch rows are made, in the order of the cells. */
		struct gnb_ab_cell *c = &ab->cell[first ? i : order[i]];
		struct gnb_ab_launch l = { ab->p, &ab->lot, ab->slice };

		if (!is_open(ab, c))
			continue;
		gnb_progress(ab->cells - open_cells(ab), ab->cells, c->name[GNB_AB_OTHER],
			     ab->time - elapsed(ab));
		rc = gnb_ab_cell(&l, c, ab->o, ab->r, ab->err, ab->len);
	}
	end(ab, rc != 0);
	/* The whole verdict's chance to be wrong, in equal parts. */
	if (first && ab->r->n)
		ab->r->alpha = ab->o->alpha / (double)ab->r->n;
	took = (double)(gnb_now() - from) / 1e9;
	ab->longest = took > ab->longest ? took : ab->longest;
	ab->r->launches++;
	return rc;
}

static void on_signal(int sig)
{
	gnb_signalled = sig;
}

static int launches(struct ab *ab)
{
	int rc = 0;

	do {
		rc = launch(ab);
		ab->r->seconds = elapsed(ab);
	} while (!rc && !gnb_signalled && open_cells(ab) && ab->r->launches < ab->o->launches &&
		 ab->r->seconds + ab->longest < ab->time);
	if (gnb_signalled)
		return refuse(ab, 128 + (int)gnb_signalled,
			      "interrupted after %u launches; nothing is said of so few",
			      ab->r->launches);
	if (!rc && !ab->r->n)
		rc = refuse(ab, GNB_EXIT_SKIPPED, "every cell was skipped: %s", ab->r->left_out);
	return rc;
}

int gnb_ab(const struct gnb_ab_options *o, struct gnb_ab_result *r, char *err, size_t len)
{
	struct ab ab = {
		.o = o, .r = r, .begin = gnb_now(), .time = o->time, .err = err, .len = len
	};
	struct sigaction sa = { .sa_handler = on_signal };
	int rc;

	*r = (struct gnb_ab_result){ .alpha = o->alpha };
	/* One that is 0 draws nothing. */
	ab.lot = o->seed * 2 + 1;
	sched_getaffinity(0, sizeof(ab.cpus), &ab.cpus);
	/* On the core that both sides run on: who waits does not disturb them, and is there at once. */
	rc = gnb_topo_init(o->pin, "any", err, len);
	if (rc)
		return gnb_exit_of(rc);
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	gnb_progress_init(o->progress);
	rc = launches(&ab);
	gnb_progress_clear();
	gnb_topo_exit();
	for (size_t i = 0; i < ab.cells; i++) {
		free(ab.cell[i].name[0]);
		free(ab.cell[i].name[1]);
		free(ab.cell[i].bench);
	}
	free(ab.cell);
	return rc;
}
