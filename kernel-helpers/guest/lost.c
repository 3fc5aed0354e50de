// SPDX-License-Identifier: GPL-2.0-only
/*
 * gnb_guest: pages that a translated domain loses. When such a domain maps a grant of its own, Xen moves the page:
 * it is taken from its frame number and put at the slot's, and the unmap takes it from there as well
 * (xen/arch/x86/mm/p2m.c, guest_physmap_add_entry). The frame number is a hole from then on, and the page, which
 * still is the domain's, has no number any more and cannot be had back before the domain ends.
 *
 * Linux must never get such a frame number back: what it keeps there would be gone. So each page of a session is
 * looked at when the session ends, and a hole is filled with a new page first, as the balloon driver does. It is
 * Xen's word that counts, not a list of the maps that went by: entries can be written by user space, and mapped by
 * another driver.
 */
#include <linux/mm.h>
#include <asm/xen/hypercall.h>
#include <xen/features.h>
#include <xen/interface/hvm/hvm_op.h>
#include <xen/interface/memory.h>

#include "session.h"

static int is_hole(unsigned long pfn)
{
	struct xen_hvm_get_mem_type type = { .domid = DOMID_SELF, .pfn = pfn };
	int rc = HYPERVISOR_hvm_op(HVMOP_get_mem_type, &type);

	return rc ? rc : type.mem_type == HVMMEM_mmio_dm;
}

static bool fill(unsigned long pfn)
{
	xen_pfn_t gfn = pfn;
	struct xen_memory_reservation r = { .nr_extents = 1, .domid = DOMID_SELF };

	set_xen_guest_handle(r.extent_start, &gfn);
	return HYPERVISOR_memory_op(XENMEM_populate_physmap, &r) == 1;
}

bool gnb_page_is_back(struct page *page)
{
	unsigned long pfn = page_to_pfn(page);
	int hole;

	if (!xen_feature(XENFEAT_auto_translated_physmap))
		return true;
	hole = is_hole(pfn);
	/* Where Xen does not tell, the page may be a hole: it is not for Linux. */
	return hole == 0 || (hole > 0 && fill(pfn));
}
