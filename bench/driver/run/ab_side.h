/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A side of `grantbench ab`: a process that measures a round when it is told to. It reads a JSON object a line from standard
 * input and answers each with one line on standard output (docs/results.md, "The sides of ab").
 */
#ifndef GNB_AB_SIDE_H
#define GNB_AB_SIDE_H

#include "options.h"
#include "plan.h"

/* What the other end has to speak, counted up when an old one would misunderstand. */
#define GNB_AB_PROTOCOL 1

/* Be a side with the cells of a plan, until standard input ends. Returns the exit code. */
int gnb_ab_side(const struct gnb_options *o, struct gnb_plan *p, const struct gnb_target *t);

#endif
