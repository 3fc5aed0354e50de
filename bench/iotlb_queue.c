// SPDX-License-Identifier: GPL-2.0-only
/*
 * iotlb_queue: when a device is made to forget what was unmapped, and what waiting with it costs.
 *
 * Measures: unmapping ranges from the IOMMU with the invalidations of a policy: one and its wait for each page (queue
 * 0: strict), for each range (1: per call), or one of the whole domain when a number of ranges wait for it (2 and
 * more: deferred). By one or more vCPUs on one unit, on ranges of one size or mixed ones, aligned or not. And, exactly,
 * the stale window that waiting leaves open: unmaps until an unmapped range is out of the device's reach, and bytes
 * within reach at once. Does not measure: a device's time. That comes from its maker: scripts/iotlb-costs makes
 * break-even points of it and of the exact counts. Needs: as many cores as threads.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gnb/device.h>

enum { UNMAP, WINDOW, EXPOSED };

struct state {
	struct gnb_vcpu *v[GNB_THREADS_MAX];
	struct gnb_ranges ranges;
	unsigned threads;
};

static const struct gnb_param params[] = {
	GNB_NUMBER("queue", "1", "0,1,16,64,256",
		   "ranges that wait for one invalidation: 1 each has its own, 0 each page has", 0,
		   GNB_RANGE_QUEUE_MAX),
	GNB_NUMBER("pages", "8", "1,8,64,512", "length of a range", 1, GNB_RANGE_PAGES_MAX),
	GNB_CHOICE(
		"shape", "even", "even,unaligned,mixed",
		"ranges aligned to their size, or one page off, or of that size, a half, a quarter, an eighth in turn"),
	GNB_NUMBER("threads", "1", gnb_threads_sweep, "vCPUs that unmap at once, on one unit", 1,
		   64),
	GNB_NUMBER("order", "0", NULL, "largest piece: 0 is 4K, 9 is 2M, 18 is 1G", 0, 18),
	GNB_CHOICE("iommu", "strict", "strict", "separate tables"),
	GNB_CHOICE("mapper", "translated", "translated,pv",
		   "kind of the domain that owns the device"),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [UNMAP] = GNB_COST("unmap", "ns/range"),
					     [WINDOW] = GNB_EXACT_COST("window", "unmaps"),
					     [EXPOSED] = GNB_EXACT_COST("exposed", "bytes"),
					     { 0 } };

static const char *refusal(struct gnb_side *s, unsigned threads)
{
	struct gnb_ranges ranges;

	if (!s->t->iommu_unmap_later)
		return "a guest of this hypervisor has no direct IOMMU operations";
	if (threads > gnb_cores())
		return "more threads than cores are allowed here";
	if (threads > 1 && s->clock->exact)
		return "an emulator with an instruction clock runs one vCPU at a time";
	return gnb_ranges_init(&ranges, s, threads);
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	cfg->iommu_direct = true;
	cfg->own_pages = gnb_u(s, "pages");
	cfg->vcpus[GNB_MAPPER] = gnb_u(s, "threads");
	*why = refusal(s, cfg->vcpus[GNB_MAPPER]);
	return *why ? -EOPNOTSUPP : 0;
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->threads = (unsigned)gnb_u(s, "threads");
	gnb_ranges_init(&st->ranges, s, st->threads);
	for (unsigned i = 0; i < st->threads; i++)
		st->v[i] = s->t->vcpu(s->m, GNB_MAPPER, i);
	return 0;
}

static int worker(struct gnb_side *s, unsigned i, void *arg)
{
	const struct state *st = arg;
	int rc = 0;

	for (unsigned k = 0; k < st->ranges.each && !rc; k++)
		rc = gnb_range_unmap(&st->ranges, s, st->v[i], i, k);
	s->thread_ops[i] += st->ranges.each;
	return rc;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	uint64_t window, exposed;
	int rc = 0;

	for (uint64_t n = 0; n < iters && !rc; n++) {
		for (unsigned i = 0; i < st->threads; i++)
			for (unsigned k = 0; k < st->ranges.each && !rc; k++)
				rc = gnb_range_map(&st->ranges, s, st->v[i], i, k);
		if (!rc)
			rc = gnb_threads_span(s, UNMAP, st->threads, worker, st);
	}
	s->t->iommu_stale(s->m, &window, &exposed);
	gnb_set_exact(s, WINDOW, (double)window);
	gnb_set_exact(s, EXPOSED, (double)exposed);
	return rc < 0 ? gnb_fail(s, rc, "an IOMMU operation returned %d", rc) : rc;
}

/* The device reaches a range that is mapped; one that was unmapped only while it waits in a queue. */
static int verify(struct gnb_side *s)
{
	const struct state *st = s->priv;
	const struct gnb_ranges *r = &st->ranges;
	uint64_t word = 0x1070b, back = 0;
	uint64_t last = gnb_range_dfn(r, 0, 0) + gnb_range_pages(r, 0) - 1;
	bool waits = r->queue > 1;
	int rc = gnb_range_map(r, s, st->v[0], 0, 0);

	memcpy(s->t->own_ram(s->m, r->pages - 1), &word, sizeof(word));
	if (rc || s->t->dma(s->m, last, 0, &back, sizeof(back), false) || back != word)
		return gnb_fail(s, -EIO, "the device does not reach the mapped range (%d)", rc);
	rc = gnb_range_unmap(r, s, st->v[0], 0, 0);
	if (rc)
		return gnb_fail(s, rc, "unmapping returned %d", rc);
	if (!s->t->dma(s->m, last, 0, &back, sizeof(back), false) != waits)
		return gnb_fail(s, -EIO, "an unmapped range is %s reach", waits ? "not in" : "in");
	rc = s->t->iommu_settle(st->v[0]);
	if (rc || !s->t->dma(s->m, last, 0, &back, sizeof(back), false))
		return gnb_fail(s, -EIO, "a range is in reach after its invalidation (%d)", rc);
	return 0;
}

static void teardown(struct gnb_side *s)
{
	free(s->priv);
}

static const char *const centres[] = { "queue=1", "queue=0", "queue=256", NULL };

static const struct gnb_bench iotlb_queue = {
	.name = "iotlb_queue",
	.summary = "unmap from the IOMMU, and invalidate at once or later",
	.measures = "Taking ranges out of an IOMMU's tables with the invalidations that a policy "
		    "asks for: one per page, one per range, or one for many ranges that wait for "
		    "it; by one or more vCPUs. And the stale window that waiting leaves open, "
		    "exactly: in unmaps, and in bytes that the device still reaches.",
	.not_measured = "The time of a real device's invalidation, and the misses that follow one. "
			"The number of invalidations and waits is exact, their time is not a "
			"hardware's.",
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
GNB_BENCH(iotlb_queue);
