// SPDX-License-Identifier: GPL-2.0-only
/* The generator: entries, tables and memory. */
#include "gen.h"

#include <xen/xen.h>
#include <xen/grant_table.h>

#define F(i, field) (*diff_field(op, i, field))

/* Mostly references in the middle; those of the toolstack and the last ones too. */
static uint32_t entry_ref(struct gen *g, unsigned dom)
{
	if (gen_one_in(g, 25))
		return g->x->view[dom].frames * diff_per_frame(&g->x->view[dom]) - 1;
	if (gen_one_in(g, 12))
		return gen_rnd(g, 8);
	return 8 + gen_rnd(g, GEN_REFS - 12);
}

static void transitive(struct gen *g, unsigned dom, uint32_t ref, unsigned to)
{
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_trans, dom, 1);
	unsigned via = gen_peer(g, dom);

	F(0, 0) = gen_num(ref);
	F(0, 1) = gen_num(GTF_transitive | (gen_one_in(g, 3) ? GTF_readonly : 0) |
			  (gen_one_in(g, 20) ? GTF_sub_page : 0));
	F(0, 2) = gen_dom(to);
	/* What the other grants to this domain; now and then one's own, which is refused. */
	F(0, 3) = gen_dom(gen_one_in(g, 12) ? dom : via);
	F(0, 4) = gen_num(gen_one_in(g, 10) ? gen_edge_ref(g, via)
					    : gen_granted(g, via, dom, gen_one_in(g, 2), true));
	if (gen_one_in(g, 15))
		F(0, 3) = gen_odd_dom(g);
}

void gen_entry_op(struct gen *g, unsigned dom)
{
	unsigned to = gen_one_in(g, 8) ? dom : gen_peer(g, dom);
	uint32_t ref = entry_ref(g, dom), flags = GTF_permit_access;
	bool v2 = gen_version(g, dom) == 2, stays;
	struct diff_op *op;

	/* One that is mapped is changed less often than it would be hit. */
	if (gen_is_mapped(g, dom, ref) && !gen_one_in(g, 3))
		ref = entry_ref(g, dom);
	stays = gen_is_mapped(g, dom, ref) && !gen_may(g, GEN_retry);
	if (v2 && gen_may(g, GEN_transitive) && !stays && gen_one_in(g, 8)) {
		transitive(g, dom, ref, to);
		return;
	}
	if (gen_one_in(g, 3))
		flags |= GTF_readonly;
	if (gen_may(g, GEN_subpage) && gen_one_in(g, v2 ? 6 : 60))
		flags |= GTF_sub_page;
	if (gen_one_in(g, 15))
		flags = gen_rnd(g, 4) | (gen_one_in(g, 2) ? GTF_readonly : 0);
	/* What the stable releases of a version of Xen do not agree in is not what trees are looked at for. */
	if (gen_one_in(g, 20) && g->l->cfg.version != 3)
		flags |= 1u << gen_rnd(g, 16);
	/* Without these kinds a stray bit must not make one. */
	if ((!gen_may(g, GEN_transitive) || stays) && (flags & GTF_type_mask) == GTF_transitive)
		flags &= ~2u;
	if (!gen_may(g, GEN_subpage))
		flags &= ~(uint32_t)GTF_sub_page;
	op = diff_list_add(g->l, DIFF_OP_entry, dom, 1);
	F(0, 0) = gen_num(ref);
	F(0, 1) = gen_num(flags);
	F(0, 2) = gen_one_in(g, 20) ? gen_odd_dom(g) : gen_dom(to);
	F(0, 3) = gen_one_in(g, 10) ? gen_odd_frame(g, dom) : gen_frame(g, dom);
	F(0, 4) = F(0, 5) = gen_num(0);
	if (!(flags & GTF_sub_page))
		return;
	F(0, 4) = gen_num(gen_rnd(g, 4096));
	F(0, 5) = gen_num(gen_rnd(g, (uint32_t)(4097 - F(0, 4).n)));
	if (gen_one_in(g, 10))
		F(0, 5) = gen_num((unsigned[]){ 0, 4096, 4097, 65535 }[gen_rnd(g, 4)]);
	if (gen_one_in(g, 20))
		F(0, 4) = gen_num(gen_one_in(g, 2) ? 4096 : 65535);
}

