// SPDX-License-Identifier: GPL-2.0-only
/*
 * pv_iommu: a guest maps its memory for its devices by a hypercall, in IOMMU contexts of its own.
 *
 * Measures: pages mapped and unmapped in a context that a device is in, by one call or by one for each page; a context made,
 * a device moved into it, and it freed, which sends the device back. Does not measure: the guest's driver, nor a device.
 * Needs: a target with PV-IOMMU, which no Xen has.
 */
#include <errno.h>
#include <gnb/bench.h>

enum { MAP, UNMAP, ALLOC, ATTACH, FREE, TABLES };

#define LARGE 512u
#define DFN   (1ull << 27) /* above what any guest has; of context k so many times this */
#define MOST  1000u	   /* contexts */
#define STAYS 1u	   /* the device in the first context, and the one that is moved */
#define MOVES 2u

struct state {
	struct gnb_vcpu *v;
	struct gnb_context x;
	unsigned pages, each, contexts, *ctx;
};

static const struct gnb_param params[] = {
	GNB_CHOICE("interface", "pv-iommu-v7", "pv-iommu-v7", "the proposal of November 2025"),
	GNB_NUMBER("pages", "64", "1,8,64,256,512", "pages mapped, and unmapped", 1, LARGE),
	GNB_CHOICE("calls", "one", "one,each",
		   "all of them by one call, or each by a call of its own"),
	GNB_NUMBER("contexts", "16", "1,16,128", "of the guest, used in turn", 1, MOST - 1),
	GNB_CHOICE("entries", "4K", "4K,2M", "of a context; 2M is not in the proposal"),
	GNB_CHOICE("mapper", "translated", "translated,pv", "kind of the guest"),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [MAP] = GNB_COST("map", "ns/page"),
					     [UNMAP] = GNB_COST("unmap", "ns/page"),
					     [ALLOC] = GNB_COST("alloc_context", "ns/call"),
					     [ATTACH] = GNB_COST("reattach", "ns/call"),
					     [FREE] = GNB_COST("free_context", "ns/call"),
					     [TABLES] = GNB_EXACT_COST("tables", "bytes"),
					     { 0 } };

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	bool large = gnb_is(s, "entries", "2M");

	*why = gnb_target_lacks(s->t, GNB_OP_PV_IOMMU, GNB_PV_IOMMU_STATS);
	if (!*why && large && (gnb_u(s, "pages") != LARGE || gnb_is(s, "calls", "each")))
		*why = "an entry of 2 MiB is 512 pages, by one call";
	if (*why)
		return -EOPNOTSUPP;
	cfg->granter_pages = 2 * LARGE;
	cfg->pv_iommu = true;
	cfg->pv_iommu_large = large;
	return 0;
}

static long ask(struct gnb_side *s, enum gnb_pv_iommu_op op)
{
	struct state *st = s->priv;

	return s->t->operation(s->m, st->v, GNB_OP_PV_IOMMU, op, &st->x);
}

/* Pages of context k are mapped or unmapped. */
static long pages(struct gnb_side *s, enum gnb_pv_iommu_op op, unsigned k)
{
	struct state *st = s->priv;
	long rc = 0;

	st->x.ctx = st->ctx[k];
	st->x.n = st->each;
	for (unsigned i = 0; i < st->pages && !rc; i += st->each) {
		st->x.page = LARGE + i;
		st->x.dfn = DFN + i;
		rc = ask(s, op);
		rc = rc ? rc : st->x.n == st->each ? 0 : -EIO;
	}
	return rc;
}

static int setup(struct gnb_side *s)
{
	struct state *st = gnb_keep(s, sizeof(*st));
	long rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->v = s->t->vcpu(s->m, GNB_GRANTER, 0);
	st->pages = gnb_u(s, "pages");
	st->each = gnb_is(s, "calls", "one") ? st->pages : 1;
	st->contexts = gnb_u(s, "contexts");
	st->x.order = gnb_is(s, "entries", "2M") ? 9 : 0;
	st->ctx = gnb_keep(s, st->contexts * sizeof(*st->ctx));
	if (!st->ctx)
		return -ENOMEM;
	st->x.n = st->contexts + 1;
	rc = ask(s, GNB_PV_IOMMU_INIT);
	for (unsigned k = 0; k < st->contexts && !rc; k++) {
		rc = ask(s, GNB_PV_IOMMU_ALLOC);
		st->ctx[k] = st->x.ctx;
		/* Its tables are made once. */
		rc = rc ? rc : pages(s, GNB_PV_IOMMU_MAP, k);
		rc = rc ? rc : pages(s, GNB_PV_IOMMU_UNMAP, k);
	}
	st->x.ctx = st->ctx[0];
	st->x.dev = STAYS;
	rc = rc ? rc : ask(s, GNB_PV_IOMMU_REATTACH);
	return rc ? gnb_fail(s, (int)rc, "the guest's contexts: %ld", rc) : 0;
}

