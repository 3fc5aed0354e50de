/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Draft: an address space by tables that the guest writes itself, below the p2m. The unit walks both, with no lock of the
 * hypervisor's: each word of the guest's is read once, has no bit that there is not, and names RAM of the guest's or nothing. What
 * the guest's tables said is kept until it asks for an invalidation; what the p2m says is looked at each time.
 */
#include "guest_pt.h"
#include "p2m_type.h"
#include "page.h"
#include "viommu.h"
#include "words.h"

#define FRAME	 0x0000fffffffff000ull
#define RESERVED 0x000f000000000000ull

/* The p2m's entry for a GFN if it is RAM, or 0. */
static uint64_t second(struct hv_viommu *v, uint64_t gfn)
{
	unsigned order = 0;
	uint64_t e = hv_pt_hw_get(v->d->host, &v->d->p2m.pt, gfn, &order);

	hv_account_add(&v->stats.nested_loads, HV_PT_LEVELS - order / 9);
	return e && (hv_p2m_is_ram(hv_pte_type(e)) || hv_mutant(VIRTIO_TABLE_ANYWHERE)) ? e : 0;
}

static bool reserved(uint64_t e, unsigned level)
{
	uint64_t bits = RESERVED;

	if (level == HV_PT_LEVELS)
		bits |= HV_GPT_LARGE;
	else if (level > 1 && (e & HV_GPT_LARGE)) /* bit 12 is a large page's PAT */
		bits |= ((1ull << (9 * (level - 1))) - 2) << HV_PAGE_SHIFT;
	return (e & bits) && !hv_mutant(VIRTIO_TABLE_BITS);
}

/* The guest's tables. False: there is nothing. */
static bool first(struct hv_viommu *v, const struct hv_vdomain *x, uint64_t dfn,
		  struct hv_vcached *out)
{
	uint64_t gfn = x->root >> HV_PAGE_SHIFT, rights = HV_GPT_WRITE, e, in;

	if (dfn >> (9 * HV_PT_LEVELS))
		return false;
	for (unsigned level = HV_PT_LEVELS;; level--) {
		const uint64_t *p;

		e = second(v, gfn);
		if (!e)
			return false;
		p = (const uint64_t *)hv_virt(v->d->host, hv_pte_mfn(e)) +
		    (dfn >> (9 * (level - 1)) & 511);
		hv_account_add(&v->stats.nested_loads, 1);
		e = hv_guest_value(p, hv_load(p));
		if (!(e & HV_GPT_PRESENT) || reserved(e, level))
			return false;
		rights &= e;
		gfn = (e & FRAME) >> HV_PAGE_SHIFT;
		if (level > 1 && !(e & HV_GPT_LARGE))
			continue;
		in = (1ull << (9 * (level - 1))) - 1;
		*out = (struct hv_vcached){ true, rights != 0, dfn, (gfn & ~in) | (dfn & in) };
		return true;
	}
}

/* For the unit, with what serialises its accesses. */
static uint64_t walk(struct hv_context *c, uint64_t dfn, unsigned *order)
{
	struct hv_vdomain *x =
		(void *)((uint8_t *)c - __builtin_offsetof(struct hv_vdomain, context));
	struct hv_viommu *v = c->d->viommu;
	struct hv_vcached *k = &x->cached[dfn % HV_VIRTIO_CACHED];
	uint64_t e;

	*order = 0;
	if (!k->valid || k->dfn != dfn) {
		v->stats.nested_walks++;
		if (!first(v, x, dfn, k)) {
			k->valid = false;
			return 0;
		}
	}
	e = second(v, k->gfn);
	return e ? hv_pte(hv_pte_mfn(e), HV_P2M_RAM_RW, k->write && (e & HV_PTE_WRITE)) : 0;
}

unsigned hv_vtable_good(const struct virtio_iommu_attach_table *r)
{
	if (r->format != VIRTIO_IOMMU_TABLE_INTEL)
		return VIRTIO_IOMMU_S_UNSUPP;
	if ((r->levels != HV_PT_LEVELS && !hv_mutant(VIRTIO_TABLE_HEIGHT)) || (r->root & ~FRAME))
		return VIRTIO_IOMMU_S_INVAL;
	return VIRTIO_IOMMU_S_OK;
}

/* What is kept of pages first to last goes. */
static void forget(struct hv_viommu *v, struct hv_vdomain *x, uint64_t first, uint64_t last)
{
	hv_mutex_lock(&v->d->host->iommu.tlb_lock);
	for (unsigned i = 0; i < HV_VIRTIO_CACHED; i++)
		if (x->cached[i].dfn >= first && x->cached[i].dfn <= last)
			x->cached[i].valid = false;
	hv_mutex_unlock(&v->d->host->iommu.tlb_lock);
}

unsigned hv_vtable_invalidate(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x,
			      const struct virtio_iommu_invalidate *r)
{
	uint64_t first = 0, n = HV_PT_MAX_INDEX;

	if (!x->table || !(r->caches & VIRTIO_IOMMU_CACHE_TLB) ||
	    (r->caches & ~VIRTIO_IOMMU_CACHE_TLB) || (r->flags & ~VIRTIO_IOMMU_INV_LEAF))
		return VIRTIO_IOMMU_S_INVAL;
	if (r->scope == VIRTIO_IOMMU_SCOPE_ADDRESS) {
		unsigned order = r->page_size - HV_PAGE_SHIFT;

		if (r->page_size != 12 && r->page_size != 21 && r->page_size != 30)
			return VIRTIO_IOMMU_S_INVAL;
		first = r->address >> HV_PAGE_SHIFT >> order << order;
		n = r->nr_pages << order;
		if (!r->nr_pages || r->nr_pages > HV_PT_MAX_INDEX >> order ||
		    first > HV_PT_MAX_INDEX - n)
			return VIRTIO_IOMMU_S_RANGE;
	} else if (r->scope != VIRTIO_IOMMU_SCOPE_DOMAIN) {
		return VIRTIO_IOMMU_S_INVAL;
	}
	if (hv_mutant(VIRTIO_INVALIDATE_NARROW))
		n = 1;
	hv_context_invalidate(cur, &x->context, first, n, HV_SCOPE_RANGE);
	forget(v, x, first, first + n - 1);
	return VIRTIO_IOMMU_S_OK;
}

void hv_vtable_init(struct hv_vdomain *x, uint64_t root)
{
	x->table = true;
	x->root = root;
	x->context.walk = walk;
}
