/* SPDX-License-Identifier: GPL-2.0-only */
/* The part of hv_check() for back-pointers: each reference's list has just the handles that say so, where they say. */
#include <stdio.h>

#include "back.h"
#include "lifetime.h"
#include "p2m.h"
#include "page.h"

struct check {
	char *why;
	size_t len;
	uint32_t hung[HV_MAX_DOMAINS]; /* handles found in lists, by mapper */
};

static int fail(const struct check *c, const struct hv_domain *d, grant_ref_t ref, const char *what)
{
	snprintf(c->why, c->len, "d%u reference %u: %s", d->id, ref, what);
	return -EUCLEAN;
}

/* A translated mapper has the page where the handle says; its own page it can give up there. */
static bool in_place(const struct hv_domain *ld, const struct hv_domain *rd,
		     const struct hv_active *act, uint64_t where)
{
	uint64_t e;

	if (!hv_translated(ld) || ld == rd)
		return true;
	e = hv_pt_hw_get(ld->host, &ld->p2m.pt, where >> HV_PAGE_SHIFT, NULL);
	return e && hv_p2m_is_grant(hv_pte_type(e)) && hv_pte_mfn(e) == act->mfn;
}

static int check_list(struct check *c, struct hv_domain *rd, grant_ref_t ref)
{
	struct hv_grant_table *rgt = rd->gt;
	const struct hv_active *act = hv_active_entry(rgt, ref);
	const struct hv_back_ref *b = hv_back_ref(rgt, ref);
	struct hv_domain *ld;
	uint32_t prev = 0;

	if (b->busy)
		return fail(c, rd, ref, "busy, and nobody is at it");
	if (!b->first)
		return 0;
	ld = act->pin && act->domid < HV_MAX_DOMAINS ? rd->host->domain[act->domid] : NULL;
	if (!ld || !ld->gt->back_handles)
		return fail(c, rd, ref, "handles, and nobody who has them");
	for (uint32_t h = b->first; h; prev = h, h = hv_back_handle(ld->gt, h - 1)->next) {
		const struct hv_back_handle *bh;
		const struct hv_maptrack *map;

		if (h > ld->gt->maptrack_limit || ++c->hung[ld->id] > ld->gt->maptrack_limit)
			return fail(c, rd, ref, "a list that has no end");
		map = hv_maptrack(ld->gt, h - 1);
		bh = hv_back_handle(ld->gt, h - 1);
		if (!(map->flags & HV_MT_HUNG) || map->flags & HV_MT_REVOKED ||
		    !(map->flags & (GNTMAP_accept_hole | GNTMAP_accept_sink)) ||
		    map->domid != rd->id || map->ref != ref || bh->prev != prev)
			return fail(c, rd, ref, "a handle in its list that does not belong there");
		if (!in_place(ld, rd, act, bh->where))
			return fail(c, rd, ref, "it is not mapped where a handle says");
	}
	return 0;
}

int hv_back_check(struct hv_host *host, char *why, size_t len)
{
	struct check c = { .why = why, .len = len };
	struct hv_domain *d;
	int rc = 0;

	hv_for_each_domain (host, d) {
		unsigned n =
			d->gt->back_refs ? d->gt->nr_frames * (unsigned)HV_BACK_REFS_PER_PAGE : 0;

		for (grant_ref_t ref = 0; ref < n && !rc; ref++)
			rc = check_list(&c, d, ref);
	}
	hv_for_each_domain (host, d) {
		uint32_t hung = 0;

		for (uint32_t h = 0; h < d->gt->maptrack_limit; h++)
			hung += (hv_maptrack(d->gt, h)->flags & HV_MT_HUNG) != 0;
		if (!rc && hung != c.hung[d->id]) {
			snprintf(why, len, "d%u: %u handles of %u are in a list", d->id,
				 c.hung[d->id], hung);
			rc = -EUCLEAN;
		}
	}
	return rc;
}
