/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices of a domain whose pages are logged: the veto, what their IOMMU saw, and what nobody did. */
#ifndef HV_LOG_DEVICE_H
#define HV_LOG_DEVICE_H

#include "types.h"

/* May it be on, by the domain's rule and its devices? */
bool hv_log_refused(const struct hv_domain *d);

/* What the domain's IOMMU has seen, by dirty bits of its own, goes into the trie. Paging lock held. */
void hv_log_harvest(struct hv_vcpu *cur, struct hv_domain *d);

/* The model's truth is kept from now on, or no more. -ENOMEM. */
int hv_log_truth(struct hv_domain *d);
/* Bits of these pages, from a multiple of 64 on, are in somebody's hands: not missed any more. */
void hv_log_told(struct hv_domain *d, uint64_t pfn, uint64_t bits);

#endif
