// SPDX-License-Identifier: GPL-2.0-only
/* The generator: version 3, what it knows, and what comes next. */
#include "gen.h"

#include <string.h>
#include <xen/grant_table.h>

#include "grant_v3.h"

#define F(i, field) (*diff_field(op, i, field))

/*
 * Of a domain's named pages those behind DIFF_DATA are nodes at first: p8 is the root of two levels, p9 has the pages
 * side by side (k) by leaves of 4K, p10 the named ones, p11 the first in the opposite order; 2M leaves are in p8. The
 * last two are for notices.
 */
enum { ROOT = DIFF_DATA, RUN, NAMED, TURNED };

enum { MOODS = 3 }; /* even, the granter's, the mapper's */
static const struct {
	void (*make)(struct gen *g, unsigned dom);
	enum gen_topic needs; /* GEN_NR_TOPICS: none */
	unsigned chance[MOODS];
} actions[] = {
	{ gen_v3_map, GEN_NR_TOPICS, { 220, 200, 300 } },
	{ gen_v3_unmap, GEN_NR_TOPICS, { 130, 60, 180 } },
	{ gen_v3_revoke, GEN_NR_TOPICS, { 170, 260, 90 } },
	{ gen_v3_node, GEN_NR_TOPICS, { 80, 130, 40 } },
	{ gen_v3_touch, GEN_NR_TOPICS, { 120, 120, 150 } },
	{ gen_v3_copy, GEN_NR_TOPICS, { 80, 30, 90 } },
	{ gen_v3_query, GEN_NR_TOPICS, { 60, 60, 60 } },
	{ gen_v3_trees, GEN_NR_TOPICS, { 40, 60, 30 } },
	{ gen_v3_notify, GEN_NR_TOPICS, { 40, 50, 30 } },
	{ gen_v3_bind, GEN_bind, { 20, 20, 10 } },
	{ gen_v3_hot, GEN_NR_TOPICS, { 20, 20, 20 } },
	{ gen_v3_raw, GEN_raw, { 8, 8, 8 } },
	{ gen_v3_away, GEN_older, { 40, 25, 50 } },
	{ gen_map, GEN_older, { 20, 10, 20 } },
	{ gen_unmap, GEN_older, { 15, 10, 20 } },
	{ gen_entry_op, GEN_older, { 20, 10, 20 } },
	{ gen_memory, GEN_memory, { 12, 12, 12 } },
};

/* As whoever unlinks a node has to; now and then of something else. */
static void forget(struct gen *g, const struct gen_tree *t)
{
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_inval, t->granter, 1);

	F(0, 0) = gen_num(gen_one_in(g, 4) ? gen_rnd(g, 5) * 512ull : g->v3.at);
	F(0, 1) = gen_num(gen_one_in(g, 8) ? gen_rnd(g, 2) * UINT64_MAX : 512);
	F(0, 2) = t->name;
}

static void node(struct diff_op *op, unsigned i, unsigned page, unsigned from, unsigned n,
		 struct diff_value frame, uint64_t step, uint64_t bits);

static void give_back(struct gen *g)
{
	const struct gen_tree *t = g->v3.regain;
	unsigned region = (unsigned)(g->v3.regain_ref / 512), from = g->v3.regain_ref % 512;
	struct diff_op *op;

	if (!g->v3.regain_step++) {
		/* Read-only now, or another page. */
		op = diff_list_add(g->l, DIFF_OP_node, t->granter, 1);
		node(op, 0, RUN + region, from, 1,
		     region == 1 ? gen_named(DIFF_V_PAGE, t->granter,
					     (from + gen_one_in(g, 3)) % DIFF_DATA)
				 : gen_named(DIFF_V_BLOCK, t->granter, region ? 511 - from : from),
		     0, GNTV3_LEAF | (gen_one_in(g, 2) ? GNTV3_READONLY : 0));
		return;
	}
	op = diff_list_add(g->l, DIFF_OP_protect, t->granter, 1);
	F(0, 0) = gen_num(g->v3.regain_ref);
	F(0, 1) = gen_num(1);
	F(0, 2) = gen_num(0);
	F(0, 3) = t->name;
	F(0, 4) = gen_num(GNTV3_PROTECT_WRITE);
	g->v3.regain = NULL;
}

