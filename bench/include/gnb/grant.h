/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The granter's side of the grant table, as a guest kernel keeps it: entries by reference, publishing a grant, ending
 * access. This is the part of the cost that the guest pays in its own memory: no hypercall happens here, but that a
 * granter of version 3 asks by one whether a reference is mapped, where no page tells it.
 *
 * References of a table begin with GNB_FIRST_REF. Of a tree that one is the first, number 0: nothing is reserved there.
 *
 * The protocol of versions 1 and 2 is the one in Xen's public header (xen/grant_table.h, "Some rough guidelines on
 * accessing and updating grant-table entries"), with the instructions that Linux uses on x86
 * (drivers/xen/grant-table.c):
 *
 *  introduce   domid, frame, write barrier, flags with a valid type
 *  end, v1     read flags; if none of reading and writing is set, compare-and-exchange them to 0
 *  end, v2     flags = 0, full barrier, read the status word; if it says reading or writing, the
 * mapper still holds the page, and the entry, now invalid, must not be used again until it is let
 * go
 *
 * and of version 3 that of docs/grant-v3.md: one store of the entry; to end, one store, full barrier, and the status
 * page's byte read, as with version 2.
 *
 * Every store is single-copy atomic, since the other side reads while we write, and since plain
 * stores in a loop would be vectorised into something that no kernel does.
 *
 * Locking: one writer per reference. Different references may be used by different threads.
 */
#ifndef GNB_GRANT_H
#define GNB_GRANT_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gnb/bench.h>
#include <gnb/target.h>
#include <gnb/tree.h>

/* Without a version Xen's headers show guests the interface of 2006, which has no grants v2. */
#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ __XEN_LATEST_INTERFACE_VERSION__
#endif
#include <xen/xen.h>
#include <xen/grant_table.h>
#if __XEN_INTERFACE_VERSION__ < 0x00040e00
#error "include gnb/grant.h before xen/xen.h"
#endif

/* References below this belong to the toolstack (console, xenstore). */
#define GNB_FIRST_REF GNTTAB_NR_RESERVED_ENTRIES

#define GNB_V1_PER_FRAME     (GNB_PAGE_SIZE / sizeof(struct grant_entry_v1))
#define GNB_V2_PER_FRAME     (GNB_PAGE_SIZE / sizeof(union grant_entry_v2))
#define GNB_STATUS_PER_FRAME (GNB_PAGE_SIZE / sizeof(grant_status_t))

_Static_assert(GNB_V1_PER_FRAME == 512 && GNB_V2_PER_FRAME == 256 && GNB_STATUS_PER_FRAME == 2048,
	       "entries are laid out as Xen has them");

/* Pointers to the frames of a granter's table, asked for once. */
struct gnb_gtab {
	void **shared;	    /* nr_frames shared frames */
	void **status;	    /* v2: the status frames that belong to them; otherwise NULL */
	unsigned nr_frames; /* shared frames */
	enum gnb_entries entries;
	bool super;	      /* entries of version 1 that can be of 2M and 1G (v1-super) */
	struct gnb_tree tree; /* of a version that has trees; the rest is empty then */
};

static inline bool gnb_is_v2(enum gnb_entries e)
{
	return e == GNB_ENTRIES_V2;
}

static inline bool gnb_is_tree(enum gnb_entries e)
{
	return e == GNB_ENTRIES_TREE;
}

/* The number that reference ref has in a tree. */
static inline uint64_t gnb_tree_ref(uint32_t ref)
{
	return ref - GNB_FIRST_REF;
}

/* Shared frames that a table can have unless more are configured: Xen's default. */
#define GNB_MAX_FRAMES 64

static inline unsigned gnb_refs_per_frame(enum gnb_entries e)
{
	return gnb_is_v2(e) ? GNB_V2_PER_FRAME : GNB_V1_PER_FRAME;
}

/* Shared frames that a table needs so that references GNB_FIRST_REF .. GNB_FIRST_REF+refs-1 exist.
 */
