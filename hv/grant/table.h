/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A domain's grant table, version 1 or 2, after Xen 4.17's common/grant_table.c: its locks, check
 * order, status codes and limits. Functions name the Xen function they stand for.
 */
#ifndef HV_TABLE_H
#define HV_TABLE_H

#include "dear.h"
#include "lock.h"
#include "range_record.h"

#define HV_GNTTAB_RESERVED 8 /* GNTTAB_NR_RESERVED_ENTRIES */
#define HV_V1_PER_PAGE	   (HV_PAGE_SIZE / sizeof(grant_entry_v1_t))
#define HV_V2_PER_PAGE	   (HV_PAGE_SIZE / sizeof(grant_entry_v2_t))
#define HV_STATUS_PER_PAGE (HV_PAGE_SIZE / sizeof(grant_status_t))

/* What an entry was when it was pinned. Only a whole page can be mapped again as such (Xen: is_sub_page). */
enum hv_latched { HV_LATCHED_PAGE, HV_LATCHED_PART, HV_LATCHED_2M, HV_LATCHED_1G };

/* Xen 4.17's active_grant_entry: 40 bytes, 102 per page. */
struct hv_active {
	uint32_t pin;
	domid_t domid;
	uint16_t start; /* Xen: 15 bits */
	uint16_t length;
	uint8_t latched; /* enum hv_latched */
	grant_ref_t trans_gref;
	struct hv_domain *trans_domain;
	uint64_t mfn; /* Xen's debug builds also keep the GFN (act_set_gfn()) */
	struct hv_spinlock lock;
#if HV_DEAR == HV_DEAR_BYTE
	uint8_t more;
#endif
};
#define HV_ACTIVE_PER_PAGE (HV_PAGE_SIZE / sizeof(struct hv_active))

#define HV_PIN_HSTW	  0x00000001u
#define HV_PIN_HSTR	  0x00000100u
#define HV_PIN_DEVW	  0x00010000u
#define HV_PIN_DEVR	  0x01000000u
#define HV_PIN_HSTW_MASK  0x000000ffu
#define HV_PIN_HSTR_MASK  0x0000ff00u
#define HV_PIN_DEVW_MASK  0x00ff0000u
#define HV_PIN_DEVR_MASK  0xff000000u
#define HV_PIN_WRITE_MASK (HV_PIN_HSTW_MASK | HV_PIN_DEVW_MASK)
/* Bit 7 of each counter that the increment touches: 128 mappings of one kind are the limit. */
#define HV_PIN_OVERFLOW(incr) ((incr) << 7)

/* Xen's grant_mapping: 16 bytes, 256 per page. */
struct hv_maptrack {
	grant_ref_t ref;
	uint16_t flags;
	domid_t domid;
	uint32_t vcpu;
	uint32_t pad;
};
#define HV_MAPTRACK_PER_PAGE (HV_PAGE_SIZE / sizeof(struct hv_maptrack))
#define HV_MAPTRACK_TAIL     (~0u)
#define HV_MAPTRACK_NONE     (~0u)

struct hv_grant_table {
	struct hv_percpu_rwlock lock hv_aligned_line;
	struct hv_domain *d;
	unsigned version, max_version;
	unsigned nr_frames, max_frames;
	unsigned nr_status_frames;
	/* GTF_superpage of a domain that has these. Cache attributes concern frames that are no RAM. */
	uint16_t refused;
	void **shared;		   /* max_frames */
	void **status;		   /* for max_frames */
	struct hv_active **active; /* for max_frames */
	unsigned nr_active_pages;
	struct hv_back_ref **back_refs; /* for max_frames; NULL: nothing can be revoked (back.h) */
	/* the domain as a mapper */
	struct hv_spinlock maptrack_lock hv_aligned_line;
	struct hv_maptrack **maptrack;
	struct hv_back_handle **back_handles; /* for max_maptrack_frames; likewise */
	void *sink;
	unsigned maptrack_limit, max_maptrack_frames;
	struct hv_ranges ranges;
	struct hv_pt tree;  /* MFN to counts of mappings, for the IOMMU; under lock */
	uint32_t nr_v2_ops; /* copies through parts of pages and passed-on grants, in progress */
};

int hv_grant_table_init(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_domain_config *c);
void hv_grant_table_destroy(struct hv_vcpu *cur, struct hv_domain *d);

/* gnttab_grow_table(), write lock held. -ENOMEM with nothing changed. */
int hv_gnttab_grow_table(struct hv_vcpu *cur, struct hv_grant_table *gt, unsigned nr_frames);
/* gnttab_populate_status_frames() and its opposite, write lock held. */
int hv_gnttab_populate_status_frames(struct hv_vcpu *cur, struct hv_grant_table *gt,
				     unsigned nr_frames);
int hv_gnttab_unpopulate_status_frames(struct hv_vcpu *cur, struct hv_grant_table *gt);

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
static inline unsigned hv_nr_grant_entries(const struct hv_grant_table *gt)
{
	return gt->nr_frames * (unsigned)(gt->version == 1 ? HV_V1_PER_PAGE : HV_V2_PER_PAGE);
}

static inline unsigned hv_grant_to_status_frames(unsigned grant_frames)
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

/*
 * The same of a reference that has been in use since before the lock was taken: NULL if it is no longer
 * in the table. A change to version 2 leaves half of the references, one to version 1 leaves all, so Xen
 * asks in version 2 only.
 */
static inline uint16_t *hv_use_word_left(struct hv_grant_table *gt, grant_ref_t ref)
{
	if (gt->version == 1)
		return &hv_entry_v1(gt, ref)->flags;
	return ref < hv_nr_grant_entries(gt) ? hv_status(gt, ref) : NULL;
}

static inline struct hv_active *hv_active_entry(struct hv_grant_table *gt, grant_ref_t ref)
{
	return &gt->active[ref / HV_ACTIVE_PER_PAGE][ref % HV_ACTIVE_PER_PAGE];
}

static inline struct hv_active *hv_active_entry_acquire(struct hv_vcpu *cur,
							struct hv_grant_table *gt, grant_ref_t ref)
{
	struct hv_active *act = hv_active_entry(gt, ref);

	hv_spin_lock(cur, &act->lock, HV_LVL_ENTRY);
	return act;
}

static inline void hv_active_entry_release(struct hv_vcpu *cur, struct hv_active *act)
{
	hv_spin_unlock(cur, &act->lock, HV_LVL_ENTRY);
}

static inline struct hv_maptrack *hv_maptrack(struct hv_grant_table *gt, uint32_t handle)
{
	return &gt->maptrack[handle / HV_MAPTRACK_PER_PAGE][handle % HV_MAPTRACK_PER_PAGE];
}

/* XENMAPSPACE_grant_table: the frame of that index, growing the table if need be, or NULL. */
void *hv_grant_physmap_frame(struct hv_vcpu *cur, struct hv_domain *d, unsigned idx, bool status);

#endif
