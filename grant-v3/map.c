/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * GNTTABOP_v3_map. The whole of a piece is made with the tree's lock held: walked, latched, mapped,
 * and hung up where a revoke finds it. That is what closes the race between the two.
 */

#define MAP_FLAGS                                                                                  \
	(GNTV3_MAP_READONLY | GNTV3_MAP_HOST | GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK |             \
	 GNTV3_ACCEPT_READONLY | GNTV3_ACCEPT_2M | GNTV3_ACCEPT_1G | GNTV3_RESERVE)

/* The flags of a PV caller, which may want more, but nothing that it cannot have. */
static bool pv_flags_good(unsigned kind, const struct gnttab_v3_map *m)
{
	bool iommu = kind & GV3_IOMMU;

	if (m->flags & ~(MAP_FLAGS | GNTV3_MAP_DEVICE | GNTV3_MAP_PTE))
		return false;
	/* What a device reaches it reaches by the frame's own number, where no sink can be. */
	if (iommu && (m->flags & (GNTV3_ACCEPT_SINK | GNTV3_ACCEPT_HOLE)) == GNTV3_ACCEPT_SINK)
		return false;
	if (m->flags & GNTV3_MAP_DEVICE && !iommu)
		return false;
	if (m->flags & GNTV3_MAP_PTE)
		return m->flags & GNTV3_MAP_HOST && m->count == 1;
	return m->flags & (GNTV3_MAP_HOST | GNTV3_MAP_DEVICE);
}

/* Where a PV caller wants it: linear addresses, one after the other, an entry, or nowhere. */
static bool pv_addr_good(const struct gnttab_v3_map *m)
{
	if (!(m->flags & GNTV3_MAP_HOST))
		return !m->addr;
	if (m->flags & GNTV3_MAP_PTE)
		return !(m->addr & GV3_PV_BITS);
	return !(m->addr & ((1u << GNTV3_PAGE_SHIFT) - 1)) &&
	       m->count <= (UINT64_MAX - m->addr) >> GNTV3_PAGE_SHIFT;
}

static int check_map(unsigned kind, const struct gnttab_v3_map *m)
{
	bool pv = is_pv(kind);

	if (pv ? !pv_flags_good(kind, m) : (m->flags & ~MAP_FLAGS) || !(m->flags & GNTV3_MAP_HOST))
		return GNTST_general_error;
	/* Here a count of 0 is too many. */
	if (m->count - 1 >= GNTV3_MAX_COUNT || m->done > m->count)
		return GNTST_general_error;
	if (m->ref > GNTV3_MAX_REF - m->count)
		return GNTST_bad_gntref;
	if (pv)
		return pv_addr_good(m) ? GNTST_okay : GNTST_bad_virt_addr;
	if (m->addr & ((1u << GNTV3_PAGE_SHIFT) - 1) ||
	    m->addr > (1ull << GV3_ADDR_BITS) - ((uint64_t)m->count << GNTV3_PAGE_SHIFT))
		return GNTST_bad_virt_addr;
	return GNTST_okay;
}

/* Is one of n references blocked? */
static gv3_rare bool in_block(const struct gv3_tree *t, uint64_t ref, uint64_t n)
{
	unsigned i;

	for (i = 0; i < t->blocks; i++)
		if (ref < t->block[i].first + t->block[i].count && t->block[i].first < ref + n)
			return !GV3_MUTANT(BLOCK_IGNORED);
	return false;
}

static inline bool blocked(const struct gv3_tree *t, uint64_t ref, uint64_t n)
{
	return t->blocks && in_block(t, ref, n);
}

