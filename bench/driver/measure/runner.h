/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One cell: its sides measured round by round. In a round every side runs for about the same time,
 * in a random order; the baseline runs in the order A A' A' A, so that a steady drift falls out of
 * A/A', and which of the two is the numerator is drawn by lot. Main thread only.
 */
#ifndef GNB_RUNNER_H
#define GNB_RUNNER_H

#include "outcome.h"

/* Measure. Never fails as such: the outcome says what happened. */
void gnb_run_cell(const struct gnb_plan_cell *pc, unsigned launch, const struct gnb_run_limits *lim,
		  struct gnb_outcome *out);

#endif
