/* SPDX-License-Identifier: GPL-2.0-only */
/* Static pages of a history: an index of what moved, a page for each series, and the newest run's ratios. */
#ifndef GNB_DASHBOARD_H
#define GNB_DASHBOARD_H

#include "store.h"
#include "text.h"

struct gnb_dashboard {
	struct gnb_store *store;
	const char *dir; /* where pages are written to */
	struct gnb_row {
		size_t run;   /* of the latest change; 0 without one */
		size_t place; /* by name */
		bool moved;
		char *html;
	} * row; /* of the index */
	size_t nr, moved, points;
	struct gnb_ab {
		double value, lo, hi;
		char *name;
		int64_t series;
	} * ab; /* ratios of the newest run that has any */
	size_t nr_ab;
	size_t ab_run;
	bool failed; /* a page could not be written: a line has said so */
};

/* The drawing of a series, with its changes. */
void gnb_draw_series(struct gnb_buf *b, const struct gnb_store *s, const struct gnb_track *t);

/* An interval on a scale from lo to hi, with a line at 1. */
void gnb_draw_interval(struct gnb_buf *b, const struct gnb_ab *ab, double lo, double hi);

/* A page around what is in body, which is emptied. script: with the index's script. False if there was no memory. */
bool gnb_page(struct gnb_buf *out, const char *title, const char *up, bool script,
	      struct gnb_buf *body);

/* The page of a series, and its row of the index. 0 or -errno. */
int gnb_dashboard_series(void *arg, const struct gnb_track *t);

/* The pages that need all series: index.html, ratios.html. 0 or -errno. */
int gnb_dashboard_finish(struct gnb_dashboard *d);

/* Write a page, with a line on standard error if that fails. */
int gnb_dashboard_write(struct gnb_dashboard *d, const char *name, struct gnb_buf *page);

#endif
