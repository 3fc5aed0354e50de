/* SPDX-License-Identifier: GPL-2.0-only */
/* Where in an operation an instruction is, and what it is for. */
#ifndef GNB_PROF_CAUSES_H
#define GNB_PROF_CAUSES_H

#include "prof.h"

/* In the order in which they are looked for: an argument's copy in a decoder belongs to the entry.
 */
enum cause_place {
	CAUSE_ENTRY,
	CAUSE_ARGUMENTS,
	CAUSE_IOMMU,
	CAUSE_FLUSH,
	CAUSE_TABLE,
	CAUSE_FRAME,
	CAUSE_OPERATION,
	CAUSE_PLACES,
};

/* By symbol: the places that it says, as bits, and what its own instructions do. */
struct causes {
	unsigned *places;
	uint8_t *kinds;
};

/* Is name a word of list? */
bool cause_named(const char *list, const char *name);

void causes_map(struct causes *c, const struct syms *s);
void causes_free(struct causes *c);

/* All places that a stack says, without the function that the instructions are in. */
unsigned cause_stack(const struct causes *c, const struct prof *p, uint32_t node,
		     const struct syms *s);
enum cause_place cause_place(unsigned stack);

/* The operation with its arguments: not entry and exit. */
bool cause_own(enum cause_place place);

/*
 * Two operations by cause. For b also what it would save to do a thing once a hypercall that is
 * done once an operation: all of its instructions but those of one.
 */
void causes_print(const struct prof *a, const struct prof_op *x, const struct syms *sa,
		  const struct prof *b, const struct prof_op *y, const struct syms *sb,
		  const struct func_opts *o, enum prof_format f);

#endif
