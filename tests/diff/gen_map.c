// SPDX-License-Identifier: GPL-2.0-only
/* The generator: mapping and unmapping. */
#include "gen.h"

#include <xen/xen.h>
#include <xen/grant_table.h>

#define NOWHERE	    0x6000001000ull
#define F(i, field) (*diff_field(op, i, field))

/* Whom to map from: the domain's own number, since DOMID_SELF is not taken here. */
static unsigned pick_granter(struct gen *g, unsigned dom)
{
	unsigned peer = gen_peer(g, dom);

	if (peer == dom || (gen_one_in(g, gen_translated(g, dom) ? 40 : 8)))
		peer = dom;
	if (peer == dom && gen_translated(g, dom) && !gen_may(g, GEN_selfmap))
		peer = gen_peer(g, dom);
	return peer;
}

static uint32_t map_flags(struct gen *g, unsigned dom)
{
	uint32_t flags = GNTMAP_host_map;

	if (gen_one_in(g, 60)) {
		switch (gen_rnd(g, 4)) {
		case 0:
			return 0;
		case 1:
			return GNTMAP_readonly;
		case 2:
			return GNTMAP_readonly | GNTMAP_contains_pte;
		default:
			return GNTMAP_host_map | 1u << (5 + gen_rnd(g, 27));
		}
	}
	if (gen_translated(g, dom)) {
		if (gen_one_in(g, 30))
			flags = (uint32_t[]){ GNTMAP_device_map,
					      GNTMAP_device_map | GNTMAP_host_map,
					      GNTMAP_host_map | GNTMAP_application_map,
					      GNTMAP_host_map |
						      GNTMAP_contains_pte }[gen_rnd(g, 4)];
	} else {
		switch (gen_rnd(g, 12)) {
		case 0:
		case 1:
			flags = GNTMAP_device_map;
			break;
		case 2:
			flags |= GNTMAP_device_map;
			break;
		case 3:
		case 4:
			flags |= GNTMAP_contains_pte;
			break;
		case 5:
			flags |= GNTMAP_application_map;
			break;
		default:
			break;
		}
	}
	return flags;
}

static struct diff_value odd_addr(struct gen *g, unsigned dom, uint32_t flags)
{
	struct diff_value v =
		gen_named(flags & GNTMAP_contains_pte ? DIFF_V_PTE : DIFF_V_ADDR, 0, 0);
	bool translated = gen_translated(g, dom);
	const struct gen_live *m;

	switch (gen_rnd(g, 6)) {
	case 0: /* an address with low bits */
		v.a = gen_free_slot(g, dom);
		v.n = 1 + gen_rnd(g, v.type == DIFF_V_PTE ? 7 : 4095);
		return v;
	case 1: /* the other way to name a place */
		v.a = gen_free_slot(g, dom);
		if (translated)
			return v;
		v.type = flags & GNTMAP_contains_pte ? DIFF_V_ADDR : DIFF_V_PTE;
		return v;
	case 2:
		if (translated && gen_may(g, GEN_overram))
			return gen_named(DIFF_V_RAM, 0, gen_rnd(g, DIFF_PAGES));
		break;
	case 3: /* where something is */
		m = gen_pick_live(g, dom);
		if (!m || (translated && (!gen_may(g, GEN_crash) || !gen_one_in(g, 12))))
			break;
		/* Not in every sub-stream: one with a lost mapping is not checked for invariants.
		 */
		if (!translated && (!gen_may(g, GEN_overmap) || g->l->number % 4 != 1))
			break;
		if (m->addr.type != DIFF_V_NUM)
			return m->addr;
		break;
	default:
		break;
	}
	if (translated)
		return gen_num((uint64_t)(DIFF_HOLE + 16 + gen_rnd(g, 64)) << 12);
	/* Where no guest has page tables; a null pointer may be among those of a guest's own. */
	return gen_num((uint64_t[]){ NOWHERE, NOWHERE + 0x1000, 0x7000000000ull,
				     0xffff830000000000ull, 0x0000900000000000ull,
				     0xffffffffffffffffull }[gen_rnd(g, 6)]);
}

void gen_map(struct gen *g, unsigned dom)
{
	unsigned n = gen_batch(g);
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_map, dom, n);
	uint32_t ref = 0;

	for (unsigned i = 0; i < n; i++) {
		unsigned granter = pick_granter(g, dom);
		uint32_t flags = map_flags(g, dom);
		bool write;

		/* Several of one reference are as good as many of different ones. */
		if (!i || !gen_one_in(g, 4))
			ref = gen_granted(g, granter, dom, gen_one_in(g, 2), false);
		if (gen_one_in(g, 30))
			ref = gen_edge_ref(g, granter);
		else if (gen_one_in(g, 20))
			ref = gen_rnd(g, GEN_REFS);
		write = ref < GEN_REFS && !(g->entry[granter][ref].flags & GTF_readonly);
		if (flags && !(write && gen_one_in(g, 2)) && !gen_one_in(g, 12))
			flags |= GNTMAP_readonly;
		F(i, 1) = gen_num(flags);
		F(i, 2) = gen_num(ref);
		F(i, 3) = gen_dom(granter);
		if (gen_one_in(g, 40)) {
			F(i, 3) = gen_odd_dom(g);
			/* The control domain's table is not ours: a reference that cannot be there.
			 */
			if (gen_one_in(g, 8)) {
				F(i, 3) = gen_dom(DIFF_DOM0);
				F(i, 2) = gen_num(UINT32_MAX);
			}
		}
		if (!(flags & GNTMAP_host_map) && !gen_one_in(g, 8))
			F(i, 0) = gen_num(0);
		else if (gen_one_in(g, 15))
			F(i, 0) = odd_addr(g, dom, flags);
		else
			F(i, 0) = gen_named(flags & GNTMAP_contains_pte ? DIFF_V_PTE : DIFF_V_ADDR,
					    0, gen_free_slot(g, dom));
	}
}

