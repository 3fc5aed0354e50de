/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A trace of the pages that a process wrote to, as scripts/record-pages has it:
 *
 *   gnb-pages 1
 *   pages N           of the process, numbered from 0
 *   US PAGE           a page was written to, so many microseconds after the begin; in the order of time
 *
 * A page has a line for each tick of the recorder in which it was written to. What is behind a # is no part of it.
 */
#ifndef GNB_PAGE_TRACE_H
#define GNB_PAGE_TRACE_H

#include <stddef.h>
#include <stdint.h>

#define GNB_PAGE_TRACE_PAGES (1u << 18) /* at most */

struct gnb_page_write {
	uint32_t us, page;
};

struct gnb_page_trace {
	unsigned pages;
	size_t n;
	struct gnb_page_write *write;
};

/* The trace of a file, as gnb_trace_get(). 0, or -errno with a sentence in why. */
int gnb_page_trace_get(const char *path, const struct gnb_page_trace **t, char *why, size_t len);
void gnb_page_trace_put(const struct gnb_page_trace *t);

#endif
