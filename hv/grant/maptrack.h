/* SPDX-License-Identifier: GPL-2.0-only */
/* Handles of mappings. */
#ifndef HV_MAPTRACK_H
#define HV_MAPTRACK_H

#include "table.h"

/* A free handle, HV_MAPTRACK_NONE if there is none; and back. */
uint32_t hv_maptrack_get(struct hv_vcpu *cur, struct hv_grant_table *lgt);
void hv_maptrack_put(struct hv_vcpu *cur, struct hv_grant_table *lgt, uint32_t handle);

#endif
