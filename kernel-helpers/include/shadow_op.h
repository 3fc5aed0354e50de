/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of Xen 4.17's XEN_DOMCTL and XEN_DMOP interfaces that are about dirty pages, and about frames mapped into a
 * domain: structures and numbers as Xen has them. Of their own since Xen's headers of these want more of a compiler than C11.
 */
#ifndef SHADOW_OP_H
#define SHADOW_OP_H

#include <stdint.h>

#define DOMCTL_INTERFACE	0x15
#define DOMCTL_SHADOW_OP	10
#define DOMCTL_IOMEM_PERMISSION 20
#define DOMCTL_MEMORY_MAPPING	39

enum shadow_op_nr {
	SHADOW_OFF = 0,
	SHADOW_ENABLE_LOGDIRTY = 2,
	SHADOW_CLEAN = 11,
	SHADOW_PEEK = 12,
	SHADOW_GET_ALLOCATION = 30,
	SHADOW_ENABLE = 32,
};

/* Not in Xen, for domains whose pages are logged as KVM does it: KVM_CLEAR_DIRTY_LOG, KVM_RESET_DIRTY_RINGS. */
#define SHADOW_CLEAR                                                                               \
	64u /* mode: the first page, by 64; of pages from there on those of the bitmap */
#define SHADOW_RESET 65u /* what was taken from the rings; pages: how many that were */

#define SHADOW_MODE_LOG_DIRTY (1u << 2) /* of SHADOW_ENABLE */
#define SHADOW_MODE_FINAL     (1u << 0) /* of CLEAN and PEEK */

struct shadow_op {
	uint32_t op, mode;
	uint32_t mb;
	uint32_t pad;
	uint64_t bitmap; /* a linear address; 0: none */
	uint64_t pages;	 /* that it has room for; updated */
	uint32_t fault_count, dirty_count;
};

struct iomem_permission {
	uint64_t first_mfn, nr_mfns;
	uint8_t allow_access;
};

struct memory_mapping {
	uint64_t first_gfn, first_mfn, nr_mfns;
	uint32_t add_mapping, pad;
};

struct domctl {
	uint32_t cmd, interface_version;
	uint16_t domain, pad[3];
	union {
		struct shadow_op shadow_op;
		struct iomem_permission iomem_permission;
		struct memory_mapping memory_mapping;
		uint8_t pad[128];
	} u;
};

#define DMOP_TRACK_DIRTY_VRAM 7
#define DMOP_MODIFIED_MEMORY  11

struct dmop_buf {
	uint64_t at; /* a linear address */
	uint64_t size;
};

/* In the second buffer are bits. */
struct dmop_track_dirty_vram {
	uint32_t nr, pad;
	uint64_t first_pfn;
};

/* In the second buffer are extents. */
struct dmop_modified_memory {
	uint32_t nr_extents, opaque;
};

struct dmop_extent {
	uint64_t first_pfn;
	uint32_t nr, pad;
};

struct dmop {
	uint32_t op, pad;
	union {
		struct dmop_track_dirty_vram track_dirty_vram;
		struct dmop_modified_memory modified_memory;
		uint8_t pad[32];
	} u;
};

#endif
