/* SPDX-License-Identifier: GPL-2.0-only */
/* What version 3 costs beside version 1 and beside the best version without a tree, by kinds of work. */
#ifndef GNB_WORTH_LINES_H
#define GNB_WORTH_LINES_H

#include "fig.h"

#define GNB_WORTH_OURS "v3"
#define GNB_WORTH_BASE "v1"

enum gnb_worth_column {
	GNB_WORTH_BARE,	   /* a hypercall is a function call: the hypervisor's instructions */
	GNB_WORTH_NO_ARGS, /* the same, and a translated guest's arguments need not be found */
	GNB_WORTH_ENTRY, /* with what a hypercall's entry costs: times, if the target does not count it */
	GNB_WORTH_COLUMNS
};

struct gnb_worth {
	const struct gnb_rec_cell *cell; /* NULL: it is not in the run */
	bool exact;
	double ours, base, least; /* per operation, in the row's unit; NaN: it was not measured */
	struct gnb_estimate to_base, to_best;
	const char
		*best; /* of the others that have no tree: which is "least"; NULL: there is none */
};

/* One metric of one kind of work, by one kind of mapper. */
struct gnb_worth_line {
	const char *version;	   /* GNB_WORTH_OURS, or a variant of it */
	const char *work, *mapper; /* in words */
	const char *metric, *unit;
	struct gnb_worth col[GNB_WORTH_COLUMNS];
	/* Why there can be nothing in a column, whatever is run: in words; NULL: there can be. */
	const char *never[GNB_WORTH_COLUMNS];
};

/* Is the line of version 3 itself? */
bool gnb_worth_ours(const struct gnb_worth_line *line);

/* Is version 3 among what the run compares? */
bool gnb_worth_asked(const struct gnb_figs *f);

/* Where something exact is known of version 3 or a variant: *n lines in the order of work, mapper and metric. Free them. */
struct gnb_worth_line *gnb_worth_lines(const struct gnb_figs *f, size_t *n);

/* The sentences that answer, from all lines. */
void gnb_worth_say(struct gnb_figs *f, const struct gnb_worth_line *lines, size_t n);

/* The versions without a tree, version 1 apart, that are in any line: "v2, v1-batch and v1-range"; "" if none. Free it. */
char *gnb_worth_others(const struct gnb_figs *f, const struct gnb_worth_line *lines, size_t n);

/* The kinds of work that no line is of: "taking back 64 pages (revoke)"; "" if there are none. Free it. */
char *gnb_worth_missing(const struct gnb_worth_line *lines, size_t n);

/* The exact column that a line's answer rests on: without entry, or what the target counts; never NULL. */
const struct gnb_worth *gnb_worth_main(const struct gnb_worth_line *line);

/* The most grants that version 3 published in this run with a table's frames as they are by default, and the most of any
 * other version, which *best is: 0 if none did. frames: what the others had. */
struct gnb_worth_growth {
	double ours, others, frames;
	const char *best;
};
struct gnb_worth_growth gnb_worth_growth(const struct gnb_figs *f);

#endif
