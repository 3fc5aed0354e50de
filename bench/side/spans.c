/* SPDX-License-Identifier: GPL-2.0-only */
/* Spans that take more than two readings of the clock: with counts, or by the target's own clock. */
#include <string.h>

#include <gnb/bench.h>

#include "callgrind.h"
#include "hist.h"

void gnb_start_slow(struct gnb_side *s, unsigned i)
{
	if (!s->cell->bench->metrics[i].guest)
		s->open |= 1u << i;
	if (s->counting) {
		s->t->counts(s->m, &s->meter[i].before);
		gnb_callgrind_begin();
	}
	s->meter[i].t0 = s->clock->now ? s->clock->now(s->m) : gnb_now();
}

void gnb_stop_slow(struct gnb_side *s, unsigned i, uint64_t ns, uint64_t ops)
{
	struct gnb_meter *m = &s->meter[i];
	uint64_t spent = s->clock->now ? s->clock->now(s->m) - m->t0 : ns;

	s->open &= ~(1u << i);
	/* What the clock does not see is not measured, rather than found to cost nothing. */
	if (gnb_metric_unseen(&s->cell->bench->metrics[i], s->clock))
		return;
	m->spent += spent;
	m->ops += ops;
	if (m->hist)
		gnb_hist_add(m->hist, spent, 1);
	if (s->counting) {
		struct gnb_counts after;

		s->t->counts(s->m, &after);
		/* A dump takes milliseconds, and a span that made no hypercall has nothing to say in one. */
		if (memcmp(&m->before, &after, sizeof(after)))
			gnb_callgrind_end(s, i);
		for (unsigned k = 0; k < GNB_COUNTS_MAX; k++)
			m->counts.v[k] += after.v[k] - m->before.v[k];
	}
}
