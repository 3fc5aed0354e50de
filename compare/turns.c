// SPDX-License-Identifier: GPL-2.0-only
/* Two sides that took turns, as a comparison: what is established of each row, and what it would take. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compare.h"

static enum gnb_outcome_of outcome(const struct gnb_paired *p)
{
	switch (p->said) {
	case GNB_SIGN_MORE:
		return p->higher_better ? GNB_CMP_FASTER : GNB_CMP_SLOWER;
	case GNB_SIGN_LESS:
		return p->higher_better ? GNB_CMP_SLOWER : GNB_CMP_FASTER;
	case GNB_SIGN_WITHIN:
		return GNB_CMP_SAME;
	default:
		return GNB_CMP_UNCLEAR;
	}
}

/* What it would take, in launches and, at the pace that there was, in time. */
static void say_needs(struct gnb_cmp_row *r, const struct gnb_paired *p,
		      const struct gnb_comparison *c)
{
	const struct gnb_cmp_turns *t = c->turns;
	double pace = t->launches ? t->seconds / (double)t->launches : 0;

	r->needs = gnb_sign_needs(p->ratio, p->n, r->threshold, t->alpha);
	if (!p->n)
		snprintf(r->why, sizeof(r->why),
			 "no round could be trusted: something else ran on this core");
	else if (!r->needs)
		snprintf(
			r->why, sizeof(r->why),
			"it is about at the %.4g %% from which on it would be a difference, or launches "
			"lie too far apart: no time that is worth waiting for tells",
			100 * r->threshold);
	else
		snprintf(r->why, sizeof(r->why),
			 "neither within %.4g %% nor beyond: it takes about %zu launches, "
			 "--time=%.0f",
			 100 * r->threshold, r->needs, ceil(pace * (double)(r->needs + 1)));
}

static int row(struct gnb_cmp_row *r, const struct gnb_paired *p, const struct gnb_comparison *c)
{
	*r = (struct gnb_cmp_row){
		.figure = GNB_FIG_PAIRED,
		.cell = p->cell,
		.bench = p->bench,
		.version = p->version,
		.metric = p->metric,
		.unit = p->unit,
		.to = p->to,
		.higher_better = p->higher_better,
		.base = gnb_paired_base(p),
		.now = gnb_paired_now(p),
		.ratio = p->estimate,
		.launches = { p->n, p->n },
		.threshold = c->o.min_effect,
		.p = NAN,
		.corrected = NAN,
		.verdict = outcome(p),
	};
	r->each[0] = malloc((p->n + 1) * sizeof(double));
	if (!r->each[0])
		return -ENOMEM;
	if (p->n)
		memcpy(r->each[0], p->ratio, p->n * sizeof(double));
	if (r->verdict == GNB_CMP_UNCLEAR)
		say_needs(r, p, c);
	return 0;
}

int gnb_compare_paired(struct gnb_comparison *c, const struct gnb_source source[2],
		       const struct gnb_paired *p, size_t n, const struct gnb_cmp_options *o,
		       const struct gnb_cmp_turns *turns)
{
	int rc;

	*c = (struct gnb_comparison){
		.o = *o, .turns = turns, .source = source, .nr_others = 1, .family = n
	};
	/* They were measured on one machine, now: nothing speaks against it. */
	c->may = calloc(1, sizeof(*c->may));
	c->row = calloc(n + 1, sizeof(*c->row));
	rc = c->may && c->row ? 0 : -ENOMEM;
	while (!rc && c->nr_rows < n) {
		rc = row(&c->row[c->nr_rows], &p[c->nr_rows], c);
		c->nr_rows++;
	}
	if (!rc)
		rc = gnb_cmp_finish(c);
	if (rc)
		gnb_compare_free(c);
	return rc;
}
