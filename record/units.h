/* SPDX-License-Identifier: GPL-2.0-only */
/* The units of figures as a record has them: "ns", or "ns/page" where it is for each of something. */
#ifndef GNB_UNITS_H
#define GNB_UNITS_H

#include <stdbool.h>

/* Is it this one, for whatever it is? */
bool gnb_unit_is(const char *unit, const char *base);

/* Of a time what it is in, "ns", "us", "ms" or "s"; of others NULL. */
const char *gnb_unit_of_time(const char *unit);

#endif
