/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same cells in instructions, which scripts/hv-instructions puts beside the files of a run (DIR/instructions), and
 * which work of two versions is identical by what is exact.
 */
#ifndef GNB_EXACT_H
#define GNB_EXACT_H

#include "rec.h"

/*
 * Load them. 0; -ENOENT, and in why a sentence about why there are none: they were not counted, are of another program,
 * or cannot be read; "" if nobody tried. Undo with gnb_exact_free().
 */
int gnb_exact_load(const struct gnb_rec_run *r, struct gnb_rec_run *exact, char *why, size_t len);
void gnb_exact_free(struct gnb_rec_run *exact);

/* The cell of the same name among them, or NULL. exact may be NULL: there are none. */
const struct gnb_rec_cell *gnb_exact_cell(const struct gnb_rec_run *exact,
					  const struct gnb_rec_cell *cell);

/*
 * Is what a version does in a metric the same as what another does, by all that is exact: each count, in every launch,
 * and the instructions? False where counts are not exact or instructions were not counted.
 */
bool gnb_exact_same(const struct gnb_rec_run *exact, const struct gnb_rec_cell *cell,
		    const char *version, const char *other, const char *metric);

#endif
