/* SPDX-License-Identifier: GPL-2.0-only */
/* Contexts: their tables, and what the unit has of them. */
#include "context.h"
#include "unit.h"

int hv_context_init(struct hv_vcpu *cur, struct hv_context *c, struct hv_domain *d)
{
	int rc, tag = hv_unit_take_tag(cur);

	if (tag < 0)
		return tag;
	*c = (struct hv_context){ .d = d, .tag = (uint16_t)tag };
	hv_spin_init(&c->lock);
	c->pt.replaces = true;
	rc = hv_pt_init(cur, &c->pt, d);
	if (rc) {
		hv_unit_put_tag(cur, c->tag);
		return rc;
	}
	hv_spin_lock(cur, &d->device_lock, HV_LVL_DEVICE);
	c->next = d->contexts;
	d->contexts = c;
	hv_spin_unlock(cur, &d->device_lock, HV_LVL_DEVICE);
	return 0;
}

void hv_context_free(struct hv_vcpu *cur, struct hv_context *c)
{
	struct hv_domain *d = c->d;
	struct hv_context **p = &d->contexts;

	hv_spin_lock(cur, &d->device_lock, HV_LVL_DEVICE);
	while (*p != c)
		p = &(*p)->next;
	*p = c->next;
	hv_spin_unlock(cur, &d->device_lock, HV_LVL_DEVICE);
	hv_unit_invalidate_tag(cur, c->tag, 0, 0, HV_SCOPE_DOMAIN);
	hv_pt_free(cur, &c->pt);
	hv_unit_put_tag(cur, c->tag);
}

int hv_context_set(struct hv_vcpu *cur, struct hv_context *c, uint64_t dfn, unsigned order,
		   uint64_t e, uint64_t *old)
{
	int rc;

	hv_spin_lock(cur, &c->lock, HV_LVL_IOMMU);
	rc = hv_pt_set(cur, &c->pt, dfn, order, e, old);
	if (!rc && hv_pt_replaced(order, *old)) {
		/* The unit may be on its way through the tables. */
		hv_unit_invalidate_tag(cur, c->tag, dfn, order, HV_SCOPE_RANGE);
		hv_pt_free_below(cur, &c->pt, order, *old);
		*old = 0;
	}
	hv_spin_unlock(cur, &c->lock, HV_LVL_IOMMU);
	return rc;
}

uint64_t hv_context_get(struct hv_vcpu *cur, struct hv_context *c, uint64_t dfn, unsigned *order)
{
	unsigned o = 0;
	uint64_t e;

	hv_spin_lock(cur, &c->lock, HV_LVL_IOMMU);
	e = dfn < HV_PT_MAX_INDEX ? hv_pt_get(cur, &c->pt, dfn, &o) : 0;
	hv_spin_unlock(cur, &c->lock, HV_LVL_IOMMU);
	if (order)
		*order = o;
	return e;
}

void hv_context_invalidate(struct hv_vcpu *cur, struct hv_context *c, uint64_t dfn, uint64_t n,
			   enum hv_flush_scope scope)
{
	if (scope == HV_SCOPE_PAGE) {
		for (uint64_t i = 0; i < n; i++)
			hv_unit_invalidate_tag(cur, c->tag, dfn + i, 0, HV_SCOPE_RANGE);
	} else {
		/* The smallest aligned power of two in which both ends are. */
		unsigned o = n > 1 ? 64 - (unsigned)__builtin_clzll(dfn ^ (dfn + n - 1)) : 0;

		hv_unit_invalidate_tag(cur, c->tag, dfn >> o << o, o, scope);
	}
}
