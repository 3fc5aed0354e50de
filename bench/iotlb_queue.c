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
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <gnb/bench.h>

enum { UNMAP, WINDOW, EXPOSED };

#define BASE	   (1ull << 27) /* above all RAM and mappings of the guest; 1 GiB aligned */
#define RANGES	   64 /* of a thread in an iteration, where none waits; fewer if they are long */
#define PAGES_MAX  (1u << 18)
#define LONG_PAGES (1u << 16)
#define QUEUE_MAX  4096
#define TABLES_MAX 14000 /* that the space of all ranges would have; half of it is mapped at most */

struct worker {
	struct gnb_vcpu *v;
	uint64_t t0, t1;
} __attribute__((aligned(128)));

struct state {
	struct worker w[GNB_THREADS_MAX];
	unsigned threads, pages, order, queue, ranges, offset;
	uint64_t slot; /* from range to range */
	bool mixed;
};

static char threads_sweep[32] = "1,2";

__attribute__((constructor)) static void find_threads(void)
{
	size_t at = strlen(threads_sweep);
	cpu_set_t set;
	int cores = sched_getaffinity(0, sizeof(set), &set) ? 2 : CPU_COUNT(&set);

	for (int n = 4; n <= cores && n <= 16; n *= 2)
		at += (size_t)snprintf(threads_sweep + at, sizeof(threads_sweep) - at, ",%d", n);
}

static const struct gnb_param params[] = {
	GNB_NUMBER("queue", "1", "0,1,16,64,256",
		   "ranges that wait for one invalidation: 1 each has its own, 0 each page has", 0,
		   QUEUE_MAX),
	GNB_NUMBER("pages", "8", "1,8,64,512", "length of a range", 1, PAGES_MAX),
	GNB_CHOICE(
		"shape", "even", "even,unaligned,mixed",
		"ranges aligned to their size, or one page off, or of that size, a half, a quarter, an eighth in turn"),
	GNB_NUMBER("threads", "1", threads_sweep, "vCPUs that unmap at once, on one unit", 1, 64),
	GNB_NUMBER("order", "0", NULL, "largest piece: 0 is 4K, 9 is 2M, 18 is 1G", 0, 18),
	GNB_CHOICE("iommu", "strict", "strict", "separate tables"),
	GNB_CHOICE("mapper", "translated", "translated,pv",
		   "kind of the domain that owns the device"),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [UNMAP] = { .name = "unmap",
							 .unit = "ns/range",
							 .better = GNB_LOWER,
							 .work = GNB_WORK_NO_GRANTS },
					     [WINDOW] = { .name = "window",
							  .unit = "unmaps",
							  .better = GNB_LOWER,
							  .work = GNB_WORK_NO_GRANTS,
							  .exact = true },
					     [EXPOSED] = { .name = "exposed",
							   .unit = "bytes",
							   .better = GNB_LOWER,
							   .work = GNB_WORK_NO_GRANTS,
							   .exact = true },
					     { 0 } };

/* Room for a range of pages that lies one page off its alignment. */
static uint64_t slot_of(uint64_t pages)
{
	uint64_t slot = 2;

	while (slot < 2 * pages)
		slot *= 2;
	return slot;
}

/* Ranges of a thread in an iteration. With a full queue at its end, all their invalidations are in it. */
static unsigned ranges_of(unsigned queue, unsigned long pages)
{
	unsigned long n = LONG_PAGES / (pages ? pages : 1);

	return queue > 1 ? queue : n > RANGES ? RANGES : n ? (unsigned)n : 1;
}

static const char *refusal(struct gnb_side *s)
{
	unsigned long threads = gnb_u(s, "threads"), pages = gnb_u(s, "pages"),
		      order = gnb_u(s, "order");
	unsigned long queue = gnb_u(s, "queue");
	uint64_t space;

	if (!s->t->iommu_unmap_later)
		return "a guest of this hypervisor has no direct IOMMU operations";
	if (order != 0 && order != 9 && order != 18)
		return "order is 0, 9 or 18";
	if (threads > gnb_cores())
		return "more threads than cores are allowed here";
	if (threads > 1 && s->clock->exact)
		return "an emulator with an instruction clock runs one vCPU at a time";
	if (threads > 1 && !strcmp(gnb_s(s, "shape"), "mixed"))
		return "which of several threads' mixed ranges wait together would be chance";
	space = threads * ranges_of((unsigned)queue, pages) * slot_of(pages);
	if (space >> (order && pages >= 512 && !strcmp(gnb_s(s, "shape"), "even") ? 18 : 9) >
	    TABLES_MAX)
		return "so many pages need more tables than the hypervisor has memory for";
	return NULL;
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	*why = refusal(s);
	if (*why)
		return -EOPNOTSUPP;
	cfg->iommu_direct = true;
	cfg->own_pages = gnb_u(s, "pages");
	cfg->vcpus[GNB_MAPPER] = gnb_u(s, "threads");
	return 0;
}

