/* SPDX-License-Identifier: GPL-2.0-only */
/* Contexts of a guest: made, freed, and devices that go from one to another. */
#include "pv_inside.h"
#include "device.h"
#include "lifetime.h"
#include "page.h"

#define ARENA_ORDER_MAX 24 /* 64 GiB of tables: more than any host has */

/* ---- init ---- */

int hv_pvi_init(struct hv_vcpu *cur, struct hv_domain *d, const struct pv_iommu_init *op)
{
	struct hv_pviommu *pv = &d->pvi;
	uint64_t arena = (uint64_t)HV_PAGE_SIZE << (op->arena_order & 31);
	int rc = 0;

	if (!op->max_ctx_no)
		return -EINVAL;
	hv_contexts_lock(cur, d);
	if (pv->max || pv->stuck)
		rc = -EACCES;
	else if (op->max_ctx_no > HV_PV_CONTEXTS)
		rc = -E2BIG;
	else if (pv->ended || op->arena_order > ARENA_ORDER_MAX ||
		 hv_load(&d->heap_bytes) + arena > d->heap_limit)
		rc = -ENOMEM;
	if (!rc) {
		pv->context = hv_zalloc(cur, d, op->max_ctx_no * sizeof(*pv->context));
		rc = pv->context ? 0 : -ENOMEM;
		pv->stuck = rc && hv_mutant(PVI_INIT_STUCK);
	}
	if (!rc) {
		pv->max = op->max_ctx_no;
		pv->stats.arena_max = arena;
	}
	hv_contexts_unlock(cur, d);
	return rc;
}

/* ---- made and freed ---- */

static struct hv_pv_context *make(struct hv_vcpu *cur, struct hv_domain *d, int *rc)
{
	struct hv_pv_context *c;

	*rc = -ENOMEM;
	if (!hv_pvi_arena_take(d, HV_PAGE_SIZE))
		return NULL;
	c = hv_zalloc(cur, d, sizeof(*c));
	if (c) {
		hv_spin_init(&c->lock);
		*rc = hv_context_init(cur, &c->ctx, d);
		if (!*rc)
			c->table_bytes = HV_PAGE_SIZE;
	}
	if (!*rc)
		return c;
	hv_free(cur, d, c, sizeof(*c));
	hv_pvi_arena_give(d, HV_PAGE_SIZE);
	return NULL;
}

/* Its tables, when nothing is in them that anything is held for. */
static void unmake(struct hv_vcpu *cur, struct hv_domain *d, struct hv_pv_context *c)
{
	hv_context_free(cur, &c->ctx);
	hv_pvi_arena_give(d, c->table_bytes);
	hv_free(cur, d, c, sizeof(*c));
}

/* A number that nobody has from now on but the caller; 0: there is none. */
static unsigned take_number(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_pviommu *pv = &d->pvi;
	unsigned no = 0;

	hv_contexts_lock(cur, d);
	while (no < pv->max && (pv->taken[no / 64] >> no % 64 & 1))
		no++;
	if (no < pv->max && !pv->ended)
		pv->taken[no / 64] |= 1ull << no % 64;
	else
		no = UINT32_MAX;
	hv_contexts_unlock(cur, d);
	return no + 1;
}

/* It has this context, or (NULL) is free again. -EINVAL: the domain is going. */
static int settle_number(struct hv_vcpu *cur, struct hv_domain *d, unsigned no,
			 struct hv_pv_context *c)
{
	struct hv_pviommu *pv = &d->pvi;
	unsigned bit = no - 1 + (!c && hv_mutant(PVI_WRONG_BIT));
	int rc = 0;

	hv_contexts_lock(cur, d);
	if (c && pv->ended)
		rc = -EINVAL;
	else if (c)
		pv->context[no - 1] = c;
	if (!c || rc)
		pv->taken[bit / 64 % (HV_PV_CONTEXTS / 64)] &= ~(1ull << bit % 64);
	hv_contexts_unlock(cur, d);
	return rc;
}

