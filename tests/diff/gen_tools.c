// SPDX-License-Identifier: GPL-2.0-only
/* The generator: a toolstack that logs and moves pages of domains which grant, map and copy them meanwhile. */
#include "gen.h"

#include <shadow_op.h>
#include <string.h>

#define F(i, field) (*diff_field(op, i, field))

/* So many bits as have the first n named pages. */
static struct diff_value up_to(unsigned dom, unsigned n)
{
	struct diff_value v = gen_named(DIFF_V_PAGE, dom, n ? n - 1 : 0);

	v.n = n > 0;
	return n ? v : gen_num(0);
}

static void gen_log(struct gen *g, unsigned dom)
{
	static const uint32_t usual[] = { SHADOW_ENABLE_LOGDIRTY, SHADOW_PEEK,	SHADOW_PEEK,
					  SHADOW_CLEAN,		  SHADOW_CLEAN, SHADOW_CLEAN };
	static const uint32_t odd[] = { SHADOW_ENABLE, 13, 99, UINT32_MAX };
	uint32_t nr = usual[gen_rnd(g, sizeof(usual) / sizeof(usual[0]))], mode = 0;
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_log, dom, 1);

	if (gen_one_in(g, 16))
		nr = SHADOW_OFF;
	if (gen_one_in(g, 24))
		nr = odd[gen_rnd(g, sizeof(odd) / sizeof(odd[0]))];
	if (nr == SHADOW_ENABLE)
		mode = gen_one_in(g, 3) ? gen_rnd(g, 4) : SHADOW_MODE_LOG_DIRTY;
	else if (gen_one_in(g, 8))
		mode = 1 + gen_rnd(g, 3);
	F(0, 0) = gen_num(nr);
	F(0, 1) = gen_num(mode);
	F(0, 2) = up_to(dom, gen_one_in(g, 4) ? gen_rnd(g, DIFF_PAGES + 1) : DIFF_PAGES);
	F(0, 3) = gen_num(gen_one_in(g, 10));
}

/* A number of the domain's where RAM is, or is not. */
static struct diff_value number(struct gen *g, unsigned dom, bool ram)
{
	unsigned n = DIFF_PAGES + GEN_PLACES, k = gen_rnd(g, n);

	for (unsigned i = 0; i < n; i++, k = (k + 1) % n) {
		bool slot = k >= DIFF_PAGES;
		unsigned at = slot ? k - DIFF_PAGES : k;

		/* Most stay where they are. */
		if (!slot && ram && gen_one_in(g, 2))
			continue;
		if (slot && g->busy[dom][at] && !g->there[dom][at])
			continue;
		if ((slot ? g->there[dom][at] : !g->empty[dom][at]) == ram)
			return gen_named(slot ? DIFF_V_SLOT : DIFF_V_PAGE, dom, at);
	}
	return gen_num(DIFF_HOLE);
}

/* Where a grant is: by it a page of one's own has a second place. */
static bool mapped(struct gen *g, unsigned dom, struct diff_value *v)
{
	unsigned k = gen_rnd(g, DIFF_SLOTS);

	for (unsigned i = 0; i < DIFF_SLOTS; i++, k = (k + 1) % DIFF_SLOTS)
		if (g->busy[dom][k]) {
			*v = gen_named(DIFF_V_SLOT, dom, k);
			return true;
		}
	return false;
}

/* Where a page comes from, and where it goes to; now and then what cannot be. */
static struct diff_value from(struct gen *g, unsigned dom)
{
	struct diff_value v;

	if (gen_one_in(g, 12) && mapped(g, dom, &v))
		return v;
	return gen_one_in(g, 12) ? gen_num(DIFF_HOLE) : number(g, dom, !gen_one_in(g, 10));
}

static struct diff_value to(struct gen *g, unsigned dom)
{
	struct diff_value v;

	if (gen_one_in(g, 12) && mapped(g, dom, &v))
		return v;
	return number(g, dom, gen_one_in(g, 12));
}

