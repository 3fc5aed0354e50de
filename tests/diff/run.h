/* SPDX-License-Identifier: GPL-2.0-only */
/* Sub-streams, their traces, comparing and shrinking. */
#ifndef DIFF_RUN_H
#define DIFF_RUN_H

#include "gen.h"

#define COVER_STATUSES 24

/* How often each kind of operation ended how. */
struct diff_cover {
	uint64_t ops, items, lines;
	uint64_t status[DIFF_KINDS]
		       [16]; /* per structure: GNTST_okay .. GNTST_no_space by their negative */
	uint64_t rc[DIFF_KINDS][COVER_STATUSES]; /* per hypercall that did not return 0 or a number
						    of extents */
	long rcs[COVER_STATUSES];		 /* which these are */
	unsigned nrc;
	uint64_t crashes;
};

void diff_cover_count(struct diff_cover *c, const struct diff_op *op);
void diff_cover_print(const struct diff_cover *c, FILE *f);

/*
 * One sub-stream on b: ops operations made as it goes, which are then in l; or those of l again.
 * The trace goes to f, the counts to c (may be NULL). 0; -EUCLEAN if the backend found a broken
 * invariant, which is in the trace; other errors of opening.
 */
int diff_generate(struct diff_backend *b, struct diff_list *l, unsigned ops, uint32_t without,
		  FILE *f, struct diff_cover *c);
int diff_replay(struct diff_backend *b, struct diff_list *l, FILE *f, struct diff_cover *c);

/* The operations of the next sub-stream in f. 1, 0 at the end, -EINVAL with the number of the bad
 * line. */
int diff_read(FILE *f, struct diff_list *l, unsigned *line);

/* The first line in which two traces of a sub-stream differ. */
struct diff_where {
	unsigned line;			 /* from 1 */
	char a[DIFF_LINE], b[DIFF_LINE]; /* "" past the end */
	char kind[16];			 /* of operation, or "state" */
};

/* True if they differ. raw: handles have to be the same numbers, too. */
bool diff_texts(const char *a, const char *b, bool raw, struct diff_where *w);

/* Print it: the operation once, the two results below each other; or the two lines of state. */
void diff_where_print(const struct diff_where *w, const char *name_a, const char *name_b, FILE *f);

/* Compare two trace files, sub-stream by sub-stream. Number of those that differ, or -errno. */
long diff_files(const char *a, const char *b, bool raw, FILE *out);

/*
 * Leave out operations of l while the two backends still differ in the same kind of line. l becomes
 * the short list, *w where it differs. Returns how many runs it took, or -ENOENT if there is no
 * difference.
 */
long diff_shrink(struct diff_backend *a, struct diff_backend *b, struct diff_list *l, bool raw,
		 struct diff_where *w);

/* Run l on both. True if they differ. */
bool diff_both(struct diff_backend *a, struct diff_backend *b, struct diff_list *l, bool raw,
	       struct diff_where *w);

#endif
