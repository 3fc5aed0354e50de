/* SPDX-License-Identifier: GPL-2.0-only */
/* What is inside a translation table, for who goes down one itself. */
#ifndef HV_PT_INSIDE_H
#define HV_PT_INSIDE_H

#include "page.h"
#include "pte.h"

/* Which entry of its table of this level translates index. */
static inline unsigned hv_pt_slot_of(uint64_t index, unsigned level)
{
	return (index >> (9 * (level - 1))) & 511;
}

/* Of a present entry: is it a leaf? */
static inline bool hv_pt_is_leaf(uint64_t e, unsigned level)
{
	return level == 1 || (e & HV_PTE_LEAF);
}

/* The table that an entry names. */
static inline uint64_t *hv_pt_table(const struct hv_host *host, uint64_t e)
{
	return hv_virt(host, hv_pte_mfn(e));
}

#endif
