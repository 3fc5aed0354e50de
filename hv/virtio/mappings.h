/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The mappings of a domain of a virtio-iommu, which do not overlap: what a MAP made is one, whatever entries it has in the tables.
 * In a tree by address, with priorities that a guest cannot choose.
 */
#ifndef HV_VIRTIO_MAPPINGS_H
#define HV_VIRTIO_MAPPINGS_H

#include "types.h"

struct hv_vmap {
	uint64_t first, last; /* pages of the address space, both of it */
	uint64_t gfn;	      /* what the first was mapped to */
	uint32_t flags;	      /* of its MAP */
	uint32_t rank;
	struct hv_vmap *left, *right;
};

struct hv_vmaps {
	struct hv_vmap *root;
	uint64_t seed;
};

/* The first one that ends at page first or behind it, or NULL. Looked at nodes are counted. */
struct hv_vmap *hv_vmaps_from(struct hv_vcpu *cur, const struct hv_vmaps *t, uint64_t first);
/* One that overlaps no other. */
void hv_vmaps_add(struct hv_vcpu *cur, struct hv_vmaps *t, struct hv_vmap *m);
/* It is in the tree, and then no more. */
void hv_vmaps_remove(struct hv_vcpu *cur, struct hv_vmaps *t, struct hv_vmap *m);

#endif
