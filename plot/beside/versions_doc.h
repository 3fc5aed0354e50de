/* SPDX-License-Identifier: GPL-2.0-only */
/* What the section "Xen beside hv" says about differences of versions. */
#ifndef GNB_VERSIONS_DOC_H
#define GNB_VERSIONS_DOC_H

#include "beside.h"
#include "doc.h"

/* A heading, what disagrees by name, a table by operation, and folded one row per cell and operation. */
void gnb_report_versions(struct gnb_doc *d, const struct gnb_beside *b);

#endif
