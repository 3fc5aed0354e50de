/* SPDX-License-Identifier: GPL-2.0-only */
/* The report's sections, each in a file of its own, in the order in which they appear. */
#ifndef GNB_REPORT_H
#define GNB_REPORT_H

#include "headline.h"

/* What the report is of: "grantbench: v2 compared with v1, on hv". A new string; the caller frees it. */
char *gnb_report_title(const struct gnb_rec_run *r);

/* What a reader must know before believing any of it. */
void gnb_report_warnings(struct gnb_figs *f);

/* A note that the times of the run cannot be trusted, if so. */
void gnb_report_trust(struct gnb_figs *f);

/* Is version 3 worth it, and how much of it would version 1 have? False: the run has no answer, or no version 3. */
bool gnb_report_worth(struct gnb_figs *f);

/* The answer in sentences; worth: that of version 3 was given. */
void gnb_report_answer(struct gnb_figs *f, const struct gnb_headlines *all, bool worth);

/* The headline ratios, with and without the cost of a hypercall's entry: a figure and a table. */
void gnb_report_short(struct gnb_figs *f, const struct gnb_headlines *all);

/* What this run is. */
void gnb_report_run(struct gnb_figs *f);

/* How to read the figures. */
void gnb_report_reading(struct gnb_figs *f);

/* One benchmark: text, figures, tables. */
void gnb_report_bench(struct gnb_figs *f, const struct gnb_rec_bench *bench);

/* What counters of the processor and the kernel said of a benchmark, or why they did not. */
void gnb_report_perf(struct gnb_figs *f, const struct gnb_rec_bench *bench);

/* Exact work per operation in the centre cell of a benchmark. Nothing if no work was counted. */
void gnb_report_counts(struct gnb_figs *f, const struct gnb_rec_bench *bench);

/* The kind of cells that share a threshold: "threads 1, flush count, entry none". A new string; the caller frees it. */
char *gnb_kind_of(const struct gnb_rec_cell *cell);

/* Who waited for which lock, of a run with --probe; nothing of another. */
void gnb_report_contention(struct gnb_figs *f);

/* What was seen in dom0's kernel of a run in the lab with --probe=yes, and what is not to be seen of Xen; nothing of others. */
void gnb_report_dom0(struct gnb_figs *f);

/* How far identical work was apart, and the thresholds of the readings. */
void gnb_report_self(struct gnb_figs *f);

/* Cells skipped, failed or unstable. */
void gnb_report_missing(struct gnb_figs *f);

/* What perf saw of a run that was watched (grantbench-perf); nothing of others. */
void gnb_report_watched(struct gnb_figs *f);

/* The machine before and after. */
void gnb_report_environment(struct gnb_figs *f);

/* Glossary and limits. */
void gnb_report_glossary(struct gnb_figs *f);

/* Environment keys whose value differs before and after, those that always do left out;
 * "" if none. A new string; the caller frees it. */
char *gnb_environment_changes(struct gnb_rec_run *r);

#endif
