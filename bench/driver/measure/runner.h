/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One cell: its sides measured round by round. In a round every side runs once, for about the same
 * time, in a random order; the control, the baseline's version on machines of its own, is one of
 * them. Main thread only.
 */
#ifndef GNB_RUNNER_H
#define GNB_RUNNER_H

#include "outcome.h"

/* Measure. Never fails as such: the outcome says what happened. */
void gnb_run_cell(const struct gnb_plan_cell *pc, unsigned launch, const struct gnb_run_limits *lim,
		  struct gnb_outcome *out);

#endif
