/* SPDX-License-Identifier: GPL-2.0-only */
/* What has to be the same of two runs for a figure of them to be compared, by what kind of figure it is. */
#ifndef GNB_SETTING_H
#define GNB_SETTING_H

#include "series.h"

/* "target=hv; compiler=gcc 12.2.0; ...": the same text, and they may be compared. */
void gnb_setting(const struct gnb_rec_run *r, const struct gnb_series *s, struct gnb_buf *b);

#endif
