/* SPDX-License-Identifier: GPL-2.0-only */
/* How far the cores of a cell's threads are apart, before and after it. */
#ifndef GNB_CANARY_H
#define GNB_CANARY_H

#include "round.h"

/* The threads of a cell that share a lock; 1: its threads do not. */
unsigned gnb_contenders(const struct gnb_cell *cell);

/* Measure it between the first core and each other one: at a cell's begin (0) and at its end (1). Nothing of a cell of one
 * thread, or where times mean nothing. */
void gnb_canary(struct gnb_measure *c, unsigned when);

/* A cell whose cores came to lie elsewhere while it ran is unstable: its rounds are of two groups. */
void gnb_canary_judge(struct gnb_measure *c);

#endif
