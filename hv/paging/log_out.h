/* SPDX-License-Identifier: GPL-2.0-only */
/* What is handed to the toolstack with a domain's paging lock held. */
#ifndef HV_LOG_OUT_H
#define HV_LOG_OUT_H

#include "types.h"

/* The calling domain's bytes at an address, with another domain's paging lock held. -EFAULT. */
int hv_log_out(struct hv_vcpu *cur, uint64_t to, const void *from, size_t size);

#endif
