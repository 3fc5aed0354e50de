// SPDX-License-Identifier: GPL-2.0-only
/* The generator: version 3, what is mapped, copied, asked, and taken back. */
#include "gen.h"

#include <xen/xen.h>
#include <xen/grant_table.h>

#include "grant_v3.h"

#define F(i, field) (*diff_field(op, i, field))

/* Where no guest has page tables; of address 0 that depends on the guest. */
#define NOWHERE 0x6000001000ull

enum { FIRST = DIFF_SLOTS, STATUS_PAGE = DIFF_PAGES - 2, NOTICE_PAGE };

static unsigned map_flags(struct gen *g, unsigned dom, unsigned *count)
{
	unsigned flags = GNTV3_MAP_HOST;

	if (gen_one_in(g, 4))
		flags |= GNTV3_MAP_READONLY;
	if (gen_one_in(g, 2))
		flags |= GNTV3_ACCEPT_HOLE;
	if (gen_one_in(g, 3))
		flags |= GNTV3_ACCEPT_SINK;
	if (gen_one_in(g, 3))
		flags |= GNTV3_ACCEPT_READONLY;
	if (gen_one_in(g, 2))
		flags |= GNTV3_ACCEPT_2M;
	if (gen_one_in(g, 8))
		flags |= GNTV3_ACCEPT_1G;
	if (gen_one_in(g, 4))
		flags |= GNTV3_RESERVE;
	if (gen_one_in(g, gen_translated(g, dom) ? 80 : 8)) {
		flags |= GNTV3_MAP_PTE;
		*count = gen_one_in(g, 12) ? *count : 1;
	}
	if (gen_one_in(g, 50))
		flags ^= 1u << (gen_one_in(g, 3) ? 10 + gen_rnd(g, 6) : gen_rnd(g, 4));
	return flags;
}

/* Where nothing is, as far as it is known; aligned as the reference is if that may make a large entry. */
static unsigned free_room(struct gen *g, unsigned dom, uint64_t ref, unsigned count, bool large)
{
	unsigned s = FIRST, n = count < 1024 ? count : 1024, k;

	for (unsigned tries = 0; tries < 12; tries++) {
		s = large && !gen_one_in(g, 8)	 ? 512 * (1 + gen_rnd(g, 3)) + (unsigned)(ref % 512)
		    : n > 64 || gen_one_in(g, 3) ? 1536 - 64 + gen_rnd(g, 512 - (n < 448 ? n : 448))
						 : FIRST + gen_rnd(g, 512 - FIRST);
		for (k = 0; k < n && s + k < DIFF_ROOM && !g->v3.busy[dom][s + k]; k++)
			;
		if (k == n)
			break;
	}
	return s;
}

