/* SPDX-License-Identifier: GPL-2.0-only */
/* v1-super: 2 MiB or 1 GiB by one entry of version 1, as proposed on xen-devel in September 2022. Not in Xen. */
#ifndef HV_SUPER_H
#define HV_SUPER_H

#include "types.h"

/* A map whose mapper says that it knows (GNTMAP_super_*), by a domain that has superpages. */
void hv_map_super(struct hv_vcpu *cur, struct gnttab_map_grant_ref *op);

/* What a mapping of such a page by ld held of rd's frames behind the first, pg. flags: GNTMAP_*. */
void hv_super_put_rest(struct hv_vcpu *cur, struct hv_page *pg, unsigned flags,
		       const struct hv_domain *ld, const struct hv_domain *rd);

/* What an idle domain's superpages account for. of: how many of which size begin at a frame; left: in all. */
struct hv_super_sum {
	uint32_t *refs, *types, *of;
	unsigned left;
	uint64_t nr_frames;
};

/* A handle of d for one: it counts, but for what its first page has as every mapping has it. */
void hv_super_count(const struct hv_domain *d, unsigned flags, uint64_t mfn,
		    const struct hv_domain *rd, struct hv_super_sum *sum);
/* An entry of the p2m for one: -ENOENT if no handle that was counted has it. */
int hv_super_find(struct hv_super_sum *sum, uint64_t mfn, unsigned order);

#endif
