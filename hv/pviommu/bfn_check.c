/* SPDX-License-Identifier: GPL-2.0-only */
/* What is true of bus address spaces and of the M2B, of an idle host. */
#include <stdio.h>

#include "bfn.h"
#include "lifetime.h"
#include "page.h"
#include "pt.h"

struct look {
	struct hv_host *host;
	struct hv_domain *d;
	uint32_t *refs, *types;
	const char *what;
	uint64_t at;
};

static bool is_known(const struct look *s, uint64_t mfn, uint64_t bfn)
{
	for (const struct hv_m2b *e = *hv_m2b_bucket(s->host, mfn); e; e = e->next)
		if (e->mfn == mfn && e->bfn == bfn && e->mapper == s->d && e->mapped)
			return true;
	return false;
}

static int leaf(uint64_t bfn, unsigned order, uint64_t e, void *arg)
{
	struct look *s = arg;
	uint64_t mfn = hv_pte_mfn(e);
	const struct hv_page *pg = hv_page(s->host, mfn);

	s->at = bfn;
	if (order || mfn >= s->host->nr_frames) {
		s->what = "leads nowhere";
	} else if (hv_pte_type(e) == HV_P2M_RAM_RW) {
		s->refs[mfn]++;
		s->types[mfn] += (e & HV_PTE_WRITE) && pg->owner && !hv_translated(pg->owner);
	} else if (hv_pte_type(e) == HV_P2M_FOREIGN) {
		if (!is_known(s, mfn, bfn))
			s->what = "leads to another's page that nobody holds";
	} else if (hv_pte_type(e) == HV_P2M_XEN_SHARED) {
		if (hv_virt(s->host, mfn) != s->d->bfn.scratch)
			s->what = "leads to the hypervisor's memory";
	} else if (s->d->bfn.mode != HV_DOM0_RELAXED) {
		s->what = "is held by nothing, and the domain is strict";
	}
	return s->what != NULL;
}

static void check_m2b(struct look *s, const struct hv_m2b *e)
{
	uint64_t entry = 0;

	s->d = e->mapper;
	s->at = e->bfn;
	s->refs[e->mfn]++;
	if (e->mapped)
		entry = hv_pt_hw_get(s->host, &e->mapper->bfn.ctx.pt, e->bfn, NULL);
	if (e->mapped && (hv_pte_type(entry) != HV_P2M_FOREIGN || hv_pte_mfn(entry) != e->mfn))
		s->what = "is not where the M2B has it";
	if (hv_page(s->host, e->mfn)->owner == e->mapper || !hv_page(s->host, e->mfn)->owner)
		s->what = "is no other domain's";
}

int hv_bfn_check(struct hv_host *host, uint32_t *refs, uint32_t *types, char *why, size_t len)
{
	struct look s = { .host = host, .refs = refs, .types = types };
	uint64_t held[HV_MAX_DOMAINS] = { 0 };
	struct hv_domain *d;

	for (unsigned i = 0; i < HV_M2B_BUCKETS && !s.what; i++)
		for (const struct hv_m2b *e = host->m2b.bucket[i]; e && !s.what; e = e->next) {
			check_m2b(&s, e);
			held[e->mapper->id]++;
		}
	hv_for_each_domain (host, d) {
		if (s.what)
			break;
		s.d = d;
		if (d->bfn.made)
			hv_pt_each(host, &d->bfn.ctx.pt, leaf, &s);
		if (!s.what && d->bfn.stats.held != held[d->id])
			s.what = "holds another number of frames than it counts";
	}
	if (!s.what)
		return 0;
	snprintf(why, len, "d%u bus frame %#lx %s", s.d->id, (unsigned long)s.at, s.what);
	return -EUCLEAN;
}
