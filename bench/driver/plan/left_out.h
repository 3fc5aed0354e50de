/* SPDX-License-Identifier: GPL-2.0-only */
/* What a target leaves no choice of. */
#ifndef GNB_LEFT_OUT_H
#define GNB_LEFT_OUT_H

#include "cells.h"
#include "options.h"

/*
 * Of a plan as it would be anywhere, on a target with fixed parameters: note what is left out, and
 * of a benchmark that cannot run at all keep one cell. Part of gnb_plan_make(). 0 or -ENOMEM.
 */
int gnb_plan_here(struct gnb_plan *p, const struct gnb_options *o, const struct gnb_target *t);

#endif
