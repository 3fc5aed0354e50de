/* SPDX-License-Identifier: GPL-2.0-only */
/* The two halves of an unmap, and what lies between them. */
#ifndef HV_UNMAP_H
#define HV_UNMAP_H

#include "types.h"

/* One unmap between its two halves (Xen: gnttab_unmap_common). */
struct hv_unmap {
	uint64_t host_addr, dev_bus_addr;
	uint64_t new_addr; /* unmap_and_replace only */
	uint32_t handle;
	int16_t status;
	uint16_t done;
	uint64_t mfn;
	struct hv_domain *rd;
	grant_ref_t ref;
};

#define HV_UNMAP_BATCH 32   /* GNTTAB_UNMAP_BATCH_SIZE */
#define HV_UNMAP_CHUNK 1024 /* the most that one flush of a batching domain covers */

#endif
