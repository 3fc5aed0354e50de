/* SPDX-License-Identifier: GPL-2.0-only */
/* A guest (f.g of the fixture), and a hardware domain (f.m) with the bus address space of 2016's draft. */
#ifndef HV_BFNS_H
#define HV_BFNS_H

#include <hv/device.h>
#include <hv/pv_iommu.h>

#include "bfn.h"
#include "fixture.h"
#include "page.h"

#define BF_AT 0x5000ull /* bus frames from here on are free at first */
#define BF_RW (BFN_READABLE | BFN_WRITEABLE)

__attribute__((unused)) static struct fx_opts bf_opts(enum hv_dom0_iommu mode)
{
	struct fx_opts o = {
		.host = { .audit = true, .poison = true, .ram_pages = 8192 },
		.granter = { .guest = HV_GUEST_TRANSLATED },
		.mapper = { .guest = HV_GUEST_PV,
			    .iommu = HV_IOMMU_STRICT,
			    .vcpus = 4,
			    .privileged = true,
			    .dom0_iommu = mode },
	};

	return o;
}

/* Operation i of an array of vCPU v's. */
__attribute__((unused)) static struct bfn_op *bf_ops(struct fx *f, unsigned v)
{
	return (struct bfn_op *)(f->margs + (32 + 4 * v) * 4096);
}

/* One operation: its status, or 1000 times what the call returned. */
__attribute__((unused)) static int bf_one(struct fx *f, unsigned v, struct bfn_op op)
{
	struct bfn_op *at = bf_ops(f, v);
	long rc;

	*at = op;
	at->status = 77;
	rc = hv_bfn_op(hv_domain_vcpu(f->m, v), at, 1);
	return rc ? (int)rc * 1000 : at->status;
}

__attribute__((unused)) static struct bfn_op bf_foreign(struct fx *f, unsigned page, uint64_t bfn,
							unsigned server, unsigned flags)
{
	struct bfn_op op = { .subop_id = BFN_MAP_FOREIGN, .flags = (uint16_t)flags };

	op.u.map_foreign.bfn = bfn;
	op.u.map_foreign.gfn = hv_guest_frame(f->g, page);
	op.u.map_foreign.domid = hv_domain_id(f->g);
	op.u.map_foreign.ioserver = (uint16_t)server;
	return op;
}

__attribute__((unused)) static int bf_map(struct fx *f, unsigned page, uint64_t bfn,
					  unsigned server, unsigned flags)
{
	return bf_one(f, 0, bf_foreign(f, page, bfn, server, flags));
}

__attribute__((unused)) static struct bfn_op bf_unmapping(uint64_t bfn, unsigned server)
{
	struct bfn_op op = { .subop_id = BFN_UNMAP_FOREIGN };

	op.u.unmap_foreign.bfn = bfn;
	op.u.unmap_foreign.ioserver = (uint16_t)server;
	return op;
}

__attribute__((unused)) static int bf_unmap(struct fx *f, uint64_t bfn, unsigned server)
{
	return bf_one(f, 0, bf_unmapping(bfn, server));
}

/* The bus frame of a page of the guest's, or -errno. */
__attribute__((unused)) static int64_t bf_look(struct fx *f, unsigned page, unsigned server)
{
	struct bfn_op op = bf_foreign(f, page, 0, server, BF_RW);
	int rc;

	op.subop_id = BFN_LOOKUP_FOREIGN;
	rc = bf_one(f, 0, op);
	return rc ? rc : (int64_t)bf_ops(f, 0)->u.lookup_foreign.bfn;
}

/* A page of the hardware domain's own, or any by its number. */
__attribute__((unused)) static int bf_own(struct fx *f, uint64_t gfn, uint64_t bfn, unsigned flags)
{
	struct bfn_op op = { .subop_id = BFN_MAP_PAGE, .flags = (uint16_t)flags };

	op.u.map_page.bfn = bfn;
	op.u.map_page.gfn = gfn;
	return bf_one(f, 0, op);
}

__attribute__((unused)) static int bf_disown(struct fx *f, uint64_t bfn, unsigned flags)
{
	struct bfn_op op = { .subop_id = BFN_UNMAP_PAGE, .flags = (uint16_t)flags };

	op.u.unmap_page.bfn = bfn;
	return bf_one(f, 0, op);
}

/* A device of the hardware domain's reads or writes the second word there. */
__attribute__((unused)) static int bf_dma(struct fx *f, uint64_t bfn, uint64_t *word, bool write)
{
	return hv_device_access_by(f->m, 2, bfn, 8, word, sizeof(*word), write);
}

__attribute__((unused)) static uint64_t *bf_word(struct fx *f, unsigned page)
{
	return (uint64_t *)((uint8_t *)hv_guest_frame_ptr(f->g, hv_guest_frame(f->g, page)) + 8);
}

/* The guest gives up a page, or has another one there: 1, or 0. */
__attribute__((unused)) static long bf_change(struct fx *f, unsigned page, unsigned cmd)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f->gargs + 8192));
	*(uint64_t *)(f->gargs + 8192) = page;
	memcpy(f->gargs, &r, sizeof(r));
	return hv_memory_op(f->gv, cmd, f->gargs);
}

__attribute__((unused)) static long bf_give_up(struct fx *f, unsigned page)
{
	return bf_change(f, page, XENMEM_decrease_reservation);
}

/* What the emulator is told next, or HV_INVALID. */
__attribute__((unused)) static uint64_t bf_told(struct fx *f, unsigned server)
{
	uint64_t bfn;

	return hv_ioserver_take(f->mv, server, &bfn) ? bfn : HV_INVALID;
}

__attribute__((unused)) static void bf_close(struct fx *f, const char *what)
{
	ok(!fx_check(f, true) && !hv_host_violation(f->host), "%s: invariants", what);
	fx_close(f);
}

#endif
