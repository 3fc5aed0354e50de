// SPDX-License-Identifier: GPL-2.0-only
/* The document in both forms. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "doc.h"
#include "escape.h"
#include "program.h"
#include "svg.h"

/* Text that came from a format, escaped into one form. */
#define FORMATTED(fmt, text)                                                                       \
	char *text;                                                                                \
	va_list ap;                                                                                \
	va_start(ap, fmt);                                                                         \
	text = gnb_vstrf(fmt, ap);                                                                 \
	va_end(ap)

static void both(struct gnb_doc *d, const char *text)
{
	gnb_buf_html(&d->html, text);
	gnb_buf_md(&d->md, text);
}

void gnb_doc_heading(struct gnb_doc *d, unsigned level, const char *id, const char *text)
{
	gnb_buf_fmt(&d->html, "<h%u id=\"%s\">", level, id);
	gnb_buf_fmt(&d->md, "%.*s ", (int)level, "######");
	both(d, text);
	gnb_buf_fmt(&d->html, "</h%u>\n", level);
	gnb_buf_add(&d->md, "\n\n");
	if (level == 2) {
		gnb_buf_fmt(&d->nav, "<a href=\"#%s\">", id);
		gnb_buf_html(&d->nav, text);
		gnb_buf_add(&d->nav, "</a>\n");
	}
}

void gnb_doc_contents(struct gnb_doc *d)
{
	d->contents = d->html.len;
}

static void para(struct gnb_doc *d, const char *open, const char *text)
{
	gnb_buf_add(&d->html, open);
	both(d, text);
	gnb_buf_add(&d->html, "</p>\n");
	gnb_buf_add(&d->md, "\n\n");
}

void gnb_doc_para(struct gnb_doc *d, const char *fmt, ...)
{
	FORMATTED(fmt, text);
	para(d, "<p>", text);
	free(text);
}

void gnb_doc_link(struct gnb_doc *d, const char *href, const char *fmt, ...)
{
	FORMATTED(fmt, text);
	gnb_buf_add(&d->html, "<p><a href=\"");
	gnb_buf_html(&d->html, href);
	gnb_buf_add(&d->html, "\">");
	gnb_buf_add(&d->md, "[");
	both(d, text);
	gnb_buf_add(&d->html, "</a></p>\n");
	gnb_buf_fmt(&d->md, "](%s)\n\n", href);
	free(text);
}

void gnb_doc_lead(struct gnb_doc *d, const char *fmt, ...)
{
	FORMATTED(fmt, text);
	para(d, "<p class=\"lead\">", text);
	free(text);
}

void gnb_doc_fold(struct gnb_doc *d, const char *fmt, ...)
{
	FORMATTED(fmt, text);
	gnb_buf_add(&d->html, "<details>\n<summary>");
	gnb_buf_add(&d->md, "**");
	both(d, text);
	gnb_buf_add(&d->html, "</summary>\n");
	gnb_buf_add(&d->md, "**\n\n");
	free(text);
}

void gnb_doc_fold_end(struct gnb_doc *d)
{
	gnb_buf_add(&d->html, "</details>\n");
}

void gnb_doc_note(struct gnb_doc *d, const char *fmt, ...)
{
	FORMATTED(fmt, text);
	gnb_buf_add(&d->html, "<p class=\"note\"><strong>Note.</strong> ");
	gnb_buf_add(&d->md, "> **Note.** ");
	both(d, text);
	gnb_buf_add(&d->html, "</p>\n");
	gnb_buf_add(&d->md, "\n\n");
	free(text);
}

void gnb_doc_list(struct gnb_doc *d)
{
	gnb_buf_add(&d->html, "<dl>\n");
}

void gnb_doc_list_end(struct gnb_doc *d)
{
	gnb_buf_add(&d->html, "</dl>\n");
	gnb_buf_add(&d->md, "\n");
}

void gnb_doc_item(struct gnb_doc *d, const char *name, const char *fmt, ...)
{
	FORMATTED(fmt, text);
	char *id = gnb_slug(name);

	gnb_buf_fmt(&d->html, "<dt id=\"term-%s\">", id);
	free(id);
	gnb_buf_add(&d->md, "- **");
	both(d, name);
	gnb_buf_add(&d->html, "</dt><dd>");
	gnb_buf_add(&d->md, "**: ");
	both(d, text);
	gnb_buf_add(&d->html, "</dd>\n");
	gnb_buf_add(&d->md, "\n");
	free(text);
}

