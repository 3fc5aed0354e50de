/* SPDX-License-Identifier: GPL-2.0-only */
/* A bar with the time left, on stderr, only on a terminal. */
#ifndef GNB_PROGRESS_H
#define GNB_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>

void gnb_progress_init(bool wanted);

/* done of all cells are finished, the next is what; left: seconds of the budget that remain. */
void gnb_progress(size_t done, size_t all, const char *what, double left);

/* Take the bar away, before anything else is printed. */
void gnb_progress_clear(void);

#endif
