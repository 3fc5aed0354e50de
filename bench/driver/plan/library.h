/* SPDX-License-Identifier: GPL-2.0-only */
/* Google Benchmark's options on our command line. */
#ifndef GNB_LIBRARY_H
#define GNB_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Read one option --benchmark_*. Those that mean the same as ours are handed out: *filter (NULL for all cells; points
 * into arg) or *list is set. The others would change nothing here, or something behind the suite's back: -EINVAL, with
 * one line in err that names what to write instead.
 */
int gnb_library_option(const char *arg, const char **filter, bool *list, char *err, size_t len);

#endif
