/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where the level of a series changed. Points are judged one after another, in their order, by those before them alone:
 * what is found in a series is what was found when it was that long, and the same points always give the same answer.
 * docs/history.md says how, after whom, and how often it errs.
 * Locking: none; a judge belongs to one thread at a time.
 */
#ifndef GNB_CHANGE_H
#define GNB_CHANGE_H

#include <stdbool.h>
#include <stddef.h>

/* Points that the newest are held against: the latest of their level, at most so many. */
#define GNB_JUDGE_BASE 300
/* The most of the newest that are taken together. */
#define GNB_JUDGE_WINDOW 64
/* What is kept of a series. */
#define GNB_JUDGE_KEPT 512

struct gnb_change {
	size_t at;   /* the first point of the new level, from 0 */
	size_t seen; /* the point that gave it away */
	double before,
		after; /* medians of the points of both levels, as of then; exact: the two figures */
};

/* A series as far as it was judged. All zeroes: no point yet. */
struct gnb_judge {
	bool exact;		     /* set it first: any difference is a change */
	size_t n;		     /* points so far */
	size_t start;		     /* the first of the present level */
	double last[GNB_JUDGE_KEPT]; /* point i is at i % GNB_JUDGE_KEPT */
	double base[GNB_JUDGE_BASE]; /* sorted */
	size_t nr_base;
	double before, spread; /* of the level before; spread is 0 if there is none */
};

/* The next point, which is finite. Is there a change that it gives away? */
bool gnb_judge_next(struct gnb_judge *j, double value, struct gnb_change *change);

#endif
