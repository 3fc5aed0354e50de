/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Nodes that the walks of a tree remember: which node the references with a common prefix are in, and its reference, so
 * that it is the page that was walked to, whatever the granter does with it. Never an entry: leaves are read anew each
 * time. It lies in the tree's page, and is read and written with the tree's lock held; so are the operations that make
 * it forget, and there is no generation to compare.
 */

_Static_assert(sizeof(struct gv3_tree) <= 2048, "a tree is less than half a page");

/* The place of the node of a level that ref is in, and its tag. */
static struct gv3_cached *cache_place(struct gv3_tree *t, uint64_t ref, unsigned level,
				      uint64_t *tag)
{
	static const uint8_t first[] = { 0, 16, 24, 28 }, mask[] = { 15, 7, 3, 0 };
	uint64_t prefix = ref >> slot_shift(level + 1);

	*tag = prefix << 1 | 1;
	return &t->cached[first[level] + (prefix & mask[level])];
}

static unsigned cache_level(unsigned i)
{
	return i < 16 ? 0 : i < 24 ? 1 : i < 28 ? 2 : 3;
}

/* The lowest node that is known on the way to leaf->ref; its level, or `level`, the root's. */
static unsigned cache_find(gv3_cpu *cur, struct gv3_tree *t, unsigned level, struct gv3_leaf *leaf)
{
	unsigned l;
	uint64_t tag;

	for (l = 0; l <= level; l++) {
		const struct gv3_cached *c = cache_place(t, leaf->ref, l, &tag);

		if (c->tag != tag)
			continue;
		leaf->held = c->held;
		leaf->kept = true;
		leaf->node = gv3_node_again(cur, &leaf->held);
		return l;
	}
	return level;
}

/* The walk goes on, or is over: its node is remembered, in the place of another, or given back. */
static void node_leave(gv3_cpu *cur, struct gv3_tree *t, struct gv3_leaf *leaf)
{
	struct gv3_cached *c;
	uint64_t tag;

	leaf->node = NULL;
	if (!t->caches) {
		gv3_node_done(cur, t->granter, &leaf->held);
		return;
	}
	gv3_node_rest(cur, &leaf->held);
	if (leaf->kept) {
		leaf->kept = false;
		return;
	}
	c = cache_place(t, leaf->ref, leaf->level, &tag);
	if (c->tag)
		gv3_node_drop(cur, t->granter, &c->held);
	c->tag = tag;
	c->held = leaf->held;
	if (GV3_MUTANT(CACHE_NO_REF))
		gv3_node_drop(cur, t->granter, &leaf->held);
}

/* No node on the way to references first to last is remembered any more. */
static void cache_forget(gv3_cpu *cur, struct gv3_tree *t, uint64_t first, uint64_t last)
{
	unsigned i;

	for (i = 0; t->caches && i < GV3_CACHED; i++) {
		struct gv3_cached *c = &t->cached[i];
		unsigned shift = slot_shift(cache_level(i) + 1);

		if (!c->tag || c->tag >> 1 < first >> shift || c->tag >> 1 > last >> shift)
			continue;
		c->tag = 0;
		if (!GV3_MUTANT(CACHE_NO_REF))
			gv3_node_drop(cur, t->granter, &c->held);
	}
}
