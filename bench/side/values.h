/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Parameters of a benchmark, for those who make its cells. What a benchmark itself may ask is in
 * gnb/bench.h; this folder is what stands behind that header.
 */
#ifndef GNB_VALUES_H
#define GNB_VALUES_H

#include <gnb/bench.h>

/* Index of a parameter in b->params, or -1. */
int gnb_param_index(const struct gnb_bench *b, const char *name);

/* Does a parameter mean anything on this target? What does not is in no cell's name. */
bool gnb_param_means(const struct gnb_target *t, const char *name);

/* Are the first n characters of s a whole number of one to nine digits? */
bool gnb_is_number(const char *s, size_t n);

#endif
