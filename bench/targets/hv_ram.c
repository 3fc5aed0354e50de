// SPDX-License-Identifier: GPL-2.0-only
/*
 * A guest's RAM in pieces, as it comes to be where pages are given up and others had for them: each has an entry of the
 * p2m of its own. hv gives the topmost frame that is free, so the order in which pages are asked for is that of frames.
 */
#include "hv_ram.h"

#include <errno.h>
#include <string.h>
#include <xen/xen.h>
#include <xen/memory.h>

#define AT_ONCE	  512u
#define GIB_PAGES (1u << 18)

unsigned gnb_hv_ram_pages(const struct gnb_machine_config *c)
{
	unsigned n = c->granter_pages + c->nodes + 2 * GNB_HV_ARGS_PAGES + 3 * GNB_OWN_PAGES +
		     c->map_slots / 512;

	/* The second mapper, and the toolstack. */
	if (c->second)
		n += c->own_pages + c->map_slots / 512 + 2 * (GNB_HV_ARGS_PAGES + GNB_OWN_PAGES);
	/* A gigabyte is aligned. */
	if (c->own_pages > GNB_OWN_PAGES)
		n += 2 * c->own_pages;
	if (c->granter_pages + c->nodes + GNB_HV_ARGS_PAGES >= GIB_PAGES)
		n += 2 * (c->granter_pages > GIB_PAGES ? c->granter_pages : GIB_PAGES);
	/* What is had in the place of RAM that is given up lies elsewhere. */
	if (c->ram != GNB_RAM_WHOLE)
		n += c->granter_pages + AT_ONCE;
	/* And the guest's page tables for them. */
	return n + 2 * c->args_pages + c->args_pages / 128;
}

/* The pages of the list: given up, or had again. */
static int change(struct hv_domain *d, unsigned cmd, uint64_t *list, void *op, unsigned n)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = n };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)list);
	memcpy(op, &r, sizeof(r));
	return hv_memory_op(hv_domain_vcpu(d, 0), cmd, op) == n ? 0 : -ENOMEM;
}

/* In which order the n pages from first on are asked for: the first one asked for gets the topmost frame. */
static unsigned asked(enum gnb_ram ram, unsigned n, unsigned i)
{
	/* The last page first: frames are in the order of pages. Else only the first page has the frame that it had then. */
	return ram == GNB_RAM_PIECES ? n - 1 - i : (i + 1) % n;
}

int gnb_hv_break_up(struct hv_domain *d, unsigned pages, enum gnb_ram ram, uint64_t *list, void *op)
{
	int rc = 0;

	if (ram == GNB_RAM_WHOLE)
		return 0;
	for (unsigned left = pages, n; left && !rc; left -= n) {
		n = left % AT_ONCE ? left % AT_ONCE : AT_ONCE;
		for (unsigned i = 0; i < n; i++)
			list[i] = hv_guest_frame(d, left - n + asked(ram, n, i));
		rc = change(d, XENMEM_decrease_reservation, list, op, n);
		if (!rc)
			rc = change(d, XENMEM_populate_physmap, list, op, n);
	}
	return rc;
}
