// SPDX-License-Identifier: GPL-2.0-only
/* The generator: what it knows, and what comes next. */
#include "gen.h"

#include <string.h>
#include <xen/xen.h>
#include <xen/grant_table.h>

#define X(name, what) #name,
const char *const gen_topic_names[GEN_NR_TOPICS] = { GEN_TOPICS(X) };
#undef X
#define X(name, what) what,
const char *const gen_topic_whats[GEN_NR_TOPICS] = { GEN_TOPICS(X) };
#undef X

uint32_t gen_rnd(struct gen *g, uint32_t n)
{
	g->rng ^= g->rng >> 12;
	g->rng ^= g->rng << 25;
	g->rng ^= g->rng >> 27;
	return (uint32_t)(((g->rng * 0x2545f4914f6cdd1dull) >> 32) * n >> 32);
}

/* Chances in 1000 of each kind of action, by mood: even, mapping, copying, tables and memory. */
enum { MOODS = 4 };
static const struct {
	void (*make)(struct gen *g, unsigned dom);
	enum gen_topic needs; /* GEN_NR_TOPICS: none */
	unsigned chance[MOODS];
} actions[] = {
	{ gen_entry_op, GEN_NR_TOPICS, { 200, 200, 200, 200 } },
	{ gen_map, GEN_NR_TOPICS, { 200, 330, 80, 120 } },
	{ gen_unmap, GEN_NR_TOPICS, { 150, 230, 60, 100 } },
	{ gen_copy, GEN_NR_TOPICS, { 150, 60, 450, 80 } },
	{ gen_touch, GEN_NR_TOPICS, { 100, 80, 80, 60 } },
	{ gen_flags, GEN_NR_TOPICS, { 60, 40, 60, 40 } },
	{ gen_table, GEN_NR_TOPICS, { 60, 20, 20, 200 } },
	{ gen_raw, GEN_raw, { 15, 5, 5, 20 } },
	{ gen_replace, GEN_replace, { 15, 20, 0, 10 } },
	{ gen_transfer, GEN_transfer, { 20, 5, 15, 60 } },
	{ gen_memory, GEN_memory, { 20, 5, 15, 70 } },
	{ gen_physmap, GEN_physmap, { 10, 0, 0, 45 } },
	{ gen_flood, GEN_flood, { 4, 6, 2, 2 } },
};

void gen_start(struct gen *g, const struct diff_exec *x, struct diff_list *l, uint32_t without)
{
	memset(g, 0, sizeof(*g));
	g->x = x;
	g->l = l;
	g->without = without;
	g->rng = l->seed * 0x9e3779b97f4a7c15ull + l->number + 1;
	g->rng ^= (l->cfg.version * 16ull + l->cfg.doms * 4 + l->cfg.translated[0] * 2 +
		   l->cfg.translated[1])
		  << 40;
	for (unsigned i = 0; i < 8; i++)
		gen_rnd(g, 2);
	g->mood = gen_rnd(g, MOODS);
	for (unsigned i = 0; i < DIFF_DOMS; i++)
		g->version[i] = l->cfg.version == 2 ? 2 : 1;
}

struct diff_op *gen_next(struct gen *g, unsigned last)
{
	unsigned before = g->l->n, dom, pick, total = 0, i;

	dom = gen_rnd(g, g->l->cfg.doms);
	if (!diff_alive(g->x, dom))
		dom = gen_peer(g, dom);
	memset(g->taken, 0, sizeof(g->taken));
	/* One sub-stream in eight sees the end of a domain. */
	if (last == 30 && g->l->cfg.doms == 2 && g->l->number % 8 == 7 && gen_may(g, GEN_kill))
		return diff_list_add(g->l, DIFF_OP_kill, dom, 1);
	if (g->flood.left && diff_alive(g->x, g->flood.dom)) {
		gen_flood_on(g);
		return &g->l->op[g->l->n - 1];
	}
	if (g->l->cfg.tools) {
		gen_tools_next(g, dom);
		return &g->l->op[g->l->n - 1];
	}
	if (g->l->cfg.version == 3) {
		gen_v3_next(g, dom);
		return &g->l->op[g->l->n - 1];
	}
	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		total += actions[i].chance[g->mood];
	while (g->l->n == before) {
		pick = gen_rnd(g, total);
		for (i = 0; pick >= actions[i].chance[g->mood]; i++)
			pick -= actions[i].chance[g->mood];
		if (actions[i].needs == GEN_NR_TOPICS || gen_may(g, actions[i].needs))
			actions[i].make(g, dom);
	}
	return &g->l->op[g->l->n - 1];
}

