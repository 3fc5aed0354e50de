/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's contexts for who works on one. */
#ifndef HV_PV_INSIDE_H
#define HV_PV_INSIDE_H

#include "context.h"
#include "log_ops.h"
#include "pv_iommu.h"
#include "pviommu.h"

static inline void hv_contexts_lock(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_spin_lock(cur, &d->pvi.lock, HV_LVL_CONTEXTS);
}

static inline void hv_contexts_unlock(struct hv_vcpu *cur, struct hv_domain *d)
{
	hv_spin_unlock(cur, &d->pvi.lock, HV_LVL_CONTEXTS);
}

static inline void hv_context_lock(struct hv_vcpu *cur, struct hv_pv_context *c)
{
	hv_spin_lock(cur, &c->lock, HV_LVL_CONTEXT);
}

static inline void hv_context_unlock(struct hv_vcpu *cur, struct hv_pv_context *c)
{
	hv_spin_unlock(cur, &c->lock, HV_LVL_CONTEXT);
}

/* A reference on context no of d; NULL: there is none, or it is going, or so is the domain. */
struct hv_pv_context *hv_pvi_get_context(struct hv_vcpu *cur, struct hv_domain *d, unsigned no);
void hv_pvi_put_context(struct hv_vcpu *cur, struct hv_domain *d, struct hv_pv_context *c);

/* So many bytes of d's arena are used from now on; false: there are not so many. And back. */
bool hv_pvi_arena_take(struct hv_domain *d, uint64_t bytes);
void hv_pvi_arena_give(struct hv_domain *d, uint64_t bytes);

/* Is any of these device frames reserved? What they are is in each context: to a new one; and the end of them. */
bool hv_pvi_reserved(const struct hv_domain *d, uint64_t dfn, uint64_t n);
int hv_pvi_enter_reserved(struct hv_vcpu *cur, struct hv_domain *d, struct hv_pv_context *c);
void hv_pvi_put_reserved(struct hv_vcpu *cur, struct hv_domain *d);

/* The operations on contexts; free takes several steps, *done is 0 before the first. */
int hv_pvi_init(struct hv_vcpu *cur, struct hv_domain *d, const struct pv_iommu_init *op);
int hv_pvi_alloc(struct hv_vcpu *cur, struct hv_domain *d, struct pv_iommu_alloc *op);
int hv_pvi_free(struct hv_vcpu *cur, struct hv_domain *d, const struct pv_iommu_free *op,
		uint64_t *done);
int hv_pvi_reattach(struct hv_vcpu *cur, struct hv_domain *d, const struct pv_iommu_reattach *op);

/* Those on pages, from page *done on: 0, -errno with what was done in *done, -HV_ERESTART. */
int hv_pvi_map(struct hv_vcpu *cur, struct hv_domain *d, const struct pv_iommu_map *op,
	       uint64_t *done);
int hv_pvi_unmap(struct hv_vcpu *cur, struct hv_domain *d, const struct pv_iommu_unmap *op,
		 uint64_t *done);

/*
 * An entry of 1 << order pages where nothing is. -EADDRINUSE; -ENOMEM, also of the arena. Under the context's lock, which
 * this takes.
 */
int hv_pvi_enter(struct hv_vcpu *cur, struct hv_domain *d, struct hv_pv_context *c, uint64_t dfn,
		 unsigned order, uint64_t entry);

/* What is at dfn is taken out, if it is of this order. -ENOENT; -EINVAL: it is of another. */
int hv_pvi_leave(struct hv_vcpu *cur, struct hv_pv_context *c, uint64_t dfn, unsigned order,
		 uint64_t *entry);

/* The entry for what the guest has at gfn, with its references. -ENOENT, -EPERM, -EINVAL. And the end of these. */
int hv_pvi_frame_of(struct hv_vcpu *cur, struct hv_domain *d, uint64_t gfn, unsigned order,
		    uint64_t rights, uint64_t *entry);
void hv_pvi_put_entry(struct hv_vcpu *cur, uint64_t entry, unsigned order);

#define HV_PVI_AT_ONCE 256 /* pages, before an operation looks whether it is to be left */

/* Nobody maps into c any more and no device is in it: what it has goes, from *dfn on. -HV_ERESTART if it may. */
int hv_pvi_sweep(struct hv_vcpu *cur, struct hv_pv_context *c, uint64_t *dfn, bool preemptible);

#endif
