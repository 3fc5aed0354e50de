/* SPDX-License-Identifier: GPL-2.0-only */
/* A translated domain (f.g of the fixture) whose pages are moved, and a privileged one (f.m) that has them moved. */
#ifndef HV_PHYSMAP_TEST_H
#define HV_PHYSMAP_TEST_H

#include "fixture.h"
#include "p2m.h"
#include "page.h"
#include "pt.h"
#include "shadow_op.h"

#define PM_PAGES 1024u	      /* of the domain: two large entries, and pieces behind them */
#define PM_FREE	 (1ull << 20) /* a GFN where nothing is */

__attribute__((unused)) static struct fx_opts pm_opts(enum hv_iommu_mode iommu)
{
	struct fx_opts o = {
		.host = { .audit = true, .poison = true, .bar_pages = 1024 },
		.granter = { .guest = HV_GUEST_TRANSLATED, .pages = PM_PAGES, .iommu = iommu },
		.mapper = { .guest = HV_GUEST_TRANSLATED, .privileged = true },
	};

	return o;
}

/* By the toolstack on the domain, or (own) by the domain on itself. */
__attribute__((unused)) static long pm_call(struct fx *f, bool own, unsigned cmd, const void *op,
					    size_t size)
{
	uint8_t *args = own ? f->gargs : f->margs;

	memcpy(args, op, size);
	return hv_memory_op(own ? f->gv : f->mv, cmd, args);
}

__attribute__((unused)) static long pm_add(struct fx *f, bool own, unsigned space, uint64_t idx,
					   uint64_t gpfn, unsigned size)
{
	struct xen_add_to_physmap a = { .domid = own ? DOMID_SELF : hv_domain_id(f->g),
					.space = space,
					.size = (uint16_t)size,
					.idx = idx,
					.gpfn = gpfn };

	return pm_call(f, own, XENMEM_add_to_physmap, &a, sizeof(a));
}

__attribute__((unused)) static long pm_move(struct fx *f, uint64_t from, uint64_t to)
{
	return pm_add(f, false, XENMAPSPACE_gmfn, from, to, 0);
}

/* n entries from idx and gpfn on, into the domain itself; space gmfn_foreign: the toolstack's own p2m, of the domain's. */
__attribute__((unused)) static long pm_batch(struct fx *f, unsigned space, uint64_t idx,
					     uint64_t gpfn, unsigned n)
{
	bool foreign = space == XENMAPSPACE_gmfn_foreign;
	struct xen_add_to_physmap_batch b = { .domid = foreign ? DOMID_SELF : hv_domain_id(f->g),
					      .space = (uint16_t)space,
					      .size = (uint16_t)n };
	uint64_t *idxs = (uint64_t *)(f->margs + 8192), *gpfns = (uint64_t *)(f->margs + 16384);
	int *errs = (int *)(f->margs + 24576);

	b.u.foreign_domid = foreign ? hv_domain_id(f->g) : 0;
	for (unsigned i = 0; i < n; i++) {
		idxs[i] = idx + i;
		gpfns[i] = gpfn + i;
		errs[i] = 1;
	}
	set_xen_guest_handle(b.idxs, idxs);
	set_xen_guest_handle(b.gpfns, gpfns);
	set_xen_guest_handle(b.errs, errs);
	return pm_call(f, false, XENMEM_add_to_physmap_batch, &b, sizeof(b));
}

__attribute__((unused)) static int pm_err(struct fx *f, unsigned i)
{
	return ((int *)(f->margs + 24576))[i];
}

__attribute__((unused)) static long pm_remove(struct fx *f, domid_t id, uint64_t gpfn)
{
	struct xen_remove_from_physmap r = { .domid = id, .gpfn = gpfn };

	return pm_call(f, false, XENMEM_remove_from_physmap, &r, sizeof(r));
}

/* n extents of an order from a frame on, by the domain. */
__attribute__((unused)) static long pm_extents(struct fx *f, unsigned cmd, uint64_t frame,
					       unsigned n, unsigned order)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF,
					    .nr_extents = n,
					    .extent_order = order };
	uint64_t *list = (uint64_t *)(f->gargs + 8192);

	for (unsigned i = 0; i < n; i++)
		list[i] = frame + ((uint64_t)i << order);
	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)list);
	return pm_call(f, true, cmd, &r, sizeof(r));
}

/* XEN_DOMCTL_memory_mapping into the domain. */
__attribute__((unused)) static long pm_map(struct fx *f, uint64_t gfn, uint64_t mfn, uint64_t n,
					   bool add)
{
	struct domctl *c = (struct domctl *)f->margs;

	*c = (struct domctl){ .cmd = DOMCTL_MEMORY_MAPPING,
			      .interface_version = DOMCTL_INTERFACE,
			      .domain = hv_domain_id(f->g) };
	c->u.memory_mapping =
		(struct memory_mapping){ .first_gfn = gfn, .first_mfn = mfn, .nr_mfns = n };
	c->u.memory_mapping.add_mapping = add;
	return hv_domctl(f->mv, c);
}

__attribute__((unused)) static long pm_permit(struct fx *f, uint64_t mfn, uint64_t n, bool allow)
{
	struct domctl *c = (struct domctl *)f->margs;

	*c = (struct domctl){ .cmd = DOMCTL_IOMEM_PERMISSION,
			      .interface_version = DOMCTL_INTERFACE,
			      .domain = hv_domain_id(f->g) };
	c->u.iomem_permission =
		(struct iomem_permission){ .first_mfn = mfn, .nr_mfns = n, .allow_access = allow };
	return hv_domctl(f->mv, c);
}

/* A word of a domain's memory by its vCPU. */
__attribute__((unused)) static int pm_read(struct hv_vcpu *v, uint64_t gfn, uint64_t *word)
{
	return hv_guest_access(v, gfn << HV_PAGE_SHIFT, 8, word, sizeof(*word), false);
}

__attribute__((unused)) static int pm_write(struct hv_vcpu *v, uint64_t gfn, uint64_t word)
{
	return hv_guest_access(v, gfn << HV_PAGE_SHIFT, 8, &word, sizeof(word), true);
}

/* The order of the entry for a GFN, or -1: there is none. */
__attribute__((unused)) static int pm_order(const struct hv_domain *d, uint64_t gfn)
{
	unsigned order;

	return hv_pt_hw_get(d->host, &d->p2m.pt, gfn, &order) ? (int)order : -1;
}

__attribute__((unused)) static void pm_close(struct fx *f, const char *what)
{
	ok(!fx_check(f, true) && !hv_host_violation(f->host), "%s: invariants", what);
	fx_close(f);
}

#endif
