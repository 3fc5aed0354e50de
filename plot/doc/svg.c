// SPDX-License-Identifier: GPL-2.0-only
/* gnuplot's SVG into HTML. Only what gnuplot itself writes is understood. */
#include <string.h>

#include "escape.h"
#include "svg.h"

static const char *element(const char *svg)
{
	const char *p = strstr(svg, "<svg");

	return p ? p : "";
}

bool gnb_svg_whole(const char *svg)
{
	return *element(svg) && strstr(svg, "</svg>");
}

/* If p starts with the attribute, the first character after its closing quote, else NULL. */
static const char *skip_attribute(const char *p, const char *name)
{
	size_t n = strlen(name);
	const char *end;

	if (strncmp(p, name, n) || (p[n] != '"' && p[n] != '\''))
		return NULL;
	end = strchr(p + n + 1, p[n]);
	return end ? end + 1 : NULL;
}

/* If p starts with one of the places where an id is set or used, its length, else 0. */
static size_t at_id(const char *p)
{
	static const char *const places[] = { " id=\"", " id='", "href=\"#", "href='#", "url(#" };

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++)
		if (!strncmp(p, places[i], strlen(places[i])))
			return strlen(places[i]);
	return 0;
}

static const char *skip_element(const char *p, const char *open, const char *close)
{
	const char *end;

	if (strncmp(p, open, strlen(open)))
		return NULL;
	end = strstr(p, close);
	return end ? end + strlen(close) : NULL;
}

void gnb_svg_inline(struct gnb_buf *b, const char *svg, const char *name, const char *description)
{
	const char *end = strstr(svg, "</svg>");
	const char *p = element(svg);
	bool first = true;

	while (*p && p < end) {
		const char *next;
		size_t n;

		if ((next = skip_attribute(p, " xmlns=")) ||
		    (next = skip_attribute(p, " xmlns:xlink=")) ||
		    (next = skip_element(p, "<title>", "</title>")) ||
		    (next = skip_element(p, "<desc>", "</desc>"))) {
			p = next;
		} else if (!strncmp(p, "xlink:href", 10)) {
			p += 6;
		} else if ((n = at_id(p))) {
			gnb_buf_addn(b, p, n);
			gnb_buf_fmt(b, "%s-", name);
			p += n;
		} else if (first && *p == '>') {
			gnb_buf_add(b, " role=\"img\"><title>");
			gnb_buf_html(b, description);
			gnb_buf_add(b, "</title>");
			first = false;
			p++;
		} else {
			gnb_buf_addn(b, p++, 1);
		}
	}
	gnb_buf_add(b, "</svg>");
}
