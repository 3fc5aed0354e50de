/* SPDX-License-Identifier: GPL-2.0-only */
/* A run: the cells in turn, re-launches, the budget, the verdict. */
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gbench.h"
#include "launch.h"
#include "cell_limits.h"
#include "metric.h"
#include "probed.h"
#include "progress.h"
#include "row.h"
#include "run.h"
#include "runner.h"
#include "signalled.h"
#include "watchdog.h"

/* A process costs about this much, in seconds, before it measures. */
#define START_S 0.06
/* The most that a restless cell takes, in shares. */
#define MOST_SHARES 4
/* Shares of a quick run are below what the least rounds of its heaviest cells take: this part of its budget is theirs. */
#define QUICK_SPARE 0.25

struct run {
	struct gnb_options *o;
	struct gnb_plan *p;
	struct gnb_results *r;
	uint64_t begin;
	double budget;
	bool hard;			 /* the budget is kept even if cells are left out */
	double grace;			 /* seconds that it may be exceeded by before that */
	double spare;			 /* seconds of it that are no cell's share */
	size_t total, finished;		 /* cells and launches of this process */
	size_t launches;		 /* of total: they come last */
	bool stop;			 /* the results cannot be written */
	size_t missed;			 /* cells and launches that the budget did not reach */
	const struct gnb_plan_cell *now; /* being measured, for the watchdog */
};

struct entry {
	struct run *run;
	const struct gnb_plan_cell *pc;
};

static void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static void say(const char *fmt, ...)
{
	va_list ap;

	gnb_progress_clear();
	fprintf(stderr, "grantbench: ");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}

static size_t launches_of(const struct gnb_options *o, const struct gnb_plan *p)
{
	size_t n = 0;

	for (size_t i = 0; i < p->n; i++)
		n += p->cells[i].headline ? (size_t)o->launches : 0;
	return n;
}

double gnb_budget(const struct gnb_options *o, const struct gnb_plan *p)
{
	/* The parts of a plan take together what the whole takes. */
	double usual = (o->quick ? 20.0 : 100.0) / (double)(p->part.of ? p->part.of : 1);
	double wished =
		(double)(p->n + launches_of(o, p)) * o->min_time * (gnb_version_count() + 1) * 1.2;

	if (o->budget > 0)
		return o->budget;
	return wished > usual ? wished : usual;
}

static double left(const struct run *run)
{
	return run->budget - (double)(gnb_now() - run->begin) / 1e9;
}

/* Is it time to leave out what is still to come? */
static bool used_up(const struct run *run)
{
	return run->hard && left(run) + run->grace <= 0;
}

/* A share of seconds for n cells and launches; what starts launches is no share, unless that is all there is. */
static double per_cell(const struct run *run, double seconds, size_t n)
{
	double starts = START_S * (double)(n < run->launches ? n : run->launches);

	if (seconds <= 0)
		return 0;
	return (seconds - fmin(starts, seconds / 2)) / (double)(n ? n : 1);
}

/*
 * A cell's time, and the most that it may take if it is restless: half of what quiet cells before
 * it did not need, so that no cell lives on the share of one that is still to come.
 */
static double share(const struct run *run, double *most)
{
	size_t to_come = run->total > run->finished ? run->total - run->finished : 1;
	double planned = per_cell(run, run->budget - run->spare, run->total);
	double each = fmin(planned, per_cell(run, left(run), to_come));
	double saved = (per_cell(run, left(run) - run->spare, to_come) - each) * (double)to_come;

	*most = fmin(each + fmax(saved, 0) / 2, MOST_SHARES * each);
	return each;
}

static void append(struct run *run, struct json_object *line)
{
	int rc = line ? gnb_results_append(run->r, line) : -ENOMEM;

	run->finished++;
	if (!rc || run->stop)
		return;
	run->stop = true;
	say("cannot write results into %s: %s; finished cells are kept, go on with --resume=%s",
	    run->r->dir, strerror(-rc), run->r->dir);
}

/* In the watchdog's thread: the main thread is inside a hook that does not return, and cannot be
 * used again. */
static void expire(void *arg, int signal)
{
	struct run *run = arg;
	const struct gnb_plan_cell *pc = run->now;
	char why[100];

	if (!signal && pc) {
		snprintf(why, sizeof(why), "not finished within --timeout=%g s", run->o->timeout);
		append(run, gnb_record_bare(pc, 0, GNB_TIMEOUT, why, run->o->timeout));
		say("%s: %s; the run ends here, go on with --resume=%s", pc->cell.name, why,
		    run->r->dir);
	}
	gnb_results_finish(run->r, signal ? "interrupted" : "failed",
			   signal ? 128 + signal : GNB_EXIT_FAIL);
	_exit(signal ? 128 + signal : GNB_EXIT_FAIL);
}

