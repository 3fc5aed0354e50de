// SPDX-License-Identifier: GPL-2.0-only
/* Which operation a CPU is in, and the stack of calls within it. */
#include <string.h>

#include "gnb_mark.h"
#include "track.h"

void gnb_track_number(struct gnb_track *t, unsigned code, unsigned value)
{
	if (code == GNB_MARK_CMD) {
		t->cmd = value;
	} else if (code == GNB_MARK_COUNT) {
		t->count = value;
	} else if (!value) {
		t->name[t->name_len] = '\0';
		strcpy(t->cell, t->name);
		t->name_len = 0;
	} else if (t->name_len < GNB_CELL_NAME - 1) {
		/* It becomes a word of a line in a file. */
		t->name[t->name_len++] = value > 0x20 && value < 0x7f ? (char)value : '?';
	}
}

void gnb_track_begin(struct gnb_track *t)
{
	t->windows++;
	if (t->open) {
		t->abandoned++;
		t->lost = true;
		gnb_track_end(t);
	}
	t->op = gnb_tree_op(&t->tree, t->cell[0] ? t->cell : "-", t->cmd, t->count);
	t->open = true;
	t->lost = false;
	t->last = NULL;
	t->touched = NULL;
	t->depth = t->base = t->interrupts = t->taken = 0;
	t->waited = false;
}

/* The last block's executed part. */
static unsigned account(struct gnb_track *t)
{
	unsigned done = (unsigned)(t->begun - t->mark);
	struct gnb_counter *c = t->last->counters[t->tree.cpu];

	if (!c || c->node != t->node || c->op != t->op || c->done != done)
		c = gnb_tree_counter(t->op, t->node, t->last, done);
	if (!c->window++) {
		c->touched = t->touched;
		t->touched = c;
	}
	if (t->last->pauses && done == t->last->n) {
		c->window_waits += !t->waited;
		t->waited = true;
	}
	return done;
}

static void enter(struct gnb_track *t, uint64_t pc)
{
	uint64_t *home = &t->op->home;

	if (!*home)
		*home = pc;
	if (t->interrupts)
		t->lost = true;
	t->depth = t->base = 0;
	t->waited = false;
	t->taken += pc != *home;
	t->node = gnb_tree_node(&t->tree, &t->tree.top,
				pc == *home ? GNB_NODE_ENTRY : GNB_NODE_INTERRUPT, pc);
}

/* A near call is not known yet to be one of a function: it stays in its caller's place in the tree. */
static void call(struct gnb_track *t, const struct gnb_block *from)
{
	if (t->depth == GNB_DEPTH) {
		t->lost = true;
		return;
	}
	t->stack[t->depth].node = t->node;
	t->stack[t->depth].near = from->near;
	t->stack[t->depth].waited = t->waited;
	t->stack[t->depth++].ret = from->end;
	if (from->near)
		return;
	t->waited = false;
	t->node = gnb_tree_node(&t->tree, t->node, GNB_NODE_CALL, from->end);
}

static void drop_near(struct gnb_track *t)
{
	while (t->depth > t->base && t->stack[t->depth - 1].near)
		t->depth--;
}

static void interrupt(struct gnb_track *t, struct gnb_block *from, unsigned done, uint64_t pc)
{
	if (t->interrupts == GNB_INTERRUPTS) {
		t->lost = true;
		return;
	}
	t->interrupted[t->interrupts++] = (struct gnb_interrupted){
		.last = from, .node = t->node, .done = done, .base = t->base, .waited = t->waited
	};
	t->waited = false;
	t->base = t->depth;
	t->taken++;
	t->node = gnb_tree_node(&t->tree, &t->tree.top, GNB_NODE_INTERRUPT, pc);
}

/* To a call of this stack, not always the last: its callees may have left by a jump. */
static bool give_back(struct gnb_track *t, uint64_t pc)
{
	for (unsigned i = t->depth; i-- > t->base;)
		if (t->stack[i].ret == pc) {
			t->depth = i;
			t->node = t->stack[i].node;
			t->waited = t->stack[i].waited;
			return true;
		}
	return false;
}

static void step(struct gnb_track *t, struct gnb_block *from, unsigned done, uint64_t pc)
{
	enum gnb_step s = gnb_block_step(from, done, pc);

	if (from->restores && done == from->n)
		drop_near(t);
	if (s == GNB_STEP_IRET && t->interrupts) {
		const struct gnb_interrupted *i = &t->interrupted[--t->interrupts];

		t->depth = t->base;
		t->base = i->base;
		t->node = i->node;
		t->waited = i->waited;
		from = i->last;
		done = i->done;
		s = gnb_block_step(from, done, pc);
	}
	switch (s) {
	case GNB_STEP_CALL:
		call(t, from);
		break;
	case GNB_STEP_RETURN:
		if (!give_back(t, pc))
			interrupt(t, from, done, pc);
		break;
	case GNB_STEP_DROP:
		if (t->depth > t->base) {
			t->node = t->stack[--t->depth].node;
			t->waited = t->stack[t->depth].waited;
		}
		break;
	case GNB_STEP_IRET:
	case GNB_STEP_ENTRY:
		enter(t, pc);
		break;
	case GNB_STEP_INTERRUPT:
		interrupt(t, from, done, pc);
		break;
	default:
		break;
	}
}

void gnb_track_block(struct gnb_track *t, struct gnb_block *b)
{
	if (!t->open)
		return;
	if (t->last)
		step(t, t->last, account(t), b->pc);
	else
		enter(t, b->pc);
	t->last = b;
	t->mark = t->begun;
}

static void keep(struct gnb_op *op, uint64_t own, uint64_t interrupted, unsigned taken)
{
	if (!op->windows++ || own < op->least) {
		op->least = own;
		op->least_windows = 0;
		op->generation++;
	}
	op->least_windows += own == op->least;
	op->most = own > op->most ? own : op->most;
	op->sum += own;
	op->interrupts += taken;
	op->interrupt_sum += interrupted;
}

void gnb_track_end(struct gnb_track *t)
{
	uint64_t own = 0, interrupted = 0;
	struct gnb_op *op = t->op;
	bool counted, least;

	if (!t->open)
		return;
	t->open = false;
	if (t->last) {
		account(t);
		/* Back in the guest: what was interrupted must have been gone on with. */
		t->lost |= t->interrupts ||
			   (t->last->how != GNB_END_LEAVE && t->last->how != GNB_END_IRET);
	}
	for (struct gnb_counter *c = t->touched; c; c = c->touched)
		*(c->node->interrupt ? &interrupted : &own) += c->window * c->done;
	counted = !t->lost && own && op->skipped >= t->skip;
	/* Nothing from there: what the first window began with was an interrupt. All anew. */
	if (!own && t->last) {
		op->home = 0;
		op->windows = op->most = op->sum = op->interrupts = op->interrupt_sum = 0;
		op->epoch++;
	}
	if (t->lost || !own)
		op->cut++;
	else if (!counted)
		op->skipped++;
	else
		keep(op, own, interrupted, t->taken);
	least = counted && own == op->least;
	for (struct gnb_counter *c = t->touched; c; c = c->touched) {
		if (counted) {
			if (c->epoch != op->epoch)
				c->all = c->waits = 0;
			c->epoch = op->epoch;
			c->all += c->window;
			c->waits += c->window_waits;
		}
		if (least) {
			if (c->generation != op->generation)
				c->least = 0;
			c->generation = op->generation;
			c->least += c->window;
		}
		c->window = c->window_waits = 0;
	}
}
