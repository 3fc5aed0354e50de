/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which cache lines locked instructions touch, by single steps of the processor: every one that really runs is seen,
 * whatever wrapper it is in or is not. x86-64 only, one thread.
 */
#ifndef HV_TEST_LOCKED_H
#define HV_TEST_LOCKED_H

#include <stdbool.h>
#include <stdint.h>

#define LOCKED_MAX 4096

struct locked {
	uint64_t line[LOCKED_MAX]; /* addresses / 64, each once */
	unsigned n;		   /* of these */
	unsigned insns;		   /* locked instructions that ran */
	uint64_t steps;		   /* all instructions that ran */
	bool full;
};

/* Watch what runs between the two. False: the processor does not take single steps here. */
bool locked_begin(struct locked *l);
void locked_end(void);

/*
 * The address that the locked instruction at p reads and writes, where regs are the processor's general registers by
 * their numbers in instructions; 0: it is no locked one. For tests of this.
 */
uint64_t locked_address(const uint8_t *p, const uint64_t regs[16]);

#endif
