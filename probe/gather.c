// SPDX-License-Identifier: GPL-2.0-only
/* What came, by lock and vCPU, by stack, and by what was seen. */
#include <stdlib.h>
#include <string.h>

#include "probe.h"

struct gathered gathered;

/* One more of a list that doubles. */
static void *one_more(void *list, size_t *n, size_t size)
{
	if (!(*n & (*n - 1))) {
		list = realloc(list, size * (*n ? 2 * *n : 1));
		if (!list)
			die(PROBE_FAILED, "out of memory");
	}
	memset((char *)list + *n * size, 0, size);
	++*n;
	return list;
}

/* From the end: the same vCPU comes again soon. */
static struct heard *heard_of(uint32_t serial, uint32_t kind)
{
	for (size_t i = gathered.nr_heard; i-- > 0;)
		if (gathered.heard[i].last.serial == serial && gathered.heard[i].last.kind == kind)
			return &gathered.heard[i];
	gathered.heard = one_more(gathered.heard, &gathered.nr_heard, sizeof(*gathered.heard));
	return &gathered.heard[gathered.nr_heard - 1];
}

static void add_sample(const struct hv_lock_sample *s)
{
	uint32_t frames = s->frames < HV_SAMPLE_FRAMES ? s->frames : HV_SAMPLE_FRAMES;
	struct stack *k;

	for (size_t i = 0; i < gathered.nr_stacks; i++) {
		k = &gathered.stack[i];
		if (k->kind == s->kind && k->frames == frames &&
		    !memcmp(k->frame, s->frame, frames * sizeof(*s->frame)))
			goto found;
	}
	gathered.stack = one_more(gathered.stack, &gathered.nr_stacks, sizeof(*gathered.stack));
	k = &gathered.stack[gathered.nr_stacks - 1];
	k->kind = s->kind;
	k->frames = frames;
	memcpy(k->frame, s->frame, frames * sizeof(*s->frame));
found:
	k->n++;
	k->ticks += s->ticks;
}

void gather_record(const void *record, size_t bytes)
{
	const struct gnb_record_waits *w = record;
	const struct gnb_record_samples *s = record;

	if (bytes >= sizeof(*w) && w->type == GNB_RECORD_WAITS && w->kind < HV_NR_LOCKS) {
		struct heard *h = heard_of(w->serial, w->kind);

		/* Copies of one account only grow: two processors' records may come in another order. */
		if (w->times.n >= h->last.times.n)
			h->last = *w;
		h->final |= w->final != 0;
	} else if (bytes >= sizeof(*s) && s->type == GNB_RECORD_SAMPLES) {
		for (uint32_t i = 0; i < s->n && i < HV_SAMPLES; i++)
			if (s->sample[i].kind < HV_NR_LOCKS)
				add_sample(&s->sample[i]);
	}
}

void gather_seen(const struct gnb_seen_key *key, uint64_t n)
{
	gathered.seen = one_more(gathered.seen, &gathered.nr_seen, sizeof(*gathered.seen));
	gathered.seen[gathered.nr_seen - 1] = (struct seen){ *key, n };
}
