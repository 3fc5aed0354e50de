/* SPDX-License-Identifier: GPL-2.0-only */
/* What a missing or late flush would leave behind, looked for when it would do harm. */
#ifndef HV_AUDIT_H
#define HV_AUDIT_H

#include "types.h"

/* A frame is about to be freed: a TLB or IOTLB that still reaches it is a violation. */
void hv_tlb_audit(struct hv_host *host, uint64_t mfn);

#endif
