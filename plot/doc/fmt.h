/* SPDX-License-Identifier: GPL-2.0-only */
/* Figures as text. */
#ifndef GNB_FMT_H
#define GNB_FMT_H

#include <stdbool.h>

#include "reading.h"

#define GNB_FMT_LEN 160

/* Room for a formatted figure that lives as long as the expression's block. */
struct gnb_text {
	char s[GNB_FMT_LEN];
};

/* Four significant digits, all digits before the point, thin spaces between thousands; "-" for NAN. */
struct gnb_text gnb_fmt_num(double v);

/* An exact number, without rounding up to six digits. */
struct gnb_text gnb_fmt_exact(double v);

/* "12.3 [12.1, 12.6]"; an exact figure is printed alone. */
struct gnb_text gnb_fmt_interval(const struct gnb_estimate *i);

/* The same for a ratio, with three decimals. */
struct gnb_text gnb_fmt_ratio(const struct gnb_estimate *i);

/* "31 % cheaper", "2.4 times the cost", "no relevant difference", "not established: ..."; of a rate "more" and "less". */
struct gnb_text gnb_fmt_reading(const struct gnb_reading *r, const struct gnb_estimate *ratio,
				bool higher_better);

/* What an interval is over, with its level: "99.2 %, 8 launches", "99.0 %, 10 layouts" (of one launch). */
struct gnb_text gnb_fmt_sample(const struct gnb_estimate *ratio, unsigned launches);

#endif
