/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's IOMMU tables, and the direct work on them. */
#include "device.h"
#include "iommu.h"
#include "tlb.h"
#include "unit.h"
#include "violation.h"

int hv_iommu_init(struct hv_vcpu *cur, struct hv_domain *d, enum hv_iommu_mode mode)
{
	d->iommu.mode = mode;
	hv_spin_init(&d->iommu.mapping_lock);
	hv_spin_init(&d->later.lock);
	hv_devices_init(d);
	d->iommu.pt.replaces = true;
	return hv_iommu_sync(d) ? hv_pt_init(cur, &d->iommu.pt, d) : 0;
}

void hv_iommu_destroy(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (d->contexts)
		hv_violate(cur->host, "d%u ended with a context of its devices", d->id);
	hv_unit_forget(cur->host, d);
	hv_pt_free(cur, &d->iommu.pt);
}

void hv_iommu_flush_owed(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (hv_flush_due(cur, HV_LATE_IOTLB))
		hv_unit_invalidate(cur, d, 0, 0, HV_SCOPE_DOMAIN);
}

#define HV_IOMMU_LATER_MAX 65536u

/* ---- tables ---- */

static int set(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, unsigned order, uint64_t e,
	       uint64_t *old)
{
	int rc;

	hv_spin_lock(cur, &d->iommu.mapping_lock, HV_LVL_IOMMU);
	rc = hv_pt_set(cur, &d->iommu.pt, dfn, order, e, old);
	if (hv_unlikely(!rc && hv_pt_replaced(order, *old))) {
		/* The unit may be on its way through the tables: no invalidation waits here. */
		hv_unit_invalidate(cur, d, dfn, order, HV_SCOPE_RANGE);
		hv_pt_free_below(cur, &d->iommu.pt, order, *old);
		*old = 0;
	}
	hv_spin_unlock(cur, &d->iommu.mapping_lock, HV_LVL_IOMMU);
	return rc;
}

static int set_and_flush(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, unsigned order,
			 uint64_t e)
{
	uint64_t old;
	int rc = set(cur, d, dfn, order, e, &old);

	if (!rc && (old & HV_PTE_PRESENT) && !hv_mutant(DROP_IOTLB) &&
	    !hv_flush_waits(cur, HV_LATE_IOTLB))
		hv_unit_invalidate(cur, d, dfn, order, HV_SCOPE_RANGE);
	return rc;
}

int hv_iommu_map_page(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, uint64_t mfn,
		      bool write)
{
	return set_and_flush(cur, d, dfn, 0, hv_pte(mfn, HV_P2M_RAM_RW, write));
}

int hv_iommu_unmap_page(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn)
{
	return set_and_flush(cur, d, dfn, 0, 0);
}

int hv_iommu_p2m_changed(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order,
			 uint64_t old, uint64_t new)
{
	if (d->iommu.mode == HV_IOMMU_SHARED && (old & HV_PTE_PRESENT) && !hv_mutant(DROP_IOTLB) &&
	    !hv_flush_waits(cur, HV_LATE_IOTLB))
		hv_unit_invalidate(cur, d, gfn, order, HV_SCOPE_RANGE);
	if (hv_iommu_sync(d))
		return set_and_flush(cur, d, gfn, order, new);
	return 0;
}

int hv_iommu_p2m_follows(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order,
			 uint64_t new)
{
	uint64_t old;

	return hv_iommu_sync(d) ? set(cur, d, gfn, order, new, &old) : 0;
}

int hv_iommu_p2m_part_follows(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, uint64_t new)
{
	uint64_t old;
	int rc;

	if (!hv_iommu_sync(d))
		return 0;
	hv_spin_lock(cur, &d->iommu.mapping_lock, HV_LVL_IOMMU);
	rc = hv_pt_set_kept(cur, &d->iommu.pt, gfn, 0, new, &old);
	hv_spin_unlock(cur, &d->iommu.mapping_lock, HV_LVL_IOMMU);
	return rc;
}

int hv_iommu_keep(struct hv_vcpu *cur, struct hv_domain *d)
{
	return hv_iommu_sync(d) ? hv_pt_keep(cur, &d->iommu.pt) : 0;
}

void hv_iommu_unkeep(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (hv_iommu_sync(d))
		hv_pt_unkeep(cur, &d->iommu.pt);
}

void hv_iommu_flush_all(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (d->iommu.mode != HV_IOMMU_NONE && !hv_mutant(V3_NO_IOTLB))
		hv_unit_invalidate(cur, d, 0, 0, HV_SCOPE_DOMAIN);
}

/* ---- direct work ---- */

static struct hv_pt *tables(struct hv_domain *d)
{
	return hv_iommu_sync(d) ? &d->iommu.pt : NULL;
}

