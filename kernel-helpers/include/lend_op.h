/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory lent to a translated domain, and taken back at any time: an interface that Xen has not (docs/p2m.md). One structure for
 * all operations, in the lender's memory for arguments.
 */
#ifndef LEND_OP_H
#define LEND_OP_H

#include <stdint.h>

enum lend_cmd {
	LEND_LEND, /* gfn, pages: a new loan, where nothing is; with LEND_NOW frame on is there at once */
	LEND_RETURN, /* gfn: the loan that begins there is over, and nothing is left of it */
	LEND_REVOKE, /* gfn, pages: what is lent there cannot be reached when this returns; until the end nothing of it can be
		      * served */
	LEND_END, /* gfn, pages: the end of that revoke; with LEND_NOW frame on is there again (policy remap) */
	LEND_SEQ, /* seq: to be read before a page is looked up that is to be served */
	LEND_FAULT, /* vcpu, gfn, flags: a vCPU that waits for one of the caller's pages; -ENOENT: none does */
	LEND_SERVE, /* gfn, pages, frame, seq: the pages are there, and vCPUs that waited for them try again */
	LEND_ANSWER, /* vcpu, data: its access is done by the lender (policy emulate); of a write data is what it wrote */
	LEND_FAIL,   /* vcpu: its access fails */
	LEND_CMDS
};

enum lend_policy {
	LEND_RETRY,   /* a vCPU that faults waits until its page is there, and tries again */
	LEND_EMULATE, /* or until the lender did its access, as with an ioreq server */
};

#define LEND_WRITE (1u << 0) /* of a loan: it can be written; of a fault: it was a write */
#define LEND_BAR                                                                                   \
	(1u << 1) /* of a loan: its frames are a device's memory, by their machine number */
#define LEND_NOW (1u << 2)
#define LEND_BY_ENTRY                                                                              \
	(1u << 3) /* of a revoke: the borrower's p2m is locked, and flushed, for each entry anew */

struct lend_op {
	uint16_t borrower, policy;
	uint32_t flags;
	uint32_t vcpu, len; /* of a fault: bytes of the access */
	uint64_t gfn, pages;
	uint64_t frame; /* as the lender names its RAM */
	uint64_t seq;
	uint64_t data;
};

#endif
