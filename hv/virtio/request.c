/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Requests of a virtio-iommu's driver: read once, judged in the order of the specification (virtio 1.2, 5.13.6), done, answered.
 * Who sends what is no request gets a used length of 0, and the device goes on.
 */
#include "page.h"
#include "viommu.h"

union request {
	struct virtio_iommu_head head;
	struct virtio_iommu_attach attach;
	struct virtio_iommu_detach detach;
	struct virtio_iommu_map map;
	struct virtio_iommu_unmap unmap;
	struct virtio_iommu_probe probe;
	struct virtio_iommu_attach_table table;
	struct virtio_iommu_invalidate invalidate;
};

static bool zero(const uint8_t *p, size_t n)
{
	while (n)
		if (p[--n])
			return false;
	return true;
}

static unsigned attach(struct hv_vcpu *cur, struct hv_viommu *v,
		       const struct virtio_iommu_attach *r)
{
	bool bypass = r->flags & VIRTIO_IOMMU_ATTACH_BYPASS;

	if (r->endpoint >= HV_DEVICES)
		return VIRTIO_IOMMU_S_NOENT;
	if (!zero(r->reserved, sizeof(r->reserved)) || (r->flags & ~VIRTIO_IOMMU_ATTACH_BYPASS) ||
	    (bypass && !(v->features & VIRTIO_IOMMU_F_BYPASS_CONFIG)) ||
	    r->domain < v->cfg.domain_start || r->domain > v->cfg.domain_end)
		return VIRTIO_IOMMU_S_INVAL;
	return hv_vdomain_attach(cur, v, r->domain, r->endpoint,
				 bypass ? HV_VDOMAIN_BYPASS : HV_VDOMAIN_MAPPED, 0);
}

static unsigned attach_table(struct hv_vcpu *cur, struct hv_viommu *v,
			     const struct virtio_iommu_attach_table *r)
{
	struct hv_vdomain *x;
	unsigned status;

	if (r->endpoint >= HV_DEVICES)
		return VIRTIO_IOMMU_S_NOENT;
	if (!zero(r->reserved, sizeof(r->reserved)) || !zero(r->reserved2, sizeof(r->reserved2)) ||
	    r->domain < v->cfg.domain_start || r->domain > v->cfg.domain_end)
		return VIRTIO_IOMMU_S_INVAL;
	status = hv_vtable_good(r);
	x = hv_vdomain_find(v, r->domain);
	if (!status && x && x->root != r->root)
		status = VIRTIO_IOMMU_S_INVAL;
	return status ? status
		      : hv_vdomain_attach(cur, v, r->domain, r->endpoint, HV_VDOMAIN_TABLE,
					  r->root);
}

static unsigned invalidate(struct hv_vcpu *cur, struct hv_viommu *v,
			   const struct virtio_iommu_invalidate *r)
{
	struct hv_vdomain *x = hv_vdomain_find(v, r->domain);

	if (!zero(r->reserved, sizeof(r->reserved)) || r->pasid)
		return VIRTIO_IOMMU_S_INVAL;
	return x ? hv_vtable_invalidate(cur, v, x, r) : VIRTIO_IOMMU_S_NOENT;
}

static unsigned detach(struct hv_vcpu *cur, struct hv_viommu *v,
		       const struct virtio_iommu_detach *r)
{
	if (r->endpoint >= HV_DEVICES)
		return VIRTIO_IOMMU_S_NOENT;
	if (!zero(r->reserved, sizeof(r->reserved)))
		return VIRTIO_IOMMU_S_INVAL;
	return hv_vdomain_detach(cur, v, r->domain, r->endpoint);
}

/* The domain of a MAP or an UNMAP. */
static unsigned mapped_domain(struct hv_viommu *v, uint32_t id, struct hv_vdomain **x)
{
	*x = hv_vdomain_find(v, id);
	if (!*x)
		return VIRTIO_IOMMU_S_NOENT;
	return (*x)->bypass || (*x)->table ? VIRTIO_IOMMU_S_INVAL : VIRTIO_IOMMU_S_OK;
}

