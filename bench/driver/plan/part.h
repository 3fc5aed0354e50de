/* SPDX-License-Identifier: GPL-2.0-only */
/* A part of a plan, for several machines or processes that share it. */
#ifndef GNB_PART_H
#define GNB_PART_H

#include "cells.h"
#include "json.h"

/*
 * Leave of the plan what "K/N" says: every N-th cell from the K-th, so that the cells of a sweep, which cost about the
 * same, are spread. 0, or -EINVAL with one line in err.
 */
int gnb_part_take(struct gnb_plan *p, const char *text, char *err, size_t len);

/* What results say of it: {number, of, whole}, new; NULL of a whole plan. */
struct json_object *gnb_part_object(const struct gnb_plan *p);

#endif
