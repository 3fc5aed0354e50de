/* SPDX-License-Identifier: GPL-2.0-only */
/* Growing text buffers. */
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

static bool room(struct gnb_buf *b, size_t n)
{
	size_t cap;
	char *s;

	if (b->failed)
		return false;
	if (n < b->cap - b->len)
		return true;
	cap = (b->len + n + 1) * 2;
	s = n < SIZE_MAX / 2 - b->len - 1 ? realloc(b->s, cap) : NULL;
	if (!s) {
		b->failed = true;
		return false;
	}
	b->s = s;
	b->cap = cap;
	return true;
}

void gnb_buf_addn(struct gnb_buf *b, const char *s, size_t n)
{
	if (!room(b, n))
		return;
	memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void gnb_buf_add(struct gnb_buf *b, const char *s)
{
	gnb_buf_addn(b, s, strlen(s));
}

void gnb_buf_fmt(struct gnb_buf *b, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&s, fmt, ap);
	va_end(ap);
	if (n < 0) {
		b->failed = true;
		return;
	}
	gnb_buf_addn(b, s, (size_t)n);
	free(s);
}

char *gnb_buf_take(struct gnb_buf *b)
{
	char *s;

	gnb_buf_addn(b, "", 0);
	s = b->failed ? NULL : b->s;
	if (!s)
		free(b->s);
	*b = (struct gnb_buf){ 0 };
	return s;
}

void gnb_buf_free(struct gnb_buf *b)
{
	free(b->s);
	*b = (struct gnb_buf){ 0 };
}

size_t gnb_utf8(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = *s < 0x80		     ? 1
		   : *s >= 0xc2 && *s < 0xe0 ? 2
		   : (*s & 0xf0) == 0xe0     ? 3
		   : *s >= 0xf0 && *s < 0xf5 ? 4
					     : 0;

	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	/* Too long a way to say it, a half of a pair, beyond the last one. */
	if ((n == 3 && ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f))) ||
	    (n == 4 && ((*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))))
		return 0;
	return n;
}
