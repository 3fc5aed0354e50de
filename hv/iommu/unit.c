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
static hv_always_inline void serve(struct hv_iommu_unit *u)
{
	hv_mutex_lock(&u->tlb_lock);
	for (; u->head != u->tail; u->head = (u->head + 1) % HV_QI_LENGTH) {
		const struct hv_qi_desc *q = &u->queue[u->head];

		if (q->kind == HV_QI_WORD) {
			hv_store_release(q->word, q->value);
			continue;
		}
		for (unsigned i = 0; i < HV_IOTLB_ENTRIES; i++)
			if (u->tlb[i].valid && u->tlb[i].tag == q->tag && overlaps(&u->tlb[i], q))
				u->tlb[i].valid = false;
	}
	hv_mutex_unlock(&u->tlb_lock);
}

static hv_always_inline void queue(struct hv_iommu_unit *u, struct hv_qi_desc q)
{
	u->queue[u->tail] = q;
	u->tail = (u->tail + 1) % HV_QI_LENGTH;
}

/* Inline: what each invalidation costs is published. */
static hv_always_inline void queue_and_wait(struct hv_vcpu *cur, uint16_t tag, uint64_t dfn,
					    unsigned order, enum hv_flush_scope scope,
					    struct hv_attached *device)
{
	struct hv_iommu_unit *u = &cur->host->iommu;
	uint64_t seq = ++cur->qi_seq;

	hv_spin_lock(cur, &u->register_lock, HV_LVL_QUEUE);
	if (device) {
		cur->count.context_invs++;
		queue(u, (struct hv_qi_desc){ .kind = HV_QI_WORD, .word = &device->is_seen });
	} else {
		cur->count.iotlb_invs++;
		queue(u, (struct hv_qi_desc){ .kind = scope == HV_SCOPE_DOMAIN ? HV_QI_DOMAIN
									       : HV_QI_PAGES,
					      .tag = tag,
					      .order = (uint8_t)order,
					      .dfn = dfn });
	}
	/*
	 * Each descriptor has the lock for itself (queue_invalidate_iotlb_sync(),
	 * queue_invalidate_wait()).
	 */
	hv_spin_unlock(cur, &u->register_lock, HV_LVL_QUEUE);
	hv_spin_lock(cur, &u->register_lock, HV_LVL_QUEUE);
	cur->count.iotlb_waits++;
	queue(u, (struct hv_qi_desc){ .kind = HV_QI_WORD, .word = &cur->qi_status, .value = seq });
	serve(u);
	hv_spin_unlock(cur, &u->register_lock, HV_LVL_QUEUE);
	while (hv_load_acquire(&cur->qi_status) != seq)
		hv_relax();
}

void hv_unit_invalidate(struct hv_vcpu *cur, struct hv_domain *d, uint64_t dfn, unsigned order,
			enum hv_flush_scope scope)
{
	queue_and_wait(cur, d->id, dfn, order, scope, NULL);
}

void hv_unit_invalidate_tag(struct hv_vcpu *cur, uint16_t tag, uint64_t dfn, unsigned order,
			    enum hv_flush_scope scope)
{
	queue_and_wait(cur, tag, dfn, order, scope, NULL);
}

void hv_unit_invalidate_device(struct hv_vcpu *cur, struct hv_attached *a)
{
	queue_and_wait(cur, 0, 0, 0, HV_SCOPE_DOMAIN, a);
}

/* ---- tags ---- */

int hv_unit_take_tag(struct hv_vcpu *cur)
{
	struct hv_iommu_unit *u = &cur->host->iommu;
	int tag = HV_MAX_DOMAINS;

	hv_spin_lock(cur, &u->register_lock, HV_LVL_QUEUE);
	while (tag < HV_IOMMU_TAGS && (u->tags[tag / 64] >> tag % 64 & 1))
		tag++;
	if (tag < HV_IOMMU_TAGS)
		u->tags[tag / 64] |= 1ull << tag % 64;
	hv_spin_unlock(cur, &u->register_lock, HV_LVL_QUEUE);
	return tag < HV_IOMMU_TAGS ? tag : -ENOSPC;
}

void hv_unit_put_tag(struct hv_vcpu *cur, uint16_t tag)
{
	struct hv_iommu_unit *u = &cur->host->iommu;

	hv_spin_lock(cur, &u->register_lock, HV_LVL_QUEUE);
	u->tags[tag / 64] &= ~(1ull << tag % 64);
	hv_spin_unlock(cur, &u->register_lock, HV_LVL_QUEUE);
}

/* ---- the device's side ---- */

