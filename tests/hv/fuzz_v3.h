/* SPDX-License-Identifier: GPL-2.0-only */
/* The fuzz harness: what the parts for version 3 share. */
#ifndef HV_FUZZ_V3_H
#define HV_FUZZ_V3_H

#include "fuzz.h"
#include "grant_v3.h"

/* A page that is mapped, as its mapper was told. */
#define FZ_V3_MAPPED 256

struct fz_mapped3 {
	bool live, gone;
	unsigned mapper, granter; /* numbers */
	uint32_t serial;	  /* of the granter */
	grant_v3_tree_t tree;
	grant_v3_handle_t handle;
	uint64_t ref, addr;
	unsigned flags;
};

extern struct fz_mapped3 fz_v3_mapped[FZ_V3_MAPPED];

/* A tree as its granter knows it. */
struct fz_tree3 {
	grant_v3_tree_t id; /* 0: none */
	uint64_t root;
	unsigned levels, to;
	uint32_t serial; /* of whom it is for */
	bool held;
};

/* A tree of somebody's that the harness knows, and a reference in it; NULL. */
struct fz_tree3 *fz_v3_pick(struct fz_dom **g, uint64_t *ref);
/* All that is mapped by references from..to-1 of a tree goes, as its mapper accepted it. */
void fz_v3_take_range(const struct fz_dom *g, grant_v3_tree_t id, uint64_t from, uint64_t to);
/* The frame that a reference grants now, by a walk of the harness's own; HV_INVALID: none. */
uint64_t fz_v3_expect(const struct fz_dom *g, const struct fz_tree3 *t, uint64_t ref, bool write);

#endif
