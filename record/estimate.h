/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of one version and metric of a cell, over its launches. */
#ifndef GNB_ESTIMATE_H
#define GNB_ESTIMATE_H

#include "rec.h"

struct gnb_rec_estimate {
	unsigned launches;
	const struct gnb_rec_row *row;	  /* of the first launch */
	struct gnb_estimate value, ratio; /* over launches if there are several, else the one's */
	const char *ratio_to;		  /* NULL: no ratio */
	char ratio_class;	  /* 'H' where it has an interval, else 'X'; 'C' if it is exact */
	unsigned rounds, dropped; /* summed over launches */
};

/* 0; -ENODATA if no launch has a row of this version and metric; -ENOMEM. */
int gnb_rec_estimate(const struct gnb_rec_cell *c, const char *version, const char *metric,
		     struct gnb_rec_estimate *e);

/* Each version and metric that the cell has rows of, in turn. 0 or -ENOMEM. */
int gnb_rec_each_estimate(const struct gnb_rec_cell *c,
			  void (*do_one)(void *arg, const struct gnb_rec_cell *c,
					 const struct gnb_rec_estimate *e),
			  void *arg);

/*
 * The same of the control: e->ratio is that of identical work, row and value are the baseline's, and
 * ratio_to is the baseline. 0; -ENODATA if no launch has a control of this metric; -ENOMEM.
 */
int gnb_rec_control(const struct gnb_rec_cell *c, const char *metric, struct gnb_rec_estimate *e);

#endif
