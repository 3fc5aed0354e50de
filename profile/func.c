// SPDX-License-Identifier: GPL-2.0-only
/*
 * Instructions and calls by function. A call is an execution of a function's first instruction,
 * whether a call, a jump from the end of another function or a fall into it led there.
 */
#include <stdlib.h>
#include <string.h>

#include "causes.h"
#include "prof.h"

enum insn_class insn_class(const uint8_t *p, unsigned len)
{
	const uint8_t *end = p + len;
	bool lock = false;

	for (; p < end && (*p == 0xf0 || *p == 0x66 || *p == 0xf2 || *p == 0xf3 || *p == 0x2e ||
			   *p == 0x3e || *p == 0x65 || *p == 0x64);
	     p++)
		lock |= *p == 0xf0;
	if (p < end && (*p & 0xf0) == 0x40)
		p++;
	if (end - p < 2)
		return INSN_PLAIN;
	/* Xen's smp_mb(): a locked addition of 0 to the stack. Not one to data that lies there. */
	if (lock && *p == 0x83 && (p[1] & 0x3f) == 0x04 && end - p >= 4 && p[2] == 0x24 &&
	    end[-1] == 0)
		return INSN_FENCE;
	if (*p == 0x0f && p[1] == 0xae && end - p == 3 && p[2] == 0xf0) /* mfence */
		return INSN_FENCE;
	/* xchg with memory locks by itself. */
	return lock || ((*p & 0xfe) == 0x86 && p[1] < 0xc0) ? INSN_LOCKED : INSN_PLAIN;
}

/* The addresses of a block are in order: the symbol of one is mostly that of the next. */
static const struct sym *look(const struct syms *s, const struct sym *last, uint64_t pc)
{
	return last && pc >= last->addr && pc < last->end ? last : syms_find(s, pc);
}

/* Its first instruction, or the one that calls go to which go past that. */
bool sym_is_first(const struct sym *y, uint64_t pc, unsigned i)
{
	return pc == y->addr || (!i && y->endbr && pc == y->addr + 4);
}

/* own: what the stack says of where it is, or NULL. */
static void add_block(struct func *all, const struct prof_block *b, unsigned done, double v,
		      const struct syms *s, const struct func_opts *o, const struct causes *own,
		      unsigned stack)
{
	const struct sym *y = NULL;
	const uint8_t *bytes = b->bytes;
	uint64_t pc = b->pc;

	for (unsigned i = 0; i < done; i++) {
		enum insn_class class = insn_class(bytes, b->len[i]);
		struct func *f;

		y = look(s, y, pc);
		if (own && !cause_own(cause_place(stack | (y ? own->places[y - s->list] : 0)))) {
			pc += b->len[i];
			bytes += b->len[i];
			continue;
		}
		f = &all[!y ? s->n : o->split ? (size_t)(y - s->list) : y->function];
		f->insns += v;
		f->locked += class == INSN_LOCKED ? v : 0;
		f->fences += class == INSN_FENCE ? v : 0;
		if (y && sym_is_first(y, pc, i) && (o->split || !y->part))
			f->calls += v;
		pc += b->len[i];
		bytes += b->len[i];
	}
}

static int by_insns(const void *x, const void *y)
{
	const struct func *a = x, *b = y;

	if (a->insns != b->insns)
		return a->insns > b->insns ? -1 : 1;
	return strcmp(a->name, b->name);
}

void funcs_make(struct funcs *f, const struct prof *p, const struct prof_op *op,
		const struct syms *s, const struct func_opts *o)
{
	double scale = prof_scale(op, o);
	struct causes c = { NULL, NULL };

	*f = (struct funcs){ .list = calloc(s->n + 1, sizeof(*f->list)) };
	if (!f->list)
		prof_die(PROF_FAIL, "out of memory");
	if (o->own)
		causes_map(&c, s);
	for (size_t i = 0; i < p->ncounts; i++) {
		const struct prof_count *n = &p->counts[i];
		uint64_t v = n->op == op->id ? prof_value(n, p, o) : 0;

		if (v)
			add_block(f->list, &p->blocks[n->block], n->done, (double)v, s, o,
				  o->own ? &c : NULL, o->own ? cause_stack(&c, p, n->node, s) : 0);
	}
	causes_free(&c);
	for (size_t i = 0; i <= s->n; i++) {
		struct func *x = &f->list[i];

		if (x->insns == 0)
			continue;
		x->name = i == s->n ? "?" : o->split ? s->list[i].name : s->list[i].base;
		x->file = i == s->n ? NULL : s->list[i].file;
		x->insns *= scale;
		x->calls *= scale;
		x->locked *= scale;
		x->fences *= scale;
		f->insns += x->insns;
		f->list[f->n++] = *x;
	}
	qsort(f->list, f->n, sizeof(*f->list), by_insns);
}

void funcs_free(struct funcs *f)
{
	free(f->list);
}
