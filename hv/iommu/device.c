/* SPDX-License-Identifier: GPL-2.0-only */
/* Devices go from one address space to another. */
#include "atomic.h"
#include "device.h"
#include "lock.h"
#include "unit.h"

static uint64_t nothing(struct hv_context *c, uint64_t dfn, unsigned *order)
{
	(void)c;
	(void)dfn;
	*order = 0;
	return 0;
}

void hv_devices_init(struct hv_domain *d)
{
	hv_spin_init(&d->device_lock);
	d->nowhere = (struct hv_context){ .d = d, .tag = HV_IOMMU_TAGS, .walk = nothing };
}

int hv_device_attach(struct hv_vcpu *cur, struct hv_domain *d, unsigned dev, struct hv_context *c)
{
	struct hv_attached *a;
	struct hv_context *old;

	if (dev >= HV_DEVICES)
		return -ENODEV;
	a = &d->device[dev];
	hv_spin_lock(cur, &d->device_lock, HV_LVL_DEVICE);
	old = a->context;
	if (old != c) {
		if (c)
			c->devices++;
		hv_store(&a->context, c);
		if (!hv_mutant(DEVICE_STAYS))
			hv_unit_invalidate_device(cur, a);
		hv_unit_invalidate_tag(cur, old ? old->tag : d->id, 0, 0, HV_SCOPE_DOMAIN);
		/* Only now is the old one free of it. */
		if (old)
			old->devices--;
	}
	hv_spin_unlock(cur, &d->device_lock, HV_LVL_DEVICE);
	return 0;
}

struct hv_context *hv_device_context(const struct hv_domain *d, unsigned dev)
{
	return dev < HV_DEVICES ? hv_load(&d->device[dev].context) : NULL;
}
