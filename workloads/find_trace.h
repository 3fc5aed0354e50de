/* SPDX-License-Identifier: GPL-2.0-only */
/* Where a trace is that a parameter names. */
#ifndef GNB_FIND_TRACE_H
#define GNB_FIND_TRACE_H

#include <stddef.h>

/*
 * A value with a slash is a path. A name is looked for beside the program as it was built, as it was installed, and in the
 * source tree that we are in; the file's name ends with that ending. 0 with its path, or -errno with why, as gnb_param.
 */
int gnb_find_trace(const char *name, const char *ending, char *path, size_t len, char *why,
		   size_t whylen);

#endif
