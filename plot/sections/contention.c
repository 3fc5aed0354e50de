// SPDX-License-Identifier: GPL-2.0-only
/* Who waited for which lock, from contention.json of a run with --probe; under each figure by how much that disturbed. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bars.h"
#include "escape.h"
#include "file.h"
#include "fmt.h"
#include "program.h"
#include "report.h"
#include "seen.h"

/* Locks that have a figure of their own, and rows of each cell and version in a table. */
#define LOCKS_MOST 3
#define ROWS_MOST  5

struct probed {
	struct gnb_figs *f;
	json_object *doc, *cells;
};

static const struct gnb_rec_cell *find(const struct probed *p, json_object *cell)
{
	for (size_t i = 0; i < p->f->run->nr_cells; i++)
		if (!strcmp(p->f->run->cell[i]->name, gnb_seen_text(cell, "cell")))
			return p->f->run->cell[i];
	return NULL;
}

/* "p2m_lock, threads:4", or the whole name of a cell that the run has no line of. */
static char *label(const struct probed *p, json_object *cell)
{
	const struct gnb_rec_cell *c = find(p, cell);

	return c ? gnb_strf("%s, %s", gnb_seen_text(cell, "bench"), c->label)
		 : gnb_strf("%s", gnb_seen_text(cell, "cell"));
}

/* By how much the probed runs differ from the others, over all cells: the sentence under each figure. */
static char *perturbation(const struct probed *p)
{
	double least = NAN, most = NAN, share = NAN,
	       *ratio = gnb_alloc(gnb_seen_length(p->cells) + 1, sizeof(*ratio));
	size_t n = 0;
	unsigned pairs = 0;
	char *s;

	for (size_t i = 0; i < gnb_seen_length(p->cells); i++) {
		json_object *e =
			gnb_json_get(gnb_seen_at(p->cells, i), "perturbation", json_type_object);
		double points = 100 * (gnb_seen_number(e, "contended_share_probed") -
				       gnb_seen_number(e, "contended_share_unprobed"));

		if (!e || isnan(gnb_seen_number(e, "ratio")))
			continue;
		ratio[n++] = gnb_seen_number(e, "ratio");
		least = fmin(least, gnb_seen_number(e, "ratio_min"));
		most = fmax(most, gnb_seen_number(e, "ratio_max"));
		pairs += (unsigned)gnb_json_get_number(e, "pairs", 0);
		if (!isnan(points) && !(fabs(points) <= fabs(share)))
			share = points;
	}
	if (n)
		s = gnb_strf(
			"Measured in the same minutes, probed and not probed in turn: with the probes an operation takes %.2f times as long (median over cells and versions; single pairs from %.2f to %.2f, %u pairs), and the share of locks that were waited for is at most %.1f points off.",
			gnb_estimate(ratio, n, GNB_LEVEL).value, least, most, pairs, fabs(share));
	else
		s = gnb_strf(
			"By how much the probes disturbed is not known: no pair of runs, with and without them, can be used.");
	free(ratio);
	return s;
}

static void disturbed(const struct probed *p)
{
	char *s = perturbation(p);

	gnb_doc_para(p->f->doc, "%s", s);
	free(s);
}

/* Milliseconds of a second in which somebody waits for the lock. */
static double per_second(json_object *w, json_object *lock)
{
	return gnb_seen_number(lock, "wait_ticks") / gnb_seen_number(w, "ticks_per_ns") / 1e6 /
	       gnb_seen_number(w, "seconds");
}

static json_object *lock_of(json_object *cell, const char *name)
{
	json_object *locks = gnb_seen_array(gnb_seen_object(cell, "waits"), "locks");

	for (size_t i = 0; i < gnb_seen_length(locks); i++)
		if (!strcmp(gnb_seen_text(gnb_seen_at(locks, i), "lock"), name))
			return gnb_seen_at(locks, i);
	return NULL;
}

static size_t version_at(const struct gnb_bars *b, const char *version)
{
	size_t i = 0;

	while (i < b->nr_series && strcmp(b->series[i], version))
		i++;
	return i;
}

