/* SPDX-License-Identifier: GPL-2.0-only */
/* What a target leaves no choice of: told once, in place of a skipped cell for every value. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "left_out.h"
#include "values.h"
#include "supported.h"

static int note(struct gnb_plan *p, const char *what, bool bench, const char *why)
{
	struct gnb_left_out *grown;

	for (size_t i = 0; i < p->nleft_out; i++)
		if (!strcmp(p->left_out[i].what, what))
			return 0;
	grown = realloc(p->left_out, (p->nleft_out + 1) * sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	p->left_out = grown;
	grown[p->nleft_out++] = (struct gnb_left_out){ what, bench, why };
	return 0;
}

/* Can any of the versions run in this cell? *why of the first that cannot. */
static bool possible(const struct gnb_cell *cell, const struct gnb_compared *c, const char **why)
{
	const struct gnb_version *v[GNB_VERSIONS_MAX];
	unsigned n = gnb_compared_in(c, cell->bench, v);
	const char *first = NULL;

	for (unsigned i = 0; i < n; i++) {
		struct gnb_side s = { .cell = cell,
				      .t = cell->target,
				      .version = v[i],
				      .clock = gnb_target_clock(cell->target) };
		struct gnb_machine_config cfg;
		const char *also = NULL;

		if (gnb_side_supported(&s, &cfg, why) != -EOPNOTSUPP)
			return true;
		if (*why == s.why)
			*why = "no reason given";
		/* What the target cannot do says more than what the benchmark may not. */
		if (cell->target->supported(&cfg, &also))
			*why = also;
		if (!first)
			first = *why;
	}
	*why = first ? first : "none of --versions is compared here";
	return false;
}

/* A benchmark none of whose cells can run keeps its first, which is its centre. */
static int drop_impossible(struct gnb_plan *p, const struct gnb_options *o)
{
	size_t n = 0;

	for (size_t i = 0, end; i < p->n; i = end) {
		const struct gnb_bench *b = p->cells[i].cell.bench;
		const char *why = NULL, *reason = NULL;
		bool any = false;

		for (end = i; end < p->n && p->cells[end].cell.bench == b; end++) {
			any |= possible(&p->cells[end].cell, &o->compared, &why);
			if (!reason)
				reason = why;
		}
		if (!any && end - i > 1 && note(p, b->name, true, reason))
			return -ENOMEM;
		for (size_t k = i; k < (any ? end : i + 1); k++)
			p->cells[n++] = p->cells[k];
	}
	p->n = n;
	return 0;
}

int gnb_plan_here(struct gnb_plan *p, const struct gnb_options *o, const struct gnb_target *t)
{
	const struct gnb_fixed *f = t->fixed ? t->fixed() : NULL;

	if (!f)
		return 0;
	for (; f->param; f++)
		for (size_t i = 0; i < p->n; i++)
			if (gnb_param_index(p->cells[i].cell.bench, f->param) >= 0 &&
			    note(p, f->param, false, f->why))
				return -ENOMEM;
	/* What was asked for by its values is tried, and says itself why not. */
	return o->sets ? 0 : drop_impossible(p, o);
}
