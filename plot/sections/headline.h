/* SPDX-License-Identifier: GPL-2.0-only */
/* The ratios that the report is about: those of cells that were launched again, or of the centres. */
#ifndef GNB_HEADLINE_H
#define GNB_HEADLINE_H

#include "fig.h"

/* A version and metric, with and without the cost of a hypercall's entry, since either alone would mislead. */
struct gnb_headline {
	const struct gnb_rec_cell *bare, *with; /* one of them can be NULL */
	const char *version, *metric;
	char *what; /* "map_unmap unmap, mapper:pv" */
};

struct gnb_headlines {
	struct gnb_headline
		*h; /* map_unmap first, else as in the run; versions of a metric in turn */
	size_t n;
	bool again; /* of cells that were launched again */
};

/* What a cell says of a version's metric, if that is with a ratio; cell may be NULL. */
bool gnb_ratio_of(const struct gnb_rec_cell *cell, const char *version, const char *metric,
		  struct gnb_rec_estimate *e);

/* Find them. Undo with gnb_headlines_free(). */
struct gnb_headlines gnb_headlines(const struct gnb_rec_run *r);
void gnb_headlines_free(struct gnb_headlines *h);

/* The cell that stands for a headline, the one without entry if there is one, and its ratio. */
const struct gnb_rec_cell *gnb_headline_cell(const struct gnb_headline *h,
					     struct gnb_rec_estimate *e);

/* Versions that have a ratio, in order of appearance, and the one that it is to: at most max, returns how many. */
size_t gnb_compared(const struct gnb_rec_run *r, const char **version, size_t max, const char **to);

#endif
