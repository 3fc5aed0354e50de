/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of translation tables (pt.h): what is in one. */
#ifndef HV_PTE_H
#define HV_PTE_H

#include "types.h"

#define HV_PTE_PRESENT 1ull
#define HV_PTE_WRITE   2ull
#define HV_PTE_DIRTY   0x40ull	/* of an IOMMU that has them: the device wrote there */
#define HV_PTE_LEAF    0x80ull	/* at level 2 and 3; at level 1 every present entry is one */
#define HV_PTE_MARK    0x200ull /* of a p2m: what is below has to be looked at anew (marks.h) */
#define HV_PTE_PARTED                                                                              \
	0x400ull /* of a p2m, of a table: was a leaf, and parted for the log (log_protect.h) */
#define HV_PTE_MFN_MASK	  0x000ffffffffff000ull
#define HV_PTE_TYPE_SHIFT 52
#define HV_PTE_TYPE_MASK  (0xfull << HV_PTE_TYPE_SHIFT)
#define HV_PT_LEVELS	  4
#define HV_PT_MAX_INDEX	  (1ull << 36)

static inline uint64_t hv_pte(uint64_t mfn, enum hv_p2m_type type, bool write)
{
	return mfn << HV_PAGE_SHIFT | (uint64_t)type << HV_PTE_TYPE_SHIFT | HV_PTE_PRESENT |
	       (write ? HV_PTE_WRITE : 0);
}

static inline uint64_t hv_pte_mfn(uint64_t e)
{
	return (e & HV_PTE_MFN_MASK) >> HV_PAGE_SHIFT;
}

static inline enum hv_p2m_type hv_pte_type(uint64_t e)
{
	return (enum hv_p2m_type)((e & HV_PTE_TYPE_MASK) >> HV_PTE_TYPE_SHIFT);
}

#endif
