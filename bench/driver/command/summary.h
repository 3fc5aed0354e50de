/* SPDX-License-Identifier: GPL-2.0-only */
/* What is printed on stdout: the summary table, lists. */
#ifndef GNB_SUMMARY_H
#define GNB_SUMMARY_H

#include <stdio.h>

#include "rec.h"
#include "results.h"

/* Each benchmark's centre (or, in a selection without centres, each cell): median, ratio with its interval and level,
 * class. run is r as a reader has it. */
void gnb_summary(FILE *f, struct gnb_results *r, const struct gnb_rec_run *run);

/* --list and --list=json. */
void gnb_list(FILE *f, const struct gnb_options *o);

#endif
