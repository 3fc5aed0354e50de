/* SPDX-License-Identifier: GPL-2.0-only */
/* The report's sections, each in a file of its own, in the order in which they appear. */
#ifndef GNB_REPORT_H
#define GNB_REPORT_H

#include "beside.h"
#include "fig.h"

/* What this run is, and what is wrong with it. */
void gnb_report_run(struct gnb_figs *f);

/* The headline ratios, with and without the cost of a hypercall's entry. */
void gnb_report_short(struct gnb_figs *f);

/* How to read the figures. */
void gnb_report_reading(struct gnb_figs *f);

/* One family: text, figures, tables. */
void gnb_report_family(struct gnb_figs *f, const struct gnb_family *fam);

/* Exact work per operation in the centre cell of a family. Nothing if no work was counted. */
void gnb_report_counts(struct gnb_figs *f, const struct gnb_family *fam);

/* Instructions of Xen and of hv, cell by cell, and whether they agree in the order of the cells. */
void gnb_report_beside(struct gnb_figs *f, const struct gnb_beside *b);
void gnb_fig_beside(struct gnb_figs *f, const struct gnb_beside *b);

/* The baseline against itself; cells skipped or failed; the machine before and after. */
void gnb_report_self(struct gnb_figs *f);
void gnb_report_missing(struct gnb_figs *f);
void gnb_report_environment(struct gnb_figs *f);

/* Glossary and limits. */
void gnb_report_glossary(struct gnb_figs *f);

/* Environment keys whose value differs before and after, those that always do left out; "" if none.
 */
char *gnb_environment_changes(struct gnb_run *r);

#endif
