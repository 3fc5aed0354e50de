/* SPDX-License-Identifier: GPL-2.0-only */
/* The small host: its frames, domains and their life. */
#include "small.h"
#include <stdlib.h>

const char *small_mutant;

void small_violation(struct small *s, const char *what)
{
	if (!s->violation)
		s->violation = what;
}

void small_step(struct small_cpu *cur, const char *what)
{
	struct small *s = cur->s;

	s->calls++;
	if (s->traced < SMALL_TRACE)
		s->trace[s->traced++] = what;
	if (s->step)
		s->step(s, cur, what);
}

/* A call that may fail: does it now? */
bool small_fails(struct small_cpu *cur)
{
	return ++cur->s->fallible == cur->s->fail_at;
}

struct small_frame *small_frame(struct small *s, uint64_t mfn)
{
	if (mfn >= SMALL_MFNS)
		abort();
	return &s->frame[mfn];
}

/* ---- frames ---- */

void small_drop(struct small *s, uint64_t mfn)
{
	struct small_frame *f = small_frame(s, mfn);

	if (!f->refs) {
		small_violation(s, "a reference is dropped that nobody had");
		return;
	}
	if (!--f->refs)
		f->owner = -1;
}

bool small_take(struct small *s, const struct small_dom *d, uint64_t mfn)
{
	struct small_frame *f = small_frame(s, mfn);

	if (f->owner != d->id || !f->refs)
		return false;
	f->refs++;
	return true;
}

static bool is_own(const struct small_dom *d, uint64_t gfn)
{
	return gfn < SMALL_RAM || (!d->id && gfn / SMALL_RUN == 1);
}

bool small_is_ram(const struct small_dom *d, uint64_t gfn, uint64_t *mfn)
{
	if (!is_own(d, gfn) || !d->p2m[gfn].present)
		return false;
	*mfn = d->p2m[gfn].mfn;
	return true;
}

uint64_t *small_ram(struct small_dom *d, unsigned gfn)
{
	return d->s->word[d->id * SMALL_RAM + gfn];
}

void small_give_away(struct small_dom *d, unsigned gfn)
{
	uint64_t mfn;

	if (!small_is_ram(d, gfn, &mfn))
		return;
	d->p2m[gfn].present = d->tlb[gfn].present = false;
	small_drop(d->s, mfn);
}

void small_freed(struct small *s, uint64_t mfn)
{
	unsigned i, g;

	for (i = 0; i < SMALL_DOMS; i++) {
		const struct small_dom *d = &s->dom[i];

		for (g = 0; g < SMALL_GFNS; g++)
			if ((d->p2m[g].present && d->p2m[g].mfn == mfn) ||
			    (d->tlb[g].present && d->tlb[g].mfn == mfn))
				small_violation(s, "a frame is freed that somebody can reach");
		if (d->dev[mfn][0] || d->dev[mfn][1] || d->iotlb[mfn][0] || d->iotlb[mfn][1])
			small_violation(s, "a frame is freed that a device can reach");
	}
}

void small_no_writer(struct small *s, uint64_t mfn)
{
	unsigned i, g;

	if (!small_frame(s, mfn)->writers--) {
		small_violation(s, "a right to write is given back that nobody had");
		return;
	}
	if (small_frame(s, mfn)->writers)
		return;
	for (i = 0; i < SMALL_DOMS; i++) {
		const struct small_dom *d = &s->dom[i];

		for (g = 0; d->tlb_used && g < SMALL_GFNS; g++)
			if (!is_own(d, g) && d->tlb[g].present && d->tlb[g].write &&
			    d->tlb[g].mfn == mfn)
				small_violation(s, "a frame is written that is read-only");
		if (mfn < SMALL_FRAMES && (d->dev[mfn][1] || d->iotlb[mfn][1]))
			small_violation(s, "a device writes a frame that is read-only");
	}
}

/* ---- what a PV domain does to its own entries ---- */

void small_write_over(struct small_dom *d, unsigned gfn)
{
	struct small_entry old = d->p2m[gfn];

	d->p2m[gfn].present = d->tlb[gfn].present = false;
	if (!old.present)
		return;
	if (old.write)
		small_no_writer(d->s, old.mfn);
	small_drop(d->s, old.mfn);
	if (!d->s->frame[old.mfn].refs)
		small_freed(d->s, old.mfn);
}

void small_move(struct small_dom *d, unsigned gfn, unsigned from)
{
	small_write_over(d, gfn);
	d->p2m[gfn] = d->p2m[from];
	d->p2m[from].present = d->tlb[from].present = false;
}

bool small_dma(struct small_dom *d, uint64_t mfn, bool write)
{
	bool in = d->dev[mfn][1] || (!write && d->dev[mfn][0]);

	if (in)
		d->iotlb[mfn][write] = true;
	else if (!d->iotlb[mfn][1] && (write || !d->iotlb[mfn][0]))
		return false;
	if (d->s->frame[mfn].owner < 0)
		small_violation(d->s, "a device reaches a frame that is another's now");
	return true;
}

