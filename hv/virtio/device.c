/* SPDX-License-Identifier: GPL-2.0-only */
/* A virtio-iommu: its registers, its queues, and its life. */
#include "event.h"
#include "lifetime.h"
#include "p2m.h"
#include "page.h"
#include "tlb.h"
#include "viommu.h"
#include "virtio.h"

#define FEATURES                                                                                   \
	(VIRTIO_IOMMU_F_INPUT_RANGE | VIRTIO_IOMMU_F_DOMAIN_RANGE | VIRTIO_IOMMU_F_MAP_UNMAP |     \
	 VIRTIO_IOMMU_F_BYPASS | VIRTIO_IOMMU_F_PROBE | VIRTIO_IOMMU_F_BYPASS_CONFIG)
#define DRAFTS	     (VIRTIO_IOMMU_F_RELAXED | VIRTIO_IOMMU_F_ATTACH_TABLE)
#define INPUT_END    ((1ull << 48) - 1)
#define MAX_MAPPINGS 65536u

static void lock(struct hv_vcpu *cur, struct hv_viommu *v)
{
	hv_spin_lock(cur, &v->lock, HV_LVL_VIRTIO);
}

static void unlock(struct hv_vcpu *cur, struct hv_viommu *v)
{
	hv_spin_unlock(cur, &v->lock, HV_LVL_VIRTIO);
}

/* ---- queues ---- */

static void tell(struct hv_vcpu *cur, struct hv_viommu *v, unsigned queue)
{
	if (!hv_vq_publish(cur, &v->vq[queue]) || !v->cfg.port[queue])
		return;
	cur->count.vq_notifications++;
	hv_event_send(cur, v->d, v->cfg.port[queue]);
}

/* Answers that were given become the driver's when no device reaches what it asked to be unmapped. */
static void answered(struct hv_vcpu *cur, struct hv_viommu *v)
{
	if (hv_mutant(VIRTIO_ANSWERS_EARLY))
		tell(cur, v, VIRTIO_IOMMU_REQUESTS);
	hv_vtables_settle(cur, v);
	if (!hv_mutant(VIRTIO_ANSWERS_EARLY))
		tell(cur, v, VIRTIO_IOMMU_REQUESTS);
}

/* What is available now; what comes while it is at work has a kick of its own. */
static long requests(struct hv_vcpu *cur, struct hv_viommu *v)
{
	struct hv_vq *q = &v->vq[VIRTIO_IOMMU_REQUESTS];
	int n = hv_vq_available(cur, q);
	bool given = false;

	if (n < 0) {
		v->stats.refused++;
		return n;
	}
	for (int i = 0; i < n; i++) {
		struct hv_vq_chain c;
		uint32_t len;

		cur->count.vq_requests++;
		if (!hv_vq_take(cur, q, &c)) {
			v->stats.ignored++;
			continue;
		}
		len = hv_virtio_request(cur, v, &c);
		v->stats.ignored += !len;
		hv_vq_give(cur, q, c.head, len);
		given = true;
		if (!v->cfg.per_batch)
			answered(cur, v);
	}
	if (given && v->cfg.per_batch)
		answered(cur, v);
	return n;
}

static long notify(struct hv_vcpu *cur, struct hv_viommu *v, uint64_t queue)
{
	cur->count.vq_kicks++;
	if (queue >= VIRTIO_IOMMU_QUEUES || !v->vq[queue].enabled || v->stopped ||
	    !(v->status & VIRTIO_DRIVER_OK))
		return -EINVAL;
	/* Of buffers for events there is no work: one is taken when there is a fault. */
	return queue == VIRTIO_IOMMU_REQUESTS ? requests(cur, v) : 0;
}

/* One buffer of the driver's takes what happened. False: there is none that can. */
static bool report(struct hv_vcpu *cur, struct hv_viommu *v, const struct virtio_iommu_fault *f)
{
	struct hv_vq *q = &v->vq[VIRTIO_IOMMU_EVENTS];
	struct hv_vq_chain c;
	bool done;

	if (!q->enabled || !(v->status & VIRTIO_DRIVER_OK) || hv_vq_available(cur, q) <= 0 ||
	    !hv_vq_take(cur, q, &c))
		return false;
	done = !c.broken && c.out >= sizeof(*f) && !hv_vq_write(cur, v->d, &c, 0, f, sizeof(*f));
	hv_vq_give(cur, q, c.head, done ? (uint32_t)sizeof(*f) : 0);
	tell(cur, v, VIRTIO_IOMMU_EVENTS);
	return done;
}

