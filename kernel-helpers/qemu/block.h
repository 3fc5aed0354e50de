/* SPDX-License-Identifier: GPL-2.0-only */
/* Blocks of x86-64 code as the emulator translates them, and where control can go from one to the next. */
#ifndef GNB_BLOCK_H
#define GNB_BLOCK_H

#include <stdbool.h>
#include <stdint.h>

#define GNB_BLOCK_INSNS 512 /* the emulator's own limit */
#define GNB_INSN_BYTES	15
#define GNB_CPUS	8 /* emulated, at most */

/* How a block ends. */
enum gnb_end {
	GNB_END_NEXT,	  /* goes on behind itself, or repeats its last instruction */
	GNB_END_JUMP,	  /* to target */
	GNB_END_BRANCH,	  /* to target or goes on */
	GNB_END_JUMP_ANY, /* through a register or memory */
	GNB_END_CALL,	  /* to target */
	GNB_END_CALL_ANY,
	GNB_END_RET,
	GNB_END_OVERWRITTEN, /* a return to what was written over the address of the last call */
	GNB_END_IRET,
	GNB_END_LEAVE, /* into a guest: sysret, vmrun */
};

struct gnb_counter;

struct gnb_block {
	uint64_t pc;	 /* of the first instruction */
	uint64_t last;	 /* of the last instruction */
	uint64_t end;	 /* behind it */
	uint64_t target; /* of a direct jump or call */
	uint32_t id;
	uint16_t n;  /* instructions */
	uint8_t how; /* enum gnb_end */
	bool near;   /* a call over a few bytes: perhaps only to put an address onto the stack */
	bool pauses; /* it ends with a pause: what waits for another CPU goes round by one */
	bool restores; /* it loads the stack pointer from a register, which throws such addresses away */
	uint8_t *len;				/* [n], bytes of each */
	uint8_t *bytes;				/* [end - pc] */
	struct gnb_counter *counters[GNB_CPUS]; /* of each CPU its own */
};

/* Fill in all but pc, id, n, len, bytes and counters from pc, n, len and bytes. */
void gnb_block_decode(struct gnb_block *b);

/* Address of instruction i; i = n is behind the block. */
uint64_t gnb_block_insn(const struct gnb_block *b, unsigned i);

/* What it means that the block at pc comes next. */
enum gnb_step {
	GNB_STEP_SAME,	 /* the same function, or one that it jumped to */
	GNB_STEP_CALL,	 /* called by the block */
	GNB_STEP_RETURN, /* to the address that a call left, which is for the caller to check */
	GNB_STEP_DROP,	 /* a jump; what the last call left is gone */
	GNB_STEP_IRET,
	GNB_STEP_ENTRY,	    /* in from a guest */
	GNB_STEP_INTERRUPT, /* nothing in the block leads there */
};

/* done: how many of the block's instructions were begun. */
enum gnb_step gnb_block_step(const struct gnb_block *b, unsigned done, uint64_t pc);

#endif
