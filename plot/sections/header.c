// SPDX-License-Identifier: GPL-2.0-only
/* What this run is, in one paragraph, and everything that a reader must know before believing it. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cond.h"
#include "fmt.h"
#include "program.h"
#include "report.h"

static const char *or_unknown(const char *s)
{
	return s ? s : "not known";
}

static size_t most_launches(const struct gnb_rec_run *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nr_cells; i++)
		if (r->cell[i]->nr_launches > n)
			n = r->cell[i]->nr_launches;
	return n;
}

static size_t nr_relaunched(const struct gnb_rec_run *r)
{
	size_t n = 0;

	for (size_t i = 0; i < r->nr_cells; i++)
		n += r->cell[i]->nr_launches > 1;
	return n;
}

static char *statuses(const struct gnb_rec_run *r)
{
	static const char *const names[] = { "ok", "unstable", "skipped", "error", "timeout" };
	struct gnb_buf b = { 0 };

	for (size_t s = 0; s < sizeof(names) / sizeof(*names); s++) {
		unsigned n = 0;

		for (size_t i = 0; i < r->nr_cells; i++)
			n += !strcmp(r->cell[i]->any->status, names[s]);
		if (n)
			gnb_buf_fmt(&b, "%s%u %s", b.len ? ", " : "", n, names[s]);
	}
	return gnb_take(&b);
}

static char *models(const struct gnb_rec_run *r)
{
	struct gnb_cond c = { 0 };
	struct gnb_buf b = { 0 };

	for (size_t i = 0; i < r->nr_cells; i++)
		gnb_cond_add(&c, r->cell[i]);
	if (!c.entry[0] && !c.flush[0])
		gnb_buf_add(&b, "its own hypercall entry and flushes");
	else
		gnb_buf_add(&b, "hypercall entry");
	for (size_t i = 0; i < GNB_COND_MAX && c.entry[i]; i++)
		gnb_buf_fmt(&b, "%s %s", i ? " and" : "", c.entry[i]);
	if (c.entry[0] || c.flush[0])
		gnb_buf_add(&b, ", flush");
	for (size_t i = 0; i < GNB_COND_MAX && c.flush[i]; i++)
		gnb_buf_fmt(&b, "%s %s", i ? " and" : "", c.flush[i]);
	return gnb_take(&b);
}

static char *source(const struct gnb_rec_run *r)
{
	json_object *git = gnb_json_get(r->manifest, "git", json_type_object);
	json_object *dirty;
	const char *sha = gnb_json_get_string(git, "sha", NULL);

	if (!sha)
		return gnb_strf("source not known");
	dirty = gnb_json_get(git, "dirty", json_type_boolean);
	return gnb_strf("source %s%s", sha, json_object_get_boolean(dirty) ? " with changes" : "");
}

/* "2 CPUs (allowed: 0-1)" */
static char *cpus(json_object *env)
{
	const char *text = gnb_json_get_string(env, "cpus_allowed", NULL);
	double allowed = gnb_json_get_number(env, "cpus_allowed", NAN),
	       online = gnb_json_get_number(env, "cpus_online", NAN);

	if (!text && isnan(online))
		online = allowed;
	return gnb_strf("%s CPUs%s%s%s", gnb_fmt_exact(online).s, text ? " (allowed: " : "",
			text ? text : "", text ? ")" : "");
}

static char *launches(const struct gnb_rec_run *r)
{
	size_t again = nr_relaunched(r);

	if (!again)
		return gnb_strf("No cell was launched again");
	return gnb_strf(
		"%zu cells were launched again as separate processes, up to %zu launches each",
		again, most_launches(r));
}

