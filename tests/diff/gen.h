/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The generator: a seeded stream that knows what it has granted and mapped, so that many operations
 * succeed and the wrong ones are wrong in one thing. It decides by its seed and by what the backend
 * returned.
 */
#ifndef DIFF_GEN_H
#define DIFF_GEN_H

#include "exec.h"

#define GEN_REFS   40 /* references from 0 on whose entries it remembers; more are used */
#define GEN_LIVE   600
#define GEN_PLACES 24 /* slots that a toolstack moves pages to */

/* Kinds of trouble that can be left out, by name, to look behind a known difference. */
#define GEN_TOPICS(X)                                                                              \
	X(table, "grant and status frames named as memory to grant or copy")                       \
	X(mixed, "copies by frame and by reference of one domain in turns in one hypercall")       \
	X(overlap, "copies that overlap themselves")                                               \
	X(overmap, "PV: mapping where something is mapped")                                        \
	X(overram, "translated: mapping where RAM is")                                             \
	X(crash, "translated: mapping where a grant is, which ends the domain")                    \
	X(physmap, "frames of the table moved, onto RAM and mappings too")                         \
	X(memory, "pages given back and asked for")                                                \
	X(transfer, "pages transferred")                                                           \
	X(replace, "unmap_and_replace")                                                            \
	X(subpage, "sub-page entries")                                                             \
	X(transitive, "transitive entries")                                                        \
	X(flood, "more mappings than a reference, or a domain, can have")                          \
	X(setver, "changes of version")                                                            \
	X(selfmap, "translated: mapping a page of one's own, which moves it")                      \
	X(fault, "null pointers for structures and lists")                                         \
	X(raw, "unknown operations, odd counts")                                                   \
	X(retry,                                                                                   \
	  "an entry that is mapped becomes a transitive one: Xen retries a copy from it for ever") \
	X(kill, "a domain ends while the other goes on")                                           \
	X(older, "version 3: operations of versions 1 and 2 in between")                           \
	X(tables, "version 3: frames of the grant table, and what grants lead to, named as RAM")   \
	X(bind, "version 3: trees that get another grantee")

#define X(name, what) GEN_##name,
enum gen_topic { GEN_TOPICS(X) GEN_NR_TOPICS };
#undef X
/* Left out unless asked for: a domain that never comes back is not compared but waited for. */
#define GEN_USUALLY_WITHOUT (1u << GEN_retry)
extern const char *const gen_topic_names[GEN_NR_TOPICS], *const gen_topic_whats[GEN_NR_TOPICS];

struct gen_live {
	struct diff_value handle, bus, addr;
	uint8_t dom;
	int8_t granter; /* -1: not one of ours */
	uint32_t ref, flags;
};

struct gen_entry {
	uint16_t flags;
	uint8_t to, via; /* enum diff_domname */
	uint32_t via_ref;
	struct diff_value frame;
	uint16_t off, len;
};

/* What version 3's part knows of trees and of what is mapped by them. */
#define GEN_TREES 24
#define GEN_MAPS  96
struct gen_tree {
	struct diff_value name;
	uint8_t granter, grantee, levels;
	bool left; /* by its granter */
};
struct gen_v3_live {
	struct diff_value handle;
	uint8_t tree, dom;
	uint64_t ref;
	unsigned done, slot, flags;
};
struct gen_v3 {
	unsigned step; /* of what each sub-stream begins with */
	struct gen_tree tree[GEN_TREES];
	unsigned trees;
	struct gen_v3_live live[GEN_MAPS], stale[8];
	unsigned lives, stales;
	struct {
		uint8_t tree;
		uint64_t ref, count;
	} block[8];
	unsigned blocks;
	bool busy[DIFF_DOMS][DIFF_ROOM];
	struct gen_tree *unlinked; /* a node of it was, and it is not forgotten yet */
	uint64_t at;
	struct gen_tree *
		regain; /* a right was taken away: the entry is changed, and the right given back */
	uint64_t regain_ref;
	unsigned regain_step;
	struct gen_v3_live
		hot; /* written, taken away in part, and written again: translations are stale or not */
	unsigned hot_step;
};

struct gen {
	struct gen_v3 v3;
	uint64_t rng;
	uint32_t without; /* bits of enum gen_topic */
	const struct diff_exec *x;
	struct diff_list *l;
	unsigned mood, version[DIFF_DOMS];
	struct gen_live live[GEN_LIVE];
	unsigned lives;
	struct {
		unsigned left, dom, granter;
		uint32_t ref, flags;
	} flood;
	struct diff_value stale[64]; /* handles that were given back */
	unsigned stales;
	uint16_t freed[DIFF_DOMS]
		      [8]; /* slots that were in use lately: a stale translation would show there */
	unsigned frees[DIFF_DOMS];
	struct gen_entry entry[DIFF_DOMS][GEN_REFS];
	bool busy[DIFF_DOMS][DIFF_SLOTS], taken[DIFF_SLOTS];
	bool table_moved[DIFF_DOMS][DIFF_PAGES]; /* a frame of the table is where the page was */
	/* With a toolstack: what is RAM of the named pages' and the first slots' numbers, and how many were given up. */
	bool empty[DIFF_DOMS][DIFF_PAGES], there[DIFF_DOMS][GEN_PLACES];
	unsigned given[DIFF_DOMS];
};

