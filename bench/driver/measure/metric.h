/* SPDX-License-Identifier: GPL-2.0-only */
/* A metric's figure and unit, by the clock of the target that it is measured on. Pure functions. */
#ifndef GNB_METRIC_H
#define GNB_METRIC_H

#include <gnb/bench.h>

#define GNB_UNIT_LEN 64

/* Is the figure a count of class C, and no time? */
bool gnb_metric_exact(const struct gnb_metric *m, const struct gnb_clock *c);

/*
 * The unit of its figures: the metric's own where the clock tells time; else "instructions/page"
 * for "ns/page", and for a rate the cost of what it counts: "instructions/KiB" for "MB/s".
 */
void gnb_metric_unit(const struct gnb_metric *m, const struct gnb_clock *c, char *unit, size_t len);
enum gnb_better gnb_metric_better(const struct gnb_metric *m, const struct gnb_clock *c);

/* The figure in that unit, from what the clock showed and operations. NaN without operations. */
double gnb_metric_value(const struct gnb_metric *m, const struct gnb_clock *c, uint64_t spent,
			uint64_t ops);

/* Is the unit a time, and how many nanoseconds is 1 of it? 0 if not. */
double gnb_unit_ns(const char *unit);

#endif
