/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A cell measured step by step, as somebody else says when: for two processes that take turns, round by round. Its rounds
 * are those of the runner. Main thread only.
 */
#ifndef GNB_STEPS_H
#define GNB_STEPS_H

#include "round.h"

/* Most rounds between opening and closing. */
#define GNB_STEPS_MAX GNB_ROUNDS_MAX

struct gnb_steps {
	struct gnb_measure c;
	struct gnb_outcome o; /* its status and reason say what went wrong */
	struct gnb_run_limits lim;
	uint64_t seed; /* of the layout */
};

/*
 * Open the cell on machines of the layout that a seed draws, warm it up, and scale its runs to block_ns. timeout: seconds
 * that each step may take. 0, or -errno with the outcome settled; close it in both cases.
 */
int gnb_steps_open(struct gnb_steps *s, const struct gnb_plan_cell *pc,
		   const struct gnb_compared *compared, bool quick, double timeout,
		   uint64_t block_ns, uint64_t seed);

/* New machines, of another layout. The same seed draws the same for each lane, whatever was drawn before. */
int gnb_steps_layout(struct gnb_steps *s, uint64_t seed);

/* Measure round `at`, less than GNB_STEPS_MAX. 0; GNB_DROP: it could not be trusted; -errno. */
int gnb_steps_round(struct gnb_steps *s, unsigned at);

/*
 * Prove its effect if nothing failed, and close what is open. 0, or -errno with the outcome settled, which is to be freed.
 */
int gnb_steps_close(struct gnb_steps *s);

#endif
