/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A run as series: what dashboards and histories follow from run to run, each with a name of its own that is the same
 * in every run. A figure that a run does not have is no series of it.
 */
#ifndef GNB_SERIES_H
#define GNB_SERIES_H

#include "estimate.h"
#include "text.h"

/* A name for readers that want short ones is no longer than this. */
#define GNB_SERIES_SHORT 80

enum gnb_series_kind {
	GNB_SERIES_VALUE, /* what the metric measures */
	GNB_SERIES_RATIO, /* that, to the baseline's */
	GNB_SERIES_COUNT, /* work per operation */
};

struct gnb_series {
	enum gnb_series_kind kind;
	const struct gnb_rec_cell *cell;
	const struct gnb_rec_row *row; /* version, metric and what else the first launch says */
	const char *unit;     /* "ns/page"; "ratio", "ratio of instructions"; "per operation" */
	const char *ratio_to; /* of a ratio */
	const char *count;    /* of a count, its name */
	bool higher_better;   /* of a count never: work is what costs */
	bool centre;	      /* in the centre of its benchmark, or in one that has none */
	bool idle;	      /* a count that is 0 for every version of the cell */
	char class;	      /* C, H, S or X (docs/results.md) */
	struct gnb_estimate
		figure; /* value is finite; lo, hi and level are NaN without an interval */
	unsigned launches;
	struct json_object
		*counts; /* of a value, all there are beside it; NULL if there are none */
};

/*
 * Each series of a cell, in the order of the record. Counts are of the centres and of benchmarks without one: of sweeps
 * there are too many for a chart each. 0 or -ENOMEM.
 */
int gnb_series_of(const struct gnb_rec_cell *c,
		  void (*do_one)(void *arg, const struct gnb_series *s), void *arg);

/* Those of all cells that ended "ok". */
int gnb_series_each(const struct gnb_rec_run *r,
		    void (*do_one)(void *arg, const struct gnb_series *s), void *arg);

/* What comes after the cell in a series' name: "/v1/map", "/v2/map/ratio", "/v1/map/count.flushes". */
void gnb_series_rest(const struct gnb_series *s, struct gnb_buf *b);

/* The whole name. */
void gnb_series_name(const struct gnb_series *s, struct gnb_buf *b);

/*
 * At most GNB_SERIES_SHORT characters that depend on the full name alone, so that they are the same in every run: a
 * long one loses the end of its parameters to a hash of the whole.
 */
void gnb_series_short(const char *cell, const char *rest, char name[GNB_SERIES_SHORT + 1]);

#endif
