/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A figure measured on two sides that took turns: of each launch one ratio, and what they say together. Locking: none.
 */
#ifndef GNB_PAIRED_H
#define GNB_PAIRED_H

#include <stdbool.h>

#include "sign.h"

struct gnb_paired {
	char *cell, *bench, *version, *metric, *unit; /* of the other side; owned */
	char *to; /* what the base measured, if that is not the same cell and version; owned */
	bool higher_better;
	size_t n;		    /* launches */
	double *base, *now, *ratio; /* what each said, in turn; owned */
	enum gnb_sign said;
	struct gnb_estimate estimate; /* of the ratio */
};

/* A launch said so. What was established before stands: it is not added then. 0 or -ENOMEM. */
int gnb_paired_add(struct gnb_paired *p, double base, double now, double ratio, double threshold,
		   double alpha);

/* The medians of what both sides said. NaN without a launch. */
double gnb_paired_base(const struct gnb_paired *p);
double gnb_paired_now(const struct gnb_paired *p);

/* Free what it holds. */
void gnb_paired_free(struct gnb_paired *p);

#endif
