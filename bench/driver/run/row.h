/* SPDX-License-Identifier: GPL-2.0-only */
/* A cell's outcome as a line of cells.jsonl (docs/results.md). */
#ifndef GNB_RECORD_H
#define GNB_RECORD_H

#include "json.h"
#include "outcome.h"

/*
 * The line. dir is the run folder, in which histograms are written; NULL: no files. 0 and a new
 * object, or -errno if a histogram could not be written (-ENOSPC, -EIO) or -ENOMEM.
 */
int gnb_record_make(const struct gnb_outcome *o, const char *dir, struct json_object **line);

/* The line of a cell that has nothing but a status and a reason. */
struct json_object *gnb_record_bare(const struct gnb_plan_cell *pc, unsigned launch,
				    enum gnb_status status, const char *reason, double seconds);

/* The same of one that was left out because the run's budget was used up. */
struct json_object *gnb_record_unreached(const struct gnb_plan_cell *pc, unsigned launch,
					 const char *reason);

#endif
