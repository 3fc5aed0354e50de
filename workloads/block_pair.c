// SPDX-License-Identifier: GPL-2.0-only
/* The two ends of a paravirtual disk, as far as they share memory. */
#include "block_pair.h"

#define TOUCH	    64u
#define PURGE_SHARE 20
#define INDIRECT_LEN                                                                               \
	8 /* bytes of one segment in an indirect page: reference, first, last sector               \
	   */

static bool wants_indirect(unsigned segs)
{
	return segs > GNB_BLK_RING_SEGS;
}

static unsigned seg_len(const struct gnb_blk_request *q, unsigned i)
{
	unsigned left = q->bytes - i * GNB_PAGE_SIZE;

	return left < GNB_PAGE_SIZE ? left : GNB_PAGE_SIZE;
}

static void *user_page(struct gnb_blk_pair *r, const struct gnb_blk_request *q, unsigned i)
{
	return r->ram[(q->first_page + i) % GNB_BLK_USER_PAGES];
}

/* What must arrive on the other side: differs by request, segment and word. */
static void pattern(struct gnb_blk_pair *r, unsigned seg, void *buf, unsigned len)
{
	uint64_t *w = buf, v = (r->seq << 16 | seg) * 0x9e3779b97f4a7c15ull;

	for (unsigned i = 0; i < len / sizeof(*w); i++)
		w[i] = v + i;
}

static unsigned touch_len(struct gnb_blk_pair *r, const struct gnb_blk_request *q, unsigned i)
{
	return r->full ? seg_len(q, i) : TOUCH;
}

static int check(struct gnb_side *s, struct gnb_blk_pair *r, const struct gnb_blk_request *q,
		 unsigned i, const void *got)
{
	uint64_t want[GNB_PAGE_SIZE / 8];
	unsigned len = touch_len(r, q, i);

	pattern(r, i, want, len);
	if (memcmp(want, got, len))
		return gnb_fail(s, -EIO, "wrong data in segment %u of %u of a %s", i, q->n,
				q->write ? "write" : "read");
	return 0;
}

/* Backend: map n slots with one hypercall. */
static int map_slots(struct gnb_blk_pair *r, struct gnb_blk_slot **slot, unsigned n, bool readonly)
{
	int rc;

	for (unsigned i = 0; i < n; i++)
		gnb_map_set(&r->maps, i, r->addr[slot[i]->idx], slot[i]->ref, readonly);
	rc = gnb_map_call(&r->maps, r->back, 0, n);
	for (unsigned i = 0; i < n && !rc; i++) {
		rc = gnb_map_check(&r->maps, i);
		if (rc)
			break;
		slot[i]->handle = gnb_map_handle(&r->maps, i);
		slot[i]->mapped = true;
	}
	return rc;
}

/* Backend: unmap n slots with one hypercall. */
static int unmap_slots(struct gnb_blk_pair *r, struct gnb_blk_slot **slot, unsigned n)
{
	int rc;

	for (unsigned i = 0; i < n; i++)
		gnb_unmap_set(&r->maps, i, r->addr[slot[i]->idx], slot[i]->handle);
	rc = gnb_unmap_call(&r->maps, r->back, 0, n);
	for (unsigned i = 0; i < n && !rc; i++) {
		rc = gnb_unmap_check(&r->maps, i);
		if (rc)
			break;
		slot[i]->mapped = false;
		r->kept -= slot[i]->kept;
		slot[i]->kept = false;
	}
	return rc;
}

/* Frontend: a free slot, granted. */
static struct gnb_blk_slot *grant(struct gnb_blk_pair *r, unsigned page, bool readonly)
{
	struct gnb_blk_slot *sl = TAILQ_FIRST(&r->free);

	TAILQ_REMOVE(&r->free, sl, free);
	sl->used = r->seq;
	if (!sl->published) {
		if (!r->persistent)
			sl->page = page;
		gnb_grant_publish(&r->tab, sl->ref, r->mapper, r->frame[sl->page],
				  readonly && !r->persistent);
		sl->published = true;
	}
	return sl;
}

/* Frontend: the request is done with a slot. What the backend keeps stays granted. */
static int release(struct gnb_side *s, struct gnb_blk_pair *r, struct gnb_blk_slot *sl)
{
	if (r->persistent && gnb_grant_in_use(&r->tab, sl->ref)) {
		TAILQ_INSERT_HEAD(&r->free, sl, free);
		return 0;
	}
	if (gnb_grant_end(&r->tab, sl->ref))
		return gnb_fail(s, -EBUSY, "reference %u is in use after its unmap", sl->ref);
	sl->published = false;
	if (r->persistent)
		TAILQ_INSERT_TAIL(&r->free, sl, free);
	else
		TAILQ_INSERT_HEAD(&r->free, sl, free);
	return 0;
}