/* The frames of up to n references, each with a reference taken: how many in *got, and what stopped it. */
static int latch(gv3_cpu *cur, struct gv3_tree *t, uint64_t ref, uint32_t n, bool write,
		 uint64_t *mfn, uint32_t *got)
{
	struct gv3_leaf leaf;
	uint64_t frame;
	uint32_t i;
	int rc;

	if (GV3_MUTANT(WALK_UNLOCKED))
		gv3_unlock(cur, &t->lock, GV3_LVL_TREE);
	rc = walk(cur, t, ref, &leaf);
	for (i = 0; rc == GNTST_okay && i < n; i += rc == GNTST_okay) {
		if (blocked(t, ref + i, 1))
			rc = GNTST_eagain;
		else
			rc = leaf_frame(cur, &leaf, ref + i, write, &frame);
		if (rc == GNTST_okay)
			rc = frame_status(gv3_run_get(cur, t->granter, frame, 0, write, &mfn[i]));
	}
	*got = i;
	walk_done(cur, t, &leaf);
	if (GV3_MUTANT(WALK_UNLOCKED))
		gv3_lock(cur, &t->lock, GV3_LVL_TREE);
	return rc;
}

static int as_status(int rc)
{
	return rc == -EEXIST   ? GNTST_bad_virt_addr
	       : rc == -ENOSPC ? GNTST_no_device_space
			       : GNTST_no_space;
}

/* Map what was latched, as far as it goes. */
static int map_frames(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, const uint64_t *mfn,
		      uint32_t n, uint32_t *done)
{
	uint64_t gfn = r->where >> GNTV3_PAGE_SHIFT;
	uint32_t i;
	int rc = 0;

	if (rec_pv(r))
		return pv_map(cur, t, r, n, done);
	gv3_as_lock(cur, t->grantee);
	for (i = 0; i < n; i++) {
		rc = gv3_as_map(cur, t->grantee, gfn + i, mfn[i], 0, r->write);
		if (rc)
			break;
	}
	gv3_as_unlock(cur, t->grantee);
	*done = i;
	return rc ? as_status(rc) : GNTST_okay;
}

/* What a record says from the start: of so many pages by entries of 4K, or of one larger entry. */
static void terms(const struct gnttab_v3_map *m, struct gv3_rec *r, uint64_t where, uint32_t pages,
		  unsigned order)
{
	uint16_t flags = m->flags;

	/* At once: field by field it is five times the work. */
	*r = (struct gv3_rec){
		.where = where,
		.ref = m->ref + m->done,
		.pages = pages,
		.order = order,
		.level = order / GNTV3_LEVEL_BITS,
		.state = GV3_LIVE,
		.write = !(flags & GNTV3_MAP_READONLY),
		.hole = !!(flags & GNTV3_ACCEPT_HOLE),
		.sink = !!(flags & GNTV3_ACCEPT_SINK),
		.readonly = !!(flags & GNTV3_ACCEPT_READONLY),
	};
}

static gv3_rare bool make_sink(gv3_cpu *cur, struct gv3_tree *t)
{
	if (is_pv(t->kind))
		return pv_have_sink(cur, t);
	t->sink = gv3_page_alloc(cur, t->grantee);
	if (t->sink)
		t->sink_mfn = gv3_page_mfn(cur, t->sink);
	return t->sink;
}

/* The tree's sink is there when it may be needed, since a revoke does not allocate. */
static bool have_sink(gv3_cpu *cur, struct gv3_tree *t, const struct gnttab_v3_map *m)
{
	return t->sink_mfn || !(m->flags & GNTV3_ACCEPT_SINK) || make_sink(cur, t);
}

/*
 * A record for n pages of 4K of one region, latched and mapped as far as that goes: *done of them.
 * What of its pages is not mapped is as if it had been revoked.
 */
static int fill(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r, uint32_t n, uint32_t *done)
{
	uint64_t *mfn = &r->frame;
	uint32_t got, i;
	int rc, later;

	if (n > 1) {
		mfn = list_get(cur, t, n);
		if (!mfn)
			return GNTST_no_space;
		r->frame = (uintptr_t)mfn;
		r->list = 1;
	}
	rc = latch(cur, t, r->ref, n, r->write, mfn, &got);
	if (!got)
		return rc;
	later = map_frames(cur, t, r, mfn, got, done);
	if (*done == n)
		return GNTST_okay;
	for (i = *done; i < got; i++)
		gv3_run_put(cur, t->granter, mfn[i], 0, r->write, false);
	for (i = *done; i < n; i++)
		mfn[i] = GV3_F_HOLE;
	return later ? later : rc;
}

