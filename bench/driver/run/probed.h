/* SPDX-License-Identifier: GPL-2.0-only */
/* Runs of cells under gnb-probe, each beside one without it: nothing that is timed in a run is probed. */
#ifndef GNB_PROBED_H
#define GNB_PROBED_H

#include "options.h"
#include "plan.h"
#include "results.h"

/*
 * After all else of a run: those of the plan's cells in which several threads are, and contention.json. What cannot be
 * probed is said on a line and in the file, and the run goes on. 0, or -errno if the file cannot be written.
 */
int gnb_probed(struct gnb_options *o, struct gnb_plan *p, struct gnb_results *r);

#endif
