/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a ratio may be taken for. In every cell the baseline's version is measured once more, as if
 * it were another one: the control. Its ratio would be 1 if nothing but the work mattered, so how
 * far the controls of a run lie from 1 is how large a difference has to be before it is one. Where
 * instructions were counted, a row of another version whose work is the baseline's to the last
 * instruction (gnb_exact_same()) is a control, too.
 */
#ifndef GNB_READING_H
#define GNB_READING_H

#include "estimate.h"

/* A difference below this is of no interest, however well it is established. */
#define GNB_RELEVANT_MIN 0.01
/* With fewer controls than GNB_CONTROLS_MIN of a kind a difference has to be as large as this. */
#define GNB_RELEVANT_UNKNOWN 0.03
#define GNB_CONTROLS_MIN     20

enum gnb_verdict {
	GNB_NOT_ESTABLISHED, /* why says what is missing */
	GNB_NO_DIFFERENCE,   /* none that is relevant */
	GNB_CHEAPER,
	GNB_DEARER,
	GNB_IDENTICAL, /* the work is the same: a control, whatever its ratio is */
	GNB_VERDICTS,
};

struct gnb_reading {
	enum gnb_verdict verdict;
	double threshold; /* of |ratio - 1|; 0 for exact figures */
	size_t controls;  /* that it comes from; 0: too few, and GNB_RELEVANT_UNKNOWN was taken */
	char why[120];	  /* of GNB_NOT_ESTABLISHED */
};

struct gnb_control {
	const struct gnb_rec_cell *cell;
	double off; /* |ratio - 1| of one launch */
};

/* The controls of a run, one for each launch and metric; all zeroes: of none. */
struct gnb_controls {
	struct gnb_control *control; /* those of a cell in a row */
	size_t n;
	size_t identical; /* of these, rows of another version */
	const struct gnb_rec_run *exact;
};

/*
 * Gather them. exact: the same cells in instructions, which have to live as long, or NULL: no row of another version is
 * a control. 0 or -ENOMEM. Undo with gnb_controls_free().
 */
int gnb_controls_of(struct gnb_controls *c, const struct gnb_rec_run *r,
		    const struct gnb_rec_run *exact);
void gnb_controls_free(struct gnb_controls *c);

/*
 * The 95th percentile of what controls are off 1, of other cells of the same kind (threads, flush
 * and entry): NaN if there are fewer than GNB_CONTROLS_MIN. *n: how many there are.
 */
double gnb_controls_spread(const struct gnb_controls *c, const struct gnb_rec_cell *cell,
			   size_t *n);

/* How far a ratio of the cell has to be from 1. *n: the controls that say so, 0 if they were too few. */
double gnb_threshold(const struct gnb_controls *c, const struct gnb_rec_cell *cell, size_t *n);

/* Were half of its launches unstable, or more? */
bool gnb_unstable(const struct gnb_rec_cell *cell);

/* Read the ratio of e, a figure of cell with a ratio_to. An exact figure differs if it differs. */
struct gnb_reading gnb_read(const struct gnb_controls *c, const struct gnb_rec_cell *cell,
			    const struct gnb_rec_estimate *e);

#endif
