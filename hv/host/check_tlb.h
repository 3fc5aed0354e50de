/* SPDX-License-Identifier: GPL-2.0-only */
/* What TLBs and the IOTLB hold of a domain: hv_check()'s part. */
#ifndef HV_CHECK_TLB_H
#define HV_CHECK_TLB_H

#include "types.h"

/* 0, or -EUCLEAN with the first translation in why[len] that a flush should have taken. */
int hv_tlb_check(const struct hv_domain *d, char *why, size_t len);

#endif
