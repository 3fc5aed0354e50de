/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical to machine translation of a translated domain, after Xen's arch/x86/mm/p2m.c and
 * p2m-ept.c: one per-CPU read-write lock for all of it, recursive for the writer, and flushes put
 * off until the lock is dropped (p2m_unlock_and_tlb_flush()). The IOMMU is updated inside the lock.
 */
#ifndef HV_P2M_H
#define HV_P2M_H

#include "p2m_type.h"
#include "pt.h"

int hv_p2m_init(struct hv_vcpu *cur, struct hv_domain *d);
void hv_p2m_destroy(struct hv_vcpu *cur, struct hv_domain *d);
/*
 * paging_teardown() of a domain that is killed: from here on none of its GFNs names anything, also
 * while others still map its pages.
 */
void hv_p2m_teardown(struct hv_vcpu *cur, struct hv_domain *d);

/* p2m_lock(), gfn_lock() and get_gfn(): the writer's side, recursive. */
void hv_p2m_lock(struct hv_vcpu *cur, struct hv_domain *d);
/* Drops it; at the outermost level flushes if entries were changed, unless that waits (tlb.h). */
void hv_p2m_unlock(struct hv_vcpu *cur, struct hv_domain *d);

/*
 * Under the lock, which is dropped by hv_p2m_near_unlock(): what is at gfn, below HV_PT_MAX_INDEX; its order (of a hole
 * too); and where an entry of 4K for it is to be read and written by who comes again for its neighbours, or NULL: by
 * hv_pt_set(). Nothing is flushed.
 */
uint64_t hv_p2m_look(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned *order,
		     uint64_t **place);
void hv_p2m_near_unlock(struct hv_vcpu *cur, struct hv_domain *d);
/* What it found there goes, and is flushed when the lock is dropped. -ENOMEM. */
int hv_p2m_clear_at(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order,
		    uint64_t *place);
/* p2m->get_entry(); under the lock or read lock. MFN or HV_INVALID. */
uint64_t hv_p2m_get(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, enum hv_p2m_type *type);

/*
 * p2m_set_entry() under the lock: for 1 << order pages; mfn HV_INVALID clears. -ENOMEM, -EEXIST: the
 * entry is as before, and RAM in it has its place again if the caller had taken that from it.
 */
int hv_p2m_set(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn, unsigned order,
	       enum hv_p2m_type type);

/*
 * p2m_get_page_from_gfn(): the page behind a GFN that the domain owns, with a reference, under the
 * read lock; NULL if it is not its RAM. *type: what is there.
 */
struct hv_page *hv_p2m_get_page(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn,
				enum hv_p2m_type *type);

/* Neighbouring GFNs of a domain's RAM that were found to have neighbouring frames. */
struct hv_run {
	uint64_t gfn, mfn, pages; /* pages 0: nothing was looked up yet */
	uint64_t changes;
};

/*
 * As hv_p2m_get_page(), for one of many: who has looked up an entry of the domain's p2m that covers gfn, in *run, need
 * not look again, as long as nothing has changed in that p2m since. gfn was read before this is called.
 */
struct hv_page *hv_p2m_get_page_of_run(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn,
				       struct hv_run *run);

/*
 * An entry where nothing is, under the lock. -EEXIST: something is, or there is no such place; -ENOMEM, also of the
 * IOMMU. A large one takes the place of tables in which nothing is mapped. The lock is dropped by hv_p2m_near_unlock().
 */
int hv_p2m_fill(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		unsigned order, enum hv_p2m_type type);

/*
 * p2m_add_page() for one 4K page. -EPERM and a crashed domain if a special entry is in the way; if
 * the page is the domain's own (a self-grant), its old GFN loses it, as in Xen.
 */
int hv_p2m_add_page(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		    enum hv_p2m_type type);

/*
 * Entries of version 3, under the lock. They flush nothing: who takes something away does, once for all of it, by
 * hv_p2m_v3_flush().
 *
 * map: where nothing is. -EEXIST: something is, or there is no such place; -ENOMEM; -ENOSPC: the IOMMU's memory;
 * nothing has changed then.
 */
int hv_p2m_v3_map(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		  unsigned order, bool write);
/*
 * Nothing is there already, or the entry for mfn goes: one of this order, or 4K of a 2M one, which takes a table of
 * hv_p2m_v3_keep(). -EILSEQ: something else is there. -ENOMEM: no table was kept.
 */
int hv_p2m_v3_clear(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		    unsigned order);
/* The same entry, or part of one, leads to another frame or has other rights. -EILSEQ: there is none. */
int hv_p2m_v3_point(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn,
		    unsigned order, uint64_t to, bool write);
/* All of the domain's TLBs and, if it has a device, of its IOTLB. */
void hv_p2m_v3_flush(struct hv_vcpu *cur, struct hv_domain *d);
/*
 * Without the lock: one more table is kept for splitting 2M entries, and one in the IOMMU's own tables; -ENOMEM. Or one
 * that was kept is freed. Bytes of all that are kept: whoever keeps one charges it to the domain's v3_bytes, from which
 * it goes when it is spent.
 */
int hv_p2m_v3_keep(struct hv_vcpu *cur, struct hv_domain *d);
void hv_p2m_v3_unkeep(struct hv_vcpu *cur, struct hv_domain *d);
static inline uint64_t hv_p2m_v3_kept(const struct hv_domain *d)
{
	return (uint64_t)(d->p2m.pt.nr_kept + d->iommu.pt.nr_kept) << HV_PAGE_SHIFT;
}

/* p2m_remove_page(): clears gfn if it still translates to mfn. -EILSEQ if not. */
int hv_p2m_remove_page(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t mfn);

#endif
