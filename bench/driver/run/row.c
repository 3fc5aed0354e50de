/* SPDX-License-Identifier: GPL-2.0-only */
/* From an outcome to a line of cells.jsonl. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "hist.h"
#include "input.h"
#include "metric.h"
#include "param.h"
#include "rec.h"
#include "perf_row.h"
#include "row.h"
#include "topo.h"
#include "values.h"

#define ADD(o, key, value) json_object_object_add(o, key, value)

static struct json_object *estimate(const struct gnb_estimate *e)
{
	struct json_object *o = json_object_new_object();

	ADD(o, "value", gnb_json_number(e->value));
	ADD(o, "lo", gnb_json_number(e->lo));
	ADD(o, "hi", gnb_json_number(e->hi));
	ADD(o, "level", gnb_json_number(e->level));
	ADD(o, "n", json_object_new_int64((int64_t)e->n));
	return o;
}

static struct json_object *counts(const struct gnb_lane *l, unsigned m)
{
	struct json_object *o;

	if (!l->counted_ops[m])
		return NULL;
	o = json_object_new_object();
	for (unsigned i = 0;
	     i < GNB_COUNTS_MAX && l->side.t->count_names && l->side.t->count_names[i]; i++)
		ADD(o, l->side.t->count_names[i],
		    gnb_json_number((double)l->counts[m].v[i] / (double)l->counted_ops[m]));
	return o;
}

static struct json_object *counts_class(const struct gnb_outcome *o)
{
	int i = gnb_param_index(o->pc->cell.bench, "threads");
	bool contend = i >= 0 && gnb_counts_contend(o->pc->cell.value[i]);

	return gnb_json_string(contend ? "S" : "C");
}

/* How much more of the first count the run with the most had; NULL after one run. */
static struct json_object *counts_spread(const struct gnb_lane *l, unsigned m)
{
	if (!l->counted_ops[m] || l->counting_runs < 2)
		return NULL;
	return gnb_json_number((double)(l->counts_most[m] - l->counts[m].v[0]) /
			       (double)l->counted_ops[m]);
}

/* What its machine was allowed beyond Xen's defaults, in words, or NULL. */
static struct json_object *limits(const struct gnb_machine_config *c)
{
	const struct {
		unsigned has, usual;
		const char *what;
	} limit[] = {
		{ c->max_grant_frames, 64, "grant frames" },
		{ c->max_maptrack_frames, 1024, "maptrack frames" },
		{ c->max_v3_pages, 1024, "pages for version 3" },
	};
	bool tree = c->version && c->version->entries == GNB_ENTRIES_TREE;
	char text[200] = "";
	size_t at = 0;

	/* A tree needs neither frames of a table nor handles of its mappings, and a table no pages for trees. */
	for (unsigned i = tree ? 2 : 0; i < (tree ? 3 : 2); i++)
		if (limit[i].has > limit[i].usual)
			at += (size_t)snprintf(text + at, sizeof(text) - at,
					       "%s%u %s, %u by default", at ? "; " : "",
					       limit[i].has, limit[i].what, limit[i].usual);
	return at ? gnb_json_string(text) : NULL;
}

static struct json_object *shares(const struct gnb_outcome *o, unsigned lane)
{
	const struct gnb_lane *l = &o->lanes[lane];
	struct json_object *a;

	if (!l->threads)
		return NULL;
	a = json_object_new_array();
	for (unsigned i = 0; i < l->threads && i < GNB_THREADS_MAX; i++)
		json_object_array_add(a, gnb_json_number(gnb_outcome_share(o, lane, i)));
	return a;
}

static int write_histogram(const struct gnb_hist *h, const char *dir, const char *file)
{
	char path[4096], temp[4100];
	FILE *f;
	int rc;

	if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, file) >= sizeof(path))
		return -ENAMETOOLONG;
	snprintf(temp, sizeof(temp), "%s.tmp", path);
	f = fopen(temp, "we");
	if (!f)
		return -errno;
	errno = 0;
	rc = gnb_hist_write(h, f) || fflush(f) || fsync(fileno(f)) ? (errno ? -errno : -EIO) : 0;
	if (fclose(f) && !rc)
		rc = -errno;
	if (!rc && rename(temp, path))
		rc = -errno;
	if (rc)
		unlink(temp);
	return rc;
}