/* How much of their time all cells and versions wait for one lock. */
static void figure(const struct probed *p, const char *lock, const char *const *versions, size_t nr)
{
	struct gnb_bars b = { .series = (const char **)versions, .nr_series = nr };
	char *name = gnb_strf("contention-%s", lock), *slug = gnb_slug(name),
	     *title = gnb_strf("Time in which somebody waits for %s", lock),
	     *disturbs = perturbation(p), *caption;

	for (size_t i = 0; i < gnb_seen_length(p->cells); i++) {
		json_object *cell = gnb_seen_at(p->cells, i), *l = lock_of(cell, lock);
		const struct gnb_rec_cell *c = find(p, cell);
		double v = l ? per_second(gnb_seen_object(cell, "waits"), l) : NAN;
		char *group = label(p, cell);

		gnb_bars_add(&b, group, version_at(&b, gnb_seen_text(cell, "version")),
			     (struct gnb_estimate){ 1, v, NAN, NAN, NAN, v, v }, GNB_BAR_SOLID);
		if (l && c)
			gnb_cond_add(&b.cond, c);
		free(group);
	}
	caption = gnb_strf("All threads together, of the probed runs, with their start. %s",
			   disturbs);
	if (b.nr)
		gnb_bars_fig(p->f, &b, slug, "ms of waiting in a second", title, caption);
	gnb_bars_free(&b);
	free(caption);
	free(disturbs);
	free(title);
	free(slug);
	free(name);
}

/* A name once. */
static void add_name(const char ***list, size_t *n, const char *s)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp((*list)[i], s))
			return;
	*list = gnb_grow(*list, *n + 1, sizeof(**list));
	(*list)[(*n)++] = s;
}

static double all_of(const struct probed *p, const char *lock)
{
	double all = 0;

	for (size_t i = 0; i < gnb_seen_length(p->cells); i++) {
		json_object *l = lock_of(gnb_seen_at(p->cells, i), lock);

		all += l ? per_second(gnb_seen_object(gnb_seen_at(p->cells, i), "waits"), l) : 0;
	}
	return all;
}

static void figures(const struct probed *p)
{
	const char **versions = NULL, **locks = NULL;
	size_t nr_versions = 0, nr = 0;

	for (size_t i = 0; i < gnb_seen_length(p->cells); i++) {
		json_object *list =
			gnb_seen_array(gnb_seen_object(gnb_seen_at(p->cells, i), "waits"), "locks");

		if (list)
			add_name(&versions, &nr_versions,
				 gnb_seen_text(gnb_seen_at(p->cells, i), "version"));
		for (size_t k = 0; k < gnb_seen_length(list); k++)
			add_name(&locks, &nr, gnb_seen_text(gnb_seen_at(list, k), "lock"));
	}
	for (size_t i = 1; i < nr; i++)
		for (size_t k = i; k && all_of(p, locks[k]) > all_of(p, locks[k - 1]); k--) {
			const char *s = locks[k];

			locks[k] = locks[k - 1];
			locks[k - 1] = s;
		}
	p->f->fold = "Waits for other locks";
	p->f->shown = 0;
	for (size_t i = 0; i < nr && i < LOCKS_MOST; i++)
		figure(p, locks[i], versions, nr_versions);
	if (p->f->shown > 1)
		gnb_doc_fold_end(p->f->doc);
	p->f->fold = NULL;
	free(versions);
	free(locks);
}

/* The first columns of each row. */
static void name_row(const struct probed *p, json_object *cell)
{
	char *l = label(p, cell);

	gnb_doc_cell(p->f->doc, "%s", l);
	gnb_doc_cell(p->f->doc, "%s", gnb_seen_text(cell, "version"));
	free(l);
}

static void times(const struct probed *p, json_object *x, const char *n)
{
	static const char *const keys[] = { "wait_mean_ns", "wait_p50_ns", "wait_p90_ns",
					    "wait_p99_ns", "wait_max_ns" };

	gnb_doc_cell(p->f->doc, "%s", gnb_fmt_exact(gnb_seen_number(x, n)).s);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		gnb_doc_cell(p->f->doc, "%s", gnb_fmt_num(gnb_seen_number(x, keys[i])).s);
}

static double sum(json_object *a, const char *key)
{
	double all = 0;

	for (size_t i = 0; i < gnb_seen_length(a); i++)
		all += gnb_json_get_number(gnb_seen_at(a, i), key, 0);
	return all;
}

static void put_percent(const struct probed *p, double part, double of)
{
	if (of > 0)
		gnb_doc_cell(p->f->doc, "%.1f", 100 * part / of);
	else
		gnb_doc_cell(p->f->doc, "-");
}

/* Functions from the innermost on, those that have a name. */
static void put_stack(const struct probed *p, json_object *stack)
{
	struct gnb_buf b = { 0 };
	size_t shown = 0;

	for (size_t i = 0; i < gnb_seen_length(stack) && shown < 6; i++) {
		const char *s = json_object_get_string(gnb_seen_at(stack, i));

		if (!s || strchr(s, '/') || !strncmp(s, "0x", 2))
			continue;
		gnb_buf_fmt(&b, "%s%s", shown++ ? " < " : "", s);
	}
	gnb_doc_cell(p->f->doc, "%s", shown ? gnb_str(&b) : "no names");
	gnb_buf_free(&b);
}

static void lock_rows(const struct probed *p, json_object *cell, json_object *x, double all)
{
	(void)all;
	name_row(p, cell);
	gnb_doc_cell(p->f->doc, "%s", gnb_seen_text(x, "lock"));
	times(p, x, "contended");
}