static inline unsigned gnb_frames_for(const struct gnb_version *v, unsigned refs)
{
	unsigned per = gnb_refs_per_frame(v->entries);

	return (GNB_FIRST_REF + refs + per - 1) / per;
}

/*
 * Let the machine have room for references GNB_FIRST_REF .. GNB_FIRST_REF+refs-1: in a table, or in a tree of so many
 * levels at least, with a status page if the granter asks for one. 0, or -EOPNOTSUPP with *why: more than a table holds.
 */
static inline int gnb_refs_room(struct gnb_machine_config *cfg, unsigned refs, unsigned levels,
				const char **why)
{
	unsigned most = cfg->max_grant_frames ? cfg->max_grant_frames : GNB_MAX_FRAMES;

	if (gnb_is_tree(cfg->version->entries)) {
		cfg->nodes = gnb_tree_nodes(refs, levels) + 1;
		return 0;
	}
	cfg->grant_frames = gnb_frames_for(cfg->version, refs);
	if (cfg->grant_frames <= most)
		return 0;
	*why = "more references than the frames of a grant table hold: 64 unless more are allowed";
	return -EOPNOTSUPP;
}

static inline void gnb_gtab_fini(struct gnb_gtab *g)
{
	if (gnb_is_tree(g->entries))
		gnb_tree_fini(&g->tree);
	free(g->shared);
	free(g->status);
	memset(g, 0, sizeof(*g));
}

/*
 * The table of the side's granter, or a tree that is made here, for references GNB_FIRST_REF .. GNB_FIRST_REF+refs-1,
 * for which gnb_refs_room() was asked with the same numbers. After a table has grown, fini and init again. 0, -ENOMEM,
 * -ENOENT if the table has fewer frames, or what registering a tree comes to. Undo with gnb_gtab_fini().
 */
int gnb_gtab_init(struct gnb_gtab *g, struct gnb_side *s, unsigned refs, unsigned levels);

/* The same for one tree of several: its nodes are those from the first-th on. Of tables there is one, whatever first is. */
int gnb_gtab_init_at(struct gnb_gtab *g, struct gnb_side *s, unsigned first, unsigned refs,
		     unsigned levels);
/* The same as gnb_gtab_init(); of a tree its mapper may always have so many mappings of a page. */
int gnb_gtab_init_maps(struct gnb_gtab *g, struct gnb_side *s, unsigned refs, unsigned levels,
		       unsigned max_maps);

/* The same as gnb_gtab_init(); a tree can be handed on to another mapper (gnb/handover.h). */
int gnb_gtab_init_rebindable(struct gnb_gtab *g, struct gnb_side *s, unsigned refs,
			     unsigned levels);

/*
 * For a granter that ends grants: from now on it can tell whether one is mapped without a hypercall, as by versions 1
 * and 2 always. 0 or -errno.
 */
int gnb_gtab_watch(struct gnb_gtab *g, struct gnb_side *s);

/*
 * The same for a tree whose granter is also told when what was mapped is let go of: one more page than gnb_refs_room()
 * reckons with. 0 or -errno.
 */
int gnb_gtab_notify(struct gnb_gtab *g, struct gnb_side *s);

/* For a granter that ends lists of grants: revokes of a tree up to so many at once; 0: none, it is watched. As above. */
int gnb_gtab_ends(struct gnb_gtab *g, struct gnb_side *s, unsigned revokes);

/* References that the table has, the reserved ones included. */
static inline uint32_t gnb_gtab_refs(const struct gnb_gtab *g)
{
	return g->nr_frames * gnb_refs_per_frame(g->entries);
}

/* The entry of a reference below gnb_gtab_refs(), by version; and the status word of a v2 entry. */
static inline struct grant_entry_v1 *gnb_entry_v1(const struct gnb_gtab *g, uint32_t ref)
{
	return (struct grant_entry_v1 *)g->shared[ref / GNB_V1_PER_FRAME] + ref % GNB_V1_PER_FRAME;
}