/* Is a range of whole pages, the last byte included, where the device translates? */
static bool in_range(const struct hv_viommu *v, uint64_t start, uint64_t end)
{
	uint64_t in = (v->cfg.page_size_mask & -v->cfg.page_size_mask) - 1;

	return start <= end && start >= v->cfg.input_start && end <= v->cfg.input_end &&
	       !(start & in) && !((end + 1) & in);
}

static unsigned map(struct hv_vcpu *cur, struct hv_viommu *v, const struct virtio_iommu_map *r)
{
	uint64_t in = (v->cfg.page_size_mask & -v->cfg.page_size_mask) - 1;
	struct hv_vdomain *x;
	unsigned status = mapped_domain(v, r->domain, &x);

	if (status)
		return status;
	/* A device's memory cannot be mapped here: that feature is not offered. */
	if (r->flags & ~(VIRTIO_IOMMU_MAP_READ | VIRTIO_IOMMU_MAP_WRITE))
		return VIRTIO_IOMMU_S_INVAL;
	if (!in_range(v, r->virt_start, r->virt_end) || (r->phys_start & in))
		return VIRTIO_IOMMU_S_RANGE;
	if (v->cfg.reserved_end && r->virt_start <= v->cfg.reserved_end &&
	    r->virt_end >= v->cfg.reserved_start)
		return VIRTIO_IOMMU_S_INVAL;
	if (r->phys_start >> 48 || (r->virt_end - r->virt_start) >> 48)
		return VIRTIO_IOMMU_S_FAULT;
	return hv_vdomain_map(cur, v, x, r->virt_start >> HV_PAGE_SHIFT,
			      r->virt_end >> HV_PAGE_SHIFT, r->phys_start >> HV_PAGE_SHIFT,
			      r->flags);
}

static unsigned unmap(struct hv_vcpu *cur, struct hv_viommu *v, const struct virtio_iommu_unmap *r)
{
	struct hv_vdomain *x;
	unsigned status = mapped_domain(v, r->domain, &x);

	if (status)
		return status;
	if (!zero(r->reserved, sizeof(r->reserved)))
		return VIRTIO_IOMMU_S_INVAL;
	if (!in_range(v, r->virt_start, r->virt_end))
		return VIRTIO_IOMMU_S_RANGE;
	return hv_vdomain_unmap(cur, v, x, r->virt_start >> HV_PAGE_SHIFT,
				r->virt_end >> HV_PAGE_SHIFT);
}

/* ---- PROBE, whose answer lies before the tail ---- */

static uint32_t probe_size(const struct hv_viommu *v)
{
	return v->features & VIRTIO_IOMMU_F_PROBE ? HV_VIRTIO_PROBE_SIZE : 0;
}

static int properties(struct hv_vcpu *cur, struct hv_viommu *v, const struct hv_vq_chain *c,
		      const struct virtio_iommu_probe *r, unsigned *status)
{
	uint8_t out[HV_VIRTIO_PROBE_SIZE] = { 0 };
	struct virtio_iommu_resv_mem m = { .type = VIRTIO_IOMMU_PROBE_RESV_MEM,
					   .length = sizeof(m) - 4,
					   .subtype = VIRTIO_IOMMU_RESV_MSI,
					   .start = v->cfg.reserved_start,
					   .end = v->cfg.reserved_end };
	struct virtio_iommu_probe_table t = { .type = VIRTIO_IOMMU_PROBE_TABLE,
					      .length = sizeof(t) - 4,
					      .format = VIRTIO_IOMMU_TABLE_INTEL,
					      .levels = HV_PT_LEVELS,
					      .page_sizes = 1ull << 12 | 1ull << 21 | 1ull << 30 };
	unsigned used = 0;

	*status = VIRTIO_IOMMU_S_OK;
	if (r->endpoint >= HV_DEVICES)
		*status = VIRTIO_IOMMU_S_NOENT;
	else if (!zero(r->reserved, sizeof(r->reserved)))
		*status = VIRTIO_IOMMU_S_INVAL;
	if (!*status && v->cfg.reserved_end) {
		memcpy(out, &m, sizeof(m));
		used = sizeof(m);
	}
	if (!*status && (v->features & VIRTIO_IOMMU_F_ATTACH_TABLE))
		memcpy(out + used, &t, sizeof(t));
	return hv_vq_write(cur, v->d, c, 0, out, sizeof(out));
}

