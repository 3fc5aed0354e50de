// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contention inside the hypervisor: who called its lock functions, how many of the calls had to
 * wait, and how often they went round. Whoever waits for another CPU executes a pause each time
 * round, in Xen as elsewhere; a call that is not contended executes none. So nothing needs to be
 * known of a lock but that. A function that is none of the locks and waits is listed too: what it
 * waits for is mostly another CPU's answer.
 *
 * Over all windows: the least ones are those in which nobody waited.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "locks.h"

/* Beginnings of the names of what takes a lock, in Xen 4.17 and later. */
static const char *const takers[] = {
	"_spin_lock",
	"_spin_trylock",
	"_spin_barrier",
	"_rspin_",
	"rspin_",
	"nrspin_",
	"_read_lock",
	"_read_trylock",
	"_write_lock",
	"_write_trylock",
	"queue_read_lock_slowpath",
	"queue_write_lock_slowpath",
	"_percpu_write_lock",
	"page_lock",
};

static bool is_taker(const char *name)
{
	if (strstr(name, "unlock"))
		return false;
	for (size_t i = 0; i < sizeof(takers) / sizeof(takers[0]); i++)
		if (!strncmp(name, takers[i], strlen(takers[i])))
			return true;
	return false;
}

static bool alike(const struct prof_op *a, const struct prof_op *b)
{
	return a->cmd == b->cmd && a->count == b->count && !strcmp(a->cell, b->cell);
}

static struct row *find_row(struct group *g, const struct sym *function, const char *caller)
{
	for (size_t i = 0; i < g->n; i++)
		if (g->rows[i].function == function && !strcmp(g->rows[i].caller, caller))
			return &g->rows[i];
	g->rows = prof_grow(g->rows, g->n, sizeof(*g->rows));
	g->rows[g->n] = (struct row){ .function = function,
				      .caller = caller,
				      .lock = is_taker(function->base) };
	return &g->rows[g->n++];
}

static bool is_pause(const uint8_t *p, unsigned len)
{
	return len == 2 && p[0] == 0xf3 && p[1] == 0x90;
}

static void add_count(struct group *g, const struct prof *p, const struct prof_count *c, uint64_t v,
		      const struct syms *s)
{
	const struct prof_block *b = &p->blocks[c->block];
	const uint8_t *bytes = b->bytes;
	uint64_t pc = b->pc;

	for (unsigned i = 0; i < c->done; pc += b->len[i], bytes += b->len[i], i++) {
		const struct sym *y = syms_find(s, pc),
				 *function = y ? &s->list[y->function] : NULL;
		bool pause = is_pause(bytes, b->len[i]);
		struct row *r;

		if (!function || (!pause && !is_taker(function->base)))
			continue;
		r = find_row(g, function, prof_caller(p, c->node, s));
		r->insns += v;
		r->rounds += pause ? v : 0;
		r->calls += sym_is_first(y, pc, i) && !y->part ? v : 0;
	}
}

/* A wait is of the pause that its block ends with. */
static void add_wait(struct group *g, const struct prof *p, const struct prof_wait *w,
		     const struct syms *s)
{
	const struct prof_block *b = &p->blocks[w->block];
	uint64_t pc = b->pc;
	const struct sym *y;

	for (unsigned i = 0; i + 1 < b->n; i++)
		pc += b->len[i];
	y = syms_find(s, pc);
	if (y)
		find_row(g, &s->list[y->function], prof_caller(p, w->node, s))->waited += w->calls;
}

/* Calls of what is no lock were not counted as such: its other instructions are not of interest. */
static void add_calls(struct group *g, const struct prof *p, const struct prof_count *c, uint64_t v,
		      const struct syms *s)
{
	const struct prof_block *b = &p->blocks[c->block];
	uint64_t pc = b->pc;

	for (unsigned i = 0; i < c->done; pc += b->len[i], i++) {
		const struct sym *y = syms_find(s, pc);

		for (size_t k = 0; y && sym_is_first(y, pc, i) && !y->part && k < g->n; k++)
			if (!g->rows[k].lock && g->rows[k].function == &s->list[y->function] &&
			    !strcmp(g->rows[k].caller, prof_caller(p, c->node, s)))
				g->rows[k].calls += v;
	}
}

