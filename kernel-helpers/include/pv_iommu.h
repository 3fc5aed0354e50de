/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PV-IOMMU as it was proposed in November 2025 (pv-iommu v7, an RFC; in no Xen): a guest has IOMMU contexts of its own,
 * puts its devices into them and maps its memory there. Numbers and fields are the proposal's, with the padding written
 * out. Hypercall 43, iommu_op(subop, arg).
 */
#ifndef PV_IOMMU_H
#define PV_IOMMU_H

#include <stdint.h>

enum pv_iommu_cmd {
	PV_IOMMU_NOOP,		/* no argument: is it there? */
	PV_IOMMU_CAPABILITIES,	/* struct pv_iommu_capabilities */
	PV_IOMMU_INIT,		/* struct pv_iommu_init */
	PV_IOMMU_ALLOC_CONTEXT, /* struct pv_iommu_alloc */
	PV_IOMMU_FREE_CONTEXT,	/* struct pv_iommu_free */
	PV_IOMMU_REATTACH,	/* struct pv_iommu_reattach */
	PV_IOMMU_MAP_PAGES,	/* struct pv_iommu_map */
	PV_IOMMU_UNMAP_PAGES,	/* struct pv_iommu_unmap */
	PV_IOMMU_REMOTE,	/* struct pv_iommu_remote: one of these for another domain */
	PV_IOMMU_ALLOC_NESTED,	/* nested ones and PASIDs have numbers, and nothing behind them */
	PV_IOMMU_FLUSH_NESTED,
	PV_IOMMU_ATTACH_PASID,
	PV_IOMMU_DETACH_PASID,
	PV_IOMMU_CMDS
};

#define PV_IOMMU_CAP_DEFAULT_IDENTITY                                                              \
	(1u << 0) /* in context 0 a device sees frames as the guest names them */
#define PV_IOMMU_CAP_CACHE    (1u << 1)
#define PV_IOMMU_CAP_NESTED   (1u << 2)
#define PV_IOMMU_CAP_PASID    (1u << 3)
#define PV_IOMMU_CAP_IDENTITY (1u << 4)

struct pv_iommu_capabilities {
	uint64_t max_iova_addr;
	uint32_t cap_flags;
	uint32_t pgsize_mask;
	uint32_t max_pasid;
	uint16_t max_ctx_no;
	uint16_t pad;
};

struct pv_iommu_init {
	uint32_t max_ctx_no;  /* contexts beside context 0 */
	uint32_t arena_order; /* their tables take 4 KiB << this at most */
};

#define PV_IOMMU_ALLOC_IDENTITY (1u << 0)

struct pv_iommu_alloc {
	uint16_t ctx_no; /* out */
	uint16_t pad;
	uint32_t alloc_flags;
};

#define PV_IOMMU_FREE_REATTACH (1u << 0) /* its devices go back to context 0 */

struct pv_iommu_free {
	uint16_t ctx_no;
	uint16_t pad;
	uint32_t free_flags;
};

/* Xen's physdev_pci_device. */
struct pv_iommu_device {
	uint16_t seg;
	uint8_t bus;
	uint8_t devfn;
};

struct pv_iommu_reattach {
	uint16_t ctx_no;
	uint16_t pad;
	struct pv_iommu_device dev;
	uint32_t pasid;
};

#define PV_IOMMU_MAP_READABLE  (1u << 0)
#define PV_IOMMU_MAP_WRITEABLE (1u << 1)
#define PV_IOMMU_MAP_CACHE     (1u << 2)

struct pv_iommu_map {
	uint16_t ctx_no;
	uint16_t pad[3];
	uint64_t gfn;
	uint64_t dfn;
	uint32_t map_flags;
	uint32_t pgsize; /* bytes; looked at only where there is more than one size */
	uint32_t nr_pages;
	uint32_t mapped; /* out, also of a call that failed: nothing of it is undone */
};

struct pv_iommu_unmap {
	uint16_t ctx_no;
	uint16_t pad[3];
	uint64_t dfn;
	uint32_t pgsize;
	uint32_t nr_pages;
	uint32_t unmapped; /* out, likewise */
	uint32_t pad2;
};

struct pv_iommu_remote {
	uint16_t domid;
	uint16_t subop;
	uint32_t pad;
	uint64_t arg; /* where its structure is, in the caller's memory */
};

#endif
