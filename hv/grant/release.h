/* SPDX-License-Identifier: GPL-2.0-only */
/* The end of a mapper. */
#ifndef HV_RELEASE_H
#define HV_RELEASE_H

#include "types.h"

/* gnttab_release_mappings(): all mappings that a dying domain holds. */
void hv_grant_release_mappings(struct hv_vcpu *cur, struct hv_domain *d);

#endif