static int setup(struct gnb_side *s)
{
	struct state *st = aligned_alloc(128, sizeof(*st));
	const char *shape = gnb_s(s, "shape");

	s->priv = st;
	if (!st)
		return -ENOMEM;
	memset(st, 0, sizeof(*st));
	st->threads = gnb_u(s, "threads");
	st->pages = gnb_u(s, "pages");
	st->order = gnb_u(s, "order");
	st->queue = gnb_u(s, "queue");
	st->ranges = ranges_of(st->queue, st->pages);
	st->slot = slot_of(st->pages);
	st->offset = !strcmp(shape, "unaligned");
	st->mixed = !strcmp(shape, "mixed");
	for (unsigned i = 0; i < st->threads; i++)
		st->w[i].v = s->t->vcpu(s->m, GNB_MAPPER, i);
	return 0;
}

static uint64_t dfn_of(const struct state *st, unsigned thread, unsigned k)
{
	return BASE + ((uint64_t)thread * st->ranges + k) * st->slot + st->offset;
}

static unsigned pages_of(const struct state *st, unsigned k)
{
	unsigned n = st->mixed ? st->pages >> (k % 4) : st->pages;

	return n ? n : 1;
}

static int unmap(struct gnb_side *s, const struct state *st, struct gnb_vcpu *v, uint64_t dfn,
		 unsigned n)
{
	unsigned piece = st->queue ? n : 1;
	int rc = 0;

	if (st->queue > 1)
		return s->t->iommu_unmap_later(v, dfn, n, st->queue);
	for (unsigned i = 0; i < n && !rc; i += piece) {
		rc = s->t->iommu_unmap(v, dfn + i, piece);
		if (!rc)
			rc = s->t->iommu_flush(v, dfn + i, piece, 1);
	}
	return rc;
}

static int map(struct gnb_side *s, const struct state *st, unsigned thread, unsigned k)
{
	return s->t->iommu_map(st->w[thread].v, dfn_of(st, thread, k), pages_of(st, k), st->order);
}

static int worker(struct gnb_side *s, unsigned i, void *arg)
{
	struct state *st = arg;
	struct worker *w = &st->w[i];
	int rc = 0;

	w->t0 = gnb_now();
	for (unsigned k = 0; k < st->ranges && !rc; k++)
		rc = unmap(s, st, w->v, dfn_of(st, i, k), pages_of(st, k));
	w->t1 = gnb_now();
	return rc;
}

/* All ranges unmapped, in a span: of several threads without their start and end. */
static int unmap_all(struct gnb_side *s, struct state *st)
{
	uint64_t before = s->meter[UNMAP].spent, from = UINT64_MAX, to = 0;
	int rc;

	gnb_start(s, UNMAP);
	rc = st->threads == 1 ? worker(s, 0, st) : gnb_threads_run(s, st->threads, worker, st);
	gnb_stop(s, UNMAP, (uint64_t)st->threads * st->ranges);
	for (unsigned i = 0; st->threads > 1 && i < st->threads; i++) {
		from = st->w[i].t0 < from ? st->w[i].t0 : from;
		to = st->w[i].t1 > to ? st->w[i].t1 : to;
		s->thread_ops[i] += st->ranges;
		s->threads = st->threads;
	}
	if (st->threads > 1)
		s->meter[UNMAP].spent = before + (to - from);
	return rc;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	uint64_t window, exposed;
	int rc = 0;

	for (uint64_t n = 0; n < iters && !rc; n++) {
		for (unsigned i = 0; i < st->threads; i++)
			for (unsigned k = 0; k < st->ranges && !rc; k++)
				rc = map(s, st, i, k);
		if (!rc)
			rc = unmap_all(s, st);
	}
	s->t->iommu_stale(s->m, &window, &exposed);
	gnb_set_exact(s, WINDOW, (double)window);
	gnb_set_exact(s, EXPOSED, (double)exposed);
	return rc < 0 ? gnb_fail(s, rc, "an IOMMU operation returned %d", rc) : rc;
}

/* The device reaches a range that is mapped; one that was unmapped only while it waits in a queue. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	uint64_t word = 0x1070b, back = 0, last = dfn_of(st, 0, 0) + pages_of(st, 0) - 1;
	bool waits = st->queue > 1;
	int rc = map(s, st, 0, 0);

	memcpy(s->t->own_ram(s->m, st->pages - 1), &word, sizeof(word));
	if (rc || s->t->dma(s->m, last, 0, &back, sizeof(back), false) || back != word)
		return gnb_fail(s, -EIO, "the device does not reach the mapped range (%d)", rc);
	rc = unmap(s, st, st->w[0].v, dfn_of(st, 0, 0), pages_of(st, 0));
	if (rc)
		return gnb_fail(s, rc, "unmapping returned %d", rc);
	if (!s->t->dma(s->m, last, 0, &back, sizeof(back), false) != waits)
		return gnb_fail(s, -EIO, "an unmapped range is %s reach", waits ? "not in" : "in");
	rc = s->t->iommu_settle(st->w[0].v);
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
