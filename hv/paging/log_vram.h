/* SPDX-License-Identifier: GPL-2.0-only */
/* Dirty VRAM: a range of pages that are logged alone. */
#ifndef HV_LOG_VRAM_H
#define HV_LOG_VRAM_H

#include "types.h"

/* hap_track_dirty_vram(): which of nr pages from first on were written to since the last call; none: it ends. */
int hv_log_vram(struct hv_vcpu *cur, struct hv_domain *d, uint64_t first, uint64_t nr,
		uint64_t bitmap);

#endif
