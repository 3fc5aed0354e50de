/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages of a guest's contexts: mapped and unmapped, what goes once it was invalidated. */
#include "pv_inside.h"
#include "preempt.h"

/* Entries taken out whose references wait for one invalidation: cur->frames has room for them. */
#define HELD_MOST 512

/* ---- operations ---- */

/* Of pages from page `from` to before page `to` of a call, once. */
static void flush(struct hv_vcpu *cur, struct hv_pv_context *c, uint64_t dfn, unsigned order,
		  uint64_t from, uint64_t to)
{
	struct hv_domain *d = c->ctx.d;

	if (from == to)
		return;
	hv_context_invalidate(cur, &c->ctx, dfn + (from << order), (to - from) << order,
			      HV_SCOPE_RANGE);
	hv_account_add(&d->pvi.stats.invalidations, 1);
	if (hv_mutant(PVI_UNLOCKS_TWICE))
		hv_context_unlock(cur, c);
}

/* Is a call to be left behind page i, of n? */
static bool is_to_be_left(struct hv_vcpu *cur, uint64_t i, uint64_t n)
{
	bool looks = i % HV_PVI_AT_ONCE == 0;

	if (hv_mutant(PVI_PREEMPT_INVERTED))
		looks = !looks;
	return i < n && looks && hv_preempt(cur);
}

/* The order of what a call is about, and that its numbers are small enough for a sum. -EINVAL. */
static int order_of(const struct hv_domain *d, uint32_t pgsize, uint64_t dfn, uint64_t n,
		    unsigned *order)
{
	*order = 0;
	if (d->pvi.large) {
		if (pgsize == HV_PAGE_SIZE << 9)
			*order = 9;
		else if (pgsize != HV_PAGE_SIZE)
			return -EINVAL;
	}
	if (dfn > HV_PT_MAX_INDEX || dfn & ((1ull << *order) - 1) ||
	    n > (HV_PT_MAX_INDEX - dfn) >> *order)
		return -EINVAL;
	return 0;
}

static int map_one(struct hv_vcpu *cur, struct hv_domain *d, struct hv_pv_context *c,
		   const struct pv_iommu_map *op, uint64_t i, unsigned order)
{
	uint64_t rights = op->map_flags & PV_IOMMU_MAP_WRITEABLE ? HV_PTE_WRITE : 0, entry;
	uint64_t dfn = op->dfn + (i << order);
	int rc;

	if (hv_pvi_reserved(d, hv_mutant(PVI_FIRST_DFN) ? op->dfn : dfn, 1ull << order))
		return -EADDRNOTAVAIL;
	rc = hv_pvi_frame_of(cur, d, op->gfn + (i << order), order, rights, &entry);
	if (rc)
		return rc;
	/* A context that is going is waited for by who frees it. */
	rc = hv_load(&c->dying) && !hv_mutant(PVI_DYING_TAKES)
		     ? -EINVAL
		     : hv_pvi_enter(cur, d, c, dfn, order, entry);
	if (rc)
		hv_pvi_put_entry(cur, entry, order);
	else
		hv_account_add(&d->pvi.stats.mapped, 1ull << order);
	return rc;
}

int hv_pvi_map(struct hv_vcpu *cur, struct hv_domain *d, const struct pv_iommu_map *op,
	       uint64_t *done)
{
	uint64_t i = *done, from = i;
	struct hv_pv_context *c;
	unsigned order;
	int rc;

	c = hv_pvi_get_context(cur, d, op->ctx_no);
	if (!c)
		return -EINVAL;
	rc = order_of(d, op->pgsize, op->dfn, op->nr_pages, &order);
	/* No right to reach it, or one that is not known. */
	if (op->gfn & ((1ull << order) - 1) || !(op->map_flags & PV_IOMMU_MAP_READABLE) ||
	    op->map_flags & ~(PV_IOMMU_MAP_READABLE | PV_IOMMU_MAP_WRITEABLE))
		rc = -EINVAL;
	while (i < op->nr_pages && !rc) {
		rc = map_one(cur, d, c, op, i, order);
		i += !rc;
		if (!rc && is_to_be_left(cur, i, op->nr_pages))
			rc = -HV_ERESTART;
	}
	/* A unit may keep that nothing was there. */
	flush(cur, c, op->dfn, order, from, i);
	hv_pvi_put_context(cur, d, c);
	*done = i;
	return rc;
}

/* n entries that were taken out from page `from` on: reached by nobody, and then let go. */
static void let_go(struct hv_vcpu *cur, struct hv_pv_context *c, const struct pv_iommu_unmap *op,
		   unsigned order, uint64_t from, unsigned n)
{
	flush(cur, c, op->dfn, order, from, from + n);
	for (unsigned k = 0; k < n && !hv_mutant(PVI_EARLY_PUT); k++)
		hv_pvi_put_entry(cur, cur->frames[k], order);
	hv_account_add(&c->ctx.d->pvi.stats.unmapped, (uint64_t)n << order);
}

int hv_pvi_unmap(struct hv_vcpu *cur, struct hv_domain *d, const struct pv_iommu_unmap *op,
		 uint64_t *done)
{
	uint64_t i = *done, from = i;
	struct hv_pv_context *c;
	unsigned order, held = 0;
	int rc;

	c = hv_pvi_get_context(cur, d, op->ctx_no);
	if (!c)
		return -EINVAL;
	rc = order_of(d, op->pgsize, op->dfn, op->nr_pages, &order);
	while (i < op->nr_pages && !rc) {
		uint64_t dfn = op->dfn + (i << order);

		if (hv_pvi_reserved(d, dfn, 1ull << order) && !hv_mutant(PVI_PUTS_ANY))
			rc = -EADDRNOTAVAIL;
		else
			rc = hv_pvi_leave(cur, c, dfn, order, &cur->frames[held]);
		if (rc)
			break;
		if (hv_mutant(PVI_EARLY_PUT))
			hv_pvi_put_entry(cur, cur->frames[held], order);
		i++;
		if (++held == HELD_MOST) {
			let_go(cur, c, op, order, from, held);
			from = i;
			held = 0;
		}
		if (is_to_be_left(cur, i, op->nr_pages))
			rc = -HV_ERESTART;
	}
	let_go(cur, c, op, order, from, held);
	hv_pvi_put_context(cur, d, c);
	*done = i;
	return rc;
}
