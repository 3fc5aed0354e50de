/* SPDX-License-Identifier: GPL-2.0-only */
/* Why a cell lacks versions or metrics. Internal to the runner. */
#ifndef GNB_NOTES_H
#define GNB_NOTES_H

#include "round.h"

/* A version is absent: why is added to text, once for all versions that are absent for the same reason. */
void gnb_note_absent(char *skipped, size_t len, const char *why);

/* Metrics that the target's clock does not see have no row: text says so once. */
void gnb_note_unseen(const struct gnb_measure *c, char *text, size_t len);

#endif
