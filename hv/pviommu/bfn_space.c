/* SPDX-License-Identifier: GPL-2.0-only */
/* A hardware domain's bus address space: its tables, and references that wait for an invalidation of them. */
#include "bfn.h"
#include "context.h"
#include "device.h"
#include "p2m.h"
#include "page.h"

#define HELD_MOST 512 /* references that wait for one invalidation: cur->frames has room for them */

void hv_bfn_begin(struct hv_domain *d, enum hv_dom0_iommu mode)
{
	hv_spin_init(&d->bfn.lock);
	d->bfn.mode = mode;
}

bool hv_bfn_maps(const struct hv_domain *d)
{
	return d->iommu.mode != HV_IOMMU_NONE && d->bfn.mode != HV_DOM0_PASSTHROUGH;
}

bool hv_bfn_is_1to1(const struct hv_domain *d)
{
	return d->iommu.mode == HV_IOMMU_NONE || d->bfn.mode == HV_DOM0_PASSTHROUGH ||
	       (d->bfn.mode == HV_DOM0_RELAXED && !hv_load(&d->bfn.made));
}

struct hv_page *hv_bfn_ram(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn,
			   enum hv_p2m_type *t)
{
	struct hv_page *pg = hv_p2m_get_page(cur, d, gfn, t);

	/* What stands in for a revoked page is the hypervisor's, and goes whoever has it. */
	if (pg && !hv_p2m_is_ram(*t)) {
		hv_put_page(cur, pg);
		pg = NULL;
	}
	return pg;
}

/* ---- the space ---- */

int hv_bfn_make_space(struct hv_vcpu *cur)
{
	struct hv_domain *d = cur->d;
	struct hv_bfn_space *b = &d->bfn;
	int rc = 0;

	hv_spin_lock(cur, &b->lock, HV_LVL_CONTEXTS);
	if (!b->made) {
		b->scratch = hv_alloc_heap_page(cur, d);
		rc = b->scratch ? hv_context_init(cur, &b->ctx, d) : -ENOMEM;
		if (rc && b->scratch)
			hv_free_heap_page(cur, d, b->scratch);
		for (unsigned dev = 0; dev < HV_DEVICES && !rc; dev++)
			hv_device_attach(cur, d, dev, &b->ctx);
		if (!rc)
			hv_store(&b->made, true);
	}
	hv_spin_unlock(cur, &b->lock, HV_LVL_CONTEXTS);
	return rc;
}

int hv_bfn_enter(struct hv_vcpu *cur, struct hv_domain *d, uint64_t bfn, uint64_t entry)
{
	uint64_t have, old;
	int rc = 0;

	hv_spin_lock(cur, &d->bfn.lock, HV_LVL_CONTEXTS);
	have = hv_context_get(cur, &d->bfn.ctx, bfn, NULL);
	/* One page of another's, for a second emulator. */
	if (have)
		rc = have == entry && hv_pte_type(entry) == HV_P2M_FOREIGN ? 0 : -EPERM;
	else if (hv_context_set(cur, &d->bfn.ctx, bfn, 0, entry, &old))
		rc = -EIO;
	hv_spin_unlock(cur, &d->bfn.lock, HV_LVL_CONTEXTS);
	return rc;
}

/* ---- references that wait ---- */

void hv_bfn_settle(struct hv_vcpu *cur, struct hv_bfn_batch *b)
{
	if (b->owed)
		hv_context_invalidate(cur, &cur->d->bfn.ctx, 0, 1, HV_SCOPE_DOMAIN);
	b->owed = false;
	for (unsigned i = 0; i < b->held; i++)
		hv_put_page(cur, hv_page(cur->host, cur->frames[i]));
	b->held = 0;
}

void hv_bfn_let_go(struct hv_vcpu *cur, struct hv_bfn_batch *b, uint64_t mfn)
{
	if (hv_mutant(PVD_EARLY_PUT)) {
		hv_put_page(cur, hv_page(cur->host, mfn));
		return;
	}
	cur->frames[b->held++] = mfn;
	if (b->held == HELD_MOST)
		hv_bfn_settle(cur, b);
}
