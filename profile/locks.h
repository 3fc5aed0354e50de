/* SPDX-License-Identifier: GPL-2.0-only */
/* Inside of "grantbench-profile locks": what locks.c finds and locks_print.c prints. */
#ifndef GNB_PROF_LOCKS_H
#define GNB_PROF_LOCKS_H

#include "prof.h"

#define LOCKS_CELL 1024

/* A function and who called it, over the CPUs. */
struct row {
	const struct sym *function;
	const char *caller;
	bool lock;
	uint64_t calls, waited, rounds, insns;
	double least; /* instructions of a call that does not wait; 0: not known */
};

/* Operations of the same cell, command and count, one of each CPU. */
struct group {
	const struct prof_op *op;
	uint64_t windows;
	unsigned cpus;
	struct row *rows;
	size_t n;
};

/*
 * What is selected, by name; of cells that differ only in their word "threads:N" those with more
 * threads come behind. all has room for all operations of the profile; the rows are the caller's to
 * free. Returns how many groups there are.
 */
size_t locks_find(struct group *all, const struct prof *p, const struct prof_select *sel,
		  const struct syms *s, const struct func_opts *o);

/* The cell without its word "threads:N"; and the order of groups, 0 if they differ in nothing else.
 */
void locks_without_threads(const char *cell, char to[LOCKS_CELL]);
int locks_compare(const struct group *a, const struct group *b);

#endif
