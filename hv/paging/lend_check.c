/* SPDX-License-Identifier: GPL-2.0-only */
/* What is true of memory lent, of an idle host. */
#include <stdio.h>

#include "lend_check.h"
#include "iommu.h"
#include "lend_seq.h"
#include "lifetime.h"
#include "page.h"

struct look {
	struct hv_host *host;
	struct hv_domain *d;
	uint16_t *small, *large; /* entries that lead to a frame, or begin with it */
	uint64_t pages;		 /* of entries, in this domain */
	const char *what;
	uint64_t gfn;
};

static const char *broken(struct look *s, const struct hv_loan *l, uint64_t gfn, unsigned order,
			  uint64_t e)
{
	uint64_t mfn = hv_pte_mfn(e);

	if (!l)
		return "is lent by nobody";
	if (hv_iommu_sync(s->d) && hv_pt_hw_get(s->host, &s->d->iommu.pt, gfn, NULL))
		return "is lent and in reach of the device";
	if (hv_pte_type(e) == HV_P2M_LENT_ABSENT)
		return e & HV_PTE_MARK ? NULL : "is absent and not marked";
	if (!(e & HV_PTE_WRITE) != !l->write)
		return "has not the right of its loan";
	if (l->bar)
		return mfn < s->host->nr_frames ? "is RAM, lent as a device's memory" : NULL;
	for (uint64_t i = 0; i < 1ull << order; i++) {
		const struct hv_page *pg = hv_page(s->host, mfn + i);

		if (pg->owner != l->lender || !(pg->count_info & HV_PGC_ALLOCATED))
			return "leads to what is not its lender's";
	}
	++*(order ? &s->large[mfn] : &s->small[mfn]);
	return NULL;
}

static int leaf(uint64_t gfn, unsigned order, uint64_t e, void *arg)
{
	struct look *s = arg;

	if (!hv_p2m_is_lent(hv_pte_type(e)))
		return 0;
	s->gfn = gfn;
	s->pages += 1ull << order;
	s->what = broken(s, hv_loan_find(s->d, NULL, gfn, 1ull << order), gfn, order, e);
	return s->what != NULL;
}

static int check_domain(struct look *s, char *why, size_t len)
{
	uint64_t lent = 0;

	s->pages = 0;
	for (unsigned i = 0; i < s->d->lend.nr; i++)
		lent += s->d->lend.loan[i].pages;
	hv_pt_each(s->host, &s->d->p2m.pt, leaf, s);
	if (!s->what && s->pages == lent)
		return 0;
	if (s->what)
		snprintf(why, len, "d%u gfn %#lx %s", s->d->id, (unsigned long)s->gfn, s->what);
	else
		snprintf(why, len, "d%u: %lu pages are lent to it, its p2m has %lu", s->d->id,
			 (unsigned long)lent, (unsigned long)s->pages);
	return -EUCLEAN;
}

static int check_counts(const struct look *s, char *why, size_t len)
{
	for (uint64_t mfn = 0; mfn < s->host->nr_frames; mfn++) {
		const struct hv_page *pg = hv_page(s->host, mfn);

		if (pg->lent == s->small[mfn] && pg->lent_large == s->large[mfn])
			continue;
		snprintf(why, len,
			 "mfn %#lx: %u and %u entries of borrowers, %u and %u accounted for",
			 (unsigned long)mfn, pg->lent, pg->lent_large, s->small[mfn],
			 s->large[mfn]);
		return -EUCLEAN;
	}
	return 0;
}

int hv_lend_check(struct hv_host *host, char *why, size_t len)
{
	struct look s = { .host = host };
	int rc = 0;

	s.small = calloc(host->nr_frames, sizeof(*s.small));
	s.large = calloc(host->nr_frames, sizeof(*s.large));
	if (!s.small || !s.large) {
		snprintf(why, len, "no memory for the check");
		rc = -ENOMEM;
	}
	hv_for_each_domain (host, s.d) {
		if (!rc && hv_translated(s.d) && s.d->p2m.pt.root && !s.d->is_dying)
			rc = check_domain(&s, why, len);
	}
	if (!rc)
		rc = check_counts(&s, why, len);
	free(s.small);
	free(s.large);
	return rc;
}
