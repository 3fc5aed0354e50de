/* SPDX-License-Identifier: GPL-2.0-only */
/* A plan: the cells of a run, and what the target leaves out. */
#ifndef GNB_CELLS_H
#define GNB_CELLS_H

#include <gnb/bench.h>

struct gnb_plan_cell {
	struct gnb_cell cell;
	const char
		*axis; /* NULL: the centre; the parameter that differs; "set" for more than one */
	bool headline; /* re-launched as separate processes */
};

/* What would be in the plan on another target. */
struct gnb_left_out {
	const char *what; /* "flush", a parameter, or "iotlb_flush", a benchmark */
	bool bench;	  /* none of its cells can run here; one stays, to say so in the results */
	const char *why;
};

struct gnb_plan {
	struct gnb_plan_cell *cells;
	size_t n;
	/* What the target leaves no choice of, in lines for people: see struct gnb_left_out. */
	struct gnb_left_out *left_out;
	size_t nleft_out;
	/* The K-th of N parts of a whole plan, whose names, a line each, have this SHA-256; of is 0 of a whole one. */
	struct {
		unsigned long number, of;
		char whole[65];
	} part;
	char **strings; /* names and values that the cells point to */
	size_t nstrings;
};

/* The cell of that name, or NULL. */
struct gnb_plan_cell *gnb_plan_find(struct gnb_plan *p, const char *name);

/* Free what it holds; it is empty then. */
void gnb_plan_free(struct gnb_plan *p);

#endif
