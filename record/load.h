/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading the folder of a run. */
#ifndef GNB_LOAD_H
#define GNB_LOAD_H

#include "hist.h"
#include "rec.h"

/*
 * Read the run in dir, which has to stay as it is and is not copied. A line of cells.jsonl that was
 * done again replaces the earlier one; lines that cannot be read are counted and left out. 0; or,
 * with a sentence in err and nothing left to free: -ENOENT, -EACCES, -EINVAL, -ENOTSUP: dir is
 * absent, not readable, no results folder, of another schema; -EIO: its cells.jsonl cannot be read;
 * -ENOMEM.
 */
int gnb_rec_load(struct gnb_rec_run *r, const char *dir, char *err, size_t len);

/*
 * The same of a run whose manifest and lines (an array of objects) are in memory. They stay the caller's, and are not
 * changed. 0, or -ENOMEM or -EINVAL with nothing left to free.
 */
int gnb_rec_take(struct gnb_rec_run *r, const char *dir, struct json_object *manifest,
		 struct json_object *lines);

/* Free all of it. A run that is all zeroes does nothing. */
void gnb_rec_free(struct gnb_rec_run *r);

/*
 * Add the samples of a row's latency to bins. 0; -ENODATA if the row has none; -EINVAL if it names
 * a file outside the run; else -errno of reading the file.
 */
int gnb_rec_latency(const struct gnb_rec_run *r, const struct gnb_rec_row *row,
		    struct gnb_hist_bins *bins);

#endif
