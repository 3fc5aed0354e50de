/* SPDX-License-Identifier: GPL-2.0-only */
/* A document that is written once and comes out as HTML and as Markdown. All text is escaped here. */
#ifndef GNB_DOC_H
#define GNB_DOC_H

#include "text.h"

struct gnb_doc {
	struct gnb_buf html, md, nav; /* nav: links to the sections, HTML */
	unsigned columns, column;     /* of the open table */
	unsigned long numeric;	      /* bit per column: right-aligned */
	size_t contents;	      /* where in html the way to the sections stands */
};

/* The list of sections stands here: behind the answer, which comes first. */
void gnb_doc_contents(struct gnb_doc *d);

/* Level 2 headings appear in the navigation. id: letters, digits, '-', '_'. */
void gnb_doc_heading(struct gnb_doc *d, unsigned level, const char *id, const char *text);

/* A paragraph. */
void gnb_doc_para(struct gnb_doc *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A paragraph that leads to a file beside the report: href is a path from its folder, text stands for it. */
void gnb_doc_link(struct gnb_doc *d, const char *href, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* A sentence of the answer that the document opens with. */
void gnb_doc_lead(struct gnb_doc *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A paragraph that must not be missed. */
void gnb_doc_note(struct gnb_doc *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Details, folded in HTML until they are asked for or printed: all up to the end, under a line that says what it is. */
void gnb_doc_fold(struct gnb_doc *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void gnb_doc_fold_end(struct gnb_doc *d);

/* A list whose items have a name, and an id that is made of it: term-NAME. */
void gnb_doc_list(struct gnb_doc *d);
void gnb_doc_item(struct gnb_doc *d, const char *name, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
void gnb_doc_list_end(struct gnb_doc *d);

/*
 * A table: heads separated by '|'; a head that starts with '>' is of a right-aligned column, and one that ends in
 * "#ID" leads to what has that id. Cells follow row by row, the first of each names the row.
 */
void gnb_doc_table(struct gnb_doc *d, const char *caption, const char *heads);
void gnb_doc_cell(struct gnb_doc *d, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void gnb_doc_table_end(struct gnb_doc *d);

/* svg: the file's text, or NULL where the figure could not be drawn and why says so. */
void gnb_doc_figure(struct gnb_doc *d, const char *name, const char *svg, const char *why,
		    const char *title, const char *caption);

/* Free all of it. */
void gnb_doc_free(struct gnb_doc *d);

#endif
