/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run on disk (docs/results.md) in memory, for whoever reads one:
 *
 *   bench    all cells of one benchmark, with its centre
 *   cell     one benchmark with one combination of parameters
 *   launch   one line of cells.jsonl: a cell, measured in one process
 *   row      one version and one metric of a launch
 *
 * Read it with gnb_rec_load() (load.h); what several launches say together, estimate.h tells. All
 * strings belong to the run and live as long as it does. Figures are in the unit of their row, which
 * is a time only if it says so. Figures that do not exist are NaN. Nothing here changes a run that
 * was loaded, so that threads may share it.
 */
#ifndef GNB_REC_H
#define GNB_REC_H

#include <stdbool.h>
#include <stddef.h>

#include "json.h"
#include "stats.h"

struct gnb_rec_row {
	const char *version, *metric, *unit;
	bool higher_better;
	char class; /* 'X' or 'C' */
	struct gnb_estimate value;
	const char *ratio_to; /* NULL: no ratio */
	struct gnb_estimate ratio;
	bool has_self;
	struct gnb_estimate self;
	struct json_object *counts, *shares, *latency; /* NULL if there are none */
	const char *limits; /* what it was allowed beyond Xen's defaults, or NULL */
};

struct gnb_rec_launch {
	const char *cell, *bench, *axis; /* axis may be NULL */
	const char *target, *status, *reason;
	const char *flush, *entry; /* "" where the target has no such choice */
	struct json_object *params;
	int number, def_version;
	unsigned rounds, dropped;
	bool usable; /* ok or unstable */
	struct gnb_rec_row *row;
	size_t nr_rows;
	struct json_object *perf;
	struct json_object *json; /* the line; owned */
};

struct gnb_rec_cell {
	const char *name;
	char *label;			/* parameters that differ from the centre, or "centre" */
	struct gnb_rec_launch **launch; /* usable ones of one group (pingpong.h), by number */
	size_t nr_launches;
	unsigned other_group;	    /* launches that were usable, on cores that lay elsewhere */
	struct gnb_rec_launch *any; /* usable or not: has parameters */
	struct gnb_rec_bench *bench;
	unsigned differs; /* parameters that differ from the centre */
};

struct gnb_rec_bench {
	const char *name;
	int def_version;
	struct gnb_rec_cell **cell;
	size_t nr_cells;
	const char **param, **centre; /* names and values; a value may be NULL */
	size_t nr_params;
	char *centre_text;			/* "batch:64, access:rw" */
	const char **metric, **unit, **version; /* in order of appearance */
	size_t nr_metrics, nr_versions;
};

struct gnb_rec_run {
	const char *dir;
	struct json_object *manifest;
	struct gnb_rec_launch **launch; /* one per cell and number */
	size_t nr_launches;
	struct gnb_rec_cell **cell;
	size_t nr_cells;
	struct gnb_rec_bench **bench;
	size_t nr_benches;
	bool no_cells;	      /* there is no cells.jsonl */
	bool torn;	      /* its last line was cut off */
	unsigned broken;      /* other lines that could not be read */
	unsigned broken_line; /* the first of them */
	bool exact;	      /* an exact clock: figures are counts, and no times */
	const char *clock;    /* its name, "monotonic" if the manifest does not say */
	const char *clock_unit;
};

/* The whole string as a finite number; false if it is none. */
bool gnb_rec_number(const char *s, double *v);

/* The value of a parameter in a cell, and in the centre of a benchmark; NULL if it has none. */
const char *gnb_rec_param(const struct gnb_rec_cell *c, const char *name);
const char *gnb_rec_centre(const struct gnb_rec_bench *b, const char *name);

/* The cell in the centre, or NULL. */
const struct gnb_rec_cell *gnb_rec_centre_cell(const struct gnb_rec_bench *b);

/* Is the cell the centre, or does it differ from it in this parameter alone? */
bool gnb_rec_on_axis(const struct gnb_rec_cell *c, const char *axis);

/*
 * Do a cell's counts depend on who waits for whom? threads: the value of its parameter of that name, or NULL. Of one
 * thread the same work has the same counts in every run, class C; several share out their operations, and repeat what
 * a lock or a compare-and-exchange refused, as time decides: class S.
 */
bool gnb_counts_contend(const char *threads);

/* The row of a version and metric, or NULL. */
const struct gnb_rec_row *gnb_rec_row(const struct gnb_rec_launch *l, const char *version,
				      const char *metric);

/* The main process's launch of a cell, else any; usable or not. */
const struct gnb_rec_launch *gnb_rec_main(const struct gnb_rec_run *r,
					  const struct gnb_rec_cell *c);

/* The counts of a version and metric in the first launch that has them; NULL if none has. */
struct json_object *gnb_rec_counts(const struct gnb_rec_cell *c, const char *version,
				   const char *metric);

#endif
