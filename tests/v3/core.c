/* SPDX-License-Identifier: GPL-2.0-only */
/* The core of grant tables version 3, behind the small host. */
#include "small.h"
#include "gv3_core.c"

long core_call(gv3_cpu *cur, unsigned op, gv3_guest args, unsigned count)
{
	return gv3_call(cur, op, args, count);
}

unsigned core_size(unsigned op)
{
	return shape_of(op) ? shape_of(op)->size : 0;
}

struct gv3_state *core_init(gv3_cpu *cur, gv3_dom *d, unsigned max_trees)
{
	return gv3_init(cur, d, max_trees);
}

int core_dies(gv3_cpu *cur, gv3_dom *d)
{
	return gv3_dies(cur, d);
}

unsigned core_cached(const struct gv3_state *st, uint64_t mfn)
{
	unsigned i, k, n = 0;

	for (i = 0; st && st->slot && i < GV3_MAX_TREES; i++) {
		const struct gv3_tree *t = st->slot[i];

		for (k = 0; t && k < GV3_CACHED; k++)
			n += t->cached[k].tag && t->cached[k].held.mfn == mfn;
	}
	return n;
}

void core_free(gv3_cpu *cur, gv3_dom *d, struct gv3_state *st)
{
	gv3_free(cur, d, st);
}