/* An address space, as the unit sees it. */
struct space {
	uint16_t tag;
	const struct hv_pt *pt;
	struct hv_context *walked; /* not by pt */
	bool dirty_bits;
};

static hv_always_inline struct space own(const struct hv_domain *d)
{
	return (struct space){
		.tag = d->id,
		.pt = d->iommu.mode == HV_IOMMU_SHARED ? &d->p2m.pt : &d->iommu.pt,
		.dirty_bits = d->iommu.dirty_bits,
	};
}

/* The page that is accessed, or HV_INVALID. Look-up and access are one: tlb_lock held. */
static hv_always_inline uint64_t access(struct hv_host *host, struct space s, uint64_t dfn,
					unsigned off, void *buf, unsigned len, bool write)
{
	struct hv_iotlb_entry *t = &host->iommu.tlb[dfn % HV_IOTLB_ENTRIES];
	uint64_t mfn = HV_INVALID;

	if (t->valid && t->tag == s.tag && dfn - t->dfn < 1ull << t->order &&
	    (t->writable || !write)) {
		mfn = t->mfn + (dfn - t->dfn);
	} else {
		unsigned order = 0;
		uint64_t e = s.walked ? s.walked->walk(s.walked, dfn, &order)
				      : hv_pt_hw_get(host, s.pt, dfn, &order);

		if (e && (!write || (e & HV_PTE_WRITE))) {
			uint64_t in = dfn & ((1ull << order) - 1);

			mfn = hv_pte_mfn(e);
			*t = (struct hv_iotlb_entry){ .valid = true,
						      .writable = (e & HV_PTE_WRITE) != 0,
						      .tag = s.tag,
						      .order = (uint8_t)order,
						      .dfn = dfn - in,
						      .mfn = mfn - in };
		}
	}
	if (mfn != HV_INVALID) {
		uint8_t *p = (uint8_t *)hv_virt(host, mfn) + off;

		hv_words_move(write ? p : buf, write ? buf : p, len);
		/* Once for each time that it is in the IOTLB. */
		if (write && s.dirty_bits && !t->dirty) {
			hv_account_or(hv_pt_hw_leaf(host, s.pt, dfn), HV_PTE_DIRTY);
			t->dirty = true;
		}
	}
	return mfn;
}

int hv_unit_access(struct hv_domain *d, uint64_t dfn, unsigned off, void *buf, unsigned len,
		   bool write)
{
	struct hv_iommu_unit *u = &d->host->iommu;
	uint64_t mfn;

	if (d->iommu.mode == HV_IOMMU_NONE)
		return -EOPNOTSUPP;
	if (off >= HV_PAGE_SIZE || len > HV_PAGE_SIZE - off)
		return -EINVAL;
	/* An invalidation that returned has no access behind it. */
	hv_mutex_lock(&u->tlb_lock);
	mfn = access(d->host, own(d), dfn, off, buf, len, write);
	hv_mutex_unlock(&u->tlb_lock);
	return mfn == HV_INVALID ? -EFAULT : 0;
}

int hv_unit_access_by(struct hv_domain *d, struct hv_attached *a, uint64_t dfn, unsigned off,
		      void *buf, unsigned len, bool write, uint64_t *mfn)
{
	struct hv_iommu_unit *u = &d->host->iommu;
	struct space s = own(d);
	int rc = 0;

	if (off >= HV_PAGE_SIZE || len > HV_PAGE_SIZE - off)
		return -EINVAL;
	hv_mutex_lock(&u->tlb_lock);
	if (!a->is_seen) {
		a->seen = hv_load(&a->context);
		a->is_seen = 1;
	}
	if (a->seen)
		s = (struct space){ .tag = a->seen->tag,
				    .pt = &a->seen->pt,
				    .walked = a->seen->walk ? a->seen : NULL };
	else if (d->iommu.mode == HV_IOMMU_NONE)
		rc = -EOPNOTSUPP;
	if (!rc) {
		*mfn = access(d->host, s, dfn, off, buf, len, write);
		rc = *mfn == HV_INVALID ? -EFAULT : 0;
		/* Who walks otherwise keeps what may be kept. */
		if (s.walked)
			u->tlb[dfn % HV_IOTLB_ENTRIES].valid = false;
	}
	hv_mutex_unlock(&u->tlb_lock);
	return rc;
}

void hv_unit_forget(struct hv_host *host, const struct hv_domain *d)
{
	struct hv_iommu_unit *u = &host->iommu;

	hv_mutex_lock(&u->tlb_lock);
	for (unsigned i = 0; i < HV_IOTLB_ENTRIES; i++)
		if (u->tlb[i].tag == d->id)
			u->tlb[i].valid = false;
	hv_mutex_unlock(&u->tlb_lock);
}
