/* SPDX-License-Identifier: GPL-2.0-only */
/* Large entries of version 3, for tests: leaves above the lowest level, and what is mapped by which size. */
#ifndef HV_TEST_V3_LARGE_H
#define HV_TEST_V3_LARGE_H

#include "v3.h"

#include "p2m.h"
#include "page.h"

#define V3_2M	 512u
#define V3_1G	 (1u << 18)
#define V3_LARGE (GNTV3_ACCEPT_2M | GNTV3_ACCEPT_1G)

/* The entry for ref in a node of this level, with the nodes that lead to it. */
V3_UNUSED uint64_t *v3_entry_at(struct v3 *t, uint64_t ref, unsigned level)
{
	uint64_t frame = t->root, *e;

	for (unsigned at = t->levels - 1;; at--) {
		e = v3_page(t, frame) + (ref >> GNTV3_LEVEL_BITS * at) % GNTV3_ENTRIES;
		if (at == level)
			return e;
		if ((*e & GNTV3_TYPE) != GNTV3_TABLE)
			v3_store(e, v3_node(t) << GNTV3_PAGE_SHIFT | GNTV3_TABLE);
		frame = (*e & GNTV3_FRAME) >> GNTV3_PAGE_SHIFT;
	}
}

/* A leaf of 2M (level 1) or 1G (2) that begins at a page of the granter's. */
V3_UNUSED void v3_leaf(struct v3 *t, uint64_t ref, unsigned level, unsigned page, uint64_t flags)
{
	v3_store(v3_entry_at(t, ref, level),
		 hv_guest_frame(t->f.g, page) << GNTV3_PAGE_SHIFT | GNTV3_LEAF | flags);
}

/* By which order a slot of the mapper's is mapped; -1: not at all. */
V3_UNUSED int v3_order(struct v3 *t, unsigned slot)
{
	unsigned order;

	return hv_pt_hw_get(t->f.host, &t->f.m->p2m.pt, HV_GFN_MAP_BASE + slot, &order) ? (int)order
											: -1;
}

/* Do n slots lead to n pages of the granter's, from these two on, where these were when it was made? */
V3_UNUSED bool v3_leads(struct v3 *t, unsigned slot, unsigned page, unsigned n)
{
	bool good = true;

	for (unsigned i = 0; i < n; i++)
		good &= hv_pte_mfn(hv_pt_hw_get(t->f.host, &t->f.m->p2m.pt,
						HV_GFN_MAP_BASE + slot + i, NULL)) ==
			t->f.g->first_mfn + page + i;
	return good;
}

/* References of a page of the granter's, its own apart. */
V3_UNUSED uint64_t v3_refs(struct v3 *t, unsigned page)
{
	return (hv_page(t->f.host, t->f.g->first_mfn + page)->count_info & HV_PGC_COUNT) - 1;
}

/* The granter's p2m is in pieces of 4K around a page, which lie as at first. */
V3_UNUSED void v3_shatter(struct v3 *t, unsigned page)
{
	struct hv_vcpu *cur = &t->f.host->toolstack;

	hv_p2m_lock(cur, t->f.g);
	hv_p2m_set(cur, t->f.g, page, t->f.g->first_mfn + page, 0, HV_P2M_RAM_RW);
	hv_page(t->f.host, t->f.g->first_mfn + page)->m2p = page;
	hv_p2m_unlock(cur, t->f.g);
}

/* Two pages of the granter's change their places. */
V3_UNUSED void v3_swap(struct v3 *t, unsigned a, unsigned b)
{
	struct hv_vcpu *cur = &t->f.host->toolstack;
	uint64_t first = t->f.g->first_mfn;

	hv_p2m_lock(cur, t->f.g);
	hv_p2m_set(cur, t->f.g, a, first + b, 0, HV_P2M_RAM_RW);
	hv_p2m_set(cur, t->f.g, b, first + a, 0, HV_P2M_RAM_RW);
	hv_page(t->f.host, first + a)->m2p = b;
	hv_page(t->f.host, first + b)->m2p = a;
	hv_p2m_unlock(cur, t->f.g);
}

/* A byte by the mapper's device; -1: it does not get there. */
V3_UNUSED int v3_device(struct v3 *t, unsigned slot, bool write)
{
	uint8_t v = 0x5a;

	return hv_device_access(t->f.m, HV_GFN_MAP_BASE + slot, write ? 64 : 0, &v, 1, write) ? -1
											      : v;
}

/* What version 3 costs a domain. */
V3_UNUSED uint64_t v3_paid(const struct hv_domain *d)
{
	return d->v3_bytes;
}

V3_UNUSED struct hv_counters v3_since(const struct hv_vcpu *v, const struct hv_counters *before)
{
	struct hv_counters d = *hv_vcpu_counters(v);

	for (unsigned i = 0; i < HV_NR_COUNTERS; i++)
		((uint64_t *)&d)[i] -= ((const uint64_t *)before)[i];
	return d;
}

#endif
