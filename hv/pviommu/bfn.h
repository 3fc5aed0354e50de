/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bus address space of a hardware domain after draft D of 2016. What of other domains' pages is in it the M2B says:
 * a list of entries by frame, host-wide under m2b_lock, each of which holds a reference on its frame. A page that its
 * owner gives up is told to who has it, and stays a frame until all of them have let go, or, if all agreed, leads to a
 * scratch page.
 */
#ifndef HV_BFN_H
#define HV_BFN_H

#include "log_ops.h"
#include "lock.h"
#include "pte.h"
#include "pv_iommu_2016.h"

static inline void hv_m2b_lock(struct hv_vcpu *cur)
{
	hv_spin_lock(cur, &cur->host->m2b.lock, HV_LVL_M2B);
}

static inline void hv_m2b_unlock(struct hv_vcpu *cur)
{
	hv_spin_unlock(cur, &cur->host->m2b.lock, HV_LVL_M2B);
}

static inline struct hv_m2b **hv_m2b_bucket(struct hv_host *host, uint64_t mfn)
{
	return &host->m2b.bucket[mfn % HV_M2B_BUCKETS];
}

void hv_bfn_begin(struct hv_domain *d, enum hv_dom0_iommu mode);
/* The calling domain has pages mapped, not by 1:1: its devices go where that is. -ENOMEM, -ENOSPC. */
int hv_bfn_make_space(struct hv_vcpu *cur);
/* An entry where nothing is, or this same entry. -EPERM: something else is; -EIO: it cannot be made. */
int hv_bfn_enter(struct hv_vcpu *cur, struct hv_domain *d, uint64_t bfn, uint64_t entry);

/* RAM of d's at gfn, with a reference; nothing that a grant or the hypervisor put there. NULL, and what is there. */
struct hv_page *hv_bfn_ram(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn,
			   enum hv_p2m_type *t);

/* May the domain map pages itself? And are bus addresses frames? */
bool hv_bfn_maps(const struct hv_domain *d);
bool hv_bfn_is_1to1(const struct hv_domain *d);

/* What an array of operations took out, whose reference waits for one invalidation. */
struct hv_bfn_batch {
	unsigned held; /* in cur->frames */
	bool owed;
};
void hv_bfn_let_go(struct hv_vcpu *cur, struct hv_bfn_batch *b, uint64_t mfn);
void hv_bfn_settle(struct hv_vcpu *cur, struct hv_bfn_batch *b);

int hv_bfn_map_foreign(struct hv_vcpu *cur, const struct bfn_op *op);
int hv_bfn_lookup_foreign(struct hv_vcpu *cur, struct bfn_op *op);
int hv_bfn_unmap_foreign(struct hv_vcpu *cur, const struct bfn_op *op, struct hv_bfn_batch *b);

/*
 * The owner gave the page up, which is at no place of its any more; the caller has a reference. waits: no lock is held by
 * which an emulator could be kept from taking what it is told.
 */
void hv_bfn_gone(struct hv_vcpu *cur, struct hv_page *pg, bool waits);
/* A domain is dying: what it has of others', and what others have of its. */
void hv_bfn_mapper_ends(struct hv_vcpu *cur, struct hv_domain *d);
void hv_bfn_owner_ends(struct hv_vcpu *cur, struct hv_domain *d);

/* Adds to refs, by MFN, what is held. 0, or -EUCLEAN. */
int hv_bfn_check(struct hv_host *host, uint32_t *refs, uint32_t *types, char *why, size_t len);

#endif
