/* SPDX-License-Identifier: GPL-2.0-only */
/* Grant tables made, grown and freed. */
#include "grant_rivals.h"
#include "table.h"
#include "p2m.h"
#include "page.h"
#include "place.h"

static unsigned active_pages(unsigned frames)
{
	/* Sized for version 1, also when version 2 halves the number of entries (as in Xen). */
	return (frames * (unsigned)HV_V1_PER_PAGE + HV_ACTIVE_PER_PAGE - 1) / HV_ACTIVE_PER_PAGE;
}

static void *array(struct hv_vcpu *cur, struct hv_domain *d, unsigned n)
{
	return hv_zalloc(cur, d, (n ? n : 1) * sizeof(void *));
}

static void free_array(struct hv_vcpu *cur, struct hv_domain *d, void *p, unsigned n)
{
	hv_free(cur, d, p, (n ? n : 1) * sizeof(void *));
}

/* v1-revoke: what its lists need, empty, and what stands in the place of a page. */
static int init_back(struct hv_vcpu *cur, struct hv_grant_table *gt)
{
	gt->back_refs = array(cur, gt->d, gt->max_frames);
	gt->back_handles = array(cur, gt->d, gt->max_maptrack_frames);
	gt->sink = hv_alloc_heap_page(cur, gt->d);
	return gt->back_refs && gt->back_handles && gt->sink ? 0 : -ENOMEM;
}

static void destroy_back(struct hv_vcpu *cur, struct hv_grant_table *gt)
{
	for (unsigned i = 0; gt->back_refs && i < gt->nr_frames; i++)
		hv_free_heap_page(cur, gt->d, gt->back_refs[i]);
	for (unsigned i = 0; gt->back_handles && i < gt->maptrack_limit / HV_MAPTRACK_PER_PAGE; i++)
		hv_free_heap_page(cur, gt->d, gt->back_handles[i]);
	if (gt->sink)
		hv_free_heap_page(cur, gt->d, gt->sink);
	free_array(cur, gt->d, gt->back_refs, gt->max_frames);
	free_array(cur, gt->d, gt->back_handles, gt->max_maptrack_frames);
}

int hv_grant_table_init(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_domain_config *c)
{
	struct hv_grant_table *gt = hv_place(cur->host, sizeof(*gt));
	int rc = -ENOMEM;

	if (!gt)
		return -ENOMEM;
	d->gt = gt;
	gt->d = d;
	hv_percpu_init(cur->host, &gt->lock, HV_CLASS_GRANT);
	hv_spin_init(&gt->maptrack_lock);
	hv_ranges_init(&gt->ranges, c->max_maptrack_frames);
	gt->version = 1;
	gt->refused = c->super ? GTF_superpage : 0;
	gt->max_version = c->max_grant_version;
	gt->max_frames = c->max_grant_frames;
	gt->max_maptrack_frames = c->max_maptrack_frames;
	gt->active = array(cur, d, active_pages(gt->max_frames));
	gt->maptrack = array(cur, d, gt->max_maptrack_frames);
	gt->shared = array(cur, d, gt->max_frames);
	gt->status = array(cur, d, hv_grant_to_status_frames(gt->max_frames));
	if (!gt->active || !gt->maptrack || !gt->shared || !gt->status)
		return rc;
	rc = hv_pt_init(cur, &gt->tree, d);
	if (!rc && c->revocable)
		rc = init_back(cur, gt);
	if (rc)
		return rc;
	hv_grant_write_lock(cur, gt);
	rc = hv_gnttab_grow_table(cur, gt, 1);
	hv_grant_write_unlock(cur, gt);
	return rc;
}

void hv_grant_table_destroy(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_grant_table *gt = d->gt;

	for (unsigned i = 0; i < gt->nr_frames; i++)
		hv_free_heap_page(cur, d, gt->shared[i]);
	for (unsigned i = 0; i < gt->nr_status_frames; i++)
		hv_free_heap_page(cur, d, gt->status[i]);
	for (unsigned i = 0; i < gt->nr_active_pages; i++)
		hv_free_heap_page(cur, d, gt->active[i]);
	for (unsigned i = 0; i < gt->maptrack_limit / HV_MAPTRACK_PER_PAGE; i++)
		hv_free_heap_page(cur, d, gt->maptrack[i]);
	hv_ranges_destroy(cur, &gt->ranges, d);
	destroy_back(cur, gt);
	hv_pt_free(cur, &gt->tree);
	free_array(cur, d, gt->active, gt->active ? active_pages(gt->max_frames) : 0);
	free_array(cur, d, gt->maptrack, gt->max_maptrack_frames);
	free_array(cur, d, gt->shared, gt->max_frames);
	free_array(cur, d, gt->status, hv_grant_to_status_frames(gt->max_frames));
	hv_unplace(gt);
	d->gt = NULL;
}

