/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps that were meant: kept with the baseline by name, which is held against them from then on. */
#ifndef GNB_ACCEPT_H
#define GNB_ACCEPT_H

#include "compare.h"

/*
 * Keep what the failing rows of a comparison with one other are now, those whose name (gnb_cmp_name()) the POSIX
 * extended expression matches, in the file of its base. *n: how many; with none of them nothing is written. 0; -EINVAL
 * with a sentence in err: no such expression; or -errno of the file, with one.
 */
int gnb_accept(const struct gnb_comparison *c, const char *root, const char *pattern,
	       const char *reason, size_t *n, char *err, size_t len);

#endif
