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

/*
 * What is compiled anew for each operation, as a call's loop is where the operation is known; and what is kept out of the
 * way of the calls that are made often.
 */
#define gv3_always_inline inline __attribute__((__always_inline__))
#define gv3_rare	  __attribute__((__noinline__))

#define GV3_SLOTS     GNTV3_ENTRIES
#define GV3_NO_REGION UINT64_MAX

/* ---- records ---- */

enum gv3_rec_state { GV3_FREE, GV3_LIVE, GV3_DYING_REC, GV3_GONE };

/*
 * One piece of a mapping: up to 512 pages of a region by 4K entries, or one larger entry. 32 bytes.
 * All of it is read and written with the tree's lock held.
 */
struct gv3_rec {
	uint64_t
		where; /* guest physical address; PV: machine address of the first entry, and GV3_PV_* */
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
/* PV: the entry was not there when it was to be taken, and no device has the page any more. */
#define GV3_F_LOST   (1ull << 60)
#define GV3_F_DEVICE (1ull << 59) /* PV: the device's reference is due: inside a slice */
/* The right to write was taken away; of a larger entry with a list, in all of it. */
#define GV3_F_RO (1ull << 58)

/* In the place of a PV mapper's record, of which one of the first two is set. Others have whole pages there. */
#define GV3_PV_HOST   1ull /* it has entries */
#define GV3_PV_DEVICE 2ull /* the IOMMU has its frames */
#define GV3_PV_LINEAR 4ull /* until it is mapped: it is a linear address yet */
#define GV3_PV_BITS   7ull

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

#define GV3_NO_FRAME   UINT64_MAX
#define GV3_NOTE_PAGES 32 /* of counts: for a bit of a page each */

/* Status page and notice page (notify_setup). The counts are the granter's to pay, and all of it is made at once. */
struct gv3_note {
	uint64_t status, notice; /* MFNs, held as pages that are written; or GV3_NO_FRAME */
	uint64_t first, end;	 /* the references that have a group */
	uint32_t groups;	 /* 0: none is set up */
	uint32_t port;
	uint32_t counted; /* records below this number are in the counts */
	uint8_t order;
	struct gnttab_v3_notify_setup asked;
	uint32_t *count[GV3_NOTE_PAGES]; /* of a group: pages that are in use, of every mapping */
};

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
	unsigned kind;	  /* of its grantee: GV3_TRANSLATED, GV3_IOMMU */
	gv3_dom *payer;	  /* of this page */
	uint64_t root;
	struct gv3_tree *next; /* of its grantee's; with the grantee's lock */
	/* the shadow */
	void *top;
	unsigned top_level; /* 0: top is a region */
	uint64_t hot;	    /* number of the region that was looked for last */
	void *hot_region;   /* and where it is; NULL: it is not there */
	/*
	 * Number of a region: what is empty of it and over it is kept, so that the same mapped again and again does not
	 * allocate; or GV3_NO_REGION.
	 */
	uint64_t idle;
	/* records */
	uint32_t free, made, live; /* live: not free */
	uint64_t *spare;	   /* lists of frames that are kept, the last one freed first */
	uint32_t spare_pages;	   /* for so many pages, GV3_SLICE at most */
	void **dir[GV3_REC_DIRS];
	void *sink;
	uint64_t sink_mfn;
	struct {
		uint64_t first, count;
	} block[GV3_BLOCKS];
	unsigned blocks;
	struct gv3_note note;
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
#define GV3_SLICE 512u /* entries of a slice */
#define GV3_SLICE_PAGES                                                                            \
	(32u                                                                                       \
	 << GNTV3_LEVEL_BITS) /* and pages, of which each has a reference; unless one piece has more */

/* What a request comes to beside a status: it is not done, and the call is to be left or the slice ended. */
#define GV3_AGAIN 1
#define GV3_FULL  2

/* Pieces whose entries are cleared, and whose flush and references are due. */
struct gv3_slice {
	unsigned n, entries, pages;
	struct {
		struct gv3_tree *tree;
		uint32_t rec;
	} piece[GV3_BLOCK];
};

/* One end of a copy, as the request before left it. */
struct gv3_end {
	struct gnttab_v3_copy_end named;
	struct gv3_tree *tree; /* NULL: it is a frame of the caller's */
	gv3_dom *owner;
	uint64_t mfn;
	void *page;    /* held; NULL: none is */
	uint64_t held; /* the reference it was had by */
};

/* What a block of copies keeps from one to the next: as long as the trees are locked, the pages are what was granted. */
struct gv3_ends {
	struct gv3_end source, dest;
	struct gv3_tree *first, *second; /* locked, or NULL */
	bool entered;
};

/* What a slice does to the records that touch it. */
enum gv3_doing { GV3_REVOKE, GV3_PROTECT, GV3_UNPROTECT };

struct gv3_leaf;

/* What one slice does, and what it found. */
struct gv3_take {
	uint64_t first, last; /* references */
	uint64_t from, to;    /* of the whole request */
	enum gv3_doing what;
	bool settle; /* the second half: what comes after the flush, or after the types are taken */
	bool flush;
	uint32_t pages;
	uint16_t outcomes;
	const struct gv3_leaf *leaf; /* unprotect: where the granter's entries are; NULL: nowhere */
};

/* What a list of requests keeps from one to the next: a tree stays locked for those that name it. */
struct gv3_ctx {
	gv3_cpu *cur;
	gv3_dom *self;
	unsigned kind;	       /* of self, by gv3_dom_flags() */
	struct gv3_tree *tree; /* locked, or NULL */
	bool space;	       /* self's address space is locked, too */
	uint16_t dom;
	grant_v3_tree_t id;
	struct gv3_slice *slice;
	struct gv3_ends *ends; /* of a list of copies */
};

#endif