static void map_one(struct gen *g, struct diff_op *op, unsigned i)
{
	struct gen_tree *t = gen_v3_tree(g, -1, (int)op->dom);
	unsigned count, flags;
	uint64_t ref = gen_v3_ref(g, &count);
	bool whole;
	const struct gen_v3_live *m = gen_v3_pick(g, (int)op->dom, -1);

	/* The same page more often, so that lists get long. */
	if (m && gen_one_in(g, 4)) {
		t = &g->v3.tree[m->tree];
		ref = m->ref;
		count = gen_one_in(g, 2) ? m->done : 1;
	} else if (t && t->levels == 1 && !gen_one_in(g, 6)) {
		ref %= 512;
		count = count < 512 - ref ? count : (unsigned)(512 - ref);
	}
	/* All of a region, as it may be mapped by one entry. */
	whole = gen_one_in(g, 6);
	if (whole) {
		ref = (uint64_t[]){ 0, 0, 2, 3, 4 }[gen_rnd(g, 5)] * 512;
		count = 512;
	}
	flags = map_flags(g, op->dom, &count);
	if (whole) {
		count = 512;
		flags = (flags | GNTV3_ACCEPT_2M | (ref == 4 * 512 ? GNTV3_MAP_READONLY : 0)) &
			~GNTV3_MAP_PTE;
	}
	F(i, 0) = gen_num(ref);
	F(i, 1) = gen_named(flags & GNTV3_MAP_PTE ? DIFF_V_PTE : DIFF_V_ADDR, 0,
			    free_room(g, op->dom, ref, count, flags & GNTV3_ACCEPT_2M));
	F(i, 2) = t ? t->name : gen_num(1);
	F(i, 3) = gen_num(count);
	F(i, 4) = gen_dom(t ? t->granter : gen_peer(g, op->dom));
	F(i, 5) = gen_num(flags);
	F(i, 6) = F(i, 7) = gen_num(0);
	switch (gen_rnd(g, 140)) {
	case 0:
		F(i, 4) = gen_odd_dom(g);
		break;
	case 1:
		F(i, 2) = gen_num(gen_rnd(g, 3) * 0x401);
		break;
	case 2:
		F(i, 1).n = gen_one_in(g, 2) ? 1 + gen_rnd(g, 4095) : 8;
		break;
	case 3:
		F(i, 1) = gen_num((uint64_t[]){
			gen_translated(g, op->dom) ? 0 : NOWHERE, 1ull << 52, UINT64_MAX - 4095,
			gen_translated(g, op->dom) ? 1ull << 51
						   : 0x0000900000000000ull }[gen_rnd(g, 4)]);
		break;
	case 4:
		F(i, 3) = gen_num((unsigned[]){ 0, GNTV3_MAX_COUNT, GNTV3_MAX_COUNT + 1,
						UINT32_MAX }[gen_rnd(g, 4)]);
		break;
	case 5:
		F(i, 6) = gen_num(1 + gen_rnd(g, 3));
		break;
	case 6:
		F(i, 7) = gen_num(1 + gen_rnd(g, 3));
		break;
	case 7: /* goes on where another one ended, if it is just that */
		if (!m)
			break;
		F(i, 0) = gen_num(m->ref);
		F(i, 2) = g->v3.tree[m->tree].name;
		F(i, 3) = gen_num(m->done + 1 + gen_rnd(g, 3));
		F(i, 4) = gen_dom(g->v3.tree[m->tree].granter);
		F(i, 6) = gen_num(m->done);
		F(i, 7) = m->handle;
		break;
	case 8: /* where something is */
	case 9:
		if (m)
			F(i, 1).a = m->slot + gen_rnd(g, m->done);
		break;
	case 10: /* translated: where RAM is */
		if (gen_translated(g, op->dom))
			F(i, 1) = gen_named(DIFF_V_RAM, 0, gen_rnd(g, DIFF_PAGES));
		break;
	case 11:
		F(i, 4) = gen_dom(DIFF_SELF);
		break;
	default:
		break;
	}
}

void gen_v3_map(struct gen *g, unsigned dom)
{
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_v3map, dom, gen_v3_batch(g));

	for (unsigned i = 0; i < op->n; i++)
		map_one(g, op, i);
}

void gen_v3_unmap(struct gen *g, unsigned dom)
{
	unsigned n = g->v3.lives > GEN_MAPS / 2 ? 32 : gen_v3_batch(g);
	const struct gen_v3_live *m = gen_v3_pick(g, (int)dom, -1);
	struct diff_op *op;

	if (!m && !gen_one_in(g, 20))
		return;
	op = diff_list_add(g->l, DIFF_OP_v3unmap, dom, n);
	for (unsigned i = 0; i < n; i++) {
		m = gen_v3_pick(g, (int)dom, -1);
		if (g->v3.stales && (!m || gen_one_in(g, 15)))
			m = &g->v3.stale[gen_rnd(g, g->v3.stales < 8 ? g->v3.stales : 8)];
		F(i, 0) = m ? g->v3.tree[m->tree].name : gen_num(1);
		F(i, 1) = m && !gen_one_in(g, 40)
				  ? m->handle
				  : gen_num((unsigned[]){ 0, 1, 2, 128, 129,
							  UINT32_MAX }[gen_rnd(g, 6)]);
		F(i, 2) = gen_dom(m ? g->v3.tree[m->tree].granter : gen_peer(g, dom));
		if (gen_one_in(g, 60))
			F(i, 2) = gen_odd_dom(g);
	}
}

/* A part of what is mapped, or references as they come. */
static struct gen_tree *part(struct gen *g, unsigned dom, uint64_t *ref, uint64_t *count)
{
	const struct gen_v3_live *m = gen_v3_pick(g, -1, (int)dom);
	unsigned n;

	*ref = gen_v3_ref(g, &n);
	*count = n;
	if (!m || gen_one_in(g, 4))
		return gen_v3_tree(g, (int)dom, -1);
	*ref = m->ref;
	*count = m->done;
	if (gen_one_in(g, 2)) {
		*ref += gen_rnd(g, m->done);
		*count = gen_one_in(g, 3) ? gen_rnd(g, 600) : 1 + gen_rnd(g, 3);
	} else if (gen_one_in(g, 8)) {
		*ref = 0;
		*count = GNTV3_MAX_REF;
	}
	return &g->v3.tree[m->tree];
}

