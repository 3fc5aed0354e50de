/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Entries of a p2m beside grants. After Xen's p2m_set_entry(), set_typed_p2m_entry(), clear_mmio_p2m_entry() and
 * p2m_entry_modify() (arch/x86/mm/p2m.c).
 */
#include "typed.h"
#include "lifetime.h"
#include "page.h"

/* RAM in the way is orphaned: still owned, no longer reachable. */
static void orphan(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn)
{
	uint64_t e = hv_pt_hw_get(cur->host, &d->p2m.pt, gfn, NULL);

	if (e)
		hv_store(&hv_page(cur->host, hv_pte_mfn(e))->m2p, HV_INVALID);
}

/* p2m_set_entry(): by 2M where both numbers and what is left allow it. *done: pages that were set. */
static int set_run(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn, uint64_t n,
		   uint64_t *done)
{
	int rc = 0;

	for (*done = 0; *done < n;) {
		uint64_t left = n - *done, g = gfn + *done, m = mfn + *done;
		unsigned order = (g | m) & 511 || left < 512 ? 0 : 9;

		rc = hv_p2m_set(cur, d, g, m, order, HV_P2M_RAM_RW);
		/* Smaller entries are there. */
		if (rc == -EEXIST && order) {
			order = 0;
			orphan(cur, d, g);
			rc = hv_p2m_set(cur, d, g, m, 0, HV_P2M_RAM_RW);
		}
		if (rc)
			return rc;
		*done += 1ull << order;
	}
	return 0;
}

int hv_p2m_add_pages(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		     unsigned order)
{
	uint64_t n = 1ull << order, done;
	enum hv_p2m_type t;
	int rc = 0;

	if (!order)
		return hv_p2m_add_page(cur, d, gfn, mfn, HV_P2M_RAM_RW);
	cur->count.mfn_checks++;
	hv_p2m_lock(cur, d);
	for (uint64_t i = 0; i < n && !rc; i++) {
		hv_p2m_get(cur, d, gfn + i, &t);
		rc = hv_p2m_is_special(t) ? -EPERM : 0;
	}
	if (rc)
		goto out;
	for (uint64_t i = 0; i < n; i++)
		orphan(cur, d, gfn + i);
	rc = set_run(cur, d, gfn, mfn, n, &done);
	for (uint64_t i = 0; i < done && !rc; i++)
		hv_store(&hv_page(cur->host, mfn + i)->m2p, gfn + i);
	/* What was done goes again, which takes no memory; what was not is where it was. */
	for (uint64_t i = 0; i < n && rc; i++) {
		uint64_t e = hv_pt_hw_get(cur->host, &d->p2m.pt, gfn + i, NULL);

		if (i < done)
			hv_p2m_set(cur, d, gfn + i, HV_INVALID, 0, HV_P2M_INVALID);
		else if (e)
			hv_store(&hv_page(cur->host, hv_pte_mfn(e))->m2p, gfn + i);
	}
out:
	hv_p2m_unlock(cur, d);
	if (rc == -EPERM)
		hv_domain_crash(d);
	return rc;
}

/* Of RAM that an entry took the place of: it has none any more. */
static void lose_places(struct hv_vcpu *cur, uint64_t mfn, unsigned order)
{
	for (uint64_t i = 0; i < 1ull << order; i++)
		hv_store(&hv_page(cur->host, mfn + i)->m2p, HV_INVALID);
}

int hv_p2m_set_typed(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		     unsigned order, enum hv_p2m_type type)
{
	enum hv_p2m_type ot;
	unsigned have;
	uint64_t e;
	int rc = -EINVAL;

	hv_p2m_lock(cur, d);
	/* What is dying has given up its entries already. */
	if (gfn >= HV_PT_MAX_INDEX || hv_load(&d->is_dying))
		goto out;
	e = hv_pt_get(cur, &d->p2m.pt, gfn, &have);
	ot = e ? hv_pte_type(e) : HV_P2M_INVALID;
	rc = (int)have + 1;
	if (have < order)
		goto out;
	rc = 0;
	if (hv_p2m_is_special(ot)) {
		if (hv_pte_mfn(e) != mfn || ot != type) {
			hv_domain_crash(d);
			rc = -EPERM;
		}
		goto out;
	}
	rc = hv_p2m_set(cur, d, gfn, mfn, order, type);
	if (!rc && (hv_p2m_is_ram(ot) || ot == HV_P2M_XEN_SHARED))
		lose_places(cur, hv_pte_mfn(e), order);
out:
	hv_p2m_unlock(cur, d);
	return rc;
}

int hv_p2m_clear_mmio(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order)
{
	int rc = -EINVAL;
	unsigned have;
	uint64_t e;

	hv_p2m_lock(cur, d);
	if (gfn >= HV_PT_MAX_INDEX)
		goto out;
	e = hv_pt_get(cur, &d->p2m.pt, gfn, &have);
	if (have < order)
		rc = (int)have + 1;
	/* Another frame than was said is taken away all the same: Xen only says so. */
	else if (e && hv_pte_type(e) == HV_P2M_MMIO_DIRECT)
		rc = hv_p2m_set(cur, d, gfn, HV_INVALID, order, HV_P2M_INVALID);
out:
	hv_p2m_unlock(cur, d);
	return rc;
}

int hv_p2m_clear_foreign(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn)
{
	struct hv_page *pg = NULL;
	enum hv_p2m_type t;
	int rc = -ENOENT;
	uint64_t mfn;

	hv_p2m_lock(cur, d);
	mfn = hv_p2m_get(cur, d, gfn, &t);
	if (t == HV_P2M_FOREIGN)
		rc = hv_p2m_set(cur, d, gfn, HV_INVALID, 0, HV_P2M_INVALID);
	if (!rc)
		pg = hv_page(cur->host, mfn);
	if (pg && hv_mutant(FOREIGN_EARLY_PUT))
		hv_put_page(cur, pg);
	hv_p2m_unlock(cur, d);
	/* The last way to the page is gone before its reference is. */
	if (pg && !hv_mutant(FOREIGN_EARLY_PUT))
		hv_put_page(cur, pg);
	return rc;
}

static int put_leaf(uint64_t gfn, unsigned order, uint64_t e, void *arg)
{
	struct hv_vcpu *cur = arg;

	(void)gfn;
	(void)order;
	if (hv_pte_type(e) == HV_P2M_FOREIGN && !hv_mutant(FOREIGN_LEAK))
		hv_put_page(cur, hv_page(cur->host, hv_pte_mfn(e)));
	return 0;
}

void hv_p2m_put_foreign(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_p2m_lock(cur, d);
	hv_pt_each(cur->host, &d->p2m.pt, put_leaf, cur);
	hv_p2m_unlock(cur, d);
}