void gen_v3_next(struct gen *g, unsigned dom)
{
	unsigned before = g->l->n, total = 0, pick, i, mood = g->mood % MOODS;

	if (g->v3.step < 4 * g->l->cfg.doms) {
		gen_v3_begin(g);
		return;
	}
	if (g->v3.unlinked && diff_alive(g->x, g->v3.unlinked->granter)) {
		forget(g, g->v3.unlinked);
		g->v3.unlinked = NULL;
		return;
	}
	if (g->v3.hot_step) {
		gen_v3_hot(g, dom);
		return;
	}
	if (g->v3.regain && diff_alive(g->x, g->v3.regain->granter)) {
		give_back(g);
		return;
	}
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		total += actions[i].chance[mood];
	while (g->l->n == before) {
		pick = gen_rnd(g, total);
		for (i = 0; pick >= actions[i].chance[mood]; i++)
			pick -= actions[i].chance[mood];
		if (actions[i].needs == GEN_NR_TOPICS || gen_may(g, actions[i].needs))
			actions[i].make(g, dom);
	}
}

/* ---- choices ---- */

struct gen_tree *gen_v3_tree(struct gen *g, int granter, int grantee)
{
	unsigned i = g->v3.trees ? gen_rnd(g, g->v3.trees) : 0;
	bool left = gen_one_in(g, 12);

	for (unsigned k = 0; k < g->v3.trees; k++, i = (i + 1) % g->v3.trees) {
		struct gen_tree *t = &g->v3.tree[i];

		if ((granter < 0 || t->granter == granter) &&
		    (grantee < 0 || t->grantee == grantee) && (!t->left || left))
			return t;
	}
	return NULL;
}

const struct gen_v3_live *gen_v3_pick(struct gen *g, int dom, int granter)
{
	unsigned i = g->v3.lives ? gen_rnd(g, g->v3.lives) : 0;

	for (unsigned k = 0; k < g->v3.lives; k++, i = (i + 1) % g->v3.lives) {
		const struct gen_v3_live *m = &g->v3.live[i];

		if ((dom < 0 || m->dom == dom) &&
		    (granter < 0 || g->v3.tree[m->tree].granter == granter))
			return m;
	}
	return NULL;
}

uint64_t gen_v3_ref(struct gen *g, unsigned *count)
{
	static const uint16_t counts[] = { 1, 1,  1,  1,  1,   2,   2,	 3,   4,   8,
					   8, 31, 32, 64, 100, 511, 512, 512, 513, 700 };
	static const uint16_t edges[] = { 0, 0, 1, 7, 64, 255, 256, 480, 510, 511 };
	unsigned region = gen_rnd(g, 14), index;

	region = region < 13 ? region % 5 : 5 + gen_rnd(g, 3);
	if (region == 1) {
		*count = gen_one_in(g, 2) ? 1 : 1 + gen_rnd(g, 8);
		return 512 + gen_rnd(g, 16);
	}
	*count = counts[gen_rnd(g, sizeof(counts) / sizeof(counts[0]))];
	index = *count == 512 && !gen_one_in(g, 6) ? 0
		: gen_one_in(g, 2)		   ? edges[gen_rnd(g, 10)]
						   : gen_rnd(g, 512);
	if (gen_one_in(g, 60))
		return (uint64_t[]){ GNTV3_MAX_REF - 1, GNTV3_MAX_REF, UINT64_MAX, 1ull << 18,
				     1ull << 27 }[gen_rnd(g, 5)];
	return region * 512ull + index;
}

unsigned gen_v3_batch(struct gen *g)
{
	static const uint8_t some[] = { 2, 2, 3, 4, 6, 8, 31, 32, 33, 64 };

	return gen_one_in(g, 5) ? some[gen_rnd(g, gen_one_in(g, 4) ? sizeof(some) : 6)] : 1;
}

/* ---- what each sub-stream begins with ---- */

static void node(struct diff_op *op, unsigned i, unsigned page, unsigned from, unsigned n,
		 struct diff_value frame, uint64_t step, uint64_t bits)
{
	F(i, 0) = gen_num(page);
	F(i, 1) = gen_num(from);
	F(i, 2) = gen_num(n);
	F(i, 3) = frame;
	F(i, 4) = gen_num(step);
	F(i, 5) = gen_num(bits);
}

