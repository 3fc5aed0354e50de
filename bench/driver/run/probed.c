// SPDX-License-Identifier: GPL-2.0-only
/* Pairs of runs, with gnb-probe and without it, and what they say of one another. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "canary.h"
#include "contention.h"
#include "file.h"
#include "launch.h"
#include "pingpong.h"
#include "folder.h"
#include "probed.h"
#include "progress.h"
#include "row.h"
#include "signalled.h"
#include "stats.h"
#include "probe_words.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

#define PAIRS	    4
#define PAIRS_QUICK 2
#define RUN_S	    0.6 /* of each run of a pair */
#define RUN_QUICK_S 0.3
/* Numbers of launches that no re-launch has: they choose layouts. */
#define FIRST 1000

enum { UNPROBED, PROBED, SIDES };

/* A cell and version, and its runs. */
struct probed {
	const struct gnb_plan_cell *pc;
	const struct gnb_version *version;
	struct json_object *line[PAIRS][SIDES], *doc[PAIRS];
	bool used[PAIRS]; /* both of the group that most runs of the cell are of */
	char why[300];	  /* a run that failed */
};

struct work {
	struct gnb_options *o;
	struct gnb_results *r;
	struct probed *list;
	size_t n;
	unsigned pairs;
	unsigned bits; /* words of --probe that can be had */
	char dir[4200], probe[4200], self[4096], what[80], out[4300];
	struct json_object *missing;
};

static bool find_programs(struct work *w)
{
	return !gnb_beside(NULL, w->self, sizeof(w->self)) &&
	       !gnb_beside("gnb-probe", w->probe, sizeof(w->probe)) && !access(w->probe, X_OK);
}

static void whats(unsigned bits, char *text, size_t len)
{
	size_t at = 0;

	*text = '\0';
	for (unsigned i = 0; gnb_probe_words[i]; i++)
		if (bits & 1u << i)
			at += (size_t)snprintf(text + at, len - at, "%s%s",
					       at ? "," : "--what=", gnb_probe_whats[i]);
}

