/* SPDX-License-Identifier: GPL-2.0-only */
/* One round of a cell: every side once, in a random order. Internal to the runner. */
#ifndef GNB_ROUND_H
#define GNB_ROUND_H

#include "outcome.h"

/* A cell being measured. */
struct gnb_measure {
	struct gnb_outcome *o;
	const struct gnb_run_limits *lim;
	const struct gnb_bench *bench;
	uint64_t begin, share_ns, most_ns, timeout_ns; /* nanoseconds of gnb_now() */
	uint64_t lot;				       /* state of gnb_rand() */
	unsigned max;				       /* rounds */
	unsigned layout;			       /* the current one */
	unsigned layout_rounds;			       /* done in it */
	uint64_t layout_ns;			       /* how long each lasts */
	uint64_t layout_end;			       /* when the current one ends, of gnb_now() */
	unsigned look_at; /* rounds after which to see whether they are enough */
	bool peer;	  /* every timed run needs the running peer */
	bool exact;	  /* the target's clock is: times of the host play no part */
};

/* A signal came, or the cell's timeout passed. */
bool gnb_measure_over(const struct gnb_measure *c);

/* Settle the cell's status, unless it is settled. */
void gnb_measure_fail(struct gnb_measure *c, enum gnb_status status, const char *why);

/* If rc is an error, the lane's reason becomes the cell's. Returns rc. */
int gnb_measure_lane(struct gnb_measure *c, const struct gnb_lane *l, int rc);

/* An order of all lanes, drawn by lot: of a round, or in which machines are made. */
void gnb_draw_order(struct gnb_measure *c, unsigned *order);

/*
 * Measure one round and keep or drop it. A run during which this thread or the peer was not running
 * is repeated in place and counted as dropped; a round that does not get through by that is given
 * up. 0, or -errno with the cell's status settled.
 */
int gnb_round(struct gnb_measure *c);

#endif
