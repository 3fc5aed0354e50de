/* SPDX-License-Identifier: GPL-2.0-only */
/* The fuzz harness: what its parts of grant tables version 3 share. */
#ifndef HV_FUZZ_V3_H
#define HV_FUZZ_V3_H

#include "fuzz.h"
#include "grant_v3.h"

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
/* The frame that a reference grants now, by a walk of the harness's own; HV_INVALID: none. */
uint64_t fz_v3_expect(const struct fz_dom *g, const struct fz_tree3 *t, uint64_t ref, bool write);
/* All that is mapped by references from..to-1 of a tree goes, as its mapper accepted it. */
void fz_v3_take_range(const struct fz_dom *g, grant_v3_tree_t id, uint64_t from, uint64_t to);

#define FZ_MAPPED3 256

/* A page that is mapped, by what its mapper was told. */
struct fz_mapped3 {
	bool live, gone;
	/* Of a PV mapper, before a call that may take it: its entry is something else's. And: its device has lost it. */
	bool lost, undev;
	bool ro;		  /* what a protect has left it */
	bool unsure;		  /* or whether its right came back is not known */
	unsigned mapper, granter; /* numbers */
	uint32_t serial;	  /* of the granter */
	grant_v3_tree_t tree;
	grant_v3_handle_t handle;
	uint64_t ref, addr, mfn; /* mfn: of the sink, once it is that */
	unsigned flags;
};
extern struct fz_mapped3 fz_mapped3[FZ_MAPPED3];

/* Whose tree it is mapped by, if that is there still; NULL. */
struct fz_tree3 *fz_v3_tree_of(const struct fz_mapped3 *x, struct fz_dom **g);

/* ---- PV mappers (fuzz_v3_pv.c) ---- */

/* A PV mapper's page is taken away, as it accepted it. */
void fz_v3_pv_taken(struct fz_dom *m, struct fz_mapped3 *x);
/*
 * A place is taken, or its right is turned: of a handle of version 1 whose mapping that was, by chance the same? It
 * cannot be unmapped any more.
 */
void fz_v3_pv_whose(struct fz_dom *m, const struct fz_place *p);
/* Where it maps a page, was the same one before it moved that away? Then two handles mean the entry, and it is doomed. */
void fz_v3_pv_again(struct fz_dom *m, uint64_t addr, uint64_t mfn);
/* A revoke by g of what PV mappers have moved says so. */
void fz_v3_pv_kept(const struct fz_dom *g, const struct gnttab_v3_revoke *r);
/* Is a piece of a PV mapper's handle not where it was made? */
bool fz_v3_is_lost(const struct fz_dom *m, const struct gnttab_v3_unmap *u);
/* What it can ask of a map besides, in *in: an entry for slot, or its device alone. */
void fz_v3_pv_args(struct fz_dom *m, unsigned slot, struct gnttab_v3_map *in);
/* The entry that maps an address, of either kind of domain; 0: none. */
uint64_t fz_v3_entry_of(const struct fz_dom *m, uint64_t addr);

#endif