void gen_v3_revoke(struct gen *g, unsigned dom)
{
	bool protect = gen_one_in(g, 3);
	struct diff_op *op = diff_list_add(g->l, protect ? DIFF_OP_protect : DIFF_OP_revoke, dom,
					   gen_one_in(g, 8) ? 2 + gen_rnd(g, 4) : 1);

	for (unsigned i = 0; i < op->n; i++) {
		uint64_t ref, count;
		struct gen_tree *t = part(g, dom, &ref, &count);
		unsigned flags = 0, b = gen_rnd(g, g->v3.blocks < 8 ? g->v3.blocks : 8);

		if (protect)
			flags = gen_one_in(g, 2);
		else if (gen_one_in(g, 4))
			flags = gen_one_in(g, 2) ? GNTV3_REVOKE_CHECK : GNTV3_REVOKE_BLOCK;
		/* Blocks do not stay for long, or nothing could be mapped. */
		if (!protect && g->v3.blocks && gen_one_in(g, 4)) {
			flags = GNTV3_REVOKE_UNBLOCK;
			t = &g->v3.tree[g->v3.block[b].tree];
			ref = g->v3.block[b].ref;
			count = g->v3.block[b].count;
		}
		if (gen_one_in(g, 60))
			flags |= 1u << gen_rnd(g, 16);
		F(i, 0) = gen_num(ref);
		F(i, 1) = gen_num(gen_one_in(g, 60) ? UINT64_MAX - gen_rnd(g, 2) : count);
		F(i, 2) = gen_num(gen_one_in(g, 40) ? gen_rnd(g, 600) : 0);
		F(i, 3) = t ? t->name : gen_num(gen_rnd(g, 3));
		F(i, 4) = gen_num(flags);
	}
}

static void end(struct gen *g, struct diff_op *op, unsigned i, unsigned at, bool by_ref)
{
	struct gen_tree *t = gen_v3_tree(g, -1, (int)op->dom);
	unsigned n;

	F(i, at + 1) = gen_num(0);
	F(i, at + 2) = gen_dom(DIFF_SELF);
	F(i, at + 3) = gen_num(0);
	if (by_ref && t) {
		F(i, at) = gen_num(gen_v3_ref(g, &n));
		F(i, at + 1) = t->name;
		F(i, at + 2) = gen_dom(t->granter);
	} else {
		F(i, at) = gen_one_in(g, 3) ? gen_named(DIFF_V_BLOCK, op->dom, gen_rnd(g, 512))
					    : gen_frame(g, op->dom);
		if (gen_one_in(g, 20))
			F(i, at) = gen_num(DIFF_HOLE);
	}
	if (gen_one_in(g, 50))
		F(i, at + 2) = gen_odd_dom(g);
}

void gen_v3_copy(struct gen *g, unsigned dom)
{
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_v3copy, dom, gen_v3_batch(g));

	for (unsigned i = 0; i < op->n; i++) {
		unsigned flags = gen_one_in(g, 20) ? gen_rnd(g, 8) : 1 + gen_rnd(g, 3),
			 len = gen_one_in(g, 3) ? 4096 : gen_rnd(g, 4097);

		end(g, op, i, 0, flags & GNTV3_COPY_SOURCE);
		end(g, op, i, 4, flags & GNTV3_COPY_DEST);
		/* Where both are one page they do not overlap: halves. */
		if (len <= 2048) {
			F(i, 3) = gen_num(gen_rnd(g, 2049 - len));
			F(i, 7) = gen_num(2048 + gen_rnd(g, 2049 - len));
		}
		if (gen_one_in(g, 30))
			F(i, 3) = gen_num(4096 - len + 1 + gen_rnd(g, 10));
		F(i, 8) = gen_num(len);
		F(i, 9) = gen_num(flags);
	}
}

void gen_v3_query(struct gen *g, unsigned dom)
{
	const struct gen_v3_live *m = gen_v3_pick(g, -1, -1);
	struct gen_tree *t = m ? &g->v3.tree[m->tree] : gen_v3_tree(g, -1, -1);
	struct diff_op *op;
	unsigned n;

	op = diff_list_add(g->l, DIFF_OP_v3query, dom, gen_v3_batch(g));
	for (unsigned i = 0; i < op->n; i++) {
		F(i, 0) = gen_num(m && !gen_one_in(g, 4) ? m->ref + gen_rnd(g, m->done + 1)
							 : gen_v3_ref(g, &n));
		F(i, 1) = t ? t->name : gen_num(1);
		F(i, 2) = gen_dom(t && t->granter != dom ? t->granter : DIFF_SELF);
		if (gen_one_in(g, 40))
			F(i, 2) = gen_odd_dom(g);
	}
}

