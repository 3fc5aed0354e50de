/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory for the model's own structures (a vCPU, a table), laid out by the host's seed. */
#ifndef HV_PLACE_H
#define HV_PLACE_H

#include "types.h"

/*
 * Zeroed memory for a structure of the model itself (a vCPU, a table's head), at a distance from
 * its neighbours that the host's seed draws: where structures come to lie moves a figure by several
 * per cent, and what one layout favours another does not. NULL without memory. Free with
 * hv_unplace().
 */
void *hv_place(struct hv_host *host, size_t bytes);
void hv_unplace(void *p);

#endif
