/* SPDX-License-Identifier: GPL-2.0-only */
/* How far two words are apart, to guess what somebody meant. */
#ifndef GNB_DISTANCE_H
#define GNB_DISTANCE_H

#include <stddef.h>

/* Levenshtein distance of the first n characters of a, and b; 99 if one of them has 63 or more. */
unsigned gnb_distance(const char *a, size_t n, const char *b);

#endif
