/* SPDX-License-Identifier: GPL-2.0-only */
/* Which cells run: the centre of each benchmark, one axis at a time, or the product of --set. */
#ifndef GNB_PLAN_H
#define GNB_PLAN_H

#include "cells.h"
#include "options.h"

/* A family's default plan may not be larger; a product belongs to --set. */
#define GNB_PLAN_FAMILY_MAX 120

/*
 * Make the plan. 0; -EINVAL: a wrong --set or --filter, or nothing matched, with one line in err;
 * -EPROTO: a benchmark's own description is wrong, with one line in err; -ENOMEM.
 */
int gnb_plan_make(struct gnb_plan *p, const struct gnb_options *o, const struct gnb_target *t,
		  char *err, size_t len);

#endif
