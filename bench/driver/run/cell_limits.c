/* SPDX-License-Identifier: GPL-2.0-only */
/* The limits of a cell, from the options. */
#include "cell_limits.h"

struct gnb_run_limits gnb_limits(const struct gnb_options *o, const struct gnb_plan_cell *pc,
				 double seconds, double most)
{
	return (struct gnb_run_limits){
		.seconds = seconds,
		.most = most,
		.timeout = o->timeout,
		.launches = pc->headline ? 1 + (unsigned)o->launches : 1,
		.min_time = o->min_time,
		.repetitions = o->repetitions,
		.compared = o->compared,
		.quick = o->quick,
		.counts_only = o->counts_only,
		.perf = o->perf,
	};
}