/* Of a share with fewer samples beyond it another run would have another figure: NULL. */
#define BEYOND 10

static struct json_object *quantile(const struct gnb_hist *h, double q)
{
	return (double)h->n * (1 - q) * (1 + 1e-13) < BEYOND
		       ? NULL
		       : json_object_new_uint64(gnb_hist_quantile(h, q));
}

static int latency(const struct gnb_outcome *o, unsigned lane, unsigned m, const char *dir,
		   struct json_object **out)
{
	const struct gnb_lane *l = &o->lanes[lane];
	const struct gnb_hist *h = l->hist[m];
	const struct gnb_bench *b = o->pc->cell.bench;
	char file[256];
	uint32_t hash = 2166136261u;
	int rc;

	*out = NULL;
	if (!h || !h->n)
		return 0;
	*out = json_object_new_object();
	ADD(*out, "n", json_object_new_uint64(h->n));
	ADD(*out, "min", json_object_new_uint64(h->min));
	ADD(*out, "p50", json_object_new_uint64(gnb_hist_quantile(h, 0.50)));
	ADD(*out, "p90", quantile(h, 0.90));
	ADD(*out, "p99", quantile(h, 0.99));
	ADD(*out, "p99_9", quantile(h, 0.999));
	ADD(*out, "max", json_object_new_uint64(h->max));
	if (!dir) {
		ADD(*out, "file", NULL);
		return 0;
	}
	/* Cell names can be longer than a file name may be. */
	for (const char *p = o->pc->cell.name; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619u;
	snprintf(file, sizeof(file), "histograms/%.60s-%08x-%u-%s-%.60s.txt", b->name, hash,
		 o->launch, l->side.version->name, b->metrics[m].name);
	rc = write_histogram(h, dir, file);
	if (rc) {
		json_object_put(*out);
		*out = NULL;
		return rc;
	}
	ADD(*out, "file", gnb_json_string(file));
	return 0;
}

/* A ratio to the baseline with what each layout said, or NULL. Without an interval it is context. */
static struct json_object *ratio(const struct gnb_outcome *o, unsigned lane, unsigned m)
{
	const struct gnb_side *s = &o->lanes[lane].side;
	bool exact = gnb_metric_exact(&s->cell->bench->metrics[m], s->clock);
	double *median;
	size_t n;
	struct gnb_estimate e = gnb_outcome_ratio(o, lane, m, &median, &n);
	struct json_object *x = e.n ? estimate(&e) : NULL, *each;

	if (x) {
		ADD(x, "class", gnb_json_string(exact ? "C" : isnan(e.lo) ? "X" : "H"));
		each = n ? json_object_new_array() : NULL;
		for (size_t i = 0; i < n; i++)
			json_object_array_add(each, gnb_json_number(round(median[i] * 1e6) / 1e6));
		ADD(x, "layouts", each);
	}
	free(median);
	return x;
}

/* How often its vCPUs waited for a lock, where several threads can; else NULL. */
static struct json_object *waits(const struct gnb_outcome *o, const struct gnb_lane *l)
{
	const struct gnb_waits *w = &l->waits;
	struct json_object *x;

	if (!o->canaries || !l->side.t->waits)
		return NULL;
	x = json_object_new_object();
	ADD(x, "acquisitions", json_object_new_uint64(w->acquisitions));
	ADD(x, "contended", json_object_new_uint64(w->contended));
	ADD(x, "wait_ticks", json_object_new_uint64(w->ticks));
	return x;
}

/* How far the cores of its threads were apart, or NULL. */
static struct json_object *pingpong(const struct gnb_outcome *o)
{
	static const char *const key[] = { "before_ns", "after_ns" };
	struct json_object *x, *a;

