/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A granted frame mapped by a guest: what creates, replaces and destroys the mapping, and what it
 * holds of the frame. A PV guest has its mappings in its page tables, a translated one in its p2m.
 * After Xen's arch/x86/pv/grant_table.c, map_guest_l1e(), and include/asm-x86/hvm/grant_table.h.
 *
 * All of it is done to the calling domain. addr: what the guest named, a linear address, the
 * machine address of a page-table entry (GNTMAP_contains_pte) or a physical address. flags:
 * GNTMAP_*. The result is a status: GNTST_okay, or GNTST_general_error with nothing changed.
 */
#ifndef HV_MAPPING_H
#define HV_MAPPING_H

#include "grant_rivals.h"
#include "iommu.h"
#include "page.h"
#include "tlb.h"

/* The order of a superpage by its mapper's flags. */
static inline unsigned hv_super_order(unsigned flags)
{
	return flags & GNTMAP_super_2m ? GNTSUPER_2M_ORDER : GNTSUPER_1G_ORDER;
}

/*
 * create_grant_host_mapping(). cache: GTF_superpage of the entry, which nobody can have by a page. Xen has cache attributes
 * there, which it leaves out where the frame is RAM; and hv has nothing else.
 */
int hv_mapping_create(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags,
		      uint32_t cache);

/*
 * The same, of a mapping that another domain may take away: *entry is where it is, a PV domain's page-table entry by its
 * machine address, a translated domain's page by its physical one. Its own, so that the other costs what it does in Xen.
 */
int hv_mapping_create_at(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags,
			 uint32_t cache, uint64_t *entry);

/* replace_grant_host_mapping() with no replacement: if what is there maps mfn with these rights. */
int hv_mapping_destroy(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, unsigned flags);

/*
 * replace_grant_host_mapping() by a PV guest: the entry for the linear address new_addr moves into
 * the place of the one that maps mfn; 0: nothing does. Gone from new_addr also if the other one is
 * then not as described: what it referenced is dropped.
 */
int hv_mapping_replace(struct hv_vcpu *cur, uint64_t addr, uint64_t mfn, uint64_t new_addr,
		       unsigned flags);

/* Does a page-table entry map mfn with these rights? */
static inline bool hv_entry_maps(uint64_t e, uint64_t mfn, bool write)
{
	return (e & HV_PTE_PRESENT) && hv_pte_mfn(e) == mfn && !!(e & HV_PTE_WRITE) == write;
}

/*
 * Of what takes entries from other domains than the caller too, version 3 and v1-revoke: the page-table page of d's entry for the
 * linear address addr (of the caller's only) or at the machine address addr is locked, and *entry is the entry's
 * machine address. -EINVAL: there is no such page. It stays locked until unlock; in between entries of the page are
 * read and written (mfn HV_INVALID: nothing there) by machine address. What they hold is the caller's affair.
 */
int hv_entry_lock(struct hv_vcpu *cur, struct hv_domain *d, uint64_t addr, bool linear,
		  uint64_t *entry);
void hv_entry_unlock(struct hv_vcpu *cur, uint64_t entry);
uint64_t hv_entry_get(const struct hv_vcpu *cur, uint64_t entry);
void hv_entry_set(struct hv_vcpu *cur, uint64_t entry, uint64_t mfn, bool write);

/* gnttab_flush_tlb() of the calling domain, where mappings of it were destroyed. */
static hv_always_inline void hv_mapping_flush(struct hv_vcpu *cur)
{
	struct hv_domain *d = cur->d;

	if (!hv_translated(d))
		hv_flush_pv(cur, d);
	else if (hv_flush_due(cur, HV_LATE_TLB))
		hv_flush_translated(cur, d);
}

/*
 * From one to the other the domain's flush policy is in force: what it flushes late is owed by the
 * vCPU until it settles. References are dropped after that.
 */
static inline void hv_mapping_begin(struct hv_vcpu *cur)
{
	cur->flush_late = cur->d->flush_late | (hv_mutant(REORDER_FLUSH) ? HV_LATE_TLB : 0);
}

static inline void hv_mapping_end(struct hv_vcpu *cur)
{
	cur->flush_late = HV_LATE_NONE;
}

/* All that is owed, and what Xen does at this place in any case. */
static hv_always_inline void hv_mapping_settle(struct hv_vcpu *cur)
{
	hv_mapping_flush(cur);
	hv_iommu_flush_owed(cur, cur->d);
}

/* At the domain's end: drop what the page-table entries of a PV guest still reference. */
void hv_mapping_teardown(struct hv_vcpu *cur, struct hv_domain *d);

/* gnttab_host_mapping_get_page_type(): does a mapping by ld of rd's page hold a writable type? */
static inline bool hv_mapping_has_type(bool readonly, const struct hv_domain *ld,
				       const struct hv_domain *rd)
{
	return !readonly && (ld == rd || !hv_translated(rd));
}

/* Drop what a mapping by ld of rd's page held: a type, if any, and a reference. pg may be NULL. */
static hv_always_inline void hv_mapping_put(struct hv_vcpu *cur, struct hv_page *pg, bool readonly,
					    const struct hv_domain *ld, const struct hv_domain *rd)
{
	if (pg && hv_mapping_has_type(readonly, ld, rd))
		hv_put_type(cur, pg);
	if (pg)
		hv_put_page(cur, pg);
}

#endif
