/* SPDX-License-Identifier: GPL-2.0-only */
/* Words of the command line: how near one is to another, and lists of them. */
#ifndef GNB_SPELLING_H
#define GNB_SPELLING_H

#include <stddef.h>

/* Levenshtein distance of the first n characters of a, and b; 99 of long ones. */
unsigned gnb_distance(const char *a, size_t n, const char *b);

/* Words of --probe, and what gnb-probe calls each; both end with NULL. */
extern const char *const gnb_probe_words[], *const gnb_probe_whats[];

/* The words of a list, as bits in the order above in *bits if not NULL. 0, or -EINVAL with one line in err. */
int gnb_probe_what(const char *list, unsigned *bits, char *err, size_t len);

#endif
