/* SPDX-License-Identifier: GPL-2.0-only */
/* A page that a domain gives up. After Xen's guest_remove_page() (common/memory.c). */
#include "give_up.h"
#include "bfn.h"
#include "lend_entry.h"
#include "p2m.h"
#include "page.h"

/*
 * The page is its owner's no more: who has it mapped, with a reference, is told. The p2m is let go of meanwhile, unless
 * who gave the page up has it for something else.
 */
static hv_noinline void tell(struct hv_vcpu *cur, struct hv_domain *d, struct hv_page *pg)
{
	hv_p2m_unlock(cur, d);
	hv_bfn_gone(cur, pg, hv_load(&d->p2m.owner) != cur);
	hv_p2m_lock(cur, d);
}

/*
 * A lender's page, as long as a borrower's entry leads to it, stays; and if it goes, then with the lock by which such
 * entries are made.
 */
static hv_noinline int lender_lets_go(struct hv_vcpu *cur, struct hv_domain *d, struct hv_page *pg,
				      bool look_only)
{
	int rc = 0;

	hv_spin_lock(cur, &d->page_alloc_lock, HV_LVL_ALLOC);
	if (hv_is_lent(cur->host, pg) && !hv_mutant(LEND_GIVEN_UP))
		rc = -EBUSY;
	else if (!look_only)
		hv_put_alloc_ref(cur, pg);
	hv_spin_unlock(cur, &d->page_alloc_lock, HV_LVL_ALLOC);
	if (!rc && !look_only && hv_load(&d->watched))
		tell(cur, d, pg);
	return rc;
}

static int let_go(struct hv_vcpu *cur, struct hv_domain *d, struct hv_page *pg)
{
	if (hv_unlikely(d->lends))
		return lender_lets_go(cur, d, pg, false);
	hv_put_alloc_ref(cur, pg);
	/* Looked at now: who maps it says so first, and then looks whether it still is its owner's. */
	if (hv_unlikely(hv_load(&d->watched)))
		tell(cur, d, pg);
	return 0;
}

/* Where there is no RAM: what is there, in Xen's words. */
static int not_ram(enum hv_p2m_type t)
{
	if (t == HV_P2M_MMIO_DIRECT || hv_p2m_is_lent(t))
		return -EPERM;
	return t == HV_P2M_FOREIGN ? -ENXIO : -ENOENT;
}

int hv_give_up(struct hv_vcpu *cur, struct hv_domain *d, uint64_t frame, struct hv_page **out)
{
	uint8_t late = cur->flush_late;
	uint64_t mfn = frame;
	struct hv_page *pg;
	enum hv_p2m_type t;
	int rc = -ENXIO;

	*out = NULL;
	if (hv_translated(d)) {
		if (frame >= HV_PT_MAX_INDEX)
			return -ENOENT;
		hv_p2m_lock(cur, d);
		mfn = hv_p2m_get(cur, d, frame, &t);
		if (mfn == HV_INVALID ||
		    !(hv_p2m_is_ram(t) || hv_p2m_is_grant(t) || hv_mutant(V3_ALIAS_GIVEN_UP))) {
			hv_p2m_unlock(cur, d);
			return not_ram(t);
		}
	} else if (!hv_mfn_valid(cur, mfn)) {
		return -EINVAL;
	}
	pg = hv_page(cur->host, mfn);
	/* Fails for a page of another domain that is mapped here by a grant. */
	if (!(hv_load(&pg->count_info) & HV_PGC_XEN_HEAP) && hv_get_page(cur, pg, d)) {
		rc = pg->fixed || (d->lends && lender_lets_go(cur, d, pg, true)) ? -EBUSY : 0;
		/* Whatever a range of moves puts off, this does not wait. */
		cur->flush_late &= ~HV_LATE_IOTLB;
		if (!rc && hv_translated(d))
			rc = hv_p2m_remove_page(cur, d, frame, mfn);
		cur->flush_late = late;
		if (!rc)
			rc = let_go(cur, d, pg);
		*out = pg;
	}
	if (hv_translated(d))
		hv_p2m_unlock(cur, d);
	return rc;
}
