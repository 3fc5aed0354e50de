/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A walk of the granter's nodes. With the tree's lock held, and from the root each time, or from the lowest node that the
 * tree's cache has (cache.c).
 */

struct gv3_leaf {
	unsigned level;
	uint64_t entry; /* the leaf, if level is above 0 */
	/* level 0: the node, mapped until walk_done(), in which references of the region are looked up */
	const volatile uint64_t *node;
	gv3_node_t held;
	uint64_t ref; /* that was walked to */
	bool kept;    /* the cache has what is held */
};

#include "cache.c"

static uint64_t entry_frame(uint64_t e)
{
	return (e & GNTV3_FRAME) >> GNTV3_PAGE_SHIFT;
}

/* More than the tree's levels hold? */
static bool beyond(const struct gv3_tree *t, uint64_t ref)
{
	return ref >> (GNTV3_LEVEL_BITS * t->levels);
}

/*
 * The leaf that ref is in, or its node of level 0. GNTST_okay, GNTST_bad_gntref, GNTST_bad_page: then nothing is
 * granted by an entry of leaf->level, all of it.
 */
static int walk(gv3_cpu *cur, struct gv3_tree *t, uint64_t ref, struct gv3_leaf *leaf)
{
	uint64_t frame = t->root, e;
	unsigned level = t->levels - 1u;

	leaf->node = NULL;
	leaf->level = t->levels;
	leaf->ref = ref;
	leaf->kept = false;
	if (beyond(t, ref))
		return GNTST_bad_gntref;
	if (t->caches)
		level = cache_find(cur, t, level, leaf);
	for (;; level--) {
		if (!leaf->kept)
			leaf->node = gv3_node(cur, t->granter, frame, &leaf->held);
		if (!leaf->node)
			return GNTST_bad_page;
		leaf->level = level;
		if (!level)
			return GNTST_okay;
		e = gv3_entry_read(cur, leaf->node + gv3_nospec(slot_of(ref, level), GV3_SLOTS));
		node_leave(cur, t, leaf);
		frame = entry_frame(e);
		if ((e & GNTV3_TYPE) == GNTV3_LEAF) {
			leaf->entry = e;
			return level < 3 && !(frame & ((1ull << slot_shift(level)) - 1))
				       ? GNTST_okay
				       : GNTST_bad_gntref;
		}
		if ((e & (GNTV3_TYPE | GNTV3_ZERO | GNTV3_READONLY)) != GNTV3_TABLE)
			return GNTST_bad_gntref;
	}
}

static void walk_done(gv3_cpu *cur, struct gv3_tree *t, struct gv3_leaf *leaf)
{
	if (leaf->node)
		node_leave(cur, t, leaf);
}

/* What gv3_run_get() gave for one page, as a status. */
static int frame_status(int rc)
{
	return !rc ? GNTST_okay : rc == -EAGAIN ? GNTST_eagain : GNTST_bad_page;
}

/* The frame that ref grants, which lies in the region or leaf that was walked to. */
static inline int leaf_frame(gv3_cpu *cur, const struct gv3_leaf *leaf, uint64_t ref, bool write,
			     uint64_t *frame)
{
	uint64_t e = leaf->entry, below = 0;

	if (!leaf->level)
		e = gv3_entry_read(cur, leaf->node + gv3_nospec(slot_of(ref, 0), GV3_SLOTS));
	else
		below = ref & ((1ull << slot_shift(leaf->level)) - 1);
	if ((e & (GNTV3_TYPE | GNTV3_ZERO)) != GNTV3_LEAF)
		return GNTST_bad_gntref;
	if (write && (e & GNTV3_READONLY) && !GV3_MUTANT(RO_IGNORED))
		return GNTST_permission_denied;
	gv3_fence();
	if (GV3_MUTANT(DOUBLE_READ) && !leaf->level)
		e = gv3_entry_read(cur, leaf->node + slot_of(ref, 0));
	*frame = entry_frame(e) + below;
	return GNTST_okay;
}