/* ---- choices ---- */

struct diff_value gen_odd_dom(struct gen *g)
{
	static const uint8_t odd[] = { DIFF_SELF,    DIFF_IO,	DIFF_XEN,  DIFF_COW,
				       DIFF_INVALID, DIFF_IDLE, DIFF_NONE, DIFF_NONE };

	return gen_dom(odd[gen_rnd(g, sizeof(odd))]);
}

uint32_t gen_edge_ref(struct gen *g, unsigned dom)
{
	uint32_t n = g->x->view[dom].frames * diff_per_frame(&g->x->view[dom]);
	const uint32_t edges[] = { n - 1, n - 1, n,   n + 1, 2 * n,	 n / 2,
				   255,	  256,	 511, 512,   0x7fffffff, UINT32_MAX };

	return edges[gen_rnd(g, sizeof(edges) / sizeof(edges[0]))];
}

static bool good_frame(const struct gen *g, unsigned dom, struct diff_value f)
{
	return f.type == DIFF_V_PAGE && f.dom == dom && !g->x->view[dom].gone[f.a];
}

uint32_t gen_granted(struct gen *g, unsigned dom, unsigned to, bool write, bool copy)
{
	unsigned r = gen_rnd(g, GEN_REFS);

	for (unsigned i = 0; i < GEN_REFS; i++, r = (r + 1) % GEN_REFS) {
		const struct gen_entry *e = &g->entry[dom][r];
		unsigned type = e->flags & GTF_type_mask;

		if (e->to != to || !type || type == GTF_accept_transfer)
			continue;
		if (type == GTF_permit_access && !good_frame(g, dom, e->frame) &&
		    !gen_one_in(g, 10))
			continue;
		if (write && e->flags & GTF_readonly)
			continue;
		if (!copy && (type == GTF_transitive || e->flags & GTF_sub_page))
			continue;
		return r;
	}
	return gen_rnd(g, GEN_REFS);
}

static unsigned some_page(struct gen *g, unsigned dom)
{
	unsigned n = gen_pages(g), p = gen_rnd(g, n);

	for (unsigned i = 0; i < n; i++, p = (p + 1) % n)
		if (!g->x->view[dom].gone[p] && !g->table_moved[dom][p])
			return p;
	return p;
}

struct diff_value gen_frame(struct gen *g, unsigned dom)
{
	return gen_named(DIFF_V_PAGE, dom, some_page(g, dom));
}

struct diff_value gen_odd_frame(struct gen *g, unsigned dom)
{
	switch (gen_rnd(g, 9)) {
	case 0:
	case 1:
		if (!gen_may(g, GEN_table))
			break;
		return gen_one_in(g, 3) ? gen_named(DIFF_V_SFRAME, dom, gen_rnd(g, 2))
					: gen_named(DIFF_V_GFRAME, dom, gen_rnd(g, 3));
	case 2:
	case 3:
		/* Another domain's page; between translated domains the number means the asker's
		 * own. */
		if (!gen_translated(g, dom) && !gen_translated(g, gen_peer(g, dom)))
			return gen_frame(g, gen_peer(g, dom));
		break;
	case 4:
		if (gen_translated(g, dom))
			return gen_named(DIFF_V_SLOT, dom, gen_rnd(g, 8));
		break;
	case 5:
		return gen_named(DIFF_V_PAGE, dom, gen_rnd(g, gen_pages(g)));
	case 6:
		return gen_num(UINT32_MAX);
	case 7:
		return gen_num(gen_one_in(g, 2) ? UINT64_MAX : 1ull << (44 + gen_rnd(g, 8)));
	default:
		break;
	}
	return gen_num(DIFF_HOLE);
}

