/* SPDX-License-Identifier: GPL-2.0-only */
/* Loans looked up, and which of their pages may be entered now. */
#ifndef HV_LEND_SEQ_H
#define HV_LEND_SEQ_H

#include "p2m.h"

/* What all vCPUs of the borrower and its lenders may ask: loans, the sequence, faults. Inside of the p2m lock. */
void hv_lend_lock(struct hv_vcpu *cur, struct hv_domain *d);
void hv_lend_unlock(struct hv_vcpu *cur, struct hv_domain *d);

/* ---- the sequence of a loan: under the p2m lock ---- */

/* A revoke of these pages begins, or one ends. -ENOENT: there is none. */
void hv_lend_begin(struct hv_vcpu *cur, struct hv_domain *d, struct hv_loan *l, uint64_t gfn,
		   uint64_t pages);
int hv_lend_end(struct hv_vcpu *cur, struct hv_domain *d, struct hv_loan *l);
uint64_t hv_lend_seq(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l);
/* May pages that were looked up since seq not be entered there? */
bool hv_lend_stale(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l, uint64_t gfn,
		   uint64_t pages, uint64_t seq);

/* The loan that has all these pages, of this lender or of any (NULL); under the p2m lock or the lend lock. NULL: there is none. */
struct hv_loan *hv_loan_find(struct hv_domain *d, const struct hv_domain *lender, uint64_t gfn,
			     uint64_t pages);

#endif
