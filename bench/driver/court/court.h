/* SPDX-License-Identifier: GPL-2.0-only */
/* A cache line that goes to and fro between two threads on cores of their own: how far those are apart. */
#ifndef GNB_COURT_H
#define GNB_COURT_H

#include <stdbool.h>
#include <stdint.h>

/* Each word has a line of its own, and the neighbour's, which processors fetch with it. Zeroed at first. */
struct gnb_court {
	_Alignas(256) uint32_t ball;
	_Alignas(256) uint32_t partner; /* the thread whose turn it is */
};

/*
 * By one thread: nanoseconds one way to thread `with`, the median over bursts; NaN if there were too few in 20 ms. *lost:
 * it did not answer, and nobody else is to be asked.
 */
double gnb_court_serve(struct gnb_court *c, unsigned with, bool *lost);

/* By the same, at the end. */
void gnb_court_close(struct gnb_court *c);

/* By thread `self`, not 0: answers until the end. */
void gnb_court_answer(struct gnb_court *c, unsigned self);

#endif
