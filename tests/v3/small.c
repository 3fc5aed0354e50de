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

/* ---- domains ---- */

long small_access(struct small_dom *d, unsigned gfn, bool write)
{
	struct small_entry *e = &d->tlb[gfn];

	if (!e->present)
		*e = d->p2m[gfn];
	if (!e->present || (write && !e->write))
		return -1;
	if (e->mfn < SMALL_MFNS && d->s->frame[e->mfn].owner < 0)
		small_violation(d->s, "a frame is reached that is another's now");
	return (long)e->mfn;
}

struct small *small_new(long limit)
{
	struct small *s = calloc(1, sizeof(*s));
	unsigned i, g;

	for (i = 0; i < SMALL_DOMS; i++) {
		struct small_dom *d = &s->dom[i];

		d->s = s;
		d->id = (uint16_t)i;
		d->there = true;
		d->limit = limit;
		for (g = 0; g < SMALL_GFNS; g++) {
			uint64_t mfn = g < SMALL_RAM ? i * SMALL_RAM + g : g;

			if (!is_own(d, g))
				continue;
			d->p2m[g] = (struct small_entry){ true, true, false, mfn };
			s->frame[mfn].owner = (int)i;
			s->frame[mfn].refs = 1;
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
	for (g = 0; g < SMALL_GFNS; g++)
		if (is_own(d, g))
			small_give_away(d, g);
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
	unsigned n[SMALL_MFNS] = { 0 }, i, g;

	for (i = 0; i < SMALL_DOMS; i++)
		for (g = 0; g < SMALL_GFNS; g++)
			if (s->dom[i].p2m[g].present && s->dom[i].p2m[g].mfn < SMALL_MFNS)
				n[s->dom[i].p2m[g].mfn]++;
	for (i = 0; i < SMALL_MFNS; i++)
		if (n[i] != s->frame[i].refs)
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
