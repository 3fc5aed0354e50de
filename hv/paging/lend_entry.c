/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of what is lent: absent, there, taken; and which of a lender's frames are named by one. */
#include "iommu.h"
#include "lend_entry.h"
#include "page.h"
#include "tlb.h"

#define LENT_MAX UINT16_MAX /* entries for one frame */

/* ---- a lender's frames: under its page_alloc_lock ---- */

static void lender_lock(struct hv_vcpu *cur, const struct hv_loan *l)
{
	if (!l->bar)
		hv_spin_lock(cur, &l->lender->page_alloc_lock, HV_LVL_ALLOC);
}

static void lender_unlock(struct hv_vcpu *cur, const struct hv_loan *l)
{
	if (!l->bar)
		hv_spin_unlock(cur, &l->lender->page_alloc_lock, HV_LVL_ALLOC);
}

bool hv_is_lent(const struct hv_host *host, const struct hv_page *pg)
{
	uint64_t mfn = hv_page_mfn(host, pg);

	return pg->lent || hv_page(host, mfn & ~511ull)->lent_large;
}

/* A large entry is counted at its first frame: so it costs no more than a small one. */
static uint16_t *count_of(const struct hv_vcpu *cur, uint64_t mfn, unsigned order)
{
	struct hv_page *pg = hv_page(cur->host, mfn);

	return order ? &pg->lent_large : &pg->lent;
}

static bool may_lend(struct hv_vcpu *cur, const struct hv_loan *l, uint64_t mfn)
{
	const struct hv_page *pg = hv_page(cur->host, mfn);
	uint64_t x = hv_load(&pg->count_info);

	return hv_load(&pg->owner) == l->lender && (x & HV_PGC_ALLOCATED) &&
	       !(x & HV_PGC_XEN_HEAP) && !pg->fixed;
}

static bool hold(struct hv_vcpu *cur, const struct hv_loan *l, uint64_t mfn, unsigned order)
{
	bool may = true;

	if (l->bar)
		return true;
	lender_lock(cur, l);
	for (uint64_t i = 0; i < 1ull << order && may; i++)
		may = may_lend(cur, l, mfn + i);
	may = may && !hv_load(&l->lender->is_dying) && *count_of(cur, mfn, order) < LENT_MAX;
	if (may)
		++*count_of(cur, mfn, order);
	lender_unlock(cur, l);
	return may;
}

/* With the lender's lock. */
static void let_go(struct hv_vcpu *cur, const struct hv_loan *l, uint64_t mfn, unsigned order)
{
	if (!l->bar)
		--*count_of(cur, mfn, order);
}

/* ---- entries ---- */

static uint64_t absent(void)
{
	return hv_pte(0, HV_P2M_LENT_ABSENT, false) | HV_PTE_MARK;
}

static int set(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order, uint64_t e)
{
	uint64_t old;
	int rc;

	hv_p2m_changes(d);
	hv_p2m_forget(d);
	rc = hv_pt_set(cur, &d->p2m.pt, gfn, order, e, &old);
	if (!rc && hv_pt_replaced(order, old)) {
		hv_flush_translated(cur, d);
		hv_pt_free_below(cur, &d->p2m.pt, order, old);
	}
	return rc;
}

static unsigned order_of(uint64_t numbers, uint64_t left)
{
	return numbers & 511 || left < 512 ? 0 : 9;
}

static bool all_holes(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t pages)
{
	unsigned order;

	for (uint64_t g = gfn; g < gfn + pages; g = ((g >> order) + 1) << order)
		if (hv_pt_get(cur, &d->p2m.pt, g, &order))
			return false;
	return true;
}

int hv_lent_make(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t pages)
{
	uint64_t done = 0;
	int rc = 0;

	if (!all_holes(cur, d, gfn, pages))
		return -EEXIST;
	while (done < pages && !rc) {
		unsigned order = order_of(gfn + done, pages - done);

		rc = set(cur, d, gfn + done, order, absent());
		if (!rc)
			done += 1ull << order;
	}
	if (rc)
		hv_lent_unmake(cur, d, gfn, done);
	return rc;
}

