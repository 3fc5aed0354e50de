/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether a cell can be believed, by its control. Internal to the runner. */
#ifndef GNB_JUDGE_H
#define GNB_JUDGE_H

#include "round.h"

/*
 * Is a cell judged by metric i of its list? Spans of a latency metric are few and their tails long: its figures are its
 * percentiles, and it is one only if the cell has no other time.
 */
bool gnb_judged(const struct gnb_metric *m, unsigned i);

/*
 * The widest interval of the control, of the metrics that the cell is judged by: infinite while one
 * of them has none, 0 if there is nothing to judge by.
 */
double gnb_judge_width(const struct gnb_measure *c);

/* Settle a cell as unstable if its control says so, or if no round was usable. */
void gnb_judge(struct gnb_measure *c);

#endif
