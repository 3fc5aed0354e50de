/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Marks in a p2m: entries whose type may have to change, or what is below them. To change the type of all of a domain's
 * RAM is to mark the entries of the root; faults push marks down. After Xen's arch/x86/mm/p2m-pt.c, with nested paging as
 * AMD has it, where the mark is a user bit that is clear. All of it under the p2m's lock.
 */
#ifndef HV_MARKS_H
#define HV_MARKS_H

#include "types.h"

/* p2m_pt_change_entry_type_global(): all entries of the root are marked. */
void hv_marks_root(struct hv_vcpu *cur, struct hv_domain *d);
/* p2m_pt_change_entry_type_range(): the pages from first to last are. -ENOMEM. */
int hv_marks_pages(struct hv_vcpu *cur, struct hv_domain *d, uint64_t first, uint64_t last);

/* do_recalc(): marks on the way to gfn are pushed down or taken. 1: some were; 0; -ENOMEM. */
int hv_recalc(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn);

/* p2m_recalc_type(): the type that an entry of this one for gfn has when its mark is gone. */
enum hv_p2m_type hv_marks_type_of(const struct hv_p2m *p2m, enum hv_p2m_type t, uint64_t gfn);
/* The entry, with another type and its right, and no mark. */
uint64_t hv_marks_retyped(uint64_t e, enum hv_p2m_type t);
/* Tables that are the p2m: an entry has changed, and the device may have kept a right that went. Xen does not look. */
void hv_marks_device(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order,
		     uint64_t old, uint64_t e);

#endif
