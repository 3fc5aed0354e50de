/* SPDX-License-Identifier: GPL-2.0-only */
/* What is printed on stdout: the summary table, lists. */
#ifndef GNB_SUMMARY_H
#define GNB_SUMMARY_H

#include <stdio.h>

#include "results.h"

/* Each benchmark's centre (or, in a selection without centres, each cell): median, ratio, class,
 * launches. */
void gnb_summary(FILE *f, struct gnb_results *r);

/* --list and --list=json. */
void gnb_list(FILE *f, const struct gnb_options *o);

#endif