/* Backend: map what is not mapped yet, and decide what is to stay. */
static int back_map(struct gnb_blk_pair *r, struct gnb_blk_request *q, struct gnb_blk_slot **slot,
		    unsigned n, bool readonly)
{
	struct gnb_blk_slot *todo[GNB_BLK_SEGS_MAX];
	unsigned nr = 0;
	int err;

	for (unsigned i = 0; i < n; i++)
		if (!slot[i]->mapped)
			todo[nr++] = slot[i];
	if (!nr)
		return 0;
	err = map_slots(r, todo, nr, readonly && !r->persistent);
	if (err || !r->persistent)
		return err;
	for (unsigned i = 0; i < nr; i++) {
		todo[i]->kept = r->kept < r->cap;
		r->kept += todo[i]->kept;
		q->overflow |= !todo[i]->kept;
	}
	return 0;
}

static int back_unmap(struct gnb_blk_pair *r, struct gnb_blk_slot **slot, unsigned n)
{
	struct gnb_blk_slot *todo[GNB_BLK_SEGS_MAX];
	unsigned nr = 0;

	for (unsigned i = 0; i < n; i++)
		if (!slot[i]->kept)
			todo[nr++] = slot[i];
	return nr ? unmap_slots(r, todo, nr) : 0;
}

/* Backend: read the references from the indirect page, as the frontend wrote them. */
static int back_indirect(struct gnb_side *s, struct gnb_blk_pair *r, struct gnb_blk_request *q,
			 struct gnb_blk_slot *page)
{
	uint32_t seg[GNB_BLK_SEGS_MAX][INDIRECT_LEN / 4];
	int err = back_map(r, q, &page, 1, true);

	if (!err)
		err = s->t->touch(r->back, r->addr[page->idx], 0, seg, q->n * INDIRECT_LEN, false);
	if (err)
		return s->why[0] ? err : gnb_fail(s, err, "the indirect page cannot be read");
	for (unsigned i = 0; i < q->n; i++)
		if (seg[i][0] != r->seg[i]->ref)
			return gnb_fail(s, -EIO, "indirect segment %u is reference %u, not %u", i,
					seg[i][0], r->seg[i]->ref);
	return back_unmap(r, &page, 1);
}

static int back_touch(struct gnb_side *s, struct gnb_blk_pair *r, const struct gnb_blk_request *q)
{
	uint64_t buf[GNB_PAGE_SIZE / 8];

	for (unsigned i = 0; i < q->n; i++) {
		unsigned len = touch_len(r, q, i);
		int err;

		if (!q->write)
			pattern(r, i, buf, len);
		err = s->t->touch(r->back, r->addr[r->seg[i]->idx], 0, buf, len, !q->write);
		if (err)
			return gnb_fail(s, err, "segment %u of %u cannot be %s", i, q->n,
					q->write ? "read" : "written");
		if (q->write) {
			err = check(s, r, q, i, buf);
			if (err)
				return err;
		}
	}
	return 0;
}

/* The whole of one request on the ring: frontend, backend, frontend. */
int gnb_blk_request(struct gnb_side *s, struct gnb_blk_pair *r, struct gnb_blk_request *q)
{
	struct gnb_blk_slot *indirect = NULL;
	int err;

	r->seq++;
	if (wants_indirect(q->n))
		indirect = grant(r, GNB_BLK_USER_PAGES, true);
	for (unsigned i = 0; i < q->n; i++) {
		r->seg[i] = grant(r, (q->first_page + i) % GNB_BLK_USER_PAGES, q->write);
		if (q->write) {
			pattern(r, i, user_page(r, q, i), touch_len(r, q, i));
			if (r->persistent)
				memcpy(r->ram[r->seg[i]->page], user_page(r, q, i), seg_len(q, i));
		}
		if (indirect) {
			uint32_t *d = r->ram[indirect->page];

			__atomic_store_n(&d[i * 2], r->seg[i]->ref, __ATOMIC_RELAXED);
			/* First sector 0, and the last one. */
			__atomic_store_n(&d[i * 2 + 1], (seg_len(q, i) / GNB_BLK_SECTOR - 1) << 8,
					 __ATOMIC_RELAXED);
		}
	}

	err = indirect ? back_indirect(s, r, q, indirect) : 0;
	if (!err)
		err = back_map(r, q, r->seg, q->n, q->write);
	if (!err)
		err = back_touch(s, r, q);
	if (!err)
		err = back_unmap(r, r->seg, q->n);
	if (err)
		return err;

	/* Released last first, so that the next request takes them in the same order. */
	for (unsigned i = q->n; i-- > 0 && !err;) {
		if (r->persistent && !q->write)
			memcpy(user_page(r, q, i), r->ram[r->seg[i]->page], seg_len(q, i));
		err = release(s, r, r->seg[i]);
		if (!err && !q->write)
			err = check(s, r, q, i, user_page(r, q, i));
	}
	if (!err && indirect)
		err = release(s, r, indirect);
	return err;
}