static inline union grant_entry_v2 *gnb_entry_v2(const struct gnb_gtab *g, uint32_t ref)
{
	return (union grant_entry_v2 *)g->shared[ref / GNB_V2_PER_FRAME] + ref % GNB_V2_PER_FRAME;
}

static inline grant_status_t *gnb_status_v2(const struct gnb_gtab *g, uint32_t ref)
{
	return (grant_status_t *)g->status[ref / GNB_STATUS_PER_FRAME] + ref % GNB_STATUS_PER_FRAME;
}

/*
 * Let domid map the granter's frame (as target->frame() gives it) by reference ref, read-only or
 * not. The entry must be free. The release store of the flags is the write barrier: on x86 it costs
 * nothing.
 */
static inline void gnb_grant_publish(const struct gnb_gtab *g, uint32_t ref, uint16_t domid,
				     uint64_t frame, bool ro)
{
	uint16_t flags = GTF_permit_access | (ro ? GTF_readonly : 0);

	if (gnb_is_tree(g->entries)) {
		__atomic_store_n(gnb_tree_entry(&g->tree, gnb_tree_ref(ref)),
				 frame << GNTV3_PAGE_SHIFT | GNTV3_LEAF | (ro ? GNTV3_READONLY : 0),
				 __ATOMIC_RELEASE);
	} else if (gnb_is_v2(g->entries)) {
		union grant_entry_v2 *e = gnb_entry_v2(g, ref);

		__atomic_store_n(&e->hdr.domid, domid, __ATOMIC_RELAXED);
		__atomic_store_n(&e->full_page.frame, frame, __ATOMIC_RELAXED);
		__atomic_store_n(&e->hdr.flags, flags, __ATOMIC_RELEASE);
	} else {
		struct grant_entry_v1 *e = gnb_entry_v1(g, ref);

		__atomic_store_n(&e->domid, domid, __ATOMIC_RELAXED);
		__atomic_store_n(&e->frame, (uint32_t)frame, __ATOMIC_RELAXED);
		__atomic_store_n(&e->flags, flags, __ATOMIC_RELEASE);
	}
}

/*
 * The entry grants nothing any more, whatever is mapped by it: before gnb/revoke.h's hypercall, with a full barrier
 * between the last of them and that.
 */
static inline void gnb_grant_clear(const struct gnb_gtab *g, uint32_t ref)
{
	if (gnb_is_tree(g->entries))
		__atomic_store_n(gnb_tree_entry(&g->tree, gnb_tree_ref(ref)), GNTV3_NOTHING,
				 __ATOMIC_RELAXED);
	else if (gnb_is_v2(g->entries))
		__atomic_store_n(&gnb_entry_v2(g, ref)->hdr.flags, (uint16_t)0, __ATOMIC_RELAXED);
	else
		/* The hypervisor's marks are in the same word, and are its to clear. */
		__atomic_fetch_and(&gnb_entry_v1(g, ref)->flags,
				   (uint16_t)(GTF_reading | GTF_writing), __ATOMIC_SEQ_CST);
}

/* Is anything mapped of the references with which this one shares a byte of the tree's status page? */
static inline bool gnb_tree_in_use(const struct gnb_tree *tr, uint64_t ref)
{
	return __atomic_load_n(tr->status + (ref >> tr->order), __ATOMIC_ACQUIRE);
}

/* Does the mapper hold the grant now? Changes nothing; the answer may be old when it is read. */
static inline bool gnb_grant_in_use(const struct gnb_gtab *g, uint32_t ref)
{
	const uint16_t *p;

	if (gnb_is_tree(g->entries))
		return g->tree.status ? gnb_tree_in_use(&g->tree, gnb_tree_ref(ref))
				      : gnb_tree_maps(&g->tree, gnb_tree_ref(ref)) != 0;
	p = gnb_is_v2(g->entries) ? gnb_status_v2(g, ref) : &gnb_entry_v1(g, ref)->flags;
	return __atomic_load_n(p, __ATOMIC_ACQUIRE) & (GTF_reading | GTF_writing);
}

