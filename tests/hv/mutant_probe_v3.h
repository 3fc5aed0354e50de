/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the probe for defects of version 3 share. */
#ifndef HV_MUTANT_PROBE_V3_H
#define HV_MUTANT_PROBE_V3_H

#include "mutant_probe.h"
#include "v3.h"

/* A host with a tree, drawn in what does not matter. */
void hv_probe_v3_open(struct v3 *t, enum hv_iommu_mode iommu, unsigned levels, unsigned max_maps);
/* Its invariants hold. */
void hv_probe_v3_sane(struct v3 *t);
/* The tree goes, and the mapper, and then all. */
void hv_probe_v3_end(struct v3 *t);

void hv_probe_v3_protect(void);
void hv_probe_v3_bind(void);
void hv_probe_v3_cache(void);

#endif
