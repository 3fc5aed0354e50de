/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A translated guest's own page tables: four levels in its RAM, found by its vCPU's CR3, which the
 * hypervisor walks where the guest names memory by a linear address. After Xen's
 * arch/x86/mm/guest_walk.c and arch/x86/mm/hap/guest_walk.c.
 */
#ifndef HV_GUEST_PT_H
#define HV_GUEST_PT_H

#include "types.h"

#define HV_GPT_PRESENT	1ull
#define HV_GPT_WRITE	2ull
#define HV_GPT_ACCESSED 0x20ull
#define HV_GPT_DIRTY	0x40ull
#define HV_GPT_LARGE	0x80ull /* in levels 2 and 3; reserved in level 4 */
#define HV_GPT_TABLE	(HV_GPT_PRESENT | HV_GPT_WRITE | HV_GPT_ACCESSED | HV_GPT_DIRTY)

/* Frames that the builder's tables for so many pages of arguments take, wherever these lie. */
unsigned hv_guest_pt_pages(unsigned args_pages);

/*
 * The builder's part: tables in the domain's table_pages, by which all of its vCPUs reach its
 * argument memory at the address at which it is seen here: the guest's code runs in this process.
 */
void hv_guest_pt_init(struct hv_domain *d);

/*
 * paging_gva_to_gfn(): the frame of a linear address as the kernel of the guest may access it
 * (write: and write to it), or HV_INVALID.
 */
uint64_t hv_guest_walk(struct hv_vcpu *cur, uint64_t linear, bool write);

#endif