static void caller_rows(const struct probed *p, json_object *cell, json_object *x, double all)
{
	name_row(p, cell);
	gnb_doc_cell(p->f->doc, "%s", gnb_seen_text(x, "lock"));
	put_percent(p, gnb_seen_number(x, "samples"), all);
	gnb_doc_cell(p->f->doc, "%s", gnb_fmt_exact(gnb_seen_number(x, "samples")).s);
	put_stack(p, gnb_seen_array(x, "stack"));
}

static void put_thread(const struct probed *p, json_object *x, const char *key)
{
	double n = gnb_seen_number(x, key);

	if (isnan(n))
		gnb_doc_cell(p->f->doc, "not known");
	else
		gnb_doc_cell(p->f->doc, "%.0f", n);
}

static void whom_rows(const struct probed *p, json_object *cell, json_object *x, double all)
{
	name_row(p, cell);
	gnb_doc_cell(p->f->doc, "%s", gnb_seen_text(x, "lock"));
	put_thread(p, x, "thread");
	put_thread(p, x, "held_by");
	put_percent(p, gnb_seen_number(x, "samples"), all);
	gnb_doc_cell(p->f->doc, "%s", gnb_fmt_exact(gnb_seen_number(x, "samples")).s);
}

static void thread_rows(const struct probed *p, json_object *cell, json_object *x, double all)
{
	name_row(p, cell);
	gnb_doc_cell(p->f->doc, "%s", gnb_seen_text(x, "lock"));
	put_thread(p, x, "thread");
	gnb_doc_cell(p->f->doc, "%s", gnb_fmt_exact(gnb_seen_number(x, "contended")).s);
	put_percent(p, gnb_seen_number(x, "wait_ticks"), all);
}

static void kernel_rows(const struct probed *p, json_object *cell, json_object *x, double all)
{
	(void)all;
	name_row(p, cell);
	gnb_doc_cell(p->f->doc, "%s", gnb_seen_text(x, "caller"));
	gnb_doc_cell(p->f->doc, "%s", gnb_seen_text(x, "type"));
	times(p, x, "contended");
}

static void futex_rows(const struct probed *p, json_object *cell, json_object *x, double all)
{
	(void)all;
	name_row(p, cell);
	put_stack(p, gnb_seen_array(x, "stack"));
	gnb_doc_cell(p->f->doc, "%s", gnb_seen_text(x, "op"));
	times(p, x, "waits");
}

#define TIMES "|>Waits|>Mean, ns|>p50|>p90|>p99|>Longest"

static const struct table {
	const char *list, *share; /* share: what parts of all are formed of */
	const char *title, *heads, *none;
	void (*rows)(const struct probed *p, json_object *cell, json_object *x, double all);
} tables[] = {
	{ "locks", "wait_ticks", "Waits for locks of the hypervisor", "Cell|Version|Lock" TIMES,
	  "Nobody waited for a lock of the hypervisor.", lock_rows },
	{ "callers", "samples",
	  "Who asked for the lock that was waited for, innermost function first",
	  "Cell|Version|Lock|>Share, %|>Samples|Functions", "No caller was sampled.", caller_rows },
	{ "waits_for", "samples", "Who waits for whom",
	  "Cell|Version|Lock|Thread|Held by|>Share, %|>Samples", "The clock saw nobody wait.",
	  whom_rows },
	{ "threads", "wait_ticks", "Each thread's share of the waits",
	  "Cell|Version|Lock|Thread|>Waits|>Share of waiting, %", "No thread waited.",
	  thread_rows },
	{ "kernel_locks", "wait_ns", "Locks of the kernel that its threads waited for, beside",
	  "Cell|Version|Asked for by|Kind" TIMES, "Nobody waited for a lock of the kernel.",
	  kernel_rows },
	{ "futexes", "wait_ns", "Futexes that its threads waited for",
	  "Cell|Version|Waited in|Call" TIMES, "Nobody waited for a futex.", futex_rows },
};

static void table(const struct probed *p, const struct table *t)
{
	bool open = false, any = false;

	for (size_t i = 0; i < gnb_seen_length(p->cells); i++) {
		json_object *cell = gnb_seen_at(p->cells, i),
			    *list = gnb_seen_array(gnb_seen_object(cell, "waits"), t->list);

		any |= list != NULL;
		for (size_t k = 0; k < gnb_seen_length(list) && k < ROWS_MOST; k++) {
			if (!open)
				gnb_doc_table(p->f->doc, t->title, t->heads);
			open = true;
			t->rows(p, cell, gnb_seen_at(list, k), sum(list, t->share));
		}
	}
	if (open) {
		gnb_doc_table_end(p->f->doc);
		disturbed(p);
	} else if (any) {
		gnb_doc_para(p->f->doc, "%s: %s", t->title, t->none);
	}
}

