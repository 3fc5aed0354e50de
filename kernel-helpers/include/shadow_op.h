/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The parts of Xen 4.17's XEN_DOMCTL and XEN_DMOP interfaces that are about dirty pages: structures and numbers as Xen has
 * them. Of their own since Xen's headers of these want more of a compiler than C11.
 */
#ifndef SHADOW_OP_H
#define SHADOW_OP_H

#include <stdint.h>

#define DOMCTL_INTERFACE 0x15
#define DOMCTL_SHADOW_OP 10

enum shadow_op_nr {
	SHADOW_OFF = 0,
	SHADOW_ENABLE_LOGDIRTY = 2,
	SHADOW_CLEAN = 11,
	SHADOW_PEEK = 12,
	SHADOW_GET_ALLOCATION = 30,
	SHADOW_ENABLE = 32,
};

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

struct domctl {
	uint32_t cmd, interface_version;
	uint16_t domain, pad[3];
	union {
		struct shadow_op shadow_op;
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
