/* SPDX-License-Identifier: GPL-2.0-only */
/* An operation on the log of dirty pages, as whoever does it has it. */
#ifndef HV_LOG_OP_H
#define HV_LOG_OP_H

#include "types.h"

/* Xen's xen_domctl_shadow_op, without its padding; bitmap: an address of the caller, 0: none. */
struct hv_log_op {
	unsigned op, mode;
	unsigned mb;
	uint64_t bitmap, pages;
	uint32_t fault_count, dirty_count;
};

#define HV_ERESTART 512 /* -ERESTART, which never leaves the hypervisor */

#endif
