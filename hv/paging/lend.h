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

/* hv_lend_op(): 0, -ENOENT, -EEXIST, -ENOSPC, -ENOMEM, -ESRCH: the borrower is dying. */
int hv_lend(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l);
int hv_lend_return(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn);
int hv_lend_revoke(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t pages);
/*
 * The same, with the lock taken for each entry anew, so that others wait no longer than for one; each is flushed by itself.
 * A loan that goes meanwhile has nothing left to revoke.
 */
int hv_lend_revoke_by_entry(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t pages);
/* The domain ends: what is lent to it, and what it has lent. */
void hv_lend_borrower_dies(struct hv_vcpu *cur, struct hv_domain *d);
void hv_lend_lender_dies(struct hv_vcpu *cur, struct hv_domain *d);

#endif
