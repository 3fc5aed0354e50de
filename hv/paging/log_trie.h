/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The trie of a domain's dirty pages: a bit a page, under the paging lock, in memory that is charged to the domain. After
 * Xen's arch/x86/mm/paging.c.
 */
#ifndef HV_LOG_TRIE_H
#define HV_LOG_TRIE_H

#include "page.h"

/* LOGDIRTY_NODE_ENTRIES; and how many pages have their bits in a leaf of the trie. */
#define HV_LOG_NODE 512u
#define HV_LOG_LEAF (HV_PAGE_SIZE * 8u)

static inline void hv_paging_lock(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_recursive_lock(cur, &d->paging, HV_LVL_PAGING);
}

static inline void hv_paging_unlock(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_recursive_unlock(cur, &d->paging, HV_LVL_PAGING);
}

/* paging_mark_pfn_dirty() and paging_mark_dirty(), into the trie. Out of line. */
void hv_log_pfn(struct hv_vcpu *cur, struct hv_domain *d, uint64_t pfn);
void hv_log_mfn(struct hv_vcpu *cur, struct hv_domain *d, uint64_t mfn);

/* The domain's page was written to, as far as it is logged. */
static inline void hv_mark_dirty(struct hv_vcpu *cur, struct hv_domain *d, uint64_t mfn)
{
	if (hv_unlikely(hv_load(&d->log.on)))
		d->log.mark_frame(cur, d, mfn);
}

/* The same of 1 << order frames from mfn on. */
void hv_log_run(struct hv_vcpu *cur, struct hv_domain *d, uint64_t mfn, unsigned order);

static inline void hv_mark_run(struct hv_vcpu *cur, struct hv_domain *d, uint64_t mfn,
			       unsigned order)
{
	if (hv_unlikely(hv_load(&d->log.on)))
		hv_log_run(cur, d, mfn, order);
}

static inline void hv_mark_pfn_dirty(struct hv_vcpu *cur, struct hv_domain *d, uint64_t pfn)
{
	if (hv_unlikely(hv_load(&d->log.on)))
		d->log.mark(cur, d, pfn);
}

/* Is the bit of the page set? Under the paging lock, or on an idle host. */
bool hv_log_has(const struct hv_domain *d, uint64_t pfn);
/* Pages that the trie has. On an idle host. */
unsigned hv_log_pages(const struct hv_domain *d);
/* One page of the trie goes. */
void hv_log_free(struct hv_vcpu *cur, struct hv_domain *d, void *p);

#endif