static void gen_shift(struct gen *g, unsigned dom)
{
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_shift, dom, 1 + gen_rnd(g, 4));

	for (unsigned i = 0; i < op->n; i++) {
		F(i, 0) = from(g, dom);
		F(i, 1) = to(g, dom);
	}
}

/* How many numbers from this one on have names: what is behind the last page is each machine's own. */
static uint64_t named_from(struct diff_value v)
{
	return v.type == DIFF_V_PAGE ? DIFF_PAGES - v.a : DIFF_PAGES;
}

static void gen_slide(struct gen *g, unsigned dom)
{
	uint64_t most, n = gen_one_in(g, 4) ? gen_rnd(g, 5) : 1;
	struct diff_op *op = diff_list_add(g->l, DIFF_OP_slide, dom, 1);

	F(0, 0) = from(g, dom);
	F(0, 1) = to(g, dom);
	most = named_from(F(0, 0)) < named_from(F(0, 1)) ? named_from(F(0, 0))
							 : named_from(F(0, 1));
	F(0, 2) = gen_num(n < most ? n : most);
}

static void gen_give(struct gen *g, unsigned dom)
{
	struct diff_op *op;

	if (g->given[dom] > 4)
		return;
	op = diff_list_add(g->l, DIFF_OP_give, dom, 1 + gen_rnd(g, 2));
	for (unsigned i = 0; i < op->n; i++)
		F(i, 0) = from(g, dom);
}

static void gen_have(struct gen *g, unsigned dom)
{
	struct diff_op *op;

	/* Never more than was given up: how much a domain may have is another matter. */
	if (g->given[dom] < 2)
		return;
	op = diff_list_add(g->l, DIFF_OP_have, dom, 1 + gen_rnd(g, 2));
	for (unsigned i = 0; i < op->n; i++)
		F(i, 0) = number(g, dom, false);
}

static const struct {
	void (*make)(struct gen *g, unsigned dom);
	unsigned chance;
} actions[] = {
	{ gen_log, 160 },  { gen_touch, 240 }, { gen_shift, 80 },    { gen_slide, 40 },
	{ gen_give, 40 },  { gen_have, 60 },   { gen_entry_op, 90 }, { gen_map, 110 },
	{ gen_unmap, 90 }, { gen_copy, 90 },
};

void gen_tools_next(struct gen *g, unsigned dom)
{
	unsigned before = g->l->n, total = 0, pick, i;

	for (i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		total += actions[i].chance;
	while (g->l->n == before) {
		pick = gen_rnd(g, total);
		for (i = 0; pick >= actions[i].chance; i++)
			pick -= actions[i].chance;
		actions[i].make(g, dom);
	}
}

static void set(struct gen *g, struct diff_value v, unsigned dom, bool ram)
{
	if (v.dom != dom)
		return;
	if (v.type == DIFF_V_PAGE && v.a < DIFF_PAGES)
		g->empty[dom][v.a] = !ram;
	if (v.type == DIFF_V_SLOT && v.a < GEN_PLACES)
		g->there[dom][v.a] = ram;
	/* What is there now is no place to map at. */
	if (v.type == DIFF_V_SLOT && v.a < DIFF_SLOTS)
		g->busy[dom][v.a] = ram;
}

void gen_tools_observe(struct gen *g, const struct diff_op *op)
{
	for (unsigned i = 0; i < op->n; i++) {
		bool done = (long)i < op->rc;

		if (op->kind == DIFF_OP_shift && !op->out[i].status) {
			set(g, *diff_field(op, i, 0), op->dom, false);
			set(g, *diff_field(op, i, 1), op->dom, true);
		} else if (op->kind == DIFF_OP_slide && !op->rc && diff_field(op, 0, 2)->n == 1) {
			set(g, *diff_field(op, 0, 0), op->dom, false);
			set(g, *diff_field(op, 0, 1), op->dom, true);
		} else if ((op->kind == DIFF_OP_give || op->kind == DIFF_OP_have) && done) {
			set(g, *diff_field(op, i, 0), op->dom, op->kind == DIFF_OP_have);
			g->given[op->dom] += op->kind == DIFF_OP_give ? 1 : -1u;
		}
	}
}
