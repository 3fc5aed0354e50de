/* SPDX-License-Identifier: GPL-2.0-only */
/* One cell on two sides in one launch. Internal to ab.c. */
#ifndef GNB_AB_CELL_H
#define GNB_AB_CELL_H

#include "ab_process.h"
#include "ab_result.h"

struct gnb_ab_cell {
	char *name[GNB_AB_SIDES];
	char *bench;
	size_t row, rows; /* its part of the result; rows is 0 before the first launch */
	bool left_out;
};

/* Both processes of a launch, and what is drawn. */
struct gnb_ab_launch {
	struct gnb_ab_process *p; /* GNB_AB_SIDES of them */
	uint64_t *lot;		  /* state of gnb_rand() */
	double slice;		  /* seconds for each cell */
};

/*
 * Measure the cell for its slice on layouts that both sides have alike, in turn, and add what the launch says to its rows
 * in r: in the first one they are made. 0; or an exit code with one line in err.
 */
int gnb_ab_cell(const struct gnb_ab_launch *l, struct gnb_ab_cell *c,
		const struct gnb_ab_options *o, struct gnb_ab_result *r, char *err, size_t len);

#endif
