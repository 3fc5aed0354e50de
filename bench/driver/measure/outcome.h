/* SPDX-License-Identifier: GPL-2.0-only */
/* What comes of a cell, and within which limits. */
#ifndef GNB_OUTCOME_H
#define GNB_OUTCOME_H

#include "cells.h"
#include "compared.h"
#include "lane.h"
#include "perf.h"
#include "stats.h"

#define GNB_ROUNDS_MAX 50000
#define GNB_LANES_MAX  (GNB_VERSIONS_MAX + 1)

enum gnb_status { GNB_OK, GNB_SKIPPED, GNB_ERROR, GNB_UNSTABLE, GNB_TIMEOUT, GNB_STATUSES };
extern const char *const gnb_status_names[GNB_STATUSES];

struct gnb_outcome {
	const struct gnb_plan_cell *pc;
	unsigned launch;
	enum gnb_status status;
	char reason[512]; /* "" : none */
	bool unreached;	  /* skipped, as the run's budget was used up before */
	unsigned asked, done, dropped;
	unsigned *layout; /* of each round done: counts up when the machines are made anew */
	double seconds;
	struct gnb_machine_config cfg; /* of the first side that ran */
	struct gnb_lane *lanes;	       /* of the versions; behind them that of the control */
	unsigned nlanes;	       /* versions */
	bool control; /* the baseline's version once more, on machines of its own */
	int base;     /* the lane that ratios are to, -1: none ran */
	double canary[2][GNB_THREADS_MAX]; /* between its cores, before and after: canary.h */
	unsigned canaries;
	struct gnb_perf perf;
	bool interrupted; /* by a signal: not a result */
	bool counts_only; /* of the limits: no round was to be made */
};

struct gnb_run_limits {
	double seconds;	   /* this cell's share of the budget */
	double most;	   /* what it may take if its interval stays wide, 0: no more */
	double timeout;	   /* seconds */
	double min_time;   /* seconds per side, 0: no such wish */
	unsigned launches; /* of this cell, this one among them */
	unsigned
		repetitions; /* least rounds, 0: GNB_ROUNDS_MIN; of GNB_ROUNDS_MIN launches fewer */
	struct gnb_compared compared; /* all zero: all versions */
	bool quick;
	bool perf;	  /* all counters of the processor and the kernel, by mode */
	bool counts_only; /* the counting round and no other: rows have counts and no values */
};

/* Lanes that are measured: the versions, and the control if there is one. */
static inline unsigned gnb_outcome_lanes(const struct gnb_outcome *o)
{
	return o->nlanes + o->control;
}

/* Free its lanes. */
void gnb_outcome_free(struct gnb_outcome *o);

/* Median, interval and so on of a metric of a lane; n == 0 if it was not measured. */
struct gnb_estimate gnb_outcome_value(const struct gnb_outcome *o, unsigned lane, unsigned metric);

/*
 * The ratio to the baseline within each round: over layouts, the median of each. The control's, in
 * lane nlanes, is the ratio of identical work. layouts, if not NULL, gets a new array of the
 * medians in the order of measuring, *n of them; free() it.
 */
struct gnb_estimate gnb_outcome_ratio(const struct gnb_outcome *o, unsigned lane, unsigned metric,
				      double **layouts, size_t *n);

/* Median share of a thread. */
double gnb_outcome_share(const struct gnb_outcome *o, unsigned lane, unsigned thread);

#endif
