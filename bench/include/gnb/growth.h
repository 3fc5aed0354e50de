/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A granter's table or tree that grows from nothing, step by step: what it does for room, what its entries then are, and
 * what the hypervisor did meanwhile. A step is what there is no smaller of: a frame of a table (setup_table, and for a
 * translated guest the frame's place), a node of a tree (cleared, and published under its parent by one store; where
 * a level is full a new root, by set_root).
 */
#ifndef GNB_GROWTH_H
#define GNB_GROWTH_H

#include <gnb/grant.h>

struct gnb_growth {
	struct gnb_side *s;
	struct gnb_gtab gtab;
	uint32_t refs; /* that there is room for, the toolstack's among them */
	uint32_t want;
	unsigned level; /* of the leaves of a tree: 0, or 1 for leaves of 2 MiB */
	uint16_t dom;	/* of the mapper */
	/* A tree: pages that become nodes, and the newest node of each level. */
	void **page;
	uint64_t *frame;
	unsigned pages, used;
	grant_v3_entry_t *newest[GNTV3_MAX_LEVELS];
	uint64_t root;
	struct gnttab_v3_set_root *set_root;
};

/*
 * Let the machine have room for growth to refs references, with leaves of that level; a table may have as many as
 * max_frames frames. 0, or -EOPNOTSUPP with *why.
 */
int gnb_growth_room(struct gnb_machine_config *cfg, uint32_t refs, unsigned level,
		    unsigned max_frames, const char **why);

/* Begin on such a machine, with nothing. The granter has its pages: none is touched for the first time later. 0 or -errno. */
int gnb_growth_init(struct gnb_growth *g, struct gnb_side *s, uint32_t refs, unsigned level);
void gnb_growth_fini(struct gnb_growth *g);

/* A step, of which a span may be: -errno, or 0 and there is room for more references than before. */
int gnb_growth_step(struct gnb_growth *g);

/* After a step, outside of spans: find the new frames of a table. 0, or -errno with s->why. */
int gnb_growth_look(struct gnb_growth *g);

/* Pages of its own that the granter has put into it. */
unsigned gnb_growth_pages(const struct gnb_growth *g);

/* Grant the frame, or 2 MiB from it on, by entry i: a reference, or of larger leaves its number in the tree. */
static inline void gnb_growth_publish(const struct gnb_growth *g, uint32_t i, uint64_t frame)
{
	if (g->level)
		__atomic_store_n(gnb_tree_entry(&g->gtab.tree, i),
				 frame << GNTV3_PAGE_SHIFT | GNTV3_LEAF, __ATOMIC_RELEASE);
	else
		gnb_grant_publish(&g->gtab, i, g->dom, frame, false);
}

/* What the hypervisor has done for this machine so far: events that it counts, and bytes of its own that it took. */
struct gnb_done {
	uint64_t events, bytes;
};
struct gnb_done gnb_done(const struct gnb_side *s);

/* Does the target count both? One that counts instructions does not. */
bool gnb_done_known(const struct gnb_side *s);

#endif
