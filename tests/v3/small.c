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
	if (mfn >= SMALL_FRAMES)
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

bool small_is_ram(const struct small_dom *d, uint64_t gfn, uint64_t *mfn)
{
	if (gfn >= SMALL_RAM || !d->p2m[gfn].present)
		return false;
	*mfn = d->p2m[gfn].mfn;
	return true;
}

uint64_t *small_ram(struct small_dom *d, unsigned gfn)
{
	return d->s->frame[d->id * SMALL_RAM + gfn].word;
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
		if (d->dev[mfn][0] || d->dev[mfn][1] || d->iotlb[mfn])
			small_violation(s, "a frame is freed that a device can reach");
	}
}

/* ---- what a PV domain does to its own entries ---- */

void small_write_over(struct small_dom *d, unsigned gfn)
{
	struct small_entry old = d->p2m[gfn];

	d->p2m[gfn].present = d->tlb[gfn].present = false;
	if (!old.present)
		return;
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

	/* What it has kept it has for reading. */
	if (in)
		d->iotlb[mfn] = true;
	else if (write || !d->iotlb[mfn])
		return false;
	if (d->s->frame[mfn].owner < 0)
		small_violation(d->s, "a device reaches a frame that is another's now");
	return true;
}

/* ---- domains ---- */

long small_access(struct small_dom *d, unsigned gfn, bool write)
{
	struct small_entry *e = &d->tlb[gfn];

	if (!e->present)
		*e = d->p2m[gfn];
	if (!e->present || (write && !e->write))
		return -1;
	if (e->mfn < SMALL_FRAMES && d->s->frame[e->mfn].owner < 0)
		small_violation(d->s, "a frame is reached that is another's now");
	return (long)e->mfn;
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
		d->there = true;
		d->limit = limit;
		for (g = 0; g < SMALL_RAM; g++) {
			d->p2m[g] = (struct small_entry){ true, true, i * SMALL_RAM + g };
			s->frame[i * SMALL_RAM + g].owner = (int)i;
			s->frame[i * SMALL_RAM + g].refs = 1;
		}
		for (g = 0; g < 2; g++)
			s->cpu[i][g] = (struct small_cpu){ .s = s, .d = d };
		d->v3 = core_init(&s->cpu[i][0], d, 8);
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
	for (g = SMALL_RAM; g < SMALL_GFNS; g++)
		if (d->p2m[g].present && d->pv)
			small_write_over(d, g);
		else if (d->p2m[g].present)
			small_violation(d->s, "a domain that died has something mapped");
	for (g = 0; g < SMALL_RAM; g++)
		small_give_away(d, g);
	core_free(cur, d, d->v3);
	d->v3 = NULL;
	d->there = false;
}

void small_check(struct small *s)
{
	unsigned n[SMALL_FRAMES] = { 0 }, i, g;

	for (i = 0; i < SMALL_DOMS; i++)
		for (g = 0; g < SMALL_GFNS; g++)
			if (s->dom[i].p2m[g].present && s->dom[i].p2m[g].mfn < SMALL_FRAMES)
				n[s->dom[i].p2m[g].mfn]++;
	for (i = 0; i < SMALL_FRAMES; i++) {
		n[i] += s->frame[i].sink;
		for (g = 0; g < SMALL_DOMS; g++)
			n[i] += s->dom[g].dev[i][0] + s->dom[g].dev[i][1];
		if (n[i] != s->frame[i].refs)
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
