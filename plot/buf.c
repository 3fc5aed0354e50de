// SPDX-License-Identifier: GPL-2.0-only
/* Growing text buffers and their escaping. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"

static void *or_die(void *p)
{
	if (!p) {
		gnb_complain("out of memory");
		exit(1);
	}
	return p;
}

void *gnb_alloc(size_t n, size_t size)
{
	return or_die(calloc(n ? n : 1, size));
}

void *gnb_grow(void *p, size_t n, size_t size)
{
	return or_die(reallocarray(p, n ? n : 1, size));
}

void gnb_buf_addn(struct gnb_buf *b, const char *s, size_t n)
{
	if (b->len + n + 1 > b->cap) {
		b->cap = (b->len + n + 1) * 2;
		b->s = gnb_grow(b->s, b->cap, 1);
	}
	memcpy(b->s + b->len, s, n);
	b->len += n;
	b->s[b->len] = '\0';
}

void gnb_buf_add(struct gnb_buf *b, const char *s)
{
	gnb_buf_addn(b, s, strlen(s));
}

static char *vstrf(const char *fmt, va_list ap)
{
	char *s;

	if (vasprintf(&s, fmt, ap) < 0)
		or_die(NULL);
	return s;
}

char *gnb_strf(const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = vstrf(fmt, ap);
	va_end(ap);
	return s;
}

void gnb_buf_fmt(struct gnb_buf *b, const char *fmt, ...)
{
	va_list ap;
	char *s;

	va_start(ap, fmt);
	s = vstrf(fmt, ap);
	va_end(ap);
	gnb_buf_add(b, s);
	free(s);
}

void gnb_buf_free(struct gnb_buf *b)
{
	free(b->s);
	memset(b, 0, sizeof(*b));
}

/* Length of the UTF-8 sequence at s, or 0 if it is none that may be printed. */
static size_t utf8_len(const unsigned char *s)
{
	size_t n;

	if (*s < 0x80)
		return *s >= 0x20 && *s != 0x7f;
	if (*s >= 0xc2 && *s <= 0xdf)
		n = 2;
	else if ((*s & 0xf0) == 0xe0)
		n = 3;
	else if (*s >= 0xf0 && *s <= 0xf4)
		n = 4;
	else
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if (*s == 0xe0 && s[1] < 0xa0)
		return 0;
	if (*s == 0xed && s[1] > 0x9f)
		return 0;
	if ((*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
		return 0;
	/* Bidirectional overrides (U+202A..E, U+2066..9) could make a line read as something else.
	 */
	if (*s == 0xe2 && ((s[1] == 0x80 && s[2] >= 0xaa && s[2] <= 0xae) ||
			   (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9)))
		return 0;
	return n;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static const char *html_entity(char c)
{
	switch (c) {
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '&':
		return "&amp;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	case '\n':
	case '\t':
		return " ";
	}
	return NULL;
}

void gnb_buf_html(struct gnb_buf *b, const char *text)
{
	for (const char *p = text; *p;) {
		const char *entity = html_entity(*p);
		size_t n = utf8_len((const unsigned char *)p);

		if (entity)
			gnb_buf_add(b, entity);
		else if (n)
			gnb_buf_addn(b, p, n);
		else
			gnb_buf_add(b, "\xef\xbf\xbd");
		p += n ? n : 1;
	}
}

/* Markdown passes HTML through, so its characters are escaped as well. */
void gnb_buf_md(struct gnb_buf *b, const char *text)
{
	for (const char *p = text; *p;) {
		size_t n = utf8_len((const unsigned char *)p);
		bool inner = p > text && is_word(p[-1]) && is_word(p[1]);

		if (*p == '\n' || *p == '\t')
			gnb_buf_add(b, " ");
		else if (!n)
			gnb_buf_add(b, "\xef\xbf\xbd");
		else if (*p == '<' || *p == '>' || *p == '&')
			gnb_buf_add(b, html_entity(*p));
		else if (strchr("\\`*[]|~$", *p) || (*p == '_' && !inner) ||
			 (*p == '#' && p == text))
			gnb_buf_fmt(b, "\\%c", *p);
		else
			gnb_buf_addn(b, p, n);
		p += n ? n : 1;
	}
}

void gnb_buf_plain(struct gnb_buf *b, const char *text)
{
	for (const char *p = text; *p; p++) {
		unsigned char c = (unsigned char)*p;

		if (c < 0x20 || c >= 0x7f || strchr("\"'\\`$@{}^~#&<>", c))
			gnb_buf_add(b, "?");
		else
			gnb_buf_addn(b, p, 1);
	}
}