/* In the thread of the device's access, which is no vCPU's: the work is the host's. */
static void fault(struct hv_domain *d, unsigned dev, uint64_t dfn, bool write)
{
	struct hv_vcpu *cur = &d->host->toolstack;
	struct hv_viommu *v = d->viommu;
	struct virtio_iommu_fault f = {
		.flags = VIRTIO_IOMMU_FAULT_ADDRESS |
			 (write ? VIRTIO_IOMMU_FAULT_WRITE : VIRTIO_IOMMU_FAULT_READ),
		.endpoint = dev,
		.address = dfn << HV_PAGE_SHIFT,
	};

	hv_mutex_lock(&d->host->toolstack_lock);
	lock(cur, v);
	f.reason = v->of[dev] ? VIRTIO_IOMMU_FAULT_MAPPING : VIRTIO_IOMMU_FAULT_DOMAIN;
	v->stats.faults++;
	if (!report(cur, v, &f)) {
		v->stats.faults_dropped++;
		v->stopped = hv_mutant(VIRTIO_EVENT_STOPS);
	}
	unlock(cur, v);
	hv_mutex_unlock(&d->host->toolstack_lock);
}

/* ---- registers ---- */

static void reset(struct hv_vcpu *cur, struct hv_viommu *v)
{
	for (unsigned i = 0; i < VIRTIO_IOMMU_QUEUES; i++)
		hv_vq_disable(cur, &v->vq[i]);
	v->status = 0;
	v->features = 0;
	v->queue = 0;
	v->bypass = !v->cfg.blocked;
	hv_vdomain_end_all(cur, v);
	hv_vdomain_place(cur, v);
}

static long set_status(struct hv_vcpu *cur, struct hv_viommu *v, uint64_t value)
{
	uint8_t before = v->status;

	if (!value) {
		reset(cur, v);
		return 0;
	}
	/* Nothing of it goes without a reset; a device that is ready has features that it can do. */
	if (value > 0xff || (before & ~value) ||
	    ((value & VIRTIO_FEATURES_OK) && !(v->features & VIRTIO_F_VERSION_1)) ||
	    ((value & VIRTIO_DRIVER_OK) && !(value & VIRTIO_FEATURES_OK)))
		return -EINVAL;
	v->status = (uint8_t)value;
	if ((value & VIRTIO_DRIVER_OK) && !(before & VIRTIO_DRIVER_OK))
		hv_vdomain_place(cur, v);
	return 0;
}

static uint64_t offered(const struct hv_viommu *v)
{
	return v->cfg.features | VIRTIO_F_VERSION_1;
}

static long set_features(struct hv_viommu *v, uint64_t value)
{
	if ((value & ~offered(v)) || (v->status & VIRTIO_FEATURES_OK))
		return -EINVAL;
	v->features = value;
	return 0;
}

static long set_bypass(struct hv_vcpu *cur, struct hv_viommu *v, uint64_t value)
{
	if (value > 1 || !(v->features & VIRTIO_IOMMU_F_BYPASS_CONFIG))
		return -EINVAL;
	v->bypass = value;
	hv_vdomain_place(cur, v);
	return 0;
}

static long write_register(struct hv_vcpu *cur, struct hv_viommu *v, unsigned reg, uint64_t value)
{
	struct hv_vq *q = &v->vq[v->queue];

	switch (reg) {
	case VIRTIO_REG_STATUS:
		return set_status(cur, v, value);
	case VIRTIO_REG_FEATURES:
		return set_features(v, value);
	case VIRTIO_REG_QUEUE:
		if (value >= VIRTIO_IOMMU_QUEUES)
			return -EINVAL;
		v->queue = (unsigned)value;
		return 0;
	case VIRTIO_REG_BYPASS:
		return set_bypass(cur, v, value);
	case VIRTIO_REG_NOTIFY:
		return notify(cur, v, value);
	}
	/* Of a queue, as long as the device does not use it. */
	if (reg >= VIRTIO_REGS || q->enabled)
		return -EINVAL;
	if (reg == VIRTIO_REG_ENABLE)
		return value == 1 ? hv_vq_enable(cur, v->d, q) : -EINVAL;
	if (reg == VIRTIO_REG_NUM)
		q->num = value > HV_VQ_MAX ? 0 : (unsigned)value;
	else
		q->at[reg - VIRTIO_REG_DESC] = value;
	return 0;
}

/* Each access traps: the processor's, into the hypervisor. */
static struct hv_viommu *begin(struct hv_vcpu *cur)
{
	struct hv_viommu *v = cur->d->viommu;

	if (!v)
		return NULL;
	while (!hv_exit_begin(cur))
		hv_relax();
	cur->count.exits++;
	lock(cur, v);
	return v;
}

static void end(struct hv_vcpu *cur, struct hv_viommu *v)
{
	unlock(cur, v);
	hv_exit_end(cur);
}

