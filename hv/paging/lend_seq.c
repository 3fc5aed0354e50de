/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which pages of a loan are being revoked, and since when what was looked up may be entered. After KVM's
 * kvm_mmu_invalidate_begin(), kvm_mmu_invalidate_end() and mmu_invalidate_retry_gfn(), by a lock that is held for a few stores.
 */
#include "lend_seq.h"

void hv_lend_lock(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_spin_lock(cur, &d->lend.lock, HV_LVL_LEND);
}

void hv_lend_unlock(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_spin_unlock(cur, &d->lend.lock, HV_LVL_LEND);
}

void hv_lend_begin(struct hv_vcpu *cur, struct hv_domain *d, struct hv_loan *l, uint64_t gfn,
		   uint64_t pages)
{
	hv_lend_lock(cur, d);
	if (!l->revokes++ || hv_mutant(LEND_LAST_RANGE)) {
		l->revoke_first = gfn;
		l->revoke_end = gfn + pages;
	} else {
		/* The smallest range that has them all: whatever it has too much comes again. */
		if (gfn < l->revoke_first)
			l->revoke_first = gfn;
		if (gfn + pages > l->revoke_end)
			l->revoke_end = gfn + pages;
	}
	if (hv_mutant(LEND_SEQ_AT_BEGIN))
		l->seq++;
	hv_lend_unlock(cur, d);
}

int hv_lend_end(struct hv_vcpu *cur, struct hv_domain *d, struct hv_loan *l)
{
	int rc = -ENOENT;

	hv_lend_lock(cur, d);
	if (l->revokes) {
		l->seq += !hv_mutant(LEND_SEQ_AT_BEGIN);
		l->revokes--;
		rc = 0;
	}
	hv_lend_unlock(cur, d);
	return rc;
}

uint64_t hv_lend_seq(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l)
{
	uint64_t seq;

	hv_lend_lock(cur, d);
	seq = l->seq;
	hv_lend_unlock(cur, d);
	return seq;
}

bool hv_lend_stale(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l, uint64_t gfn,
		   uint64_t pages, uint64_t seq)
{
	bool stale;

	hv_lend_lock(cur, d);
	stale = l->seq != seq ||
		(l->revokes && gfn < l->revoke_end && gfn + pages > l->revoke_first);
	if (stale)
		d->lend.stats.stale += pages;
	hv_lend_unlock(cur, d);
	return stale && !hv_mutant(LEND_NO_SEQ);
}

struct hv_loan *hv_loan_find(struct hv_domain *d, const struct hv_domain *lender, uint64_t gfn,
			     uint64_t pages)
{
	for (unsigned i = 0; i < d->lend.nr; i++) {
		struct hv_loan *l = &d->lend.loan[i];

		if (gfn >= l->gfn && pages <= l->pages && gfn - l->gfn <= l->pages - pages)
			return !lender || l->lender == lender ? l : NULL;
	}
	return NULL;
}
