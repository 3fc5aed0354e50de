/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest with PV-IOMMU (f.g of the fixture), and a privileged one (f.m), by its operations (v7). */
#ifndef HV_PV_CONTEXTS_H
#define HV_PV_CONTEXTS_H

#include <hv/device.h>
#include <hv/pv_iommu.h>
#include <hv/virtio.h>

#include "fixture.h"
#include "log_ops.h"
#include "page.h"
#include "pv_iommu.h"
#include "pviommu.h"

#define PI_DFN 0x40000ull /* where contexts have nothing at first */
#define PI_RW  (PV_IOMMU_MAP_READABLE | PV_IOMMU_MAP_WRITEABLE)
#define PI_AT  (32 * 4096) /* in a domain's arguments */

__attribute__((unused)) static struct fx_opts pi_opts(enum hv_guest guest)
{
	struct fx_opts o = {
		.host = { .audit = true, .poison = true, .ram_pages = 8192, .bar_pages = 512 },
		.granter = { .guest = guest,
			     .iommu = HV_IOMMU_STRICT,
			     .pages = 1200,
			     .vcpus = 2,
			     .pv_iommu = true },
		.mapper = { .guest = HV_GUEST_PV,
			    .iommu = HV_IOMMU_STRICT,
			    .vcpus = 2,
			    .privileged = true,
			    .pv_iommu = true },
	};

	return o;
}

/* An operation by a vCPU of f.g or f.m; its structure comes back. */
__attribute__((unused)) static long pi_op(struct hv_vcpu *v, unsigned cmd, void *op, size_t size)
{
	size_t bytes;
	uint8_t *at = (uint8_t *)hv_guest_args(v->d, &bytes) + PI_AT + v->id * 4096;
	long rc;

	memcpy(at, op, size);
	rc = hv_iommu_op(v, cmd, at);
	memcpy(op, at, size);
	return rc;
}

__attribute__((unused)) static long pi_init(struct fx *f, uint32_t contexts, uint32_t order)
{
	struct pv_iommu_init op = { contexts, order };

	return pi_op(f->gv, PV_IOMMU_INIT, &op, sizeof(op));
}

/* A context's number, or -errno. */
__attribute__((unused)) static long pi_alloc(struct fx *f)
{
	struct pv_iommu_alloc op = { 0 };
	long rc = pi_op(f->gv, PV_IOMMU_ALLOC_CONTEXT, &op, sizeof(op));

	return rc ? rc : op.ctx_no;
}

__attribute__((unused)) static long pi_free(struct fx *f, unsigned ctx, uint32_t flags)
{
	struct pv_iommu_free op = { .ctx_no = (uint16_t)ctx, .free_flags = flags };

	return pi_op(f->gv, PV_IOMMU_FREE_CONTEXT, &op, sizeof(op));
}

__attribute__((unused)) static long pi_attach(struct fx *f, unsigned dev, unsigned ctx)
{
	struct pv_iommu_reattach op = { .ctx_no = (uint16_t)ctx,
					.dev = { .devfn = (uint8_t)(dev << 3) } };

	return pi_op(f->gv, PV_IOMMU_REATTACH, &op, sizeof(op));
}

__attribute__((unused)) static struct pv_iommu_map
pi_mapping(struct fx *f, unsigned ctx, unsigned page, uint64_t dfn, uint32_t n, uint32_t flags)
{
	return (struct pv_iommu_map){ .ctx_no = (uint16_t)ctx,
				      .gfn = hv_guest_frame(f->g, page),
				      .dfn = dfn,
				      .map_flags = flags,
				      .pgsize = 4096,
				      .nr_pages = n,
				      .mapped = 0xdead };
}

/* Pages of the guest's from page on. *mapped may be NULL. */
__attribute__((unused)) static long pi_map(struct fx *f, unsigned ctx, unsigned page, uint64_t dfn,
					   uint32_t n, uint32_t flags, uint32_t *mapped)
{
	struct pv_iommu_map op = pi_mapping(f, ctx, page, dfn, n, flags);
	long rc = pi_op(f->gv, PV_IOMMU_MAP_PAGES, &op, sizeof(op));

	if (mapped)
		*mapped = op.mapped;
	return rc;
}

__attribute__((unused)) static long pi_unmap(struct fx *f, unsigned ctx, uint64_t dfn, uint32_t n,
					     uint32_t *unmapped)
{
	struct pv_iommu_unmap op = { .ctx_no = (uint16_t)ctx,
				     .dfn = dfn,
				     .pgsize = 4096,
				     .nr_pages = n,
				     .unmapped = 0xdead };
	long rc = pi_op(f->gv, PV_IOMMU_UNMAP_PAGES, &op, sizeof(op));

	if (unmapped)
		*unmapped = op.unmapped;
	return rc;
}

/* An operation for f.g by f.m. */
__attribute__((unused)) static long pi_remote(struct fx *f, struct hv_vcpu *v, unsigned domid,
					      unsigned subop, void *op, size_t size)
{
	size_t bytes;
	uint8_t *at = (uint8_t *)hv_guest_args(v->d, &bytes) + PI_AT + 3 * 4096;
	struct pv_iommu_remote r = { .domid = (uint16_t)domid,
				     .subop = (uint16_t)subop,
				     .arg = (uintptr_t)at };
	long rc;

	(void)f;
	memcpy(at, op, size);
	rc = pi_op(v, PV_IOMMU_REMOTE, &r, sizeof(r));
	memcpy(op, at, size);
	return rc;
}

/* Device dev of the guest reads the second word of a page. */
__attribute__((unused)) static int pi_read(struct fx *f, unsigned dev, uint64_t dfn, uint64_t *word)
{
	return hv_device_access_by(f->g, dev, dfn, 8, word, sizeof(*word), false);
}

__attribute__((unused)) static int pi_write(struct fx *f, unsigned dev, uint64_t dfn, uint64_t word)
{
	return hv_device_access_by(f->g, dev, dfn, 8, &word, sizeof(word), true);
}

__attribute__((unused)) static uint64_t *pi_word(struct fx *f, unsigned page)
{
	return (uint64_t *)((uint8_t *)hv_guest_frame_ptr(f->g, hv_guest_frame(f->g, page)) + 8);
}

/* The guest gives up a page of its RAM: 1, or 0. */
__attribute__((unused)) static long pi_give_up(struct fx *f, unsigned page)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f->gargs + 8192));
	*(uint64_t *)(f->gargs + 8192) = hv_guest_frame(f->g, page);
	memcpy(f->gargs, &r, sizeof(r));
	return hv_memory_op(f->gv, XENMEM_decrease_reservation, f->gargs);
}

/* A machine with a context of the guest's, and its device 1 in it. The context's number, or -errno. */
__attribute__((unused)) static long pi_open(struct fx *f, struct fx_opts o)
{
	int rc = fx_open(f, o);
	long ctx;

	if (!rc)
		rc = (int)pi_init(f, 16, 8);
	ctx = rc ? rc : pi_alloc(f);
	if (ctx > 0)
		rc = (int)pi_attach(f, 1, (unsigned)ctx);
	return rc ? rc : ctx;
}

__attribute__((unused)) static void pi_close(struct fx *f, const char *what)
{
	ok(!fx_check(f, true) && !hv_host_violation(f->host), "%s: invariants", what);
	fx_close(f);
}

#endif
