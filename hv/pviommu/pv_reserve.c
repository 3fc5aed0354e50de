/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device frames that are not the guest's to map: a device reaches there what firmware gave it, in whatever context it is.
 * The range holds a reference on each of its frames; entries for them hold none.
 */
#include "pv_inside.h"
#include "p2m.h"
#include "page.h"

int hv_pvi_enter_reserved(struct hv_vcpu *cur, struct hv_domain *d, struct hv_pv_context *c)
{
	int rc = 0;

	for (unsigned i = 0; i < d->pvi.nr_reserved && !rc; i++) {
		const struct hv_pv_reserved *r = &d->pvi.reserved[i];

		for (unsigned k = 0; k < r->pages && !rc; k++)
			rc = hv_pvi_enter(cur, d, c, r->dfn + k, 0,
					  hv_pte(r->mfn[k], HV_P2M_MMIO_DIRECT, true));
	}
	return rc;
}

static void put_range(struct hv_vcpu *cur, const struct hv_pv_reserved *r)
{
	for (unsigned k = 0; k < r->pages; k++)
		hv_put_page(cur, hv_page(cur->host, r->mfn[k]));
}

void hv_pvi_put_reserved(struct hv_vcpu *cur, struct hv_domain *d)
{
	while (d->pvi.nr_reserved)
		put_range(cur, &d->pvi.reserved[--d->pvi.nr_reserved]);
}

/* The RAM that the domain has at a frame of that number. HV_INVALID. */
static uint64_t ram_at(struct hv_vcpu *cur, struct hv_domain *d, uint64_t frame)
{
	struct hv_page *pg;
	enum hv_p2m_type t;

	/* A device writes there: it is no place for a PV domain's page tables, whatever they are later. */
	if (!hv_translated(d))
		return HV_INVALID;
	pg = hv_p2m_get_page(cur, d, frame, &t);
	if (pg && !hv_p2m_is_ram(t)) {
		hv_put_page(cur, pg);
		pg = NULL;
	}
	return pg ? hv_page_mfn(cur->host, pg) : HV_INVALID;
}

static int reserve(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, uint64_t pages)
{
	struct hv_pv_reserved *r = &d->pvi.reserved[d->pvi.nr_reserved];

	if (d->pvi.max)
		return -EBUSY;
	if (d->pvi.nr_reserved == HV_RESERVED_RANGES)
		return -ENOSPC;
	*r = (struct hv_pv_reserved){ .dfn = dfn };
	for (; r->pages < pages; r->pages++) {
		r->mfn[r->pages] = ram_at(cur, d, dfn + r->pages);
		if (r->mfn[r->pages] == HV_INVALID) {
			put_range(cur, r);
			return -ENOENT;
		}
	}
	d->pvi.nr_reserved++;
	return 0;
}

int hv_domain_reserve_dfns(struct hv_domain *d, uint64_t dfn, uint64_t pages)
{
	struct hv_vcpu *cur = &d->host->toolstack;
	int rc;

	if (!pages || pages > HV_RESERVED_PAGES || dfn > HV_PT_MAX_INDEX - pages ||
	    hv_pvi_reserved(d, dfn, pages))
		return -EINVAL;
	hv_mutex_lock(&d->host->toolstack_lock);
	/* Nobody makes a context meanwhile: a guest that has begun is refused. */
	rc = reserve(cur, d, dfn, pages);
	hv_mutex_unlock(&d->host->toolstack_lock);
	return rc;
}
