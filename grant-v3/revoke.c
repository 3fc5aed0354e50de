/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_v3_revoke, a region a slice. All of a slice is done with the tree's lock held: no map of
 * the tree comes in between, and a record that another vCPU is unmapping is seen as such.
 */

/* The pages of a record within the slice, relative to its first; of a larger entry that is one. */
static void overlap(const struct gv3_rec *r, const struct gv3_take *k, uint32_t *from, uint32_t *to)
{
	uint64_t last = r->ref + rec_pages(r) - 1;

	*from = *to = 0;
	if (r->order)
		return;
	*from = k->first > r->ref ? (uint32_t)(k->first - r->ref) : 0;
	*to = (uint32_t)((k->last < last ? k->last : last) - r->ref);
}

/* A larger entry goes as a whole. With A. */
static void take_entry(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, struct gv3_take *k)
{
	if (*rec_frame(r, 0) & (GV3_F_GONE | GV3_F_TAKEN))
		return;
	if (!r->hole) {
		k->outcomes |= GNTV3_GOT_KEPT;
		return;
	}
	if (gv3_as_clear(cur, t->grantee, r->where >> GNTV3_PAGE_SHIFT,
			 *rec_frame(r, 0) & GV3_F_MFN, (unsigned)r->order))
		gv3_broken(cur, t->grantee, "a large entry is not what was mapped");
	*rec_frame(r, 0) |= GV3_F_TAKEN;
	r->taken = 1;
	k->flush = true;
	k->pages += rec_pages(r);
	k->outcomes |= GNTV3_GOT_HOLE;
	if ((r->ref < k->from || r->ref + rec_pages(r) - 1 > k->to) && !GV3_MUTANT(MORE_UNSAID))
		k->outcomes |= GNTV3_GOT_MORE;
}

/* Entries away, or to the sink: what of them the slice covers. With A. */
static void take(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, struct gv3_take *k)
{
	uint64_t gfn = r->where >> GNTV3_PAGE_SHIFT;
	uint32_t i, to;

	if (r->state == GV3_DYING_REC) {
		/* Its entries are gone, and its vCPU has yet to flush. */
		if (!GV3_MUTANT(DYING_IGNORED))
			k->flush = true;
		return;
	}
	if (rec_pv(r)) {
		overlap(r, k, &i, &to);
		pv_take(cur, t, r, k, i, to);
		return;
	}
	if (r->order) {
		bool part = k->first > r->ref || k->last < r->ref + rec_pages(r) - 1;

		if (!rec_reserve(r) || !(r->sink || (r->hole && part)) ||
		    GV3_MUTANT(RESERVE_UNUSED)) {
			take_entry(cur, t, r, k);
			return;
		}
		/* From here on it has 4K entries: the first one that is changed splits it, by the reserve. */
		r->order = 0;
		r->pages = GV3_SLOTS;
	}
	for (overlap(r, k, &i, &to); i <= to; i++) {
		uint64_t *f = rec_frame(r, i), mfn = *f & GV3_F_MFN;
		int rc;

		if (*f & GV3_F_GONE)
			continue;
		if (!r->hole && !r->sink && !GV3_MUTANT(TAKES_ALL)) {
			k->outcomes |= GNTV3_GOT_KEPT;
			continue;
		}
		if (r->sink)
			rc = gv3_as_point(cur, t->grantee, gfn + i, mfn, 0,
					  GV3_MUTANT(ONE_SINK) && t->next ? t->next->sink_mfn
									  : t->sink_mfn,
					  r->write);
		else
			rc = gv3_as_clear(cur, t->grantee, gfn + i, mfn, 0);
		if (rc)
			gv3_broken(cur, t->grantee, "an entry is not what was mapped");
		*f |= GV3_F_TAKEN;
		r->taken = 1;
		k->flush = true;
		k->pages++;
		k->outcomes |= r->sink ? GNTV3_GOT_SINK : GNTV3_GOT_HOLE;
	}
}

