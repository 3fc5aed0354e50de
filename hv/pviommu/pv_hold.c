/* SPDX-License-Identifier: GPL-2.0-only */
/* What everything about a guest's contexts rests on: who is at work on one, what tables may take, what is reserved. */
#include "pv_inside.h"

struct hv_pv_context *hv_pvi_get_context(struct hv_vcpu *cur, struct hv_domain *d, unsigned no)
{
	struct hv_pv_context *c = NULL;

	hv_contexts_lock(cur, d);
	if (no && no <= d->pvi.max && !d->pvi.ended)
		c = d->pvi.context[no - 1];
	if (c && c->dying && !hv_mutant(PVI_DYING_TAKES))
		c = NULL;
	if (c) {
		c->users++;
		cur->count.context_gets++;
	}
	hv_contexts_unlock(cur, d);
	return c;
}

void hv_pvi_put_context(struct hv_vcpu *cur, struct hv_domain *d, struct hv_pv_context *c)
{
	hv_contexts_lock(cur, d);
	c->users--;
	hv_contexts_unlock(cur, d);
}

/* ---- the arena ---- */

bool hv_pvi_arena_take(struct hv_domain *d, uint64_t bytes)
{
	struct hv_pv_iommu_stats *s = &d->pvi.stats;

	if (hv_account_add(&s->arena_bytes, bytes) + bytes <= s->arena_max ||
	    hv_mutant(PVI_NO_ARENA))
		return true;
	hv_account_sub(&s->arena_bytes, bytes);
	return false;
}

void hv_pvi_arena_give(struct hv_domain *d, uint64_t bytes)
{
	hv_account_sub(&d->pvi.stats.arena_bytes, bytes);
}

/* ---- reserved frames ---- */

bool hv_pvi_reserved(const struct hv_domain *d, uint64_t dfn, uint64_t n)
{
	for (unsigned i = 0; i < d->pvi.nr_reserved; i++)
		if (dfn < d->pvi.reserved[i].dfn + d->pvi.reserved[i].pages &&
		    d->pvi.reserved[i].dfn < dfn + n)
			return true;
	return false;
}
