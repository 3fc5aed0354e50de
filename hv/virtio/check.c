/* SPDX-License-Identifier: GPL-2.0-only */
/* What is true of a virtio-iommu, of an idle host. Entries are compared with mappings, both ways. */
#include <stdio.h>

#include "device.h"
#include "page.h"
#include "viommu.h"
#include "virtio.h"

struct look {
	const struct hv_viommu *v;
	const struct hv_vdomain *x;
	uint32_t *refs;
	uint64_t pinned;	 /* entries of all domains */
	uint64_t entries, pages; /* that the tables have, and that mappings say */
	const char *what;
	uint64_t dfn;
};

static int wrong(struct look *s, uint64_t dfn, const char *what)
{
	s->what = what;
	s->dfn = dfn;
	return 1;
}

static const struct hv_vmap *mapping_of(const struct hv_vdomain *x, uint64_t dfn)
{
	const struct hv_vmap *m = x->maps.root;

	while (m && (dfn < m->first || dfn > m->last))
		m = dfn < m->first ? m->left : m->right;
	return m;
}

static int entry(uint64_t dfn, unsigned order, uint64_t e, void *arg)
{
	struct look *s = arg;
	const struct hv_vmap *m = mapping_of(s->x, dfn);
	uint64_t mfn = hv_pte_mfn(e), n = 1ull << order;

	if (!m || dfn + n - 1 > m->last)
		return wrong(s, dfn, "has an entry that no mapping has");
	if (!(e & HV_PTE_WRITE) != !(m->flags & VIRTIO_IOMMU_MAP_WRITE))
		return wrong(s, dfn, "has not the right of its mapping");
	s->entries += n;
	for (uint64_t i = 0; i < n; i++) {
		if (hv_page(s->v->d->host, mfn + i)->owner != s->v->d)
			return wrong(s, dfn, "leads to what is not its domain's");
		s->refs[mfn + i]++;
	}
	return 0;
}

/* In order by address, and by rank from above: the way down is short enough to be recursive. */
static unsigned mappings(struct look *s, const struct hv_vmap *m, uint64_t from, uint64_t to)
{
	if (!m)
		return 0;
	if (m->first < from || m->last > to || m->first > m->last) {
		wrong(s, m->first, "has a mapping that overlaps");
		return 0;
	}
	if ((m->left && m->left->rank > m->rank) || (m->right && m->right->rank > m->rank))
		wrong(s, m->first, "is not in order");
	if (m->flags & (VIRTIO_IOMMU_MAP_READ | VIRTIO_IOMMU_MAP_WRITE))
		s->pages += m->last - m->first + 1;
	return 1 + (m->first ? mappings(s, m->left, from, m->first - 1) : 0) +
	       mappings(s, m->right, m->last + 1, to);
}

static const char *broken(const struct hv_viommu *v, unsigned nr_mappings, unsigned nr_domains)
{
	for (unsigned i = 0; i < HV_DEVICES; i++) {
		const struct hv_context *c = hv_device_context(v->d, i);

		if (v->of[i] && c != (v->of[i]->bypass ? NULL : &v->of[i]->context))
			return "an endpoint is not where its domain is";
		if (!v->of[i] && c && c != &v->d->nowhere)
			return "an endpoint is attached to nothing, and in a context";
	}
	if (v->nr_gone || v->gone_of)
		return "entries wait for an invalidation, and nobody is at work";
	if (nr_mappings != v->stats.mappings || nr_domains != v->stats.domains)
		return "mappings or domains are not as many as it counts";
	if (nr_mappings > v->cfg.max_mappings)
		return "there are more mappings than it may have";
	return NULL;
}

int hv_virtio_check(struct hv_domain *d, uint32_t *refs, char *why, size_t len)
{
	const struct hv_viommu *v = d->viommu;
	struct look s = { .v = v, .refs = refs };
	unsigned nr_mappings = 0, nr_domains = 0;
	const char *what;

	if (!v)
		return 0;
	for (unsigned i = 0; i < VIRTIO_IOMMU_QUEUES; i++)
		hv_vq_count(d->host, &v->vq[i], refs);
	for (s.x = v->domains; s.x && !s.what; s.x = s.x->next) {
		unsigned endpoints = 0;

		for (unsigned i = 0; i < HV_DEVICES; i++)
			endpoints += v->of[i] == s.x;
		nr_domains++;
		s.entries = s.pages = 0;
		nr_mappings += mappings(&s, s.x->maps.root, 0, HV_PT_MAX_INDEX);
		if (!s.x->bypass && !s.what)
			hv_pt_each(d->host, &s.x->context.pt, entry, &s);
		s.pinned += s.entries;
		if (!s.what && s.entries != s.pages)
			wrong(&s, 0, "has fewer entries than its mappings have pages");
		if (!s.what && (!endpoints || endpoints != s.x->endpoints))
			wrong(&s, 0, "counts other endpoints than are in it");
		if (s.what) {
			snprintf(why, len, "d%u virtio-iommu, domain %u: dfn %#lx %s", d->id,
				 s.x->id, (unsigned long)s.dfn, s.what);
			return -EUCLEAN;
		}
	}
	what = s.pinned == v->stats.pinned ? broken(v, nr_mappings, nr_domains)
					   : "pages are not as many as it counts";
	if (what)
		snprintf(why, len, "d%u virtio-iommu: %s", d->id, what);
	return what ? -EUCLEAN : 0;
}
