/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of ranges: made, found and freed. A lock for all of a domain's, held for a few words. */
#include "range_record.h"
#include "page.h"

void hv_ranges_init(struct hv_ranges *rs, unsigned max_pages)
{
	hv_spin_init(&rs->lock);
	rs->free = HV_RANGE_NONE;
	rs->max_bytes = (uint64_t)max_pages * HV_PAGE_SIZE;
}

static size_t array_bytes(const struct hv_ranges *rs)
{
	return rs->max_bytes / HV_PAGE_SIZE * sizeof(void *);
}

void hv_ranges_destroy(struct hv_vcpu *cur, struct hv_ranges *rs, struct hv_domain *d)
{
	if (!rs->page)
		return;
	for (uint32_t n = 0; n < rs->limit; n += HV_RANGE_PER_PAGE)
		hv_free_heap_page(cur, d, rs->page[n / HV_RANGE_PER_PAGE]);
	hv_free(cur, d, rs->page, array_bytes(rs));
}

static bool charge(struct hv_ranges *rs, uint64_t bytes)
{
	if (hv_account_add(&rs->bytes, bytes) + bytes <= rs->max_bytes)
		return true;
	hv_account_sub(&rs->bytes, bytes);
	return false;
}

/* With the lock: one more page of records. */
static bool grow(struct hv_vcpu *cur, struct hv_domain *d, struct hv_ranges *rs)
{
	struct hv_range *page;

	if (!rs->page)
		rs->page = hv_zalloc(cur, d, array_bytes(rs));
	if (!rs->page || !charge(rs, HV_PAGE_SIZE))
		return false;
	page = hv_alloc_heap_page(cur, d);
	if (!page) {
		hv_account_sub(&rs->bytes, HV_PAGE_SIZE);
		return false;
	}
	rs->page[rs->limit / HV_RANGE_PER_PAGE] = page;
	for (unsigned i = 0; i < HV_RANGE_PER_PAGE; i++)
		page[i].next = i + 1 < HV_RANGE_PER_PAGE ? rs->limit + i + 1 : rs->free;
	rs->free = rs->limit;
	rs->limit += (uint32_t)HV_RANGE_PER_PAGE;
	return true;
}

static void lock(struct hv_vcpu *cur, struct hv_ranges *rs)
{
	hv_spin_lock(cur, &rs->lock, HV_LVL_MAPTRACK);
}

static void unlock(struct hv_vcpu *cur, struct hv_ranges *rs)
{
	hv_spin_unlock(cur, &rs->lock, HV_LVL_MAPTRACK);
}

uint32_t hv_range_get(struct hv_vcpu *cur, struct hv_ranges *rs, struct hv_domain *d, unsigned list)
{
	size_t bytes = list * sizeof(grant_ref_t);
	uint32_t n = HV_RANGE_NONE;
	grant_ref_t *refs = NULL;

	if (list && !charge(rs, bytes))
		return n;
	if (list) {
		refs = hv_zalloc(cur, d, bytes);
		if (!refs)
			goto out;
	}
	lock(cur, rs);
	if (rs->free != HV_RANGE_NONE || grow(cur, d, rs)) {
		struct hv_range *r = hv_range(rs, rs->free);

		n = rs->free;
		rs->free = r->next;
		*r = (struct hv_range){ .list = refs, .ref = list, .state = HV_RANGE_BUSY };
	}
	unlock(cur, rs);
out:
	if (n == HV_RANGE_NONE && list) {
		hv_free(cur, d, refs, bytes);
		hv_account_sub(&rs->bytes, bytes);
	}
	return n;
}

void hv_range_publish(struct hv_vcpu *cur, struct hv_ranges *rs, uint32_t n)
{
	lock(cur, rs);
	hv_range(rs, n)->state = HV_RANGE_LIVE;
	unlock(cur, rs);
}

struct hv_range *hv_range_take(struct hv_vcpu *cur, struct hv_ranges *rs, uint32_t n)
{
	struct hv_range *r = NULL;

	lock(cur, rs);
	if (n < rs->limit &&
	    (hv_range(rs, n)->state == HV_RANGE_LIVE ||
	     (hv_mutant(RANGE_TWICE) && hv_range(rs, n)->state != HV_RANGE_FREE))) {
		r = hv_range(rs, n);
		r->state = HV_RANGE_BUSY;
	}
	unlock(cur, rs);
	return r;
}

void hv_range_put(struct hv_vcpu *cur, struct hv_ranges *rs, struct hv_domain *d, uint32_t n)
{
	struct hv_range *r = hv_range(rs, n);

	hv_account_sub(&rs->bytes, hv_range_list_bytes(r));
	hv_free(cur, d, r->list, hv_range_list_bytes(r));
	lock(cur, rs);
	*r = (struct hv_range){ .next = rs->free };
	rs->free = n;
	unlock(cur, rs);
}
