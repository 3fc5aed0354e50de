/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that workloads replay: where those are that come along, and in which order their parts have their turn. */
#ifndef GNB_TRACE_FILE_H
#define GNB_TRACE_FILE_H

#include <stddef.h>
#include <stdint.h>

/*
 * Where the file of a parameter's value is: one with a slash is a path; a name is looked for with that ending beside the
 * program as it was built, as it was installed, and in the source tree that we are in. As find of struct gnb_param.
 */
int gnb_trace_find(const char *name, const char *ending, char *path, size_t len, char *why,
		   size_t whylen);

/*
 * The i-th part in an order that jumps over the whole file: the first few are a sample of all of it, however many there
 * is time for, and after as many as there are each had its turn once. It begins anew after the last.
 */
uint64_t gnb_trace_part(uint64_t parts, uint64_t i);

#endif