void gen_v3_touch(struct gen *g, unsigned dom)
{
	const struct gen_v3_live *m = gen_v3_pick(g, (int)dom, -1);
	struct diff_op *op;

	if (g->v3.stales && (!m || gen_one_in(g, 5)))
		m = &g->v3.stale[gen_rnd(g, g->v3.stales < 8 ? g->v3.stales : 8)];
	switch (gen_rnd(g, 6)) {
	case 0:
	case 1:
		op = diff_list_add(g->l, DIFF_OP_scan, dom, 1);
		F(0, 0) = gen_named(DIFF_V_ADDR, 0, m ? m->slot : FIRST);
		F(0, 1) = gen_num(m && m->done < 64 ? m->done + 2 : 64);
		if (m && m->slot + 64 >= DIFF_ROOM)
			F(0, 1) = gen_num(1);
		break;
	case 2:
		op = diff_list_add(g->l, DIFF_OP_own, dom, 1);
		F(0, 0) = gen_num(gen_one_in(g, 2) ? STATUS_PAGE + gen_rnd(g, 2)
						   : gen_rnd(g, DIFF_PAGES));
		F(0, 1) = gen_num(gen_rnd(g, gen_one_in(g, 2) ? 20 : 512) * 8);
		break;
	case 3:
		op = diff_list_add(g->l, DIFF_OP_fill, dom, 1);
		F(0, 0) = gen_named(DIFF_V_PAGE, dom, gen_rnd(g, DIFF_DATA));
		F(0, 1) = gen_num(2 + gen_rnd(g, 1000));
		break;
	default:
		op = diff_list_add(g->l, gen_one_in(g, 2) ? DIFF_OP_poke : DIFF_OP_peek, dom, 1);
		F(0, 0) = gen_named(DIFF_V_ADDR, 0,
				    m ? m->slot + gen_rnd(g, m->done) : FIRST + gen_rnd(g, 1700));
		F(0, 1) = gen_num(gen_rnd(g, 512) * 8);
		if (op->kind == DIFF_OP_poke)
			F(0, 2) = gen_num(gen_rnd(g, UINT32_MAX));
		break;
	}
}

void gen_v3_notify(struct gen *g, unsigned dom)
{
	struct gen_tree *t = gen_v3_tree(g, (int)dom, -1);
	unsigned order = gen_one_in(g, 12) ? gen_rnd(g, 12) : gen_rnd(g, 2) * 9;
	struct diff_op *op;

	if (gen_one_in(g, 2)) {
		diff_list_add(g->l, DIFF_OP_events, dom, 1);
		return;
	}
	op = diff_list_add(g->l, DIFF_OP_notify, dom, 1);
	F(0, 0) = gen_one_in(g, 4) ? gen_num(0) : gen_named(DIFF_V_PAGE, dom, STATUS_PAGE);
	F(0, 1) = gen_one_in(g, 4) ? gen_num(0) : gen_named(DIFF_V_PAGE, dom, NOTICE_PAGE);
	F(0, 2) = gen_num(gen_one_in(g, 3) ? (uint64_t)gen_rnd(g, 4) << 9 : 0);
	F(0, 3) = t ? t->name : gen_num(1);
	F(0, 4) = F(0, 1).type == DIFF_V_PAGE && gen_one_in(g, 2) ? gen_named(DIFF_V_PORT, 0, 0)
								  : gen_num(0);
	F(0, 5) = gen_num(order);
	switch (gen_rnd(g, 24)) {
	case 0:
		F(0, 0) = gen_num(DIFF_HOLE);
		break;
	case 1:
		F(0, 1) = F(0, 0);
		break;
	case 2:
		F(0, 2) = gen_num(gen_rnd(g, 600));
		break;
	case 3:
		F(0, 4) = gen_num(gen_one_in(g, 2) ? 0x7ffffff : UINT32_MAX);
		break;
	case 4:
		F(0, 2) = gen_num(GNTV3_MAX_REF - gen_rnd(g, 2) * 512);
		break;
	default:
		break;
	}
}

