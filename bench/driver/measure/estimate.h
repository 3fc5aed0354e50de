/* SPDX-License-Identifier: GPL-2.0-only */
/* From the samples of a cell's lanes to its figures. */
#ifndef GNB_ESTIMATE_H
#define GNB_ESTIMATE_H

#include "outcome.h"
#include "stats.h"

/* Median, interval and so on of a metric of a lane; n == 0 if it was not measured. */
struct gnb_estimate gnb_outcome_value(const struct gnb_outcome *o, unsigned lane, unsigned metric);
/* The per-round ratio to the baseline. */
struct gnb_estimate gnb_outcome_ratio(const struct gnb_outcome *o, unsigned lane, unsigned metric);
/* The baseline against itself. */
struct gnb_estimate gnb_outcome_self(const struct gnb_outcome *o, unsigned metric);
/* Median share of a thread. */
double gnb_outcome_share(const struct gnb_outcome *o, unsigned lane, unsigned thread);

#endif
