// SPDX-License-Identifier: GPL-2.0-only
/* A cell measured step by step. */
#include <errno.h>
#include <stdio.h>

#include <gnb/clock.h>

#include "peer.h"
#include "ready.h"
#include "steps.h"

static int settled(const struct gnb_steps *s)
{
	return s->o.status == GNB_OK ? 0 : s->o.status == GNB_SKIPPED ? -EOPNOTSUPP : -EIO;
}

/* Each step has the time that a cell has. */
static void begin(struct gnb_steps *s)
{
	s->c.begin = gnb_now();
}

static void draw_from(struct gnb_steps *s, uint64_t seed)
{
	s->c.lot = seed * 2 + 1;
}

/* A cell is not left half ready because a signal came, or time ran out: that is an error, which says so. */
static int in_time(struct gnb_steps *s)
{
	char why[100];

	if (s->o.status == GNB_OK && gnb_measure_over(&s->c)) {
		snprintf(why, sizeof(why), "a step was not finished within %g s", s->lim.timeout);
		gnb_measure_fail(&s->c, GNB_TIMEOUT, why);
	}
	return settled(s);
}

int gnb_steps_open(struct gnb_steps *s, const struct gnb_plan_cell *pc,
		   const struct gnb_compared *compared, bool quick, double timeout,
		   uint64_t block_ns, uint64_t seed)
{
	s->lim = (struct gnb_run_limits){
		.timeout = timeout, .launches = 1, .compared = *compared, .quick = quick
	};
	gnb_measure_begin(&s->c, pc, 0, &s->lim, &s->o);
	draw_from(s, seed);
	if (s->o.status == GNB_OK)
		gnb_measure_open(&s->c, false);
	if (s->o.status == GNB_OK)
		gnb_measure_peer(&s->c);
	for (unsigned i = 0; s->o.status == GNB_OK && i < s->o.nlanes; i++)
		if (!gnb_measure_warm(&s->c, &s->o.lanes[i]))
			gnb_measure_scale(&s->c, &s->o.lanes[i], block_ns);
	gnb_peer_pause();
	return s->o.status == GNB_OK ? gnb_steps_layout(s, seed) : in_time(s);
}

int gnb_steps_layout(struct gnb_steps *s, uint64_t seed)
{
	begin(s);
	s->seed = seed;
	draw_from(s, seed);
	/* Of fixed work each round has machines of its own. */
	if (!s->c.bench->fixed_iters) {
		gnb_peer_resume();
		gnb_measure_layout(&s->c);
		gnb_peer_pause();
	}
	return in_time(s);
}

int gnb_steps_round(struct gnb_steps *s, unsigned at)
{
	int rc;

	if (at >= GNB_STEPS_MAX)
		return -E2BIG;
	begin(s);
	s->o.done = at;
	/* Whatever was drawn for rounds that had to be repeated, on another side it was not. */
	draw_from(s, s->seed + at);
	gnb_peer_resume();
	rc = gnb_round(&s->c);
	gnb_peer_pause();
	if (rc < 0 || in_time(s))
		return settled(s);
	return s->o.done > at ? 0 : GNB_DROP;
}

int gnb_steps_close(struct gnb_steps *s)
{
	begin(s);
	gnb_peer_stop();
	gnb_measure_close(&s->c);
	return settled(s);
}