unsigned gen_batch(struct gen *g)
{
	static const uint8_t some[] = { 2, 3, 4, 5, 6, 8, 12, 31, 32, 33, 34, 64, 65, DIFF_ITEMS };

	if (gen_one_in(g, 3))
		return some[gen_rnd(g, gen_one_in(g, 6) ? sizeof(some) : 6)];
	return 1;
}

unsigned gen_free_slot(struct gen *g, unsigned dom)
{
	unsigned s = gen_rnd(g, 24), i;

	for (i = 0; i < DIFF_SLOTS && (g->busy[dom][s] || g->taken[s]); i++)
		s = (s + 1) % DIFF_SLOTS;
	g->taken[s] = true;
	return s;
}

const struct gen_live *gen_pick_live(struct gen *g, unsigned dom)
{
	unsigned i = g->lives ? gen_rnd(g, g->lives) : 0;

	for (unsigned k = 0; k < g->lives; k++, i = (i + 1) % g->lives)
		if (g->live[i].dom == dom)
			return &g->live[i];
	return NULL;
}

bool gen_is_mapped(const struct gen *g, unsigned granter, uint32_t ref)
{
	for (unsigned i = 0; i < g->lives; i++)
		if (g->live[i].granter == (int)granter && g->live[i].ref == ref)
			return true;
	return false;
}

/* ---- what came back ---- */

static void mapped(struct gen *g, const struct diff_op *op, unsigned i)
{
	struct gen_live *m = &g->live[g->lives];
	const struct diff_value addr = *diff_field(op, i, 0), dom = *diff_field(op, i, 3);

	if (op->out[i].status != GNTST_okay || g->lives == GEN_LIVE)
		return;
	*m = (struct gen_live){ .handle = { .type = DIFF_V_HANDLE, .a = op->id, .b = i },
				.bus = { .type = DIFF_V_BUS, .a = op->id, .b = i },
				.addr = addr,
				.dom = (uint8_t)op->dom,
				.granter = dom.type == DIFF_V_DOM && dom.dom < DIFF_DOMS
						   ? (int8_t)dom.dom
						   : -1,
				.ref = (uint32_t)diff_field(op, i, 2)->n,
				.flags = (uint32_t)diff_field(op, i, 1)->n };
	g->lives++;
	if ((m->flags & GNTMAP_host_map) && addr.a < DIFF_SLOTS &&
	    (addr.type == DIFF_V_ADDR || addr.type == DIFF_V_PTE))
		g->busy[op->dom][addr.a] = true;
}

/* The mapping at the new address is at the old one now. */
static void replaced(struct gen *g, const struct diff_op *op, unsigned i)
{
	const struct diff_value to = *diff_field(op, i, 0), from = *diff_field(op, i, 1);

	for (unsigned k = 0; k < g->lives; k++) {
		if (g->live[k].dom != op->dom || !(g->live[k].flags & GNTMAP_host_map) ||
		    g->live[k].addr.a != from.a)
			continue;
		g->live[k].addr = g->live[k].flags & GNTMAP_contains_pte
					  ? gen_named(DIFF_V_PTE, 0, to.a)
					  : gen_named(DIFF_V_ADDR, 0, to.a);
	}
	if (from.a < DIFF_SLOTS)
		g->busy[op->dom][from.a] = false;
}

