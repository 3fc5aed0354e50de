/* SPDX-License-Identifier: GPL-2.0-only */
/* The invariants of the nodes that a tree's walks remember: each where it belongs, with its reference. */
#include "gv3.h"
#include "v3.h"

/* One of them, of a level that has room for `places`. */
static const char *node_wrong(const struct gv3_tree *t, const struct gv3_cached *n, unsigned level,
			      unsigned place, unsigned places)
{
	if (!t->caches || t->closing)
		return "a node is remembered by a tree that is not to, or is ending";
	if (level >= t->levels || !(n->tag & 1) ||
	    n->tag >> 1 >> GNTV3_LEVEL_BITS * (t->levels - 1 - level))
		return "a node is remembered for references that its tree has not";
	if ((n->tag >> 1) % places != place)
		return "a node is remembered in the place of others";
	if (n->held->owner != t->granter)
		return "a node is remembered that is not its granter's";
	return NULL;
}

const char *hv_v3_check_cached(const struct gv3_tree *t, struct hv_v3_sum *sum)
{
	static const unsigned first[] = { 0, 16, 24, 28, GV3_CACHED };

	for (unsigned level = 0; level < 4; level++) {
		unsigned places = first[level + 1] - first[level];

		for (unsigned i = 0; i < places; i++) {
			const struct gv3_cached *n = &t->cached[first[level] + i];
			const char *wrong = n->tag ? node_wrong(t, n, level, i, places) : NULL;

			if (wrong)
				return wrong;
			if (n->tag)
				sum->refs[hv_page_mfn(t->granter->host, n->held)]++;
		}
	}
	return NULL;
}
