/* SPDX-License-Identifier: GPL-2.0-only */
/* What a slice takes away: entries first, then one flush, then references. With the tree's lock held. */

/*
 * The entries of a record go, sinks too. With A. -EILSEQ: a PV mapper has changed them, and nothing is done; not with
 * force.
 */
static int clear_entries(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, bool force)
{
	uint64_t gfn = r->where >> GNTV3_PAGE_SHIFT;
	uint32_t i, entries = rec_entries(r);
	const uint64_t *frames = rec_frame(r, 0);

	if (rec_pv(r))
		return pv_clear(cur, t, r, force);
	for (i = 0; i < entries; i++) {
		uint64_t f = frames[i];

		if (f & GV3_F_HOLE)
			continue;
		if (gv3_as_clear(cur, t->grantee, gfn + i,
				 f & GV3_F_SINK ? t->sink_mfn : f & GV3_F_MFN, (unsigned)r->order))
			gv3_broken(cur, t->grantee, "an entry is not what was mapped");
	}
	return 0;
}

/* Is there room for one more piece? For the first one always. */
static bool slice_room(const struct gv3_slice *s, const struct gv3_rec *r)
{
	return !s->n || (s->n < GV3_BLOCK && s->entries + rec_entries(r) <= GV3_SLICE &&
			 s->pages + rec_pages(r) <= GV3_SLICE_PAGES);
}

static void slice_add(struct gv3_slice *s, struct gv3_tree *t, uint32_t n, const struct gv3_rec *r)
{
	s->piece[s->n].tree = t;
	s->piece[s->n].rec = n;
	s->n++;
	s->entries += rec_entries(r);
	s->pages += rec_pages(r);
}

/* A record whose entries are gone and flushed: its references go, and it is free. */
static void finish(gv3_cpu *cur, struct gv3_tree *t, uint32_t n)
{
	struct gv3_rec *r = rec_at(t, n);
	uint32_t i, entries = rec_entries(r);
	const uint64_t *frames = rec_frame(r, 0);

	for (i = 0; i < entries; i++) {
		uint64_t f = frames[i];

		if (rec_pv(r))
			pv_put(cur, t, r, f);
		else if (!(f & GV3_F_GONE))
			gv3_run_put(cur, t->granter, f & GV3_F_MFN, (unsigned)r->order,
				    rec_writes(r, f), rec_writes(r, f));
	}
	if (!GV3_MUTANT(STATUS_EARLY))
		note_rec(cur, t, n, false);
	if (r->listed && rec_reserve(r) && !GV3_MUTANT(RESERVE_LEAK))
		gv3_as_reserve(cur, t->grantee, -1);
	if (r->listed)
		shadow_del(cur, t, n, r);
	rec_put(cur, t, n, r);
}

/* What comes after the flush of a slice of unmaps. No lock is held. */
static void finish_slice(struct gv3_ctx *c)
{
	struct gv3_slice *s = c->slice;
	struct gv3_tree *t = NULL;
	unsigned i;

	for (i = 0; i < s->n; i++) {
		if (s->piece[i].tree != t) {
			t = s->piece[i].tree;
			gv3_lock(c->cur, &t->lock, GV3_LVL_TREE);
		}
		finish(c->cur, t, s->piece[i].rec);
		if (i + 1 < s->n && s->piece[i + 1].tree == t)
			continue;
		if (t->detached && !t->live)
			tree_drop(c->cur, t);
		else
			gv3_unlock(c->cur, &t->lock, GV3_LVL_TREE);
		t = NULL;
	}
	s->n = s->entries = s->pages = 0;
}

/* The flush that is due for a slice of unmaps, and all that comes after it. No lock is held then. */
static void slice_flush(struct gv3_ctx *c)
{
	if (GV3_MUTANT(EARLY_PUT))
		finish_slice(c);
	if (!GV3_MUTANT(UNMAP_NO_FLUSH))
		gv3_as_flush(c->cur, c->self);
	finish_slice(c);
}

static inline void slice_end(struct gv3_ctx *c)
{
	ctx_leave(c);
	if (c->slice->n)
		slice_flush(c);
}