/* ---- all of them ---- */

static unsigned size_of(const struct hv_viommu *v, uint8_t type)
{
	bool tables = v->features & VIRTIO_IOMMU_F_ATTACH_TABLE;

	switch (type) {
	case VIRTIO_IOMMU_T_ATTACH:
		return sizeof(struct virtio_iommu_attach);
	case VIRTIO_IOMMU_T_DETACH:
		return sizeof(struct virtio_iommu_detach);
	case VIRTIO_IOMMU_T_MAP:
		return v->features & VIRTIO_IOMMU_F_MAP_UNMAP ? sizeof(struct virtio_iommu_map) : 0;
	case VIRTIO_IOMMU_T_UNMAP:
		return v->features & VIRTIO_IOMMU_F_MAP_UNMAP ? sizeof(struct virtio_iommu_unmap)
							      : 0;
	case VIRTIO_IOMMU_T_PROBE:
		return probe_size(v) ? sizeof(struct virtio_iommu_probe) : 0;
	case VIRTIO_IOMMU_T_ATTACH_TABLE:
		return tables ? sizeof(struct virtio_iommu_attach_table) : 0;
	case VIRTIO_IOMMU_T_INVALIDATE:
		return tables ? sizeof(struct virtio_iommu_invalidate) : 0;
	}
	return 0;
}

static unsigned answer(struct hv_vcpu *cur, struct hv_viommu *v, const union request *r)
{
	switch (r->head.type) {
	case VIRTIO_IOMMU_T_ATTACH:
		return attach(cur, v, &r->attach);
	case VIRTIO_IOMMU_T_DETACH:
		return detach(cur, v, &r->detach);
	case VIRTIO_IOMMU_T_MAP:
		cur->count.vq_maps++;
		return map(cur, v, &r->map);
	case VIRTIO_IOMMU_T_ATTACH_TABLE:
		return attach_table(cur, v, &r->table);
	case VIRTIO_IOMMU_T_INVALIDATE:
		return invalidate(cur, v, &r->invalidate);
	default:
		cur->count.vq_unmaps++;
		return unmap(cur, v, &r->unmap);
	}
}

uint32_t hv_virtio_request(struct hv_vcpu *cur, struct hv_viommu *v, const struct hv_vq_chain *c)
{
	struct virtio_iommu_tail tail = { 0 };
	unsigned size, status, before = 0;
	union request r;

	if (c->broken || c->in < sizeof(r.head) ||
	    hv_vq_read(cur, v->d, c, 0, &r.head, sizeof(r.head)))
		return 0;
	size = size_of(v, r.head.type);
	if (r.head.type == VIRTIO_IOMMU_T_PROBE)
		before = probe_size(v);
	if (!size || c->in < size || c->out < before + sizeof(tail))
		return 0;
	/* The head is not read again: it was believed. */
	if (hv_vq_read(cur, v->d, c, sizeof(r.head), (uint8_t *)&r + sizeof(r.head),
		       size - (unsigned)sizeof(r.head)))
		return 0;
	if (before) {
		if (properties(cur, v, c, &r.probe, &status))
			return 0;
	} else {
		status = answer(cur, v, &r);
	}
	tail.status = (uint8_t)status;
	v->stats.answered[status]++;
	if (hv_vq_write(cur, v->d, c, before, &tail, sizeof(tail)))
		return 0;
	return before + (uint32_t)sizeof(tail);
}
