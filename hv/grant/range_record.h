/* SPDX-License-Identifier: GPL-2.0-only */
/* Records of ranges that a domain has mapped by references of version 1 (v1-range). d: the domain, which pays for them. */
#ifndef HV_RANGE_RECORD_H
#define HV_RANGE_RECORD_H

#include "lock.h"

/* FREE: on the list. BUSY: of the vCPU that makes it or takes it away, and not to be found by others. */
enum hv_range_state { HV_RANGE_FREE, HV_RANGE_BUSY, HV_RANGE_LIVE };

struct hv_range {
	uint64_t addr;
	grant_ref_t *list; /* its references, or NULL: ref and those that follow */
	grant_ref_t ref;   /* with a list: how many it has room for */
	uint32_t next;	   /* of the free list, or of those that a hypercall takes away */
	uint16_t count;
	uint16_t left; /* while it is taken away: pages that stay */
	domid_t domid;
	uint8_t state;
	bool readonly;
};

_Static_assert(sizeof(struct hv_range) == 32, "128 to a page");
#define HV_RANGE_NONE	  (~0u)
#define HV_RANGE_PER_PAGE (HV_PAGE_SIZE / sizeof(struct hv_range))

/* A domain's ranges. They and their lists cost it at most as many pages again as its handles. */
struct hv_ranges {
	struct hv_spinlock lock hv_aligned_line;
	struct hv_range *
		*page;	/* as many as it may have frames of handles; NULL before the first */
	uint32_t limit; /* numbers below it have a record */
	uint32_t free;
	uint64_t bytes, max_bytes;
	uint64_t mapped; /* pages */
};

static inline struct hv_range *hv_range(const struct hv_ranges *rs, uint32_t n)
{
	return &rs->page[n / HV_RANGE_PER_PAGE][n % HV_RANGE_PER_PAGE];
}

static inline grant_ref_t hv_range_ref(const struct hv_range *r, unsigned i)
{
	return r->list ? r->list[i] : r->ref + i;
}

static inline size_t hv_range_list_bytes(const struct hv_range *r)
{
	return r->list ? r->ref * sizeof(grant_ref_t) : 0;
}

/* What a mapping of it has: GNTMAP_*. */
static inline unsigned hv_range_flags(const struct hv_range *r)
{
	return GNTMAP_host_map | (r->readonly ? GNTMAP_readonly : 0);
}

void hv_ranges_init(struct hv_ranges *rs, unsigned max_pages);
void hv_ranges_destroy(struct hv_vcpu *cur, struct hv_ranges *rs, struct hv_domain *d);

/* A record, BUSY, with room for a list of count references if that is not 0; HV_RANGE_NONE. */
uint32_t hv_range_get(struct hv_vcpu *cur, struct hv_ranges *rs, struct hv_domain *d,
		      unsigned list);
/* BUSY to LIVE; LIVE to BUSY, NULL if there is none; BUSY to FREE. */
void hv_range_publish(struct hv_vcpu *cur, struct hv_ranges *rs, uint32_t n);
struct hv_range *hv_range_take(struct hv_vcpu *cur, struct hv_ranges *rs, uint32_t n);
void hv_range_put(struct hv_vcpu *cur, struct hv_ranges *rs, struct hv_domain *d, uint32_t n);

#endif
