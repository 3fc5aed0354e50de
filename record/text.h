/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A text that grows. Memory that runs out is remembered in the buffer: what is added later is
 * dropped, and whoever takes the text learns of it, so that no single addition has to be checked.
 * Locking: none; a buffer belongs to one thread at a time.
 */
#ifndef GNB_TEXT_H
#define GNB_TEXT_H

#include <stdbool.h>
#include <stddef.h>

struct gnb_buf {
	char *s; /* NUL-terminated; NULL until something was added */
	size_t len, cap;
	bool failed; /* memory ran out: the text is not whole */
};

/* Add n bytes, a string, what printf() would print. */
void gnb_buf_addn(struct gnb_buf *b, const char *s, size_t n);
void gnb_buf_add(struct gnb_buf *b, const char *s);
void gnb_buf_fmt(struct gnb_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* The text, "" if nothing was added, as a string to free(); NULL if it is not whole. The buffer is
 * empty afterwards. */
char *gnb_buf_take(struct gnb_buf *b);

/* Empty the buffer and give its memory back. */
void gnb_buf_free(struct gnb_buf *b);

/* Bytes of the character of UTF-8 that a string begins with; 0: what it begins with is none. */
size_t gnb_utf8(const char *s);

#endif