int hv_pvi_alloc(struct hv_vcpu *cur, struct hv_domain *d, struct pv_iommu_alloc *op)
{
	struct hv_pv_context *c;
	uint64_t dfn = 0;
	unsigned no;
	int rc;

	/* The capability is not there. */
	if (op->alloc_flags)
		return -EOPNOTSUPP;
	no = take_number(cur, d);
	if (!no)
		return -ENOSPC;
	c = make(cur, d, &rc);
	if (c)
		rc = hv_pvi_enter_reserved(cur, d, c);
	if (!rc)
		rc = settle_number(cur, d, no, c);
	else
		settle_number(cur, d, no, NULL);
	if (rc && c) {
		hv_pvi_sweep(cur, c, &dfn, false);
		unmake(cur, d, c);
	}
	if (rc)
		return rc;
	op->ctx_no = (uint16_t)no;
	hv_account_add(&d->pvi.stats.contexts, 1);
	return 0;
}

/* All devices of it go back to the domain's own tables. With the lock of the contexts. */
static void expel(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_pv_context *c)
{
	for (unsigned dev = 0; dev < HV_DEVICES; dev++)
		if (hv_device_context(d, dev) == &c->ctx) {
			hv_device_attach(cur, d, dev, NULL);
			hv_account_add(&d->pvi.stats.attaches, 1);
			/* As a list that is walked while its members leave it. */
			dev += hv_mutant(PVI_LIST_WALK);
		}
}

/* From here on it takes nothing, and the calling vCPU is who frees it. With the lock of the contexts. */
static int begin_free(struct hv_vcpu *cur, struct hv_domain *d, const struct pv_iommu_free *op,
		      struct hv_pv_context *c)
{
	if (c->dying)
		return -EINVAL;
	if (op->free_flags & PV_IOMMU_FREE_REATTACH)
		expel(cur, d, c);
	if (c->ctx.devices)
		return -EBUSY;
	hv_store(&c->dying, true);
	c->freer = cur;
	return 0;
}

/* What is to be freed, with a reference. begin: it is to be said that it is. */
static int get_freed(struct hv_vcpu *cur, struct hv_domain *d, const struct pv_iommu_free *op,
		     bool begin, struct hv_pv_context **out)
{
	struct hv_pviommu *pv = &d->pvi;
	struct hv_pv_context *c = NULL;
	int rc;

	hv_contexts_lock(cur, d);
	if (op->ctx_no && op->ctx_no <= pv->max && !pv->ended)
		c = pv->context[op->ctx_no - 1];
	/* Begun by this vCPU: by now another context may be there, or its structure say another number. */
	if (begin)
		rc = c ? begin_free(cur, d, op, c) : -ENOENT;
	else
		rc = c && c->dying && c->freer == cur ? 0 : -EINVAL;
	if (!rc)
		c->users++;
	hv_contexts_unlock(cur, d);
	*out = c;
	return rc;
}

/* Others who were at work on it when it began to go have left it. */
static bool is_left(struct hv_vcpu *cur, struct hv_domain *d, const struct hv_pv_context *c)
{
	bool left;

	hv_contexts_lock(cur, d);
	left = c->users == 1;
	hv_contexts_unlock(cur, d);
	return left;
}

/* *done: 0, or where the sweep has come to, plus 1. References go first, then the context; its number is free last. */
int hv_pvi_free(struct hv_vcpu *cur, struct hv_domain *d, const struct pv_iommu_free *op,
		uint64_t *done)
{
	uint64_t dfn = *done ? *done - 1 : 0;
	struct hv_pv_context *c;
	unsigned spins = 0;
	int rc;

	if (!op->ctx_no)
		return -EINVAL;
	if (op->free_flags & ~PV_IOMMU_FREE_REATTACH)
		return -EOPNOTSUPP;
	rc = get_freed(cur, d, op, !*done, &c);
	if (rc)
		return rc;
	while (!is_left(cur, d, c))
		hv_backoff(&spins);
	if (!dfn)
		hv_context_invalidate(cur, &c->ctx, 0, 1, HV_SCOPE_DOMAIN);
	rc = hv_pvi_sweep(cur, c, &dfn, true);
	*done = dfn + 1;
	if (rc) {
		hv_pvi_put_context(cur, d, c);
		return rc;
	}
	hv_contexts_lock(cur, d);
	d->pvi.context[op->ctx_no - 1] = NULL;
	hv_contexts_unlock(cur, d);
	unmake(cur, d, c);
	return settle_number(cur, d, op->ctx_no, NULL);
}

/* ---- devices ---- */

/* A function of slot n is device n of the domain, if it is function 0. */
static int number_of(const struct pv_iommu_device *dev)
{
	if (dev->seg || dev->bus || (dev->devfn & 7) || dev->devfn >> 3 >= HV_DEVICES)
		return -ENODEV;
	return dev->devfn >> 3;
}