static void counters(const struct gnb_outcome *o, struct gnb_gbench_result *out)
{
	const struct gnb_metric *m = o->pc->cell.bench->metrics;

	for (unsigned l = 0; l < o->nlanes; l++)
		for (unsigned i = 0; m[i].name && i < GNB_METRICS_MAX; i++) {
			struct gnb_estimate e = gnb_outcome_value(o, l, i);
			double ns = m[i].exact ? 0 : gnb_unit_ns(m[i].unit);

			if (!e.n || out->counters == sizeof(out->counter) / sizeof(out->counter[0]))
				continue;
			if (ns > 0 && out->seconds == 0)
				out->seconds = e.value * ns / 1e9;
			snprintf(out->counter[out->counters].name, sizeof(out->counter[0].name),
				 "%s.%s", o->lanes[l].side.version->name, m[i].name);
			out->counter[out->counters++].value = e.value;
		}
}

static void one_cell(void *arg, struct gnb_gbench_result *out)
{
	struct entry *e = arg;
	struct run *run = e->run;
	struct gnb_run_limits lim;
	struct json_object *line = NULL;
	struct gnb_outcome o;
	double seconds, most;
	char why[160];
	int rc;

	/* A cell has one line. */
	if (gnb_signalled || run->stop || gnb_results_has(run->r, e->pc->cell.name, 0)) {
		snprintf(out->error, sizeof(out->error), "not run again");
		return;
	}
	if (run->finished && used_up(run)) {
		snprintf(why, sizeof(why),
			 "the budget of %g s was used up before; give a larger --budget",
			 run->budget);
		run->missed++;
		append(run, gnb_record_unreached(e->pc, 0, why));
		snprintf(out->error, sizeof(out->error), "%s", why);
		return;
	}
	gnb_progress(run->finished, run->total, e->pc->cell.name, left(run));
	seconds = share(run, &most);
	lim = gnb_limits(run->o, e->pc, seconds, most);
	run->now = e->pc;
	gnb_watchdog_arm(lim.timeout + 2);
	gnb_run_cell(e->pc, 0, &lim, &o);
	gnb_watchdog_disarm();
	if (!o.interrupted) {
		rc = gnb_record_make(&o, run->r->dir, &line);
		if (rc) {
			run->stop = true;
			say("cannot write a histogram into %s: %s; finished cells are kept, go on "
			    "with --resume=%s",
			    run->r->dir, strerror(-rc), run->r->dir);
		} else {
			append(run, line);
		}
		if (o.status == GNB_ERROR || o.status == GNB_TIMEOUT)
			say("%s: %s: %s", gnb_status_names[o.status], e->pc->cell.name, o.reason);
		else if (run->o->verbose)
			say("%s: %s in %.3f s, %u rounds%s%s", e->pc->cell.name,
			    gnb_status_names[o.status], o.seconds, o.done, o.reason[0] ? ": " : "",
			    o.reason);
	}
	if (o.status != GNB_OK && o.status != GNB_UNSTABLE)
		snprintf(out->error, sizeof(out->error), "%.250s", o.reason);
	else
		counters(&o, out);
	gnb_outcome_free(&o);
}

/* Launch by launch, not cell by cell, so that an hour's drift falls on all cells alike. */
static int launches(struct run *run)
{
	for (unsigned k = 1; k <= (unsigned)run->o->launches; k++)
		for (size_t i = 0; i < run->p->n; i++) {
			const struct gnb_plan_cell *pc = &run->p->cells[i];
			struct json_object *line = NULL;
			double seconds, most;
			int rc;

			if (!pc->headline || gnb_results_has(run->r, pc->cell.name, k))
				continue;
			if (gnb_signalled || run->stop)
				return 0;
			if (used_up(run)) {
				run->missed++;
				append(run, gnb_record_unreached(pc, k,
								 "the budget was used up before; "
								 "give a larger --budget"));
				continue;
			}
			gnb_progress(run->finished, run->total, "re-launches", left(run));
			seconds = share(run, &most);
			rc = gnb_launch(run->o, pc, k, seconds, most, run->r->dir, &line);
			if (rc == -EINTR)
				return 0;
			if (rc) {
				say("cannot re-launch %s: %s", pc->cell.name, strerror(-rc));
				return rc;
			}
			append(run, line);
		}
	return 0;
}

/* What the budget did not reach, and what of it nothing needed. */
static void say_budget(const struct run *run)
{
	double spare = left(run);

	if (gnb_signalled || run->stop || run->o->quiet)
		return;
	if (run->missed)
		say("%zu of %zu cells and re-launches were not reached within the budget of %g s; "
		    "cells.jsonl has them as skipped",
		    run->missed, run->total, run->budget);
	else if (run->spare > 0 && spare < -0.1 * run->budget)
		say("%.1f s were used instead of %.1f: this machine is slow, or others use it too",
		    run->budget - spare, run->budget);
	else if (run->grace > 0 && spare < -0.1 * run->budget)
		say("%.1f s were used instead of %.1f: %d launches of each cell take that long",
		    run->budget - spare, run->budget, run->o->launches + 1);
	else if (run->hard && spare > run->spare + 0.1 * run->budget)
		say("%.1f of %.1f s were not used: the intervals were narrow, or the work is fixed",
		    spare, run->budget);
}

