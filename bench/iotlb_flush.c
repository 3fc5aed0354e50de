// SPDX-License-Identifier: GPL-2.0-only
/*
 * iotlb_flush: what it costs to make a device forget a range.
 *
 * Measures: writing the IOMMU's entries for a range (4K, 2M or 1G pieces), clearing them, and the
 * invalidation of the range: one descriptor and wait per page, one for the range, or one for the
 * whole domain. With shared tables nothing is mapped: only the invalidation is measured. Per call
 * on a range. Does not measure: a device. The modelled unit serves its queue at once, in the thread
 * that waits; the counts of invalidations and waits are what carries over, the time is not. Needs:
 * nothing special.
 */
#include <gnb/bench.h>
#include <gnb/grant.h>

enum { MAP, UNMAP, FLUSH };

#define BASE	  (1ull << 27) /* above all RAM and mappings of the guest; 1 GiB aligned */
#define PAGES_MAX (1u << 18)

struct state {
	struct gnb_vcpu *v;
	uint64_t dfn;
	unsigned pages, order, scope;
	bool direct; /* tables of its own */
};

static const struct gnb_param params[] = {
	GNB_NUMBER("pages", "512", "1,8,64,512", "length of the range", 1, PAGES_MAX),
	GNB_CHOICE("scope", "range", "page,range,domain", "what one invalidation covers"),
	GNB_NUMBER("order", "0", "0,9", "largest piece: 0 is 4K, 9 is 2M, 18 is 1G", 0, 18),
	GNB_CHOICE("iommu", "strict", "strict,shared",
		   "separate tables, or the p2m shared with the IOMMU"),
	GNB_CHOICE("mapper", "translated", "translated,pv",
		   "kind of the domain that owns the device"),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [MAP] = GNB_COST("map", "ns/range"),
					     [UNMAP] = GNB_COST("unmap", "ns/range"),
					     [FLUSH] = GNB_COST("flush", "ns/range"),
					     { 0 } };

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned long pages = gnb_u(s, "pages"), order = gnb_u(s, "order");

	cfg->iommu_direct = cfg->iommu != GNB_IOMMU_SHARED;
	if (!s->t->iommu_flush) {
		*why = "a guest of this hypervisor has no direct IOMMU operations";
		return -EOPNOTSUPP;
	}
	if (order != 0 && order != 9 && order != 18) {
		*why = "order is 0, 9 or 18";
		return -EOPNOTSUPP;
	}
	if (order && cfg->iommu == GNB_IOMMU_SHARED) {
		*why = "nothing is mapped into shared tables here, so there is no size of pieces";
		return -EOPNOTSUPP;
	}
	cfg->own_pages = pages;
	return 0;
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	const char *scope = gnb_s(s, "scope");

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->v = s->t->vcpu(s->m, GNB_MAPPER, 0);
	st->direct = strcmp(gnb_s(s, "iommu"), "shared") != 0;
	/* With shared tables a device uses guest frames: the RAM itself. */
	st->dfn = st->direct ? BASE : 0;
	st->pages = gnb_u(s, "pages");
	st->order = gnb_u(s, "order");
	st->scope = !strcmp(scope, "page") ? 0 : !strcmp(scope, "range") ? 1 : 2;
	return 0;
}

static int map(struct gnb_side *s)
{
	struct state *st = s->priv;

	return st->direct ? s->t->iommu_map(st->v, st->dfn, st->pages, st->order) : 0;
}

static int unmap(struct gnb_side *s)
{
	struct state *st = s->priv;

	return st->direct ? s->t->iommu_unmap(st->v, st->dfn, st->pages) : 0;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	int rc = 0;

	for (uint64_t n = 0; n < iters && !rc; n++) {
		if (st->direct) {
			gnb_start(s, MAP);
			rc = map(s);
			gnb_stop(s, MAP, 1);
			if (rc)
				break;
			gnb_start(s, UNMAP);
			rc = unmap(s);
			gnb_stop(s, UNMAP, 1);
			if (rc)
				break;
		}
		gnb_start(s, FLUSH);
		rc = s->t->iommu_flush(st->v, st->dfn, st->pages, st->scope);
		gnb_stop(s, FLUSH, 1);
	}
	return rc ? gnb_fail(s, rc, "an IOMMU operation returned %d", rc) : 0;
}

/*
 * The device reaches the range while it is mapped, and still does after the entries were cleared,
 * from its IOTLB; after the invalidation it does not. That middle step proves that the flush is
 * what matters.
 */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	uint64_t word = 0x1070b, back = 0, first = st->dfn, last = st->dfn + st->pages - 1;
	int rc = map(s);

	if (rc)
		return gnb_fail(s, rc, "mapping returned %d", rc);
	memcpy(s->t->own_ram(s->m, 0), &word, sizeof(word));
	if (s->t->dma(s->m, first, 0, &back, sizeof(back), false) || back != word ||
	    s->t->dma(s->m, last, 0, &back, sizeof(back), true))
		return gnb_fail(s, -EIO, "the device does not reach the mapped range");
	if (!st->direct)
		return 0;
	rc = unmap(s);
	if (!rc && s->t->dma(s->m, last, 0, &back, sizeof(back), false))
		return gnb_fail(s, -EIO, "the IOTLB forgot an entry that nobody invalidated");
	if (!rc)
		rc = s->t->iommu_flush(st->v, st->dfn, st->pages, st->scope);
	if (rc)
		return gnb_fail(s, rc, "unmap and flush returned %d", rc);
	if (!s->t->dma(s->m, first, 0, &back, sizeof(back), false) ||
	    !s->t->dma(s->m, last, 0, &back, sizeof(back), false))
		return gnb_fail(s, -EIO, "the device reaches the range after the flush");
	return 0;
}

static void teardown(struct gnb_side *s)
{
	free(s->priv);
}

static const char *const centres[] = { "scope=range", "scope=page", "scope=domain", NULL };

static const struct gnb_bench iotlb_flush = {
	.name = "iotlb_flush",
	.summary = "map, unmap and invalidate a range in the IOMMU",
	.measures = "Invalidating an IOMMU's cached translations: one page at a time, a batch, a "
		    "range, or a whole domain, with and without superpages, with tables shared "
		    "with the p2m or separate.",
	.not_measured = "The time of a real device's invalidation, and the misses that follow "
			"one. The invalidation queue and its waits are modelled; their number is "
			"exact, their time is not a hardware's.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.in_default = true,
	.centres = centres,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
GNB_BENCH(iotlb_flush);
