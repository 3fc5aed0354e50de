/* SPDX-License-Identifier: GPL-2.0-only */
/* A profile of a hypervisor, as kernel-helpers/qemu writes it (docs/profile.md), and the symbols
 * for it. */
#ifndef GNB_PROF_H
#define GNB_PROF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Exit codes, as docs/design.md has them. */
enum {
	PROF_OK = 0,
	PROF_FAIL = 1,
	PROF_USAGE = 2,
	PROF_REFUSED = 5,
	PROF_MISSING = 6,
	PROF_UNTRUSTED = 7
};

/* One line on stderr, then exit. */
void prof_die(int code, const char *fmt, ...) __attribute__((format(printf, 2, 3), noreturn));
void *prof_grow(void *p, size_t n, size_t size);

enum prof_kind { PROF_TOP, PROF_ENTRY, PROF_INTERRUPT, PROF_CALL };

struct prof_node {
	uint32_t parent;
	uint8_t kind;	/* enum prof_kind */
	bool interrupt; /* this or one above */
	uint64_t addr;
};

struct prof_block {
	uint64_t pc;
	unsigned n; /* 0: no such block */
	uint8_t *len, *bytes;
};

struct prof_count {
	uint32_t op, node, block;
	unsigned done;
	uint64_t all, least;
};

/* How many calls waited at a block that ends with a pause, of all windows. */
struct prof_wait {
	uint32_t op, node, block;
	uint64_t calls;
};

struct prof_op {
	uint32_t id, cmd, count, cpu;
	uint64_t windows, skipped, cut, least, least_windows, most, sum, interrupts, interrupt_sum;
	char *cell;
};

struct prof {
	const char *path;
	char build_id[128]; /* of the hypervisor that ran, in hex; empty if it is not known */
	char clock[16];	    /* of the emulator: icount, free; empty if it is not known */
	char turn[16];	    /* most instructions that a CPU has before the next one; empty */
	unsigned cpus;
	uint64_t windows, abandoned, instructions;
	struct prof_op *ops;
	struct prof_node *nodes; /* [0] is the top */
	struct prof_block *blocks;
	struct prof_count *counts;
	struct prof_wait *waits;
	size_t nops, nnodes, nblocks, ncounts, nwaits;
};

/*
 * Read path, a file or a folder of scripts/lab with "profile" and "environment" in it. Ends the
 * program: 6 if there is no such file, 1 if it is not a whole profile.
 */
void prof_load(struct prof *p, const char *path);
void prof_free(struct prof *p);

/* "map", "unmap", "copy", ...; NULL for an operation without a name. */
const char *prof_cmd_name(uint32_t cmd);

/* A part of a profile: PATH[,op=NAME][,count=N][,cell=TEXT][,cpu=N]; cell: TEXT is in its name. */
struct prof_select {
	char *path, *op, *cell;
	uint32_t count; /* 0: any */
	int cpu;	/* -1: any */
};

void prof_select_parse(struct prof_select *s, const char *arg);
bool prof_selected(const struct prof_select *s, const struct prof_op *op);

/* ---- symbols ---- */

struct sym {
	uint64_t addr, end; /* end: where the next one begins, or its section ends */
	const char *name;   /* as in the file */
	char *base;	    /* without what the compiler appended */
	const char *file;   /* of a local symbol; NULL */
	bool endbr;	    /* begins with an instruction that Xen's own calls go past */
	bool part; /* a piece of a function (.part, .cold), not one that can be called for it */
	size_t function; /* index of the first symbol with the same base and file */
};

struct syms {
	struct sym *list; /* by address */
	size_t n;
	char build_id[128];
	void *elf; /* what names point into */
	int fd;
};

/* Ends the program: 6 if there is no such file, 5 if it has no symbols or no build id. */
void syms_load(struct syms *s, const char *path);
void syms_free(struct syms *s);

/* The symbol at an address, or NULL. */
const struct sym *syms_find(const struct syms *s, uint64_t addr);

/* Exit code 5 unless both are of the same build. */
void syms_match(const struct syms *s, const char *syms_path, const struct prof *p);

/* ---- by function ---- */

struct func {
	const char *name, *file;
	double insns, calls;   /* per operation */
	double locked, fences; /* of insns: atomic read-modify-writes; full barriers */
};

struct func_opts {
	bool split;	 /* pieces of functions apart */
	bool mean;	 /* over all windows, not the least ones */
	bool interrupts; /* with what interrupts did; mean only */
	bool own;	 /* without entry and exit (causes.h) */
};

struct funcs {
	struct func *list;
	size_t n;
	double insns;
};

/* Sorted by instructions. What has no symbol is one function, "?". */
void funcs_make(struct funcs *f, const struct prof *p, const struct prof_op *op,
		const struct syms *s, const struct func_opts *o);
void funcs_free(struct funcs *f);

/* Is the instruction at pc, number i of its block, the first one of a call of this function? */
bool sym_is_first(const struct sym *y, uint64_t pc, unsigned i);

/* Who called what runs in a node: a function, "(entry)" or "(interrupt)". */
const char *prof_caller(const struct prof *p, uint32_t node, const struct syms *s);

struct call {
	const char *name, *file, *caller; /* of the function: as in struct func */
	double calls;			  /* per operation */
};

struct calls {
	struct call *list;
	size_t n;
};

/*
 * Calls of every function by who called it, in no order. A function that was jumped to from the end
 * of another one was called by that one's caller.
 */
void calls_make(struct calls *c, const struct prof *p, const struct prof_op *op,
		const struct syms *s, const struct func_opts *o);
void calls_free(struct calls *c);

/* How often a count stands for one operation: 1 / (windows * operations in each). */
double prof_scale(const struct prof_op *op, const struct func_opts *o);
uint64_t prof_value(const struct prof_count *c, const struct prof *p, const struct func_opts *o);

/* Classes of an instruction that a build without symbols for inlined functions still shows. */
enum insn_class { INSN_PLAIN, INSN_LOCKED, INSN_FENCE };
enum insn_class insn_class(const uint8_t *bytes, unsigned len);

/* ---- output ---- */

enum prof_format { FORMAT_TEXT, FORMAT_JSON, FORMAT_CSV };

struct table;
struct table *table_begin(enum prof_format f);
void table_add(struct table *t, const struct prof *p, const struct prof_op *op,
	       const struct syms *s, const struct func_opts *o, unsigned top);
void table_end(struct table *t);

/* Folded stacks, "a;b;c instructions" in a line, of all windows or the least ones. */
void stacks_folded(const struct prof *p, const struct prof_select *sel, const struct syms *s,
		   const struct func_opts *o);
/* The same as a flame graph. Instructions per operation; the selection has to be one operation. */
void stacks_flame(const struct prof *p, const struct prof_op *op, const struct syms *s,
		  const struct func_opts *o);

void diff_print(const struct prof *a, const struct prof_op *x, const struct syms *sa,
		const struct prof *b, const struct prof_op *y, const struct syms *sb,
		const struct func_opts *o, enum prof_format f, unsigned top);

/*
 * Who called lock functions, and how many of the calls had to wait; all CPUs together, over all
 * windows. PROF_UNTRUSTED if the clock was not the instruction clock, else PROF_OK.
 */
int locks_print(const struct prof *p, const struct prof_select *sel, const struct syms *s,
		const struct func_opts *o, enum prof_format f);

/* Work counts under the names of hv/counters.h, see docs/profile.md. */
void work_print(const struct prof *p, const struct prof_select *sel, const struct syms *s,
		const struct func_opts *o, enum prof_format f);

#endif
