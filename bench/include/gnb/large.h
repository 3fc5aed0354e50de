/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The granter's side of what is larger than a page: 1 << order pages (9: 2 MiB, 18: 1 GiB) that begin at a reference and
 * a frame aligned to that. By one entry where the version has such (GNB_LARGE_ENTRY), else by one for each page: so a
 * benchmark says what is granted, and not how.
 *
 * A tree needs order / 9 + 1 levels or more. Locking: as gnb/grant.h.
 */
#ifndef GNB_LARGE_H
#define GNB_LARGE_H

#include <gnb/grant.h>
#include <grant_rivals.h>

/* Does one entry of its own grant so much? */
static inline bool gnb_grant_is_large(const struct gnb_gtab *g, unsigned order)
{
	return order && (g->super || gnb_is_tree(g->entries));
}

/* As gnb_grant_publish(). The entry, or the entries, must be free, and not split. */
static inline void gnb_grant_publish_large(const struct gnb_gtab *g, uint32_t ref, uint16_t domid,
					   uint64_t frame, unsigned order, bool ro)
{
	if (order && g->super) {
		struct grant_entry_v1 *e = gnb_entry_v1(g, ref);

		__atomic_store_n(&e->domid, domid, __ATOMIC_RELAXED);
		__atomic_store_n(&e->frame, GNTSUPER_FRAME(frame, order), __ATOMIC_RELAXED);
		__atomic_store_n(
			&e->flags,
			(uint16_t)(GTF_permit_access | GTF_superpage | (ro ? GTF_readonly : 0)),
			__ATOMIC_RELEASE);
		return;
	}
	if (gnb_grant_is_large(g, order)) {
		__atomic_store_n(
			gnb_tree_slot(&g->tree, gnb_tree_ref(ref), order / GNTV3_LEVEL_BITS),
			frame << GNTV3_PAGE_SHIFT | GNTV3_LEAF | (ro ? GNTV3_READONLY : 0),
			__ATOMIC_RELEASE);
		return;
	}
	for (uint32_t i = 0; i < 1u << order; i++)
		gnb_grant_publish(g, ref + i, domid, frame + i, ro);
}

/* It grants nothing any more, whatever is mapped, and all vCPUs see that. What is mapped stays: gnb/revoke.h. */
static inline void gnb_grant_clear_large(const struct gnb_gtab *g, uint32_t ref, unsigned order)
{
	if (order && g->super)
		gnb_grant_clear(g, ref);
	else if (gnb_grant_is_large(g, order))
		__atomic_store_n(
			gnb_tree_slot(&g->tree, gnb_tree_ref(ref), order / GNTV3_LEVEL_BITS),
			GNTV3_NOTHING, __ATOMIC_RELAXED);
	else
		for (uint32_t i = 0; i < 1u << order; i++)
			gnb_grant_clear(g, ref + i);
	gnb_full_barrier();
}

/*
 * Entries of 4K that grant the same in the place of a large one, so that one of them can be cleared; and back, when
 * nothing of it is mapped: it is free then. 0 or -errno. Nothing where entries are of 4K already; only by versions that
 * take a part back.
 */
static inline void gnb_grant_split(const struct gnb_gtab *g, uint32_t ref, unsigned order)
{
	if (order && gnb_is_tree(g->entries))
		gnb_tree_split(&g->tree, gnb_tree_ref(ref), order / GNTV3_LEVEL_BITS);
}

static inline int gnb_grant_unsplit(const struct gnb_gtab *g, uint32_t ref, unsigned order)
{
	return order && gnb_is_tree(g->entries)
		       ? gnb_tree_unlink(&g->tree, gnb_tree_ref(ref), order / GNTV3_LEVEL_BITS)
		       : 0;
}

/* Pages of the granter that entries of that order for so many references take in a tree, its root among them; 0: a table. */
static inline uint64_t gnb_grant_nodes(const struct gnb_gtab *g, uint64_t refs, unsigned order)
{
	return gnb_is_tree(g->entries)
		       ? gnb_tree_nodes_from(refs, order / GNTV3_LEVEL_BITS, g->tree.levels)
		       : 0;
}

#endif