/* A piece of n pages of 4K, all of one region, from the request's next reference on. Its record, or 0. */
static int map_piece(gv3_cpu *cur, struct gv3_tree *t, const struct gnttab_v3_map *m, uint32_t n,
		     uint32_t *number, struct gv3_rec **made, uint32_t *done)
{
	uint64_t ref = m->ref + m->done;
	int rc = GNTST_no_space;
	struct gv3_rec *r;
	uint32_t *list;
	void *node;

	*number = *done = 0;
	/* Before the shadow gets a place for it. */
	if (beyond(t, ref))
		return GNTST_bad_gntref;
	if (blocked(t, ref, 1))
		return GNTST_eagain;
	if (!have_sink(cur, t, m))
		return rc;
	list = shadow_list(cur, t, ref, n, 0, true, &node);
	if (!list) {
		shadow_trim(cur, t, ref);
		return rc;
	}
	if (list_room(t, *list))
		*number = rec_get(cur, t, &r);
	if (*number) {
		terms(m, r,
		      is_pv(t->kind) ? pv_where(t, m)
				     : m->addr + ((uint64_t)m->done << GNTV3_PAGE_SHIFT),
		      n, 0);
		rc = fill(cur, t, r, n, done);
		if (*done) {
			shadow_add(r, *number, list, node);
			*made = r;
			return rc;
		}
		rec_put(cur, t, *number, r);
		*number = 0;
	}
	if (shadow_empty(node, 0))
		shadow_idle(cur, t, ref >> GNTV3_LEVEL_BITS);
	return rc;
}

/* ---- larger entries ---- */

/* The first of the frames that 1 << order references name, aligned and one after the other; false: they do not. */
static bool large_frame(gv3_cpu *cur, struct gv3_tree *t, uint64_t ref, unsigned order, bool write,
			uint64_t *first)
{
	struct gv3_leaf leaf;
	uint64_t frame, i;
	bool ok;

	ok = walk(cur, t, ref, &leaf) == GNTST_okay &&
	     leaf_frame(cur, &leaf, ref, write, first) == GNTST_okay &&
	     !(*first & ((1ull << order) - 1));
	if (ok && slot_shift(leaf.level) < order) {
		/* A run of leaves: of 4K ones only, since a leaf of 2M is a large entry by itself. */
		ok = !leaf.level && order == GNTV3_LEVEL_BITS;
		for (i = 1; ok && i < 1ull << order; i++)
			ok = leaf_frame(cur, &leaf, ref + i, write, &frame) == GNTST_okay &&
			     (frame == *first + i || GV3_MUTANT(RUN_LOOSE));
	}
	walk_done(cur, t, &leaf);
	return ok;
}

/* With RESERVE: what it takes to take back a part. */
static bool reserve(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r)
{
	uint64_t *frames = list_get(cur, t, GV3_SLOTS);

	if (frames && !GV3_MUTANT(NO_RESERVE) && gv3_as_reserve(cur, t->grantee, 1)) {
		list_put(cur, t, frames, GV3_SLOTS);
		frames = NULL;
	}
	r->frame = (uintptr_t)frames;
	r->list = !!frames;
	return frames;
}

