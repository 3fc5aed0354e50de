// SPDX-License-Identifier: GPL-2.0-only
/*
 * As JUnit's XML, which continuous integration shows as tests: a row is a test case. One that fails is a failure; one that
 * nothing can be said of, by whatever reason, is skipped, which no reader takes for passed.
 */
#include <stdlib.h>
#include <string.h>

#include "tell.h"

/* In an attribute or as text: names of files may hold anything, XML may not. */
static void escaped(struct gnb_buf *b, const char *s)
{
	while (*s) {
		size_t n = gnb_utf8(s);

		if (*s == '&')
			gnb_buf_add(b, "&amp;");
		else if (*s == '<')
			gnb_buf_add(b, "&lt;");
		else if (*s == '>')
			gnb_buf_add(b, "&gt;");
		else if (*s == '"')
			gnb_buf_add(b, "&quot;");
		else if (*s == '\n' || *s == '\t' || *s == '\r')
			gnb_buf_fmt(b, "&#%d;", *s);
		/* U+FFFE and U+FFFF are none of XML's either. */
		else if (!n || (n == 1 && *s < ' ') || !strncmp(s, "\xef\xbf\xbe", 3) ||
			 !strncmp(s, "\xef\xbf\xbf", 3))
			gnb_buf_add(b, "\xef\xbf\xbd");
		else
			gnb_buf_addn(b, s, n);
		s += n ? n : 1;
	}
}

static void attribute(struct gnb_buf *b, const char *name, const char *value)
{
	gnb_buf_fmt(b, " %s=\"", name);
	escaped(b, value);
	gnb_buf_add(b, "\"");
}

static bool says_nothing(const struct gnb_cmp_row *r)
{
	return !r->fails && (r->verdict == GNB_CMP_UNCLEAR || r->verdict == GNB_CMP_UNTRUSTED);
}

static void told(struct gnb_buf *b, const struct gnb_cmp_row *r)
{
	struct gnb_buf figures = { 0 };
	char name[1000], *text;

	gnb_cmp_name(r, name, sizeof(name));
	gnb_tell_figures(r, &figures);
	text = gnb_buf_take(&figures);
	if (!text) {
		b->failed = true;
		return;
	}
	gnb_buf_add(b, "    <testcase");
	attribute(b, "classname", r->bench ? r->bench : "grantbench");
	attribute(b, "name", name);
	if (r->fails || says_nothing(r)) {
		gnb_buf_fmt(b, ">\n      <%s", r->fails ? "failure" : "skipped");
		attribute(b, "type", gnb_cmp_names[r->verdict]);
		attribute(b, "message", *text ? text : gnb_cmp_names[r->verdict]);
		gnb_buf_add(b, "/>\n    </testcase>\n");
	} else {
		gnb_buf_add(b, ">\n      <system-out>");
		escaped(b, gnb_cmp_names[r->verdict]);
		gnb_buf_add(b, *text ? ": " : "");
		escaped(b, text);
		gnb_buf_add(b, "</system-out>\n    </testcase>\n");
	}
	free(text);
}

/* One of the others: its rows, and where it may not be held against the base at all, an error that says why. */
static void suite(struct gnb_buf *b, const struct gnb_comparison *c, size_t other)
{
	size_t n = 0, fails = 0, nothing = 0;
	struct gnb_buf keys = { 0 };

	for (size_t i = 0; i < c->nr_rows; i++)
		if (c->row[i].other == other) {
			n++;
			fails += c->row[i].fails;
			nothing += says_nothing(&c->row[i]);
		}
	gnb_buf_add(b, "  <testsuite");
	attribute(b, "name", c->source[1 + other].name);
	gnb_buf_fmt(b, " tests=\"%zu\" failures=\"%zu\" errors=\"%d\" skipped=\"%zu\">\n",
		    n + c->refused, fails, c->refused, nothing);
	for (enum gnb_kind k = 0; c->refused && k < GNB_KINDS; k++)
		if (c->may[other][k].refused)
			gnb_buf_fmt(&keys, "%s%s: %s", keys.len ? "; " : "", gnb_kind_names[k],
				    c->may[other][k].why);
	if (c->refused) {
		gnb_buf_add(b, "    <testcase classname=\"grantbench\" name=\"comparable\">\n"
			       "      <error type=\"refused\"");
		attribute(b, "message",
			  keys.s ? keys.s : "another run may not be compared with the base");
		gnb_buf_add(b, "/>\n    </testcase>\n");
	}
	b->failed |= keys.failed;
	gnb_buf_free(&keys);
	for (size_t i = 0; i < c->nr_rows; i++)
		if (c->row[i].other == other)
			told(b, &c->row[i]);
	gnb_buf_add(b, "  </testsuite>\n");
}

void gnb_tell_junit(const struct gnb_comparison *c, struct gnb_buf *b)
{
	gnb_buf_add(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites");
	attribute(b, "name", gnb_tell_command(c));
	gnb_buf_add(b, ">\n");
	for (size_t i = 0; i < c->nr_others; i++)
		suite(b, c, i);
	gnb_buf_add(b, "</testsuites>\n");
}
