// SPDX-License-Identifier: GPL-2.0-only
/* A side of `grantbench ab`: rounds on demand. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "ab_side.h"
#include "env.h"
#include "identity.h"
#include "judge.h"
#include "manifest.h"
#include "metric.h"
#include "steps.h"
#include "suite.h"
#include "target_arg.h"
#include "threads.h"
#include "topo.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)
#define BLOCK_NS	   250000ull
/* Less than so many pages: what 2 MiB hold, as places in tables and caches go by the bits below. */
#define SHIFT_PAGES 512

struct side {
	const struct gnb_options *o;
	struct gnb_plan *p;
	const struct gnb_target *t;
	struct gnb_steps steps;
	bool open;
	void *shift, *heap;
	size_t shift_bytes;
};

static void say(struct json_object *o)
{
	printf("%s\n", gnb_json_line(o));
	fflush(stdout);
	json_object_put(o);
}

static struct json_object *with(const char *key, const char *text)
{
	struct json_object *o = json_object_new_object();

	ADD(o, key, gnb_json_string(text));
	return o;
}

/* What a manifest would say, as far as the machine and the subject are read from it. */
static struct json_object *manifest(const struct side *s, struct json_object *env)
{
	struct json_object *m = json_object_new_object(), *before = json_object_new_object();
	const struct gnb_clock *clock = gnb_target_clock(s->t);
	char now[64];

	gnb_manifest_now(now, sizeof(now), "%Y-%m-%dT%H:%M:%SZ");
	ADD(m, "schema", json_object_new_int(1));
	ADD(m, "suite", gnb_json_string(GNB_SUITE_VERSION));
	ADD(m, "git", gnb_manifest_git());
	ADD(m, "started", gnb_json_string(now));
	ADD(m, "status", gnb_json_string("complete"));
	ADD(m, "selection", gnb_manifest_selection(s->o));
	ADD(m, "target", gnb_json_string(s->t->name));
	ADD(m, "target_options", gnb_target_given());
	ADD(m, "versions", gnb_suite_versions(&s->o->compared));
	ADD(m, "clock", with("name", clock->name));
	ADD(before, "before", env);
	ADD(m, "environment", before);
	return m;
}

static struct json_object *cells(const struct side *s)
{
	struct json_object *a = json_object_new_array();

	for (size_t i = 0; i < s->p->n; i++) {
		const struct gnb_plan_cell *pc = &s->p->cells[i];
		struct json_object *o = with("cell", pc->cell.name);

		ADD(o, "bench", gnb_json_string(pc->cell.bench->name));
		ADD(o, "def_version", json_object_new_int64(pc->cell.bench->def_version));
		ADD(o, "headline", json_object_new_boolean(pc->headline));
		json_object_array_add(a, o);
	}
	return a;
}

/* The first line: who this is, in the shape of summary.json, and what it can measure. */
static void hello(const struct side *s)
{
	static const char *const same[] = { "schema", "suite",	"git", "started",
					    "status", "target", NULL };
	struct json_object *env = gnb_env_read(s->t), *m = manifest(s, env),
			   *o = json_object_new_object(), *doc = json_object_new_object();
	const struct gnb_clock *clock = gnb_target_clock(s->t);
	const char *untrusted = gnb_env_untrusted(env, clock);

	for (const char *const *k = same; *k; k++) {
		struct json_object *v = NULL;

		json_object_object_get_ex(m, *k, &v);
		ADD(doc, *k, json_object_get(v));
	}
	ADD(doc, "machine", gnb_identity_machine(m));
	ADD(doc, "subject", gnb_identity_subject(m));
	ADD(o, "grantbench_ab", json_object_new_int(GNB_AB_PROTOCOL));
	ADD(o, "summary", doc);
	ADD(o, "exact", json_object_new_boolean(clock->exact));
	ADD(o, "untrusted", gnb_json_string(untrusted));
	ADD(o, "cells", cells(s));
	say(o);
	json_object_put(m);
}

/* Of a lane's metrics those that two sides can be compared by. */
static bool compared(const struct gnb_lane *l, unsigned i)
{
	return gnb_judged(l->side.cell->bench->metrics, i) &&
	       !gnb_metric_unseen(&l->side.cell->bench->metrics[i], l->side.clock);
}

/* What went wrong with the cell, or nothing. */
static struct json_object *outcome(const struct side *s)
{
	const struct gnb_outcome *o = &s->steps.o;

	if (o->status == GNB_OK)
		return json_object_new_object();
	return with(o->status == GNB_SKIPPED ? "skipped" : "error", o->reason);
}

/* One for each version and metric, in the order in which a round says their values. */
static struct json_object *rows(const struct side *s)
{
	const struct gnb_outcome *o = &s->steps.o;
	struct json_object *a = json_object_new_array();
	char unit[GNB_UNIT_LEN];

