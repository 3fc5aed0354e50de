// SPDX-License-Identifier: GPL-2.0-only
/*
 * dom0 as a toolstack: its memory for arguments, and log-dirty. Structures are those of shadow_op.h: Xen 4.17's, with
 * whose interface version each domctl goes to Xen, which refuses another.
 */
#include "tools.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <xen/xen.h>

#include "privcmd.h"
#include "tools_inside.h"

#define DOMCTL_GETDOMAININFO 5
/* Of Xen 4.4 and later, and some that are to come. */
#define VERSION_FIRST 0x0a
#define VERSION_LAST  0x2f

static void release(struct gnb_xen_tools *t)
{
	for (unsigned i = 0; i < t->allocs; i++)
		gnb_privcmd_unmap(t->alloc[i].p, t->alloc[i].pages);
	if (t->buffers >= 0)
		close(t->buffers);
	if (t->privcmd >= 0)
		close(t->privcmd);
}

/* *what is what failed. */
static int acquire(struct gnb_xen_tools *t, const char **what)
{
	t->buffers = -1;
	*what = "/dev/xen/privcmd cannot be opened (root in dom0, module xen-privcmd)";
	t->privcmd = gnb_privcmd_open();
	if (t->privcmd < 0)
		return t->privcmd;
	*what = "/dev/xen/hypercall cannot be opened (Linux 4.18 or newer, module xen-privcmd)";
	t->buffers = gnb_privcmd_buffers();
	if (t->buffers < 0)
		return t->buffers;
	*what = "no memory that Xen can read";
	t->op = gnb_xen_tools_alloc(t, sizeof(*t->op));
	return t->op ? 0 : -ENOMEM;
}

void *gnb_xen_tools_alloc(struct gnb_xen_tools *t, size_t bytes)
{
	unsigned pages = (unsigned)((bytes + GNB_PAGE_SIZE - 1) / GNB_PAGE_SIZE);
	void *p;

	if (!pages || t->allocs == GNB_XEN_TOOLS_ALLOCS ||
	    gnb_privcmd_buffer(t->buffers, pages, &p))
		return NULL;
	t->alloc[t->allocs].p = p;
	t->alloc[t->allocs++].pages = pages;
	return p;
}

int gnb_xen_domctl_version(unsigned *version)
{
	struct gnb_xen_tools t = { .privcmd = -1 };
	uint64_t arg[5] = { 0 }, ticks;
	const char *ignored;
	long rc = acquire(&t, &ignored);

	*version = 0;
	arg[0] = (uintptr_t)t.op;
	/* The newest that is known first: most often it is the first. */
	for (unsigned i = 0; !rc && !*version && i <= VERSION_LAST - VERSION_FIRST; i++) {
		unsigned v = i ? VERSION_FIRST + i - 1 : DOMCTL_INTERFACE;

		t.op->ctl = (struct domctl){ .cmd = DOMCTL_GETDOMAININFO, .interface_version = v };
		rc = gnb_privcmd_hypercall(t.privcmd, __HYPERVISOR_domctl, arg, &ticks);
		if (!rc)
			*version = v;
		if (rc == -EACCES)
			rc = 0;
	}
	release(&t);
	return (int)rc;
}

int gnb_xen_tools_open(uint16_t domid, struct gnb_xen_tools **out, const char **why)
{
	struct gnb_xen_tools *t = calloc(1, sizeof(*t));
	int rc;

	*why = "not enough memory for a machine";
	if (!t)
		return -ENOMEM;
	t->domid = domid;
	rc = acquire(t, why);
	if (rc)
		gnb_xen_tools_close(t);
	else
		*out = t;
	return rc;
}

void gnb_xen_tools_close(struct gnb_xen_tools *t)
{
	release(t);
	free(t);
}

bool gnb_xen_tools_logging(const struct gnb_xen_tools *t)
{
	return t->logging;
}

long gnb_xen_tools_call(struct gnb_xen_tools *t, struct gnb_vcpu *v, unsigned nr,
			const uint64_t arg[5])
{
	uint64_t ticks;
	long rc = gnb_privcmd_hypercall(t->privcmd, nr, arg, &ticks);

	v->ticks += ticks;
	v->calls++;
	return rc;
}

long gnb_xen_tools_domctl(struct gnb_xen_tools *t, struct gnb_vcpu *v, unsigned cmd)
{
	const uint64_t arg[5] = { (uintptr_t)t->op };

	t->op->ctl.cmd = cmd;
	t->op->ctl.interface_version = DOMCTL_INTERFACE;
	t->op->ctl.domain = t->domid;
	return gnb_xen_tools_call(t, v, __HYPERVISOR_domctl, arg);
}

static long shadow(struct gnb_xen_tools *t, struct gnb_vcpu *v, enum shadow_op_nr nr,
		   struct gnb_log *l)
{
	struct shadow_op *op = &t->op->ctl.u.shadow_op;
	long rc;

	memset(t->op, 0, sizeof(t->op->ctl));
	op->op = nr;
	op->bitmap = (uintptr_t)l->bitmap;
	op->pages = l->bitmap ? l->pages : 0;
	rc = gnb_xen_tools_domctl(t, v, DOMCTL_SHADOW_OP);
	l->dirty = op->dirty_count;
	return rc;
}

/* As somebody who has emulated a device would. */
static long report(struct gnb_xen_tools *t, struct gnb_vcpu *v, const struct gnb_log *l)
{
	const uint64_t arg[5] = { t->domid, 2, (uintptr_t)t->op->dm.buf };

	memset(t->op, 0, sizeof(t->op->dm));
	t->op->dm.op.op = DMOP_MODIFIED_MEMORY;
	t->op->dm.op.u.modified_memory.nr_extents = 1;
	t->op->dm.extent.first_pfn = l->first;
	t->op->dm.extent.nr = (uint32_t)l->pages;
	t->op->dm.buf[0] = (struct dmop_buf){ (uintptr_t)&t->op->dm.op, sizeof(t->op->dm.op) };
	t->op->dm.buf[1] =
		(struct dmop_buf){ (uintptr_t)&t->op->dm.extent, sizeof(t->op->dm.extent) };
	return gnb_xen_tools_call(t, v, __HYPERVISOR_dm_op, arg);
}

long gnb_xen_tools_log(struct gnb_xen_tools *t, struct gnb_vcpu *v, unsigned nr, struct gnb_log *l)
{
	long rc;

	switch ((enum gnb_log_op)nr) {
	case GNB_LOG_ENABLE:
		rc = shadow(t, v, SHADOW_ENABLE_LOGDIRTY, l);
		t->logging |= !rc;
		return rc;
	case GNB_LOG_PEEK:
		return shadow(t, v, SHADOW_PEEK, l);
	case GNB_LOG_CLEAN:
		/* Without an ENABLE it makes pages read-only as well (docs/p2m.md). */
		rc = shadow(t, v, SHADOW_CLEAN, l);
		t->logging |= !rc;
		return rc;
	case GNB_LOG_OFF:
		rc = shadow(t, v, SHADOW_OFF, l);
		t->logging &= rc != 0;
		return rc;
	case GNB_LOG_REPORT:
		return report(t, v, l);
	case GNB_LOG_STATS:
	case GNB_LOG_COLLECT:
	case GNB_LOG_CLEAR:
		break;
	}
	return -EOPNOTSUPP;
}
