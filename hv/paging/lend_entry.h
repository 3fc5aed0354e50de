/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of what is lent; and the frames that they lead to. */
#ifndef HV_LEND_ENTRY_H
#define HV_LEND_ENTRY_H

#include "p2m.h"

/* ---- entries: under the p2m lock ---- */

/* Holes become absent (-EEXIST: they are none; -ENOMEM), and what is absent holes. */
int hv_lent_make(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t pages);
void hv_lent_unmake(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t pages);
/*
 * Frames from mfn on come to where pages are absent or others are. -EBUSY: something else is there, or one of them is not the
 * lender's to lend; -ENOMEM. *done: pages that came.
 */
int hv_lent_enter(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l, uint64_t gfn,
		  uint64_t pages, uint64_t mfn, uint64_t *done);
/*
 * What is there of them is absent and flushed. Never fails: where there is no memory to part a large entry all of it goes.
 * How many entries were changed.
 */
unsigned hv_lent_take(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l,
		      uint64_t gfn, uint64_t pages);

/* ---- a lender's frames ---- */

/* Is an entry for it somewhere? Then it cannot be given up. With the owner's page_alloc_lock. */
bool hv_is_lent(const struct hv_host *host, const struct hv_page *pg);

#endif
