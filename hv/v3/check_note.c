/* SPDX-License-Identifier: GPL-2.0-only */
/* The invariants of a tree's status and notice pages: their references, and the counts, from the records up. */
#include <stdlib.h>

#include "gv3.h"
#include "v3.h"

#define COUNTS (HV_PAGE_SIZE / sizeof(uint32_t))

static const struct gv3_rec *record(const struct gv3_tree *t, uint32_t n)
{
	void **pages = t->dir[n / (GV3_SLOTS * GV3_RECS)];

	return (const struct gv3_rec *)pages[n / GV3_RECS % GV3_SLOTS] + n % GV3_RECS;
}

/* One page of a record, or all of a large entry, in the group that it lies in. */
static void count_pages(const struct gv3_note *o, uint64_t ref, uint64_t n, uint32_t *count)
{
	for (; n--; ref++)
		if (ref >= o->first && (ref - o->first) >> o->order < o->groups)
			count[(ref - o->first) >> o->order]++;
}

static bool counts_right(const struct gv3_tree *t, uint32_t *count)
{
	const struct gv3_note *o = &t->note;

	for (uint32_t n = 1; n < t->made; n++) {
		const struct gv3_rec *r = record(t, n);
		const uint64_t *frames =
			r->list ? (const uint64_t *)(uintptr_t)r->frame : &r->frame;

		if (r->state != GV3_LIVE)
			continue;
		for (uint64_t i = 0; i < (r->order ? 1 : r->pages); i++)
			if (!(frames[i] & GV3_F_GONE))
				count_pages(o, r->ref + i, 1ull << r->order, count);
	}
	for (uint32_t g = 0; g < o->groups; g++)
		if (o->count[g / COUNTS][g % COUNTS] != count[g])
			return false;
	return true;
}

const char *hv_v3_check_note(const struct gv3_tree *t, struct hv_v3_sum *sum, uint64_t *paid)
{
	const struct gv3_note *o = &t->note;
	const uint64_t page[] = { o->status, o->notice };
	const struct hv_host *host = t->granter->host;
	uint32_t *count;
	bool right;

	if (!o->groups)
		return o->status != GV3_NO_FRAME || o->notice != GV3_NO_FRAME || o->count[0]
			       ? "nothing is set up, and something is held for it"
			       : NULL;
	for (unsigned i = 0; i < 2; i++) {
		if (page[i] == GV3_NO_FRAME)
			continue;
		if (page[i] < host->first_ram || page[i] >= host->nr_frames ||
		    host->frames[page[i]].owner != t->granter)
			return "a status or notice page is not its granter's";
		sum->refs[page[i]]++;
		sum->types[page[i]] += !hv_translated(t->granter);
	}
	*paid += o->groups / COUNTS * HV_PAGE_SIZE;
	/* One that was left in the middle counts what it came to. */
	if (o->counted != UINT32_MAX)
		return NULL;
	count = calloc(o->groups, sizeof(*count));
	if (!count)
		return "no memory for the check";
	right = counts_right(t, count);
	free(count);
	return right ? NULL : "a group's count is not what is mapped of it";
}
