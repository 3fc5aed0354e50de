/* SPDX-License-Identifier: GPL-2.0-only */
/* Pages of a guest's contexts: mapped and unmapped, with a reference on each frame as long as a device can reach it. */
#include "pv_context.h"
#include "p2m.h"
#include "page.h"
#include "preempt.h"

#define PAGES_AT_ONCE 256 /* before an operation looks whether it is to be left */
#define HELD_MOST                                                                                  \
	512 /* entries taken out whose references wait for one invalidation: cur->frames has room for them */

/* ---- frames ---- */

/* A type, too, so that a device writes to no page table of a PV domain. */
static bool wants_type(const struct hv_page *pg, uint64_t entry)
{
	return (entry & HV_PTE_WRITE) && !hv_translated(hv_load(&pg->owner)) &&
	       !hv_mutant(PVI_NO_TYPE);
}

static void put_frame(struct hv_vcpu *cur, struct hv_page *pg, uint64_t entry)
{
	if (wants_type(pg, entry))
		hv_put_type(cur, pg);
	hv_put_page(cur, pg);
}

static void put_frames(struct hv_vcpu *cur, uint64_t entry, uint64_t n)
{
	for (uint64_t i = 0; i < n && hv_pte_type(entry) == HV_P2M_RAM_RW; i++)
		put_frame(cur, hv_page(cur->host, hv_pte_mfn(entry) + i), entry);
}

/* What an entry held that is in no table any more, nor in the IOTLB. */
static void put_entry(struct hv_vcpu *cur, uint64_t entry, unsigned order)
{
	/* Also what has none of its own. */
	if (hv_mutant(PVI_PUTS_ANY) && hv_pte_type(entry) == HV_P2M_MMIO_DIRECT &&
	    hv_pte_mfn(entry) < cur->host->nr_frames)
		hv_put_page(cur, hv_page(cur->host, hv_pte_mfn(entry)));
	put_frames(cur, entry, 1ull << order);
}

/* One frame, RAM of d's; of another's only for a privileged domain. */
static int get_frame(struct hv_vcpu *cur, struct hv_domain *d, struct hv_page *pg, uint64_t entry)
{
	struct hv_domain *owner = hv_get_owner_and_page(cur, pg);
	bool heap = hv_load(&pg->count_info) & HV_PGC_XEN_HEAP;

	if (!owner)
		return -ENOENT;
	if (heap || (owner != d && !d->privileged && !hv_mutant(PVI_ANY_OWNER))) {
		hv_put_page(cur, pg);
		return -EPERM;
	}
	if (wants_type(pg, entry) && !hv_get_type(cur, pg, HV_PGT_WRITABLE)) {
		hv_put_page(cur, pg);
		return -EPERM;
	}
	return 0;
}

static int get_frames(struct hv_vcpu *cur, struct hv_domain *d, uint64_t entry, uint64_t n)
{
	for (uint64_t i = 0; i < n; i++) {
		uint64_t mfn = hv_pte_mfn(entry) + i;
		int rc = hv_mfn_valid(cur, mfn) ? get_frame(cur, d, hv_page(cur->host, mfn), entry)
						: -ENOENT;

		if (rc) {
			put_frames(cur, entry, i);
			/* And one more, which was not had. */
			if (hv_mutant(PVI_PUTS_UNGOT))
				hv_put_page(cur, hv_page(cur->host, mfn));
			return rc;
		}
	}
	return 0;
}

/* What the p2m has at gfn is 1 << order pages of memory that a context may have; under its read lock. */
static int look_up(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order,
		   uint64_t rights, uint64_t *entry)
{
	unsigned have = 0;
	uint64_t e = gfn < HV_PT_MAX_INDEX ? hv_pt_get(cur, &d->p2m.pt, gfn, &have) : 0;
	enum hv_p2m_type t = hv_pte_type(e);

	if (!e)
		return -ENOENT;
	if (have < order)
		return -EINVAL;
	*entry = (e & HV_PTE_MFN_MASK) | rights;
	if (hv_p2m_is_ram(t) || (t == HV_P2M_FOREIGN && d->privileged)) {
		*entry |= hv_pte(0, HV_P2M_RAM_RW, false);
		return get_frames(cur, d, *entry, 1ull << order);
	}
	/* A device's memory, which nothing is held of; RAM by its number is not that. */
	if (t != HV_P2M_MMIO_DIRECT || hv_pte_mfn(e) < cur->host->nr_frames)
		return -EPERM;
	*entry |= hv_pte(0, HV_P2M_MMIO_DIRECT, false);
	return 0;
}