/* Until a reference has no more counts, or the domain no more handles: two hypercalls full of one
 * reference. */
void gen_flood_on(struct gen *g)
{
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_map, g->flood.dom, DIFF_ITEMS);

	for (unsigned i = 0; i < DIFF_ITEMS; i++) {
		F(i, 0) = g->flood.flags & GNTMAP_host_map
				  ? gen_named(DIFF_V_ADDR, 0, gen_free_slot(g, g->flood.dom))
				  : gen_num(0);
		F(i, 1) = gen_num(g->flood.flags);
		F(i, 2) = gen_num(g->flood.ref);
		F(i, 3) = gen_dom(g->flood.granter);
	}
	g->flood.left--;
}

void gen_flood(struct gen *g, unsigned dom)
{
	unsigned granter = gen_peer(g, dom);

	/* Its own page would move with every mapping. */
	if (gen_translated(g, dom) && granter == dom)
		return;
	g->flood.dom = dom;
	g->flood.granter = granter;
	g->flood.left = 2;
	g->flood.ref = gen_granted(g, granter, dom, false, false);
	g->flood.flags = GNTMAP_host_map | (gen_one_in(g, 3) ? 0 : GNTMAP_readonly);
	if (!gen_translated(g, dom) && gen_one_in(g, 2))
		g->flood.flags ^= GNTMAP_host_map | GNTMAP_device_map;
	gen_flood_on(g);
}

/* A handle that was given back, or never was. */
static struct diff_value odd_handle(struct gen *g)
{
	struct diff_value v;

	if (g->stales && !gen_one_in(g, 3))
		return g->stale[gen_rnd(g, g->stales < 64 ? g->stales : 64)];
	v = gen_num((uint32_t[]){ 0, 1, 254, 255, 256, 257, 65536, UINT32_MAX }[gen_rnd(g, 8)]);
	return v;
}

void gen_unmap(struct gen *g, unsigned dom)
{
	/* After a flood, many at once: otherwise nothing could be mapped for long. */
	unsigned n = g->lives > 150 ? DIFF_ITEMS : gen_batch(g);
	bool chosen[GEN_LIVE] = { false };
	struct diff_op *op;

	if (!gen_pick_live(g, dom) && !gen_one_in(g, 10))
		return;
	op = diff_list_add(g->l, DIFF_OP_unmap, dom, n);
	for (unsigned i = 0; i < n; i++) {
		const struct gen_live *m = gen_pick_live(g, dom);

		for (unsigned k = 0; m && chosen[m - g->live] && k < 8; k++)
			m = gen_pick_live(g, dom);
		if (m)
			chosen[m - g->live] = true;
		F(i, 0) = F(i, 1) = gen_num(0);
		if (!m || gen_one_in(g, 15)) {
			F(i, 2) = odd_handle(g);
			F(i, 0) = gen_named(DIFF_V_ADDR, 0, gen_rnd(g, 24));
			continue;
		}
		/* Twice in one hypercall, or two halves of a mapping. */
		if (i && gen_one_in(g, 12)) {
			for (unsigned f = 0; f < 3; f++)
				F(i, f) = F(i - 1, f);
			continue;
		}
		F(i, 2) = m->handle;
		if (m->flags & GNTMAP_host_map && !gen_one_in(g, 15))
			F(i, 0) = m->addr;
		if (m->flags & GNTMAP_device_map && !gen_one_in(g, 4))
			F(i, 1) = m->bus;
		if (!gen_one_in(g, 15))
			continue;
		switch (gen_rnd(g, 5)) {
		case 0:
			F(i, 0) = gen_named(DIFF_V_ADDR, 0, gen_rnd(g, 24));
			break;
		case 1:
			F(i, 0) = gen_num(gen_translated(g, dom) ? (uint64_t)DIFF_HOLE << 12
								 : NOWHERE);
			break;
		case 2:
			F(i, 1) = m->bus;
			F(i, 1).n = gen_one_in(g, 2) ? 0x1000 : 1;
			break;
		case 3:
			F(i, 0).n += 1 + gen_rnd(g, 4095);
			break;
		default:
			F(i, 1) = m->bus;
			break;
		}
	}
}

void gen_replace(struct gen *g, unsigned dom)
{
	unsigned n = gen_one_in(g, 3) ? 1 + gen_rnd(g, 4) : 1;
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_replace, dom, n);

	for (unsigned i = 0; i < n; i++) {
		const struct gen_live *m = gen_pick_live(g, dom), *other = gen_pick_live(g, dom);

		F(i, 0) = m && !gen_one_in(g, 10) ? m->addr
						  : gen_named(DIFF_V_ADDR, 0, gen_rnd(g, 24));
		F(i, 2) = m && !gen_one_in(g, 10) ? m->handle : odd_handle(g);
		if (gen_one_in(g, 8))
			F(i, 1) = gen_num(gen_one_in(g, 2) ? 0 : NOWHERE);
		else if (other && gen_one_in(g, 2))
			F(i, 1) = gen_named(DIFF_V_ADDR, 0, other->addr.a);
		else
			F(i, 1) = gen_named(DIFF_V_ADDR, 0, gen_free_slot(g, dom));
	}
}