void gen_v3_bind(struct gen *g, unsigned dom)
{
	struct gen_tree *t = gen_v3_tree(g, (int)dom, -1);
	struct diff_op *op;

	if (!t)
		return;
	op = diff_list_add(g->l, gen_one_in(g, 3) ? DIFF_OP_bind : DIFF_OP_ack, dom, 1);
	F(0, 0) = gen_one_in(g, 20) ? gen_num(1) : t->name;
	F(0, 1) = gen_dom(t->grantee);
	if (op->kind == DIFF_OP_ack) {
		if (gen_one_in(g, 12))
			F(0, 1) = gen_odd_dom(g);
		return;
	}
	F(0, 1) = gen_dom(gen_one_in(g, 20) ? DIFF_NONE : dom);
	F(0, 2) = gen_dom(gen_one_in(g, 12) ? DIFF_NONE : gen_rnd(g, g->l->cfg.doms));
	F(0, 3) = gen_num(!gen_one_in(g, 6));
}

/* Written, then the right or the page is taken away, then written again. */
void gen_v3_hot(struct gen *g, unsigned dom)
{
	const struct gen_v3_live *m = g->v3.hot_step ? &g->v3.hot : gen_v3_pick(g, (int)dom, -1);
	const struct gen_tree *t = m ? &g->v3.tree[m->tree] : NULL;
	struct diff_op *op;

	if (!m || !diff_alive(g->x, m->dom) || !diff_alive(g->x, t->granter) ||
	    m->flags & (GNTV3_MAP_READONLY | GNTV3_MAP_PTE)) {
		if (g->v3.hot_step)
			diff_list_add(g->l, DIFF_OP_events, dom, 1);
		g->v3.hot_step = 0;
		return;
	}
	if (!g->v3.hot_step)
		g->v3.hot = *m;
	if (g->v3.hot_step == 1) {
		bool protect = m->flags & GNTV3_ACCEPT_READONLY && gen_one_in(g, 2);

		op = diff_list_add(g->l, protect ? DIFF_OP_protect : DIFF_OP_revoke, t->granter, 1);
		F(0, 0) = gen_num(m->ref);
		F(0, 1) = gen_num(1);
		F(0, 2) = F(0, 4) = gen_num(0);
		F(0, 3) = t->name;
	} else {
		op = diff_list_add(g->l, DIFF_OP_poke, m->dom, 1);
		F(0, 0) = gen_named(DIFF_V_ADDR, 0, m->slot);
		F(0, 1) = gen_num(8);
		F(0, 2) = gen_num(1 + gen_rnd(g, 1000));
	}
	g->v3.hot_step = (g->v3.hot_step + 1) % 3;
}

static bool can_move(const struct gen_live *m)
{
	return m->flags & GNTMAP_host_map && !(m->flags & GNTMAP_contains_pte) &&
	       m->addr.type == DIFF_V_ADDR;
}

/* What the mapper does behind version 3's back, by operations of other kinds. */
void gen_v3_away(struct gen *g, unsigned dom)
{
	const struct gen_v3_live *m = gen_v3_pick(g, (int)dom, -1);
	const struct gen_live *old = gen_pick_live(g, dom);
	struct diff_op *op;

	if (!m || m->flags & GNTV3_MAP_PTE)
		return;
	if (gen_translated(g, dom)) {
		/* A frame of its own has two places, and goes by none of grants'. */
		op = diff_list_add(g->l, DIFF_OP_decrease, dom, 1);
		F(0, 0) = gen_named(DIFF_V_SLOT, dom, m->slot + gen_rnd(g, m->done));
		return;
	}
	/* The entry moves to where a mapping of version 1 was, and then it is taken away. */
	if (!gen_may(g, GEN_replace))
		return;
	for (unsigned k = 0; k < 20 && old && !can_move(old); k++)
		old = gen_pick_live(g, dom);
	if (!old || !can_move(old)) {
		if (gen_one_in(g, 2) && diff_alive(g->x, gen_peer(g, dom)))
			gen_entry_op(g, gen_peer(g, dom));
		else
			gen_map(g, dom);
		return;
	}
	g->v3.hot = *m;
	g->v3.hot_step = gen_one_in(g, 4) ? 0 : 1;
	op = diff_list_add(g->l, DIFF_OP_replace, dom, 1);
	F(0, 0) = old->addr;
	F(0, 1) = gen_named(DIFF_V_ADDR, 0, m->slot + (g->v3.hot_step ? 0 : gen_rnd(g, m->done)));
	F(0, 2) = old->handle;
}

void gen_v3_raw(struct gen *g, unsigned dom)
{
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_raw3, dom, 1);
	bool fault = gen_may(g, GEN_fault) && gen_one_in(g, 6);

	F(0, 0) = gen_num(GNTTABOP_v3_register + gen_rnd(g, 14));
	F(0, 1) = gen_num(gen_one_in(g, 6) ? gen_rnd(g, 2) * 0x80000000u : 1);
	F(0, 2) = gen_num(fault);
}
