/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The invariants of version 3 on an idle host, from the records up. Nothing is asked of the core: where a record hangs,
 * what a list may hold and what a domain pays is worked out again.
 */
#include <stdarg.h>
#include <stdio.h>

#include "gv3.h"
#include "v3.h"

struct check {
	struct hv_domain *d;
	struct hv_v3_sum *sum;
	struct gv3_tree *t;
	char *why;
	size_t len;
	int rc;
	uint64_t paid;	   /* by d, as found */
	uint32_t listed;   /* records of the tree at hand */
	uint32_t reserves; /* tables that d's records keep for splitting */
};

static void fail(struct check *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void fail(struct check *c, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (c->rc)
		return;
	c->rc = -EUCLEAN;
	n = snprintf(c->why, c->len, "d%u, version 3: ", c->d->id);
	if (c->t)
		n += snprintf(c->why + n, c->len - (size_t)n, "tree %#x of d%u: ", c->t->id,
			      c->t->granter_id);
	va_start(ap, fmt);
	vsnprintf(c->why + n, c->len - (size_t)n, fmt, ap);
	va_end(ap);
}

static struct gv3_rec *record(const struct gv3_tree *t, uint32_t n)
{
	void **pages = t->dir[n / (GV3_SLOTS * GV3_RECS)];

	return (struct gv3_rec *)pages[n / GV3_RECS % GV3_SLOTS] + n % GV3_RECS;
}

/* ---- records against frames and the p2m ---- */

/* By an entry of the record's order, no part of a larger one. */
static void check_entry(struct check *c, const struct gv3_rec *r, uint64_t gfn, uint64_t mfn,
			bool write)
{
	unsigned order;
	uint64_t e = hv_pt_hw_get(c->d->host, &c->d->p2m.pt, gfn, &order);

	c->sum->entries[c->d->id] += 1ull << r->order;
	if (!e || hv_pte_mfn(e) != mfn || order != r->order ||
	    hv_pte_type(e) != (write ? HV_P2M_V3_RW : HV_P2M_V3_RO) ||
	    !!(e & HV_PTE_WRITE) != write)
		fail(c, "reference %#lx is mapped at gfn %#lx, where there is %#lx",
		     (unsigned long)r->ref, (unsigned long)gfn, (unsigned long)e);
}

/* A page that is mapped by a record: its reference. */
static void check_held(struct check *c, const struct gv3_rec *r, uint64_t mfn, bool write)
{
	struct hv_host *host = c->d->host;

	if (mfn < host->first_ram || mfn >= host->nr_frames) {
		fail(c, "reference %#lx has wild mfn %#lx", (unsigned long)r->ref,
		     (unsigned long)mfn);
		return;
	}
	if (hv_page(host, mfn)->owner != c->t->granter)
		fail(c, "reference %#lx maps mfn %#lx, which is not its granter's",
		     (unsigned long)r->ref, (unsigned long)mfn);
	c->sum->refs[mfn]++;
	c->sum->types[mfn] += write && !hv_translated(c->t->granter);
}

static const uint64_t *record_frames(const struct gv3_rec *r)
{
	return r->list ? (const uint64_t *)(uintptr_t)r->frame : &r->frame;
}

/* A PV mapper's record: its entries lie in one page, which is a page table of its mapper's. */
static void check_pv_place(struct check *c, const struct gv3_rec *r)
{
	uint64_t at = r->where & ~GV3_PV_BITS, mfn = at >> HV_PAGE_SHIFT;
	const struct hv_page *pg;

	if (hv_translated(c->d) || r->where & GV3_PV_LINEAR)
		fail(c, "reference %#lx is mapped at %#lx", (unsigned long)r->ref,
		     (unsigned long)r->where);
	if (!(r->where & GV3_PV_HOST))
		return;
	pg = mfn < c->d->host->nr_frames ? hv_page(c->d->host, mfn) : NULL;
	if (!pg || pg->owner != c->d ||
	    (pg->type_info & HV_PGT_TYPE) != (uint32_t)HV_PGT_L1 << HV_PGT_TYPE_SHIFT ||
	    (at & (HV_PAGE_SIZE - 1)) + r->pages * sizeof(uint64_t) > HV_PAGE_SIZE)
		fail(c, "reference %#lx, %u pages, is mapped by entries at %#lx",
		     (unsigned long)r->ref, (unsigned)r->pages, (unsigned long)at);
}

/* Can the page of which f is the frame be written? */
static bool writes(const struct gv3_rec *r, uint64_t f)
{
	return r->write && !(f & GV3_F_RO);
}

static void check_right(struct check *c, const struct gv3_rec *r, uint32_t i, uint64_t f)
{
	if (f & GV3_F_RO && !(r->write && r->readonly))
		fail(c, "reference %#lx lost a right that it never had, or not to lose",
		     (unsigned long)r->ref + i);
}

static void check_pages(struct check *c, const struct gv3_rec *r)
{
	const uint64_t *frames = record_frames(r);
	unsigned held = 0;

	if (r->where & GV3_PV_BITS)
		check_pv_place(c, r);
	for (unsigned i = 0; i < r->pages && !c->rc; i++) {
		uint64_t gfn = (r->where >> HV_PAGE_SHIFT) + i;
		bool pv = r->where & GV3_PV_BITS, write = writes(r, frames[i]);

		if (frames[i] & (GV3_F_TAKEN | GV3_F_DEVICE))
			fail(c, "reference %#lx is half taken away", (unsigned long)r->ref + i);
		if (frames[i] & GV3_F_HOLE)
			continue;
		if (frames[i] & GV3_F_SINK) {
			if (!r->sink || !c->t->sink_mfn || (!c->t->sink && !pv))
				fail(c, "reference %#lx became a sink that nobody accepted",
				     (unsigned long)r->ref + i);
			if (!pv)
				check_entry(c, r, gfn, c->t->sink_mfn, r->write);
			continue;
		}
		check_right(c, r, i, frames[i]);
		held++;
		/* A PV mapper's entries account for themselves: hv_v3_check_pv(). */
		if (!pv)
			check_entry(c, r, gfn, frames[i] & GV3_F_MFN, write);
		if (!pv || (r->where & GV3_PV_DEVICE && !(frames[i] & GV3_F_LOST)))
			check_held(c, r, frames[i] & GV3_F_MFN, write);
	}
	if ((r->state == GV3_LIVE) != (held != 0))
		fail(c, "reference %#lx, %u pages: state %u with %u mapped", (unsigned long)r->ref,
		     (unsigned)r->pages, (unsigned)r->state, held);
}

/* An entry of 2M or 1G. With a list of frames there is a table for splitting it. */
static void check_large(struct check *c, const struct gv3_rec *r)
{
	const uint64_t *frames = r->list ? (const uint64_t *)(uintptr_t)r->frame : &r->frame;
	uint64_t mfn = frames[0] & GV3_F_MFN, n = 1ull << r->order;
	bool gone = frames[0] & GV3_F_GONE;

	if ((frames[0] & (GV3_F_SINK | GV3_F_TAKEN)) || (r->state == GV3_LIVE) == gone)
		fail(c, "reference %#lx, order %u: state %u, frame %#lx", (unsigned long)r->ref,
		     (unsigned)r->order, (unsigned)r->state, (unsigned long)frames[0]);
	if (gone || c->rc)
		return;
	c->reserves += r->list;
	if (mfn & (n - 1))
		fail(c, "reference %#lx, order %u: mfn %#lx is not aligned", (unsigned long)r->ref,
		     (unsigned)r->order, (unsigned long)mfn);
	check_right(c, r, 0, frames[0]);
	check_entry(c, r, r->where >> HV_PAGE_SHIFT, mfn, writes(r, frames[0]));
	for (uint64_t i = 0; i < n && !c->rc; i++) {
		if (r->list && frames[i] != frames[0] + i)
			fail(c,
			     "reference %#lx: its frames are not in order, or have not one right",
			     (unsigned long)r->ref + i);
		check_held(c, r, mfn + i, writes(r, frames[0]));
	}
}

/* What a record is to be like by its order, and by the level of the shadow that it was made for. */
static bool shape_is_good(const struct gv3_rec *r)
{
	unsigned in = (unsigned)r->ref & (GV3_SLOTS - 1);

	if (r->order)
		return (r->order == 9 || r->order == 18) && r->level == r->order / 9u &&
		       !r->pages && !(r->list && r->order == 18) &&
		       !(r->ref & ((1ull << r->order) - 1)) &&
		       !(r->where >> HV_PAGE_SHIFT & ((1ull << r->order) - 1));
	if (r->level)
		/* It was 2M, and was split. */
		return r->level == 1 && r->pages == GV3_SLOTS && r->list &&
		       (r->revoked || r->readonly) && !in;
	return r->pages && r->pages <= GV3_SLOTS && (r->list != 0) == (r->pages > 1) &&
	       in + r->pages <= GV3_SLOTS;
}

static uint32_t pages_of(const struct gv3_rec *r)
{
	return r->order ? 1u << r->order : (uint32_t)r->pages;
}

static void check_records(struct check *c)
{
	struct gv3_tree *t = c->t;
	uint32_t used = 0, live = 0, free = 0;

	for (uint32_t n = 1; n < t->made && !c->rc; n++) {
		const struct gv3_rec *r = record(t, n);

		if (r->state == GV3_FREE)
			continue;
		used++;
		live += r->state == GV3_LIVE;
		if (r->state == GV3_DYING_REC || r->taken)
			fail(c, "record %u is on its way out, and nobody is at it", n);
		if (!shape_is_good(r))
			fail(c, "record %u: order %u, level %u, %u pages from reference %#lx", n,
			     (unsigned)r->order, (unsigned)r->level, (unsigned)r->pages,
			     (unsigned long)r->ref);
		if ((r->listed != 0) != (r->state == GV3_LIVE))
			fail(c, "record %u: state %u, and %s a list", n, (unsigned)r->state,
			     r->listed ? "in" : "not in");
		c->paid += r->list ? pages_of(r) * sizeof(uint64_t) : 0;
		if (!c->rc && r->order)
			check_large(c, r);
		else if (!c->rc)
			check_pages(c, r);
	}
	for (uint32_t n = t->free; n && free <= t->made && !c->rc; n = record(t, n)->next, free++)
		if (n >= t->made || record(t, n)->state != GV3_FREE)
			fail(c, "record %u is on the free list", n);
	if (used != t->live || used + free + !!t->made != t->made)
		fail(c, "%u records made, %u used, counted as %u, %u free", t->made, used, t->live,
		     free);
	if (live != c->listed)
		fail(c, "%u live records, and %u hang in lists", live, c->listed);
}

/* ---- the shadow ---- */

/* The head that a record of the lowest level hangs at: the smallest run of slots that holds it. */
static unsigned head_of(const struct gv3_rec *r)
{
	unsigned first = (unsigned)r->ref % GV3_SLOTS, last = first + (unsigned)r->pages - 1, k = 0;

	while (first >> k != last >> k)
		k++;
	return (GV3_SLOTS + first) >> k;
}

/*
 * A list: its records touch just the run of slots that it is for, or are as large as its slot. base: of the region, or
 * of the slot.
 */
static uint32_t check_list(struct check *c, uint32_t n, uint64_t base, unsigned level,
			   unsigned head)
{
	uint32_t len = 0;

	for (; n && !c->rc; n = record(c->t, n)->next, len++) {
		const struct gv3_rec *r = n < c->t->made ? record(c->t, n) : NULL;

		if (!r || r->state != GV3_LIVE || len >= c->t->max_maps) {
			fail(c, "level %u, head %u of %#lx: record %u at place %u", level, head,
			     (unsigned long)base, n, len);
			break;
		}
		if (r->level != level ||
		    r->ref >> 9 * (level ? level : 1) << 9 * (level ? level : 1) != base ||
		    (!level && head_of(r) != head))
			fail(c,
			     "record %u, reference %#lx, %u pages, hangs at level %u, head %u of %#lx",
			     n, (unsigned long)r->ref, pages_of(r), level, head,
			     (unsigned long)base);
	}
	return len;
}

static void check_region(struct check *c, const struct gv3_region *g, uint64_t base)
{
	uint32_t found = 0;

	c->paid += HV_PAGE_SIZE;
	for (unsigned h = 1; h < 2 * GV3_SLOTS && !c->rc; h++)
		found += check_list(c, g->head[h], base, 0, h);
	if (found != g->head[0])
		fail(c, "region %#lx counts %u records, and has %u", (unsigned long)base,
		     g->head[0], found);
	c->listed += found;
	if (!found && base / GV3_SLOTS != c->t->idle)
		fail(c, "region %#lx is empty and not the one that is kept", (unsigned long)base);
}

static void check_shadow(struct check *c, const void *node, unsigned level, uint64_t base)
{
	const struct gv3_shadow *s = node;
	uint32_t children = 0, lists = 0;
	bool idle;

	if (c->rc)
		return;
	if (!level) {
		check_region(c, node, base);
		return;
	}
	c->paid += HV_PAGE_SIZE + (s->child ? HV_PAGE_SIZE : 0);
	for (unsigned i = 0; i < GV3_SLOTS; i++) {
		uint64_t at = base | (uint64_t)i << GNTV3_LEVEL_BITS * level;

		if (s->head[i]) {
			lists++;
			c->listed += check_list(c, s->head[i], at, level, i);
		}
		if (!s->child || !s->child[i])
			continue;
		children++;
		check_shadow(c, s->child[i], level - 1, at);
	}
	idle = c->t->idle != GV3_NO_REGION &&
	       c->t->idle * GV3_SLOTS >> GNTV3_LEVEL_BITS * (level + 1) ==
		       base >> GNTV3_LEVEL_BITS * (level + 1);
	if (children != s->children || lists != s->lists || (!children && !lists && !idle))
		fail(c, "a node of level %u counts %u children and %u lists, and has %u and %u",
		     level, s->children, s->lists, children, lists);
}

/* ---- trees ---- */

static uint64_t record_pages(const struct gv3_tree *t)
{
	uint64_t n = t->made / GV3_RECS;

	for (unsigned i = 0; i < GV3_REC_DIRS; i++)
		n += t->dir[i] != NULL;
	return n;
}

/* A tree that is for c->d. */
/* Lists of frames that are kept: as many as a slice has pages, each of what a record may have. */
static void check_spares(struct check *c, const struct gv3_tree *t)
{
	const uint64_t *list = t->spare;
	uint64_t pages = 0;

	for (; list && pages <= GV3_SLICE; list = (const uint64_t *)(uintptr_t)list[0]) {
		if (list[1] < 2 || list[1] > GV3_SLICE)
			fail(c, "a list for %lu frames is kept", (unsigned long)list[1]);
		pages += list[1];
	}
	if (list || pages != t->spare_pages || pages > GV3_SLICE)
		fail(c, "lists for %lu frames are kept, and %u counted", (unsigned long)pages,
		     t->spare_pages);
	c->paid += pages * sizeof(*list);
}

static void check_mine(struct check *c, struct gv3_tree *t)
{
	struct gv3_state *st = t->detached ? NULL : t->granter->v3;

	c->t = t;
	c->listed = 0;
	if (t->grantee != c->d || t->dead || t->lock.head != t->lock.tail ||
	    (t->detached && !t->live))
		fail(c, "in the list of its grantee and not its, dead, locked or idle");
	if (st && (!st->slot || st->slot[t->id % GV3_MAX_TREES] != t))
		fail(c, "is not in its slot");
	if (t->payer != (t->detached ? c->d : t->granter))
		fail(c, "is paid by d%u", t->payer->id);
	c->paid += (t->payer == c->d && t->detached ? HV_PAGE_SIZE : 0) +
		   record_pages(t) * HV_PAGE_SIZE + (t->sink_mfn ? HV_PAGE_SIZE : 0);
	/* A PV mapper's sink is a page of its RAM, which the tree holds. */
	if (t->sink_mfn && !t->sink) {
		c->sum->refs[t->sink_mfn]++;
		c->sum->types[t->sink_mfn]++;
	}
	if (t->top)
		check_shadow(c, t->top, t->top_level, 0);
	check_spares(c, t);
	if (!c->rc)
		check_records(c);
	c->t = NULL;
}

/* Tables that are kept with a p2m, or with an IOMMU's tables: as many as counted, and nothing in them. */
static void check_kept(struct check *c, const struct hv_pt *pt, uint32_t want)
{
	uint32_t n = 0;

	for (const uint64_t *t = pt->kept; t && n <= want; n++) {
		const uint64_t *next = (const uint64_t *)(uintptr_t)t[0];

		for (unsigned i = 1; i < 512; i++)
			if (t[i])
				fail(c, "a table that is kept for splitting has entries");
		t = next;
	}
	if (n != want || pt->nr_kept != want || pt->spends)
		fail(c, "%u tables are kept for splitting, counted as %u, and records want %u", n,
		     pt->nr_kept, want);
	c->paid += (uint64_t)pt->nr_kept << HV_PAGE_SHIFT;
}

/* Slots of the trees that c->d has registered. */
static void check_slots(struct check *c, struct gv3_state *st)
{
	unsigned n = 0;

	c->paid += st->slot ? HV_PAGE_SIZE : 0;
	for (unsigned i = 0; st->slot && i < GV3_MAX_TREES && !c->rc; i++) {
		struct gv3_tree *t = st->slot[i], *other;
		const char *wrong;

		if (!t)
			continue;
		n++;
		c->t = t;
		c->paid += HV_PAGE_SIZE;
		if (t->granter != c->d || t->id % GV3_MAX_TREES != i || t->detached || t->dead)
			fail(c, "in slot %u of d%u", i, c->d->id);
		other = t->grantee ? t->grantee->v3->mine : t;
		while (other && other != t)
			other = other->next;
		if (!other)
			fail(c, "is for d%u, which does not know it", t->grantee->id);
		wrong = hv_v3_check_cached(t, c->sum);
		if (wrong)
			fail(c, "%s", wrong);
		if (t->held && !(t->flags & GNTV3_REBINDABLE))
			fail(c, "waits for an ack, and cannot be bound");
		if (!t->grantee && (t->made || t->top || t->sink_mfn))
			fail(c, "is for nobody, and has records");
		wrong = hv_v3_check_note(t, c->sum, &c->paid);
		if (wrong)
			fail(c, "%s", wrong);
	}
	c->t = NULL;
	if (n != st->trees || n > st->max_trees)
		fail(c, "%u trees of at most %u, counted as %u", n, st->max_trees, st->trees);
}

int hv_v3_check(struct hv_domain *d, struct hv_v3_sum *sum, char *why, size_t len)
{
	struct check c = { .d = d, .sum = sum, .why = why, .len = len };
	struct gv3_state *st = d->v3;
	struct gv3_tree *t;

	if (!st)
		return 0;
	c.paid = sizeof(*st);
	if (st->lock.head != st->lock.tail)
		fail(&c, "the list of trees is locked");
	check_slots(&c, st);
	for (t = st->mine; t && !c.rc; t = t->next)
		check_mine(&c, t);
	check_kept(&c, &d->p2m.pt, c.reserves);
	check_kept(&c, &d->iommu.pt, hv_iommu_sync(d) ? c.reserves : 0);
	if (hv_load(&d->is_dying) && (st->mine || st->trees))
		fail(&c, "it is dead, and has trees");
	if (c.paid != hv_load(&d->v3_bytes))
		fail(&c, "%lu bytes found, %lu charged", (unsigned long)c.paid,
		     (unsigned long)hv_load(&d->v3_bytes));
	return c.rc;
}

void hv_v3_check_pv(const struct hv_domain *d, uint32_t *mapped, uint64_t *track)
{
	for (const struct gv3_tree *t = d->v3 ? d->v3->mine : NULL; t; t = t->next)
		for (uint32_t n = 1; n < t->made; n++) {
			const struct gv3_rec *r = record(t, n);

			for (unsigned i = 0; r->state != GV3_FREE && i < r->pages; i++) {
				uint64_t f = record_frames(r)[i], mfn = f & GV3_F_MFN;

				if (f & GV3_F_HOLE)
					continue;
				if (r->where & GV3_PV_HOST)
					mapped[f & GV3_F_SINK ? t->sink_mfn : mfn]++;
				if (r->where & GV3_PV_DEVICE && !(f & (GV3_F_SINK | GV3_F_LOST)))
					track[mfn] += writes(r, f) ? 1ull << 32 : 1ull;
			}
		}
}
