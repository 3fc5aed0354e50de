/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a domain gets that maps its own grant twice, by type: the same on a real Xen
 * (lab_domain_grants.c) and on hv (hv_self_test.c). docs/xen.md, "In a translated domain".
 */
#ifndef SELF_GRANT_H
#define SELF_GRANT_H

#include <stdint.h>

#include <xen/xen.h>
#include <xen/grant_table.h>

#define SELF_DATA  0x1122334455667788ull
#define SELF_FAULT 0xfa17fa17fa17fa17ull /* a PV domain's access that faults */
#define SELF_HOLE  UINT64_MAX		 /* what a translated one reads where nothing is */

enum {
	SELF_MAP,
	SELF_SLOT,
	SELF_OWN,
	SELF_AGAIN,
	SELF_SLOT_AGAIN,
	SELF_UNMAP,
	SELF_SLOT_AFTER,
	SELF_OWN_AFTER,
	SELF_ONCE_MORE,
	SELF_FLAGS,
	SELF_LAST,
	SELF_STEPS
};

static const char *const self_names[SELF_STEPS] = {
	[SELF_MAP] = "mapped",
	[SELF_SLOT] = "read where it is mapped",
	[SELF_OWN] = "read at its own number",
	[SELF_AGAIN] = "mapped a second time, elsewhere",
	[SELF_SLOT_AGAIN] = "read there",
	[SELF_UNMAP] = "the first one unmapped",
	[SELF_SLOT_AFTER] = "read where it was mapped",
	[SELF_OWN_AFTER] = "read at its own number after that",
	[SELF_ONCE_MORE] = "mapped once more",
	[SELF_FLAGS] = "the entry's flags, all unmapped",
	[SELF_LAST] = "mapped when nothing is",
};

/* PV, then PVH. */
static const uint64_t self_want[2][SELF_STEPS] = {
	{
		[SELF_MAP] = GNTST_okay,
		[SELF_SLOT] = SELF_DATA,
		[SELF_OWN] = SELF_DATA,
		[SELF_AGAIN] = GNTST_okay,
		[SELF_SLOT_AGAIN] = SELF_DATA,
		[SELF_UNMAP] = GNTST_okay,
		[SELF_SLOT_AFTER] = SELF_FAULT,
		[SELF_OWN_AFTER] = SELF_DATA,
		[SELF_ONCE_MORE] = GNTST_okay,
		[SELF_FLAGS] = GTF_permit_access,
		[SELF_LAST] = GNTST_okay,
	},
	{
		[SELF_MAP] = GNTST_okay,
		[SELF_SLOT] = SELF_DATA,
		[SELF_OWN] = SELF_HOLE,
		[SELF_AGAIN] = GNTST_okay,
		[SELF_SLOT_AGAIN] = SELF_DATA,
		[SELF_UNMAP] = GNTST_okay,
		[SELF_SLOT_AFTER] = SELF_HOLE,
		[SELF_OWN_AFTER] = SELF_HOLE,
		[SELF_ONCE_MORE] = GNTST_okay,
		[SELF_FLAGS] = GTF_permit_access,
		[SELF_LAST] = (uint64_t)(int64_t)GNTST_bad_page,
	},
};

#endif
