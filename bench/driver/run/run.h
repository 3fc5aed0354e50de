/* SPDX-License-Identifier: GPL-2.0-only */
/* A run: all cells of the plan, then the re-launches of headline cells, within the budget. */
#ifndef GNB_RUN_H
#define GNB_RUN_H

#include "options.h"
#include "plan.h"
#include "results.h"

/* Seconds to measure for, from the options and the number of cells and launches. */
double gnb_budget(const struct gnb_options *o, const struct gnb_plan *p);

/*
 * Measure what is missing in r and finish it. Returns the exit code; messages are printed. The
 * results stay open for a summary.
 */
int gnb_run(struct gnb_options *o, struct gnb_plan *p, const struct gnb_target *t,
	    struct gnb_results *r);

#endif
