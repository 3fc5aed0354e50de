/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The shadow of a tree: which records touch a reference. A radix tree of the levels of the tree
 * itself, with an interval tree of fixed shape in each region. All with the tree's lock held.
 */

/* Level of the slots of a shadow node: 1 has regions in them. Bits of a reference below a slot. */
static unsigned slot_shift(unsigned level)
{
	return GNTV3_LEVEL_BITS * level;
}

static unsigned slot_of(uint64_t ref, unsigned level)
{
	return (unsigned)(ref >> slot_shift(level)) & (GV3_SLOTS - 1);
}

/* The smallest aligned run of slots that holds first and last. */
static unsigned run_of(unsigned first, unsigned last)
{
	unsigned k = 0, x = first ^ last;

	while (x >> k)
		k++;
	return (GV3_SLOTS + first) >> k;
}

/* Make the shadow as high as the tree is. */
static bool shadow_raise(gv3_cpu *cur, struct gv3_tree *t)
{
	struct gv3_shadow *s;

	while (t->top && t->top_level + 1u < t->levels) {
		s = gv3_page_alloc(cur, t->grantee);
		if (!s)
			return false;
		s->child = gv3_page_alloc(cur, t->grantee);
		if (!s->child) {
			gv3_page_free(cur, t->grantee, s);
			return false;
		}
		s->child[0] = t->top;
		s->children = 1;
		t->top = s;
		t->top_level++;
	}
	return true;
}

/*
 * The shadow node of a level that holds ref, made if it is not there (0: a region). NULL: memory. What
 * was made on the way and stays empty goes with shadow_trim().
 */
static void *shadow_make(gv3_cpu *cur, struct gv3_tree *t, uint64_t ref, unsigned level)
{
	unsigned at = t->levels - 1u;
	void **link = &t->top;
	struct gv3_shadow *up = NULL;

	if (!t->top)
		t->top_level = at;
	else if (!shadow_raise(cur, t))
		return NULL;
	for (;; at--) {
		struct gv3_shadow *s;

		if (!*link) {
			*link = gv3_page_alloc(cur, t->grantee);
			if (!*link)
				return NULL;
			if (up)
				up->children++;
		}
		if (at == level)
			return *link;
		s = *link;
		if (!s->child) {
			s->child = gv3_page_alloc(cur, t->grantee);
			if (!s->child)
				return NULL;
		}
		up = s;
		link = &s->child[slot_of(ref, at)];
	}
}

/* The same if it is there. */
static void *shadow_find(const struct gv3_tree *t, uint64_t ref, unsigned level)
{
	void *at = t->top;
	unsigned l;

	if (!at || level > t->top_level || ref >> slot_shift(t->top_level + 1))
		return NULL;
	for (l = t->top_level; l > level && at; l--) {
		const struct gv3_shadow *s = at;

		at = s->child ? s->child[slot_of(ref, l)] : NULL;
	}
	return at;
}

static bool shadow_empty(const void *node, unsigned level)
{
	const struct gv3_shadow *s = node;

	return level ? !s->lists && !s->children : !((const struct gv3_region *)node)->head[0];
}

/* Free the nodes over ref that hold nothing, from the lowest up. */
static void shadow_trim(gv3_cpu *cur, struct gv3_tree *t, uint64_t ref)
{
	unsigned level;

	for (level = 0; level <= t->top_level; level++) {
		struct gv3_shadow *up =
			level < t->top_level ? shadow_find(t, ref, level + 1) : NULL;
		void *node = shadow_find(t, ref, level);

		if (!node)
			continue;
		if (!shadow_empty(node, level))
			return;
		if (level && ((struct gv3_shadow *)node)->child)
			gv3_page_free(cur, t->grantee, ((struct gv3_shadow *)node)->child);
		if (node == t->hot_region)
			t->hot_region = NULL;
		gv3_page_free(cur, t->grantee, node);
		if (level == t->top_level) {
			t->top = NULL;
		} else {
			up->child[slot_of(ref, level + 1)] = NULL;
			up->children--;
		}
	}
}