/* Is the entry invalid, as a free one is? */
static inline bool gnb_grant_is_free(const struct gnb_gtab *g, uint32_t ref)
{
	const uint16_t *p;

	if (gnb_is_tree(g->entries))
		return !(__atomic_load_n(gnb_tree_entry(&g->tree, gnb_tree_ref(ref)),
					 __ATOMIC_ACQUIRE) &
			 GNTV3_TYPE) &&
		       !gnb_grant_in_use(g, ref);
	p = gnb_is_v2(g->entries) ? &gnb_entry_v2(g, ref)->hdr.flags : &gnb_entry_v1(g, ref)->flags;
	return !__atomic_load_n(p, __ATOMIC_ACQUIRE) && !gnb_grant_in_use(g, ref);
}

/* What it comes to if somebody maps an entry that grants nothing. */
static inline int gnb_grant_refused(const struct gnb_gtab *g)
{
	return gnb_is_tree(g->entries) ? GNTST_bad_gntref : GNTST_general_error;
}

/*
 * End access. 0: the entry is free. -EBUSY: it is mapped; a v1 entry is unchanged, a v2 entry or one of a tree can
 * no longer be mapped again but is not free until a later call returns 0. A tree that is not watched
 * (gnb_gtab_watch()) takes it back from its mapper.
 */
static inline int gnb_grant_end(const struct gnb_gtab *g, uint32_t ref)
{
	const uint16_t in_use = GTF_reading | GTF_writing;

	if (gnb_is_tree(g->entries)) {
		uint64_t t = gnb_tree_ref(ref);

		__atomic_store_n(gnb_tree_entry(&g->tree, t), GNTV3_NOTHING, __ATOMIC_RELAXED);
		gnb_full_barrier();
		/* Who has no page to look at asks for it back. */
		if (!g->tree.status)
			return gnb_tree_revoke(&g->tree, t, 1);
		if (gnb_tree_in_use(&g->tree, t))
			return -EBUSY;
	} else if (gnb_is_v2(g->entries)) {
		__atomic_store_n(&gnb_entry_v2(g, ref)->hdr.flags, (uint16_t)0, __ATOMIC_RELAXED);
		/* mb() of Linux on x86-64 is this instruction, not a locked one. */
		__builtin_ia32_mfence();
		if (__atomic_load_n(gnb_status_v2(g, ref), __ATOMIC_ACQUIRE) & in_use)
			return -EBUSY;
	} else {
		uint16_t *p = &gnb_entry_v1(g, ref)->flags;
		uint16_t flags = __atomic_load_n(p, __ATOMIC_RELAXED);

		/* A failed exchange leaves the new value in flags: the hypervisor set a bit
		 * meanwhile. */
		do {
			if (flags & in_use)
				return -EBUSY;
		} while (!__atomic_compare_exchange_n(p, &flags, (uint16_t)0, false,
						      __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
	}
	return 0;
}

/*
 * End n grants, each as above; or, of a tree that is not watched, take them back by one hypercall, whether they are mapped
 * or not, for which gnb_tree_revokes() has made room. 0; -EBUSY: one is still mapped; -errno.
 */
static inline int gnb_grant_end_list(const struct gnb_gtab *g, const uint32_t *ref, unsigned n)
{
	int rc = 0;

	if (!gnb_is_tree(g->entries) || g->tree.status) {
		for (unsigned i = 0; i < n; i++)
			rc |= gnb_grant_end(g, ref[i]);
		return rc;
	}
	for (unsigned i = 0; i < n; i++)
		__atomic_store_n(gnb_tree_entry(&g->tree, gnb_tree_ref(ref[i])), GNTV3_NOTHING,
				 __ATOMIC_RELAXED);
	gnb_full_barrier();
	return gnb_tree_revoke_list(&g->tree, ref, n);
}

#endif
