/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * v1-range: what is done to a domain's ranges at its end, and by the check. The operations are in handlers.h. Not in
 * Xen.
 */
#ifndef HV_RANGE_H
#define HV_RANGE_H

#include "types.h"

/* All that a dying domain has mapped by ranges. */
void hv_range_release(struct hv_vcpu *cur, struct hv_domain *d);

/* What an idle host's ranges account for: by MFN, but pins by domain and reference. */
struct hv_range_sum {
	uint32_t *refs, *types, *mapped, **pins;
	uint64_t *track;
	uint64_t entries; /* in the domain's p2m: each is where a record says */
};

/* Of one domain; what it accounts for is added. -EUCLEAN: why[len] says what is wrong. */
int hv_range_check(const struct hv_domain *d, struct hv_range_sum *sum, char *why, size_t len);

#endif
