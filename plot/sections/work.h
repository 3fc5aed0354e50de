/* SPDX-License-Identifier: GPL-2.0-only */
/* What is exact about a headline: its ratio of instructions, and the work that differs. */
#ifndef GNB_WORK_H
#define GNB_WORK_H

#include "headline.h"

/*
 * "1.021; flushes 0.0313 instead of 1": instructions where they were counted, and flushes, locks, references and
 * invalidations per operation where they differ from the baseline's; "-" if there is nothing to say. Free it.
 */
char *gnb_work_text(const struct gnb_figs *f, const struct gnb_headline *h);

/* Add what differs of the work counts of two versions: "flushes 0.0313 instead of 1"; nothing if either is NULL. */
void gnb_work_differs(struct gnb_buf *b, struct json_object *ours, struct json_object *base);

/* The exact ratio of instructions of a cell, to the same baseline as the run's; false if there is none. */
bool gnb_work_ratio(const struct gnb_figs *f, const struct gnb_rec_cell *cell, const char *version,
		    const char *metric, struct gnb_estimate *ratio);

/* A note about the headlines that have no instructions, and why. */
void gnb_work_missing(struct gnb_figs *f, const struct gnb_headlines *all);

#endif