static void unmapped(struct gen *g, const struct diff_op *op, unsigned i)
{
	bool replace = op->kind == DIFF_OP_replace;
	const struct diff_value handle = *diff_field(op, i, 2), addr = *diff_field(op, i, 0);

	if (op->out[i].status != GNTST_okay || handle.type != DIFF_V_HANDLE || handle.n)
		return;
	for (unsigned k = 0; k < g->lives; k++) {
		struct gen_live *m = &g->live[k];

		if (m->handle.a != handle.a || m->handle.b != handle.b)
			continue;
		if (addr.type != DIFF_V_NUM && m->flags & GNTMAP_host_map) {
			m->flags &= ~(uint32_t)GNTMAP_host_map;
			if (m->addr.a < DIFF_SLOTS && !replace) {
				g->busy[op->dom][m->addr.a] = false;
				g->freed[op->dom][g->frees[op->dom]++ % 8] = (uint16_t)m->addr.a;
			}
		}
		if (!replace && diff_field(op, i, 1)->type == DIFF_V_BUS)
			m->flags &= ~(uint32_t)GNTMAP_device_map;
		if (m->flags & (GNTMAP_host_map | GNTMAP_device_map))
			return;
		g->stale[g->stales++ % 64] = m->handle;
		*m = g->live[--g->lives];
		if (replace)
			replaced(g, op, i);
		return;
	}
}

static void written(struct gen *g, const struct diff_op *op)
{
	uint64_t ref = diff_field(op, 0, 0)->n;
	struct gen_entry *e;

	if (ref >= GEN_REFS)
		return;
	e = &g->entry[op->dom][ref];
	e->flags = (uint16_t)diff_field(op, 0, 1)->n;
	if (op->kind == DIFF_OP_flags)
		return;
	e->to = diff_field(op, 0, 2)->dom;
	if (op->kind == DIFF_OP_trans) {
		e->via = diff_field(op, 0, 3)->dom;
		e->via_ref = (uint32_t)diff_field(op, 0, 4)->n;
		return;
	}
	e->frame = *diff_field(op, 0, 3);
	e->off = (uint16_t)diff_field(op, 0, 4)->n;
	e->len = (uint16_t)diff_field(op, 0, 5)->n;
}

/* An offer of a page is good for one. */
static void taken_up(struct gen *g, const struct diff_op *op, unsigned i)
{
	unsigned to = diff_field(op, i, 1)->dom;
	uint64_t ref = diff_field(op, i, 2)->n;

	if (op->out[i].status == GNTST_okay && to < DIFF_DOMS && ref < GEN_REFS)
		g->entry[to][ref].flags |= GTF_transfer_committed | GTF_transfer_completed;
}

void gen_observe(struct gen *g, const struct diff_op *op)
{
	struct gen_entry *a, *b, t;

	if (op->crashed)
		return;
	if (op->kind >= DIFF_OP_log) {
		gen_tools_observe(g, op);
		return;
	}
	if (op->kind >= DIFF_OP_reg) {
		gen_v3_observe(g, op);
		return;
	}
	for (unsigned i = 0; i < op->n; i++) {
		switch (op->kind) {
		case DIFF_OP_map:
			mapped(g, op, i);
			break;
		case DIFF_OP_unmap:
		case DIFF_OP_replace:
			unmapped(g, op, i);
			break;
		case DIFF_OP_swap:
			if (op->out[i].status || diff_field(op, i, 0)->n >= GEN_REFS ||
			    diff_field(op, i, 1)->n >= GEN_REFS)
				break;
			a = &g->entry[op->dom][diff_field(op, i, 0)->n];
			b = &g->entry[op->dom][diff_field(op, i, 1)->n];
			t = *a;
			*a = *b;
			*b = t;
			break;
		case DIFF_OP_entry:
		case DIFF_OP_trans:
		case DIFF_OP_flags:
			written(g, op);
			break;
		case DIFF_OP_setver:
			/* Only the reserved ones stay. */
			if (g->version[op->dom] == gen_version(g, op->dom))
				break;
			g->version[op->dom] = gen_version(g, op->dom);
			memset(&g->entry[op->dom][8], 0, (GEN_REFS - 8) * sizeof(struct gen_entry));
			break;
		case DIFF_OP_transfer:
			taken_up(g, op, i);
			break;
		case DIFF_OP_physmap:
			if (!op->rc && diff_field(op, 0, 2)->type == DIFF_V_PAGE)
				g->table_moved[op->dom][diff_field(op, 0, 2)->a] = true;
			break;
		default:
			break;
		}
	}
}
