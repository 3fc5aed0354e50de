/* SPDX-License-Identifier: GPL-2.0-only */
/* A run in files for machines (docs/results.md): summary.json, summary.csv, benchmark.json. */
#ifndef GNB_EXPORT_H
#define GNB_EXPORT_H

#include "rec.h"
#include "text.h"

/* What the cells come to over their launches: an object that the caller owns, or NULL without memory. */
struct json_object *gnb_export_summary(const struct gnb_rec_run *r);

/* The same as a table with one header line; memory that runs out is remembered in b. */
void gnb_export_csv(const struct gnb_rec_run *r, struct gnb_buf *b);

/* Write all three into the folder of the run. 0, or -errno of the first that could not be written. */
int gnb_export_write(const struct gnb_rec_run *r);

#endif
