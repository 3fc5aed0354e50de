/* SPDX-License-Identifier: GPL-2.0-only */
/* Address spaces of a virtio-iommu: which endpoint is in which, and what is mapped. Status codes are the specification's. */
#include "device.h"
#include "page.h"
#include "viommu.h"

struct hv_vdomain *hv_vdomain_find(struct hv_viommu *v, uint32_t id)
{
	struct hv_vdomain *x = v->domains;

	while (x && x->id != id)
		x = x->next;
	return x;
}

/* ---- mappings ---- */

static struct hv_vmap *new_mapping(struct hv_vcpu *cur, struct hv_viommu *v)
{
	struct hv_vmap *m;

	if (v->stats.mappings == v->cfg.max_mappings && !hv_mutant(VIRTIO_NO_LIMIT))
		return NULL;
	m = hv_zalloc(cur, v->d, sizeof(*m));
	if (m)
		v->stats.mappings++;
	return m;
}

static void free_mapping(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vmap *m)
{
	if (!m)
		return;
	hv_free(cur, v->d, m, sizeof(*m));
	v->stats.mappings--;
}

/* The first one that has a page of these, or NULL. */
static struct hv_vmap *overlap(struct hv_vcpu *cur, const struct hv_vdomain *x, uint64_t first,
			       uint64_t last)
{
	struct hv_vmap *m = hv_vmaps_from(cur, &x->maps, first);

	return m && m->first <= last ? m : NULL;
}

/* Draft: pages first to last are cut out of a mapping; a part behind them takes *spare. */
static void cut(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x, struct hv_vmap *m,
		uint64_t first, uint64_t last, struct hv_vmap **spare)
{
	struct hv_vmap whole = *m, *behind = m;

	if (first < m->first)
		first = m->first;
	if (last > m->last)
		last = m->last;
	hv_vmaps_remove(cur, &x->maps, m);
	hv_vtables_take(cur, v, x, &whole, first, last);
	v->stats.replaced++;
	if (first > whole.first) {
		m->last = first - 1;
		hv_vmaps_add(cur, &x->maps, m);
		behind = NULL;
	}
	if (last < whole.last) {
		if (!behind) {
			behind = *spare;
			*spare = NULL;
		}
		behind->first = last + 1;
		behind->last = whole.last;
		behind->flags = whole.flags;
		behind->gfn = whole.gfn + (behind->first - whole.first);
		hv_vmaps_add(cur, &x->maps, behind);
	} else if (behind) {
		free_mapping(cur, v, behind);
	}
}

static unsigned cut_all(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x,
			uint64_t first, uint64_t last)
{
	struct hv_vmap *m = overlap(cur, x, first, last), *spare = NULL;

	/* Only of one that has more on both sides two are made. */
	if (m && m->first < first && m->last > last) {
		spare = new_mapping(cur, v);
		if (!spare)
			return VIRTIO_IOMMU_S_NOMEM;
	}
	while ((m = overlap(cur, x, first, last)))
		cut(cur, v, x, m, first, last, &spare);
	free_mapping(cur, v, spare);
	return VIRTIO_IOMMU_S_OK;
}

/* Of a range where something is mapped already. OK: the caller goes on; what is kept says *done. */
static unsigned make_room(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x,
			  const struct hv_vmap *new, bool *done)
{
	const struct hv_vmap *m = overlap(cur, x, new->first, new->last);
	unsigned status;

	if (!m || hv_mutant(VIRTIO_MAP_OVERLAPS))
		return VIRTIO_IOMMU_S_OK;
	if (!(v->features & VIRTIO_IOMMU_F_RELAXED))
		return VIRTIO_IOMMU_S_INVAL;
	if (m->first == new->first && m->last == new->last && m->gfn == new->gfn &&
	    m->flags == new->flags) {
		v->stats.kept++;
		*done = true;
		return VIRTIO_IOMMU_S_OK;
	}
	status = cut_all(cur, v, x, new->first, new->last);
	/* Tables first, then what was there before is let go: no new entry is behind an old one of the IOTLB. */
	hv_vtables_settle(cur, v);
	return status;
}

unsigned hv_vdomain_map(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x,
			uint64_t first, uint64_t last, uint64_t gfn, uint32_t flags)
{
	struct hv_vmap *m = new_mapping(cur, v);
	bool done = false;
	unsigned status;

	if (!m) {
		/* What would be refused with memory is refused for that. */
		if (overlap(cur, x, first, last) && !(v->features & VIRTIO_IOMMU_F_RELAXED))
			return VIRTIO_IOMMU_S_INVAL;
		return VIRTIO_IOMMU_S_NOMEM;
	}
	m->first = first;
	m->last = last;
	m->gfn = gfn;
	m->flags = flags;
	status = make_room(cur, v, x, m, &done);
	if (!status && !done)
		status = hv_vtables_enter(cur, v, x, m);
	if (status || done)
		free_mapping(cur, v, m);
	else
		hv_vmaps_add(cur, &x->maps, m);
	return status;
}

/* Is a part of a mapping in the range, and a part of it not? Those in between are whole. */
static bool parts_one(struct hv_vcpu *cur, const struct hv_vdomain *x, uint64_t first,
		      uint64_t last)
{
	const struct hv_vmap *m = overlap(cur, x, first, last);

	if (m && m->first < first)
		return true;
	m = hv_vmaps_from(cur, &x->maps, last);
	return m && m->first <= last && m->last > last;
}

