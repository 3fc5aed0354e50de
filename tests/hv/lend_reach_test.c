// SPDX-License-Identifier: GPL-2.0-only
/*
 * What is lent is reached by the borrower's accesses and by nothing else: no argument lies in it, no grant, copy, foreign
 * mapping, move or device has it.
 */
#include "loans.h"

#define WORD_GFN (LN_AT + 3)

static void granted(struct fx *f)
{
	struct gnttab_copy *op = (struct gnttab_copy *)(f->gargs + 4096);
	struct gnttab_map_grant_ref *map = (struct gnttab_map_grant_ref *)(f->margs + 8192);

	fx_entry(f, 8, GTF_permit_access, hv_domain_id(f->m), WORD_GFN);
	*map = (struct gnttab_map_grant_ref){ .host_addr = hv_guest_map_addr(f->m, 0),
					      .flags = GNTMAP_host_map,
					      .ref = 8,
					      .dom = hv_domain_id(f->g) };
	ok(!hv_grant_table_op(f->mv, GNTTABOP_map_grant_ref, map, 1) && map->status < 0,
	   "it cannot be granted on");
	*op = (struct gnttab_copy){ .source.domid = DOMID_SELF,
				    .dest.domid = DOMID_SELF,
				    .len = 8 };
	op->source.u.gmfn = WORD_GFN;
	op->dest.u.gmfn = 5;
	ok(!hv_grant_table_op(f->gv, GNTTABOP_copy, op, 1) && op->status < 0, "nor copied from");
	op->source.u.gmfn = 5;
	op->dest.u.gmfn = WORD_GFN;
	ok(!hv_grant_table_op(f->gv, GNTTABOP_copy, op, 1) && op->status < 0, "nor copied to");
}

static long memory(struct fx *f, unsigned cmd, const void *op, size_t size)
{
	memcpy(f->gargs, op, size);
	return hv_memory_op(f->gv, cmd, f->gargs);
}

static void given_up(struct fx *f)
{
	struct xen_memory_reservation r = { .domid = DOMID_SELF, .nr_extents = 1 };
	struct xen_add_to_physmap a = { .domid = DOMID_SELF, .space = XENMAPSPACE_gmfn };
	struct xen_remove_from_physmap t = { .domid = DOMID_SELF, .gpfn = WORD_GFN };

	set_xen_guest_handle(r.extent_start, (xen_pfn_t *)(f->gargs + 4096));
	*(uint64_t *)(f->gargs + 4096) = WORD_GFN;
	ok(memory(f, XENMEM_decrease_reservation, &r, sizeof(r)) == 0, "nor given up");
	a.idx = 5;
	a.gpfn = WORD_GFN;
	ok(memory(f, XENMEM_add_to_physmap, &a, sizeof(a)) == -EPERM, "no page is moved over it");
	a.idx = WORD_GFN;
	a.gpfn = LN_AT * 2;
	ok(memory(f, XENMEM_add_to_physmap, &a, sizeof(a)) == -EINVAL, "nor is it moved");
	ok(memory(f, XENMEM_remove_from_physmap, &t, sizeof(t)) == -ENOENT,
	   "nor taken from its place");
	ok(!hv_domain_crashed(f->g), "and the borrower goes on");
}

static void foreign(struct fx *f)
{
	struct xen_add_to_physmap_batch b = { .domid = DOMID_SELF,
					      .space = XENMAPSPACE_gmfn_foreign,
					      .size = 1 };
	uint64_t *list = (uint64_t *)(f->margs + 8192);

	b.u.foreign_domid = hv_domain_id(f->g);
	list[0] = WORD_GFN;
	list[1] = LN_AT * 2;
	set_xen_guest_handle(b.idxs, &list[0]);
	set_xen_guest_handle(b.gpfns, &list[1]);
	set_xen_guest_handle(b.errs, (int *)&list[2]);
	memcpy(f->margs, &b, sizeof(b));
	ok(!hv_memory_op(f->mv, XENMEM_add_to_physmap_batch, f->margs) &&
		   *(int *)&list[2] == -EINVAL,
	   "no toolstack maps it as the borrower's");
}

/* The guest's own page tables say that its arguments are there. */
static void arguments(struct fx *f)
{
	uint64_t cr3 = hv_guest_cr3(f->gv);

	hv_guest_set_cr3(f->gv, WORD_GFN << HV_PAGE_SHIFT);
	ok(hv_memory_op(f->gv, XENMEM_add_to_physmap, f->gargs) == -EFAULT,
	   "neither page tables nor arguments lie in it");
	hv_guest_set_cr3(f->gv, cr3);
}

static void all(bool there)
{
	struct fx_opts o = ln_opts(HV_GUEST_TRANSLATED);
	uint64_t word;
	struct fx f;

	o.granter.iommu = HV_IOMMU_STRICT;
	fx_open(&f, o);
	fx_frame(&f, 0, false);
	ok(!ln_lend(&f, 512, LEND_WRITE | (there ? LEND_NOW : 0)), "memory is lent, %s",
	   there ? "and there" : "and absent");
	granted(&f);
	given_up(&f);
	foreign(&f);
	arguments(&f);
	ok(hv_device_access(f.g, WORD_GFN, 0, &word, 8, false) == -EFAULT &&
		   hv_device_access(f.g, WORD_GFN, 0, &word, 8, true) == -EFAULT,
	   "and no device reaches it");
	ln_close(&f, "reach");
}

int main(void)
{
	all(true);
	all(false);
	return tap_done();
}