/* An entry for what the record says, frames and all. */
static bool map_entry(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec *r)
{
	unsigned order = (unsigned)r->order;
	uint64_t frame, mfn, i;
	int rc;

	if (!large_frame(cur, t, r->ref, order, r->write, &frame) ||
	    gv3_run_get(cur, t->granter, frame, order, r->write, &mfn))
		return false;
	for (i = 0; i < (r->list ? rec_pages(r) : 1); i++)
		*rec_frame(r, (uint32_t)i) = mfn + i;
	gv3_as_lock(cur, t->grantee);
	rc = gv3_as_map(cur, t->grantee, r->where >> GNTV3_PAGE_SHIFT, mfn, order, r->write);
	gv3_as_unlock(cur, t->grantee);
	if (rc)
		gv3_run_put(cur, t->granter, mfn, order, r->write, false);
	return !rc;
}

/* Does the request want an entry of this order here, as far as it says itself? */
static bool wants_large(const struct gv3_tree *t, const struct gnttab_v3_map *m, unsigned order)
{
	uint64_t in = (1ull << order) - 1, gfn = (m->addr >> GNTV3_PAGE_SHIFT) + m->done;
	unsigned flag = order == GNTV3_LEVEL_BITS ? GNTV3_ACCEPT_2M : GNTV3_ACCEPT_1G;
	/* What is paid for is to split 2M. */
	bool may = order == GNTV3_LEVEL_BITS || !(m->flags & GNTV3_RESERVE);

	/* A sink in the place of a large entry takes a table: that of the reserve. */
	if (!(m->flags & (GNTV3_RESERVE | GNTV3_ACCEPT_HOLE)) && m->flags & GNTV3_ACCEPT_SINK)
		may = false;
	return may && m->flags & flag && m->count - m->done > in && !(gfn & in) &&
	       !((m->ref + m->done) & in) && order < slot_shift(t->levels) &&
	       !beyond(t, m->ref + m->done + in);
}

/* A piece that is one larger entry: its record, or 0 if it cannot be had and a smaller one may. */
static gv3_rare uint32_t map_large(gv3_cpu *cur, struct gv3_tree *t, const struct gnttab_v3_map *m,
				   unsigned order)
{
	uint64_t ref = m->ref + m->done;
	unsigned level = order / GNTV3_LEVEL_BITS;
	struct gv3_rec *r;
	uint32_t number, *list;
	void *node;

	if (!wants_large(t, m, order) || blocked(t, ref, 1ull << order) || !have_sink(cur, t, m))
		return 0;
	list = shadow_list(cur, t, ref, 1u << order, level, true, &node);
	number = list && list_room(t, *list) ? rec_get(cur, t, &r) : 0;
	if (number) {
		terms(m, r, m->addr + ((uint64_t)m->done << GNTV3_PAGE_SHIFT), 0, order);
		if ((!(m->flags & GNTV3_RESERVE) || reserve(cur, t, r)) && map_entry(cur, t, r)) {
			shadow_add(r, number, list, node);
			return number;
		}
		if (rec_reserve(r))
			gv3_as_reserve(cur, t->grantee, -1);
		rec_put(cur, t, number, r);
	}
	if (!list)
		shadow_trim(cur, t, ref);
	else if (shadow_empty(node, level))
		shadow_idle(cur, t, ref >> GNTV3_LEVEL_BITS);
	return 0;
}

/* ---- requests ---- */

/* What a request that was left for a while has mapped so far: its last piece, or 0 if it is not so. */
static gv3_rare uint32_t resume(const struct gv3_tree *t, const struct gnttab_v3_map *m)
{
	struct gv3_rec *r = rec_of_handle(t, m->handle);
	uint32_t n = m->handle, pages = 0;

	if (!r || r->ref != m->ref)
		return 0;
	for (;; n = r->chain) {
		r = rec_at(t, n);
		pages += rec_pages(r);
		if (!r->chain)
			return pages == m->done ? n : 0;
	}
}

/*
 * The references that the next piece may be made of, which is what is to be marked before any of them is walked to; may:
 * it can be a larger entry. One of 1G is among them only if there seems to be one: else bytes would be set and
 * cleared of what nobody maps.
 */
