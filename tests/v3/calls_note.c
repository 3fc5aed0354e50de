/* SPDX-License-Identifier: GPL-2.0-only */
/* The small host: frames that the core reads and writes in place, and what it tells a granter. */
#include "small.h"

void *gv3_frame(gv3_cpu *cur, uint64_t mfn)
{
	small_step(cur, "frame");
	if (!small_frame(cur->s, mfn)->refs)
		small_violation(cur->s, "a frame is looked at that nobody holds");
	return cur->s->word[mfn];
}

void gv3_frame_done(gv3_cpu *cur, void *p)
{
	(void)p;
	small_step(cur, "frame_done");
}

void gv3_frame_zero(gv3_cpu *cur, uint64_t mfn)
{
	small_step(cur, "frame_zero");
	memset(cur->s->word[mfn], 0, sizeof(cur->s->word[mfn]));
}

void gv3_move(gv3_cpu *cur, void *to, const void *from, unsigned bytes)
{
	small_step(cur, "move");
	memmove(to, from, bytes);
}

void small_drain(struct small_cpu *cur)
{
	unsigned i;

	for (i = 0; i < cur->nr_late; i++)
		*cur->late[i].at = cur->late[i].v;
	cur->nr_late = 0;
}

void gv3_byte_write(gv3_cpu *cur, volatile uint8_t *p, uint8_t v)
{
	small_step(cur, "byte_write");
	if (cur->nr_late == SMALL_LATE)
		small_drain(cur);
	cur->late[cur->nr_late].at = p;
	cur->late[cur->nr_late++].v = v;
}

uint64_t gv3_word_or(gv3_cpu *cur, volatile uint64_t *p, uint64_t bits)
{
	uint64_t old = *p;

	small_drain(cur);
	*p = old | bits;
	small_step(cur, "word_or");
	return old;
}

void gv3_mb(gv3_cpu *cur)
{
	small_drain(cur);
	small_step(cur, "mb");
}

bool gv3_port_ok(gv3_cpu *cur, gv3_dom *d, uint32_t port)
{
	(void)d;
	small_step(cur, "port_ok");
	return port && port < SMALL_PORTS;
}

void gv3_notify(gv3_cpu *cur, gv3_dom *d, uint32_t port)
{
	(void)port;
	small_step(cur, "notify");
	if (!d->there)
		small_violation(cur->s, "a domain is told that is gone");
	d->events += !d->dying;
}
