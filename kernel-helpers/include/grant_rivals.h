/* SPDX-License-Identifier: MIT */
/*
 * What version 1 of the grant tables could have without a tree (docs/grant-v3.md, "Rivals"): interfaces that exist in no
 * Xen, so that version 3 is held against the best of them. The granter's table and protocol are version 1's: one entry
 * and one word of flags for each reference.
 *
 * All structures have the same layout for 32-bit and 64-bit callers. Padding and unknown flags must be zero. Each
 * operation takes a list of its structures, copies them in blocks of up to 32, and sets a status in each (GNTST_*); the
 * hypercall itself fails only if the list cannot be read or written.
 */
#ifndef XEN_PUBLIC_GRANT_RIVALS_H
#define XEN_PUBLIC_GRANT_RIVALS_H

#ifndef __XEN__
#include <stdint.h>
#endif

/* ---- v1-range: many references by one request ---- */

/* Operations of HYPERVISOR_grant_table_op, away from those of versions 1 to 3. */
#define GNTTABOP_range_map   32
#define GNTTABOP_range_unmap 33

/* Pages of one request: what is done under one hold of the locks. */
#define GNTRANGE_MAX_COUNT 512u
#define GNTRANGE_NO_HANDLE (~0u)

#define GNTRANGE_READONLY 0x0001u
/* ref is where count references of 32 bits each are listed, a linear address of the caller. */
#define GNTRANGE_LIST 0x0002u
/* 512 neighbouring frames at an address aligned to 2 MiB may become one entry (translated callers). */
#define GNTRANGE_ACCEPT_2M 0x0004u

/*
 * Map references ref to ref + count - 1 of domain dom at addr, one page after the other, for the CPU (and for the
 * IOMMU where the domain has one). It goes from the first to the last and stops at the first that cannot be mapped:
 * done says how many are, by handle, whatever the status; with none there is no handle. For each page the granter's
 * flags, pins and limits are version 1's. What is found at addr stays: unlike map_grant_ref, a range is mapped where
 * nothing is. GNTST_general_error: flags, count, padding; a caller or a granter that is revocable (grant_v1_revoke.h);
 * an entry that does not grant to the caller or has cache flags; a PV caller's address without a page table.
 * GNTST_bad_virt_addr: addr, or something is there, or the list cannot be read. GNTST_bad_domain; GNTST_bad_gntref:
 * beyond the granter's table; GNTST_bad_page: the frame is no RAM of the granter; GNTST_no_space: memory, or as many
 * ranges as the caller may have; GNTST_no_device_space: the IOMMU.
 */
struct gnttab_range_map {
	/* IN */
	uint64_t addr; /* physical of a translated caller, linear of a PV caller */
	uint64_t ref;
	uint32_t count; /* 1..GNTRANGE_MAX_COUNT */
	uint16_t dom;
	uint16_t flags;
	/* OUT */
	uint32_t done;
	uint32_t handle; /* of ranges, whose numbers are not those of version 1's handles */
	uint16_t large;	 /* entries of 2M that were made */
	int16_t status;
	/* IN */
	uint32_t pad;
};

/*
 * Take a range away, all of it. It is gone, and its TLBs are clean, when the hypercall returns: one flush for all of
 * its requests. GNTST_bad_handle. GNTST_general_error: a PV caller has put something else into the place of a page; the
 * pages behind it are gone, it and those before it stay.
 */
struct gnttab_range_unmap {
	/* IN */
	uint32_t handle;
	uint16_t pad;
	/* OUT */
	int16_t status;
};

/* ---- v1-super: one entry of version 1 for 2 MiB or 1 GiB ---- */

/*
 * In the flags of an entry of version 1, of a domain that has the feature: its frame names 2 MiB or 1 GiB. Their order
 * stands in the bits of the frame that alignment leaves free, as in the addresses of AMD's IOMMUs: all set but the
 * topmost.
 */
#define GTF_superpage		   (1u << 9)
#define GNTSUPER_FRAME(gfn, order) ((uint32_t)(gfn) | ((1u << ((order)-1)) - 1))
#define GNTSUPER_2M_ORDER	   9
#define GNTSUPER_1G_ORDER	   18

/*
 * Of map_grant_ref, of a translated caller that has the feature: I know that the entry is one of 2 MiB (1 GiB), and
 * have as much room at host_addr, aligned. Without it such an entry cannot be mapped, nor can another with it:
 * GNTST_general_error. It cannot be copied from or to either.
 */
#define GNTMAP_super_2m (1u << 6)
#define GNTMAP_super_1g (1u << 7)
#define GNTMAP_super	(GNTMAP_super_2m | GNTMAP_super_1g)

#endif
