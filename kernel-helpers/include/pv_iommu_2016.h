/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PV-IOMMU as it was proposed in February 2016 (draft D), with numbers of what one vendor shipped of it: hypercall 56,
 * iommu_op(arg, count), an array of independent operations, each with a status. Inferred: the flag for a scratch page, which
 * was never written, and that offset is 0 here.
 */
#ifndef PV_IOMMU_2016_H
#define PV_IOMMU_2016_H

#include <stdint.h>

enum bfn_op_nr {
	BFN_QUERY_CAPS = 1,
	BFN_MAP_PAGE,
	BFN_UNMAP_PAGE,
	BFN_MAP_FOREIGN,
	BFN_LOOKUP_FOREIGN,
	BFN_UNMAP_FOREIGN,
};

#define BFN_CAP_MAP	     (1u << 0) /* of query_caps: pages can be mapped */
#define BFN_CAP_ALL_MFNS     (1u << 1) /* any but the hypervisor's */
#define BFN_READABLE	     (1u << 0)
#define BFN_WRITEABLE	     (1u << 1)
#define BFN_NO_REF	     (1u << 2) /* of map_page: the frame is not held */
#define BFN_ADD_M2B	     (1u << 3) /* of map_page: what no emulator has is looked up by */
#define BFN_SWAP	     (1u << 4) /* of map_foreign: a scratch page may take its place. Inferred */
#define BFN_ORDER_SHIFT	     10 /* of map_page and unmap_page: the order above this, which has to be 0 */
#define BFN_UNMAP_REMOVE_M2B (1u << 0)

struct bfn_op {
	uint16_t subop_id;
	uint16_t flags; /* of query_caps out */
	int32_t status; /* out: 0 or -errno */
	union {
		struct {
			uint64_t bfn, gfn;
		} map_page;
		struct {
			uint64_t bfn;
		} unmap_page;
		struct {
			uint64_t bfn, gfn;
			uint16_t domid, ioserver;
		} map_foreign, lookup_foreign; /* of lookup bfn is out */
		struct {
			uint64_t bfn;
			uint16_t ioserver;
		} unmap_foreign;
		struct {
			uint64_t offset;
		} query_caps;
	} u;
};

#endif