int hv_gnttab_populate_status_frames(struct hv_vcpu *cur, struct hv_grant_table *gt,
				     unsigned nr_frames)
{
	unsigned i, want = hv_grant_to_status_frames(nr_frames);

	for (i = gt->nr_status_frames; i < want; i++) {
		gt->status[i] = hv_alloc_heap_page(cur, gt->d);
		if (!gt->status[i])
			goto fail;
	}
	for (i = gt->nr_status_frames; i < want; i++)
		hv_share_heap_page(cur, gt->status[i], gt->d);
	if (want > gt->nr_status_frames)
		gt->nr_status_frames = want;
	return 0;
fail:
	while (i-- > gt->nr_status_frames) {
		hv_free_heap_page(cur, gt->d, gt->status[i]);
		gt->status[i] = NULL;
	}
	return -ENOMEM;
}

int hv_gnttab_unpopulate_status_frames(struct hv_vcpu *cur, struct hv_grant_table *gt)
{
	for (unsigned i = 0; i < gt->nr_status_frames; i++) {
		uint64_t mfn = hv_virt_to_mfn(cur->host, gt->status[i]);
		uint64_t gfn = hv_load(&hv_page(cur->host, mfn)->m2p);

		if (hv_translated(gt->d) && gfn != HV_INVALID) {
			int rc = hv_p2m_remove_page(cur, gt->d, gfn, mfn);

			if (rc)
				return rc;
		}
	}
	for (unsigned i = 0; i < gt->nr_status_frames; i++) {
		hv_free_heap_page(cur, gt->d, gt->status[i]);
		gt->status[i] = NULL;
	}
	gt->nr_status_frames = 0;
	return 0;
}

int hv_gnttab_grow_table(struct hv_vcpu *cur, struct hv_grant_table *gt, unsigned nr_frames)
{
	unsigned i, a, b = gt->nr_frames, want_active;

	if (!nr_frames)
		nr_frames = 1;
	want_active = active_pages(nr_frames);
	for (a = gt->nr_active_pages; a < want_active; a++) {
		gt->active[a] = hv_alloc_heap_page(cur, gt->d);
		if (!gt->active[a])
			goto fail_active;
	}
	for (i = gt->nr_frames; i < nr_frames; i++) {
		gt->shared[i] = hv_alloc_heap_page(cur, gt->d);
		if (!gt->shared[i])
			goto fail_shared;
	}
	for (; gt->back_refs && b < nr_frames; b++) {
		gt->back_refs[b] = hv_alloc_heap_page(cur, gt->d);
		if (!gt->back_refs[b])
			goto fail_back;
	}
	if (gt->version > 1 && hv_gnttab_populate_status_frames(cur, gt, nr_frames))
		goto fail_back;
	for (i = gt->nr_frames; i < nr_frames; i++)
		hv_share_heap_page(cur, gt->shared[i], gt->d);
	if (nr_frames > gt->nr_frames)
		gt->nr_frames = nr_frames;
	if (want_active > gt->nr_active_pages)
		gt->nr_active_pages = want_active;
	return 0;
fail_back:
	while (b-- > gt->nr_frames) {
		hv_free_heap_page(cur, gt->d, gt->back_refs[b]);
		gt->back_refs[b] = NULL;
	}
fail_shared:
	while (i-- > gt->nr_frames) {
		hv_free_heap_page(cur, gt->d, gt->shared[i]);
		gt->shared[i] = NULL;
	}
fail_active:
	while (a-- > gt->nr_active_pages) {
		hv_free_heap_page(cur, gt->d, gt->active[a]);
		gt->active[a] = NULL;
	}
	return -ENOMEM;
}

void *hv_grant_physmap_frame(struct hv_vcpu *cur, struct hv_domain *d, unsigned idx, bool status)
{
	struct hv_grant_table *gt = d->gt;
	void *p = NULL;

	/* gnttab_get_shared_frame_mfn() and gnttab_get_status_frame_mfn(). */
	if (status) {
		/* Status frame idx comes with a whole group of grant frames, or not at all. */
		uint64_t want = ((uint64_t)idx + 1) * (HV_STATUS_PER_PAGE / HV_V2_PER_PAGE);

		if (gt->version == 2 && idx < hv_grant_to_status_frames(gt->max_frames)) {
			if (idx >= gt->nr_status_frames && want <= gt->max_frames)
				hv_gnttab_grow_table(cur, gt, (unsigned)want);
			if (idx < gt->nr_status_frames)
				p = gt->status[idx];
		}
	} else if (idx < gt->max_frames) {
		if (idx >= gt->nr_frames)
			hv_gnttab_grow_table(cur, gt, idx + 1);
		if (idx < gt->nr_frames)
			p = gt->shared[idx];
	}
	return p;
}
