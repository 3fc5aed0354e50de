/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Deliberate defects, one per build (-DHV_MUTANT=n), to prove that the tests can fail. In a normal
 * build every hv_mutant() is the constant false.
 */
#ifndef HV_MUTANT_H
#define HV_MUTANT_H

#ifndef HV_MUTANT
#define HV_MUTANT 0
#endif

enum hv_mutants {
	HV_MUTANT_NONE,
	HV_MUTANT_DROP_FLUSH,	  /* a translated unmap does not flush */
	HV_MUTANT_REORDER_FLUSH,  /* references are dropped before the flush */
	HV_MUTANT_DROP_PV_FLUSH,  /* a PV unmap batch does not flush */
	HV_MUTANT_DROP_IOTLB,	  /* an IOMMU unmap does not invalidate */
	HV_MUTANT_DOUBLE_READ,	  /* the frame of an entry is read again after it was checked */
	HV_MUTANT_NO_REF,	  /* a map takes no page reference */
	HV_MUTANT_PIN_LEAK,	  /* an unmap leaves the pin */
	HV_MUTANT_NO_OWNER_CHECK, /* the frame's owner is not compared */
	HV_MUTANT_NO_LIMIT,	  /* the 128 limit is not checked */
	HV_MUTANT_HANDLE_REUSE,	  /* a handle is freed while its device half lives */
	HV_MUTANT_NO_ENTRY_LOCK,  /* unmap does not take the active entry's lock */
	HV_MUTANT_COUNT_OFF,	  /* one lock too many per map: counts must differ */
	HV_MUTANT_NO_LATCH,	  /* a repeated map looks at the entry's frame again */
	HV_MUTANT_RO_IS_RW,	  /* a read-only mapping of a translated guest can be written */
	HV_MUTANT_NO_RECHECK, /* version 2: the entry is not looked at again after it was marked */
	HV_MUTANT_COPY_LEAK,  /* a copy leaves its pin */
	HV_MUTANT_DROP_RESERVED, /* a change of version does not keep the reserved entries */
	HV_MUTANT_TRANS_LEAK,	 /* a passed-on grant is not released in the domain that gave it */
	HV_MUTANT_NO_WINDOW,	 /* a copy may leave the granted part of a page */
	HV_MUTANT_STEAL_IN_USE,	 /* a page that others reference is transferred */
	HV_MUTANT_TRANSFER_NO_FLUSH, /* a transfer does not flush */
	HV_MUTANT_REPLACE_COPIES,    /* the entry that replaces another stays where it was, too */
	HV_MUTANT_FORGET_PLACE,	   /* a refused change of the p2m leaves a page without its place */
	HV_MUTANT_DEVICE_STAYS,	   /* the unit goes on with where it saw a device */
	HV_MUTANT_NEVER_PAYS,	   /* a full queue of waiting invalidations is not paid */
	HV_MUTANT_ARGS_IN_GRANT,   /* arguments may lie in a page that is mapped by a grant */
	HV_MUTANT_WALK_NO_RIGHTS,  /* what the guest made read-only is written to */
	HV_MUTANT_KEEP_TABLE,	   /* a table of the p2m that a large entry replaced is not freed */
	HV_MUTANT_RANGE_TWICE,	   /* a range can be taken away by two vCPUs at once */
	HV_MUTANT_RANGE_NO_FLUSH,  /* an unmap of ranges does not flush */
	HV_MUTANT_RANGE_EARLY_PUT, /* it drops references before it flushes */
	HV_MUTANT_RANGE_NO_REF,	   /* its pages have no references */
	HV_MUTANT_RANGE_STALE_RUN, /* a run of the granter's p2m is believed after it has changed */
	HV_MUTANT_RANGE_ANY_RUN,   /* 512 frames become one entry though they are no neighbours */
	HV_MUTANT_RANGE_KEEPS_MARKS,	/* the granter's flags stay */
	HV_MUTANT_SUPER_ONE_REF,	/* a superpage has a reference for its first page only */
	HV_MUTANT_SUPER_UNAGREED,	/* its mapper need not say that it knows */
	HV_MUTANT_SUPER_ANY_FRAMES,	/* its frames are not looked at, but for the first */
	HV_MUTANT_SUPER_V1_UNMAPS,	/* an unmap of a page takes the entry of a superpage */
	HV_MUTANT_SUPER_COPIED,		/* it can be copied from */
	HV_MUTANT_V3_UNMAP_NO_FLUSH,	/* version 3: an unmap does not flush */
	HV_MUTANT_V3_REVOKE_NO_FLUSH,	/* a revoke does not flush */
	HV_MUTANT_V3_NO_IOTLB,		/* the IOTLB is not invalidated */
	HV_MUTANT_V3_DYING_IGNORED,	/* a revoke does not flush for a mapping that goes */
	HV_MUTANT_V3_EARLY_PUT,		/* an unmap drops references before it flushes */
	HV_MUTANT_V3_REVOKE_EARLY_PUT,	/* a revoke does */
	HV_MUTANT_V3_NO_REF,		/* a map takes no page reference */
	HV_MUTANT_V3_KEEPS_REF,		/* a revoke keeps the reference */
	HV_MUTANT_V3_WALK_UNLOCKED,	/* the tree is walked without its lock */
	HV_MUTANT_V3_DOUBLE_READ,	/* an entry is read again after it was checked */
	HV_MUTANT_V3_NO_CAP,		/* lists grow beyond max_maps */
	HV_MUTANT_V3_LOW_HEADS,		/* a revoke looks only at the lists of single slots */
	HV_MUTANT_V3_BLOCK_IGNORED,	/* a blocked reference can be mapped */
	HV_MUTANT_V3_TAKES_ALL,		/* a mapping that accepts nothing is taken */
	HV_MUTANT_V3_ANY_GRANTEE,	/* the caller need not be the grantee */
	HV_MUTANT_V3_LEFT_MAPS,		/* a tree that its granter let go of can be mapped from */
	HV_MUTANT_V3_RO_IGNORED,	/* a read-only leaf can be mapped for writing */
	HV_MUTANT_V3_RO_IS_RW,		/* a read-only mapping can be written */
	HV_MUTANT_V3_IDLE_LEAK,		/* an empty region is forgotten */
	HV_MUTANT_V3_IDLE_FREED,	/* an empty region is not kept */
	HV_MUTANT_V3_LISTS_FREED,	/* lists of frames are not kept */
	HV_MUTANT_V3_LISTS_PILE,	/* all of them are */
	HV_MUTANT_V3_ONE_SINK,		/* the trees of a mapper share a sink */
	HV_MUTANT_V3_V1_UNMAPS,		/* an unmap of version 1 takes an entry of version 3 */
	HV_MUTANT_V3_COPY_UNLOCKED,	/* bytes are copied without the trees' locks */
	HV_MUTANT_V3_COPY_LEAK,		/* a copy keeps the references on its pages */
	HV_MUTANT_V3_RUN_OF_ANY,	/* a run's machine frames need not lie side by side */
	HV_MUTANT_V3_RUN_LOOSE,		/* nor what its leaves name */
	HV_MUTANT_V3_LARGE_ONE_REF,	/* of a large entry only the first frame is referenced */
	HV_MUTANT_V3_LARGE_KEEPS,	/* only the first reference is dropped */
	HV_MUTANT_V3_FLUSH_4K,		/* a large entry is flushed as if it were one of 4K */
	HV_MUTANT_V3_UPPER_LISTS,	/* a revoke does not look at the lists of large entries */
	HV_MUTANT_V3_MORE_UNSAID,	/* a large entry that goes as a whole is not told */
	HV_MUTANT_V3_NO_RESERVE,	/* nothing is kept for splitting */
	HV_MUTANT_V3_RESERVE_LEAK,	/* what was kept for splitting is not given back */
	HV_MUTANT_V3_SPLIT_SHORT,	/* a split forgets the last of its entries */
	HV_MUTANT_V3_SPLIT_ALLOCS,	/* a split takes memory, though a table was kept for it */
	HV_MUTANT_V3_SPLIT_CHARGED,	/* a table that was spent stays charged */
	HV_MUTANT_V3_RESERVE_UNUSED,	/* an entry with a reserve goes as a whole all the same */
	HV_MUTANT_V3_KEEP_TABLE,	/* a table that a large entry replaced is not freed */
	HV_MUTANT_V3_ALIAS_NAMED,	/* a frame can be named by a place that a grant gave it */
	HV_MUTANT_V3_ALIAS_GIVEN_UP,	/* and be given up by it */
	HV_MUTANT_V3_NO_TYPE,		/* a map takes no type of a PV granter's page */
	HV_MUTANT_V3_PV_NO_COMPARE,	/* a PV mapper's entry is taken whatever it is */
	HV_MUTANT_V3_PV_OVER,		/* a map writes over a PV mapper's entry */
	HV_MUTANT_V3_PV_HALF,		/* an unmap takes what is left of a changed piece */
	HV_MUTANT_V3_PV_LOST_GONE,	/* a revoke says that what it did not find is gone */
	HV_MUTANT_V3_PV_FLUSH_SELF,	/* a revoke flushes its caller, not the PV mapper */
	HV_MUTANT_V3_PV_NO_MORE,	/* a PV mapper's device and sink hold nothing */
	HV_MUTANT_V3_PV_DEVICE_STAYS,	/* a PV mapper's device keeps what is taken away */
	HV_MUTANT_V3_PV_ALLOWED,	/* a PV domain maps of a tree for translated ones */
	HV_MUTANT_V3_STATUS_LATE,	/* a group's byte is set after the walk */
	HV_MUTANT_V3_STATUS_NO_BARRIER, /* between byte and walk there is no barrier */
	HV_MUTANT_V3_STATUS_EARLY,	/* an unmap clears the byte before it flushes */
	HV_MUTANT_V3_REVOKE_SILENT,	/* a revoke says nothing to the granter's pages */
	HV_MUTANT_V3_NO_NOTICE,		/* no bit is set when the last mapping goes */
	HV_MUTANT_V3_NO_EVENT,		/* a bit is set, and no event is sent */
	HV_MUTANT_V3_NOTE_LEAK,		/* a status page stays pinned */
	HV_MUTANT_V1R_NO_FLUSH,		/* version 1 with revoke: it does not flush */
	HV_MUTANT_V1R_EARLY_PUT,	/* it drops references before it flushes */
	HV_MUTANT_V1R_KEEPS_REF,	/* it keeps the reference, and the pin */
	HV_MUTANT_V1R_STAYS_HUNG,	/* an unmap leaves its handle in the list */
	HV_MUTANT_V1R_BUSY_IGNORED,	/* a revoke waits for no unmap and no copy */
	HV_MUTANT_V1R_MAP_IGNORED,	/* nor for a map */
	HV_MUTANT_V1R_NO_DEVICE,	/* it leaves a PV mapper's device what it had */
	HV_MUTANT_V1R_SINK_STAYS,	/* an unmap of what was revoked leaves the sink */
	HV_MUTANT_V1R_LATCHED_MAPS,	/* what is in use can be mapped when its entry is cleared */
	HV_MUTANT_V3_PROTECT_NO_FLUSH,	/* a protect does not flush */
	HV_MUTANT_V3_PROTECT_DYING_IGNORED, /* nor for a mapping that goes */
	HV_MUTANT_V3_PROTECTS_ALL,	    /* it takes the right from who does not accept it */
	HV_MUTANT_V3_PROTECT_KEEPS_TYPE,    /* a PV granter's page stays one that is written */
	HV_MUTANT_V3_REGAINS_ALL,	    /* a right comes back that the entry has not */
	HV_MUTANT_V3_REGAINS_OTHER,	    /* or of another frame than is granted now */
	HV_MUTANT_V3_HELD_MAPS,		    /* a tree that waits for its ack can be mapped from */
	HV_MUTANT_V3_BIND_NO_REVOKE,	    /* a bind leaves what is mapped */
	HV_MUTANT_V3_BIND_KEPT,		    /* it goes on though something cannot be revoked */
	HV_MUTANT_V3_BINDS_FIXED,	    /* a tree can be bound that its granter did not offer */
	HV_MUTANT_V3_ANYBODY_BINDS,	    /* who binds need not be the toolstack */
	HV_MUTANT_V3_ACK_ANY,		    /* an ack is good for whoever is the grantee */
	HV_MUTANT_V3_CACHE_NO_REF,	    /* a node that is remembered is not held */
	HV_MUTANT_V3_REVOKE_KEEPS_NODES,    /* a revoke forgets no node */
	HV_MUTANT_V3_ROOT_KEEPS_NODES,	    /* nor does another root */
	HV_MUTANT_V3_INVALIDATES_NOTHING,   /* nor an invalidate */
	HV_MUTANT_V3_PV_PROTECT_UNSAID, /* what a protect does not find of a PV mapper it does not say */
	HV_MUTANT_V3_PV_DEVICE_WRITES, /* a PV mapper's device keeps the right that its entry loses */
	HV_MUTANT_V3_HELD_COPIES,      /* a tree that waits for its ack can be copied from */
	HV_MUTANT_V3_BIND_NOTES,  /* a bind to the same grantee leaves the granter's pages set up */
	HV_MUTANT_V3_HEADS_SHORT, /* a revoke does not look for the last record of a region */
	HV_MUTANT_RANGE_NEAR_STAYS, /* the table of the last entries of 4K is remembered without the lock */
	HV_MUTANT_LOG_NO_FLUSH,	   /* log-dirty: nothing is flushed after a CLEAN */
	HV_MUTANT_LOG_EARLY_TYPE,  /* a page can be written before its bit is set */
	HV_MUTANT_LOG_WHOLE_LEAF,  /* a fault makes all of a large entry writable */
	HV_MUTANT_LOG_ANY_OWNER,   /* a page is marked for who does not own it */
	HV_MUTANT_LOG_UNMAP_CLEAN, /* an unmap of what could be written marks nothing */
	HV_MUTANT_LOG_UNMAP_ALL,   /* an unmap of what could only be read marks, too */
	HV_MUTANT_LOG_COPY_CLEAN,  /* a copy marks nothing */
	HV_MUTANT_LOG_ENABLE_ANY,  /* it can be enabled whatever device there is */
	HV_MUTANT_LOG_ASSIGN_ANY,  /* any device can be assigned while it is on */
	HV_MUTANT_LOG_RESTARTS, /* an operation that was left begins again, where it had come to */
	HV_MUTANT_LOG_FORGETS_I3,   /* or at the begin of the node that it was in */
	HV_MUTANT_LOG_NEVER_BUSY,   /* another operation may come between */
	HV_MUTANT_LOG_ALLOC_UNSAID, /* a bit that there was no memory for is not told */
	HV_MUTANT_LOG_NO_IOTLB, /* tables shared with the IOMMU: a right that goes stays in the IOTLB */
	HV_MUTANT_LOG_OVERRUN, /* a bitmap is written in whole pages */
	HV_MUTANT_FOREIGN_EARLY_PUT, /* an entry for another domain's page: its reference goes before the flush */
	HV_MUTANT_FOREIGN_LEAK,	     /* and stays when the domain ends that had it */
	HV_MUTANT_PHYSMAP_OVER_ANY,  /* a page is moved to where something special is */
	HV_MUTANT_PHYSMAP_ANY_PLACE, /* or from a second place that a grant gave it */
	HV_MUTANT_PHYSMAP_ERRS_LOST, /* a batch of moves does not say what failed */
	HV_MUTANT_MMIO_UNBOUNDED,    /* a call maps as much as it is asked for */
	HV_MUTANT_LEND_NO_FLUSH,     /* memory lent: a revoke does not flush */
	HV_MUTANT_LEND_NO_SEQ, /* a page is entered whatever was revoked since it was looked up */
	HV_MUTANT_LEND_SEQ_EARLY, /* that is looked at before the p2m's lock is taken */
	HV_MUTANT_LEND_SEQ_AT_BEGIN, /* the sequence moves when a revoke begins, and not when it ends */
	HV_MUTANT_LEND_LAST_RANGE,   /* of several revokes only the last one's pages are kept out */
	HV_MUTANT_LEND_SPLIT_RIGHTS, /* a page beside one that is revoked can be written */
	HV_MUTANT_LEND_DMA,	     /* the borrower's device reaches what is lent */
	HV_MUTANT_LEND_GIVEN_UP,     /* a lender's page can be given up while it is lent */
	HV_MUTANT_LEND_OUTLIVES,     /* a loan outlives its lender */
	HV_MUTANT_LEND_ANSWER_SIZE,  /* a lender says how much of an access it answers */
	HV_MUTANT_LEND_LEAK,	     /* what a vCPU wrote once is shown with its next read */
	HV_MUTANT_LOG_WAY_UNSAID,    /* log-dirty as KVM: a page that is opened has no bit */
	HV_MUTANT_LOG_WAY_LATE_FETCH, /* bits are fetched when their pages are protected already */
	HV_MUTANT_LOG_WAY_LARGE_OPEN, /* a large entry is not parted when its pages are cleared */
	HV_MUTANT_LOG_WAY_WHOLE_LEAF, /* a fault opens all of a large entry */
	HV_MUTANT_LOG_WAY_NEW_CLEAN,  /* what came since is in no bitmap */
	HV_MUTANT_LOG_WAY_CLEARS_ALL, /* a page that was not asked for is cleared, too */
	HV_MUTANT_LOG_WAY_CLEAR_BEYOND, /* pages to be cleared may be beyond those that are logged */
	HV_MUTANT_LOG_WAY_MERGES_ANY,	/* frames that are no neighbours become a large entry */
	HV_MUTANT_LOG_WAY_RING_EARLY,	/* a ring's entries go before they were taken */
	HV_MUTANT_LOG_WAY_RING_OVERRUN, /* a vCPU goes on when its ring is full */
	HV_MUTANT_VIRTIO_DOUBLE_READ,	/* virtio-iommu: a descriptor's address is read again */
	HV_MUTANT_VIRTIO_ANY_INDEX,	/* more buffers are taken than a queue can have */
	HV_MUTANT_VIRTIO_NO_BOUND,	/* a chain may name descriptors that there are not */
	HV_MUTANT_VIRTIO_MAP_OVERLAPS,	/* a MAP goes over what is mapped */
	HV_MUTANT_VIRTIO_UNMAP_PARTS,	/* an UNMAP that is refused has taken something away */
	HV_MUTANT_VIRTIO_ANSWERS_EARLY, /* it is answered before the invalidation */
	HV_MUTANT_VIRTIO_NO_FLUSH,	/* there is no invalidation */
	HV_MUTANT_VIRTIO_EARLY_PUT,	/* references go before it */
	HV_MUTANT_VIRTIO_NO_REF,	/* a MAP takes no page reference */
	HV_MUTANT_VIRTIO_RO_IS_RW,	/* a device writes by a mapping that is for reading */
	HV_MUTANT_VIRTIO_ATTACHED_TWICE, /* an endpoint that is attached elsewhere still counts where it was */
	HV_MUTANT_VIRTIO_NO_LIMIT,	 /* mappings have no limit */
	HV_MUTANT_VIRTIO_EVENT_STOPS,	 /* the device stops when there is no buffer for a fault */
	HV_MUTANT_VIRTIO_TABLE_HEIGHT,	 /* draft: the guest says how many levels its tables have */
	HV_MUTANT_VIRTIO_TABLE_BITS,	 /* bits of their entries that there are not are ignored */
	HV_MUTANT_VIRTIO_TABLE_ANYWHERE, /* they lead to what is not RAM */
	HV_MUTANT_VIRTIO_INVALIDATE_NARROW, /* one page is invalidated, however many were asked for */
	/* PV-IOMMU of 2025 (v7): its own defects first, then what it must not lose (docs/iommu.md). */
	HV_MUTANT_PVI_INIT_ALLOCS, /* init falls through into alloc */
	HV_MUTANT_PVI_FIRST_DFN,   /* only a call's first frame is looked for among reserved ones */
	HV_MUTANT_PVI_PREEMPT_INVERTED, /* it asks whether it is to be left behind all pages but each 256th */
	HV_MUTANT_PVI_KEEPS_P2M,       /* what is refused leaves the p2m locked */
	HV_MUTANT_PVI_PUTS_UNGOT,      /* and drops a reference that was not had */
	HV_MUTANT_PVI_EARLY_PUT,       /* an unmap drops references before it invalidates */
	HV_MUTANT_PVI_PUTS_ANY,	       /* an unmap drops one also of what was mapped with none */
	HV_MUTANT_PVI_WRONG_BIT,       /* an alloc that fails gives another number back */
	HV_MUTANT_PVI_UNLOCKS_TWICE,   /* an invalidation ends with an unlock too many */
	HV_MUTANT_PVI_TEARDOWN_SHORT,  /* a domain's end forgets its last context */
	HV_MUTANT_PVI_INIT_STUCK,      /* an init that failed was done */
	HV_MUTANT_PVI_LOCK_ORDER,      /* reattach takes an inner lock first */
	HV_MUTANT_PVI_UNLOCKS_UNTAKEN, /* one that fails gives back a lock that it has not */
	HV_MUTANT_PVI_LIST_WALK,       /* a free forgets devices behind one that it sent back */
	HV_MUTANT_PVI_REMOTE_FORGETS,  /* a remote call that was left begins anew */
	HV_MUTANT_PVI_DYING_TAKES,     /* a context that is going takes pages and devices */
	HV_MUTANT_PVI_NO_ARENA,	       /* tables grow beyond the arena */
	HV_MUTANT_PVI_ANY_OWNER,       /* anybody's frames can be mapped */
	HV_MUTANT_PVI_NO_TYPE,	       /* a PV domain's page tables, too, for writing */
	HV_MUTANT_PVI_ANY_REMOTE,      /* for whomever */
	HV_MUTANT_PVI_NESTED,	       /* nested contexts are said to be there */
	HV_MUTANT_PVI_REPLACES,	       /* a map writes over what is there */
	/* And of 2016. */
	HV_MUTANT_PVD_EARLY_PUT,     /* references go before the invalidation that waits */
	HV_MUTANT_PVD_TRUSTS_NO_REF, /* whether a frame is held the unmap says */
	HV_MUTANT_PVD_LAST_ENTRY,    /* who looks for an entry gets the last one if there is none */
	HV_MUTANT_PVD_FAILURE_STAYS, /* an entry that could not be made stays in its list */
	HV_MUTANT_PVD_SWAPS_ANY,     /* one that agreed is enough for a scratch page */
	HV_MUTANT_PVD_SILENT,	     /* nobody is told of a page that is gone */
	HV_NR_MUTANTS
};

#define hv_mutant(name) (HV_MUTANT == HV_MUTANT_##name)

#endif
