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
	uint64_t paid;	 /* by d, as found */
	uint32_t listed; /* records of the tree at hand */
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

static void check_entry(struct check *c, const struct gv3_rec *r, uint64_t gfn, uint64_t mfn,
			bool write)
{
	uint64_t e = hv_pt_hw_get(c->d->host, &c->d->p2m.pt, gfn, NULL);

	c->sum->entries[c->d->id]++;
	if (!e || hv_pte_mfn(e) != mfn || hv_pte_type(e) != (write ? HV_P2M_V3_RW : HV_P2M_V3_RO) ||
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

static void check_pages(struct check *c, const struct gv3_rec *r)
{
	const uint64_t *frames = r->list ? (const uint64_t *)(uintptr_t)r->frame : &r->frame;
	unsigned held = 0;

	for (unsigned i = 0; i < r->pages && !c->rc; i++) {
		uint64_t gfn = (r->where >> HV_PAGE_SHIFT) + i;
		bool write;

		if (frames[i] & GV3_F_HOLE)
			continue;
		if (frames[i] & GV3_F_SINK) {
			if (!r->sink || !c->t->sink)
				fail(c, "reference %#lx became a sink that nobody accepted",
				     (unsigned long)r->ref + i);
			check_entry(c, r, gfn, c->t->sink_mfn, r->write);
			continue;
		}
		if (frames[i] & GV3_F_TAKEN)
			fail(c, "reference %#lx is half taken away", (unsigned long)r->ref + i);
		if (frames[i] & GV3_F_RO && !(r->write && r->readonly))
			fail(c, "reference %#lx lost a right that it never had, or not to lose",
			     (unsigned long)r->ref + i);
		held++;
		write = r->write && !(frames[i] & GV3_F_RO);
		check_entry(c, r, gfn, frames[i] & GV3_F_MFN, write);
		check_held(c, r, frames[i] & GV3_F_MFN, write);
	}
	if ((r->state == GV3_LIVE) != (held != 0))
		fail(c, "reference %#lx, %u pages: state %u with %u mapped", (unsigned long)r->ref,
		     (unsigned)r->pages, (unsigned)r->state, held);
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
		if (r->order || !r->pages || r->pages > GV3_SLOTS ||
		    (r->list != 0) != (r->pages > 1) ||
		    (r->ref & (GV3_SLOTS - 1)) + r->pages > GV3_SLOTS)
			fail(c, "record %u: order %u, %u pages from reference %#lx", n,
			     (unsigned)r->order, (unsigned)r->pages, (unsigned long)r->ref);
		if ((r->listed != 0) != (r->state == GV3_LIVE))
			fail(c, "record %u: state %u, and %s a list", n, (unsigned)r->state,
			     r->listed ? "in" : "not in");
		c->paid += r->list ? r->pages * sizeof(uint64_t) : 0;
		if (!c->rc)
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

/* A list: its records touch just the run of slots that it is for. */
static uint32_t check_list(struct check *c, uint32_t n, uint64_t base, unsigned head)
{
	uint32_t len = 0;

	for (; n && !c->rc; n = record(c->t, n)->next, len++) {
		const struct gv3_rec *r = n < c->t->made ? record(c->t, n) : NULL;
		unsigned first, last, k = 0;

		if (!r || r->state != GV3_LIVE || len >= c->t->max_maps) {
			fail(c, "head %u of region %#lx: record %u at place %u", head,
			     (unsigned long)base, n, len);
			break;
		}
		first = (unsigned)r->ref % GV3_SLOTS;
		last = first + (unsigned)r->pages - 1;
		while (first >> k != last >> k)
			k++;
		if (r->ref / GV3_SLOTS * GV3_SLOTS != base || (GV3_SLOTS + first) >> k != head)
			fail(c,
			     "record %u, reference %#lx, %u pages, hangs at head %u of region %#lx",
			     n, (unsigned long)r->ref, (unsigned)r->pages, head,
			     (unsigned long)base);
	}
	return len;
}

static void check_region(struct check *c, const struct gv3_region *g, uint64_t base)
{
	uint32_t found = 0;

	c->paid += HV_PAGE_SIZE;
	for (unsigned h = 1; h < 2 * GV3_SLOTS && !c->rc; h++)
		found += check_list(c, g->head[h], base, h);
	if (found != g->head[0])
		fail(c, "region %#lx counts %u records, and has %u", (unsigned long)base,
		     g->head[0], found);
	c->listed += found;
	if (!found && base / GV3_SLOTS != c->t->idle)
		fail(c, "region %#lx is empty and not the one that is kept", (unsigned long)base);
}

/* 4K entries only: no node above regions has records. */
static void check_shadow(struct check *c, const void *node, unsigned level, uint64_t base)
{
	const struct gv3_shadow *s = node;
	uint32_t children = 0;

	if (c->rc)
		return;
	if (!level) {
		check_region(c, node, base);
		return;
	}
	c->paid += HV_PAGE_SIZE + (s->child ? HV_PAGE_SIZE : 0);
	for (unsigned i = 0; i < GV3_SLOTS; i++) {
		if (s->head[i])
			fail(c, "a record above regions, at level %u", level);
		if (!s->child || !s->child[i])
			continue;
		children++;
		check_shadow(c, s->child[i], level - 1,
			     base | (uint64_t)i << GNTV3_LEVEL_BITS * level);
	}
	if (children != s->children || s->lists || !children)
		fail(c, "a node of level %u counts %u children and %u lists, and has %u", level,
		     s->children, s->lists, children);
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
		   record_pages(t) * HV_PAGE_SIZE + (t->sink ? HV_PAGE_SIZE : 0);
	if (t->top)
		check_shadow(c, t->top, t->top_level, 0);
	if (!c->rc)
		check_records(c);
	c->t = NULL;
}

/* Nodes that walks remember: each where it belongs, with its reference. */
static void check_cached(struct check *c, const struct gv3_tree *t)
{
	static const unsigned first[] = { 0, 16, 24, 28, GV3_CACHED };

	for (unsigned level = 0; level < 4; level++)
		for (unsigned i = first[level]; i < first[level + 1]; i++) {
			const struct gv3_cached *n = &t->cached[i];

			if (!n->tag)
				continue;
			if (!t->caches || t->closing || level >= t->levels || !(n->tag & 1) ||
			    (n->tag >> 1) % (first[level + 1] - first[level]) != i - first[level] ||
			    n->tag >> 1 >> GNTV3_LEVEL_BITS * (t->levels - 1 - level) ||
			    n->held->owner != t->granter)
				fail(c,
				     "a node of level %u of %u is remembered for %#lx, mfn %#lx of d%d, by a tree that is %s",
				     level, t->levels, (unsigned long)n->tag,
				     (unsigned long)hv_page_mfn(c->d->host, n->held),
				     n->held->owner ? n->held->owner->id : -1,
				     !t->caches	  ? "not to"
				     : t->closing ? "ending"
						  : "in use");
			else
				c->sum->refs[hv_page_mfn(c->d->host, n->held)]++;
		}
}

/* Slots of the trees that c->d has registered. */
static void check_slots(struct check *c, struct gv3_state *st)
{
	unsigned n = 0;

	c->paid += st->slot ? HV_PAGE_SIZE : 0;
	for (unsigned i = 0; st->slot && i < GV3_MAX_TREES && !c->rc; i++) {
		struct gv3_tree *t = st->slot[i], *other;

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
		check_cached(c, t);
		if (t->held && !(t->flags & GNTV3_REBINDABLE))
			fail(c, "waits for an ack, and cannot be bound");
		if (!t->grantee && (t->made || t->top || t->sink))
			fail(c, "is for nobody, and has records");
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
	if (hv_load(&d->is_dying) && (st->mine || st->trees))
		fail(&c, "it is dead, and has trees");
	if (c.paid != hv_load(&d->v3_bytes))
		fail(&c, "%lu bytes found, %lu charged", (unsigned long)c.paid,
		     (unsigned long)hv_load(&d->v3_bytes));
	return c.rc;
}
