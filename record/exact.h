/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The same cells in instructions, which scripts/hv-instructions puts beside the files of a run (DIR/instructions).
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

#endif
