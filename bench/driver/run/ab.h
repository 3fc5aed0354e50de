/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Two sides measured in turn, launch after launch, until it is established what they differ by: `grantbench ab`
 * (docs/methodology.md, "Two sides in turn"). Main thread only.
 */
#ifndef GNB_AB_H
#define GNB_AB_H

#include "ab_result.h"

/* More cells than this are a run's, and not a few. */
#define GNB_AB_CELLS_MAX 64

/* Measure. 0; or an exit code with one line in err. Free the result in both cases. */
int gnb_ab(const struct gnb_ab_options *o, struct gnb_ab_result *r, char *err, size_t len);

#endif
