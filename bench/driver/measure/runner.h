/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One cell: its sides measured round by round. In a round every side runs for about the same time,
 * in a random order; the baseline runs in the order A A' A' A, so that a steady drift falls out of
 * A/A', and which of the two is the numerator is drawn by lot. Main thread only.
 */
#ifndef GNB_RUNNER_H
#define GNB_RUNNER_H

#include <signal.h>

#include "lane.h"
#include "perf.h"
#include "plan.h"
#include "stats.h"

#define GNB_ROUNDS_MAX 1000

enum gnb_status { GNB_OK, GNB_SKIPPED, GNB_ERROR, GNB_UNSTABLE, GNB_TIMEOUT, GNB_STATUSES };
extern const char *const gnb_status_names[GNB_STATUSES];

struct gnb_outcome {
	const struct gnb_plan_cell *pc;
	unsigned launch;
	enum gnb_status status;
	char reason[512]; /* "" : none */
	unsigned asked, done, dropped;
	unsigned *layout; /* of each round done: counts up when the machines are made anew */
	double seconds;
	struct gnb_machine_config cfg; /* of the first side that ran */
	struct gnb_lane *lanes;
	unsigned nlanes;
	int base; /* the lane that ratios are to, -1: none ran */
	struct gnb_perf perf;
	double perf_per_op[GNB_PERF_EVENTS];
	bool interrupted; /* by a signal: not a result */
	bool counts_only; /* of the limits: no round was to be made */
};

struct gnb_run_limits {
	double seconds;		      /* this cell's share of the budget */
	double most;		      /* what it may take if its interval stays wide, 0: no more */
	double timeout;		      /* seconds */
	double min_time;	      /* seconds per side, 0: no such wish */
	unsigned repetitions;	      /* least rounds, 0: GNB_ROUNDS_MIN */
	struct gnb_compared compared; /* all zero: all versions */
	bool quick;
	bool counts_only; /* the counting round and no other: rows have counts and no values */
};

/* Set by the signal handler; rounds end when it is not 0. */
extern volatile sig_atomic_t gnb_signalled;

/* Measure. Never fails as such: the outcome says what happened. */
void gnb_run_cell(const struct gnb_plan_cell *pc, unsigned launch, const struct gnb_run_limits *lim,
		  struct gnb_outcome *out);
void gnb_outcome_free(struct gnb_outcome *o);

/* Median, interval and so on of a metric of a lane; n == 0 if it was not measured. */
struct gnb_estimate gnb_outcome_value(const struct gnb_outcome *o, unsigned lane, unsigned metric);
/* The per-round ratio to the baseline. */
struct gnb_estimate gnb_outcome_ratio(const struct gnb_outcome *o, unsigned lane, unsigned metric);
/* The baseline against itself. */
struct gnb_estimate gnb_outcome_self(const struct gnb_outcome *o, unsigned metric);
/* Median share of a thread. */
double gnb_outcome_share(const struct gnb_outcome *o, unsigned lane, unsigned thread);

#endif