	if (!o->canaries)
		return NULL;
	x = json_object_new_object();
	ADD(x, "cpus", gnb_json_string(gnb_topo_list()));
	for (unsigned when = 0; when < 2; when++) {
		a = json_object_new_array();
		for (unsigned i = 0; i < o->canaries; i++)
			json_object_array_add(
				a, gnb_json_number(round(o->canary[when][i] * 100) / 100));
		ADD(x, key[when], a);
	}
	return x;
}

static int row(const struct gnb_outcome *o, unsigned lane, unsigned m, const char *dir,
	       struct json_object *rows)
{
	const struct gnb_lane *l = &o->lanes[lane];
	const struct gnb_metric *metric = &l->side.cell->bench->metrics[m];
	struct gnb_estimate v = gnb_outcome_value(o, lane, m);
	const struct gnb_clock *clock = l->side.clock;
	bool exact = gnb_metric_exact(metric, clock);
	struct json_object *r, *lat = NULL, *x;
	char unit[GNB_UNIT_LEN];
	int rc;

	if (!v.n && !(o->counts_only && l->counted_ops[m]))
		return 0; /* not measured under these parameters */
	rc = latency(o, lane, m, dir, &lat);
	if (rc)
		return rc;
	r = json_object_new_object();
	ADD(r, "version", gnb_json_string(l->side.version->name));
	ADD(r, "metric", gnb_json_string(metric->name));
	gnb_metric_unit(metric, clock, unit, sizeof(unit));
	ADD(r, "unit", gnb_json_string(unit));
	ADD(r, "better",
	    gnb_json_string(gnb_metric_better(metric, clock) == GNB_HIGHER ? "higher" : "lower"));
	ADD(r, "n", json_object_new_int64((int64_t)v.n));
	ADD(r, "value", gnb_json_number(v.value));
	ADD(r, "lo", gnb_json_number(v.lo));
	ADD(r, "hi", gnb_json_number(v.hi));
	ADD(r, "level", gnb_json_number(v.level));
	ADD(r, "min", gnb_json_number(v.min));
	ADD(r, "max", gnb_json_number(v.max));
	ADD(r, "class", gnb_json_string(exact ? "C" : "X"));
	x = NULL;
	if ((int)lane != o->base && !metric->exact) {
		x = ratio(o, lane, m);
		if (x)
			json_object_object_add(
				x, "to", gnb_json_string(o->lanes[o->base].side.version->name));
	}
	ADD(r, "ratio", x);
	ADD(r, "self",
	    (int)lane == o->base && o->control && !exact ? ratio(o, o->nlanes, m) : NULL);
	ADD(r, "counts", counts(l, m));
	ADD(r, "counts_class", l->counted_ops[m] ? counts_class(o) : NULL);
	ADD(r, "ops_counted", json_object_new_uint64(l->counted_ops[m]));
	ADD(r, "counted", json_object_new_int64(l->counting_runs));
	ADD(r, "counts_spread", counts_spread(l, m));
	ADD(r, "limits", limits(&l->cfg));
	ADD(r, "shares", shares(o, lane));
	ADD(r, "waits", waits(o, l));
	ADD(r, "latency", lat);
	json_object_array_add(rows, r);
	return 0;
}

/* A field of the machine's, where it is a choice or always the same; NULL where it is neither. */
static struct json_object *model(const struct gnb_target *t, const char *param, const char *value)
{
	return gnb_param_means(t, param) ? gnb_json_string(value) : NULL;
}

/* How much of its input a benchmark has timed, or NULL. */
static struct json_object *input(const struct gnb_outcome *o)
{
	uint64_t parts = o->nlanes ? o->lanes[0].side.parts : 0;
	struct json_object *x;

