/* SPDX-License-Identifier: GPL-2.0-only */
/* The fuzz harness: the host for large entries of version 3, which fuzz_v3_large.c works on and fuzz_v3_space.c knows. */
#ifndef HV_FUZZ_V3_LARGE_H
#define HV_FUZZ_V3_LARGE_H

#include "fuzz.h"

#include "grant_v3.h"

#define RUN   512u
#define DATA  (2 * RUN) /* the granter's pages that are granted; its nodes come behind */
#define SLOTS (8 * RUN)
#define LIVE  24u
#define REGIONS                                                                                    \
	4u /* of references: two of 4K leaves, two that are a leaf of 2M or again 4K leaves */
#define TAG   0x6c61726765000000ull
#define WHERE 64 /* in a page: what the mapper writes */

enum state { HOLE, PAGE, SINK };

struct place {
	enum state state;
	int owner; /* in live[] */
	uint64_t mfn, ref;
	bool write, whole; /* whole: of a 2M entry that is in one piece */
};

struct fz_large {
	struct hv_host *host;
	struct hv_domain *g, *m;
	struct hv_vcpu *gv, *mv;
	uint8_t *gargs, *margs;
	bool device, failing;
	unsigned max_maps, since_check;
	grant_v3_tree_t tree;
	struct live {
		bool live;
		grant_v3_tree_t tree;
		grant_v3_handle_t handle;
		unsigned flags;
	} live[LIVE];
	struct place place[SLOTS];
};

extern struct fz_large fz_large;

/* A host, if there is memory for one. */
bool fzl_begin(void);
/* An operation of one structure; what is violated afterwards ends the program. */
long fzl_call(struct hv_vcpu *v, unsigned cmd, void *args);
/* A tree with other terms, whose nodes are the same. */
void fzl_new_tree(void);

/* ---- the granter's memory ---- */

/* The root of two levels is node 0, the regions' nodes are 1 to REGIONS. */
uint64_t *fzl_node(unsigned i);
/* The machine frame that a name of the granter's means, or HV_INVALID. */
uint64_t fzl_machine(uint64_t name);
/* What a reference grants; HV_INVALID: nothing. */
uint64_t fzl_granted(uint64_t ref, bool *readonly);
uint64_t fzl_leaf(unsigned page, uint64_t flags);
/* A region as a run of 4K leaves. */
void fzl_make_run(unsigned region, unsigned page);
void fzl_tag(uint64_t mfn);

/* ---- what is taken ---- */

/* A page goes as its mapper accepted it. */
void fzl_take(unsigned slot, bool sink);
/* A revoke of references from..to-1 of a tree: how many pages it takes, and with which outcomes. */
unsigned fzl_taken(grant_v3_tree_t tree, uint64_t from, uint64_t to, unsigned *outcomes);

#endif