static void begin_nodes(struct gen *g, unsigned dom)
{
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_node, dom, 3 + 2 * DIFF_DATA);

	node(op, 0, RUN, 0, 512, gen_named(DIFF_V_BLOCK, dom, 0), 1, GNTV3_LEAF);
	node(op, 1, TURNED, 0, 512, gen_named(DIFF_V_BLOCK, dom, 511), UINT64_MAX, GNTV3_LEAF);
	node(op, 2, NAMED, 0, 512, gen_num(0), 0, GNTV3_NOTHING);
	for (unsigned k = 0; k < 2 * DIFF_DATA; k++)
		node(op, 3 + k, NAMED, k, 1, gen_named(DIFF_V_PAGE, dom, k % DIFF_DATA), 0,
		     GNTV3_LEAF | (k < DIFF_DATA ? 0 : GNTV3_READONLY));
}

static void begin_root(struct gen *g, unsigned dom)
{
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_node, dom, 6);

	node(op, 0, ROOT, 0, 512, gen_num(0), 0, GNTV3_NOTHING);
	for (unsigned k = 0; k < 3; k++)
		node(op, 1 + k, ROOT, k, 1, gen_named(DIFF_V_PAGE, dom, RUN + k), 0, GNTV3_TABLE);
	node(op, 4, ROOT, 3, 1, gen_named(DIFF_V_BLOCK, dom, 0), 0, GNTV3_LEAF);
	node(op, 5, ROOT, 4, 1, gen_named(DIFF_V_BLOCK, dom, 0), 0, GNTV3_LEAF | GNTV3_READONLY);
}

static void reg(struct gen *g, unsigned dom, unsigned to, unsigned flags, unsigned levels)
{
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_reg, dom, 1);

	F(0, 0) = gen_dom(to);
	F(0, 1) = gen_num(flags);
	F(0, 2) = gen_num(levels);
	F(0, 3) = gen_num((unsigned[]){ 0, 1, 2, 4, 8, 127 }[gen_rnd(g, 6)]);
	F(0, 4) = gen_named(DIFF_V_PAGE, dom, levels == 1 ? RUN + gen_rnd(g, 3) : (unsigned)ROOT);
}

void gen_v3_begin(struct gen *g)
{
	unsigned step = g->v3.step++, dom = step / 4;

	switch (step % 4) {
	case 0:
		begin_nodes(g, dom);
		break;
	case 1:
		begin_root(g, dom);
		break;
	case 2:
		reg(g, dom, gen_peer(g, dom), gen_one_in(g, 2) ? GNTV3_REBINDABLE : 0, 2);
		break;
	default:
		reg(g, dom, gen_peer(g, dom), gen_one_in(g, 3) ? gen_rnd(g, 2) : GNTV3_REBINDABLE,
		    2 - gen_rnd(g, 2));
		break;
	}
}

/* ---- entries and trees ---- */

static struct diff_value odd_page(struct gen *g, unsigned dom)
{
	const struct gen_v3_live *m = gen_v3_pick(g, (int)dom, (int)dom);

	if (m && gen_translated(g, dom) && gen_one_in(g, 2))
		return gen_named(DIFF_V_SLOT, dom, m->slot);
	if (gen_may(g, GEN_tables) && gen_one_in(g, 4))
		return gen_one_in(g, 2) ? gen_named(DIFF_V_GFRAME, dom, 0)
					: gen_named(DIFF_V_SLOT, dom, 320 + gen_rnd(g, 300));
	if (gen_one_in(g, 4))
		return gen_num(
			(uint64_t[]){ GNTV3_FRAME >> 12, 1ull << 36, DIFF_HOLE + 1,
				      0 }[gen_translated(g, dom) ? gen_rnd(g, 4) : gen_rnd(g, 3)]);
	/* Another domain's page; a translated one's number would mean what the asker has there. */
	if (gen_peer(g, dom) != dom && !gen_translated(g, dom) &&
	    !gen_translated(g, gen_peer(g, dom)))
		return gen_named(DIFF_V_PAGE, gen_peer(g, dom), gen_rnd(g, DIFF_PAGES));
	return gen_num(DIFF_HOLE);
}

