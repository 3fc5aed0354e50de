/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The granter's side of the grant table, as a guest kernel keeps it: entries by reference,
 * publishing a grant, ending access. No hypercall happens here; this is the part of the cost that
 * the guest pays in its own memory.
 *
 * The protocol is the one in Xen's public header (xen/grant_table.h, "Some rough guidelines on
 * accessing and updating grant-table entries"), with the instructions that Linux uses on x86
 * (drivers/xen/grant-table.c):
 *
 *  introduce   domid, frame, write barrier, flags with a valid type
 *  end, v1     read flags; if none of reading and writing is set, compare-and-exchange them to 0
 *  end, v2     flags = 0, full barrier, read the status word; if it says reading or writing, the
 * mapper still holds the page, and the entry, now invalid, must not be used again until it is let
 * go
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

#include <gnb/target.h>

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
};

static inline bool gnb_is_v2(enum gnb_entries e)
{
	return e == GNB_ENTRIES_V2;
}

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

static inline void gnb_gtab_fini(struct gnb_gtab *g)
{
	free(g->shared);
	free(g->status);
	memset(g, 0, sizeof(*g));
}

/*
 * Look up the first nr_frames frames of the machine's granter. The table must have that many
 * already (grant_frames of the machine's configuration, or grow()); after it has grown, fini and
 * init again. 0, -ENOMEM, or -ENOENT if the table has fewer frames. Undo with gnb_gtab_fini().
 */
static inline int gnb_gtab_init(struct gnb_gtab *g, const struct gnb_target *t,
				struct gnb_machine *m, const struct gnb_version *version,
				unsigned nr_frames)
{
	unsigned nr_status =
		(nr_frames * GNB_V2_PER_FRAME + GNB_STATUS_PER_FRAME - 1) / GNB_STATUS_PER_FRAME;
	int err = -ENOMEM;

	memset(g, 0, sizeof(*g));
	g->entries = version->entries;
	g->shared = calloc(nr_frames ? nr_frames : 1, sizeof(*g->shared));
	if (!g->shared)
		goto fail;
	for (unsigned i = 0; i < nr_frames; i++) {
		g->shared[i] = t->grant_frame(m, i, false);
		if (!g->shared[i]) {
			err = -ENOENT;
			goto fail;
		}
	}
	if (gnb_is_v2(g->entries)) {
		g->status = calloc(nr_status ? nr_status : 1, sizeof(*g->status));
		if (!g->status)
			goto fail;
		for (unsigned i = 0; i < nr_status; i++) {
			g->status[i] = t->grant_frame(m, i, true);
			if (!g->status[i]) {
				err = -ENOENT;
				goto fail;
			}
		}
	}
	g->nr_frames = nr_frames;
	return 0;
fail:
	gnb_gtab_fini(g);
	return err;
}

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

	if (gnb_is_v2(g->entries)) {
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

/* Does the mapper hold the grant now? Changes nothing; the answer may be old when it is read. */
static inline bool gnb_grant_in_use(const struct gnb_gtab *g, uint32_t ref)
{
	const uint16_t *p =
		gnb_is_v2(g->entries) ? gnb_status_v2(g, ref) : &gnb_entry_v1(g, ref)->flags;

	return __atomic_load_n(p, __ATOMIC_ACQUIRE) & (GTF_reading | GTF_writing);
}

/* Is the entry invalid, as a free one is? */
static inline bool gnb_grant_is_free(const struct gnb_gtab *g, uint32_t ref)
{
	const uint16_t *p = gnb_is_v2(g->entries) ? &gnb_entry_v2(g, ref)->hdr.flags
						  : &gnb_entry_v1(g, ref)->flags;

	return !__atomic_load_n(p, __ATOMIC_ACQUIRE) && !gnb_grant_in_use(g, ref);
}

/*
 * End access. 0: the entry is free. -EBUSY: it is mapped; a v1 entry is unchanged, a v2 entry can
 * no longer be mapped again but is not free until a later call returns 0.
 */
static inline int gnb_grant_end(const struct gnb_gtab *g, uint32_t ref)
{
	const uint16_t in_use = GTF_reading | GTF_writing;

	if (gnb_is_v2(g->entries)) {
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

#endif
