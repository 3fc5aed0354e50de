/* SPDX-License-Identifier: GPL-2.0-only */
/* PV guests: page tables made of the guest's own typed pages. What they map: mapping.h. */
#ifndef HV_PV_H
#define HV_PV_H

#include "pt.h"

#define HV_PV_MAP_BASE 0x100000000000ull /* linear address of map slot 0 */

/* The builder's part: tables for the map area, their pages typed as page tables. -ENOMEM. */
int hv_pv_init(struct hv_vcpu *cur, struct hv_domain *d);

/* Call fn for every page-table page, with its level: 1 holds the entries that map. */
typedef void (*hv_pv_table_fn)(struct hv_page *pg, unsigned level, void *arg);
void hv_pv_each_table(const struct hv_domain *d, hv_pv_table_fn fn, void *arg);

/* At the domain's end, when its mappings are gone: drop the tables' types. */
void hv_pv_teardown(struct hv_vcpu *cur, struct hv_domain *d);

#endif
