/* SPDX-License-Identifier: GPL-2.0-only */
/* A cell made ready for its rounds, and its end. Internal to whoever measures: runner.c, and steps.c. */
#ifndef GNB_READY_H
#define GNB_READY_H

#include "round.h"

/* Begin with a cell: c and o are as before its first machine. o->status is not GNB_OK if it cannot be measured. */
void gnb_measure_begin(struct gnb_measure *c, const struct gnb_plan_cell *pc, unsigned launch,
		       const struct gnb_run_limits *lim, struct gnb_outcome *o);

/*
 * Open the lanes that can run and forget the others, keeping why; with a control or without. None that can, or one that
 * should have and failed, settles the cell's status.
 */
void gnb_measure_open(struct gnb_measure *c, bool control);

/*
 * If every timed run of the cell needs a thread that is running elsewhere, start it: not where the benchmark has its own,
 * or nothing is timed. 0, or -errno with the cell's status settled.
 */
int gnb_measure_peer(struct gnb_measure *c);

/* A fixed number of operations before work is counted. 0, or -errno with the cell's status settled. */
int gnb_measure_warm(struct gnb_measure *c, struct gnb_lane *l);

/* Find how many iterations last for block_ns; warms the lane up on the way. Work that is fixed is not scaled. The same. */
int gnb_measure_scale(struct gnb_measure *c, struct gnb_lane *l, uint64_t block_ns);

/*
 * The next layout: all lanes get new machines alike. They are made in an order drawn by lot, since where the host's memory
 * puts a machine depends on those that were made before it. The same.
 */
int gnb_measure_layout(struct gnb_measure *c);

/* Close what is open, with a proof of its effect if nothing failed so far. */
void gnb_measure_close(struct gnb_measure *c);

#endif
