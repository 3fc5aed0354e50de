/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * PV guests: page tables made of the guest's own typed pages, and grant mappings written straight
 * into their entries. After Xen's arch/x86/pv/grant_table.c and map_guest_l1e().
 */
#ifndef HV_PV_H
#define HV_PV_H

#include "pt.h"

#define HV_PV_MAP_BASE 0x100000000000ull /* linear address of map slot 0 */

/* The builder's part: tables for the map area, their pages typed as page tables. -ENOMEM. */
int hv_pv_init(struct hv_vcpu *cur, struct hv_domain *d);

/* Call fn for every page-table page, with its level: 1 holds the entries that map. */
typedef void (*hv_pv_table_fn)(struct hv_page *pg, unsigned level, void *arg);
void hv_pv_each_table(const struct hv_domain *d, hv_pv_table_fn fn, void *arg);

/* At the domain's end: drop what its page-table entries still reference, then the tables' types. */
void hv_pv_teardown(struct hv_vcpu *cur, struct hv_domain *d);

/* create_grant_pv_mapping(): GNTST_okay or GNTST_general_error. */
int hv_pv_create_mapping(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags);

/* replace_grant_pv_mapping() with no replacement: clears the entry if it maps mfn with these
 * rights. */
int hv_pv_destroy_mapping(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags);

/*
 * replace_grant_pv_mapping(): the entry for the linear address new_addr moves into the place of the
 * one that maps mfn; 0: nothing does. Gone from new_addr also if the other one is then not as
 * described (GNTST_general_error): what it referenced is dropped.
 */
int hv_pv_replace_mapping(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, uint64_t new_addr,
			  unsigned flags);

/* gnttab_host_mapping_get_page_type(): does a mapping by ld of rd's page hold a writable type? */
static inline bool hv_mapping_has_type(bool readonly, const struct hv_domain *ld,
				       const struct hv_domain *rd)
{
	return !readonly && (ld == rd || !hv_translated(rd));
}

#endif
