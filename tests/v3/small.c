/* SPDX-License-Identifier: GPL-2.0-only */
/* The small host: its frames, domains and their life. */
#include "small.h"
#include <stdlib.h>

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

bool small_is_ram(const struct small_dom *d, uint64_t gfn, uint64_t *mfn)
{
	if (gfn >= SMALL_GFNS || !d->p2m[gfn].present)
		return false;
	if (gfn >= SMALL_RAM && (d->id || gfn < SMALL_LARGE || gfn >= SMALL_MFNS))
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

/* ---- domains ---- */

long small_access(struct small_dom *d, unsigned gfn, bool write)
{
	struct small_entry *e = &d->tlb[gfn];

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
	struct small *s = d->s;
	unsigned i, g;

	i = d->id;
	d->there = true;
	d->dying = false;
	for (g = 0; g < SMALL_RAM; g++) {
		d->p2m[g] = (struct small_entry){ .present = true,
						  .write = true,
						  .mfn = i * SMALL_RAM + g };
		s->frame[i * SMALL_RAM + g] = (struct small_frame){ .owner = (int)i, .refs = 1 };
	}
	d->v3 = core_init(&s->cpu[i][0], d, 8);
}

struct small *small_new(long limit)
{
	struct small *s = calloc(1, sizeof(*s));
	unsigned i, g;

	for (i = 0; i < SMALL_DOMS; i++) {
		struct small_dom *d = &s->dom[i];

		d->s = s;
		d->id = (uint16_t)i;
		d->limit = limit;
		for (g = 0; g < 2; g++)
			s->cpu[i][g] = (struct small_cpu){ .s = s, .d = d };
		small_born(d);
	}
	return s;
}

void small_large(struct small *s)
{
	unsigned g;

	for (g = SMALL_LARGE; g < SMALL_MFNS; g++) {
		s->dom[0].p2m[g] = (struct small_entry){ .present = true, .write = true, .mfn = g };
		s->frame[g] = (struct small_frame){ .owner = 0, .refs = 1 };
	}
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
	uint64_t mfn;
	unsigned g;

	d->dying = true;
	while (core_dies(cur, d))
		;
	for (g = SMALL_RAM; g < SMALL_GFNS; g++)
		if (d->p2m[g].present && !small_is_ram(d, g, &mfn))
			small_violation(d->s, "a domain that died has something mapped");
	if (d->tables)
		small_violation(d->s, "a domain that died has tables kept");
	for (g = 0; g < SMALL_MFNS; g++)
		small_give_away(d, g);
	core_free(cur, d, d->v3);
	d->v3 = NULL;
	d->there = false;
}

void small_check(struct small *s)
{
	unsigned n[SMALL_MFNS] = { 0 }, writers[SMALL_MFNS] = { 0 }, i, g;
	uint64_t mfn;

	for (i = 0; i < SMALL_DOMS; i++)
		for (g = 0; g < SMALL_GFNS; g++) {
			const struct small_entry *e = &s->dom[i].p2m[g], *t = &s->dom[i].tlb[g];

			if (t->present && t->write && !(e->present && e->write))
				small_violation(s, "a TLB has a right that was taken away");
			if (!e->present || e->mfn >= SMALL_MFNS)
				continue;
			n[e->mfn]++;
			writers[e->mfn] += e->write && !small_is_ram(&s->dom[i], g, &mfn);
		}
	for (i = 0; s->walk_cache && i < SMALL_FRAMES; i++)
		for (g = 0; g < SMALL_DOMS; g++)
			n[i] += core_cached(s->dom[g].v3, i);
	for (i = 0; i < SMALL_MFNS; i++)
		if (n[i] != s->frame[i].refs || writers[i] != s->frame[i].writers)
			small_violation(s, "a frame has not as many references as entries");
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
