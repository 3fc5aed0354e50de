/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory lent to a translated domain. A loan is a range of its GFNs; what is there of it are entries of a type of their own,
 * and where nothing is a marked entry, so that each access faults. A loan takes no reference: a lender's page cannot be
 * given up while an entry names it, and all of its loans go before its pages do.
 *
 * Who changes entries does so under the borrower's p2m lock. Whether a page that was looked up may still be entered is said by
 * the sequence number and the ranges that are being revoked, as in KVM's protocol of MMU notifiers: a revoke begins before it
 * takes that lock, and who serves looks when it has it.
 */
#ifndef HV_LEND_H
#define HV_LEND_H

#include "p2m.h"

void hv_lend_init(struct hv_domain *d);

/* What all vCPUs of the borrower and its lenders may ask: loans, the sequence, faults. Inside of the p2m lock. */
void hv_lend_lock(struct hv_vcpu *cur, struct hv_domain *d);
void hv_lend_unlock(struct hv_vcpu *cur, struct hv_domain *d);

/* ---- the sequence of a loan (lend_seq.c): under the p2m lock ---- */

/* A revoke of these pages begins, or one ends. -ENOENT: there is none. */
void hv_lend_begin(struct hv_vcpu *cur, struct hv_domain *d, struct hv_loan *l, uint64_t gfn,
		   uint64_t pages);
int hv_lend_end(struct hv_vcpu *cur, struct hv_domain *d, struct hv_loan *l);
uint64_t hv_lend_seq(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l);
/* May pages that were looked up since seq not be entered there? */
bool hv_lend_stale(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l, uint64_t gfn,
		   uint64_t pages, uint64_t seq);

/* ---- entries (lend_entry.c): under the p2m lock ---- */

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

/* ---- loans (lend.c) ---- */

/* The loan that has all these pages, of this lender or of any (NULL); under the p2m lock or the lend lock. NULL: there is none. */
struct hv_loan *hv_loan_find(struct hv_domain *d, const struct hv_domain *lender, uint64_t gfn,
			     uint64_t pages);
/* hv_lend_op(): 0, -ENOENT, -EEXIST, -ENOSPC, -ENOMEM, -ESRCH: the borrower is dying. */
int hv_lend(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l);
int hv_lend_return(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn);
int hv_lend_revoke(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t pages);
/* The domain ends: what is lent to it, and what it has lent. */
void hv_lend_borrower_dies(struct hv_vcpu *cur, struct hv_domain *d);
void hv_lend_lender_dies(struct hv_vcpu *cur, struct hv_domain *d);

/* ---- faults (lend_fault.c) ---- */

/* A vCPU's access met what is absent, under no lock. True: it tries again. */
bool hv_lend_fault(struct hv_vcpu *v, uint64_t gfn, bool write);
/* It could not be done: what the access gives. -EAGAIN: the vCPU waits; 0: the lender did it; -EFAULT. */
int hv_lend_blocked(struct hv_vcpu *v, uint64_t addr, void *buf, unsigned len, bool write);
/* With the lend lock: who waits for one of these pages tries again. */
void hv_lend_wake(struct hv_domain *d, uint64_t gfn, uint64_t pages);
/* A vCPU that waits for a page of the caller's. -ENOENT. */
int hv_lend_poll(struct hv_vcpu *cur, struct hv_domain *d, unsigned *vcpu, struct hv_fault *out);
/* Its access is done, or fails. -ENOENT: it does not wait; -EINVAL: it cannot be done so. */
int hv_lend_resolve(struct hv_vcpu *cur, struct hv_domain *d, unsigned vcpu, bool fail,
		    uint64_t data, unsigned len);

#endif
