/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of a p2m beside grants: more than a page at once, a device's memory, another domain's pages. */
#ifndef HV_TYPED_H
#define HV_TYPED_H

#include "p2m.h"

/*
 * p2m_add_page() of 1 << order pages of the domain's own. -EPERM and a crashed domain if a special entry is in the way;
 * -ENOMEM with nothing of them mapped.
 */
int hv_p2m_add_pages(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		     unsigned order);

/*
 * set_typed_p2m_entry(): of order 0 or 9. 0; a smaller order plus 1, with which it is to be tried
 * again; -EPERM and a crashed domain: something special is there, which is not the same; -ENOMEM; -EINVAL.
 */
int hv_p2m_set_typed(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		     unsigned order, enum hv_p2m_type type);

/* clear_mmio_p2m_entry(): the same results; -EINVAL also where no such entry is. */
int hv_p2m_clear_mmio(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order);

/* An entry for another domain's page goes, and its reference after it is flushed. -ENOENT: there is none. */
int hv_p2m_clear_foreign(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn);

/* Before hv_p2m_teardown() of a domain that is dying: what its entries for others' pages hold. */
void hv_p2m_put_foreign(struct hv_vcpu *cur, struct hv_domain *d);

#endif
