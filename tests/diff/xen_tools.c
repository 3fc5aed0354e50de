// SPDX-License-Identifier: GPL-2.0-only
/* dom0 as the toolstack of both domains. */
#include "xen_tools.h"

#include <unistd.h>
#include <xen/xen.h>
#include <xen/hvm/hvm_op.h>

#include "privcmd.h"

int xen_tools_open(struct xen_tools *t)
{
	void *args = NULL;
	int rc;

	t->privcmd = gnb_privcmd_open();
	if (t->privcmd < 0)
		return t->privcmd;
	t->buffers = gnb_privcmd_buffers();
	rc = t->buffers < 0 ? t->buffers : gnb_privcmd_buffer(t->buffers, DIFF_TOOLS_PAGES, &args);
	t->args = args;
	if (!rc)
		return 0;
	if (t->buffers >= 0)
		close(t->buffers);
	close(t->privcmd);
	return rc;
}

void xen_tools_close(struct xen_tools *t)
{
	if (!t->args)
		return;
	gnb_privcmd_unmap(t->args, DIFF_TOOLS_PAGES);
	close(t->buffers);
	close(t->privcmd);
	t->args = NULL;
}

static long hypercall(const struct xen_tools *t, unsigned nr, uint64_t first, uint64_t second)
{
	const uint64_t arg[5] = { first, second };
	uint64_t ticks;

	return gnb_privcmd_hypercall(t->privcmd, nr, arg, &ticks);
}

long xen_tools_call(const struct xen_tools *t, enum diff_call which, unsigned cmd)
{
	return which == DIFF_DOMCTL ? hypercall(t, __HYPERVISOR_domctl, (uintptr_t)t->args, 0)
				    : hypercall(t, __HYPERVISOR_memory_op, cmd, (uintptr_t)t->args);
}

bool xen_tools_nothing(const struct xen_tools *t, uint16_t domid, uint64_t gfn)
{
	struct xen_hvm_get_mem_type *m = (void *)t->args;

	*m = (struct xen_hvm_get_mem_type){ .domid = domid, .pfn = gfn };
	return hypercall(t, __HYPERVISOR_hvm_op, HVMOP_get_mem_type, (uintptr_t)m) ||
	       m->mem_type == HVMMEM_mmio_dm;
}
