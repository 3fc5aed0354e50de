/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a target answers beside grants: kinds of operations, what is in each, and its arguments. A target says of each
 * operation whether it has it (struct gnb_target, operation and lacks). A new operation is a number here with its
 * arguments, and a case in the targets that have it.
 */
#ifndef GNB_OPERATIONS_H
#define GNB_OPERATIONS_H

#include <stdbool.h>
#include <stdint.h>

enum gnb_op_kind {
	GNB_OP_LOG_DIRTY, /* which pages of the granter were written to; asked for by the mapper, its toolstack */
	GNB_OP_LOG_WAY, /* no operation: a machine's log_way, by enum gnb_log_way, of which lacks() tells */
	GNB_OP_DEVICE, /* the granter's device */
	GNB_OP_MEMORY, /* XENMEM_*: the granter's pages moved, given up and had again, by the mapper, its toolstack */
	GNB_OP_MAPPING,	  /* a device's memory mapped into the granter by its toolstack */
	GNB_OP_LENDING,	  /* the mapper's memory lent to the granter, and revoked */
	GNB_OP_PV_IOMMU,  /* a guest's own IOMMU contexts */
	GNB_OP_VIRTQUEUE, /* virtio-iommu: requests in a queue of the guest's memory */
	GNB_OP_DRIVER,	  /* a Linux driver's mappings for its device, and a process's */
	GNB_OP_KINDS
};

/* ---- GNB_OP_LOG_DIRTY: struct gnb_log ---- */

/* How pages are logged: which of PEEK, CLEAN, COLLECT and CLEAR there are goes by it, and nothing else does. */
enum gnb_log_way {
	GNB_WAY_MARKS, /* Xen's: all is marked at once, and looked at when it is used. PEEK, CLEAN */
	GNB_WAY_GET, /* KVM's first: each page is protected, and again when it is fetched. CLEAN */
	GNB_WAY_MANUAL, /* KVM's second: fetched, and protected again by another call. PEEK, CLEAR */
	GNB_WAY_ALL_SET, /* the same; all is dirty first, and protected when it is cleared. PEEK, CLEAR */
	GNB_WAY_RING, /* KVM's third: each vCPU puts pages into a ring. COLLECT, CLEAR */
	GNB_WAYS
};

enum gnb_log_op {
	GNB_LOG_ENABLE,
	GNB_LOG_PEEK,  /* what is dirty; it stays so */
	GNB_LOG_CLEAN, /* the same, and from now on nothing is */
	GNB_LOG_OFF,
	GNB_LOG_REPORT,	 /* somebody else knows that pages from first on were written to */
	GNB_LOG_STATS,	 /* what a hypervisor cannot know: of a model only */
	GNB_LOG_COLLECT, /* what is in the rings; once. The bitmap is emptied for it */
	/* From now on these are not dirty: of pages from first on, a multiple of 64, those of the bitmap; of rings, all that
	 * was collected since. */
	GNB_LOG_CLEAR,
};

struct gnb_log {
	uint8_t *
		bitmap; /* memory of args_alloc(), of the mapper; NULL: none. CLEAR: bit 0 is page first */
	uint64_t pages; /* that it has room for; of REPORT and CLEAR how many */
	uint64_t first; /* REPORT, CLEAR */
	/* PEEK and CLEAN: pages that the hypervisor counted since the last CLEAN, or that are in the bitmap; COLLECT: what
	 * came out of rings. */
	uint64_t dirty;
	bool others; /* COLLECT: also what no vCPU of the domain wrote, which is in no ring */
	uint64_t
		missed; /* STATS: pages that the device wrote to, and that are in no bitmap since */
	uint64_t bytes; /* STATS: what the log costs now */
};

/* ---- GNB_OP_DEVICE: struct gnb_dma ---- */

enum gnb_device_op {
	GNB_DEVICE_WRITE, /* as the granter's device writes by device frame number: 0, -EFAULT if it may not */
};

struct gnb_dma {
	uint64_t dfn;
	unsigned off, len;
	void *buf;
};

/* ---- GNB_OP_MEMORY: struct gnb_memory ---- */

enum gnb_memory_op {
	GNB_MEMORY_MOVE, /* a batch: each page from its place to another, each with a status */
	GNB_MEMORY_MOVE_RANGE, /* the same of neighbours, from the first place on to the first place */
	GNB_MEMORY_FOREIGN,    /* a batch: the granter's pages at places of the caller's own */
	GNB_MEMORY_REMOVE,     /* the first place of the caller's own is empty again */
	GNB_MEMORY_DECREASE, /* extents from where they are are given up; returns how many */
	GNB_MEMORY_POPULATE, /* others are had where they are to be; returns how many */
};

struct gnb_memory {
	uint64_t *from, *to; /* lists of frame numbers; memory of args_alloc(), of the mapper */
	int *status;	     /* likewise; of a batch 0 or -errno for each */
	unsigned n;	     /* places; of DECREASE and POPULATE extents */
	unsigned order;	     /* of an extent: so many pages by two's power */
};

