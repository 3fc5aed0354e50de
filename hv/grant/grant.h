/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Grant tables 1 and 2, after Xen 4.17's common/grant_table.c: its locks, check order, status codes
 * and limits. Functions name the Xen function they stand for.
 */
#ifndef HV_GRANT_H
#define HV_GRANT_H

#include "page.h"

#define HV_GNTTAB_RESERVED 8 /* GNTTAB_NR_RESERVED_ENTRIES */
#define HV_V1_PER_PAGE	   (HV_PAGE_SIZE / sizeof(grant_entry_v1_t))
#define HV_V2_PER_PAGE	   (HV_PAGE_SIZE / sizeof(grant_entry_v2_t))
#define HV_STATUS_PER_PAGE (HV_PAGE_SIZE / sizeof(grant_status_t))

/* ---- the table (table.c) ---- */

int hv_grant_table_init(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_domain_config *c);
void hv_grant_table_destroy(struct hv_vcpu *cur, struct hv_domain *d);

/* gnttab_grow_table(), write lock held. -ENOMEM with nothing changed. */
int hv_grant_grow(struct hv_vcpu *cur, struct hv_grant_table *gt, unsigned nr_frames);
/* gnttab_populate_status_frames() and its opposite, write lock held. */
int hv_grant_add_status(struct hv_vcpu *cur, struct hv_grant_table *gt, unsigned nr_frames);
int hv_grant_drop_status(struct hv_vcpu *cur, struct hv_grant_table *gt);

static inline void hv_grant_read_lock(struct hv_vcpu *cur, struct hv_grant_table *gt)
{
	hv_percpu_read_lock(cur, &gt->lock, HV_LVL_GRANT);
}

static inline void hv_grant_read_unlock(struct hv_vcpu *cur, struct hv_grant_table *gt)
{
	hv_percpu_read_unlock(cur, &gt->lock, HV_LVL_GRANT);
}

static inline void hv_grant_write_lock(struct hv_vcpu *cur, struct hv_grant_table *gt)
{
	hv_percpu_write_lock(cur, &gt->lock, HV_LVL_GRANT);
}

static inline void hv_grant_write_unlock(struct hv_vcpu *cur, struct hv_grant_table *gt)
{
	hv_percpu_write_unlock(cur, &gt->lock, HV_LVL_GRANT);
}

/* Lock held for reading, at least, in all of these. */
static inline unsigned hv_nr_entries(const struct hv_grant_table *gt)
{
	return gt->nr_frames * (unsigned)(gt->version == 1 ? HV_V1_PER_PAGE : HV_V2_PER_PAGE);
}

static inline unsigned hv_status_frames(unsigned grant_frames)
{
	return (grant_frames * (unsigned)HV_V2_PER_PAGE + HV_STATUS_PER_PAGE - 1) /
	       HV_STATUS_PER_PAGE;
}

static inline grant_entry_v1_t *hv_entry_v1(struct hv_grant_table *gt, grant_ref_t ref)
{
	return (grant_entry_v1_t *)gt->shared[ref / HV_V1_PER_PAGE] + ref % HV_V1_PER_PAGE;
}

static inline grant_entry_v2_t *hv_entry_v2(struct hv_grant_table *gt, grant_ref_t ref)
{
	return (grant_entry_v2_t *)gt->shared[ref / HV_V2_PER_PAGE] + ref % HV_V2_PER_PAGE;
}

static inline uint16_t *hv_status(struct hv_grant_table *gt, grant_ref_t ref)
{
	return (uint16_t *)gt->status[ref / HV_STATUS_PER_PAGE] + ref % HV_STATUS_PER_PAGE;
}

/* shared_entry_header(): flags and domid, in one aligned word in both versions. */
static inline uint32_t *hv_entry_header(struct hv_grant_table *gt, grant_ref_t ref)
{
	return gt->version == 1 ? (uint32_t *)hv_entry_v1(gt, ref)
				: (uint32_t *)hv_entry_v2(gt, ref);
}

/* Where the hypervisor marks use: in the flags (v1) or in the status array (v2). */
static inline uint16_t *hv_use_word(struct hv_grant_table *gt, grant_ref_t ref)
{
	return gt->version == 1 ? &hv_entry_v1(gt, ref)->flags : hv_status(gt, ref);
}

static inline struct hv_active *hv_active(struct hv_grant_table *gt, grant_ref_t ref)
{
	return &gt->active[ref / HV_ACTIVE_PER_PAGE][ref % HV_ACTIVE_PER_PAGE];
}

static inline struct hv_active *hv_active_acquire(struct hv_vcpu *cur, struct hv_grant_table *gt,
						  grant_ref_t ref)
{
	struct hv_active *act = hv_active(gt, ref);

	hv_spin_lock(cur, &act->lock, HV_LVL_ENTRY);
	return act;
}

static inline void hv_active_release(struct hv_vcpu *cur, struct hv_active *act)
{
	hv_spin_unlock(cur, &act->lock, HV_LVL_ENTRY);
}

/* ---- use marks (status.c) ---- */

