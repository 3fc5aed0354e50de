// SPDX-License-Identifier: GPL-2.0-only
/* The generator: copies, transfers, and looks at what came of them. */
#include "gen.h"

#include <xen/xen.h>
#include <xen/grant_table.h>

#define F(i, field) (*diff_field(op, i, field))

/* What part of its page an entry gives. */
static void window(const struct gen *g, unsigned dom, uint32_t ref, unsigned *off, unsigned *len)
{
	const struct gen_entry *e = &g->entry[dom][ref % GEN_REFS];

	*off = 0;
	*len = 4096;
	if (ref >= GEN_REFS || gen_version(g, dom) != 2)
		return;
	if ((e->flags & GTF_type_mask) == GTF_transitive && e->via < g->l->cfg.doms &&
	    e->via_ref < GEN_REFS) {
		e = &g->entry[e->via][e->via_ref];
		if (!(e->flags & GTF_sub_page))
			return;
	}
	if (!(e->flags & GTF_sub_page))
		return;
	*off = e->off & 4095;
	*len = e->len > 4096 - *off ? 4096 - *off : e->len;
}

/* One side: by reference of a domain, or by own frame. Returns whether by reference. */
static bool side(struct gen *g, struct diff_op *op, unsigned i, unsigned at, bool write,
		 unsigned *off, unsigned *len)
{
	unsigned dom = op->dom, from = gen_one_in(g, 6) ? dom : gen_peer(g, dom);
	uint32_t ref;

	*off = 0;
	*len = 4096;
	if (gen_one_in(g, 2)) {
		F(i, at) = gen_one_in(g, 15) ? gen_odd_frame(g, dom) : gen_frame(g, dom);
		F(i, at + 1) = gen_dom(DIFF_SELF);
		if (gen_one_in(g, 40))
			F(i, at + 1) = gen_one_in(g, 2) ? gen_dom(gen_rnd(g, g->l->cfg.doms))
							: gen_odd_dom(g);
		return false;
	}
	ref = gen_granted(g, from, dom, write, true);
	if (gen_one_in(g, 25))
		ref = gen_edge_ref(g, from);
	F(i, at) = gen_num(ref);
	F(i, at + 1) = gen_dom(from == dom && gen_one_in(g, 2) ? DIFF_SELF : from);
	if (gen_one_in(g, 40))
		F(i, at + 1) = gen_odd_dom(g);
	window(g, from, ref, off, len);
	return true;
}

static bool same_page(const struct gen *g, const struct diff_op *op, unsigned i)
{
	const struct diff_value *name[2] = { diff_field(op, i, 0), diff_field(op, i, 3) };
	struct diff_value page[2];

	for (unsigned s = 0; s < 2; s++) {
		unsigned dom = diff_field(op, i, 3 * s + 1)->dom;

		page[s] = *name[s];
		if (dom >= DIFF_DOMS)
			dom = op->dom;
		for (unsigned level = 0;
		     level < 2 && page[s].type == DIFF_V_NUM && page[s].n < GEN_REFS; level++) {
			const struct gen_entry *e = &g->entry[dom][page[s].n];

			if ((e->flags & GTF_type_mask) == GTF_transitive) {
				page[s] = gen_num(e->via_ref);
				dom = e->via % DIFF_DOMS;
			} else {
				page[s] = e->frame;
			}
		}
	}
	/* What is pinned may be another page than the entry says by now: any doubt counts. */
	return page[0].type != DIFF_V_PAGE || page[1].type != DIFF_V_PAGE ||
	       (page[0].dom == page[1].dom && page[0].a == page[1].a);
}

