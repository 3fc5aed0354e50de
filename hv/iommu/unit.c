/* SPDX-License-Identifier: GPL-2.0-only */
/* The remapping unit: its queue of invalidations, its IOTLB, and a device's access through it. */
#include "unit.h"
#include "page.h"
#include "pt.h"
#include "words.h"

static bool overlaps(const struct hv_iotlb_entry *t, const struct hv_qi_desc *q)
{
	if (q->kind == HV_QI_DOMAIN)
		return true;
	return t->dfn < q->dfn + (1ull << q->order) && q->dfn < t->dfn + (1ull << t->order);
}

/* What the hardware does when the tail moves: descriptors in order; a wait writes its status. */
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

void hv_unit_invalidate(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, unsigned order,
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
	/*
	 * Each descriptor has the lock for itself (queue_invalidate_iotlb_sync(),
	 * queue_invalidate_wait()).
	 */
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

/* ---- the device's side ---- */

int hv_unit_access(struct hv_domain *d, uint64_t dfn, unsigned off, void *buf, unsigned len,
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
	/* Look-up and access are one: an invalidation that returned has no access behind it. */
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
			*t = (struct hv_iotlb_entry){ .valid = true,
						      .writable = (e & HV_PTE_WRITE) != 0,
						      .domid = d->id,
						      .order = (uint8_t)order,
						      .dfn = dfn - in,
						      .mfn = mfn - in };
		}
	}
	if (mfn != HV_INVALID) {
		uint8_t *p = (uint8_t *)hv_virt(d->host, mfn) + off;

		hv_words_move(write ? p : buf, write ? buf : p, len);
		/* Once for each time that it is in the IOTLB. */
		if (write && d->iommu.dirty_bits && !t->dirty) {
			hv_account_or(hv_pt_hw_leaf(d->host, pt, dfn), HV_PTE_DIRTY);
			t->dirty = true;
		}
	}
	hv_mutex_unlock(&u->tlb_lock);
	return mfn == HV_INVALID ? -EFAULT : 0;
}

void hv_unit_forget(struct hv_host *host, const struct hv_domain *d)
{
	struct hv_iommu_unit *u = &host->iommu;

	hv_mutex_lock(&u->tlb_lock);
	for (unsigned i = 0; i < HV_IOTLB_ENTRIES; i++)
		if (u->tlb[i].domid == d->id)
			u->tlb[i].valid = false;
	hv_mutex_unlock(&u->tlb_lock);
}