void gen_v3_node(struct gen *g, unsigned dom)
{
	unsigned n = gen_one_in(g, 3) ? 1 + gen_rnd(g, 4) : 1;
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_node, dom, n);
	const struct gen_v3_live *m;

	for (unsigned i = 0; i < n; i++) {
		unsigned page = gen_one_in(g, 12) ? ROOT + gen_rnd(g, 6) : RUN + gen_rnd(g, 3),
			 from = page == NAMED ? gen_rnd(g, 16) : gen_rnd(g, 512), many = 1;
		uint64_t bits = GNTV3_LEAF | (gen_one_in(g, 4) ? GNTV3_READONLY : 0);
		struct diff_value frame = gen_named(DIFF_V_PAGE, dom, gen_rnd(g, DIFF_DATA));

		if (gen_one_in(g, 3)) {
			frame = gen_named(DIFF_V_BLOCK, dom, gen_one_in(g, 3) ? 0 : from);
			many = (unsigned[]){ 1, 1, 2, 8, 64, 512 }[gen_rnd(g, 6)];
		}
		if (gen_one_in(g, 5)) {
			bits = gen_one_in(g, 3) ? GNTV3_OWN : 0;
			many = (unsigned[]){ 1, 1, 1, 4, 4, 64 }[gen_rnd(g, 6)];
		}
		/* What somebody has mapped is of more interest. */
		m = gen_v3_pick(g, -1, (int)dom);
		if (m && m->ref < 3 * 512 && gen_one_in(g, 2)) {
			page = RUN + (unsigned)(m->ref / 512);
			from = (unsigned)((m->ref + gen_rnd(g, m->done)) % 512);
			if (gen_one_in(g, 2) && page == RUN) {
				frame = gen_named(DIFF_V_BLOCK, dom, from);
				bits |= GNTV3_LEAF;
			}
			many = 1;
		}
		if (gen_one_in(g, 12))
			bits |= 1ull << (gen_one_in(g, 2) ? gen_rnd(g, 12) : 52 + gen_rnd(g, 12));
		if (gen_one_in(g, 12))
			frame = odd_page(g, dom);
		if (gen_one_in(g, 8)) {
			page = ROOT;
			from = gen_rnd(g, 6);
			many = 1;
			bits = gen_one_in(g, 3) ? 0 : GNTV3_TABLE;
			frame = gen_named(DIFF_V_PAGE, dom,
					  gen_one_in(g, 5) ? ROOT : RUN + gen_rnd(g, 4));
			if (gen_one_in(g, 4)) {
				bits = GNTV3_LEAF;
				frame = gen_named(DIFF_V_BLOCK, dom, gen_one_in(g, 6));
			}
			g->v3.unlinked = gen_v3_tree(g, (int)dom, -1);
			g->v3.at = from * 512ull;
		}
		node(op, i, page, from, many, frame, 1, bits);
	}
}

void gen_v3_trees(struct gen *g, unsigned dom)
{
	struct gen_tree *t = gen_v3_tree(g, (int)dom, -1);
	struct diff_op *op;

	switch (gen_rnd(g, 6)) {
	case 0:
	case 1:
		reg(g, dom, gen_one_in(g, 5) ? dom : gen_peer(g, dom),
		    gen_one_in(g, 3) ? 1u << gen_rnd(g, gen_one_in(g, 8) ? 16 : 3) : 0,
		    gen_one_in(g, 20) ? gen_rnd(g, 8) : 1 + gen_rnd(g, 3));
		op = &g->l->op[g->l->n - 1];
		if (gen_one_in(g, 12))
			F(0, 0) = gen_odd_dom(g);
		if (gen_one_in(g, 12))
			F(0, 4) = odd_page(g, dom);
		if (gen_one_in(g, 20))
			F(0, 3) = gen_num(128 + gen_rnd(g, 128));
		break;
	case 2:
		op = diff_list_add(g->l, DIFF_OP_unreg, dom, 1);
		F(0, 0) = t && !gen_one_in(g, 8) ? t->name : gen_num(gen_rnd(g, 3) * 0x401);
		break;
	case 3:
		op = diff_list_add(g->l, DIFF_OP_inval, dom, 1);
		F(0, 0) = gen_num(0);
		F(0, 1) = gen_num(512);
		F(0, 2) = gen_num(gen_rnd(g, 3) * 0x401);
		break;
	default:
		op = diff_list_add(g->l, DIFF_OP_root, dom, 1);
		F(0, 0) = gen_one_in(g, 8) ? odd_page(g, dom)
					   : gen_named(DIFF_V_PAGE, dom, ROOT + gen_rnd(g, 2));
		F(0, 1) = t ? t->name : gen_num(1);
		F(0,
		  2) = gen_num(!t || gen_one_in(g, 4)
				       ? gen_rnd(g, 6)
				       : t->levels + (unsigned)(t->levels < 3 && gen_one_in(g, 3)));
		break;
	}
}

/* ---- what came back ---- */