/* ---- GNB_OP_MAPPING: struct gnb_placing. 0; or > 0: so many pages are done, the others take another call ---- */

enum gnb_mapping_op {
	GNB_MAPPING_PERMIT, /* the granter may have all of the device's memory */
	GNB_MAPPING_MAP,
	GNB_MAPPING_UNMAP,
};

struct gnb_placing {
	uint64_t gfn, first, pages; /* of the device's memory the pages from first on */
};

/* ---- GNB_OP_LENDING: struct gnb_lend ---- */

enum gnb_lending_op {
	GNB_LENDING_LEND, /* for writing; with now its pages are there at once */
	GNB_LENDING_RETURN,
	GNB_LENDING_REVOKE, /* what of it is there can no longer be reached */
	GNB_LENDING_END,    /* of a revoke; with now its pages are there again */
	GNB_LENDING_SEQ,    /* to be asked for before pages are looked up that are to be served */
	GNB_LENDING_FAULT,  /* which vCPU waits for which page; -ENOENT: none does */
	GNB_LENDING_SERVE,
	GNB_LENDING_ANSWER,   /* the access of a vCPU is done with this data */
	GNB_LENDING_STATS,    /* what a hypervisor does not tell: of a model only */
	GNB_LENDING_BY_ENTRY, /* no operation: REVOKE with by_entry, of which lacks() tells */
};

struct gnb_lend {
	uint64_t gfn, pages; /* of the borrower; of FAULT what is waited for */
	uint64_t first;	     /* of the lender's RAM the pages from this one on */
	uint64_t seq, data;
	unsigned vcpu;
	bool now,
		emulate; /* emulate: of a loan, that accesses of what is not there can be answered */
	bool by_entry;	 /* REVOKE: the borrower's p2m is locked for each entry anew */
	uint64_t most;	 /* STATS: entries that one revoke changed, at most */
	uint64_t held;	 /* STATS: and with the p2m's lock held */
};

/* ---- GNB_OP_VIRTQUEUE: struct gnb_virtqueue. The granter has a virtio-iommu (virtio_iommu.h) ---- */

enum gnb_virtqueue_op {
	GNB_VIRTQUEUE_READ, /* a register of the device's */
	GNB_VIRTQUEUE_WRITE,
	GNB_VIRTQUEUE_ACCESS, /* as one of the granter's devices does: 0, -EFAULT if it may not */
};

struct gnb_virtqueue {
	unsigned reg;	/* enum virtio_reg */
	uint64_t value; /* of the register */
	unsigned device;
	struct gnb_dma dma; /* by it */
	bool write;
};

/* ---- GNB_OP_PV_IOMMU: struct gnb_context ---- */

enum gnb_pv_iommu_op {
	GNB_PV_IOMMU_INIT, /* n: contexts that there may be */
	GNB_PV_IOMMU_ALLOC,
	GNB_PV_IOMMU_FREE,     /* its devices go back to the guest's own tables */
	GNB_PV_IOMMU_REATTACH, /* dev goes to ctx */
	GNB_PV_IOMMU_MAP,      /* n pages of RAM from page on; n is then how many were */
	GNB_PV_IOMMU_UNMAP,
	GNB_PV_IOMMU_DMA,   /* a word at dfn is read as dev does it: 0, -EFAULT */
	GNB_PV_IOMMU_STATS, /* what a hypervisor does not tell: of a model only */
};

struct gnb_context {
	unsigned ctx, dev, page, n;
	unsigned
		order; /* of an entry: 0, or 9 where the machine has it; n is in pages all the same */
	uint64_t dfn;
	uint64_t *word; /* DMA */
	uint64_t bytes; /* STATS: of the tables of all contexts */
};

/* ---- GNB_OP_DRIVER: struct gnb_driver_row; of SPEND uint64_t ---- */

enum gnb_driver_op {
	GNB_DRIVER_PAGE,  /* each is mapped for the device by itself, and unmapped */
	GNB_DRIVER_LIST,  /* a scatter list */
	GNB_DRIVER_EACH,  /* the IOMMU's own operations, in a domain of the driver's */
	GNB_DRIVER_FAST,  /* the same, with one invalidation for all unmaps */
	GNB_DRIVER_PART,  /* a part of what was mapped as a whole is unmapped */
	GNB_DRIVER_VFIO,  /* memory of a process, mapped for a device that it drives by itself */
	GNB_DRIVER_SPEND, /* the clock goes on by so many ticks, which a row took */
};

/* n times in a row: map, then unmap. What each took is told at once, and spent on the clock by who asked. */
struct gnb_driver_row {
	unsigned n, calls;     /* calls: of one time, of LIST its entries */
	uint64_t bytes;	       /* of a call; of PART what is unmapped of 2 MiB */
	bool huge;	       /* VFIO: the memory is of large pages */
	bool marked;	       /* whoever watches from outside is told where each begins and ends */
	bool check;	       /* look at what is mapped: nothing is timed */
	uint64_t *map, *unmap; /* n ticks each */
	uint64_t unmapped, reached,
		left; /* bytes; check: pages that are reached once mapped, once unmapped */
};

#endif