/*
 * A region, or a node over it, holds nothing any more: what is empty over one such region is kept, so that the same
 * again allocates nothing.
 */
static void shadow_idle(gv3_cpu *cur, struct gv3_tree *t, uint64_t region)
{
	uint64_t before = t->idle;

	t->idle = region;
	if (GV3_MUTANT(IDLE_FREED))
		shadow_trim(cur, t, region << GNTV3_LEVEL_BITS);
	else if (GV3_MUTANT(IDLE_LEAK))
		return;
	else if (before != region && before != GV3_NO_REGION)
		shadow_trim(cur, t, before << GNTV3_LEVEL_BITS);
}

/* The region of ref, or another node of a level that holds it; made if make. */
static void *shadow_node(gv3_cpu *cur, struct gv3_tree *t, uint64_t ref, unsigned level, bool make)
{
	void *node = make ? shadow_make(cur, t, ref, level) : shadow_find(t, ref, level);

	if (node && !level) {
		t->hot = ref >> GNTV3_LEVEL_BITS;
		t->hot_region = node;
	}
	return node;
}

/* The list of a level that the record of pages from ref on belongs to; made if make. */
static inline uint32_t *shadow_list(gv3_cpu *cur, struct gv3_tree *t, uint64_t ref, uint32_t pages,
				    unsigned level, bool make, void **node)
{
	unsigned first = (unsigned)ref & (GV3_SLOTS - 1);

	*node = !level && t->hot_region && t->hot == ref >> GNTV3_LEVEL_BITS
			? t->hot_region
			: shadow_node(cur, t, ref, level, make);
	if (!*node)
		return NULL;
	return level ? &((struct gv3_shadow *)*node)->head[slot_of(ref, level)]
		     : &((struct gv3_region *)*node)->head[run_of(first, first + pages - 1)];
}

/* Is there room for one more in the list? */
static bool list_room(const struct gv3_tree *t, uint32_t n)
{
	unsigned len = 0;

	for (; n; n = rec_at(t, n)->next)
		len++;
	return len < t->max_maps || GV3_MUTANT(NO_CAP);
}

static void shadow_add(struct gv3_rec *r, uint32_t n, uint32_t *list, void *node)
{
	if (!r->level)
		((struct gv3_region *)node)->head[0]++;
	else if (!*list)
		((struct gv3_shadow *)node)->lists++;
	r->next = *list;
	r->listed = 1;
	*list = n;
}

static void shadow_del(gv3_cpu *cur, struct gv3_tree *t, uint32_t n, struct gv3_rec *r)
{
	void *node;
	uint32_t *at = shadow_list(cur, t, r->ref, rec_pages(r), (unsigned)r->level, false, &node);
	uint32_t *list = at;

	while (*at != n)
		at = &rec_at(t, *at)->next;
	*at = r->next;
	r->listed = 0;
	if (!r->level) {
		if (!--((struct gv3_region *)node)->head[0])
			shadow_idle(cur, t, r->ref >> GNTV3_LEVEL_BITS);
	} else if (!*list) {
		((struct gv3_shadow *)node)->lists--;
		if (shadow_empty(node, (unsigned)r->level))
			shadow_idle(cur, t, r->ref >> GNTV3_LEVEL_BITS);
	}
}

/*
 * The first region at or after ref (of the tree's references below end) over which a shadow exists:
 * its first reference, or end.
 */
static uint64_t shadow_next(const struct gv3_tree *t, uint64_t ref, uint64_t end)
{
	while (ref < end) {
		unsigned level = t->top_level;
		const void *at = t->top;

		if (!at || ref >> slot_shift(level + 1))
			return end;
		while (level) {
			const struct gv3_shadow *s = at;
			unsigned i = slot_of(ref, level);

			if (s->head[i])
				return ref;
			at = s->child ? s->child[i] : NULL;
			if (!at)
				break;
			level--;
		}
		if (at)
			return ref;
		ref = ((ref >> slot_shift(level)) + 1) << slot_shift(level);
	}
	return end;
}