/* The last line of what a command says, without the program's name; false: it ended well. */
static bool fails(const char *const argv[], char *why, size_t len)
{
	char line[600];
	int fd[2], status;
	pid_t pid;
	FILE *f;

	snprintf(why, len, "it cannot be started: %s", strerror(errno));
	if (pipe(fd))
		return true;
	pid = fork();
	if (!pid) {
		dup2(fd[1], STDERR_FILENO);
		dup2(fd[1], STDOUT_FILENO);
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(fd[1]);
	f = fdopen(fd[0], "r");
	while (f && fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = '\0';
		snprintf(why, len, "%s", !strncmp(line, "gnb-probe: ", 11) ? line + 11 : line);
	}
	if (f)
		fclose(f);
	if (pid < 0)
		return true;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return !WIFEXITED(status) || WEXITSTATUS(status);
}

static void lacks(struct work *w, unsigned i, const char *why)
{
	struct json_object *x = json_object_new_object();

	ADD(x, "what", gnb_json_string(gnb_probe_words[i]));
	ADD(x, "reason", gnb_json_string(why));
	json_object_array_add(w->missing, x);
	gnb_progress_clear();
	fprintf(stderr, "grantbench: --probe=%s goes without: %s\n", gnb_probe_words[i], why);
}

/* Each word by itself, on a program that ends at once: what is missing for one leaves the others. */
static void try_words(struct work *w, unsigned asked)
{
	char what[80], out[4400], why[600];
	const char *argv[] = { w->probe, what, out, w->self, "--version", NULL };
	bool there = find_programs(w);
	const char *hidden;

	snprintf(out, sizeof(out), "--out=%s/try.json", w->dir);
	for (unsigned i = 0; gnb_probe_words[i]; i++) {
		if (!(asked & 1u << i))
			continue;
		whats(1u << i, what, sizeof(what));
		hidden = gnb_probe_hidden(i, w->list[0].pc->cell.target->waits != NULL);
		if (hidden)
			lacks(w, i, hidden);
		else if (!there)
			lacks(w, i,
			      "gnb-probe is not beside grantbench: build it, or install both");
		else if (fails(argv, why, sizeof(why)))
			lacks(w, i, why);
		else
			w->bits |= 1u << i;
	}
}

static int add(struct work *w, const struct gnb_plan_cell *pc)
{
	const struct gnb_version *v[GNB_VERSIONS_MAX];
	unsigned n = gnb_compared_in(&w->o->compared, pc->cell.bench, v);
	struct probed *more = reallocarray(w->list, w->n + n, sizeof(*more));

	if (!more)
		return -ENOMEM;
	w->list = more;
	for (unsigned i = 0; i < n; i++)
		more[w->n++] = (struct probed){ .pc = pc, .version = v[i] };
	return 0;
}

static const char *status_of(struct json_object *line)
{
	return gnb_json_get_string(line, "status", "error");
}

/* Its only row, or NULL. */
static struct json_object *row_of(struct json_object *line)
{
	struct json_object *rows = gnb_json_get(line, "rows", json_type_array);

	return rows && json_object_array_length(rows) ? json_object_array_get_idx(rows, 0) : NULL;
}

static int one_run(struct work *w, struct probed *x, unsigned pair, unsigned side)
{
	const char *const under[] = { w->probe, w->what, w->out, w->self, NULL };
	double seconds = w->o->quick ? RUN_QUICK_S : RUN_S;
	struct gnb_launch l = {
		.pc = x->pc,
		.number = FIRST + pair,
		.seconds = seconds,
		.most = seconds,
		.dir = w->dir,
		.version = x->version,
		.under = side == PROBED ? under : NULL,
	};
	char file[4400], *text;
	size_t len;
	int rc;

	snprintf(file, sizeof(file), "%s/probe.json", w->dir);
	unlink(file);
	rc = gnb_launch_as(w->o, &l, &x->line[pair][side]);
	if (rc)
		return rc;
	if (!row_of(x->line[pair][side]))
		snprintf(x->why, sizeof(x->why), "%s",
			 gnb_json_get_string(x->line[pair][side], "reason",
					     status_of(x->line[pair][side])));
	if (side == UNPROBED)
		return 0;
	text = gnb_file_read(file, &len);
	x->doc[pair] = text ? json_tokener_parse(text) : NULL;
	free(text);
	if (!x->doc[pair] && !x->why[0])
		snprintf(x->why, sizeof(x->why), "gnb-probe wrote nothing");
	return 0;
}

/* Pair by pair over all cells, so that an hour's drift falls on all alike; which is first takes turns. */
static int all_runs(struct work *w)
{
	int rc = 0;

	for (unsigned k = 0; k < w->pairs; k++)
		for (size_t i = 0; i < w->n; i++)
			for (unsigned s = 0; s < SIDES; s++) {
				struct probed *x = &w->list[i];

				if (x->why[0] || rc)
					continue;
				gnb_progress((k * w->n + i) * SIDES + s, w->pairs * w->n * SIDES,
					     "probed, and not probed", 0);
				rc = gnb_signalled ? -EINTR : one_run(w, x, k, (s + k + i) % SIDES);
			}
	gnb_progress_clear();
	return rc;
}

/* How far its cores were apart; NaN: not known, or they moved meanwhile. */
static double apart(struct json_object *line)
{
	double before, after;

	gnb_pingpong_of(line, &before, &after);
	if (!isnan(before) && !isnan(after) && !gnb_pingpong_same(before, after))
		return NAN;
	return fmax(before, after);
}

/* All runs of one cell, of whatever version: pairs are used whose runs are both of the group that most are of. */
static void choose(struct work *w, const struct gnb_plan_cell *pc)
{
	size_t most = w->n * w->pairs * SIDES, n = 0;
	double *ns = calloc(most + 1, sizeof(*ns));
	unsigned *group = calloc(most + 1, sizeof(*group)), best;

	if (!ns || !group)
		goto out;
	for (size_t i = 0; i < w->n; i++)
		for (unsigned k = 0; w->list[i].pc == pc && k < w->pairs * SIDES; k++)
			ns[n++] = apart(w->list[i].line[k / SIDES][k % SIDES]);
	gnb_pingpong_groups(ns, n, group);
	best = gnb_pingpong_most(group, n);
	n = 0;
	for (size_t i = 0; i < w->n; i++)
		for (unsigned k = 0; w->list[i].pc == pc && k < w->pairs; k++, n += SIDES)
			w->list[i].used[k] = group[n] == best && group[n + 1] == best &&
					     w->list[i].doc[k] &&
					     row_of(w->list[i].line[k][UNPROBED]) &&
					     row_of(w->list[i].line[k][PROBED]);
out:
	free(ns);
	free(group);
}

/* What a run says of how much it was disturbed. */
static struct json_object *side(struct json_object *line, double per_ns)
{
	struct json_object *o = json_object_new_object(), *row = row_of(line),
			   *waits = gnb_json_get(row, "waits", json_type_object);
	double all = gnb_json_get_number(waits, "acquisitions", NAN),
	       contended = gnb_json_get_number(waits, "contended", NAN);

	ADD(o, "pingpong_ns", gnb_json_number(apart(line)));
	ADD(o, "value", gnb_json_number(gnb_json_get_number(row, "value", NAN)));
	ADD(o, "contended_share", gnb_json_number(all > 0 ? contended / all : NAN));
	ADD(o, "wait_mean_ns",
	    gnb_json_number(contended > 0 ? gnb_json_get_number(waits, "wait_ticks", NAN) /
						    contended / per_ns
					  : NAN));
	return o;
}

/* The median of a figure of the pairs that are used, of one side. */
static double of_side(struct json_object *pairs, const char *which, const char *key)
{
	double v[PAIRS];
	unsigned n = 0;

	for (size_t i = 0; i < json_object_array_length(pairs); i++) {
		struct json_object *p = json_object_array_get_idx(pairs, i);
		double x = gnb_json_get_number(gnb_json_get(p, which, json_type_object), key, NAN);

		if (json_object_get_boolean(gnb_json_get(p, "used", json_type_boolean)) &&
		    !isnan(x))
			v[n++] = x;
	}
	return gnb_estimate(v, n, GNB_LEVEL).value;
}

static struct json_object *perturbation(struct json_object *pairs)
{
	static const char *const names[] = { "unprobed", "probed" };
	struct json_object *o = json_object_new_object();
	struct gnb_estimate e;
	double ratio[PAIRS];
	unsigned n = 0;

	for (size_t i = 0; i < json_object_array_length(pairs); i++) {
		struct json_object *p = json_object_array_get_idx(pairs, i);
		double a = gnb_json_get_number(gnb_json_get(p, names[0], json_type_object), "value",
					       NAN),
		       b = gnb_json_get_number(gnb_json_get(p, names[1], json_type_object), "value",
					       NAN);

		if (json_object_get_boolean(gnb_json_get(p, "used", json_type_boolean)) && a > 0 &&
		    b > 0)
			ratio[n++] = b / a;
	}
	e = gnb_estimate(ratio, n, GNB_LEVEL);
	ADD(o, "pairs", json_object_new_int((int)n));
	ADD(o, "ratio", gnb_json_number(e.value));
	ADD(o, "ratio_min", gnb_json_number(e.min));
	ADD(o, "ratio_max", gnb_json_number(e.max));
	for (unsigned s = 0; s < SIDES; s++) {
		char key[60];

		snprintf(key, sizeof(key), "contended_share_%s", names[s]);
		ADD(o, key, gnb_json_number(of_side(pairs, names[s], "contended_share")));
		snprintf(key, sizeof(key), "wait_mean_ns_%s", names[s]);
		ADD(o, key, gnb_json_number(of_side(pairs, names[s], "wait_mean_ns")));
	}
	return o;
}

static struct json_object *entry(struct work *w, struct probed *x)
{
	struct json_object *o = json_object_new_object(), *pairs = json_object_new_array(),
			   *all = NULL, *row = row_of(x->line[0][UNPROBED]);
	unsigned used = 0, runs = 0;
	double apart_ns = NAN;

	for (unsigned k = 0; k < w->pairs; k++) {
		struct json_object *p;
		double per_ns = gnb_json_get_number(x->doc[k], "ticks_per_ns", NAN);

		if (!x->line[k][UNPROBED] || !x->line[k][PROBED])
			continue;
		p = json_object_new_object();
		runs++;
		ADD(p, "used", json_object_new_boolean(x->used[k]));
		ADD(p, "unprobed", side(x->line[k][UNPROBED], per_ns));
		ADD(p, "probed", side(x->line[k][PROBED], per_ns));
		json_object_array_add(pairs, p);
		if (!x->used[k])
			continue;
		used++;
		gnb_contention_add(&all, x->doc[k]);
		apart_ns = fmax(apart_ns, apart(x->line[k][PROBED]));
	}
	if (!used && !x->why[0])
		snprintf(x->why, sizeof(x->why), "%s",
			 runs ? "no pair of runs was on cores of the group that most were of"
			      : "the run ended before it");
	ADD(o, "cell", gnb_json_string(x->pc->cell.name));
	ADD(o, "bench", gnb_json_string(x->pc->cell.bench->name));
	ADD(o, "version", gnb_json_string(x->version->name));
	ADD(o, "status", gnb_json_string(used ? "ok" : w->bits ? "failed" : "skipped"));
	ADD(o, "reason", x->why[0] ? gnb_json_string(x->why) : NULL);
	ADD(o, "metric", gnb_json_string(gnb_json_get_string(row, "metric", NULL)));
	ADD(o, "unit", gnb_json_string(gnb_json_get_string(row, "unit", NULL)));
	ADD(o, "pingpong_ns", gnb_json_number(apart_ns));
	ADD(o, "perturbation", used ? perturbation(pairs) : NULL);
	ADD(o, "pairs", pairs);
	ADD(o, "waits", gnb_contention_settle(all));
	return o;
}

static struct json_object *document(struct work *w, unsigned asked)
{
	struct json_object *o = json_object_new_object(), *a = json_object_new_array(),
			   *b = json_object_new_array(), *cells = json_object_new_array();

	for (unsigned i = 0; gnb_probe_words[i]; i++) {
		if (asked & 1u << i)
			json_object_array_add(a, gnb_json_string(gnb_probe_words[i]));
		if (w->bits & 1u << i)
			json_object_array_add(b, gnb_json_string(gnb_probe_words[i]));
	}
	for (size_t i = 0; i < w->n; i++)
		if (!i || w->list[i].pc != w->list[i - 1].pc)
			choose(w, w->list[i].pc);
	for (size_t i = 0; i < w->n; i++)
		json_object_array_add(cells, entry(w, &w->list[i]));
	ADD(o, "schema", json_object_new_int(1));
	ADD(o, "asked", a);
	ADD(o, "probed", b);
	ADD(o, "missing", json_object_get(w->missing));
	ADD(o, "cells", cells);
	return o;
}

static void end(struct work *w)
{
	for (size_t i = 0; i < w->n; i++)
		for (unsigned k = 0; k < PAIRS; k++) {
			json_object_put(w->list[i].line[k][UNPROBED]);
			json_object_put(w->list[i].line[k][PROBED]);
			json_object_put(w->list[i].doc[k]);
		}
	free(w->list);
	json_object_put(w->missing);
	gnb_remove_tree(w->dir);
}

int gnb_probed(struct gnb_options *o, struct gnb_plan *p, struct gnb_results *r)
{
	struct work w = { .o = o, .r = r, .pairs = o->quick ? PAIRS_QUICK : PAIRS };
	struct json_object *doc;
	char path[4400], err[200];
	unsigned asked = 0;
	int rc = 0;

	if (!o->probe || gnb_probe_what(o->probe, &asked, err, sizeof(err)) || gnb_signalled)
		return 0;
	snprintf(path, sizeof(path), "%s/contention.json", r->dir);
	/* A run that was resumed has it already, or it is made now. */
	if (!access(path, F_OK))
		return 0;
	snprintf(w.dir, sizeof(w.dir), "%s/.probe-XXXXXX", r->dir);
	if (!mkdtemp(w.dir))
		return -errno;
	snprintf(path, sizeof(path), "%s/histograms", w.dir);
	if (mkdir(path, 0755))
		rc = -errno;
	w.missing = json_object_new_array();
	for (size_t i = 0; i < p->n && !rc; i++)
		if (gnb_contenders(&p->cells[i].cell) > 1)
			rc = add(&w, &p->cells[i]);
	if (!w.n && !o->quiet)
		fprintf(stderr,
			"grantbench: --probe: no cell of the plan has several threads, so nobody waits for "
			"anybody\n");
	if (w.n && !rc)
		try_words(&w, asked);
	for (size_t i = 0; i < w.n && !w.bits; i++)
		snprintf(w.list[i].why, sizeof(w.list[i].why),
			 "nothing of --probe can be had: see missing");
	whats(w.bits, w.what, sizeof(w.what));
	snprintf(w.out, sizeof(w.out), "--out=%s/probe.json", w.dir);
	if (w.bits && !rc)
		rc = all_runs(&w);
	if (!rc) {
		doc = document(&w, asked);
		if (r->anonymize && *gnb_env_host())
			gnb_json_replace(doc, gnb_env_host(), "anon");
		rc = gnb_file_write(
			r->dir, "contention.json",
			json_object_to_json_string_ext(
				doc, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(doc);
	}
	end(&w);
	return rc == -EINTR ? 0 : rc;
}