/* ---- domains ---- */

long small_access(struct small_dom *d, unsigned gfn, bool write)
{
	struct small_entry *e = &d->tlb[gfn];

	d->tlb_used = true;
	/* A right that a TLB lacks is looked for again, as processors do. */
	if (!e->present || (write && !e->write))
		*e = d->p2m[gfn];
	if (!e->present || (write && !e->write))
		return -1;
	if (e->mfn < SMALL_MFNS && d->s->frame[e->mfn].owner < 0)
		small_violation(d->s, "a frame is reached that is another's now");
	return (long)e->mfn;
}

void small_born(struct small_dom *d)
{
	unsigned g;

	d->there = true;
	d->dying = false;
	for (g = 0; g < SMALL_GFNS; g++) {
		uint64_t mfn = g < SMALL_RAM ? d->id * SMALL_RAM + g : g;

		if (!is_own(d, g))
			continue;
		d->p2m[g] = (struct small_entry){ .present = true, .write = true, .mfn = mfn };
		d->s->frame[mfn] = (struct small_frame){ .owner = d->id, .refs = 1 };
	}
	d->v3 = core_init(&d->s->cpu[d->id][0], d, 8);
}

struct small *small_new(long limit)
{
	struct small *s = calloc(1, sizeof(*s));
	unsigned i, g;

	for (i = SMALL_DOMS * SMALL_RAM; i < SMALL_FRAMES; i++)
		s->frame[i].owner = -1;
	for (i = 0; i < SMALL_DOMS; i++) {
		struct small_dom *d = &s->dom[i];

		d->s = s;
		d->id = (uint16_t)i;
		d->limit = limit;
		for (g = 0; g < 2; g++) {
			s->cpu[i][g].s = s;
			s->cpu[i][g].d = d;
		}
		small_born(d);
	}
	return s;
}

long small_hypercall(struct small_cpu *cur, unsigned op, void *args, unsigned count)
{
	uint8_t *p = args;
	long left;

	for (;;) {
		left = core_call(cur, op, p, count);
		small_unlocked(cur, "a lock is held at the end of a call");
		if (left <= 0)
			return left;
		p += (count - (unsigned long)left) * core_size(op);
		count = (unsigned)left;
	}
}

void small_kill(struct small_dom *d)
{
	struct small_cpu *cur = &d->s->cpu[d->id][0];
	unsigned g;

	d->dying = true;
	while (core_dies(cur, d))
		;
	/* A PV domain's page tables go with it, and what is left in them. */
	for (g = 0; g < SMALL_GFNS; g++)
		if (is_own(d, g))
			small_give_away(d, g);
		else if (d->p2m[g].present && d->pv)
			small_write_over(d, g);
		else if (d->p2m[g].present)
			small_violation(d->s, "a domain that died has something mapped");
	if (d->reserve)
		small_violation(d->s, "a table is kept that nobody needs");
	core_free(cur, d, d->v3);
	d->v3 = NULL;
	d->there = false;
}

void small_check(struct small *s)
{
	unsigned n[SMALL_MFNS] = { 0 }, writers[SMALL_MFNS] = { 0 }, i, g;

	for (i = 0; i < SMALL_DOMS; i++)
		for (g = 0; g < SMALL_GFNS; g++) {
			const struct small_entry *e = &s->dom[i].p2m[g], *t = &s->dom[i].tlb[g];

			if (t->present && t->write && !(e->present && e->write))
				small_violation(s, "a TLB has a right that was taken away");
			if (!e->present || e->mfn >= SMALL_MFNS)
				continue;
			n[e->mfn]++;
			writers[e->mfn] += e->write && !is_own(&s->dom[i], g);
		}
	for (i = 0; i < SMALL_MFNS; i++) {
		n[i] += s->frame[i].sink;
		for (g = 0; i < SMALL_FRAMES && g < SMALL_DOMS; g++) {
			n[i] += s->dom[g].dev[i][0] + s->dom[g].dev[i][1];
			writers[i] += s->dom[g].dev[i][1];
			if (s->walk_cache)
				n[i] += core_cached(s->dom[g].v3, i);
		}
		if (n[i] + s->frame[i].kept != s->frame[i].refs ||
		    writers[i] + s->frame[i].kept != s->frame[i].writers)
			small_violation(s, "a frame has not as many references as entries");
	}
}

const char *small_free(struct small *s)
{
	const char *violation;
	unsigned i;

	s->step = NULL;
	s->fail_at = 0;
	s->no_alloc = false;
	for (i = 0; i < SMALL_DOMS; i++)
		if (s->dom[i].there)
			small_kill(&s->dom[i]);
	for (i = 0; i < SMALL_FRAMES; i++)
		s->frame[i].kept = 0;
	small_check(s);
	for (i = 0; i < SMALL_DOMS; i++)
		if (s->dom[i].bytes)
			small_violation(s, "memory is left");
	violation = s->violation;
	while (s->nr_retired)
		free(s->retired[--s->nr_retired]);
	free(s);
	return violation;
}
