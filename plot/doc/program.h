/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What all of the program leans on: its messages, and memory that is there. Nothing here returns on
 * lack of memory: the program says so and ends with 1.
 */
#ifndef GNB_PROGRAM_H
#define GNB_PROGRAM_H

#include <stdarg.h>
#include <stddef.h>

#include "estimate.h"
#include "text.h"

/* "grantbench-report: ..." on stderr. */
void gnb_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* err, after a line on stderr that dir/name cannot be written if it is not 0 but -errno. */
int gnb_written(int err, const char *dir, const char *name);

/* Memory for n items, zeroed; and p with room for n, of which the new ones are not. */
void *gnb_alloc(size_t n, size_t size);
void *gnb_grow(void *p, size_t n, size_t size);

/* A new string; the caller frees it. */
char *gnb_strf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
char *gnb_vstrf(const char *fmt, va_list ap) __attribute__((format(printf, 1, 0)));

/* What gnb_rec_estimate() knows; false if no launch has it. */
bool gnb_estimate_of(const struct gnb_rec_cell *cell, const char *version, const char *metric,
		     struct gnb_rec_estimate *e);

/* What the buffer holds, "" if nothing was added: as a new string that the caller frees, which
 * leaves it empty; or to look at. */
char *gnb_take(struct gnb_buf *b);
const char *gnb_str(const struct gnb_buf *b);

#endif