/* get_paged_frame(): the entry for what the guest has at gfn, with its references. -ENOENT, -EPERM, -EINVAL. */
static int frame_of(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order,
		    uint64_t rights, uint64_t *entry)
{
	int rc;

	if (!hv_translated(d)) {
		if (gfn > HV_PT_MAX_INDEX)
			return -ENOENT;
		*entry = hv_pte(gfn, HV_P2M_RAM_RW, false) | rights;
		return get_frames(cur, d, *entry, 1ull << order);
	}
	cur->count.p2m_lookups++;
	hv_percpu_read_lock(cur, &d->p2m.lock, HV_LVL_P2M);
	rc = look_up(cur, d, gfn, order, rights, entry);
	if (rc != -EPERM || !hv_mutant(PVI_KEEPS_P2M))
		hv_percpu_read_unlock(cur, &d->p2m.lock, HV_LVL_P2M);
	return rc;
}

/* ---- entries ---- */

/* hole: the order of what is empty there, which says how many tables are wanted. Under the context's lock. */
static int enter_in_arena(struct hv_vcpu *cur, struct hv_domain *d, struct hv_pv_context *c,
			  uint64_t dfn, unsigned order, unsigned hole, uint64_t entry)
{
	uint64_t wanted = hole > order ? (uint64_t)(hole - order) / 9 << HV_PAGE_SHIFT : 0;
	uint64_t old, before = cur->count.bytes_allocated, took;
	int rc;

	if (!hv_pvi_arena_take(d, wanted))
		return -ENOMEM;
	rc = hv_context_set(cur, &c->ctx, dfn, order, entry, &old);
	/* Tables that were made stay, also when one more could not be. */
	took = cur->count.bytes_allocated - before;
	hv_pvi_arena_give(d, wanted - took);
	c->table_bytes += took;
	/* A large entry in the place of a table that was empty. */
	if (!rc && hole < order) {
		c->table_bytes -= HV_PAGE_SIZE;
		hv_pvi_arena_give(d, HV_PAGE_SIZE);
	}
	return rc == -EEXIST ? -EADDRINUSE : rc;
}

int hv_pvi_enter(struct hv_vcpu *cur, struct hv_domain *d, struct hv_pv_context *c, uint64_t dfn,
		 unsigned order, uint64_t entry)
{
	unsigned hole;
	int rc;

	hv_context_lock(cur, c);
	if (hv_context_get(cur, &c->ctx, dfn, &hole) && !hv_mutant(PVI_REPLACES))
		rc = -EADDRINUSE;
	else
		rc = enter_in_arena(cur, d, c, dfn, order, hole, entry);
	hv_context_unlock(cur, c);
	return rc;
}

/* What is at dfn is taken out, if it is of this order. */
static int leave(struct hv_vcpu *cur, struct hv_pv_context *c, uint64_t dfn, unsigned order,
		 uint64_t *entry)
{
	unsigned have;
	int rc = 0;

	hv_context_lock(cur, c);
	*entry = hv_context_get(cur, &c->ctx, dfn, &have);
	if (!*entry)
		rc = -ENOENT;
	else if (have != order)
		rc = -EINVAL;
	else
		rc = hv_context_set(cur, &c->ctx, dfn, order, 0, entry);
	hv_context_unlock(cur, c);
	return rc;
}

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
	bool looks = i % PAGES_AT_ONCE == 0;

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
	rc = frame_of(cur, d, op->gfn + (i << order), order, rights, &entry);
	if (rc)
		return rc;
	/* A context that is going is waited for by who frees it. */
	rc = hv_load(&c->dying) && !hv_mutant(PVI_DYING_TAKES)
		     ? -EINVAL
		     : hv_pvi_enter(cur, d, c, dfn, order, entry);
	if (rc)
		put_entry(cur, entry, order);
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
		put_entry(cur, cur->frames[k], order);
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
			rc = leave(cur, c, dfn, order, &cur->frames[held]);
		if (rc)
			break;
		if (hv_mutant(PVI_EARLY_PUT))
			put_entry(cur, cur->frames[held], order);
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

int hv_pvi_sweep(struct hv_vcpu *cur, struct hv_pv_context *c, uint64_t *dfn, bool preemptible)
{
	unsigned seen = 0;

	while (*dfn < HV_PT_MAX_INDEX) {
		unsigned order;
		uint64_t e = hv_pt_hw_get(cur->host, &c->ctx.pt, *dfn, &order);

		if (e) {
			hv_context_set(cur, &c->ctx, *dfn, order, 0, &e);
			put_entry(cur, e, order);
		}
		*dfn = (*dfn | ((1ull << order) - 1)) + 1;
		if (++seen % PAGES_AT_ONCE == 0 && preemptible && hv_preempt(cur))
			return -HV_ERESTART;
	}
	return 0;
}