static void lengths(struct gen *g, struct diff_op *op, unsigned i, const unsigned off[2],
		    const unsigned len[2])
{
	unsigned most = len[0] < len[1] ? len[0] : len[1], n = gen_rnd(g, most + 1), at[2];

	if (gen_one_in(g, 3))
		n = (unsigned[]){ 0, 1, 2, 8, 16, 4096 }[gen_rnd(g, 6)];
	for (unsigned s = 0; s < 2; s++) {
		at[s] = off[s] + (n < len[s] ? gen_rnd(g, len[s] - n + 1) : 0);
		if (gen_one_in(g, 25))
			at[s] = gen_one_in(g, 2) ? gen_rnd(g, 4096) : 4090 + gen_rnd(g, 16);
		if (gen_one_in(g, 60))
			at[s] = 65530;
	}
	if (gen_one_in(g, 60))
		n = (unsigned[]){ 4097, 8192, 65535, 4095 }[gen_rnd(g, 4)];
	/* The order in which an overlapping copy goes is another subject. */
	if (n && at[0] < at[1] + n && at[1] < at[0] + n && same_page(g, op, i) &&
	    (!gen_may(g, GEN_overlap) || !gen_one_in(g, 30))) {
		at[0] %= 2048;
		at[1] = 2048 + at[1] % 2048;
		n = n > 2048 - at[0] ? 2048 - at[0] : n;
		n = n > 4096 - at[1] ? 4096 - at[1] : n;
	}
	F(i, 2) = gen_num(at[0]);
	F(i, 5) = gen_num(at[1]);
	F(i, 6) = gen_num(n);
}

/*
 * One domain named by number in all structures of the call, its memory by reference and by frame in
 * turns. A frame is the right of DOMID_SELF alone; hypervisors look at that more or less often.
 */
static void mixed(struct gen *g, struct diff_op *op, unsigned i)
{
	unsigned side = i & 1, to = op->n & 1 ? op->dom : gen_peer(g, op->dom), at = side ? 3 : 0;
	bool by_ref = gen_one_in(g, 2);

	F(i, at + 1) = gen_dom(to);
	if (by_ref)
		F(i, at) = gen_num(gen_granted(g, to, op->dom, side, true));
	else
		F(i, at) = gen_one_in(g, 3) ? gen_num(gen_granted(g, to, op->dom, side, true))
					    : gen_frame(g, to);
	F(i, 7).n = (F(i, 7).n & ~(uint64_t)(side ? GNTCOPY_dest_gref : GNTCOPY_source_gref)) |
		    (by_ref ? side ? GNTCOPY_dest_gref : GNTCOPY_source_gref : 0);
}

void gen_copy(struct gen *g, unsigned dom)
{
	unsigned n = gen_batch(g), off[2], len[2];
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_copy, dom, n);
	bool mix = n > 1 && gen_may(g, GEN_mixed) && gen_one_in(g, 8);
	uint64_t flags;

	for (unsigned i = 0; i < n; i++) {
		flags = 0;
		if (i && gen_one_in(g, 3)) {
			/* The same buffers again: they are still held. */
			for (unsigned f = 0; f < 5; f++)
				F(i, f) = F(i - 1, f);
			flags = F(i - 1, 7).n;
			off[0] = off[1] = 0;
			len[0] = len[1] = 4096;
		} else {
			if (side(g, op, i, 0, false, &off[0], &len[0]))
				flags |= GNTCOPY_source_gref;
			if (side(g, op, i, 3, true, &off[1], &len[1]))
				flags |= GNTCOPY_dest_gref;
		}
		if (gen_one_in(g, 100))
			flags |= 1u << (2 + gen_rnd(g, 14));
		F(i, 7) = gen_num(flags);
		if (mix)
			mixed(g, op, i);
		lengths(g, op, i, off, len);
	}
}

/* A reference by which domain `by` waits for a page of dom; -1: there is none. */
static int offer(struct gen *g, unsigned by, unsigned dom)
{
	unsigned r = gen_rnd(g, GEN_REFS);

	for (unsigned i = 0; i < GEN_REFS; i++, r = (r + 1) % GEN_REFS)
		if (g->entry[by][r].flags == GTF_accept_transfer && g->entry[by][r].to == dom)
			return (int)r;
	return -1;
}

