/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run as the report sees it: what docs/results.md describes, grouped.
 *
 *   result   one line of cells.jsonl: one cell in one launch
 *   group    all launches of one cell
 *   family   all groups of one benchmark, with its centre
 *
 * All strings point into the parsed JSON, which lives as long as the run. Figures that do not exist
 * are NAN.
 */
#ifndef GNB_RUN_H
#define GNB_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"
#include "stats.h"

struct gnb_row {
	const char *version, *metric, *unit;
	bool higher_better;
	char class, ratio_class; /* 'X' or 'C', 'H' or 'C' */
	struct gnb_estimate v;
	const char *ratio_to; /* NULL: no ratio */
	struct gnb_estimate ratio;
	bool has_self;
	struct gnb_estimate self;
	json_object *counts, *shares, *latency; /* NULL if there are none */
};

struct gnb_result {
	const char *cell, *bench, *axis; /* axis may be NULL */
	const char *target, *status, *reason;
	const char *flush, *entry; /* "" where the target has no such choice */
	json_object *params;
	int launch, def_version;
	unsigned rounds, dropped;
	bool usable; /* ok or unstable */
	struct gnb_row *rows;
	size_t nr_rows;
	json_object *perf;
	json_object *json; /* the line; owned */
};

struct gnb_group {
	const char *cell;
	char *label;		    /* parameters that differ from the centre, or "centre" */
	struct gnb_result **launch; /* usable ones, by launch number */
	size_t nr;
	struct gnb_result *any; /* usable or not: has parameters */
	struct gnb_family *family;
	unsigned differs; /* parameters that differ from the centre */
};

struct gnb_family {
	const char *name;
	int def_version;
	struct gnb_group **group;
	size_t nr;
	const char **param, **centre; /* names and values */
	size_t nr_params;
	const char **metric, **unit, **version; /* in order of appearance */
	size_t nr_metrics, nr_versions;
};

struct gnb_run {
	const char *dir;
	json_object *manifest;
	struct gnb_result **result; /* one per cell and launch */
	size_t nr_results;
	struct gnb_group **group;
	size_t nr_groups;
	struct gnb_family **family;
	size_t nr_families;
	bool no_cells;	      /* there is no cells.jsonl */
	bool torn;	      /* its last line was cut off */
	unsigned broken;      /* other lines that could not be read */
	unsigned broken_line; /* the first of them */
	bool exact;	      /* an exact clock: figures are counts, and no times */
	const char *clock;    /* its name, "monotonic" if the manifest does not say */
	const char *clock_unit;
};

/* Read dir. 0; or 1 or 2 (exit codes), after a line on stderr. */
int gnb_run_load(struct gnb_run *r, const char *dir);
void gnb_run_free(struct gnb_run *r);

/* Make groups and families of the results. Called by gnb_run_load(). */
void gnb_run_group(struct gnb_run *r);

/* Value of a parameter of the group's cell, or NULL. */
const char *gnb_param(const struct gnb_group *g, const char *name);
const char *gnb_centre(const struct gnb_family *f, const char *name);

/* The whole string as a number; false if it is none. */
bool gnb_number(const char *s, double *v);

/* The row of a result, or NULL. */
const struct gnb_row *gnb_row(const struct gnb_result *res, const char *version,
			      const char *metric);

/* Is the group the centre, or does it differ from it in this parameter alone? */
bool gnb_on_axis(const struct gnb_group *g, const char *axis);

/* "batch:64, access:rw". A new string; the caller frees it. */
char *gnb_centre_text(const struct gnb_family *f);

const struct gnb_group *gnb_centre_group(const struct gnb_family *f);

/* What is known of one version and metric of a cell, over its launches. */
struct gnb_rec_estimate {
	unsigned launches;
	const struct gnb_row *row;    /* of the first launch */
	struct gnb_estimate v, ratio; /* over launches if there are several, else within the one */
	const char *ratio_to;	      /* NULL: no ratio */
	unsigned rounds, dropped;     /* summed over launches */
};

/* False if no launch has it. */
bool gnb_rec_estimate(const struct gnb_group *g, const char *version, const char *metric,
		      struct gnb_rec_estimate *e);

#endif
