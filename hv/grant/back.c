/* SPDX-License-Identifier: GPL-2.0-only */
/* Back-pointers from references to handles (back.h). */
#include "back.h"
#include "mapping.h"
#include "maptrack.h"
#include "page.h"
#include "words.h"

/* ---- memory ---- */

static void *array(struct hv_vcpu *cur, struct hv_domain *d, unsigned n)
{
	return hv_zalloc(cur, d, (n ? n : 1) * sizeof(void *));
}

static void free_array(struct hv_domain *d, void *p, unsigned n)
{
	hv_free(d, p, (n ? n : 1) * sizeof(void *));
}

int hv_back_init(struct hv_vcpu *cur, struct hv_grant_table *gt)
{
	gt->back_refs = array(cur, gt->d, gt->max_frames);
	gt->back_handles = array(cur, gt->d, gt->max_maptrack_frames);
	gt->sink = hv_alloc_heap_page(cur, gt->d);
	if (!gt->back_refs || !gt->back_handles || !gt->sink)
		return -ENOMEM;
	gt->accepts = HV_BACK_ACCEPTS;
	return 0;
}

void hv_back_destroy(struct hv_vcpu *cur, struct hv_grant_table *gt)
{
	if (gt->back_refs)
		hv_back_shrink(cur, gt, 0, gt->nr_frames);
	for (unsigned i = 0; gt->back_handles && i < gt->maptrack_limit / HV_MAPTRACK_PER_PAGE; i++)
		hv_free_heap_page(cur, gt->d, gt->back_handles[i]);
	if (gt->sink)
		hv_free_heap_page(cur, gt->d, gt->sink);
	free_array(gt->d, gt->back_refs, gt->max_frames);
	free_array(gt->d, gt->back_handles, gt->max_maptrack_frames);
}

void hv_back_shrink(struct hv_vcpu *cur, struct hv_grant_table *gt, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		hv_free_heap_page(cur, gt->d, gt->back_refs[i]);
		gt->back_refs[i] = NULL;
	}
}

int hv_back_grow(struct hv_vcpu *cur, struct hv_grant_table *gt, unsigned from, unsigned to)
{
	for (unsigned i = from; i < to; i++) {
		gt->back_refs[i] = hv_alloc_heap_page(cur, gt->d);
		if (!gt->back_refs[i]) {
			hv_back_shrink(cur, gt, from, i);
			return -ENOMEM;
		}
	}
	return 0;
}

int hv_back_add_handles(struct hv_vcpu *cur, struct hv_grant_table *lgt, unsigned i)
{
	struct hv_back_handle *page = hv_alloc_heap_page(cur, lgt->d);

	if (!page)
		return -ENOMEM;
	hv_store(&lgt->back_handles[i], page);
	return 0;
}

uint64_t hv_back_bytes(const struct hv_grant_table *gt)
{
	uint64_t pages = gt->nr_frames + gt->maptrack_limit / HV_MAPTRACK_PER_PAGE + 1;

	return gt->back_refs ? pages << HV_PAGE_SHIFT : 0;
}

/* ---- lists ---- */

bool hv_back_grants(struct hv_vcpu *cur, const uint32_t *header)
{
	return (hv_guest_read(cur, header) & GTF_type_mask) != GTF_invalid;
}

void hv_back_hang(struct hv_grant_table *rgt, grant_ref_t ref, struct hv_grant_table *lgt,
		  uint32_t handle)
{
	struct hv_back_ref *b = hv_back_ref(rgt, ref);
	struct hv_back_handle *h = hv_back_handle(lgt, handle);

	h->prev = 0;
	h->next = b->first;
	if (b->first)
		hv_back_handle(lgt, b->first - 1)->prev = handle + 1;
	b->first = handle + 1;
}

void hv_back_unhang(struct hv_grant_table *rgt, grant_ref_t ref, struct hv_grant_table *lgt,
		    uint32_t handle)
{
	struct hv_back_ref *b = hv_back_ref(rgt, ref);
	struct hv_back_handle *h = hv_back_handle(lgt, handle);

	if (h->prev)
		hv_back_handle(lgt, h->prev - 1)->next = h->next;
	else
		b->first = h->next;
	if (h->next)
		hv_back_handle(lgt, h->next - 1)->prev = h->prev;
}

/* ---- the mapper, when it comes to a handle that was or is being revoked ---- */

uint16_t hv_back_settled(const struct hv_maptrack *map)
{
	unsigned spins = 0;
	uint16_t flags;

	while ((flags = hv_load_acquire(&map->flags)) & HV_MT_TAKEN)
		hv_backoff(&spins);
	return flags;
}

int hv_back_unmap(struct hv_vcpu *cur, uint32_t handle)
{
	struct hv_grant_table *lgt = cur->d->gt;
	struct hv_maptrack *map = hv_maptrack(lgt, handle);
	uint16_t flags = hv_back_settled(map);

	if (!(flags & HV_MT_GONE))
		return GNTST_eagain;
	if (!hv_cmpxchg(cur, &map->flags, &flags, 0))
		return GNTST_bad_handle;
	/* Nobody else has the sink at this place, and nobody can put anything in its place. */
	if (flags & HV_MT_SINK)
		hv_mapping_destroy(cur, hv_back_handle(lgt, handle)->where,
				   hv_virt_to_mfn(cur->host, lgt->sink), GNTMAP_host_map);
	hv_maptrack_put(cur, lgt, handle);
	return GNTST_okay;
}
