/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * v1-revoke, not in Xen: back-pointers from a granter's references to the handles of its mapper, for domains that are
 * configured so (hv_domain_config.revocable). What Xen's structures have no room for lies beside them: 8 bytes for each
 * reference, 16 for each handle, so that the structures of all others are Xen's.
 *
 * The handles of a reference are those of one domain, which the active entry names while it is pinned. They hang in a
 * list under that entry's lock: from the map's pin on, and until the mapping is gone. What is in the list while its
 * flags are still 0 is being mapped: whoever revokes waits until it is done, with no lock held. So it does while the
 * entry is busy: an unmap is between its two halves, or a copy goes on.
 *
 * flags of a handle, besides the guest's (HV_MT_GUEST):
 *   HUNG   it is in its reference's list
 *   TAKEN  a revoke has begun with it: all others wait, with no lock held, until it is GONE or as it was. A revoke that
 *          has handles in this state waits for nobody
 *   GONE   and nothing else but SINK: it holds nothing; its granter may be no more. Free by a compare-and-exchange
 *   SINK   the mapper's sink is where it was mapped
 */
#ifndef HV_BACK_H
#define HV_BACK_H

#include "grant_v1_revoke.h"
#include "table.h"

#define HV_MT_GUEST   0x03ffu
#define HV_MT_HUNG    0x1000u
#define HV_MT_TAKEN   0x2000u
#define HV_MT_GONE    0x4000u
#define HV_MT_SINK    0x8000u
#define HV_MT_REVOKED (HV_MT_TAKEN | HV_MT_GONE)
#define HV_MT_MAPPED  (GNTMAP_host_map | GNTMAP_device_map)

/* Of a reference, under its entry's lock. A page of them for each frame of a table of version 1. */
struct hv_back_ref {
	uint32_t first; /* a handle and 1 more; 0: none */
	uint32_t busy;
};
#define HV_BACK_REFS_PER_PAGE (HV_PAGE_SIZE / sizeof(struct hv_back_ref))

/* Of a handle; the links under its entry's lock. A page of them for each page of handles. */
struct hv_back_handle {
	uint64_t where;	     /* hv_revoke_entry(); written before the flags that say it is mapped */
	uint32_t next, prev; /* as first */
};

static inline struct hv_back_ref *hv_back_ref(struct hv_grant_table *rgt, grant_ref_t ref)
{
	return &rgt->back_refs[ref / HV_BACK_REFS_PER_PAGE][ref % HV_BACK_REFS_PER_PAGE];
}

static inline struct hv_back_handle *hv_back_handle(struct hv_grant_table *lgt, uint32_t handle)
{
	return &lgt->back_handles[handle / HV_MAPTRACK_PER_PAGE][handle % HV_MAPTRACK_PER_PAGE];
}

/*
 * Does an entry that is in use still grant anything, by its header? A granter that ended it wants no more of it in use,
 * though what was latched would do.
 */
static inline bool hv_back_grants(uint32_t header)
{
	return (header & GTF_type_mask) != GTF_invalid;
}

/* Entry's lock held, in all of these: in and out of the list, and an operation that begins or ends. */
void hv_back_hang(struct hv_grant_table *rgt, grant_ref_t ref, struct hv_grant_table *lgt,
		  uint32_t handle);
void hv_back_unhang(struct hv_grant_table *rgt, grant_ref_t ref, struct hv_grant_table *lgt,
		    uint32_t handle);

static inline void hv_back_busy(struct hv_grant_table *rgt, grant_ref_t ref, uint32_t more)
{
	if (hv_unlikely(rgt->back_refs != NULL))
		hv_back_ref(rgt, ref)->busy += more;
}

/* The handle's flags when no revoke is in the middle of it. No lock held. */
uint16_t hv_back_settled(const struct hv_maptrack *map);

/*
 * An unmap of the caller's handle, whose flags say TAKEN or GONE: GNTST_okay, the handle is given back and a hole is
 * where the sink was; GNTST_bad_handle: another vCPU did it; GNTST_eagain: it is mapped again, look again. No lock held.
 */
int hv_back_unmap(struct hv_vcpu *cur, uint32_t handle);

/* The part of hv_check(): lists and handles are the same. -EUCLEAN with why. */
int hv_back_check(struct hv_host *host, char *why, size_t len);

#endif
