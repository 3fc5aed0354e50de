/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations on a range of references, a region a slice: revoke, protect, invalidate. All of a slice is done with the
 * tree's lock held: no map of the tree comes in between, and a record that another vCPU is unmapping is seen as such.
 */

/* One half of what is done to a record. */
static void visit(gv3_cpu *cur, struct gv3_tree *t, uint32_t n, struct gv3_rec *r,
		  struct gv3_take *k)
{
	switch (k->what) {
	case GV3_REVOKE:
		if (k->settle)
			settle(cur, t, n, r, k);
		else
			take(cur, t, r, k);
		break;
	case GV3_PROTECT:
		if (k->settle)
			lost(cur, t, r, k);
		else
			lose(cur, t, r, k);
		break;
	case GV3_UNPROTECT:
		if (k->settle)
			regained(cur, t, r, k);
		else
			regain(cur, t, r, k);
		break;
	}
}

/* Of one list what touches the slice: how many records it has. They may leave the list on the way. */
static uint32_t each_of(gv3_cpu *cur, struct gv3_tree *t, uint32_t n, struct gv3_take *k)
{
	uint32_t next, seen = 0;

	for (; n; n = next, seen++) {
		struct gv3_rec *r = rec_at(t, n);

		next = r->next;
		if (r->ref > k->last || r->ref + rec_pages(r) <= k->first)
			continue;
		visit(cur, t, n, r, k);
	}
	return seen;
}

/* One half of a slice: every record that touches its references, each once. */
static void each(gv3_cpu *cur, struct gv3_tree *t, struct gv3_take *k)
{
	/* A region whose last record goes is kept for a while: shadow_idle(). */
	struct gv3_region *region = shadow_find(t, k->first, 0);
	unsigned first = GV3_SLOTS + slot_of(k->first, 0), last = GV3_SLOTS + slot_of(k->last, 0);
	unsigned level, run = GNTV3_LEVEL_BITS + 1, h;
	uint32_t left = region ? region->head[0] : 0;

	if (GV3_MUTANT(HEADS_SHORT) && left > 1)
		left--;
	/* The longest runs first: often one record is all that a region has. */
	while (left && run--) {
		if (GV3_MUTANT(LOW_HEADS) && run)
			continue;
		for (h = first >> run; left && h <= last >> run; h++)
			left -= each_of(cur, t, region->head[h], k);
	}
	for (level = 1; level < 3 && !GV3_MUTANT(UPPER_LISTS); level++) {
		const struct gv3_shadow *s = shadow_find(t, k->first, level);

		if (s)
			each_of(cur, t, s->head[slot_of(k->first, level)], k);
	}
}

/* Something goes from the entries; one flush; and then what they held. */
static void slice_taken(gv3_cpu *cur, struct gv3_tree *t, struct gv3_take *k)
{
	bool early = k->what == GV3_REVOKE && GV3_MUTANT(REVOKE_EARLY_PUT);
	bool unflushed =
		k->what == GV3_REVOKE ? GV3_MUTANT(REVOKE_NO_FLUSH) : GV3_MUTANT(PROTECT_NO_FLUSH);

	k->flush = k->settle = false;
	gv3_as_lock(cur, t->grantee);
	each(cur, t, k);
	gv3_as_unlock(cur, t->grantee);
	if (!k->flush)
		return;
	k->settle = true;
	if (early)
		each(cur, t, k);
	if (!unflushed)
		gv3_as_flush(cur, t->grantee);
	each(cur, t, k);
}

/*
 * What is granted is held again, and then the entries have it. No flush: a TLB that has the entry without the right
 * faults, and looks again.
 */
static void slice_given(gv3_cpu *cur, struct gv3_tree *t, struct gv3_take *k)
{
	struct gv3_leaf leaf;

	k->leaf = walk(cur, t, k->first, &leaf) == GNTST_okay ? &leaf : NULL;
	k->settle = false;
	each(cur, t, k);
	walk_done(cur, t, &leaf);
	k->settle = true;
	gv3_as_lock(cur, t->grantee);
	each(cur, t, k);
	gv3_as_unlock(cur, t->grantee);
}

/* A slice: the references from first to last, of one region, in every mapping. With the tree's lock. */
static void slice_do(gv3_cpu *cur, struct gv3_tree *t, struct gv3_take *k)
{
	if (k->what == GV3_UNPROTECT)
		slice_given(cur, t, k);
	else
		slice_taken(cur, t, k);
}

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* Of the entries of a part of a region, is one not clear? Its reference, or end; *past: up to there nothing is granted. */
static uint64_t not_clear(gv3_cpu *cur, struct gv3_tree *t, uint64_t ref, uint64_t end,
			  uint64_t *past)
{
	struct gv3_leaf leaf;
	uint64_t frame;

	*past = beyond(t, ref) ? GNTV3_MAX_REF : end;
	if (beyond(t, ref))
		return end;
	if (walk(cur, t, ref, &leaf) != GNTST_okay) {
		*past = ((ref >> slot_shift(leaf.level)) + 1) << slot_shift(leaf.level);
		return end;
	}
	for (; ref < end; ref++)
		if (leaf_frame(cur, &leaf, ref, false, &frame) == GNTST_okay)
			break;
	walk_done(cur, t, &leaf);
	return ref;
}