/* After the flush: the references of what was taken, and the record if nothing of it is left. */
static void settle(gv3_cpu *cur, struct gv3_tree *t, uint32_t n, struct gv3_rec *r,
		   const struct gv3_take *k)
{
	uint32_t i, to;

	if (!r->taken)
		return;
	for (overlap(r, k, &i, &to); i <= to; i++) {
		uint64_t *f = rec_frame(r, i);

		if (rec_pv(r)) {
			if (pv_settle(cur, t, r, f) && !GV3_MUTANT(REVOKE_SILENT))
				note_taken(cur, t, n, i);
			continue;
		}
		if (!(*f & GV3_F_TAKEN))
			continue;
		if (!GV3_MUTANT(KEEPS_REF))
			gv3_run_put(cur, t->granter, *f & GV3_F_MFN, (unsigned)r->order, r->write,
				    r->write);
		*f = r->sink && !r->order ? GV3_F_SINK : GV3_F_HOLE;
		if (!GV3_MUTANT(REVOKE_SILENT))
			note_taken(cur, t, n, i);
	}
	r->taken = 0;
	if (!rec_pv(r))
		r->revoked = 1;
	for (i = 0; i < rec_entries(r); i++)
		if (!(*rec_frame(r, i) & GV3_F_GONE))
			return;
	if (rec_reserve(r))
		gv3_as_reserve(cur, t->grantee, -1);
	shadow_del(cur, t, n, r);
	r->state = GV3_GONE;
}

/* Of one list what touches the slice. Records may leave the list on the way. */
static void each_of(gv3_cpu *cur, struct gv3_tree *t, uint32_t n, struct gv3_take *k)
{
	uint32_t next;

	for (; n; n = next) {
		struct gv3_rec *r = rec_at(t, n);

		next = r->next;
		if (r->ref > k->last || r->ref + rec_pages(r) <= k->first)
			continue;
		if (k->settle)
			settle(cur, t, n, r, k);
		else
			take(cur, t, r, k);
	}
}

/* One half of a slice: every record that touches its references, each once. */
static void each(gv3_cpu *cur, struct gv3_tree *t, struct gv3_take *k)
{
	/* A region whose last record goes is kept for a while: shadow_idle(). */
	struct gv3_region *region = shadow_find(t, k->first, 0);
	unsigned a = GV3_SLOTS + slot_of(k->first, 0), b = GV3_SLOTS + slot_of(k->last, 0), h;
	unsigned level;

	for (; region && a; a >>= 1, b >>= 1) {
		if (GV3_MUTANT(LOW_HEADS) && a < GV3_SLOTS)
			break;
		for (h = a; h <= b; h++)
			each_of(cur, t, region->head[h], k);
	}
	for (level = 1; level < 3 && !GV3_MUTANT(UPPER_LISTS); level++) {
		const struct gv3_shadow *s = shadow_find(t, k->first, level);

		if (s)
			each_of(cur, t, s->head[slot_of(k->first, level)], k);
	}
}

/* A slice: the references from first to last, of one region, in every mapping. With the tree's lock. */
static void revoke_slice(gv3_cpu *cur, struct gv3_tree *t, struct gv3_take *k)
{
	k->settle = k->flush = false;
	gv3_as_lock(cur, t->grantee);
	each(cur, t, k);
	gv3_as_unlock(cur, t->grantee);
	if (!k->flush)
		return;
	k->settle = true;
	if (GV3_MUTANT(REVOKE_EARLY_PUT))
		each(cur, t, k);
	if (!GV3_MUTANT(REVOKE_NO_FLUSH))
		gv3_as_flush(cur, t->grantee);
	each(cur, t, k);
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

	*past = end;
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
static int revoke_range(gv3_cpu *cur, struct gv3_tree *t, uint64_t *at, uint64_t end, bool check,
			struct gv3_take *k)
{
	while (*at < end) {
		uint64_t stop = least(end, (*at | (GV3_SLOTS - 1)) + 1);
		uint64_t past = end;
		uint64_t clear = check ? not_clear(cur, t, *at, stop, &past) : stop;

		if (t->grantee && shadow_next(t, *at, clear) < clear) {
			k->first = *at;
			k->last = clear - 1;
			revoke_slice(cur, t, k);
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

/* One request: a status, or GV3_AGAIN. */
static int revoke_one(gv3_cpu *cur, gv3_dom *self, struct gnttab_v3_revoke *r)
{
	struct gv3_take k = { .from = r->ref, .to = r->ref + r->count - 1 };
	struct gv3_tree *t;
	uint64_t at;
	int rc;

	if (r->pad ||
	    (r->flags & ~(GNTV3_REVOKE_CHECK | GNTV3_REVOKE_BLOCK | GNTV3_REVOKE_UNBLOCK)) ||
	    (r->flags & GNTV3_REVOKE_UNBLOCK && r->flags != GNTV3_REVOKE_UNBLOCK))
		return GNTST_general_error;
	if (!r->count || r->ref >= GNTV3_MAX_REF || r->count > GNTV3_MAX_REF - r->ref ||
	    r->done > r->count)
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
		rc = revoke_range(cur, t, &at, r->ref + r->count, r->flags & GNTV3_REVOKE_CHECK,
				  &k);
		r->done = at - r->ref;
		r->pages += k.pages;
		r->outcomes |= k.outcomes;
	}
	gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	return rc;
}