static void fill_calls(struct group *g, const struct prof *p, const struct prof_op *op,
		       const struct syms *s, const struct func_opts *o)
{
	struct func_opts opts = { .mean = true, .interrupts = o->interrupts };

	for (size_t i = 0; i < p->ncounts; i++)
		if (p->counts[i].op == op->id && prof_value(&p->counts[i], p, &opts))
			add_calls(g, p, &p->counts[i], p->counts[i].all, s);
}

static void fill(struct group *g, const struct prof *p, const struct prof_op *op,
		 const struct syms *s, const struct func_opts *o)
{
	struct func_opts opts = { .mean = true, .interrupts = o->interrupts };

	g->windows += op->windows;
	g->cpus++;
	for (size_t i = 0; i < p->ncounts; i++)
		if (p->counts[i].op == op->id && prof_value(&p->counts[i], p, &opts))
			add_count(g, p, &p->counts[i], p->counts[i].all, s);
	for (size_t i = 0; i < p->nwaits; i++)
		if (p->waits[i].op == op->id &&
		    (o->interrupts || !p->nodes[p->waits[i].node].interrupt))
			add_wait(g, p, &p->waits[i], s);
}

/*
 * The path without contention: the fewest instructions per call anywhere in the profile where no
 * call waited. The same caller takes the same path through a function with several.
 */
static void find_least(struct group *all, size_t n)
{
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < all[i].n; k++) {
			struct row *r = &all[i].rows[k];

			for (size_t j = 0; r->lock && j < n; j++)
				for (size_t m = 0; m < all[j].n; m++) {
					const struct row *x = &all[j].rows[m];
					double v =
						x->calls ? (double)x->insns / (double)x->calls : 0;

					if (x->function == r->function && x->caller == r->caller &&
					    !x->rounds && v > 0 && (r->least == 0 || v < r->least))
						r->least = v;
				}
		}
}

static int by_waits(const void *x, const void *y)
{
	const struct row *a = x, *b = y;
	int rc;

	if (a->waited != b->waited)
		return a->waited > b->waited ? -1 : 1;
	if (a->calls != b->calls)
		return a->calls > b->calls ? -1 : 1;
	rc = strcmp(a->function->base, b->function->base);
	return rc ? rc : strcmp(a->caller, b->caller);
}

void locks_without_threads(const char *cell, char to[LOCKS_CELL])
{
	const char *at = strstr(cell, "/threads:");
	size_t n = at ? (size_t)(at - cell) : strlen(cell);

	snprintf(to, LOCKS_CELL, "%.*s%s", (int)n, cell,
		 at ? at + 9 + strspn(at + 9, "0123456789") : "");
}

int locks_compare(const struct group *a, const struct group *b)
{
	char x[LOCKS_CELL], y[LOCKS_CELL];
	int rc;

	locks_without_threads(a->op->cell, x);
	locks_without_threads(b->op->cell, y);
	rc = strcmp(x, y);
	if (rc)
		return rc;
	if (a->op->count != b->op->count)
		return a->op->count < b->op->count ? -1 : 1;
	return (a->op->cmd > b->op->cmd) - (a->op->cmd < b->op->cmd);
}

static int by_name(const void *x, const void *y)
{
	const struct group *a = x, *b = y;
	const char *s = strstr(a->op->cell, "/threads:"), *t = strstr(b->op->cell, "/threads:");
	int rc = locks_compare(a, b);

	return rc || !s || !t ? rc : atoi(s + 9) - atoi(t + 9);
}

size_t locks_find(struct group *all, const struct prof *p, const struct prof_select *sel,
		  const struct syms *s, const struct func_opts *o)
{
	size_t n = 0, k;

	for (size_t i = 0; i < p->nops; i++) {
		if (!prof_selected(sel, &p->ops[i]))
			continue;
		for (k = 0; k < n && !alike(all[k].op, &p->ops[i]);)
			k++;
		if (k == n)
			all[n++].op = &p->ops[i];
		fill(&all[k], p, &p->ops[i], s, o);
	}
	/* Only now are all rows there. */
	for (size_t i = 0; i < p->nops; i++)
		for (k = 0; k < n; k++)
			if (prof_selected(sel, &p->ops[i]) && alike(all[k].op, &p->ops[i]))
				fill_calls(&all[k], p, &p->ops[i], s, o);
	find_least(all, n);
	for (k = 0; k < n; k++)
		if (all[k].n)
			qsort(all[k].rows, all[k].n, sizeof(*all[k].rows), by_waits);
	if (n)
		qsort(all, n, sizeof(*all), by_name);
	return n;
}