void gen_flags(struct gen *g, unsigned dom)
{
	uint32_t ref = entry_ref(g, dom), flags = ref < GEN_REFS ? g->entry[dom][ref].flags : 0;
	const struct gen_live *m = gen_pick_live(g, gen_peer(g, dom));
	struct diff_op *op;

	/* One that the other has mapped is of more interest. */
	if (m && m->granter == (int)dom && m->ref < GEN_REFS && !gen_one_in(g, 3)) {
		ref = m->ref;
		flags = g->entry[dom][ref].flags;
	}
	if (gen_version(g, dom) == 2 && gen_one_in(g, 6)) {
		op = diff_list_add(g->l, DIFF_OP_status, dom, 1);
		F(0, 0) = gen_num(ref);
		F(0, 1) =
			gen_num(gen_one_in(g, 3) ? gen_rnd(g, 65536) : gen_rnd(g, 4) * GTF_reading);
		return;
	}
	switch (gen_rnd(g, 5)) {
	case 0:
	case 1:
		flags = 0;
		break;
	case 2:
		flags ^= GTF_readonly;
		break;
	case 3:
		flags = GTF_permit_access | (gen_one_in(g, 2) ? GTF_readonly : 0);
		break;
	default:
		flags ^= 1u << (2 + gen_rnd(g, 14));
		break;
	}
	if (!gen_may(g, GEN_subpage))
		flags &= ~(uint32_t)GTF_sub_page;
	if (gen_is_mapped(g, dom, ref) && !gen_may(g, GEN_retry) &&
	    (flags & GTF_type_mask) == GTF_transitive)
		flags &= ~(uint32_t)GTF_type_mask;
	op = diff_list_add(g->l, DIFF_OP_flags, dom, 1);
	F(0, 0) = gen_num(ref);
	F(0, 1) = gen_num(flags);
}

static struct diff_value whose_table(struct gen *g, unsigned dom)
{
	if (gen_one_in(g, 4))
		return gen_one_in(g, 3) ? gen_dom(DIFF_DOM0) : gen_odd_dom(g);
	return gen_dom(gen_one_in(g, 2) ? DIFF_SELF : gen_one_in(g, 3) ? gen_peer(g, dom) : dom);
}

static uint32_t how_many(struct gen *g, unsigned now, unsigned max)
{
	const uint32_t n[] = { now, now + 1, now + 1, now + 2, 0, 1, max, max + 1, 500 };

	return n[gen_rnd(g, sizeof(n) / sizeof(n[0]))];
}

static struct diff_value null_list(struct gen *g)
{
	return gen_num(gen_may(g, GEN_fault) && gen_one_in(g, 12));
}

void gen_table(struct gen *g, unsigned dom)
{
	unsigned frames = g->x->view[dom].frames;
	struct diff_op *op;

	switch (gen_rnd(g, 14)) {
	case 0:
	case 1:
		op = diff_list_add(g->l, DIFF_OP_setup, dom, 1);
		F(0, 0) = whose_table(g, dom);
		/* The last of the table is seldom reached: then nothing is left to grow. */
		F(0, 1) = gen_num(
			how_many(g, frames, gen_one_in(g, 3) ? DIFF_GRANT_FRAMES : frames + 1));
		F(0, 2) = null_list(g);
		break;
	case 2:
		op = diff_list_add(g->l, DIFF_OP_getstatus, dom, 1);
		F(0, 0) = whose_table(g, dom);
		F(0, 1) = gen_num(how_many(g, (frames + 7) / 8, 2));
		F(0, 2) = null_list(g);
		break;
	case 3:
		op = diff_list_add(g->l, DIFF_OP_query, dom, 1);
		F(0, 0) = whose_table(g, dom);
		break;
	case 4:
		op = diff_list_add(g->l, DIFF_OP_getver, dom, 1);
		F(0, 0) = whose_table(g, dom);
		break;
	case 5:
	case 6:
		if (!gen_may(g, GEN_setver))
			break;
		/* With one of these in the way version 1 cannot be had. */
		if (gen_version(g, dom) == 2 && gen_may(g, GEN_transitive) && gen_one_in(g, 4)) {
			uint32_t ref = gen_rnd(g, 8);

			if (gen_may(g, GEN_retry) || !gen_is_mapped(g, dom, ref))
				transitive(g, dom, ref, gen_peer(g, dom));
			break;
		}
		op = diff_list_add(g->l, DIFF_OP_setver, dom, 1);
		F(0, 0) = gen_num(gen_one_in(g, 4)
					  ? (uint32_t[]){ 0, 3, 258, UINT32_MAX }[gen_rnd(g, 4)]
					  : 1 + gen_rnd(g, 2));
		break;
	default:
		op = diff_list_add(g->l, DIFF_OP_swap, dom,
				   gen_one_in(g, 3) ? 1 + gen_rnd(g, 6) : 1);
		for (unsigned i = 0; i < op->n; i++) {
			F(i, 0) = gen_num(gen_one_in(g, 12) ? gen_edge_ref(g, dom)
							    : entry_ref(g, dom));
			F(i, 1) = gen_num(gen_one_in(g, 12)   ? gen_edge_ref(g, dom)
					  : gen_one_in(g, 15) ? F(i, 0).n
							      : entry_ref(g, dom));
		}
		break;
	}
}

