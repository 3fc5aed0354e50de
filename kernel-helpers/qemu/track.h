/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Follows one CPU through windows: from a BEGIN to an END, which blocks of the hypervisor were executed, and in
 * which stack. The stack is kept by watching calls and returns; interrupts are told from jumps by where the
 * interrupted block can lead, and are counted apart.
 *
 * A window in which the track is lost (an interrupt that does not come back, or calls deeper than GNB_DEPTH) is
 * not counted, but for its number.
 *
 * Each emulated CPU has a track of its own, and may have a thread of its own.
 */
#ifndef GNB_TRACK_H
#define GNB_TRACK_H

#include "tree.h"

#define GNB_CELL_NAME  512 /* with its 0 */
#define GNB_INTERRUPTS 8   /* within each other */

struct gnb_interrupted {
	struct gnb_block *last; /* NULL: nothing of the hypervisor */
	struct gnb_node *node;
	unsigned done, base;
	bool waited;
};

struct gnb_track {
	struct gnb_tree tree;
	unsigned skip;	/* windows of each operation not to count */
	uint64_t begun; /* instructions of the hypervisor, counted by the emulator */

	char cell[GNB_CELL_NAME], name[GNB_CELL_NAME]; /* the name, and the one that is coming in */
	unsigned name_len;
	uint32_t cmd, count;
	uint64_t windows, abandoned; /* BEGINs, and those with no END before the next */

	/* The window. */
	bool open, lost;
	struct gnb_op *op;
	struct gnb_counter *touched;
	struct gnb_node *node;
	struct gnb_block *last;
	uint64_t mark; /* begun, when last was entered */
	bool waited;   /* the call that it is in has paused before */
	struct {
		struct gnb_node *node;
		uint64_t ret;
		bool near, waited;
	} stack[GNB_DEPTH];
	unsigned depth, base; /* base: what is below belongs to what was interrupted */
	struct gnb_interrupted interrupted[GNB_INTERRUPTS];
	unsigned interrupts, taken; /* now, and in this window */
} __attribute__((aligned(128)));

/* A number of a mark: see gnb_mark.h. */
void gnb_track_number(struct gnb_track *t, unsigned code, unsigned value);
void gnb_track_begin(struct gnb_track *t);
void gnb_track_end(struct gnb_track *t);

/* A block is about to be executed. Nothing happens outside of windows. */
void gnb_track_block(struct gnb_track *t, struct gnb_block *b);

#endif
