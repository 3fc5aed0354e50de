/* SPDX-License-Identifier: GPL-2.0-only */
/* Text of a run, which may hold anything, made safe for where it goes. */
#ifndef GNB_ESCAPE_H
#define GNB_ESCAPE_H

#include "text.h"

/* Add text for HTML and for Markdown. Control characters and bytes that are not UTF-8 become U+FFFD. */
void gnb_buf_html(struct gnb_buf *b, const char *text);
void gnb_buf_md(struct gnb_buf *b, const char *text);

/* Add text for a gnuplot data file or argument: no quotes, backslashes, backticks or control characters. */
void gnb_buf_plain(struct gnb_buf *b, const char *text);

/* File names and ids of arbitrary text: [a-z0-9_-] only. A new string; the caller frees it. */
char *gnb_slug(const char *text);

#endif
