// SPDX-License-Identifier: GPL-2.0-only
/* The tree of stacks, and what was counted at each. */
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tree.h"

static void __attribute__((noreturn)) no_memory(void)
{
	fprintf(stderr, "gnb_profile: out of memory\n");
	exit(1);
}

void *gnb_grab(size_t bytes)
{
	void *p = calloc(1, bytes ? bytes : 1);

	if (!p)
		no_memory();
	return p;
}

static int compare_blocks(const void *x, const void *y)
{
	const struct gnb_block *a = x, *b = y;
	int rc;

	if (a->pc != b->pc)
		return a->pc < b->pc ? -1 : 1;
	if (a->n != b->n)
		return a->n < b->n ? -1 : 1;
	/* As long as the lengths are the same, there are as many bytes in both. */
	rc = memcmp(a->len, b->len, a->n);
	return rc ? rc : memcmp(a->bytes, b->bytes, gnb_block_insn(a, a->n) - a->pc);
}

struct gnb_block *gnb_code_block(struct gnb_code *c, uint64_t pc, unsigned n, const uint8_t *len,
				 const uint8_t *bytes)
{
	struct gnb_block look = {
		.pc = pc, .n = (uint16_t)n, .len = (uint8_t *)len, .bytes = (uint8_t *)bytes
	};
	struct gnb_block *b, **found = tfind(&look, &c->blocks, compare_blocks);
	size_t size;

	if (found)
		return *found;
	size = gnb_block_insn(&look, n) - pc;
	b = gnb_grab(sizeof(*b) + n + size);
	*b = look;
	b->len = memcpy(b + 1, len, n);
	b->bytes = memcpy(b->len + n, bytes, size);
	b->id = c->nblocks;
	gnb_block_decode(b);
	/* A power of two: twice as many. */
	if (!(c->nblocks & (c->nblocks - 1))) {
		c->block = realloc(c->block, (c->nblocks ? 2 * (size_t)c->nblocks : 1) * sizeof(b));
		if (!c->block)
			no_memory();
	}
	c->block[c->nblocks++] = b;
	if (!tsearch(b, &c->blocks, compare_blocks))
		no_memory();
	return b;
}

struct gnb_node *gnb_tree_node(struct gnb_tree *t, struct gnb_node *parent, enum gnb_node_kind kind,
			       uint64_t addr)
{
	struct gnb_node *n, **at;

	for (at = &parent->child; (n = *at); at = &n->sibling)
		if (n->addr == addr && n->kind == kind)
			break;
	if (n) {
		*at = n->sibling;
	} else {
		n = gnb_grab(sizeof(*n));
		*n = (struct gnb_node){ .parent = parent,
					.kind = (uint8_t)kind,
					.addr = addr,
					.all = t->nodes,
					.interrupt =
						parent->interrupt || kind == GNB_NODE_INTERRUPT };
		n->id = ++t->nnodes;
		t->nodes = n;
	}
	/* To the front: what is looked for often is found soon. */
	n->sibling = parent->child;
	parent->child = n;
	return n;
}

struct gnb_op *gnb_tree_op(struct gnb_tree *t, const char *cell, uint32_t cmd, uint32_t count)
{
	struct gnb_op *op;

	for (op = t->ops; op; op = op->next)
		if (op->cmd == cmd && op->count == count && !strcmp(op->cell, cell))
			return op;
	op = gnb_grab(sizeof(*op));
	*op = (struct gnb_op){ .cell = gnb_grab(strlen(cell) + 1),
			       .cmd = cmd,
			       .count = count,
			       .id = t->nops++,
			       .cpu = t->cpu,
			       .next = t->ops };
	strcpy(op->cell, cell);
	t->ops = op;
	return op;
}

struct gnb_counter *gnb_tree_counter(struct gnb_op *op, struct gnb_node *node, struct gnb_block *b,
				     unsigned done)
{
	struct gnb_counter *c, **head = &b->counters[op->cpu], **at;

	for (at = head; (c = *at); at = &c->next)
		if (c->node == node && c->op == op && c->done == done)
			break;
	if (c) {
		*at = c->next;
	} else {
		c = gnb_grab(sizeof(*c));
		*c = (struct gnb_counter){
			.op = op, .node = node, .block = b, .done = (uint16_t)done
		};
	}
	c->next = *head;
	*head = c;
	return c;
}
