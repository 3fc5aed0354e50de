/* SPDX-License-Identifier: GPL-2.0-only */
/* The log of dirty pages' part of hv_check(). */
#ifndef HV_LOG_CHECK_H
#define HV_LOG_CHECK_H

#include "types.h"

/* 0, or -EUCLEAN with the first violation in why[len]. */
int hv_log_check(const struct hv_domain *d, char *why, size_t len);

#endif
