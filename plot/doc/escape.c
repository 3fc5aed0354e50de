// SPDX-License-Identifier: GPL-2.0-only
/* Escaping for HTML, Markdown, gnuplot and file names. */
#include <ctype.h>
#include <string.h>

#include "escape.h"
#include "program.h"

/* Length of the UTF-8 sequence at s, or 0 if it is none that may be printed. */
static size_t printable(const char *text)
{
	const unsigned char *s = (const unsigned char *)text;

	if (*s < 0x20 || *s == 0x7f)
		return 0;
	/* Bidirectional overrides (U+202A..E, U+2066..9) could make a line read as something else. */
	if (*s == 0xe2 && ((s[1] == 0x80 && s[2] >= 0xaa && s[2] <= 0xae) ||
			   (s[1] == 0x81 && s[2] >= 0xa6 && s[2] <= 0xa9)))
		return 0;
	return gnb_utf8(text);
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
		size_t n = printable(p);

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
		size_t n = printable(p);
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

char *gnb_slug(const char *text)
{
	char *s = gnb_strf("%.80s", text);

	for (char *p = s; *p; p++)
		*p = isalnum((unsigned char)*p) ? (char)tolower((unsigned char)*p)
		     : *p == '_'		? '_'
						: '-';
	return s;
}