	if (!parts)
		return NULL;
	x = json_object_new_object();
	ADD(x, "parts", json_object_new_uint64(parts));
	ADD(x, "timed", json_object_new_uint64(o->done < parts ? o->done : parts));
	return x;
}

int gnb_record_make(const struct gnb_outcome *o, const char *dir, struct json_object **line)
{
	const struct gnb_plan_cell *pc = o->pc;
	const struct gnb_bench *b = pc->cell.bench;
	const struct gnb_target *t = pc->cell.target;
	const struct gnb_machine_config *cfg = &o->cfg;
	struct json_object *r = json_object_new_object(), *x;
	int rc = 0;

	ADD(r, "cell", gnb_json_string(pc->cell.name));
	ADD(r, "bench", gnb_json_string(b->name));
	ADD(r, "def_version", json_object_new_int64(b->def_version));
	x = json_object_new_object();
	for (unsigned i = 0; b->params && b->params[i].name; i++)
		if (gnb_param_means(t, b->params[i].name))
			ADD(x, b->params[i].name, gnb_json_string(pc->cell.value[i]));
	ADD(r, "params", x);
	ADD(r, "files", gnb_input_json(&pc->cell));
	ADD(r, "axis", gnb_json_string(pc->axis));
	ADD(r, "target", gnb_json_string(t->name));
	ADD(r, "clock", gnb_json_string(gnb_target_clock(t)->name));
	ADD(r, "mapper", model(t, "mapper", gnb_mapper_name(cfg->mapper)));
	ADD(r, "iommu", model(t, "iommu", gnb_iommu_name(cfg->iommu)));
	ADD(r, "flush", model(t, "flush", gnb_flush_name(cfg->flush)));
	ADD(r, "entry", model(t, "entry", gnb_entry_name(cfg->entry)));
	ADD(r, "args", model(t, "args", gnb_args_name(cfg->args)));
	ADD(r, "host_cpus",
	    !gnb_param_means(t, "cpus")
		    ? NULL
		    : json_object_new_int64(cfg->host_cpus ? cfg->host_cpus
							   : GNB_HOST_CPUS_DEFAULT));
	ADD(r, "launch", json_object_new_int64(o->launch));
	ADD(r, "status", gnb_json_string(gnb_status_names[o->status]));
	ADD(r, "reason", o->reason[0] ? gnb_json_string(o->reason) : NULL);
	ADD(r, "unreached", json_object_new_boolean(o->unreached));
	x = json_object_new_object();
	ADD(x, "asked", json_object_new_int64(o->asked));
	ADD(x, "done", json_object_new_int64(o->done));
	ADD(x, "dropped", json_object_new_int64(o->dropped));
	ADD(r, "rounds", x);
	ADD(r, "pingpong", pingpong(o));
	ADD(r, "input", input(o));
	ADD(r, "seconds", gnb_json_number(o->seconds));
	x = json_object_new_array();
	if (o->status == GNB_OK || o->status == GNB_UNSTABLE)
		for (unsigned l = 0; !rc && l < o->nlanes; l++)
			for (unsigned m = 0; !rc && b->metrics[m].name && m < GNB_METRICS_MAX; m++)
				rc = row(o, l, m, dir, x);
	ADD(r, "rows", x);
	ADD(r, "perf", gnb_perf_json(o));
	if (rc) {
		json_object_put(r);
		r = NULL;
	}
	*line = r;
	return rc;
}

static struct json_object *bare(const struct gnb_plan_cell *pc, unsigned launch,
				enum gnb_status status, bool unreached, const char *reason,
				double seconds)
{
	struct gnb_outcome o = { .pc = pc,
				 .launch = launch,
				 .status = status,
				 .unreached = unreached,
				 .base = -1,
				 .cfg = pc->cell.machine,
				 .seconds = seconds };
	struct json_object *line = NULL;

	snprintf(o.reason, sizeof(o.reason), "%s", reason);
	snprintf(o.perf.reason, sizeof(o.perf.reason), "not measured");
	gnb_record_make(&o, NULL, &line);
	return line;
}

struct json_object *gnb_record_bare(const struct gnb_plan_cell *pc, unsigned launch,
				    enum gnb_status status, const char *reason, double seconds)
{
	return bare(pc, launch, status, false, reason, seconds);
}

struct json_object *gnb_record_unreached(const struct gnb_plan_cell *pc, unsigned launch,
					 const char *reason)
{
	return bare(pc, launch, GNB_SKIPPED, true, reason, 0);
}
