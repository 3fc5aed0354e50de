/* SPDX-License-Identifier: GPL-2.0-only */
/* What gnb-probe wrote of several runs of a cell, as one (docs/results.md). */
#ifndef GNB_CONTENTION_H
#define GNB_CONTENTION_H

#include "json.h"

/* Add what one run wrote to what is gathered; *all is NULL at first. */
void gnb_contention_add(struct json_object **all, struct json_object *doc);

/* Sorted, with percentiles, the first of long lists; NULL if nothing was gathered. all is used up. */
struct json_object *gnb_contention_settle(struct json_object *all);

#endif