	for (unsigned k = 0; k < o->nlanes; k++) {
		const struct gnb_lane *l = &o->lanes[k];
		const struct gnb_metric *m = l->side.cell->bench->metrics;

		for (unsigned i = 0; m[i].name && i < GNB_METRICS_MAX; i++) {
			struct json_object *r;

			if (!compared(l, i))
				continue;
			gnb_metric_unit(&m[i], l->side.clock, unit, sizeof(unit));
			r = with("version", l->side.version->name);
			ADD(r, "metric", gnb_json_string(m[i].name));
			ADD(r, "unit", gnb_json_string(unit));
			ADD(r, "better",
			    gnb_json_string(gnb_metric_better(&m[i], l->side.clock) == GNB_HIGHER
						    ? "higher"
						    : "lower"));
			json_object_array_add(a, r);
		}
	}
	return a;
}

static struct json_object *values(const struct side *s, unsigned at)
{
	const struct gnb_outcome *o = &s->steps.o;
	struct json_object *a = json_object_new_array();

	for (unsigned k = 0; k < o->nlanes; k++) {
		const struct gnb_metric *m = o->lanes[k].side.cell->bench->metrics;

		for (unsigned i = 0; m[i].name && i < GNB_METRICS_MAX; i++)
			if (compared(&o->lanes[k], i))
				json_object_array_add(a,
						      gnb_json_number(o->lanes[k].sample[i][at]));
	}
	return a;
}

/* Memory that nobody uses, as much as a seed draws: what is mapped from here on lies elsewhere. */
static void shift(struct side *s, uint64_t seed)
{
	if (s->shift)
		munmap(s->shift, s->shift_bytes);
	s->shift_bytes = seed % SHIFT_PAGES * GNB_PAGE_SIZE;
	s->shift = s->shift_bytes ? mmap(NULL, s->shift_bytes, PROT_NONE,
					 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0)
				  : NULL;
	if (s->shift == MAP_FAILED)
		s->shift = NULL;
	/* And on the heap. */
	free(s->heap);
	s->heap = malloc(1 + seed / SHIFT_PAGES % GNB_PAGE_SIZE);
}

static struct json_object *do_open(struct side *s, const char *name, uint64_t seed)
{
	const struct gnb_plan_cell *pc = gnb_plan_find(s->p, name);
	struct json_object *o;
	int rc;

	if (!pc)
		return with("error", "there is no such cell");
	if (s->open)
		return with("error", "another cell is open");
	s->open = true;
	shift(s, seed);
	rc = gnb_steps_open(&s->steps, pc, &s->o->compared, s->o->quick, s->o->timeout, BLOCK_NS,
			    seed);
	o = outcome(s);
	if (!rc)
		ADD(o, "rows", rows(s));
	return o;
}

static struct json_object *do_round(struct side *s, unsigned at)
{
	struct json_object *o;
	int rc = gnb_steps_round(&s->steps, at);

	if (rc == -E2BIG)
		return with("error", "no more rounds of one cell");
	o = outcome(s);
	if (rc == GNB_DROP)
		ADD(o, "dropped", json_object_new_boolean(true));
	else if (!rc)
		ADD(o, "values", values(s, at));
	return o;
}

static struct json_object *do_close(struct side *s)
{
	struct json_object *o;

	gnb_steps_close(&s->steps);
	o = outcome(s);
	gnb_outcome_free(&s->steps.o);
	s->open = false;
	return o;
}

/* The answer to a request, new. */
static struct json_object *answer(struct side *s, struct json_object *r)
{
	const char *what = gnb_json_get_string(r, "do", "");
	double number = gnb_json_get_number(r, "seed", gnb_json_get_number(r, "round", 0));

	/* As large as a number of JSON is exact. */
	if (!(number >= 0 && number < 0x1p53))
		return with("error", "a number that cannot be");
	if (!strcmp(what, "open"))
		return do_open(s, gnb_json_get_string(r, "cell", ""), (uint64_t)number);
	if (!s->open)
		return with("error", "no cell is open");
	if (!strcmp(what, "close"))
		return do_close(s);
	if (s->steps.o.status != GNB_OK)
		return outcome(s);
	if (!strcmp(what, "round"))
		return do_round(s, (unsigned)number);
	if (strcmp(what, "layout"))
		return with("error", "no such request");
	gnb_steps_layout(&s->steps, (uint64_t)number);
	return outcome(s);
}

int gnb_ab_side(const struct gnb_options *o, struct gnb_plan *p, const struct gnb_target *t)
{
	struct side s = { .o = o, .p = p, .t = t };
	char *line = NULL, err[256];
	size_t cap = 0;
	int rc = gnb_topo_init(o->pin, o->numa, err, sizeof(err));

	if (rc) {
		fprintf(stderr, "grantbench: %s\n", err);
		return gnb_exit_of(rc);
	}
	/* Who is asked to end is the one that compares. */
	signal(SIGINT, SIG_IGN);
	hello(&s);
	while (getline(&line, &cap, stdin) > 0) {
		struct json_object *r = json_tokener_parse(line);

		say(answer(&s, r));
		json_object_put(r);
	}
	free(line);
	if (s.open)
		json_object_put(do_close(&s));
	free(s.heap);
	gnb_threads_exit();
	gnb_topo_exit();
	return GNB_EXIT_OK;
}