void gen_transfer(struct gen *g, unsigned dom)
{
	unsigned peer = gen_one_in(g, 8) ? dom : gen_peer(g, dom),
		 ref = GEN_REFS - 1 - gen_rnd(g, 4);
	int offered = offer(g, peer, dom);
	struct diff_op *op;

	if (g->x->lost)
		return;
	/* Room for the page to be named by, then the offer, then the page; now and then without. */
	if (offered < 0 && !gen_one_in(g, 3)) {
		if (gen_one_in(g, 3) && gen_may(g, GEN_memory)) {
			op = diff_list_add(g->l, DIFF_OP_decrease, peer, 1);
			F(0, 0) = gen_frame(g, peer);
			return;
		}
		op = diff_list_add(g->l, DIFF_OP_entry, peer, 1);
		F(0, 0) = gen_num(ref);
		F(0, 1) = gen_num(gen_one_in(g, 10) ? GTF_accept_transfer | GTF_readonly
						    : GTF_accept_transfer);
		F(0, 2) = gen_one_in(g, 15) ? gen_odd_dom(g) : gen_dom(dom);
		F(0, 3) = gen_translated(g, peer) ? gen_frame(g, peer) : gen_num(gen_rnd(g, 16));
		F(0, 4) = F(0, 5) = gen_num(0);
		return;
	}
	op = diff_list_add(g->l, DIFF_OP_transfer, dom, gen_one_in(g, 4) ? 2 : 1);
	for (unsigned i = 0; i < op->n; i++) {
		F(i, 0) = gen_one_in(g, 6) ? gen_odd_frame(g, dom) : gen_frame(g, dom);
		F(i, 1) = gen_one_in(g, 12) ? gen_odd_dom(g) : gen_dom(peer);
		F(i, 2) = gen_num(offered >= 0 && !gen_one_in(g, 8) ? (uint32_t)offered
				  : gen_one_in(g, 3)		    ? gen_edge_ref(g, peer)
								    : GEN_REFS - 1 - gen_rnd(g, 4));
	}
}

/* Does what is mapped there hold numbers that are each machine's own? */
static bool holds_frames(const struct gen *g, const struct gen_live *m)
{
	const struct diff_value *f;

	if (m->granter < 0 || m->ref >= GEN_REFS)
		return true;
	f = &g->entry[m->granter][m->ref].frame;
	return f->type != DIFF_V_PAGE || g->table_moved[f->dom][f->a];
}

void gen_touch(struct gen *g, unsigned dom)
{
	const struct gen_live *m = gen_pick_live(g, dom);
	struct diff_op *op;
	bool write;

	if (gen_one_in(g, 5)) {
		op = diff_list_add(g->l, DIFF_OP_fill, dom, 1);
		F(0, 0) = gen_frame(g, dom);
		F(0, 1) = gen_num(2 + gen_rnd(g, 1000));
		return;
	}
	if (gen_one_in(g, 3)) {
		op = diff_list_add(g->l, DIFF_OP_look, dom, 1);
		F(0, 0) = gen_num(gen_rnd(g, GEN_REFS));
		return;
	}
	write = gen_one_in(g, 3);
	if (m && (!(m->flags & GNTMAP_host_map) || m->addr.a >= DIFF_SLOTS || holds_frames(g, m)))
		return;
	if (m && m->addr.type != DIFF_V_ADDR && m->addr.type != DIFF_V_PTE)
		return;
	op = diff_list_add(g->l, write ? DIFF_OP_poke : DIFF_OP_peek, dom, 1);
	F(0, 0) = gen_named(DIFF_V_ADDR, 0, m ? m->addr.a : gen_rnd(g, 24));
	/* A hole, or a mapping that is no more. */
	if (gen_one_in(g, 8))
		F(0, 0).a = gen_free_slot(g, dom);
	else if (g->frees[dom] && gen_one_in(g, 3))
		F(0, 0).a = g->freed[dom][gen_rnd(g, g->frees[dom] < 8 ? g->frees[dom] : 8)];
	F(0, 1) = gen_num(gen_rnd(g, 512) * 8);
	if (write)
		F(0, 2) = gen_num(gen_rnd(g, UINT32_MAX));
}