/* A context that comes and goes. */
static long come_and_go(struct gnb_side *s)
{
	struct state *st = s->priv;
	long rc;

	gnb_start(s, ALLOC);
	rc = ask(s, GNB_PV_IOMMU_ALLOC);
	gnb_stop(s, ALLOC, 1);
	st->x.dev = MOVES;
	gnb_start(s, ATTACH);
	rc = rc ? rc : ask(s, GNB_PV_IOMMU_REATTACH);
	gnb_stop(s, ATTACH, 1);
	gnb_start(s, FREE);
	rc = rc ? rc : ask(s, GNB_PV_IOMMU_FREE);
	gnb_stop(s, FREE, 1);
	return rc;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	long rc = 0;

	for (uint64_t i = 0; i < iters && !rc; i++) {
		unsigned k = (unsigned)(i % st->contexts);

		gnb_start(s, MAP);
		rc = pages(s, GNB_PV_IOMMU_MAP, k);
		gnb_stop(s, MAP, st->pages);
		gnb_start(s, UNMAP);
		rc = rc ? rc : pages(s, GNB_PV_IOMMU_UNMAP, k);
		gnb_stop(s, UNMAP, st->pages);
		rc = rc ? rc : come_and_go(s);
	}
	if (!rc)
		rc = ask(s, GNB_PV_IOMMU_STATS);
	gnb_set_exact(s, TABLES, (double)st->x.bytes);
	return rc ? gnb_fail(s, (int)rc, "an operation returned %ld", rc) : 0;
}

/* A device of the guest's reads what it should at page i, or reaches nothing there. */
static int look(struct gnb_side *s, unsigned dev, unsigned i, bool there)
{
	struct state *st = s->priv;
	uint64_t word = 0;
	long rc;

	st->x.dev = dev;
	st->x.dfn = DFN + i;
	st->x.word = &word;
	rc = ask(s, GNB_PV_IOMMU_DMA);
	if (rc != (there ? 0 : -EFAULT) ||
	    (there && word != *(uint64_t *)s->t->ram(s->m, LARGE + i)))
		return gnb_fail(s, -EIO, "device %u at page %u: %ld", dev, i, rc);
	return 0;
}

/* What is mapped the device in that context reaches, and no other; what was unmapped none does. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	long rc;
	int bad = 0;

	for (unsigned i = 0; i < st->pages; i++)
		*(uint64_t *)s->t->ram(s->m, LARGE + i) = 0x10b3aull + i;
	rc = pages(s, GNB_PV_IOMMU_MAP, 0);
	for (unsigned i = 0; i < st->pages && !rc && !bad; i++) {
		bad = look(s, STAYS, i, true);
		bad = bad ? bad : look(s, MOVES, i, false);
	}
	rc = rc || bad ? rc : pages(s, GNB_PV_IOMMU_UNMAP, 0);
	for (unsigned i = 0; i < st->pages && !rc && !bad; i++)
		bad = look(s, STAYS, i, false);
	return rc ? gnb_fail(s, (int)rc, "an operation returned %ld", rc) : bad;
}

static const char *const centres[] = { "calls=one", "calls=each", "pages=512;entries=2M", NULL };

static const struct gnb_bench pv_iommu = {
	.name = "pv_iommu",
	.summary = "a guest maps its memory for its devices, in IOMMU contexts of its own",
	.measures =
		"The hypercalls of pv-iommu v7, as proposed in November 2025: pages of the guest's mapped and "
		"unmapped in a context, a context made, a device moved into it, and its end. Whose work: the "
		"hypervisor's alone. An unmap's references go after one invalidation and wait.",
	.not_measured =
		"The guest's driver, and how long a unit takes to invalidate: how many there are is exact. No Xen "
		"has this; entries of 2M are in no proposal.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.iters = 16,
	.in_default = false,
	.centres = centres,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
};
GNB_BENCH(pv_iommu);
