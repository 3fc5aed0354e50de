/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters of the processor and the kernel in a line of cells.jsonl. */
#ifndef GNB_PERF_ROW_H
#define GNB_PERF_ROW_H

#include "outcome.h"

/* The line's perf object (docs/results.md). */
struct json_object *gnb_perf_json(const struct gnb_outcome *o);

#endif
