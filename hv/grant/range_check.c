/* SPDX-License-Identifier: GPL-2.0-only */
/* The ranges of an idle domain: each page is where its record says, and what it accounts for. */
#include <stdio.h>

#include "grant_rivals.h"
#include "mapping.h"
#include "p2m.h"
#include "range.h"
#include "table.h"
#include "track.h"

struct check {
	const struct hv_domain *d;
	struct hv_range_sum *sum;
	char *why;
	size_t len;
};

static int wrong(struct check *c, uint32_t n, unsigned i, const char *what)
{
	snprintf(c->why, c->len, "d%u range %u page %u: %s", c->d->id, n, i, what);
	return -EUCLEAN;
}

/* A translated domain has it in its p2m, by an entry of its own kind and with the range's rights. */
static bool is_mapped(const struct hv_domain *d, const struct hv_range *r, unsigned i, uint64_t mfn)
{
	uint64_t e = hv_pt_hw_get(d->host, &d->p2m.pt, (r->addr >> HV_PAGE_SHIFT) + i, NULL);

	return e && hv_p2m_is_range(hv_pte_type(e)) && hv_pte_mfn(e) == mfn &&
	       !(e & HV_PTE_WRITE) == r->readonly;
}

static int check_page(struct check *c, uint32_t n, const struct hv_range *r, unsigned i)
{
	const struct hv_domain *d = c->d,
			       *rd = r->domid < HV_MAX_DOMAINS ? d->host->domain[r->domid] : NULL;
	grant_ref_t ref = hv_range_ref(r, i);
	const struct hv_active *act;

	if (!rd || ref >= rd->gt->nr_active_pages * HV_ACTIVE_PER_PAGE)
		return wrong(c, n, i, "its reference is not there");
	act = hv_active_entry(rd->gt, ref);
	if (!act->pin || act->domid != d->id || act->mfn >= d->host->nr_frames)
		return wrong(c, n, i, "its reference is not pinned for it");
	c->sum->pins[rd->id][ref] += r->readonly ? HV_PIN_HSTR : HV_PIN_HSTW;
	if (hv_grant_need_iommu(d) && d != rd)
		c->sum->track[act->mfn] += r->readonly ? 1ull : 1ull << 32;
	/* A PV domain's references belong to its page-table entries, which it may move. */
	if (!hv_translated(d)) {
		c->sum->mapped[act->mfn]++;
		return 0;
	}
	if (!is_mapped(d, r, i, act->mfn))
		return wrong(c, n, i, "the p2m has something else");
	c->sum->entries++;
	c->sum->refs[act->mfn]++;
	c->sum->types[act->mfn] += hv_mapping_has_type(r->readonly, d, rd);
	return 0;
}

int hv_range_check(const struct hv_domain *d, struct hv_range_sum *sum, char *why, size_t len)
{
	const struct hv_ranges *rs = &d->gt->ranges;
	struct check c = { d, sum, why, len };
	uint64_t live = 0, listed = 0, pages = 0, bytes = 0;
	int rc = 0;

	for (uint32_t n = 0; n < rs->limit && !rc; n++) {
		const struct hv_range *r = hv_range(rs, n);

		if (n % HV_RANGE_PER_PAGE == 0)
			bytes += HV_PAGE_SIZE;
		if (r->state == HV_RANGE_FREE)
			continue;
		live++;
		pages += r->count;
		bytes += hv_range_list_bytes(r);
		if (r->state != HV_RANGE_LIVE || !r->count || r->count > GNTRANGE_MAX_COUNT)
			return wrong(&c, n, r->count, "neither free nor mapped");
		for (unsigned i = 0; i < r->count && !rc; i++)
			rc = check_page(&c, n, r, i);
	}
	for (uint32_t n = rs->free; n != HV_RANGE_NONE && listed <= rs->limit && !rc;
	     n = hv_range(rs, n)->next, listed++)
		if (n >= rs->limit || hv_range(rs, n)->state != HV_RANGE_FREE)
			return wrong(&c, n, 0, "live or wild on the list of free ones");
	if (!rc && (live + listed != rs->limit || pages != rs->mapped || bytes != rs->bytes))
		return wrong(&c, (uint32_t)live, (unsigned)pages,
			     "so many ranges and pages, which were counted otherwise");
	return rc;
}
