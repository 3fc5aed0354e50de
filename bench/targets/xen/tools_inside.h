/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the parts of the toolstack (tools.h). */
#ifndef GNB_XEN_TOOLS_INSIDE_H
#define GNB_XEN_TOOLS_INSIDE_H

#include <shadow_op.h>

#include "side.h"
#include "spans.h"

#define GNB_XEN_TOOLS_ALLOCS 64

struct gnb_xen_tools {
	int privcmd, buffers;
	uint16_t domid;
	bool logging;
	uint64_t device_first, device_pages; /* frames; 0: there is no device */
	struct gnb_xen_spans device;	     /* where the domain has them */
	/* The operation, in a page of its own. */
	union gnb_xen_tools_op {
		struct domctl ctl;
		struct {
			struct dmop_buf buf[2];
			struct dmop op;
			struct dmop_extent extent;
		} dm;
		uint8_t page[GNB_PAGE_SIZE];
	} * op;
	struct {
		void *p;
		unsigned pages;
	} alloc[GNB_XEN_TOOLS_ALLOCS];
	unsigned allocs;
};

/* A hypercall whose time counts. What Xen returned. */
long gnb_xen_tools_call(struct gnb_xen_tools *t, struct gnb_vcpu *v, unsigned nr,
			const uint64_t arg[5]);

/* The domctl that is in t->op, of t's domain: number and version are filled in. */
long gnb_xen_tools_domctl(struct gnb_xen_tools *t, struct gnb_vcpu *v, unsigned cmd);

#endif