int hv_iommu_map(struct hv_vcpu *v, uint64_t dfn, unsigned first, uint64_t n, unsigned order)
{
	struct hv_domain *d = v->d;
	uint64_t mfn = d->first_mfn + first, old;

	if (!tables(d))
		return -EOPNOTSUPP;
	/* No sum of what is asked for before it is known to be small: it could wrap. */
	if (n > d->nr_pages || first > d->nr_pages - n || dfn > HV_PT_MAX_INDEX - n ||
	    (order != 0 && order != 9 && order != 18))
		return -EINVAL;
	while (n) {
		unsigned o = order;
		int rc;

		while (o && (((dfn | mfn) & ((1ull << o) - 1)) || n < 1ull << o))
			o -= 9;
		rc = set(v, d, dfn, o, hv_pte(mfn, HV_P2M_RAM_RW, true), &old);
		if (rc == -EEXIST && o) {
			o = 0;
			rc = set(v, d, dfn, 0, hv_pte(mfn, HV_P2M_RAM_RW, true), &old);
		}
		if (rc)
			return rc;
		dfn += 1ull << o;
		mfn += 1ull << o;
		n -= 1ull << o;
	}
	return 0;
}

/* Inline: what each caller of it costs is published. */
static hv_always_inline int unmap(struct hv_vcpu *v, uint64_t dfn, uint64_t n)
{
	struct hv_domain *d = v->d;
	uint64_t old;

	if (!tables(d))
		return -EOPNOTSUPP;
	if (n > HV_PT_MAX_INDEX || dfn > HV_PT_MAX_INDEX - n)
		return -EINVAL;
	while (n) {
		unsigned o = 0;
		int rc;

		/* A superpage wholly inside goes as one entry (iommu_unmap() by order). */
		hv_pt_hw_get(v->host, tables(d), dfn, &o);
		while (o && ((dfn & ((1ull << o) - 1)) || n < 1ull << o))
			o -= 9;
		rc = set(v, d, dfn, o, 0, &old);
		if (rc)
			return rc;
		dfn += 1ull << o;
		n -= 1ull << o;
	}
	return 0;
}

int hv_iommu_unmap(struct hv_vcpu *v, uint64_t dfn, uint64_t n)
{
	return unmap(v, dfn, n);
}

/* One descriptor covers a power of two, aligned (iommu_flush_iotlb_psi()). */
static hv_always_inline void flush_range(struct hv_vcpu *v, struct hv_domain *d, uint64_t dfn,
					 uint64_t n)
{
	unsigned o = 0;

	while (n > 1ull << o)
		o++;
	while ((dfn >> o) != (dfn + n - 1) >> o)
		o++;
	hv_unit_invalidate(v, d, dfn >> o << o, o, HV_SCOPE_RANGE);
}

void hv_iommu_flush_range(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, uint64_t n)
{
	if (n && d->iommu.mode != HV_IOMMU_NONE)
		flush_range(cur, d, dfn, n);
}

int hv_iommu_flush(struct hv_vcpu *v, uint64_t dfn, uint64_t n, enum hv_flush_scope scope)
{
	struct hv_domain *d = v->d;

	if (d->iommu.mode == HV_IOMMU_NONE)
		return -EOPNOTSUPP;
	if (!n || n > HV_PT_MAX_INDEX || dfn > HV_PT_MAX_INDEX - n)
		return -EINVAL;
	if (scope == HV_SCOPE_PAGE) {
		for (uint64_t i = 0; i < n; i++)
			hv_unit_invalidate(v, d, dfn + i, 0, HV_SCOPE_RANGE);
	} else if (scope == HV_SCOPE_RANGE) {
		flush_range(v, d, dfn, n);
	} else {
		hv_unit_invalidate(v, d, 0, 0, HV_SCOPE_DOMAIN);
	}
	return 0;
}

/* ---- invalidations put off ---- */

/* Under the lock: nobody's range is thought paid for by an invalidation that came before it. */
static void pay(struct hv_vcpu *v, struct hv_domain *d)
{
	struct hv_iommu_later *l = &d->later;

	hv_unit_invalidate(v, d, 0, 0, HV_SCOPE_DOMAIN);
	if (l->unmaps - l->first > l->stale.unmaps)
		l->stale.unmaps = l->unmaps - l->first;
	l->ranges = l->pages = 0;
}

int hv_iommu_unmap_later(struct hv_vcpu *v, uint64_t dfn, uint64_t n, unsigned length)
{
	struct hv_iommu_later *l = &v->d->later;
	int rc = length - 1 < HV_IOMMU_LATER_MAX ? unmap(v, dfn, n) : -EINVAL;

	if (rc || !n)
		return rc;
	hv_spin_lock(v, &l->lock, HV_LVL_IOMMU);
	if (!l->ranges++)
		l->first = l->unmaps;
	l->unmaps++;
	l->pages += n;
	if (l->pages << HV_PAGE_SHIFT > l->stale.bytes)
		l->stale.bytes = l->pages << HV_PAGE_SHIFT;
	if (l->ranges >= length && !hv_mutant(NEVER_PAYS))
		pay(v, v->d);
	hv_spin_unlock(v, &l->lock, HV_LVL_IOMMU);
	return 0;
}

int hv_iommu_settle(struct hv_vcpu *v)
{
	struct hv_iommu_later *l = &v->d->later;

	if (!tables(v->d))
		return -EOPNOTSUPP;
	hv_spin_lock(v, &l->lock, HV_LVL_IOMMU);
	if (l->ranges)
		pay(v, v->d);
	hv_spin_unlock(v, &l->lock, HV_LVL_IOMMU);
	return 0;
}

void hv_iommu_stale(const struct hv_domain *d, struct hv_iommu_stale *stale)
{
	*stale = d->later.stale;
}