static uint32_t reach(gv3_cpu *cur, struct gv3_tree *t, const struct gnttab_v3_map *m, bool may)
{
	uint64_t ref = m->ref + m->done;
	uint32_t left = m->count - m->done, room = GV3_SLOTS - slot_of(ref, 0);
	unsigned order = 2 * GNTV3_LEVEL_BITS;
	struct gv3_leaf leaf;
	bool large = false;

	if (may && wants_large(t, m, order)) {
		large = !t->note.groups ||
			(walk(cur, t, ref, &leaf) == GNTST_okay && slot_shift(leaf.level) == order);
		if (t->note.groups)
			walk_done(cur, t, &leaf);
	}
	return large ? 1u << order : left < room ? left : room;
}

/* All pieces of a request, until one fails. GV3_AGAIN: done and handle say where to go on. */
static int map_pieces(struct gv3_ctx *c, struct gnttab_v3_map *m)
{
	struct gv3_tree *t = c->tree;
	bool pv = is_pv(t->kind), large = !pv && m->flags & (GNTV3_ACCEPT_2M | GNTV3_ACCEPT_1G);
	bool noted = t->note.groups;
	uint32_t last = 0, n, done;
	struct gv3_rec *r = NULL;
	int rc = GNTST_okay;

	if (m->done) {
		last = resume(t, m);
		if (!last)
			return GNTST_bad_handle;
	} else {
		if (m->handle != GNTV3_NO_HANDLE)
			return GNTST_bad_handle;
		m->large = 0;
	}
	while (rc == GNTST_okay && m->done < m->count) {
		uint64_t ref = m->ref + m->done;
		uint32_t most = reach(c->cur, t, m, large), number = 0;

		if (pv && pv_room(m) < most)
			most = pv_room(m);
		if (noted)
			note_mark(c->cur, t, ref, most);
		if (most > GV3_SLOTS)
			number = map_large(c->cur, t, m, 2 * GNTV3_LEVEL_BITS);
		if (large && !number)
			number = map_large(c->cur, t, m, GNTV3_LEVEL_BITS);
		if (number) {
			r = rec_at(t, number);
			done = rec_pages(r);
			m->large++;
		} else {
			n = GV3_SLOTS - slot_of(ref, 0);
			rc = map_piece(c->cur, t, m, most < n ? most : n, &number, &r, &done);
		}
		if (noted)
			note_came(c->cur, t, number, ref, most, done);
		if (!done)
			break;
		if (last) {
			rec_at(t, last)->chain = number;
		} else {
			m->handle = number;
			r->head = 1;
			m->dev_bus_addr = (*rec_frame(r, 0) & GV3_F_MFN) << GNTV3_PAGE_SHIFT;
		}
		last = number;
		m->done += done;
		/* Not before: each call gets further. */
		if (rc == GNTST_okay && m->done < m->count && gv3_preempt(c->cur))
			return GV3_AGAIN;
	}
	return rc;
}

/* One request: a status, or GV3_AGAIN. */
static int map_one(struct gv3_ctx *c, struct gnttab_v3_map *m)
{
	int rc = check_map(c->kind, m);

	if (rc == GNTST_okay)
		rc = ctx_enter(c, m->dom, m->tree, false);
	if (rc != GNTST_okay)
		return rc;
	if (gv3_allowed(c->cur, GNTTABOP_v3_map, c->tree->granter, c->self))
		return GNTST_permission_denied;
	if (tree_waits(c->tree))
		return GNTST_eagain;
	if (c->tree->flags & GNTV3_REVOCABLE_ONLY &&
	    !(m->flags & (GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_SINK)))
		return GNTST_permission_denied;
	if (is_pv(c->kind)) {
		if (c->tree->flags & GNTV3_TRANSLATED_ONLY && !GV3_MUTANT(PV_ALLOWED))
			return GNTST_permission_denied;
		/* For its device only, which has it. */
		if (!(m->flags & GNTV3_MAP_HOST) && c->tree->granter == c->self)
			return GNTST_general_error;
	}
	return map_pieces(c, m);
}
