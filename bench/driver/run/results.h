/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The run folder: lock, manifest, cells.jsonl, benchmark.json, summary.json, summary.csv, topology.xml, results/latest. All
 * cells' lines are also kept in memory, those of a resumed run among them, so that the summary and
 * benchmark.json see one run. Functions that write take an internal lock: the watchdog may call
 * gnb_results_append() and gnb_results_finish() while the main thread is stuck in a benchmark.
 */
#ifndef GNB_RESULTS_H
#define GNB_RESULTS_H

#include "env.h"
#include "noise.h"
#include "options.h"
#include "plan.h"
#include "outcome.h"

struct gnb_results {
	char dir[4096]; /* the run folder */
	int lock_fd, cells_fd;
	struct json_object *manifest;
	struct json_object *cells; /* array of lines */
	struct gnb_noise noise;	   /* at the start */
	const struct gnb_target *target;
	const char *untrusted; /* why no time of this run can be trusted, or NULL */
	bool anonymize;
	bool update_latest;
	char root[4096];
};

/*
 * Take the lock <root>/.lock for the life of the process. 0; -EBUSY: another run holds it; another
 * -errno: it cannot be had. One line in err.
 */
int gnb_results_lock(struct gnb_results *r, const struct gnb_options *o, char *err, size_t len);

/* Make a new run folder with manifest and topology. 0, or an exit code with one line in err. */
int gnb_results_create(struct gnb_results *r, const struct gnb_options *o, const struct gnb_plan *p,
		       const struct gnb_target *t, double budget, int argc, char **argv, char *err,
		       size_t len);

/*
 * Read the manifest of the run to resume (o->resume) into r->manifest. 0, or GNB_EXIT_USAGE with
 * one line in err if that is no run folder.
 */
int gnb_results_open(struct gnb_results *r, const struct gnb_options *o, char *err, size_t len);

/*
 * Go on with the folder of gnb_results_open(): check that plan, suite and machine are the same,
 * drop a torn last line, read the finished cells. 0, or an exit code with one line in err.
 */
int gnb_results_resume(struct gnb_results *r, const struct gnb_options *o, const struct gnb_plan *p,
		       const struct gnb_target *t, char *err, size_t len);

/* Is this cell's line there? */
bool gnb_results_has(struct gnb_results *r, const char *cell, unsigned launch);

/*
 * Append a line, one write and fdatasync; the results own it from here. 0, or -errno; then the file
 * ends where it ended before.
 */
int gnb_results_append(struct gnb_results *r, struct json_object *line);

/* Cells by status so far. */
void gnb_results_counts(struct gnb_results *r, unsigned counts[GNB_STATUSES]);

/* Write benchmark.json and the final manifest. 0 or -errno. */
int gnb_results_finish(struct gnb_results *r, const char *status, int exit_code);

void gnb_results_free(struct gnb_results *r);

#endif