/* Calls that are wrong as a whole: nothing in the structures is looked at, or nothing is there to
 * look at. */
void gen_raw(struct gen *g, unsigned dom)
{
	static const uint8_t known[] = {
		GNTTABOP_map_grant_ref,	    GNTTABOP_unmap_grant_ref,	GNTTABOP_copy,
		GNTTABOP_swap_grant_ref,    GNTTABOP_setup_table,	GNTTABOP_query_size,
		GNTTABOP_get_status_frames, GNTTABOP_unmap_and_replace, GNTTABOP_transfer
	};
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_raw, dom, 1);
	unsigned cmd = known[gen_rnd(g, sizeof(known))];

	F(0, 1) = gen_num(1);
	F(0, 2) = gen_num(0);
	switch (gen_rnd(g, 6)) {
	case 5:
		if (gen_may(g, GEN_fault))
			F(0, 2) = gen_num(1);
		else
			F(0, 1) = gen_num(0);
		break;
	case 0:
		cmd = (unsigned[]){ GNTTABOP_dump_table, 13, 14, 63, 255, 4095 }[gen_rnd(g, 6)];
		break;
	case 1:
		cmd |= 0x1000u << gen_rnd(g, 20);
		break;
	case 2:
		F(0, 1) = gen_num(0x80000000u | gen_rnd(g, 1u << 31));
		break;
	case 3:
		F(0, 1) = gen_num(0);
		break;
	default:
		cmd = (unsigned[]){ GNTTABOP_setup_table, GNTTABOP_query_size,
				    GNTTABOP_get_status_frames }[gen_rnd(g, 3)];
		F(0, 1) = gen_num(gen_rnd(g, 2) * 2);
		break;
	}
	F(0, 0) = gen_num(cmd);
}

void gen_physmap(struct gen *g, unsigned dom)
{
	unsigned frames = g->x->view[dom].frames;
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_physmap, dom, 1);
	uint64_t idx = gen_rnd(g, frames + 2);

	if (gen_one_in(g, 4))
		idx = 0x80000000u | gen_rnd(g, 3);
	else if (gen_one_in(g, 10))
		idx = (uint64_t[]){ DIFF_GRANT_FRAMES - 1, DIFF_GRANT_FRAMES, 0x7fffffff,
				    1ull << 32 }[gen_rnd(g, 4)];
	F(0, 0) = gen_num(1); /* XENMAPSPACE_grant_table */
	F(0, 1) = gen_num(idx);
	F(0, 2) = gen_named(DIFF_V_WINDOW, dom, gen_rnd(g, DIFF_WINDOW));
	/* Without the topic, only where no entry names it: see gen_odd_frame(). */
	if (gen_one_in(g, 6) && gen_may(g, GEN_table))
		F(0, 2) = gen_frame(g, dom);
	else if (gen_one_in(g, 6))
		F(0, 2) = gen_may(g, GEN_table) ? gen_named(DIFF_V_SLOT, dom, gen_rnd(g, 24))
						: gen_named(DIFF_V_SLOT, dom, 8 + gen_rnd(g, 16));
}

void gen_memory(struct gen *g, unsigned dom)
{
	const struct diff_view *v = &g->x->view[dom];
	unsigned gone = 0, p = gen_rnd(g, DIFF_PAGES), n;
	struct diff_op *op;

	/* With a mapping lost, a pin outlives its page: frames must not change hands any more. */
	if (g->x->lost)
		return;
	for (unsigned i = 0; i < DIFF_PAGES; i++)
		gone += v->gone[i];
	/* Never more than was given back: how much a domain may have is the toolstack's affair. */
	if (gone > 2 && gen_one_in(g, 2)) {
		n = 1 + gen_rnd(g, 2);
		op = diff_list_add(g->l, DIFF_OP_populate, dom, n);
		for (unsigned i = 0; i < n; i++, p = (p + 1) % DIFF_PAGES) {
			while (!v->gone[p])
				p = (p + 1) % DIFF_PAGES;
			F(i, 0) = gen_named(DIFF_V_PAGE, dom, p);
		}
		return;
	}
	n = gone > 8 ? 1 : 1 + gen_rnd(g, 2);
	op = diff_list_add(g->l, DIFF_OP_decrease, dom, n);
	for (unsigned i = 0; i < n; i++) {
		F(i, 0) = gone > 6 ? gen_odd_frame(g, dom) : gen_frame(g, dom);
		if (gen_one_in(g, 10))
			F(i, 0) = gen_odd_frame(g, dom);
	}
}
