/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables version 3: the structures of the core, and what its parts offer each other. */
#ifndef GV3_H
#define GV3_H

#include "gv3_sys.h"
#include "grant_v3.h"

/* A hypervisor's tests may build it with a defect, and find that; gv3_sys.h says which. */
#ifndef GV3_MUTANT
#define GV3_MUTANT(name) 0
#endif

#define GV3_SLOTS     GNTV3_ENTRIES
#define GV3_NO_REGION UINT64_MAX

/* ---- records ---- */

enum gv3_rec_state { GV3_FREE, GV3_LIVE, GV3_DYING_REC, GV3_GONE };

/*
 * One piece of a mapping: up to 512 pages of a region by 4K entries, or one larger entry. 32 bytes.
 * All of it is read and written with the tree's lock held.
 */
struct gv3_rec {
	uint64_t where; /* guest physical address; PV: machine address of the page-table entry */
	uint64_t frame; /* MFN and GV3_F_*; or, with `list`, a pointer to one for each page of 4K */
	uint64_t ref : 36;
	uint64_t pages : 10; /* of 4K, of which it has a list if there are several; else 0 */
	uint64_t order : 5;  /* of its entries: 0, 9, 18 */
	uint64_t
		level : 2; /* of the shadow, where it is in a list: that of order, until it was split */
	uint64_t state : 2;
	uint64_t head : 1; /* its number is the handle */
	uint64_t list : 1;
	uint64_t write : 1;
	uint64_t hole : 1, sink : 1, readonly : 1; /* what its mapper accepts */
	uint64_t revoked : 1;			   /* a part of it, or all, is GONE */
	uint64_t taken : 1;			   /* by the slice of a revoke that is on its way */
	uint64_t listed : 1;			   /* in a list of the shadow */
	uint32_t next;				   /* in its list of the shadow, or of free ones */
	uint32_t chain;				   /* the next piece of its mapping */
};

#define GV3_RECS_SHIFT 7
#define GV3_RECS       (1u << GV3_RECS_SHIFT) /* to a page */
#define GV3_REC_DIRS   64		      /* pages of pointers to pages of records */
#define GV3_MAX_RECS   (GV3_REC_DIRS << (GNTV3_LEVEL_BITS + GV3_RECS_SHIFT))

/* A frame of a record: 52 bits of MFN and what became of the page. */
#define GV3_F_MFN 0x000fffffffffffffull
#define GV3_F_TAKEN                                                                                \
	(1ull << 63) /* its entry is changed, its reference still held: inside a slice */
#define GV3_F_HOLE (1ull << 62)
#define GV3_F_SINK (1ull << 61)
#define GV3_F_GONE (GV3_F_HOLE | GV3_F_SINK)
/* The right to write was taken away; of a larger entry with a list, in all of it. */
#define GV3_F_RO (1ull << 58)

/* ---- the shadow of a tree ---- */

/* Heads of a region's lists by number; 0 counts its records. docs/grant-v3.md has the rule. */
struct gv3_region {
	uint32_t head[2 * GV3_SLOTS];
};

/* A node above regions: for each slot a list of entries as large as the slot, and what is below. */
struct gv3_shadow {
	uint32_t head[GV3_SLOTS];
	uint32_t lists, children; /* that are not empty */
	void **child;		  /* a page of pointers, or NULL */
};

/* ---- nodes that walks remember ---- */

/* A node that a walk went through, with its reference. Of level 0 the last few, and fewer of those above it. */
struct gv3_cached {
	uint64_t tag; /* what its references have in common, and bit 0; 0: none */
	gv3_node_t held;
};

#define GV3_CACHED 29 /* 16 of level 0, 8, 4, and the root of 4 levels */

/* ---- trees ---- */

#define GV3_BLOCKS 4

struct gv3_tree {
	gv3_lock_t lock;
	grant_v3_tree_t id;
	uint16_t granter_id, flags;
	uint8_t levels, max_maps;
	bool held;     /* it has a new grantee, whom its granter has not agreed to */
	bool binding;  /* all is revoked for a bind, and nothing is mapped */
	bool kept;     /* binding: something could not be revoked */
	bool closing;  /* its granter unregisters it: nothing is mapped any more */
	bool detached; /* its granter has let go of it */
	bool dead;     /* nothing is left of it but this page */
	gv3_dom *granter;
	gv3_dom *grantee; /* NULL: it died, and nobody else was bound */
	gv3_dom *payer;	  /* of this page */
	uint64_t root;
	struct gv3_tree *next; /* of its grantee's; with the grantee's lock */
	/* the shadow */
	void *top;
	unsigned top_level; /* 0: top is a region */
	uint64_t idle; /* number of an empty region that is kept, so that one page mapped again and
			* again does not allocate; or GV3_NO_REGION */
	/* records */
	uint32_t free, made, live; /* live: not free */
	void **dir[GV3_REC_DIRS];
	void *sink;
	uint64_t sink_mfn;
	struct {
		uint64_t first, count;
	} block[GV3_BLOCKS];
	unsigned blocks;
	struct gv3_cached cached[GV3_CACHED];
	uint64_t sweep; /* closing, or binding: how far its mappings are revoked */
	bool caches;	/* its walks remember nodes */
	uint32_t drain; /* its grantee dies: how far its records are freed */
};

/* A domain's part: the trees that it has registered, and those that are for it. */
struct gv3_state {
	gv3_lock_t lock;
	gv3_dom *d;
	struct gv3_tree *mine; /* it is their grantee */
	void **slot; /* a page of pointers to trees that it has registered; NULL: none yet */
	unsigned max_trees, trees;
	uint32_t generation;
};

#define GV3_SLOT_BITS 10
#define GV3_MAX_TREES GV3_SLOTS

#define GV3_ADDR_BITS 52 /* of a guest physical address */

/* ---- calls ---- */

#define GV3_BLOCK 32u  /* structures copied at once; pieces of a slice */
#define GV3_SLICE 512u /* pages of a slice, unless one piece has more */

/* What a request comes to beside a status: it is not done, and the call is to be left or the slice ended. */
#define GV3_AGAIN 1
#define GV3_FULL  2

/* Pieces whose entries are cleared, and whose flush and references are due. */
struct gv3_slice {
	unsigned n, pages;
	struct {
		struct gv3_tree *tree;
		uint32_t rec;
	} piece[GV3_BLOCK];
};

/* What a list of requests keeps from one to the next: a tree stays locked for those that name it. */
struct gv3_ctx {
	gv3_cpu *cur;
	gv3_dom *self;
	struct gv3_tree *tree; /* locked, or NULL */
	bool space;	       /* self's address space is locked, too */
	uint16_t dom;
	grant_v3_tree_t id;
	struct gv3_slice *slice;
};

#endif
