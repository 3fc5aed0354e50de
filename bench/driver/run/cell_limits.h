/* SPDX-License-Identifier: GPL-2.0-only */
/* The limits of a cell, from the options. */
#ifndef GNB_CELL_LIMITS_H
#define GNB_CELL_LIMITS_H

#include "options.h"
#include "outcome.h"

/* Limits of one cell from the options; seconds and most as in struct gnb_run_limits. */
struct gnb_run_limits gnb_limits(const struct gnb_options *o, const struct gnb_plan_cell *pc,
				 double seconds, double most);

#endif
