/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A lane is one side of a cell (one version) with everything that the runner keeps for it: machine,
 * iterations, sums of the current round, samples of all rounds. Main thread only.
 */
#ifndef GNB_LANE_H
#define GNB_LANE_H

#include <gnb/bench.h>

#include "perf.h"

struct gnb_lane {
	struct gnb_side side;
	struct gnb_machine_config cfg; /* what supported() made of the cell's */
	uint64_t layout;	       /* of the machine to be opened */
	bool open;
	uint64_t iters;		/* of one run() call in a round */
	char why[320];		/* why it failed or was skipped */
	struct gnb_waits waits; /* of all its machines that have ended */

	/* The current round, in the clock's unit. */
	uint64_t spent[GNB_METRICS_MAX], ops[GNB_METRICS_MAX];
	uint64_t thread_ops[GNB_THREADS_MAX];
	struct gnb_hist *scratch[GNB_METRICS_MAX];

	/* All rounds. */
	double *sample[GNB_METRICS_MAX];
	double *share[GNB_THREADS_MAX];
	unsigned threads;
	struct gnb_hist *hist[GNB_METRICS_MAX];
	double exact[GNB_METRICS_MAX]; /* NaN until set */
	struct gnb_perf_sums perf;     /* of the timed runs */
	uint64_t total_ops;	       /* operations of the first timed metric in all timed runs */

	/* From the counting runs. */
	bool counted;
	unsigned counting_runs;
	struct gnb_counts counts[GNB_METRICS_MAX]; /* of the run with the least */
	uint64_t counted_ops[GNB_METRICS_MAX];
	uint64_t counts_most[GNB_METRICS_MAX]; /* the first count, in the run with the most */
};

/* Zero a lane and make its arrays for up to max rounds. 0 or -ENOMEM; free in both cases. */
int gnb_lane_init(struct gnb_lane *l, const struct gnb_cell *cell,
		  const struct gnb_version *version, bool quick, unsigned max);
void gnb_lane_free(struct gnb_lane *l);

/*
 * A fresh machine and the benchmark's set-up. 0; -EOPNOTSUPP: this version cannot run here; another
 * -errno: it should have. l->why says which and why.
 */
int gnb_lane_open(struct gnb_lane *l);

/* verify (if asked), teardown, and the machine's leak check; all are done, the first failure
 * counts. 0 or -errno with l->why. Nothing if it is not open. */
int gnb_lane_close(struct gnb_lane *l, bool verify);

/* What a run() call is for: to warm up, to collect counts, or to be a part of a round. */
enum gnb_run_kind { GNB_RUN_WARM, GNB_RUN_COUNTED, GNB_RUN_TIMED };

/* One run() call with empty meters. 0, GNB_DROP or -errno with l->why. */
int gnb_lane_run(struct gnb_lane *l, uint64_t iters, enum gnb_run_kind kind);

/* The figures that take long, of what the last run left. 0, or -errno with l->why. */
int gnb_lane_figures(struct gnb_lane *l);

/*
 * Add the meters of the last run to the current round; of one that was not timed, exact figures only. 0, or -EILSEQ with
 * l->why if an exact figure differs from the one before.
 */
int gnb_lane_add(struct gnb_lane *l, bool timed);

/*
 * As gnb_lane_close() after a counted run of fixed_iters; exact: with its exact figures. It did what every round does, and
 * there may be no round that passes undisturbed.
 */
int gnb_lane_end_counted(struct gnb_lane *l, bool verify, bool exact);

/* Begin a round; make it sample `at`. */
void gnb_lane_round_begin(struct gnb_lane *l);
void gnb_lane_round_keep(struct gnb_lane *l, unsigned at);

/* Forget the spans of the last run; add them to the histograms. */
void gnb_lane_spans_begin(struct gnb_lane *l);
void gnb_lane_spans_keep(struct gnb_lane *l);

#endif
