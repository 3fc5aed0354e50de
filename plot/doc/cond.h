/* SPDX-License-Identifier: GPL-2.0-only */
/* Under which conditions the figures of a plot or table were taken. */
#ifndef GNB_COND_H
#define GNB_COND_H

#include "rec.h"

#define GNB_COND_MAX 8
struct gnb_cond {
	const char *target[GNB_COND_MAX], *entry[GNB_COND_MAX], *flush[GNB_COND_MAX];
	size_t min_launches, max_launches, cells;
};

/* Add those of a cell. */
void gnb_cond_add(struct gnb_cond *c, const struct gnb_rec_cell *cell);

/* "Target hv; entry none; flush count; 6 launches." A new string; the caller frees it. */
char *gnb_cond_text(const struct gnb_cond *c);

#endif
