/* SPDX-License-Identifier: GPL-2.0-only */
/* The page around a document. */
#ifndef GNB_PAGE_H
#define GNB_PAGE_H

#include "doc.h"

/* Add the complete HTML page to out. */
void gnb_doc_page(struct gnb_doc *d, const char *title, struct gnb_buf *out);

#endif