static void mapped(struct gen *g, const struct diff_op *op, unsigned i)
{
	struct gen_v3 *v = &g->v3;
	const struct diff_value addr = *diff_field(op, i, 1), tree = *diff_field(op, i, 2);
	struct gen_v3_live *m = &v->live[v->lives];
	unsigned t;

	for (t = 0; t < v->trees && memcmp(&v->tree[t].name, &tree, sizeof(tree)); t++)
		;
	if (!op->out[i].done || v->lives == GEN_MAPS || t == v->trees)
		return;
	*m = (struct gen_v3_live){ .handle = { .type = DIFF_V_MAPPED, .a = op->id, .b = i },
				   .tree = (uint8_t)t,
				   .dom = (uint8_t)op->dom,
				   .ref = diff_field(op, i, 0)->n,
				   .done = op->out[i].done,
				   .slot = addr.a,
				   .flags = (unsigned)diff_field(op, i, 5)->n };
	v->lives++;
	for (unsigned k = 0; k < m->done && addr.a + k < DIFF_ROOM; k++)
		v->busy[op->dom][addr.a + k] = true;
}

static void unmapped(struct gen *g, const struct diff_op *op, unsigned i)
{
	struct gen_v3 *v = &g->v3;
	const struct diff_value handle = *diff_field(op, i, 1);

	for (unsigned k = 0; k < v->lives && !op->out[i].status; k++) {
		struct gen_v3_live *m = &v->live[k];

		if (memcmp(&m->handle, &handle, sizeof(handle)))
			continue;
		for (unsigned s = 0; s < m->done && m->slot + s < DIFF_ROOM; s++)
			v->busy[op->dom][m->slot + s] = false;
		v->stale[v->stales++ % 8] = *m;
		*m = v->live[--v->lives];
		return;
	}
}

static void registered(struct gen *g, const struct diff_op *op)
{
	const struct diff_value to = *diff_field(op, 0, 0);

	if (op->out[0].status || g->v3.trees == GEN_TREES || to.dom >= DIFF_DOMS)
		return;
	g->v3.tree[g->v3.trees++] = (struct gen_tree){ .name = { .type = DIFF_V_TREE, .a = op->id },
						       .granter = (uint8_t)op->dom,
						       .grantee = to.dom,
						       .levels = (uint8_t)diff_field(op, 0, 2)->n };
}

static struct gen_tree *named(struct gen *g, const struct diff_value *name)
{
	for (unsigned t = 0; t < g->v3.trees; t++)
		if (!memcmp(&g->v3.tree[t].name, name, sizeof(*name)))
			return &g->v3.tree[t];
	return NULL;
}

static void blocked(struct gen *g, const struct diff_op *op)
{
	struct gen_tree *t = named(g, diff_field(op, 0, 3));

	if (!t || op->out[0].status || !(diff_field(op, 0, 4)->n & GNTV3_REVOKE_BLOCK))
		return;
	g->v3.block[g->v3.blocks % 8].tree = (uint8_t)(t - g->v3.tree);
	g->v3.block[g->v3.blocks % 8].ref = diff_field(op, 0, 0)->n;
	g->v3.block[g->v3.blocks++ % 8].count = diff_field(op, 0, 1)->n;
}

void gen_v3_observe(struct gen *g, const struct diff_op *op)
{
	struct gen_tree *t;

	for (unsigned i = 0; i < op->n; i++)
		if (op->kind == DIFF_OP_v3map)
			mapped(g, op, i);
		else if (op->kind == DIFF_OP_v3unmap)
			unmapped(g, op, i);
	if (op->kind == DIFF_OP_reg)
		registered(g, op);
	if (op->kind == DIFF_OP_revoke)
		blocked(g, op);
	if (op->kind == DIFF_OP_protect && !diff_field(op, 0, 4)->n &&
	    diff_field(op, 0, 0)->n < 3 * 512 && !op->out[0].status && gen_one_in(g, 4)) {
		g->v3.regain = named(g, diff_field(op, 0, 3));
		g->v3.regain_ref = diff_field(op, 0, 0)->n;
		g->v3.regain_step = 0;
	}
	t = op->kind == DIFF_OP_unreg || op->kind == DIFF_OP_bind ? named(g, diff_field(op, 0, 0))
	    : op->kind == DIFF_OP_root				  ? named(g, diff_field(op, 0, 1))
								  : NULL;
	if (!t || op->out[0].status)
		return;
	if (op->kind == DIFF_OP_unreg)
		t->left = true;
	else if (op->kind == DIFF_OP_root)
		t->levels = (uint8_t)diff_field(op, 0, 2)->n;
	else
		t->grantee = diff_field(op, 0, 2)->dom;
}
