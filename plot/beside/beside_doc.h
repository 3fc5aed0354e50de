/* SPDX-License-Identifier: GPL-2.0-only */
/* The section of the report that lays Xen beside hv. */
#ifndef GNB_BESIDE_DOC_H
#define GNB_BESIDE_DOC_H

#include "beside.h"
#include "fig.h"

/* Instructions of Xen and of hv, cell by cell, and whether they agree in the order of the cells. */
void gnb_report_beside(struct gnb_figs *f, const struct gnb_beside *b);

#endif