long hv_virtio_write(struct hv_vcpu *cur, unsigned reg, uint64_t value)
{
	struct hv_viommu *v = begin(cur);
	long rc;

	if (!v)
		return -ENODEV;
	rc = hv_domain_crashed(cur->d) ? -EIO : write_register(cur, v, reg, value);
	end(cur, v);
	return rc;
}

uint64_t hv_virtio_read(struct hv_vcpu *cur, unsigned reg)
{
	struct hv_viommu *v = begin(cur);
	uint64_t value = 0;

	if (!v)
		return 0;
	if (reg == VIRTIO_REG_STATUS)
		value = v->status;
	else if (reg == VIRTIO_REG_FEATURES)
		value = offered(v);
	else if (reg == VIRTIO_REG_NUM)
		value = HV_VQ_MAX;
	else if (reg == VIRTIO_REG_ENABLE)
		value = v->vq[v->queue].enabled;
	end(cur, v);
	return value;
}

int hv_virtio_read_config(struct hv_vcpu *cur, unsigned off, void *buf, unsigned len)
{
	struct hv_viommu *v = begin(cur);
	struct virtio_iommu_config c;
	unsigned n;

	memset(buf, 0, len);
	if (!v)
		return -ENODEV;
	c = (struct virtio_iommu_config){ .page_size_mask = v->cfg.page_size_mask,
					  .input_start = v->cfg.input_start,
					  .input_end = v->cfg.input_end,
					  .domain_start = v->cfg.domain_start,
					  .domain_end = v->cfg.domain_end,
					  .probe_size = HV_VIRTIO_PROBE_SIZE,
					  .bypass = v->bypass };
	end(cur, v);
	n = off < sizeof(c) ? (unsigned)sizeof(c) - off : 0;
	memcpy(buf, (const uint8_t *)&c + off, n < len ? n : len);
	return 0;
}

/* ---- its life ---- */

static int check_config(struct hv_virtio_config *c)
{
	if (!c->features)
		c->features = FEATURES;
	if (!c->page_size_mask)
		c->page_size_mask = ~(uint64_t)(HV_PAGE_SIZE - 1);
	if (!c->input_start && !c->input_end)
		c->input_end = INPUT_END;
	if (!c->domain_start && !c->domain_end)
		c->domain_end = UINT32_MAX;
	if (!c->max_mappings)
		c->max_mappings = MAX_MAPPINGS;
	if ((c->features & ~(FEATURES | DRAFTS)) || (c->page_size_mask & (HV_PAGE_SIZE - 1)) ||
	    c->input_start > c->input_end || c->input_end > INPUT_END ||
	    c->domain_start > c->domain_end || c->reserved_start > c->reserved_end ||
	    c->port[0] >= HV_PORTS || c->port[1] >= HV_PORTS)
		return -EINVAL;
	return 0;
}

int hv_virtio_create(struct hv_domain *d, const struct hv_virtio_config *cfg)
{
	struct hv_vcpu *cur = &d->host->toolstack;
	struct hv_virtio_config c = *cfg;
	struct hv_viommu *v;
	int rc = hv_translated(d) ? check_config(&c) : -EINVAL;

	/* By the p2m the unit goes on its own, and a change of it tells the unit. */
	if (!rc && (c.features & VIRTIO_IOMMU_F_ATTACH_TABLE) && d->iommu.mode != HV_IOMMU_SHARED)
		rc = -EINVAL;
	/* Where its devices are, one interface says. */
	if (!rc && d->pvi.allowed)
		rc = -EINVAL;
	if (rc)
		return rc;
	hv_mutex_lock(&d->host->toolstack_lock);
	v = d->viommu ? NULL : hv_zalloc(cur, d, sizeof(*v));
	if (v) {
		v->d = d;
		v->cfg = c;
		hv_spin_init(&v->lock);
		d->device_fault = fault;
		d->viommu = v;
		reset(cur, v);
	} else {
		rc = d->viommu ? -EEXIST : -ENOMEM;
	}
	hv_mutex_unlock(&d->host->toolstack_lock);
	return rc;
}

void hv_virtio_dies(struct hv_vcpu *cur, struct hv_domain *d)
{
	struct hv_viommu *v = d->viommu;

	if (!v)
		return;
	v->cfg.blocked = true;
	reset(cur, v);
	d->device_fault = NULL;
	d->viommu = NULL;
	hv_free(cur, d, v, sizeof(*v));
}

void hv_virtio_stats(const struct hv_domain *d, struct hv_virtio_stats *out)
{
	*out = d->viommu ? d->viommu->stats : (struct hv_virtio_stats){ 0 };
}