static int verdict(const struct run *run, bool broken)
{
	unsigned n[GNB_STATUSES];

	if (gnb_signalled)
		return 128 + (int)gnb_signalled;
	gnb_results_counts(run->r, n);
	if (broken || run->stop || n[GNB_ERROR] || n[GNB_TIMEOUT])
		return GNB_EXIT_FAIL;
	if (!n[GNB_OK] && !n[GNB_UNSTABLE])
		return GNB_EXIT_SKIPPED;
	if (run->r->untrusted && !run->o->allow_untrusted)
		return GNB_EXIT_UNTRUSTED;
	/* One restless neighbour makes some cells unstable; more than half means that nothing here
	 * can be believed. */
	if (n[GNB_UNSTABLE] > n[GNB_OK] && !run->o->allow_untrusted)
		return GNB_EXIT_UNTRUSTED;
	return GNB_EXIT_OK;
}

int gnb_run(struct gnb_options *o, struct gnb_plan *p, const struct gnb_target *t,
	    struct gnb_results *r)
{
	struct run run = { .o = o, .p = p, .r = r };
	struct entry *entries = calloc(p->n + 1, sizeof(*entries));
	size_t n = 0, all = p->n + launches_of(o, p);
	unsigned matched = 0, errors = 0;
	bool broken = false;
	int code, rc;

	if (!entries) {
		say("out of memory");
		return GNB_EXIT_FAIL;
	}
	for (size_t i = 0; i < p->n && !broken; i++) {
		if (gnb_results_has(r, p->cells[i].cell.name, 0))
			continue;
		entries[n] = (struct entry){ &run, &p->cells[i] };
		broken = gnb_gbench_register(p->cells[i].cell.name, one_cell, &entries[n]);
		n++;
	}
	for (size_t i = 0; i < p->n; i++)
		for (unsigned k = 1; p->cells[i].headline && k <= (unsigned)o->launches; k++)
			run.launches += !gnb_results_has(r, p->cells[i].cell.name, k);
	run.total = n + run.launches;
	/* What is left of a resumed run gets what it would have had. */
	run.budget = gnb_budget(o, p) * (all ? (double)run.total / (double)all : 0);
	run.hard = o->budget > 0 || (!o->repetitions && o->min_time <= 0);
	/* What is in an exact run must not depend on how fast anything is. */
	run.hard &= !gnb_target_clock(t)->exact;
	/* If nobody said how long that may be, few cells get the launches that an interval takes, and a first look
	 * sees all cells also beside busy neighbours. */
	if (run.hard && o->budget <= 0 && (o->quick || (o->sets && p->n <= GNB_LAUNCHES_CELLS)))
		run.grace = run.budget;
	if (run.hard && o->quick)
		run.spare = QUICK_SPARE * run.budget;
	run.begin = gnb_now();
	gnb_progress_init(!o->no_progress && !o->quiet);
	if (gnb_watchdog_start(expire, &run))
		say("no watchdog: a benchmark that hangs will not be ended");
	if (n && !broken && gnb_gbench_run(&matched, &errors))
		broken = true;
	if (!broken && launches(&run))
		broken = true;
	gnb_progress_clear();
	gnb_watchdog_stop();
	say_budget(&run);
	/* Of no budget: it is asked for by name. */
	rc = broken || run.stop ? 0 : gnb_probed(o, p, r);
	if (rc) {
		say("cannot write %s/contention.json: %s; the cells are kept", r->dir,
		    strerror(-rc));
		broken = true;
	}
	code = verdict(&run, broken);
	rc = gnb_results_finish(r,
				gnb_signalled		? "interrupted"
				: code == GNB_EXIT_FAIL ? "failed"
							: "complete",
				code);
	if (rc) {
		if (!run.stop)
			say("cannot write results into %s: %s; finished cells are kept", r->dir,
			    strerror(-rc));
		code = gnb_signalled ? code : GNB_EXIT_FAIL;
	}
	if (code == GNB_EXIT_UNTRUSTED && r->untrusted)
		say("%s: times mean nothing here; the results are kept and say so, "
		    "--allow-untrusted makes this exit 0",
		    r->untrusted);
	else if (code == GNB_EXIT_UNTRUSTED)
		say("more than half of the cells were unstable: this machine is too restless to "
		    "compare anything; the results are kept, --allow-untrusted makes this exit 0");
	free(entries);
	return code;
}
