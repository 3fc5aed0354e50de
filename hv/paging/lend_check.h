/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of hv_check() that is about memory lent. */
#ifndef HV_LEND_CHECK_H
#define HV_LEND_CHECK_H

#include "types.h"

/* Of all domains: 0, -ENOMEM, or -EUCLEAN with the first violation in why[len]. */
int hv_lend_check(struct hv_host *host, char *why, size_t len);

#endif