/* Backend: let the least recently used kept mappings go. The frontend need not know. */
int gnb_blk_purge(struct gnb_blk_pair *r)
{
	unsigned n = r->cap / PURGE_SHARE ? r->cap / PURGE_SHARE : 1;
	struct gnb_blk_slot *old[GNB_BLK_SEGS_MAX];
	unsigned nr = 0;

	for (; nr < n && nr < GNB_BLK_SEGS_MAX; nr++) {
		struct gnb_blk_slot *best = NULL;

		for (unsigned i = 0; i < r->nr_slots; i++) {
			struct gnb_blk_slot *sl = &r->slot[i];
			bool taken = false;

			for (unsigned k = 0; k < nr; k++)
				taken |= old[k] == sl;
			if (sl->kept && !taken && (!best || sl->used < best->used))
				best = sl;
		}
		if (!best)
			break;
		old[nr] = best;
	}
	return nr ? unmap_slots(r, old, nr) : 0;
}

unsigned gnb_blk_slots_of(unsigned segs)
{
	return segs + wants_indirect(segs);
}

int gnb_blk_check_table(struct gnb_side *s, struct gnb_blk_pair *r)
{
	if (r->kept > r->cap)
		return gnb_fail(s, -EIO, "%u mappings kept, cap %u", r->kept, r->cap);
	for (unsigned i = 0; i < r->nr_slots; i++) {
		struct gnb_blk_slot *sl = &r->slot[i];

		if (gnb_grant_in_use(&r->tab, sl->ref) != sl->mapped)
			return gnb_fail(s, -EIO, "reference %u: the entry says %smapped", sl->ref,
					sl->mapped ? "not " : "");
		if (!sl->published && !gnb_grant_is_free(&r->tab, sl->ref))
			return gnb_fail(s, -EIO, "reference %u is not free", sl->ref);
	}
	return 0;
}

int gnb_blk_pair_init(struct gnb_side *s, struct gnb_blk_pair *r)
{
	unsigned n = gnb_blk_slots_of(r->segs);
	int err;

	TAILQ_INIT(&r->free);
	r->back = s->t->vcpu(s->m, GNB_MAPPER, 0);
	r->mapper = s->t->domid(s->m, GNB_MAPPER);
	r->slot = calloc(n, sizeof(*r->slot));
	if (!r->slot)
		return gnb_fail(s, -ENOMEM, "no memory for %u grants", n);
	err = gnb_maps_init(&r->maps, s, n);
	if (err)
		return err;
	/* What is kept is let go page by page. */
	if (r->maps.r)
		r->maps.r->apart = r->persistent;
	err = gnb_gtab_init(&r->tab, s, n, GNB_TREE_LEVELS);
	if (!err)
		err = gnb_gtab_watch(&r->tab, s);
	if (err)
		return err;
	for (unsigned i = 0; i < GNB_BLK_USER_PAGES + n; i++) {
		r->ram[i] = s->t->ram(s->m, i);
		r->frame[i] = s->t->frame(s->m, i);
	}
	for (unsigned i = 0; i < n; i++) {
		struct gnb_blk_slot *sl = &r->slot[i];

		sl->idx = i;
		sl->ref = GNB_FIRST_REF + i;
		sl->page = GNB_BLK_USER_PAGES + i;
		r->addr[i] = s->t->map_addr(s->m, i);
		TAILQ_INSERT_TAIL(&r->free, sl, free);
	}
	r->nr_slots = n;
	return 0;
}

void gnb_blk_pair_fini(struct gnb_blk_pair *r)
{
	for (unsigned i = 0; i < r->nr_slots; i++) {
		struct gnb_blk_slot *sl = &r->slot[i];

		/* What stays behind is found by the machine's leak check. */
		if (sl->mapped)
			unmap_slots(r, &sl, 1);
		if (sl->published)
			gnb_grant_end(&r->tab, sl->ref);
	}
	r->nr_slots = 0;
	gnb_gtab_fini(&r->tab);
	free(r->slot);
	r->slot = NULL;
}