unsigned hv_vdomain_unmap(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x,
			  uint64_t first, uint64_t last)
{
	struct hv_vmap *m;

	if (v->features & VIRTIO_IOMMU_F_RELAXED)
		return cut_all(cur, v, x, first, last);
	if (!hv_mutant(VIRTIO_UNMAP_PARTS) && parts_one(cur, x, first, last))
		return VIRTIO_IOMMU_S_RANGE;
	while ((m = overlap(cur, x, first, last))) {
		if (m->first < first || m->last > last)
			return VIRTIO_IOMMU_S_RANGE;
		hv_vmaps_remove(cur, &x->maps, m);
		hv_vtables_take(cur, v, x, m, m->first, m->last);
		free_mapping(cur, v, m);
	}
	return VIRTIO_IOMMU_S_OK;
}

/* ---- endpoints ---- */

/* Where an endpoint is that is attached to nothing. */
static struct hv_context *unattached(struct hv_viommu *v)
{
	bool bypass = v->bypass;

	if ((v->status & VIRTIO_DRIVER_OK) && !(v->features & VIRTIO_IOMMU_F_BYPASS_CONFIG))
		bypass = v->features & VIRTIO_IOMMU_F_BYPASS;
	return bypass ? NULL : &v->d->nowhere;
}

void hv_vdomain_place(struct hv_vcpu *cur, struct hv_viommu *v)
{
	for (unsigned i = 0; i < HV_DEVICES; i++)
		if (!v->of[i])
			hv_device_attach(cur, v->d, i, unattached(v));
}

static struct hv_vdomain *new_domain(struct hv_vcpu *cur, struct hv_viommu *v, uint32_t id,
				     enum hv_vdomain_kind kind, uint64_t root)
{
	bool bypass = kind == HV_VDOMAIN_BYPASS;
	struct hv_vdomain *x = hv_zalloc(cur, v->d, sizeof(*x));

	if (!x)
		return NULL;
	x->id = id;
	x->bypass = bypass;
	x->maps.seed = v->d->host->cfg.seed;
	if (!bypass && hv_context_init(cur, &x->context, v->d)) {
		hv_free(cur, v->d, x, sizeof(*x));
		return NULL;
	}
	if (kind == HV_VDOMAIN_TABLE)
		hv_vtable_init(x, root);
	x->next = v->domains;
	v->domains = x;
	v->stats.domains++;
	return x;
}

/* No endpoint is in it: it is no more. */
static void end_domain(struct hv_vcpu *cur, struct hv_viommu *v, struct hv_vdomain *x)
{
	struct hv_vdomain **p = &v->domains;
	struct hv_vmap *m;

	while (*p != x)
		p = &(*p)->next;
	*p = x->next;
	while ((m = x->maps.root)) {
		hv_vmaps_remove(cur, &x->maps, m);
		hv_vtables_take(cur, v, x, m, m->first, m->last);
		free_mapping(cur, v, m);
	}
	hv_vtables_settle(cur, v);
	if (!x->bypass)
		hv_context_free(cur, &x->context);
	hv_free(cur, v->d, x, sizeof(*x));
	v->stats.domains--;
}

static void move(struct hv_vcpu *cur, struct hv_viommu *v, unsigned endpoint, struct hv_vdomain *x)
{
	struct hv_vdomain *old = v->of[endpoint];

	/* Nobody waits for what is in a domain that may end here. */
	hv_vtables_settle(cur, v);
	v->of[endpoint] = x;
	if (x)
		x->endpoints++;
	hv_device_attach(cur, v->d, endpoint, !x ? unattached(v) : x->bypass ? NULL : &x->context);
	if (old && !hv_mutant(VIRTIO_ATTACHED_TWICE) && !--old->endpoints)
		end_domain(cur, v, old);
}

unsigned hv_vdomain_attach(struct hv_vcpu *cur, struct hv_viommu *v, uint32_t id, unsigned endpoint,
			   enum hv_vdomain_kind kind, uint64_t root)
{
	struct hv_vdomain *x = hv_vdomain_find(v, id);

	if (x &&
	    (x->bypass != (kind == HV_VDOMAIN_BYPASS) || x->table != (kind == HV_VDOMAIN_TABLE)))
		return VIRTIO_IOMMU_S_INVAL;
	if (!x)
		x = new_domain(cur, v, id, kind, root);
	if (!x)
		return VIRTIO_IOMMU_S_NOMEM;
	if (v->of[endpoint] != x)
		move(cur, v, endpoint, x);
	return VIRTIO_IOMMU_S_OK;
}

unsigned hv_vdomain_detach(struct hv_vcpu *cur, struct hv_viommu *v, uint32_t id, unsigned endpoint)
{
	if (!v->of[endpoint] || v->of[endpoint]->id != id)
		return VIRTIO_IOMMU_S_INVAL;
	move(cur, v, endpoint, NULL);
	return VIRTIO_IOMMU_S_OK;
}

void hv_vdomain_end_all(struct hv_vcpu *cur, struct hv_viommu *v)
{
	for (unsigned i = 0; i < HV_DEVICES; i++)
		if (v->of[i])
			move(cur, v, i, NULL);
}
