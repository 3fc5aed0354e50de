/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Readings of an operation that was done many times in a row (GNB_OP_DRIVER): three metrics, one behind the other, of
 * their mean, their median and the least.
 */
#ifndef GNB_READINGS_H
#define GNB_READINGS_H

#include <gnb/bench.h>

enum { GNB_READ_MEAN, GNB_READ_MEDIAN, GNB_READ_LEAST, GNB_READINGS };

/* The three metrics of an operation, in their order. */
#define GNB_READINGS_OF(name_, unit_)                                                              \
	GNB_COST(name_, unit_), GNB_COST(name_ "_p50", unit_), GNB_COST(name_ "_min", unit_)

/* n readings of per operations each become spans of the metrics from `first` on; they are put in order. */
void gnb_readings(struct gnb_side *s, unsigned first, uint64_t *ticks, unsigned n, unsigned per);

#endif