static bool block(struct gv3_tree *t, uint64_t ref, uint64_t count)
{
	unsigned i;

	for (i = 0; i < t->blocks; i++)
		if (t->block[i].first == ref && t->block[i].count == count)
			return true;
	if (i == GV3_BLOCKS)
		return false;
	t->block[i].first = ref;
	t->block[i].count = count;
	t->blocks++;
	return true;
}

static bool unblock(struct gv3_tree *t, uint64_t ref, uint64_t count)
{
	unsigned i;

	for (i = 0; i < t->blocks; i++)
		if (t->block[i].first == ref && t->block[i].count == count) {
			t->block[i] = t->block[--t->blocks];
			return true;
		}
	return false;
}

/*
 * From *at on, a region a slice, below end: GNTST_okay when it is through; GNTST_eagain: an entry at *at
 * is not clear (check); GV3_AGAIN: *at is how far it came.
 */
static int take_range(gv3_cpu *cur, struct gv3_tree *t, uint64_t *at, uint64_t end, bool check,
		      struct gv3_take *k)
{
	while (*at < end) {
		uint64_t stop = least(end, (*at | (GV3_SLOTS - 1)) + 1);
		uint64_t past = end;
		uint64_t clear = check ? not_clear(cur, t, *at, stop, &past) : stop;

		if (t->grantee && shadow_next(t, *at, clear) < clear) {
			k->first = *at;
			k->last = clear - 1;
			slice_do(cur, t, k);
		}
		*at = clear;
		if (clear < stop)
			return GNTST_eagain;
		/* Over all that grants nothing (or whatever it grants), up to where something is mapped. */
		if (stop < least(end, past))
			*at = shadow_next(t, stop, least(end, past));
		if (*at < end && gv3_preempt(cur))
			return GV3_AGAIN;
	}
	return GNTST_okay;
}

/* References that there can be, and at least one? */
static bool is_range(uint64_t ref, uint64_t count)
{
	return count && ref < GNTV3_MAX_REF && count <= GNTV3_MAX_REF - ref;
}

/* GNTTABOP_v3_revoke: a status, or GV3_AGAIN. */
static int revoke_one(gv3_cpu *cur, gv3_dom *self, struct gnttab_v3_revoke *r)
{
	struct gv3_take k = { .from = r->ref, .to = r->ref + r->count - 1, .what = GV3_REVOKE };
	struct gv3_tree *t;
	uint64_t at;
	int rc;

	if (r->pad ||
	    (r->flags & ~(GNTV3_REVOKE_CHECK | GNTV3_REVOKE_BLOCK | GNTV3_REVOKE_UNBLOCK)) ||
	    (r->flags & GNTV3_REVOKE_UNBLOCK && r->flags != GNTV3_REVOKE_UNBLOCK))
		return GNTST_general_error;
	if (!is_range(r->ref, r->count) || r->done > r->count)
		return GNTST_bad_gntref;
	t = own_tree(cur, self, r->tree);
	if (!t)
		return GNTST_bad_gntref;
	if (r->flags & GNTV3_REVOKE_UNBLOCK) {
		rc = unblock(t, r->ref, r->count) ? GNTST_okay : GNTST_bad_gntref;
	} else if (r->flags & GNTV3_REVOKE_BLOCK && !block(t, r->ref, r->count)) {
		rc = GNTST_no_space;
	} else {
		at = r->ref + r->done;
		if (!GV3_MUTANT(REVOKE_KEEPS_NODES))
			cache_forget(cur, t, at, r->ref + r->count - 1);
		rc = take_range(cur, t, &at, r->ref + r->count, r->flags & GNTV3_REVOKE_CHECK, &k);
		r->done = at - r->ref;
		r->pages += k.pages;
		r->outcomes |= k.outcomes;
	}
	gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	return rc;
}

/* GNTTABOP_v3_protect, likewise. */
static int protect_one(gv3_cpu *cur, gv3_dom *self, struct gnttab_v3_protect *p)
{
	struct gv3_take k = { .from = p->ref,
			      .to = p->ref + p->count - 1,
			      .what = p->flags & GNTV3_PROTECT_WRITE ? GV3_UNPROTECT
								     : GV3_PROTECT };
	struct gv3_tree *t;
	uint64_t at;
	int rc;

	if (p->pad || p->flags & ~GNTV3_PROTECT_WRITE)
		return GNTST_general_error;
	if (!is_range(p->ref, p->count) || p->done > p->count)
		return GNTST_bad_gntref;
	t = own_tree(cur, self, p->tree);
	if (!t)
		return GNTST_bad_gntref;
	at = p->ref + p->done;
	rc = take_range(cur, t, &at, p->ref + p->count, false, &k);
	p->done = at - p->ref;
	p->pages += k.pages;
	p->outcomes |= k.outcomes;
	gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	return rc;
}

/* GNTTABOP_v3_invalidate: nodes only; nothing that is mapped changes. */
static int invalidate(gv3_cpu *cur, gv3_dom *self, const struct gnttab_v3_invalidate *i)
{
	struct gv3_tree *t;

	if (i->pad)
		return GNTST_general_error;
	t = is_range(i->ref, i->count) ? own_tree(cur, self, i->tree) : NULL;
	if (!t)
		return GNTST_bad_gntref;
	if (!GV3_MUTANT(INVALIDATES_NOTHING))
		cache_forget(cur, t, i->ref, i->ref + i->count - 1);
	gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	return GNTST_okay;
}
