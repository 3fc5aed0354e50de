/* SPDX-License-Identifier: GPL-2.0-only */
/* Records by number. All with the tree's lock held. */

static struct gv3_rec *rec_at(const struct gv3_tree *t, uint32_t n)
{
	void **page = t->dir[n >> (GNTV3_LEVEL_BITS + GV3_RECS_SHIFT)];

	return (struct gv3_rec *)page[n >> GV3_RECS_SHIFT & (GV3_SLOTS - 1)] + (n & (GV3_RECS - 1));
}

/* The record of a handle that a guest names; NULL: there is none. */
static struct gv3_rec *rec_of_handle(const struct gv3_tree *t, grant_v3_handle_t h)
{
	struct gv3_rec *r;

	if (!h || h >= t->made)
		return NULL;
	r = rec_at(t, (uint32_t)gv3_nospec(h, t->made));
	return r->head && (r->state == GV3_LIVE || r->state == GV3_GONE) ? r : NULL;
}

/* Pages of it, and entries by which it is mapped. */
static uint32_t rec_pages(const struct gv3_rec *r)
{
	return r->order ? 1u << r->order : (uint32_t)r->pages;
}

static uint32_t rec_entries(const struct gv3_rec *r)
{
	return r->order ? 1 : (uint32_t)r->pages;
}

/* Where the frame of its page i is kept; of a larger entry that of page 0 is the entry's. */
static uint64_t *rec_frame(struct gv3_rec *r, uint32_t i)
{
	return r->list ? (uint64_t *)(uintptr_t)r->frame + i : &r->frame;
}

/* Its mapper is a PV domain. */
static bool rec_pv(const struct gv3_rec *r)
{
	return r->where & GV3_PV_BITS;
}

/* Can it write, now, by the entry of which f is the frame? */
static bool rec_writes(const struct gv3_rec *r, uint64_t f)
{
	return r->write && !(f & GV3_F_RO);
}

/* Tables are kept for splitting it. */
static bool rec_reserve(const struct gv3_rec *r)
{
	return r->order && r->list;
}

/*
 * Lists of frames, kept for the next records, as many as a slice may take away: whoever maps the same ranges again and
 * again does not allocate. Of one that is kept the first word leads to the next, and the second says its pages.
 */
static uint64_t *spare_pop(struct gv3_tree *t)
{
	uint64_t *list = t->spare;

	t->spare = (uint64_t *)(uintptr_t)list[0];
	t->spare_pages -= (uint32_t)list[1];
	return list;
}

static void spares_free(gv3_cpu *cur, struct gv3_tree *t, uint32_t most)
{
	while (t->spare_pages > most) {
		uint64_t *list = spare_pop(t);

		gv3_mem_free(cur, t->grantee, list, (unsigned)list[1] * (unsigned)sizeof(*list));
	}
}

/* For so many pages, at least two. NULL: memory. */
static uint64_t *list_get(gv3_cpu *cur, struct gv3_tree *t, uint32_t pages)
{
	unsigned bytes = pages * (unsigned)sizeof(uint64_t);
	uint64_t *list;

	if (t->spare && t->spare[1] == pages)
		return spare_pop(t);
	list = gv3_mem_alloc(cur, t->grantee, bytes);
	if (!list && t->spare) {
		spares_free(cur, t, 0);
		list = gv3_mem_alloc(cur, t->grantee, bytes);
	}
	return list;
}

static void list_put(gv3_cpu *cur, struct gv3_tree *t, uint64_t *list, uint32_t pages)
{
	if (!GV3_MUTANT(LISTS_PILE))
		spares_free(cur, t, pages < GV3_SLICE ? GV3_SLICE - pages : 0);
	list[0] = (uintptr_t)t->spare;
	list[1] = pages;
	t->spare = list;
	t->spare_pages += pages;
	if (GV3_MUTANT(LISTS_FREED))
		spares_free(cur, t, 0);
}

static void rec_push_free(struct gv3_tree *t, uint32_t n, struct gv3_rec *r)
{
	memset(r, 0, sizeof(*r));
	r->next = t->free;
	t->free = n;
}

/* A page more of them, the grantee's. The first record of all has the number of no handle, and is never used. */
static gv3_rare bool more_recs(gv3_cpu *cur, struct gv3_tree *t)
{
	uint32_t first = t->made, i;
	void ***dir = &t->dir[first >> (GNTV3_LEVEL_BITS + GV3_RECS_SHIFT)];
	struct gv3_rec *r;

	if (first >= GV3_MAX_RECS)
		return false;
	if (!*dir)
		*dir = gv3_page_alloc(cur, t->grantee);
	r = *dir ? gv3_page_alloc(cur, t->grantee) : NULL;
	if (!r)
		return false;
	(*dir)[first >> GV3_RECS_SHIFT & (GV3_SLOTS - 1)] = r;
	t->made += GV3_RECS;
	for (i = GV3_RECS; i-- > (first ? 0 : 1);)
		rec_push_free(t, first + i, &r[i]);
	return true;
}

/* A free record, or 0. */
static inline uint32_t rec_get(gv3_cpu *cur, struct gv3_tree *t, struct gv3_rec **r)
{
	uint32_t n;

	if (!t->free && !more_recs(cur, t))
		return 0;
	n = t->free;
	*r = rec_at(t, n);
	t->free = (*r)->next;
	t->live++;
	return n;
}

static void rec_put(gv3_cpu *cur, struct gv3_tree *t, uint32_t n, struct gv3_rec *r)
{
	if (r->list)
		list_put(cur, t, (uint64_t *)(uintptr_t)r->frame, rec_pages(r));
	rec_push_free(t, n, r);
	t->live--;
}

/* All pages of records and lists, when none is in use. */
static void recs_free(gv3_cpu *cur, struct gv3_tree *t)
{
	uint32_t n;

	spares_free(cur, t, 0);
	for (n = 0; n < t->made; n += GV3_RECS) {
		void **page = t->dir[n >> (GNTV3_LEVEL_BITS + GV3_RECS_SHIFT)];

		gv3_page_free(cur, t->grantee, page[n >> GV3_RECS_SHIFT & (GV3_SLOTS - 1)]);
	}
	for (n = 0; n < GV3_REC_DIRS && t->dir[n]; n++)
		gv3_page_free(cur, t->grantee, t->dir[n]);
	t->made = t->free = 0;
	memset(t->dir, 0, sizeof(t->dir));
}