/* Where the device is to go. With the lock of the contexts. */
static int target(struct hv_domain *d, unsigned no, struct hv_pv_context **to)
{
	struct hv_pviommu *pv = &d->pvi;

	*to = NULL;
	if (!no)
		return 0;
	if (no <= pv->max)
		*to = pv->context[no - 1];
	if (!*to)
		return -ENOENT;
	return (*to)->dying && !hv_mutant(PVI_DYING_TAKES) ? -EINVAL : 0;
}

int hv_pvi_reattach(struct hv_vcpu *cur, struct hv_domain *d, const struct pv_iommu_reattach *op)
{
	int dev = number_of(&op->dev), rc;
	struct hv_pv_context *to;
	struct hv_context *c;

	if (dev < 0)
		return dev;
	if (op->pasid)
		return -EOPNOTSUPP;
	if (hv_mutant(PVI_LOCK_ORDER))
		hv_spin_lock(cur, &d->iommu.mapping_lock, HV_LVL_IOMMU);
	hv_contexts_lock(cur, d);
	rc = d->pvi.ended ? -EINVAL : target(d, op->ctx_no, &to);
	c = !rc && to ? &to->ctx : NULL;
	if (!rc && hv_device_context(d, (unsigned)dev) != c) {
		rc = hv_device_attach(cur, d, (unsigned)dev, c);
		hv_account_add(&d->pvi.stats.attaches, 1);
	}
	hv_contexts_unlock(cur, d);
	if (hv_mutant(PVI_LOCK_ORDER))
		hv_spin_unlock(cur, &d->iommu.mapping_lock, HV_LVL_IOMMU);
	/* The error path gives back a lock that was not taken. */
	if (rc && hv_mutant(PVI_UNLOCKS_UNTAKEN))
		hv_contexts_unlock(cur, d);
	return rc;
}

/* ---- a domain's life ---- */

static void count_fault(struct hv_domain *d, unsigned dev, uint64_t dfn, bool write)
{
	(void)dev;
	(void)dfn;
	(void)write;
	hv_account_add(&d->pvi.stats.dma_faults, 1);
}

void hv_pviommu_begin(struct hv_domain *d, bool allowed, bool large)
{
	hv_spin_init(&d->pvi.lock);
	d->pvi.allowed = allowed;
	d->pvi.large = large;
	if (allowed)
		d->device_fault = count_fault;
}

/* The context at that place, if there is one, and nobody is at work on it; *busy: somebody is. */
static struct hv_pv_context *idle_at(struct hv_vcpu *cur, struct hv_domain *d, unsigned i,
				     bool *busy)
{
	struct hv_pv_context *c;

	hv_contexts_lock(cur, d);
	c = d->pvi.context[i];
	*busy = c && c->users;
	hv_contexts_unlock(cur, d);
	return c;
}

static void end_context(struct hv_vcpu *cur, struct hv_domain *d, unsigned i)
{
	struct hv_pv_context *c;
	unsigned spins = 0;
	uint64_t dfn = 0;
	bool busy;

	while ((c = idle_at(cur, d, i, &busy)) && busy)
		hv_backoff(&spins);
	if (!c)
		return;
	hv_context_invalidate(cur, &c->ctx, 0, 1, HV_SCOPE_DOMAIN);
	hv_pvi_sweep(cur, c, &dfn, false);
	d->pvi.context[i] = NULL;
	d->pvi.taken[i / 64] &= ~(1ull << i % 64);
	unmake(cur, d, c);
}

void hv_pviommu_end(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_pviommu *pv = &d->pvi;

	/* Others may be at work for it: what they look for from here on is not there. */
	hv_contexts_lock(cur, d);
	pv->ended = true;
	for (unsigned dev = 0; dev < HV_DEVICES && pv->max; dev++)
		hv_device_attach(cur, d, dev, &d->nowhere);
	hv_contexts_unlock(cur, d);
	for (unsigned i = 0; i + hv_mutant(PVI_TEARDOWN_SHORT) < pv->max; i++)
		end_context(cur, d, i);
	hv_pvi_put_reserved(cur, d);
}

void hv_pviommu_destroy(struct hv_vcpu *cur, struct hv_domain *d)
{
	if (d->pvi.context)
		hv_free(cur, d, d->pvi.context, d->pvi.max * sizeof(*d->pvi.context));
	d->pvi.context = NULL;
}
