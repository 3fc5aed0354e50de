/* SPDX-License-Identifier: GPL-2.0-only */
/* Entries of a virtio-iommu's address spaces. Each page that one leads to has a reference until no device reaches it. */
#include "p2m.h"
#include "page.h"
#include "viommu.h"

#define LARGE 9u /* 2M */

static void put(struct hv_vcpu *cur, uint64_t mfn, unsigned order)
{
	for (uint64_t i = 0; i < 1ull << order; i++)
		hv_put_page(cur, hv_page(cur->host, mfn + i));
}

/* All that is out of the tables. */
static void put_gone(struct hv_vcpu *cur, struct hv_viommu *v)
{
	for (unsigned i = 0; i < v->nr_gone; i++) {
		unsigned order = v->gone[i] & (HV_PAGE_SIZE - 1);

		put(cur, v->gone[i] >> HV_PAGE_SHIFT, order);
		v->stats.pinned -= 1ull << order;
	}
	v->nr_gone = 0;
}

void hv_vtables_settle(struct hv_vcpu *cur, struct hv_viommu *v)
{
	struct hv_vdomain *x = v->gone_of;

	if (!x)
		return;
	v->gone_of = NULL;
	if (hv_mutant(VIRTIO_EARLY_PUT))
		put_gone(cur, v);
	if (!hv_mutant(VIRTIO_NO_FLUSH))
		hv_context_invalidate(cur, &x->context, v->gone_first,
				      v->gone_last - v->gone_first + 1, HV_SCOPE_RANGE);
	put_gone(cur, v);
}

/* One entry is out of the tables. */
static void gone(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x, uint64_t dfn,
		 unsigned order, uint64_t e)
{
	uint64_t last = dfn + (1ull << order) - 1;

	if (v->gone_of && (v->gone_of != x || v->nr_gone == HV_VIRTIO_GONE))
		hv_vtables_settle(cur, v);
	if (!v->gone_of) {
		v->gone_of = x;
		v->gone_first = dfn;
		v->gone_last = last;
	}
	if (dfn < v->gone_first)
		v->gone_first = dfn;
	if (last > v->gone_last)
		v->gone_last = last;
	v->gone[v->nr_gone++] = hv_pte_mfn(e) << HV_PAGE_SHIFT | order;
}

/* Can they be there at all? */
static bool has_large(const struct hv_viommu *v, const struct hv_vmap *m)
{
	return v->cfg.superpages && !(v->features & VIRTIO_IOMMU_F_RELAXED) &&
	       m->last - m->first >= (1u << LARGE) - 1;
}

static bool has_entries(const struct hv_vmap *m)
{
	return m->flags & (VIRTIO_IOMMU_MAP_READ | VIRTIO_IOMMU_MAP_WRITE);
}

void hv_vtables_take(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x,
		     const struct hv_vmap *m, uint64_t first, uint64_t last)
{
	bool large = has_large(v, m);

	if (!has_entries(m))
		return;
	for (uint64_t dfn = first; dfn <= last;) {
		unsigned order = 0;
		uint64_t old;

		if (large)
			hv_context_get(cur, &x->context, dfn, &order);
		/* What is there is of this size: nothing has to be split, and no memory taken. */
		hv_context_set(cur, &x->context, dfn, order, 0, &old);
		gone(cur, v, x, dfn, order, old);
		dfn += 1ull << order;
	}
}

/* A reference on a page of the guest's; run is what is known of its neighbours. HV_INVALID: there is none. */
static uint64_t get(struct hv_vcpu *cur, struct hv_viommu *v, uint64_t gfn, struct hv_run *run)
{
	struct hv_page *pg = hv_p2m_get_page_of_run(cur, v->d, gfn, run);

	return pg ? hv_page_mfn(cur->host, pg) : HV_INVALID;
}

/* References for an entry at dfn, and its order. HV_INVALID: not even one page has one. */
static uint64_t get_entry(struct hv_vcpu *cur, struct hv_viommu *v, uint64_t dfn, uint64_t gfn,
			  bool large, struct hv_run *run, unsigned *order)
{
	uint64_t mfn = get(cur, v, gfn, run), n = 1;

	*order = 0;
	if (mfn == HV_INVALID || !large || ((dfn | mfn) & ((1u << LARGE) - 1)))
		return mfn;
	while (n < 1u << LARGE) {
		uint64_t next = get(cur, v, gfn + n, run);

		if (next != mfn + n) {
			if (next != HV_INVALID)
				put(cur, next, 0);
			break;
		}
		n++;
	}
	if (n == 1u << LARGE)
		*order = LARGE;
	else
		while (--n)
			put(cur, mfn + n, 0);
	return mfn;
}

unsigned hv_vtables_enter(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x,
			  const struct hv_vmap *m)
{
	bool write = m->flags & VIRTIO_IOMMU_MAP_WRITE || hv_mutant(VIRTIO_RO_IS_RW);
	bool large = has_large(v, m);
	struct hv_run run = { 0 };
	uint64_t dfn = m->first;

	while (has_entries(m) && dfn <= m->last) {
		bool room = large && m->last - dfn >= (1u << LARGE) - 1;
		unsigned order;
		uint64_t old,
			mfn = get_entry(cur, v, dfn, m->gfn + (dfn - m->first), room, &run, &order);
		int rc = mfn == HV_INVALID ? -EFAULT : 0;

		if (!rc) {
			rc = hv_context_set(cur, &x->context, dfn, order,
					    hv_pte(mfn, HV_P2M_RAM_RW, write), &old);
			if (rc || hv_mutant(VIRTIO_NO_REF))
				put(cur, mfn, order);
		}
		if (rc) {
			/* What came in before is out again, and no device has it. */
			if (dfn > m->first)
				hv_vtables_take(cur, v, x, m, m->first, dfn - 1);
			hv_vtables_settle(cur, v);
			return rc == -ENOMEM ? VIRTIO_IOMMU_S_NOMEM : VIRTIO_IOMMU_S_FAULT;
		}
		v->stats.pinned += 1ull << order;
		dfn += 1ull << order;
	}
	return VIRTIO_IOMMU_S_OK;
}
