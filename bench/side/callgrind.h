/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Spans of a counting round under valgrind's callgrind (scripts/hv-instructions): it collects what
 * the hypervisor's entries execute, and writes one dump per span. Without callgrind nothing
 * happens.
 */
#ifndef GNB_CALLGRIND_H
#define GNB_CALLGRIND_H

#include <gnb/bench.h>

/* What was collected before the span is forgotten. */
void gnb_callgrind_begin(void);

/* Dump what was collected since, under the name "CELL VERSION METRIC". */
void gnb_callgrind_end(const struct gnb_side *s, unsigned metric);

#endif
