/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Mappings of version 1 taken away from a domain by another one's vCPU: entries first, then one flush for all of them.
 * What they hold of the frames is the caller's affair, after the flush.
 */
#ifndef HV_REVOKE_H
#define HV_REVOKE_H

#include "types.h"

/* Around the entries of one domain: a translated one's p2m is locked. No other p2m lock is held. */
void hv_revoke_begin(struct hv_vcpu *cur, struct hv_domain *d);
void hv_revoke_end(struct hv_vcpu *cur, struct hv_domain *d);

/*
 * The entry of d that maps mfn with these rights leads to frame `to` with the same rights, or nowhere (HV_INVALID; of a
 * PV domain always). where: a physical address, of a PV domain the machine address of the page-table entry. -EILSEQ:
 * something else is there, and stays.
 */
int hv_revoke_entry(struct hv_vcpu *cur, struct hv_domain *d, uint64_t where, uint64_t mfn,
		    bool write, uint64_t to);

/* All of d's TLBs; of a translated domain also what its device may have kept. */
void hv_revoke_flush(struct hv_vcpu *cur, struct hv_domain *d);

#endif
