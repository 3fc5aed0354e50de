/* SPDX-License-Identifier: GPL-2.0-only */
/* What is true of a guest's contexts, of an idle host. */
#include <stdio.h>

#include "lifetime.h"
#include "page.h"
#include "pv_inside.h"

struct look {
	struct hv_host *host;
	struct hv_domain *d;
	uint32_t *refs, *types;
	uint64_t reserved; /* pages of a context that are so */
	const char *what;
	uint64_t dfn;
};

/* What no reference is held of. */
static const char *look_unheld(struct look *s, uint64_t dfn, unsigned order, uint64_t mfn)
{
	if (mfn >= s->host->nr_frames)
		return mfn + (1ull << order) > s->host->nr_machine ? "leads nowhere" : NULL;
	s->reserved++;
	return hv_pvi_reserved(s->d, dfn, 1) ? NULL : "leads to RAM that it holds no reference on";
}

static const char *look_held(struct look *s, uint64_t dfn, unsigned order, uint64_t e)
{
	for (uint64_t i = 0; i < 1ull << order; i++) {
		uint64_t mfn = hv_pte_mfn(e) + i;
		const struct hv_page *pg = hv_page(s->host, mfn);

		if (mfn >= s->host->nr_frames || !pg->owner)
			return "leads to a freed frame";
		if (pg->owner != s->d && !s->d->privileged)
			return "leads to another domain's frame";
		if (hv_pvi_reserved(s->d, dfn + i, 1))
			return "is reserved";
		s->refs[mfn]++;
		s->types[mfn] += (e & HV_PTE_WRITE) && !hv_translated(pg->owner);
	}
	return NULL;
}

static int leaf(uint64_t dfn, unsigned order, uint64_t e, void *arg)
{
	struct look *s = arg;

	s->dfn = dfn;
	s->what = hv_pte_type(e) == HV_P2M_RAM_RW ? look_held(s, dfn, order, e)
						  : look_unheld(s, dfn, order, hv_pte_mfn(e));
	return s->what != NULL;
}

static void check_context(struct look *s, const struct hv_pv_context *c, uint64_t reserved)
{
	s->reserved = 0;
	if (c->users)
		s->what = "somebody is at work, and nobody is there";
	if (!s->what)
		hv_pt_each(s->host, &c->ctx.pt, leaf, s);
	if (!s->what && !c->dying && s->reserved != reserved)
		s->what = "what is reserved is not there";
	if (!s->what && c->dying && c->ctx.devices)
		s->what = "a context that is going has a device";
}

static int check_domain(struct look *s, char *why, size_t len)
{
	const struct hv_pviommu *pv = &s->d->pvi;
	uint64_t reserved = 0, bytes = 0;
	unsigned i;

	for (i = 0; i < pv->nr_reserved; i++) {
		reserved += pv->reserved[i].pages;
		for (unsigned k = 0; k < pv->reserved[i].pages; k++)
			s->refs[pv->reserved[i].mfn[k]]++;
	}
	for (i = 0; i < pv->max && !s->what; i++) {
		bool taken = pv->taken[i / 64] >> i % 64 & 1;

		if (taken != (pv->context[i] != NULL))
			s->what = "its number is taken and nothing is there, or the other way";
		else if (taken)
			check_context(s, pv->context[i], reserved);
		bytes += taken && !s->what ? pv->context[i]->table_bytes : 0;
	}
	if (s->what) {
		snprintf(why, len, "d%u context %u dfn %#lx: %s", s->d->id, i,
			 (unsigned long)s->dfn, s->what);
		return -EUCLEAN;
	}
	if (bytes == pv->stats.arena_bytes && bytes <= pv->stats.arena_max)
		return 0;
	snprintf(why, len, "d%u: its contexts' tables have %lu bytes, %lu accounted for, of %lu",
		 s->d->id, (unsigned long)bytes, (unsigned long)pv->stats.arena_bytes,
		 (unsigned long)pv->stats.arena_max);
	return -EUCLEAN;
}

int hv_pviommu_check(struct hv_host *host, uint32_t *refs, uint32_t *types, char *why, size_t len)
{
	struct look s = { .host = host, .refs = refs, .types = types };
	int rc = 0;

	hv_for_each_domain (host, s.d) {
		if (!rc)
			rc = check_domain(&s, why, len);
	}
	return rc;
}