static void put_pair(const struct probed *p, json_object *e, const char *a, const char *b,
		     double by)
{
	double x = gnb_seen_number(e, a), y = gnb_seen_number(e, b);

	if (isnan(x) || isnan(y))
		gnb_doc_cell(p->f->doc, "-");
	else
		gnb_doc_cell(p->f->doc, "%s, %s", gnb_fmt_num(x * by).s, gnb_fmt_num(y * by).s);
}

static void disturbance(const struct probed *p)
{
	gnb_doc_table(
		p->f->doc, "By how much the probes disturb, cell by cell",
		"Cell|Version|>Pairs|>Time with probes / without|>Least|>Most|>Locks waited for, %, without, with|>Mean wait, ns, without, with|>Cores apart, ns");
	for (size_t i = 0; i < gnb_seen_length(p->cells); i++) {
		json_object *cell = gnb_seen_at(p->cells, i),
			    *e = gnb_json_get(cell, "perturbation", json_type_object);

		if (!e)
			continue;
		name_row(p, cell);
		gnb_doc_cell(p->f->doc, "%.0f", gnb_seen_number(e, "pairs"));
		gnb_doc_cell(p->f->doc, "%s", gnb_fmt_num(gnb_seen_number(e, "ratio")).s);
		gnb_doc_cell(p->f->doc, "%s", gnb_fmt_num(gnb_seen_number(e, "ratio_min")).s);
		gnb_doc_cell(p->f->doc, "%s", gnb_fmt_num(gnb_seen_number(e, "ratio_max")).s);
		put_pair(p, e, "contended_share_unprobed", "contended_share_probed", 100);
		put_pair(p, e, "wait_mean_ns_unprobed", "wait_mean_ns_probed", 1);
		gnb_doc_cell(p->f->doc, "%s", gnb_fmt_num(gnb_seen_number(cell, "pingpong_ns")).s);
	}
	gnb_doc_table_end(p->f->doc);
}

/* What could not be had, and cells without figures. */
static void lacks(const struct probed *p)
{
	json_object *missing = gnb_seen_array(p->doc, "missing");

	for (size_t i = 0; i < gnb_seen_length(missing); i++)
		gnb_doc_note(p->f->doc, "Not looked at here: %s. %s",
			     gnb_seen_text(gnb_seen_at(missing, i), "what"),
			     gnb_seen_text(gnb_seen_at(missing, i), "reason"));
	for (size_t i = 0; i < gnb_seen_length(p->cells); i++) {
		json_object *cell = gnb_seen_at(p->cells, i);
		char *l;

		if (!strcmp(gnb_seen_text(cell, "status"), "ok"))
			continue;
		l = label(p, cell);
		gnb_doc_para(p->f->doc, "%s, %s: %s: %s.", l, gnb_seen_text(cell, "version"),
			     gnb_seen_text(cell, "status"), gnb_seen_text(cell, "reason"));
		free(l);
	}
}

static bool any_ok(const struct probed *p)
{
	for (size_t i = 0; i < gnb_seen_length(p->cells); i++)
		if (!strcmp(gnb_seen_text(gnb_seen_at(p->cells, i), "status"), "ok"))
			return true;
	return false;
}

void gnb_report_contention(struct gnb_figs *f)
{
	char *file = gnb_strf("%s/contention.json", f->run->dir);
	size_t len;
	char *json = gnb_file_read(file, &len);
	struct probed p = { .f = f, .doc = json ? json_tokener_parse(json) : NULL };

	p.cells = gnb_seen_array(p.doc, "cells");
	if (json)
		gnb_doc_heading(f->doc, 2, "contention", "Who waited for which lock");
	if (json && !p.cells)
		gnb_doc_note(f->doc, "contention.json of this run cannot be read.");
	if (p.cells) {
		gnb_doc_para(
			f->doc,
			"Cells of several threads, run again under gnb-probe behind all that is timed, each version by itself: nothing of that is in the other figures. Times of waits hold those in which a thread was not running, so they mean something on an idle machine alone.");
		lacks(&p);
		if (!gnb_seen_length(p.cells))
			gnb_doc_para(f->doc, "No cell of this run has several threads.");
	}
	if (any_ok(&p)) {
		figures(&p);
		gnb_doc_fold(
			f->doc,
			"Waits in tables: locks, callers, who waits for whom, threads, the kernel's locks");
		for (size_t i = 0; i < sizeof(tables) / sizeof(*tables); i++)
			table(&p, &tables[i]);
		disturbance(&p);
		gnb_doc_fold_end(f->doc);
	}
	json_object_put(p.doc);
	free(json);
	free(file);
}