/* _set_status(): GNTST_okay or GNTST_general_error. map: sub-page entries are refused. */
int hv_grant_set_status(struct hv_vcpu *cur, struct hv_grant_table *rgt, grant_ref_t ref,
			struct hv_active *act, bool readonly, bool map, domid_t ldom);
/* reduce_status_for_pin(): take back marks that the pin no longer needs. status may be NULL. */
void hv_grant_reduce_status(struct hv_vcpu *cur, const struct hv_active *act, uint16_t *status,
			    bool readonly);

/* get_paged_frame(): GNTST_okay with a reference on *pg, or GNTST_bad_page. */
int hv_grant_get_frame(struct hv_vcpu *cur, struct hv_domain *rd, uint64_t frame,
		       struct hv_page **pg);
/* The frame number in an entry, read once. */
uint64_t hv_entry_frame(struct hv_vcpu *cur, struct hv_grant_table *rgt, grant_ref_t ref);

/* ---- granted pages for a copy (acquire.c) ---- */

/* What an operation may reach: a page, with a reference, and the part of it that was granted. */
struct hv_window {
	struct hv_page *page;
	uint16_t start, length; /* bytes */
};

/* Not a status: another vCPU was at the entry meanwhile, and the hypercall begins again (Xen:
 * ERESTART). */
#define HV_RESTART 85

/*
 * acquire_grant_for_copy(): a status, or HV_RESTART. On success the entry is pinned for ldom and
 * w->page carries a reference; else w->page is NULL and nothing is held. may_pass: a transitive
 * entry is followed to the domain that it names, whose own entry has to grant a page.
 */
int hv_grant_acquire(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref, domid_t ldom,
		     bool readonly, bool may_pass, struct hv_window *w);
/* release_grant_for_copy(): the pins, along the way on which they were taken; not the reference. */
void hv_grant_release(struct hv_vcpu *cur, struct hv_domain *rd, grant_ref_t ref, bool readonly);

/* ---- maptrack (maptrack.c) ---- */

static inline struct hv_maptrack *hv_maptrack(struct hv_grant_table *gt, uint32_t handle)
{
	return &gt->maptrack[handle / HV_MAPTRACK_PER_PAGE][handle % HV_MAPTRACK_PER_PAGE];
}

uint32_t hv_maptrack_get(struct hv_vcpu *cur, struct hv_grant_table *lgt);
void hv_maptrack_put(struct hv_vcpu *cur, struct hv_grant_table *lgt, uint32_t handle);

/* ---- IOMMU side of PV mappers (track.c) ---- */

/* gnttab_need_iommu_mapping(). */
bool hv_grant_need_iommu(const struct hv_domain *ld);
/* Count a mapping of mfn in or out, and follow with the IOMMU's entry. 0 or -errno. */
int hv_grant_iommu_map(struct hv_vcpu *cur, struct hv_grant_table *lgt, uint64_t mfn,
		       bool readonly);
int hv_grant_iommu_unmap(struct hv_vcpu *cur, struct hv_grant_table *lgt, uint64_t mfn,
			 bool readonly);
/* Counts of a tracking node. */
static inline uint32_t hv_track_rd(uint64_t node)
{
	return (uint32_t)node;
}
static inline uint32_t hv_track_wr(uint64_t node)
{
	return (uint32_t)(node >> 32);
}

/* ---- operations: 0, a positive number done when preempted, or -errno ---- */

long hv_op_map(struct hv_vcpu *cur, void *uop, unsigned count);
long hv_op_unmap(struct hv_vcpu *cur, void *uop, unsigned count);
long hv_op_copy(struct hv_vcpu *cur, void *uop, unsigned count); /* when preempted: number left */
long hv_op_setup_table(struct hv_vcpu *cur, void *uop, unsigned count);
long hv_op_query_size(struct hv_vcpu *cur, void *uop, unsigned count);
long hv_op_set_version(struct hv_vcpu *cur, void *uop);
long hv_op_get_version(struct hv_vcpu *cur, void *uop);
long hv_op_get_status_frames(struct hv_vcpu *cur, void *uop, unsigned count);
long hv_op_unmap_and_replace(struct hv_vcpu *cur, void *uop, unsigned count);
long hv_op_transfer(struct hv_vcpu *cur, void *uop, unsigned count);
/*
 * *ref: where the search for the caller's mapping goes on, 0 when nothing is pending. The call is
 * to be made again with what is left if the result is above 0, or *ref is.
 */
long hv_op_cache_flush(struct hv_vcpu *cur, void *uop, unsigned count, grant_ref_t *ref);
long hv_op_swap(struct hv_vcpu *cur, void *uop, unsigned count);

/* gnttab_release_mappings(): all mappings that a dying domain holds. */
void hv_grant_release_mappings(struct hv_vcpu *cur, struct hv_domain *d);

/* XENMAPSPACE_grant_table: the frame of that index, growing the table if need be; NULL if it
 * cannot. */
void *hv_grant_physmap_frame(struct hv_vcpu *cur, struct hv_domain *d, unsigned idx, bool status);

#endif