static void summary(struct gnb_figs *f)
{
	struct gnb_rec_run *r = f->run;
	json_object *m = r->manifest, *env = gnb_json_get(m, "environment", json_type_object);
	json_object *before = gnb_json_get(env, "before", json_type_object);
	const char *host = gnb_json_get_string(before, "host", NULL);
	char *model = models(r), *status = statuses(r), *src = source(r), *cpu = cpus(before);
	char *again = launches(r);
	struct gnb_buf b = { 0 };

	gnb_buf_fmt(&b, "grantbench %s (%s) measured target %s with %s, started %s. ",
		    or_unknown(gnb_json_get_string(m, "suite", NULL)), src,
		    or_unknown(gnb_json_get_string(m, "target", NULL)), model,
		    or_unknown(gnb_json_get_string(m, "started", NULL)));
	gnb_buf_fmt(&b, "Machine: %s%s%s, %s, kernel %s, hypervisor below: %s. ", host ? host : "",
		    host ? ", " : "", or_unknown(gnb_json_get_string(before, "cpu_model", NULL)),
		    cpu, or_unknown(gnb_json_get_string(before, "kernel", NULL)),
		    or_unknown(gnb_json_get_string(before, "hypervisor", NULL)));
	gnb_buf_fmt(&b, "%zu cells: %s. ", r->nr_cells, *status ? status : "none finished");
	/* Seconds under an instruction clock are no time either. */
	if (!r->exact)
		gnb_buf_fmt(&b, "%s s were spent measuring, %s s asked for. ",
			    gnb_fmt_num(gnb_json_get_number(m, "measured_s", NAN)).s,
			    gnb_fmt_exact(gnb_json_get_number(m, "budget_s", NAN)).s);
	gnb_buf_fmt(&b, "%s.", again);
	gnb_doc_para(f->doc, "%s", gnb_str(&b));
	gnb_buf_free(&b);
	free(model);
	free(status);
	free(src);
	free(cpu);
	free(again);
}

/* What the figures are, where they are not times of all that is in a span. */
static void clock_notes(struct gnb_figs *f)
{
	const struct gnb_rec_run *r = f->run;
	json_object *meta = gnb_json_get(r->manifest, "meta", json_type_object);
	const char *counter = gnb_json_get_string(meta, "counter", NULL);

	/* What counts each instruction cannot be disturbed: one run is enough. */
	if (r->exact && counter)
		gnb_doc_para(f->doc,
			     "The clock of this run counts %s, within hypercalls alone, by %s. Its "
			     "figures are counts of class C and no times; each is of one run, and "
			     "repeats exactly.",
			     r->clock_unit, counter);
	else if (r->exact)
		gnb_doc_para(
			f->doc,
			"The clock of this run counts %s, within hypercalls alone. Its figures are "
			"counts of class C and no times: the median over rounds, each the least of "
			"three runs. Noise, the baseline against itself and unstable cells are "
			"things of time: they were not looked at.",
			r->clock_unit);
	else if (!strcmp(r->clock, "hypercalls"))
		gnb_doc_para(f->doc, "Times are those within hypercalls alone: the way from the "
				     "program to the hypercall and back is not in them.");
}

void gnb_report_trust(struct gnb_figs *f)
{
	json_object *clock = gnb_json_get(f->run->manifest, "clock", json_type_object);
	json_object *trusted = gnb_json_get(clock, "trusted", json_type_boolean);
	const char *why = gnb_json_get_string(clock, "reason", NULL);

	if (trusted && !json_object_get_boolean(trusted))
		gnb_doc_note(f->doc,
			     "The times of this run cannot be trusted: %s. Neither figures nor "
			     "ratios below say anything about a machine.",
			     why ? why : "no reason given");
}

void gnb_report_run(struct gnb_figs *f)
{
	gnb_doc_heading(f->doc, 2, "run", "This run");
	summary(f);
	clock_notes(f);
}

void gnb_report_warnings(struct gnb_figs *f)
{
	struct gnb_rec_run *r = f->run;
	const char *status = gnb_json_get_string(r->manifest, "status", NULL);
	char *changes = gnb_environment_changes(r);

	if (status && strcmp(status, "complete"))
		gnb_doc_note(f->doc,
			     "This run is not complete (status: %s). What it finished is below.",
			     status);
	if (json_object_get_boolean(gnb_json_get(r->manifest, "quick", json_type_boolean)))
		gnb_doc_note(f->doc, "This was a --quick run: it shows that everything works. Its "
				     "figures are not for quoting.");
	if (r->no_cells)
		gnb_doc_note(f->doc,
			     "There is no cells.jsonl: the run ended before its first cell.");
	if (r->torn)
		gnb_doc_note(f->doc, "The last line of cells.jsonl is torn and was ignored: the "
				     "run was cut off while writing it. grantbench --resume "
				     "measures that cell again.");
	if (r->broken)
		gnb_doc_note(f->doc,
			     "cells.jsonl is damaged: %u lines before the last one could not be "
			     "read, the first is line %u. Their cells are missing here.",
			     r->broken, r->broken_line);
	if (*changes)
		gnb_doc_note(
			f->doc,
			"The machine changed during the run: %s. See the table of the machine.",
			changes);
	if (f->draw == GNB_DRAW_NO_GNUPLOT)
		gnb_doc_note(f->doc, "gnuplot is not installed, so the plots are missing: apt-get "
				     "install gnuplot-nox, then run grantbench-report again.");
	free(changes);
}
