/* SPDX-License-Identifier: GPL-2.0-only */
/* Loans: made, revoked in part, over; and what becomes of them when either side ends. */
#include "lend.h"
#include "lend_entry.h"
#include "lend_fault.h"
#include "lend_seq.h"
#include "lifetime.h"

void hv_lend_init(struct hv_domain *d)
{
	hv_spin_init(&d->lend.lock);
}

int hv_lend(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l)
{
	int rc = -ESRCH;

	hv_p2m_lock(cur, d);
	if (hv_load(&d->is_dying))
		goto out;
	rc = d->lend.nr < HV_MAX_LOANS ? hv_lent_make(cur, d, l->gfn, l->pages) : -ENOSPC;
	if (rc)
		goto out;
	/* So an access that faults is looked at (hv_guest_access()). */
	hv_store(&d->p2m.marks, true);
	hv_lend_lock(cur, d);
	d->lend.loan[d->lend.nr++] = *l;
	d->lend.stats.loans++;
	hv_lend_unlock(cur, d);
out:
	hv_p2m_unlock(cur, d);
	return rc;
}

/* Under the p2m lock. */
static void end_loan(struct hv_vcpu *cur, struct hv_domain *d, struct hv_loan *l)
{
	hv_lent_take(cur, d, l, l->gfn, l->pages);
	hv_lent_unmake(cur, d, l->gfn, l->pages);
	hv_lend_lock(cur, d);
	hv_lend_wake(d, l->gfn, l->pages);
	*l = d->lend.loan[--d->lend.nr];
	hv_lend_unlock(cur, d);
}

int hv_lend_return(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn)
{
	struct hv_loan *l;
	int rc = -ENOENT;

	hv_p2m_lock(cur, d);
	l = hv_loan_find(d, cur->d, gfn, 1);
	if (l && l->gfn == gfn) {
		end_loan(cur, d, l);
		rc = 0;
	}
	hv_p2m_unlock(cur, d);
	return rc;
}

int hv_lend_revoke(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t pages)
{
	struct hv_loan *l;
	unsigned changed;

	hv_p2m_lock(cur, d);
	l = hv_loan_find(d, cur->d, gfn, pages);
	if (!l) {
		hv_p2m_unlock(cur, d);
		return -ENOENT;
	}
	hv_lend_begin(cur, d, l, gfn, pages);
	changed = hv_lent_take(cur, d, l, gfn, pages);
	d->lend.stats.revokes++;
	d->lend.stats.revoked_entries += changed;
	if (changed > d->lend.stats.work_max)
		d->lend.stats.work_max = changed;
	hv_p2m_unlock(cur, d);
	return 0;
}

/* One entry of pages from *gfn on, before end, which goes on to the next. False: there is no such loan. */
static bool take_entry(struct hv_vcpu *cur, struct hv_domain *d, uint64_t *gfn, uint64_t end,
		       bool first, unsigned *changed)
{
	struct hv_loan *l;
	unsigned order;
	uint64_t n;

	hv_p2m_lock(cur, d);
	l = hv_loan_find(d, cur->d, *gfn, end - *gfn);
	if (l && first) {
		hv_lend_begin(cur, d, l, *gfn, end - *gfn);
		d->lend.stats.revokes++;
	}
	if (l) {
		unsigned taken;

		hv_pt_get(cur, &d->p2m.pt, *gfn, &order);
		n = (1ull << order) - (*gfn & ((1ull << order) - 1));
		if (n > end - *gfn)
			n = end - *gfn;
		taken = hv_lent_take(cur, d, l, *gfn, n);
		*gfn += n;
		*changed += taken;
		d->lend.stats.revoked_entries += taken;
		if (*changed > d->lend.stepped_max)
			d->lend.stepped_max = *changed;
	}
	hv_p2m_unlock(cur, d);
	return l != NULL;
}

int hv_lend_revoke_by_entry(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t pages)
{
	uint64_t g = gfn, end = gfn + pages;
	unsigned changed = 0;

	if (!take_entry(cur, d, &g, end, true, &changed))
		return -ENOENT;
	while (g < end && take_entry(cur, d, &g, end, false, &changed))
		;
	return 0;
}

void hv_lend_borrower_dies(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_p2m_lock(cur, d);
	while (d->lend.nr)
		end_loan(cur, d, &d->lend.loan[0]);
	hv_p2m_unlock(cur, d);
}

void hv_lend_lender_dies(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_domain *x;

	if (!d->lends)
		return;
	hv_for_each_domain (cur->host, x) {
		if (!hv_translated(x))
			continue;
		if (x->lender == d->id)
			x->lender = DOMID_INVALID;
		hv_p2m_lock(cur, x);
		for (unsigned i = 0; i < x->lend.nr && !hv_mutant(LEND_OUTLIVES);)
			if (x->lend.loan[i].lender == d)
				end_loan(cur, x, &x->lend.loan[i]);
			else
				i++;
		hv_p2m_unlock(cur, x);
	}
}

void hv_lend_stats(const struct hv_domain *d, struct hv_lend_stats *out)
{
	*out = d->lend.stats;
	out->held_max = out->work_max ? out->work_max : d->lend.stepped_max > 0;
	if (out->work_max < d->lend.stepped_max)
		out->work_max = d->lend.stepped_max;
}
