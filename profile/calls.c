// SPDX-License-Identifier: GPL-2.0-only
/* Calls of functions by who called them. */
#include <stdlib.h>
#include <string.h>

#include "prof.h"

const char *prof_caller(const struct prof *p, uint32_t node, const struct syms *s)
{
	const struct sym *y;

	if (p->nodes[node].kind != PROF_CALL)
		return p->nodes[node].kind == PROF_INTERRUPT ? "(interrupt)" : "(entry)";
	y = syms_find(s, p->nodes[node].addr - 1);
	return y ? s->list[y->function].base : "?";
}

static struct call *find(struct calls *c, const char *name, const char *file, const char *caller)
{
	for (size_t i = 0; i < c->n; i++)
		if (c->list[i].name == name && c->list[i].file == file &&
		    !strcmp(c->list[i].caller, caller))
			return &c->list[i];
	c->list = prof_grow(c->list, c->n, sizeof(*c->list));
	c->list[c->n] = (struct call){ .name = name, .file = file, .caller = caller };
	return &c->list[c->n++];
}

static void add_count(struct calls *c, const struct prof *p, const struct prof_count *n, double v,
		      const struct syms *s, const struct func_opts *o)
{
	const struct prof_block *b = &p->blocks[n->block];
	uint64_t pc = b->pc;

	for (unsigned i = 0; i < n->done; pc += b->len[i], i++) {
		const struct sym *y = syms_find(s, pc);

		if (!y || !sym_is_first(y, pc, i) || (y->part && !o->split))
			continue;
		/* As funcs_make() names it. */
		if (!o->split)
			y = &s->list[y->function];
		find(c, o->split ? y->name : y->base, y->file, prof_caller(p, n->node, s))->calls +=
			v;
	}
}

void calls_make(struct calls *c, const struct prof *p, const struct prof_op *op,
		const struct syms *s, const struct func_opts *o)
{
	double scale = prof_scale(op, o);

	*c = (struct calls){ NULL, 0 };
	for (size_t i = 0; i < p->ncounts; i++) {
		uint64_t v = p->counts[i].op == op->id ? prof_value(&p->counts[i], p, o) : 0;

		if (v)
			add_count(c, p, &p->counts[i], (double)v * scale, s, o);
	}
}

void calls_free(struct calls *c)
{
	free(c->list);
}
