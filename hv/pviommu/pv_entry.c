/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of a guest's contexts, and the reference on each frame that they hold as long as a device can reach it. */
#include "pv_inside.h"
#include "p2m.h"
#include "page.h"
#include "preempt.h"

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
void hv_pvi_put_entry(struct hv_vcpu *cur, uint64_t entry, unsigned order)
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
int hv_pvi_frame_of(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order,
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
int hv_pvi_leave(struct hv_vcpu *cur, struct hv_pv_context *c, uint64_t dfn, unsigned order,
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

/* ---- all of them ---- */

int hv_pvi_sweep(struct hv_vcpu *cur, struct hv_pv_context *c, uint64_t *dfn, bool preemptible)
{
	unsigned seen = 0;

	while (*dfn < HV_PT_MAX_INDEX) {
		unsigned order;
		uint64_t e = hv_pt_hw_get(cur->host, &c->ctx.pt, *dfn, &order);

		if (e) {
			hv_context_set(cur, &c->ctx, *dfn, order, 0, &e);
			hv_pvi_put_entry(cur, e, order);
		}
		*dfn = (*dfn | ((1ull << order) - 1)) + 1;
		if (++seen % HV_PVI_AT_ONCE == 0 && preemptible && hv_preempt(cur))
			return -HV_ERESTART;
	}
	return 0;
}
