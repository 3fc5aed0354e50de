/* SPDX-License-Identifier: GPL-2.0-only */
#include "iommu.h"
#include "page.h"
#include <string.h>

int hv_iommu_init(struct hv_vcpu *cur, struct hv_domain *d, enum hv_iommu_mode mode)
{
	d->iommu.mode = mode;
	hv_spin_init(&d->iommu.mapping_lock);
	return hv_iommu_sync(d) ? hv_pt_init(cur, &d->iommu.pt, d) : 0;
}

void hv_iommu_destroy(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_iommu_unit *u = &cur->host->iommu;

	hv_mutex_lock(&u->tlb_lock);
	for (unsigned i = 0; i < HV_IOTLB_ENTRIES; i++)
		if (u->tlb[i].domid == d->id)
			u->tlb[i].valid = false;
	hv_mutex_unlock(&u->tlb_lock);
	hv_pt_free(cur, &d->iommu.pt);
}

/* ---- the unit ---- */

static bool overlaps(const struct hv_iotlb_entry *t, const struct hv_qi_desc *q)
{
	if (q->kind == HV_QI_DOMAIN)
		return true;
	return t->dfn < q->dfn + (1ull << q->order) && q->dfn < t->dfn + (1ull << t->order);
}

/* What the hardware does when the tail moves: descriptors in order, a wait's status when it is
 * reached. */
static void serve(struct hv_iommu_unit *u)
{
	hv_mutex_lock(&u->tlb_lock);
	for (; u->head != u->tail; u->head = (u->head + 1) % HV_QI_LENGTH) {
		const struct hv_qi_desc *q = &u->queue[u->head];

		if (q->kind == HV_QI_WAIT) {
			hv_store_release(q->status, q->value);
			continue;
		}
		for (unsigned i = 0; i < HV_IOTLB_ENTRIES; i++)
			if (u->tlb[i].valid && u->tlb[i].domid == q->domid &&
			    overlaps(&u->tlb[i], q))
				u->tlb[i].valid = false;
	}
	hv_mutex_unlock(&u->tlb_lock);
}

static void queue(struct hv_iommu_unit *u, struct hv_qi_desc q)
{
	u->queue[u->tail] = q;
	u->tail = (u->tail + 1) % HV_QI_LENGTH;
}

void hv_iommu_invalidate(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, unsigned order,
			 enum hv_flush_scope scope)
{
	struct hv_iommu_unit *u = &cur->host->iommu;
	uint64_t seq = ++cur->qi_seq;

	hv_spin_lock(cur, &u->register_lock, HV_LVL_QUEUE);
	cur->count.iotlb_invs++;
	queue(u, (struct hv_qi_desc){ .kind = scope == HV_SCOPE_DOMAIN ? HV_QI_DOMAIN : HV_QI_PAGES,
				      .domid = d->id,
				      .order = (uint8_t)order,
				      .dfn = dfn });
	/* Each descriptor has the lock for itself (queue_invalidate_iotlb_sync(),
	 * queue_invalidate_wait()). */
	hv_spin_unlock(cur, &u->register_lock, HV_LVL_QUEUE);
	hv_spin_lock(cur, &u->register_lock, HV_LVL_QUEUE);
	cur->count.iotlb_waits++;
	queue(u,
	      (struct hv_qi_desc){ .kind = HV_QI_WAIT, .status = &cur->qi_status, .value = seq });
	serve(u);
	hv_spin_unlock(cur, &u->register_lock, HV_LVL_QUEUE);
	while (hv_load_acquire(&cur->qi_status) != seq)
		hv_relax();
}

void hv_iommu_flush_owed(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (!cur->iotlb_owed)
		return;
	cur->iotlb_owed = false;
	hv_iommu_invalidate(cur, d, 0, 0, HV_SCOPE_DOMAIN);
}

/* ---- tables ---- */

static void flush_modified(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, unsigned order)
{
	if (hv_mutant(DROP_IOTLB))
		return;
	if (d->iommu.mode == HV_IOMMU_BATCHED && cur->defer_iotlb)
		cur->iotlb_owed = true;
	else
		hv_iommu_invalidate(cur, d, dfn, order, HV_SCOPE_RANGE);
}

