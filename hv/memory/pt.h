/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Four-level translation tables of 512 entries: the p2m, the IOMMU's tables, PV page tables, and
 * (with plain values in the lowest level) the tracking tree. A leaf may sit at level 1 (4K), 2 (2M)
 * or 3 (1G). Readers take no lock, as hardware does not: entries are single-copy atomic, and a
 * table once linked stays until the domain ends, or until whoever replaced it by a superpage has
 * flushed (hv_pt_free_below()). Writers are serialised by the caller.
 */
#ifndef HV_PT_H
#define HV_PT_H

#include "lock.h"
#include "pte.h"

/* All entries gone, with the tables below the root: nobody walks it meanwhile without its lock. */
void hv_pt_clear(struct hv_vcpu *cur, struct hv_pt *pt);

/* -ENOMEM. */
int hv_pt_init(struct hv_vcpu *cur, struct hv_pt *pt, struct hv_domain *d);
void hv_pt_free(struct hv_vcpu *cur, struct hv_pt *pt);

/* The entry that translates index, or 0; *order is 0, 9 or 18 (of a hole too). Counted walk. */
uint64_t hv_pt_get(struct hv_vcpu *cur, const struct hv_pt *pt, uint64_t index, unsigned *order);

/*
 * The same for who serialises writers, of an index below HV_PT_MAX_INDEX, and the table of 4K entries that it was looked
 * for in, or NULL: its neighbours are there as well, and an entry of 4K may be written there.
 */
uint64_t hv_pt_look(struct hv_vcpu *cur, const struct hv_pt *pt, uint64_t index, unsigned *order,
		    uint64_t **table_of_4k);
/* An entry of such a table changes. */
void hv_pt_write(struct hv_vcpu *cur, uint64_t *p, uint64_t e);

/* The same without counting, as the hardware's walker does it. */
uint64_t hv_pt_hw_get(const struct hv_host *host, const struct hv_pt *pt, uint64_t index,
		      unsigned *order);

/* The same two, with HV_PTE_MARK set if any entry on the way has it. */
uint64_t hv_pt_see(struct hv_vcpu *cur, const struct hv_pt *pt, uint64_t index, unsigned *order);
uint64_t hv_pt_hw_see(const struct hv_host *host, const struct hv_pt *pt, uint64_t index,
		      unsigned *order);
/* And where the leaf is; NULL: nothing is there. Counted walk. */
uint64_t *hv_pt_see_leaf(struct hv_vcpu *cur, const struct hv_pt *pt, uint64_t index,
			 unsigned *order);
/* Where the hardware finds the leaf that translates index, to mark it; NULL: nothing does. */
uint64_t *hv_pt_hw_leaf(const struct hv_host *host, const struct hv_pt *pt, uint64_t index);
/* The superpage at *p, an entry of this level, becomes a table of the same translations. -ENOMEM. */
int hv_pt_split(struct hv_vcpu *cur, struct hv_pt *pt, uint64_t *p, unsigned level);

/*
 * Write e (0: clear) for 1 << order pages at index, aligned; splits a superpage in the way, makes
 * tables as needed; *old is what the first page had. Counted walk. -ENOMEM with nothing changed but
 * tables; -EEXIST if order is above 0 and smaller pieces are mapped there: nothing is merged or
 * thrown away. Tables in the way in which nothing is mapped are unlinked if pt->replaces, and *old
 * then is what named them: they are the caller's to free.
 */
int hv_pt_set(struct hv_vcpu *cur, struct hv_pt *pt, uint64_t index, unsigned order, uint64_t e,
	      uint64_t *old);

/*
 * A table is put by for a split that must not fail, or one that was is freed. -ENOMEM. With what serialises writers, as
 * all of these.
 */
int hv_pt_keep(struct hv_vcpu *cur, struct hv_pt *pt);
void hv_pt_unkeep(struct hv_vcpu *cur, struct hv_pt *pt);
/* hv_pt_set() where something is mapped; what has to be split for it takes a table that was kept. -ENOMEM: none was. */
int hv_pt_set_kept(struct hv_vcpu *cur, struct hv_pt *pt, uint64_t index, unsigned order,
		   uint64_t e, uint64_t *old);

/* Did that replace a table? */
static inline bool hv_pt_replaced(unsigned order, uint64_t old)
{
	return order && (old & HV_PTE_PRESENT) && !(old & HV_PTE_LEAF);
}

/* Free the tables that hv_pt_set() replaced, when nobody walks them any more. */
void hv_pt_free_below(struct hv_vcpu *cur, struct hv_pt *pt, unsigned order, uint64_t old);

/* The level 1 slot of index; NULL if there is no table and none is to be made, or memory is out. */
enum hv_pt_want { HV_PT_FIND, HV_PT_MAKE };
uint64_t *hv_pt_slot(struct hv_vcpu *cur, struct hv_pt *pt, uint64_t index, enum hv_pt_want want);

/*
 * Call fn for every present leaf, until it returns non-zero. On idle hosts, or with what serialises writers, beside
 * hardware that sets bits.
 */
int hv_pt_each(const struct hv_host *host, const struct hv_pt *pt,
	       int (*fn)(uint64_t index, unsigned order, uint64_t e, void *arg), void *arg);

#endif
