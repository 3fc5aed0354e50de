/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a target answers beside grants: kinds of operations, what is in each, and its arguments. A target says of each
 * operation whether it has it (struct gnb_target, operation and lacks). A new operation is a number here with its
 * arguments, and a case in the targets that have it.
 */
#ifndef GNB_OPERATIONS_H
#define GNB_OPERATIONS_H

#include <stdint.h>

enum gnb_op_kind {
	GNB_OP_LOG_DIRTY, /* which pages of the granter were written to; asked for by the mapper, its toolstack */
	GNB_OP_DEVICE,	  /* the granter's device */
	GNB_OP_MEMORY,	  /* XENMEM_*: pages moved, given up and had again */
	GNB_OP_MAPPING,	  /* frames mapped into a domain by its toolstack */
	GNB_OP_LENDING,	  /* memory lent to a domain, and revoked */
	GNB_OP_PV_IOMMU,  /* a guest's own IOMMU contexts */
	GNB_OP_VIRTQUEUE, /* virtio-iommu: requests in a queue of the guest's memory */
	GNB_OP_KINDS
};

/* ---- GNB_OP_LOG_DIRTY: struct gnb_log ---- */

enum gnb_log_op {
	GNB_LOG_ENABLE,
	GNB_LOG_PEEK,  /* what is dirty */
	GNB_LOG_CLEAN, /* the same, and from now on nothing is */
	GNB_LOG_OFF,
	GNB_LOG_REPORT, /* somebody else knows that pages from first on were written to */
	GNB_LOG_STATS,	/* what a hypervisor cannot know: of a model only */
};

struct gnb_log {
	uint8_t *bitmap; /* memory of args_alloc(), of the mapper; NULL: none */
	uint64_t pages;	 /* that it has room for; of REPORT how many */
	uint64_t first;	 /* REPORT */
	uint64_t dirty; /* PEEK and CLEAN: pages that the hypervisor counted since the last CLEAN */
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

#endif