/* Start for list l, which has its seed, number and configuration. */
void gen_start(struct gen *g, const struct diff_exec *x, struct diff_list *l, uint32_t without);
/* Add one operation to the list. last: how many are to come. */
struct diff_op *gen_next(struct gen *g, unsigned last);
/* Learn from the result of that operation. */
void gen_observe(struct gen *g, const struct diff_op *op);

/* The same where trees are spoken. */
void gen_v3_next(struct gen *g, unsigned dom);
void gen_v3_observe(struct gen *g, const struct diff_op *op);

/* ---- between the parts of the generator ---- */

uint32_t gen_rnd(struct gen *g, uint32_t n); /* 0..n-1 */
static inline bool gen_one_in(struct gen *g, uint32_t n)
{
	return gen_rnd(g, n) == 0;
}
static inline bool gen_may(const struct gen *g, enum gen_topic t)
{
	return !(g->without & 1u << t);
}
static inline struct diff_value gen_num(uint64_t n)
{
	return (struct diff_value){ .type = DIFF_V_NUM, .n = n };
}
static inline struct diff_value gen_named(enum diff_vtype type, unsigned dom, unsigned a)
{
	return (struct diff_value){ .type = (uint8_t)type, .dom = (uint8_t)dom, .a = a };
}
static inline struct diff_value gen_dom(unsigned name)
{
	return gen_named(DIFF_V_DOM, name, 0);
}
static inline bool gen_translated(const struct gen *g, unsigned dom)
{
	return g->x->l->cfg.translated[dom];
}
static inline unsigned gen_peer(const struct gen *g, unsigned dom)
{
	return g->l->cfg.doms == 1 ? dom : !dom;
}
static inline unsigned gen_version(const struct gen *g, unsigned dom)
{
	return g->x->view[dom].version;
}
/* Pages that operations name as data: where trees are spoken the others are nodes, of numbers of each machine's own. */
static inline unsigned gen_pages(const struct gen *g)
{
	return g->l->cfg.version == 3 ? DIFF_DATA : DIFF_PAGES;
}
/* A domain that is not what is needed. */
struct diff_value gen_odd_dom(struct gen *g);
/* A reference at or beyond a limit of that domain. */
uint32_t gen_edge_ref(struct gen *g, unsigned dom);
/* A reference that dom grants to the domain of that name, with a type that fits, if there is one.
 */
uint32_t gen_granted(struct gen *g, unsigned dom, unsigned to, bool write, bool copy);
/* A frame that the domain may grant; odd: one it may not. */
struct diff_value gen_frame(struct gen *g, unsigned dom);
struct diff_value gen_odd_frame(struct gen *g, unsigned dom);
unsigned gen_batch(struct gen *g);
unsigned gen_free_slot(struct gen *g, unsigned dom);
const struct gen_live *gen_pick_live(struct gen *g, unsigned dom);
bool gen_is_mapped(const struct gen *g, unsigned granter, uint32_t ref);

/* Version 3, the granter's part: any tree, or one of dom's as its granter or its grantee; NULL: there is none. */
struct gen_tree *gen_v3_tree(struct gen *g, int granter, int grantee);
const struct gen_v3_live *gen_v3_pick(struct gen *g, int dom, int granter);
/* A reference of a tree as trees are made here, and how many of them. */
uint64_t gen_v3_ref(struct gen *g, unsigned *count);
unsigned gen_v3_batch(struct gen *g);
void gen_v3_begin(struct gen *g);
void gen_v3_node(struct gen *g, unsigned dom);
void gen_v3_trees(struct gen *g, unsigned dom);
void gen_v3_revoke(struct gen *g, unsigned dom);
void gen_v3_notify(struct gen *g, unsigned dom);
void gen_v3_bind(struct gen *g, unsigned dom);
/* The mapper's. */
void gen_v3_map(struct gen *g, unsigned dom);
void gen_v3_unmap(struct gen *g, unsigned dom);
void gen_v3_copy(struct gen *g, unsigned dom);
void gen_v3_query(struct gen *g, unsigned dom);
void gen_v3_touch(struct gen *g, unsigned dom);
void gen_v3_raw(struct gen *g, unsigned dom);
void gen_v3_hot(struct gen *g, unsigned dom);
void gen_v3_away(struct gen *g, unsigned dom);

/* With a toolstack: what it does, and what else comes between. */
void gen_tools_next(struct gen *g, unsigned dom);
void gen_tools_observe(struct gen *g, const struct diff_op *op);

void gen_map(struct gen *g, unsigned dom);
void gen_unmap(struct gen *g, unsigned dom);
void gen_replace(struct gen *g, unsigned dom);
void gen_flood(struct gen *g, unsigned dom);
void gen_flood_on(struct gen *g);
void gen_copy(struct gen *g, unsigned dom);
void gen_transfer(struct gen *g, unsigned dom);
void gen_entry_op(struct gen *g, unsigned dom);
void gen_flags(struct gen *g, unsigned dom);
void gen_touch(struct gen *g, unsigned dom);
void gen_table(struct gen *g, unsigned dom);
void gen_raw(struct gen *g, unsigned dom);
void gen_physmap(struct gen *g, unsigned dom);
void gen_memory(struct gen *g, unsigned dom);

#endif
