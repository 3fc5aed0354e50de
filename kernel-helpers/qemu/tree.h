/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is counted: executions of a block, by the operation that was measured and by the calls that led there.
 * Nothing here is ever freed: it lives as long as the emulator. Memory that cannot be had ends it.
 */
#ifndef GNB_CALL_TREE_H
#define GNB_CALL_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "block.h"

#define GNB_DEPTH 128 /* calls within each other; deeper ones are counted with the deepest */

enum gnb_node_kind {
	GNB_NODE_TOP,	    /* the one that all begin at */
	GNB_NODE_ENTRY,	    /* in from a guest, at addr */
	GNB_NODE_INTERRUPT, /* of Xen's or of a guest's code; handled from addr */
	GNB_NODE_CALL,	    /* called; addr is where it returns to */
};

/* A stack, as the calls and what they return to. Interrupts begin a stack of their own. */
struct gnb_node {
	struct gnb_node *parent, *sibling, *child, *all;
	uint64_t addr;
	uint32_t id;
	uint8_t kind;
	bool interrupt; /* this or one above */
};

/* An operation in a cell: windows that are alike. Figures are instructions of the hypervisor in a window. */
struct gnb_op {
	struct gnb_op *next;
	char *cell;
	uint32_t id, cmd, count, cpu;
	uint64_t home;	  /* where its hypercall comes in: not the same for all kinds of domains */
	uint64_t windows; /* counted */
	uint64_t skipped; /* the first ones, in which the hypervisor may do what it does once */
	uint64_t cut;	  /* not ended, or lost track of: not counted */
	uint64_t least, least_windows, most, sum;
	uint64_t interrupts,
		interrupt_sum; /* of all windows: how many, and their instructions; in none of the above */
	uint32_t generation, epoch; /* of least, and of all */
};

/* Executions of the first done instructions of a block, in a stack. */
struct gnb_counter {
	struct gnb_counter *next, *touched; /* of the block; of the window */
	struct gnb_op *op;
	struct gnb_node *node;
	struct gnb_block *block;
	uint64_t window; /* in the one that is open */
	uint64_t all, least;
	uint64_t window_waits, waits; /* of window and all: the first pause of a call */
	uint32_t generation, epoch;
	uint16_t done;
};

/* All code that was seen. The same for all CPUs: whoever adds to it holds a lock if there are several. */
struct gnb_code {
	void *blocks; /* tsearch */
	struct gnb_block **block;
	uint32_t nblocks;
};

/* What one CPU did. Nobody else writes to it. */
struct gnb_tree {
	unsigned cpu;
	struct gnb_node top;
	struct gnb_node *nodes; /* all but the top, newest first */
	uint32_t nnodes;
	struct gnb_op *ops;
	uint32_t nops;
	uint64_t overflows; /* calls beyond GNB_DEPTH */
};

void *gnb_grab(size_t bytes);

/* The block with these n instructions at pc; len and bytes are copied if it is new. */
struct gnb_block *gnb_code_block(struct gnb_code *c, uint64_t pc, unsigned n, const uint8_t *len,
				 const uint8_t *bytes);
struct gnb_node *gnb_tree_node(struct gnb_tree *t, struct gnb_node *parent, enum gnb_node_kind kind,
			       uint64_t addr);
struct gnb_op *gnb_tree_op(struct gnb_tree *t, const char *cell, uint32_t cmd, uint32_t count);
struct gnb_counter *gnb_tree_counter(struct gnb_op *op, struct gnb_node *node, struct gnb_block *b,
				     unsigned done);

/*
 * Write the trees of all CPUs to path, by way of path.tmp. head: lines that go first. 0 or -errno. The format is in
 * docs/profile.md.
 */
int gnb_tree_write(const struct gnb_code *c, struct gnb_tree *const *trees, unsigned cpus,
		   const char *path, const char *head);

#endif
