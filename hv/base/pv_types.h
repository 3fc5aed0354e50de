/* SPDX-License-Identifier: GPL-2.0-only */
/* Structures of PV-IOMMU: a part of types.h, behind those of the IOMMU. */
#ifndef HV_PV_TYPES_H
#define HV_PV_TYPES_H

/* ---- of 2025 (hv/pviommu/pv_*.c) ---- */

#define HV_PV_CONTEXTS	  1024 /* of a domain, beside its own tables */
#define HV_RESERVED_PAGES 16   /* of a range */

/* One of a guest's contexts. */
struct hv_pv_context {
	struct hv_context ctx;
	struct hv_spinlock lock; /* its entries */
	unsigned
		users; /* references of who is at work on it; as all below under the domain's pvi.lock */
	bool dying;
	const struct hv_vcpu *freer;
	uint64_t table_bytes; /* under its own lock */
};

struct hv_pv_reserved {
	uint64_t dfn;
	unsigned pages;
	uint64_t mfn[HV_RESERVED_PAGES];
};

struct hv_pviommu {
	bool allowed, large;	 /* may use it; with entries of 2M */
	bool ended, stuck;	 /* its domain is dying; init was done and failed (a mutant) */
	struct hv_spinlock lock; /* which contexts there are, and where devices go */
	unsigned max;		 /* contexts 1 to max; 0: before init */
	struct hv_pv_context **context; /* of number i + 1 */
	uint64_t taken[HV_PV_CONTEXTS / 64];
	unsigned nr_reserved;
	struct hv_pv_reserved reserved[HV_RESERVED_RANGES];
	struct hv_pv_iommu_stats stats;
};

/* ---- of 2016 (hv/pviommu/bfn.h) ---- */

#define HV_M2B_BUCKETS 256
#define HV_BUFFERED    8 /* requests that an emulator's ring has room for */

/* A frame of another domain's that an emulator has in its domain's bus address space, with a reference. */
struct hv_m2b {
	struct hv_m2b *next;
	uint64_t mfn, bfn;
	struct hv_domain *mapper;
	uint16_t ioserver;
	bool swap,
		mapped; /* a scratch page may take its place; it is in the tables, and not there by 1:1 */
	bool gone, told,
		waited; /* its owner gave it up; the emulator was told; somebody waited for that */
};

struct hv_ioserver {
	uint64_t bfn[HV_BUFFERED];
	unsigned head, tail;
	unsigned untold; /* of what is gone, what was not told yet */
};

/* A hardware domain's; the servers' under m2b_lock. */
struct hv_bfn_space {
	enum hv_dom0_iommu mode;
	bool made;		 /* pages are mapped, and its devices are in ctx */
	struct hv_spinlock lock; /* ctx's entries */
	struct hv_context ctx;
	void *scratch;
	struct hv_ioserver server[HV_IOSERVERS];
	struct hv_bfn_stats stats;
};

#endif