static int set(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, unsigned order, uint64_t e,
	       uint64_t *old)
{
	int rc;

	hv_spin_lock(cur, &d->iommu.mapping_lock, HV_LVL_IOMMU);
	rc = hv_pt_set(cur, &d->iommu.pt, dfn, order, e, old);
	hv_spin_unlock(cur, &d->iommu.mapping_lock, HV_LVL_IOMMU);
	return rc;
}

static int set_and_flush(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, unsigned order,
			 uint64_t e)
{
	uint64_t old;
	int rc = set(cur, d, dfn, order, e, &old);

	if (!rc && (old & HV_PTE_PRESENT))
		flush_modified(cur, d, dfn, order);
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
	if (d->iommu.mode == HV_IOMMU_SHARED && (old & HV_PTE_PRESENT))
		flush_modified(cur, d, gfn, order);
	if (hv_iommu_sync(d))
		return set_and_flush(cur, d, gfn, order, new);
	return 0;
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
	if (first + n > d->nr_pages || dfn + n > HV_PT_MAX_INDEX ||
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

int hv_iommu_unmap(struct hv_vcpu *v, uint64_t dfn, uint64_t n)
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

		/* A superpage that lies wholly inside goes as one entry (iommu_unmap() by order).
		 */
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

int hv_iommu_flush(struct hv_vcpu *v, uint64_t dfn, uint64_t n, enum hv_flush_scope scope)
{
	struct hv_domain *d = v->d;

	if (d->iommu.mode == HV_IOMMU_NONE)
		return -EOPNOTSUPP;
	if (!n || n > HV_PT_MAX_INDEX || dfn > HV_PT_MAX_INDEX - n)
		return -EINVAL;
	if (scope == HV_SCOPE_PAGE) {
		for (uint64_t i = 0; i < n; i++)
			hv_iommu_invalidate(v, d, dfn + i, 0, HV_SCOPE_RANGE);
	} else if (scope == HV_SCOPE_RANGE) {
		unsigned o = 0;

		/* One descriptor covers a power of two, aligned (iommu_flush_iotlb_psi()). */
		while (n > 1ull << o)
			o++;
		while ((dfn >> o) != (dfn + n - 1) >> o)
			o++;
		hv_iommu_invalidate(v, d, dfn >> o << o, o, HV_SCOPE_RANGE);
	} else {
		hv_iommu_invalidate(v, d, 0, 0, HV_SCOPE_DOMAIN);
	}
	return 0;
}

int hv_device_access(struct hv_domain *d, uint64_t dfn, unsigned off, void *buf, unsigned len,
		     bool write)
{
	struct hv_iommu_unit *u = &d->host->iommu;
	struct hv_iotlb_entry *t = &u->tlb[dfn % HV_IOTLB_ENTRIES];
	const struct hv_pt *pt = d->iommu.mode == HV_IOMMU_SHARED ? &d->p2m.pt : &d->iommu.pt;
	uint64_t mfn = HV_INVALID;

	if (d->iommu.mode == HV_IOMMU_NONE)
		return -EOPNOTSUPP;
	if (off >= HV_PAGE_SIZE || len > HV_PAGE_SIZE - off)
		return -EINVAL;
	/* Lookup and access are one transaction: an invalidation that returned has no access behind
	 * it. */
	hv_mutex_lock(&u->tlb_lock);
	if (t->valid && t->domid == d->id && dfn - t->dfn < 1ull << t->order &&
	    (t->writable || !write)) {
		mfn = t->mfn + (dfn - t->dfn);
	} else {
		unsigned order = 0;
		uint64_t e = hv_pt_hw_get(d->host, pt, dfn, &order);

		if (e && (!write || (e & HV_PTE_WRITE))) {
			uint64_t in = dfn & ((1ull << order) - 1);

			mfn = hv_pte_mfn(e);
			*t = (struct hv_iotlb_entry){ true,	(e & HV_PTE_WRITE) != 0,
						      d->id,	(uint8_t)order,
						      dfn - in, mfn - in };
		}
	}
	if (mfn != HV_INVALID) {
		uint8_t *p = (uint8_t *)hv_virt(d->host, mfn) + off;

		memcpy(write ? (void *)p : buf, write ? buf : (void *)p, len);
	}
	hv_mutex_unlock(&u->tlb_lock);
	return mfn == HV_INVALID ? -EFAULT : 0;
}