/* By the size of what is there: that takes no memory. */
void hv_lent_unmake(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t pages)
{
	unsigned order;

	for (uint64_t g = gfn; g < gfn + pages; g += 1ull << order) {
		hv_pt_get(cur, &d->p2m.pt, g, &order);
		set(cur, d, g, order, 0);
	}
}

static int enter_one(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l,
		     uint64_t gfn, uint64_t mfn, unsigned order)
{
	int rc;

	if (!hold(cur, l, mfn, order))
		return -EBUSY;
	rc = set(cur, d, gfn, order, hv_pte(mfn, HV_P2M_LENT, l->write));
	if (rc) {
		lender_lock(cur, l);
		let_go(cur, l, mfn, order);
		lender_unlock(cur, l);
	} else if (hv_mutant(LEND_DMA)) {
		hv_iommu_p2m_follows(cur, d, gfn, order, hv_pte(mfn, HV_P2M_RAM_RW, l->write));
	}
	return rc;
}

int hv_lent_enter(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l, uint64_t gfn,
		  uint64_t pages, uint64_t mfn, uint64_t *done)
{
	int rc = 0;

	for (*done = 0; *done < pages && !rc;) {
		unsigned have, order = order_of((gfn + *done) | (mfn + *done), pages - *done);
		uint64_t e = hv_pt_get(cur, &d->p2m.pt, gfn + *done, &have);

		/* Somebody else waited for it, too: it is there. */
		if (hv_pte_type(e) == HV_P2M_LENT) {
			rc = hv_pte_mfn(e) == mfn + *done ? 0 : -EBUSY;
			*done += !rc;
			continue;
		}
		/* What was parted stays so. */
		if (have < order)
			order = 0;
		rc = enter_one(cur, d, l, gfn + *done, mfn + *done, order);
		if (!rc)
			*done += 1ull << order;
	}
	return rc;
}

/* A large entry becomes small ones: they are counted one by one from here on. */
static void recount(struct hv_vcpu *cur, const struct hv_loan *l, uint64_t head)
{
	if (l->bar)
		return;
	hv_page(cur->host, head)->lent_large--;
	for (unsigned i = 0; i < 512; i++)
		hv_page(cur->host, head + i)->lent++;
}

/* One page of a large entry: the other 511 keep their frames and rights. False: no memory for it. */
static bool part(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l, uint64_t gfn,
		 uint64_t e)
{
	uint64_t mfn = hv_pte_mfn(e);

	if (set(cur, d, gfn, 0, absent()))
		return false;
	recount(cur, l, mfn - (gfn & 511));
	let_go(cur, l, mfn, 0);
	if (hv_mutant(LEND_SPLIT_RIGHTS))
		set(cur, d, gfn ^ 1, 0, hv_pte(mfn ^ 1, HV_P2M_LENT, true));
	return true;
}

unsigned hv_lent_take(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_loan *l,
		      uint64_t gfn, uint64_t pages)
{
	uint64_t end = gfn + pages, g = gfn;
	unsigned order, changed = 0;

	/* Until it is flushed nobody gives a page up. */
	lender_lock(cur, l);
	while (g < end) {
		uint64_t e = hv_pt_get(cur, &d->p2m.pt, g, &order), in = g & ((1ull << order) - 1);

		if (hv_pte_type(e) != HV_P2M_LENT) {
			g = ((g >> order) + 1) << order;
			continue;
		}
		changed++;
		if (order && (in || end - g < 1ull << order) && part(cur, d, l, g, e)) {
			g++;
			continue;
		}
		set(cur, d, g - in, order, absent());
		let_go(cur, l, hv_pte_mfn(e) - in, order);
		g += (1ull << order) - in;
	}
	if (changed && !hv_mutant(LEND_NO_FLUSH))
		hv_flush_translated(cur, d);
	lender_unlock(cur, l);
	return changed;
}
