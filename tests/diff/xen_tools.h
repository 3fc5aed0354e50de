/* SPDX-License-Identifier: GPL-2.0-only */
/* The toolstack of the backend for a real Xen: dom0's own hypercalls, by /dev/xen/privcmd. */
#ifndef DIFF_XEN_TOOLS_H
#define DIFF_XEN_TOOLS_H

#include "diff.h"

struct xen_tools {
	int privcmd, buffers;
	uint8_t *
		args; /* DIFF_TOOLS_PAGES of memory that Xen can read and write; NULL: there is no toolstack */
};

/* 0 or -errno. */
int xen_tools_open(struct xen_tools *t);
void xen_tools_close(struct xen_tools *t);

/* A hypercall on the operation at the begin of args. */
long xen_tools_call(const struct xen_tools *t, enum diff_call which, unsigned cmd);

/* Has the domain neither RAM nor a grant there? By args. */
bool xen_tools_nothing(const struct xen_tools *t, uint16_t domid, uint64_t gfn);

#endif
