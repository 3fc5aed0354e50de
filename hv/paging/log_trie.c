/* SPDX-License-Identifier: GPL-2.0-only */
/* The trie of dirty pages: nodes of 512 pointers, and leaves of a page of bits. */
#include "log_trie.h"

/* Where a page's bit is: in nodes of the levels 4, 3 and 2, and in its leaf. */
static unsigned at(uint64_t pfn, unsigned level)
{
	return level == 1 ? pfn % HV_LOG_LEAF : pfn >> (15 + 9 * (level - 2)) & (HV_LOG_NODE - 1);
}

static void *new_page(struct hv_vcpu *cur, struct hv_domain *d)
{
	bool no_alloc = cur->no_alloc;
	void *p;

	/* Xen has a pool for these: also what takes no memory otherwise may mark a page. */
	cur->no_alloc = false;
	/* hap_alloc_p2m_page() and hap_free_p2m_page() lock for themselves. */
	hv_paging_lock(cur, d);
	p = hv_alloc_heap_page(cur, d);
	hv_paging_unlock(cur, d);
	cur->no_alloc = no_alloc;
	if (p)
		d->log.allocs++;
	else if (!hv_mutant(LOG_ALLOC_UNSAID))
		d->log.failed_allocs++;
	return p;
}

void hv_log_free(struct hv_vcpu *cur, struct hv_domain *d, void *p)
{
	hv_paging_lock(cur, d);
	d->log.allocs--;
	hv_free_heap_page(cur, d, p);
	hv_paging_unlock(cur, d);
}

static void set_bit(struct hv_vcpu *cur, struct hv_domain *d, uint64_t *leaf, uint64_t pfn)
{
	uint64_t *word = &leaf[at(pfn, 1) / 64], bit = 1ull << pfn % 64;

	cur->count.frame_maps++;
	if (!(hv_load(word) & bit)) {
		hv_store(word, hv_load(word) | bit);
		d->log.dirty_count++;
	}
}

void hv_log_pfn(struct hv_vcpu *cur, struct hv_domain *d, uint64_t pfn)
{
	void **p = (void **)&d->log.top;

	/* What has no place in its memory: a frame of the hypervisor's that it shares. */
	if (pfn >= 1ull << 36)
		return;
	cur->count.pages_marked++;
	hv_paging_lock(cur, d);
	/* It may have gone off since: then the trie is about to go. */
	if (!hv_load(&d->log.on))
		goto out;
	for (unsigned level = 4;; level--) {
		if (!*p)
			*p = new_page(cur, d);
		if (!*p)
			break;
		if (level == 1) {
			set_bit(cur, d, *p, pfn);
			break;
		}
		cur->count.frame_maps++;
		p = (void **)*p + at(pfn, level);
	}
out:
	hv_paging_unlock(cur, d);
}

void hv_log_mfn(struct hv_vcpu *cur, struct hv_domain *d, uint64_t mfn)
{
	const struct hv_page *pg;

	if (!hv_mfn_valid(cur, mfn))
		return;
	pg = hv_page(cur->host, mfn);
	if (hv_load(&pg->owner) == d || hv_mutant(LOG_ANY_OWNER))
		hv_log_pfn(cur, d, hv_load(&pg->m2p));
}

void hv_log_run(struct hv_vcpu *cur, struct hv_domain *d, uint64_t mfn, unsigned order)
{
	for (uint64_t i = 0; i < 1ull << order; i++)
		d->log.mark_frame(cur, d, mfn + i);
}

bool hv_log_has(const struct hv_domain *d, uint64_t pfn)
{
	void *p = d->log.top;

	for (unsigned level = 4; p && level > 1; level--)
		p = ((void **)p)[at(pfn, level)];
	return p && ((uint64_t *)p)[at(pfn, 1) / 64] >> pfn % 64 & 1;
}

static unsigned pages_below(void *const *node, unsigned level)
{
	unsigned n = 1;

	for (unsigned i = 0; level > 1 && i < HV_LOG_NODE; i++)
		if (node[i])
			n += pages_below(node[i], level - 1);
	return n;
}

unsigned hv_log_pages(const struct hv_domain *d)
{
	return d->log.top ? pages_below((void *const *)d->log.top, 4) : 0;
}
