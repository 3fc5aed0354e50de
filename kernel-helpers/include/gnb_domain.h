/* SPDX-License-Identifier: MIT */
/*
 * What a grantbench domain and its client in dom0 share: the control page, the requests, and where in the domain's
 * address space things are. docs/xen.md, "The domain".
 *
 * In both types of domain the linear address of a page is its pseudo-physical number times 4096. So an address is
 * made in the same way for both; what differs is the frame number that belongs into a grant entry: the number itself
 * in a PVH domain, the machine frame that the p2m list has for it in a PV domain. At address 0 nothing is mapped: a null
 * pointer is none.
 */
#ifndef GNB_DOMAIN_H
#define GNB_DOMAIN_H

#include <stdint.h>

#define GNB_DOMAIN_MAGIC 0x314d4f44424e47ull /* "GNBDOM1" */
#define GNB_DOMAIN_ABI	 2u

#define GNB_DOMAIN_CONTROL_PFN 0x100u /* the control page; the image begins with it */
#define GNB_DOMAIN_MAX_PAGES                                                                       \
	0x10000u /* RAM, 256 MiB: below the slots, and one table of 1 GiB maps all */
#define GNB_DOMAIN_MIN_PAGES  0x400u   /* 4 MiB */
#define GNB_DOMAIN_SLOTS      4096u    /* pages at which grants can be mapped */
#define GNB_DOMAIN_SLOT_PFN   0x20000u /* the first of them; nothing is there at first */
#define GNB_DOMAIN_SHARED_PFN 0x2ffffu /* PVH: the shared info page */
#define GNB_DOMAIN_TABLE_PFN                                                                       \
	0x30000u /* PVH: from here on frames of the grant table may be put; nothing is there */
#define GNB_DOMAIN_REQUESTS  512u /* at most in a batch */
#define GNB_DOMAIN_ARG_PAGES 64u  /* for arguments */
#define GNB_DOMAIN_FREE_PORT 1u

enum gnb_domain_type { GNB_DOMAIN_PVH = 1, GNB_DOMAIN_PV = 2 };

enum gnb_domain_status {
	GNB_DOMAIN_BOOTING = 0,
	GNB_DOMAIN_READY = 1,	/* all of the control page is filled in */
	GNB_DOMAIN_CRASHED = 2, /* see crash; the domain has shut down */
};

enum gnb_domain_action {
	/* result = hypercall arg[0] with arguments arg[1..5]. Pointers among them are linear addresses. */
	GNB_DOMAIN_HYPERCALL = 1,
	/*
	 * Copy arg[2] bytes to linear address arg[0] from linear address arg[1]. 0, or -EFAULT (-14) with the address
	 * in fault: no mapping, or no right. Bytes before that address may have been copied. At most 4096 bytes.
	 */
	GNB_DOMAIN_COPY = 2,
	/* Die of an exception, as of a defect: for those who want to know how that looks. */
	GNB_DOMAIN_DIE = 3,
};

/*
 * A PVH domain reads ones from where nothing is; what it writes there, or to a grant that it mapped to be read, is
 * dropped: there is no fault in it. So it asks Xen for the type of memory of the first and the last byte's pages before it copies. With this flag it
 * does not, and sees what the processor sees.
 */
#define GNB_DOMAIN_UNCHECKED 1u

/*
 * Mark the hypercall for an instrument outside (kernel-helpers/include/gnb_mark.h), which is told arg[1] and arg[3]: of
 * a grant table operation what it is, and how many. Outside of the two readings of the time-stamp counter. Of a copy it
 * is told arg[3], and that it is one.
 */
#define GNB_DOMAIN_MARKED 2u

struct gnb_domain_request {
	uint32_t action;
	uint32_t flags;
	uint64_t arg[6];
	int64_t result;
	uint64_t fault; /* with -EFAULT of a copy: the address, or 0 if the processor named none */
	uint64_t
		tsc_before; /* right around the hypercall or the copy; nothing interrupts the domain in between */
	uint64_t tsc_after;
	uint64_t unused[5];
};

struct gnb_domain_crash {
	uint32_t vector; /* of the exception; 256: the message says it */
	uint32_t unused;
	uint64_t error;
	uint64_t rip;
	uint64_t rsp;
	uint64_t cr2;
	char message[88];
};

struct gnb_domain_control {
	/* Written by the domain before it is ready. */
	uint64_t magic;
	uint32_t abi;
	uint32_t type;
	uint32_t status;
	uint32_t port;	      /* event channel, unbound until the client binds to it */
	uint32_t peer;	      /* the domain that may: peer=N on the command line, 0 without */
	uint32_t pages;	      /* RAM */
	uint32_t request_pfn; /* GNB_DOMAIN_REQUESTS of them */
	uint32_t request_pages;
	uint32_t arg_pfn;
	uint32_t arg_pages;
	uint32_t
		pool_pfn; /* RAM that the domain itself does not use: to grant, to copy to, for arguments */
	uint32_t pool_pages;
	uint32_t slot_pfn;
	uint32_t slots;
	uint32_t table_pfn; /* PVH, else 0 */
	uint32_t p2m_pages; /* PV, else 0: entries of p2m_mfn */

	/* The client writes count, then submitted (by one more), and notifies; the domain answers in completed. */
	uint32_t count;
	uint32_t submitted;
	uint32_t completed;
	uint32_t unused;

	/*
	 * Where the domain sees its shared info page, also written before it is ready. All events are masked. Port
	 * GNB_DOMAIN_FREE_PORT, bound to the domain itself, is the client's, for whatever is to be told of by an event.
	 */
	uint64_t shared_address;

	struct gnb_domain_crash crash;

	uint64_t
		slot_l1_mfn[GNB_DOMAIN_SLOTS / 512]; /* PV: page tables of the slots, 512 in each */
	uint64_t p2m_mfn[GNB_DOMAIN_MAX_PAGES /
			 512]; /* PV: frames of the list from page number to machine frame */
};

_Static_assert(sizeof(struct gnb_domain_request) == 128, "a request is two lines");
_Static_assert(sizeof(struct gnb_domain_control) <= 4096, "control is a page");

#endif
