/* SPDX-License-Identifier: GPL-2.0-only */
/* Drawings of an earlier report of the same run. */
#ifndef GNB_STALE_H
#define GNB_STALE_H

/*
 * Remove from dir, a run's plots/, what the report before made and the new one does not: drawings and data of figures
 * that page, the new report, has no more, and drawings of those that it has without one. before is the HTML of the
 * earlier report; NULL: there was none. Files that neither report names stay.
 */
void gnb_remove_stale(const char *dir, const char *before, const char *page);

#endif