static void head(struct gnb_doc *d, char *text)
{
	bool right = *text == '>';
	char *id = strrchr(text, '#');

	if (id)
		*id++ = '\0';
	if (right)
		d->numeric |= 1ul << d->columns;
	gnb_buf_add(&d->html, right ? "<th scope=\"col\" class=\"n\">" : "<th scope=\"col\">");
	if (id)
		gnb_buf_fmt(&d->html, "<a href=\"#%s\">", id);
	gnb_buf_add(&d->md, "| ");
	both(d, text + right);
	gnb_buf_add(&d->html, id ? "</a></th>" : "</th>");
	gnb_buf_add(&d->md, " ");
	d->columns++;
}

void gnb_doc_table(struct gnb_doc *d, const char *caption, const char *heads)
{
	char *copy = gnb_strf("%s", heads), *next = copy, *text;

	d->columns = d->column = 0;
	d->numeric = 0;
	/* A box that scrolls has to be reached by the keyboard, and then has to have a name. */
	gnb_buf_add(&d->html, "<div class=\"box\" role=\"group\" tabindex=\"0\" aria-label=\"");
	gnb_buf_html(&d->html, caption);
	gnb_buf_add(&d->html, "\"><table>\n<caption>");
	gnb_buf_add(&d->md, "*Table.* ");
	both(d, caption);
	gnb_buf_add(&d->html, "</caption>\n<thead><tr>");
	gnb_buf_add(&d->md, "\n\n");
	while ((text = strsep(&next, "|")))
		head(d, text);
	gnb_buf_add(&d->html, "</tr></thead>\n<tbody>\n");
	gnb_buf_add(&d->md, "|\n");
	for (unsigned i = 0; i < d->columns; i++)
		gnb_buf_add(&d->md, d->numeric >> i & 1 ? "| ---: " : "| --- ");
	gnb_buf_add(&d->md, "|\n");
	free(copy);
}

void gnb_doc_cell(struct gnb_doc *d, const char *fmt, ...)
{
	FORMATTED(fmt, text);
	const char *tag = d->column ? "td" : "th";

	gnb_buf_fmt(&d->html, "%s<%s", d->column ? "" : "<tr>", tag);
	/* Short texts stay on one line: "v1-batch" must not break at its hyphen. */
	gnb_buf_fmt(&d->html, "%s%s>", d->column ? "" : " scope=\"row\"",
		    d->numeric >> d->column & 1 ? " class=\"n\""
		    : strlen(text) <= 16	? " class=\"s\""
						: "");
	gnb_buf_add(&d->md, "| ");
	both(d, text);
	gnb_buf_fmt(&d->html, "</%s>", tag);
	gnb_buf_add(&d->md, " ");
	if (++d->column == d->columns) {
		gnb_buf_add(&d->html, "</tr>\n");
		gnb_buf_add(&d->md, "|\n");
		d->column = 0;
	}
	free(text);
}

void gnb_doc_table_end(struct gnb_doc *d)
{
	gnb_buf_add(&d->html, "</tbody></table></div>\n");
	gnb_buf_add(&d->md, "\n");
}

void gnb_doc_figure(struct gnb_doc *d, const char *name, const char *svg, const char *why,
		    const char *title, const char *caption)
{
	gnb_buf_fmt(&d->html, "<figure id=\"fig-%s\">\n", name);
	if (svg) {
		gnb_buf_add(
			&d->html,
			"<div class=\"box\" role=\"group\" tabindex=\"0\" aria-label=\"Drawing: ");
		gnb_buf_html(&d->html, title);
		gnb_buf_add(&d->html, "\">");
		gnb_svg_inline(&d->html, svg, name, title);
		gnb_buf_add(&d->html, "</div>");
		gnb_buf_add(&d->md, "![");
		gnb_buf_md(&d->md, title);
		gnb_buf_fmt(&d->md, "](plots/%s.svg)\n\n", name);
	} else {
		gnb_buf_add(&d->html, "<p class=\"left-out\">");
		both(d, why);
		gnb_buf_add(&d->html, "</p>");
		gnb_buf_add(&d->md, "\n\n");
	}
	gnb_buf_add(&d->html, "\n<figcaption><strong>");
	gnb_buf_add(&d->md, "*Figure.* **");
	both(d, title);
	gnb_buf_add(&d->html, ".</strong> ");
	gnb_buf_add(&d->md, ".** ");
	both(d, caption);
	gnb_buf_fmt(&d->html, " Data: plots/%s.dat.</figcaption>\n</figure>\n", name);
	gnb_buf_fmt(&d->md, " Data: [plots/%s.dat](plots/%s.dat).\n\n", name, name);
}

void gnb_doc_free(struct gnb_doc *d)
{
	gnb_buf_free(&d->html);
	gnb_buf_free(&d->md);
	gnb_buf_free(&d->nav);
}
