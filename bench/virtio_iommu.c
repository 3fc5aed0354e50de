// SPDX-License-Identifier: GPL-2.0-only
/*
 * virtio_iommu: buffers for a device behind a virtio-iommu, by a driver with the policies of Linux'.
 *
 * Measures: mapping and unmapping a buffer, through the queue with its kicks, requests and invalidations, which are counted
 * exactly; an endpoint's attach and detach; and the window for which a device still reaches what was unmapped, in virtual time.
 * Does not measure: a device's time, nor what an exit costs. Needs: a target with a virtio-iommu.
 */
#include <errno.h>

#include <gnb/viommu.h>

enum { MAP, UNMAP, ATTACH, DETACH, WINDOW, P99, EXPOSED };
enum calls { SG, EACH, FAST };

#define DEVICE	 0u
#define ENDPOINT 1u    /* another one, that comes and goes */
#define PAGES	 1024u /* of the granter, of which buffers are made */
#define BUFFERS	 8u    /* that take turns */
#define ROUNDS	 64u
#define GAP	 1000u			/* ns of virtual time from one call to the next */
#define IDLE	 (2 * GNB_VIOMMU_TIMER) /* and at the end */
#define AT	 0x40000ull		/* where the IOMMU interface maps */

struct state {
	struct gnb_viommu *u;
	enum calls calls;
	unsigned n, rounds, page[BUFFERS][GNB_VIOMMU_MOST];
};

static const struct gnb_param params[] = {
	GNB_CHOICE(
		"calls", "sg", "sg,each,fast",
		"a buffer of pages that are no neighbours, mapped as one range and unmapped as one; or each page "
		"mapped and unmapped for itself; or unmapped so and synchronised once"),
	GNB_NUMBER("entries", "1", "1,8,64,256", "pages of it", 1, GNB_VIOMMU_MOST),
	GNB_CHOICE(
		"policy", "strict", "strict,lazy,relaxed,relaxed_device",
		"unmapped at once; or when a queue is full or a timer of 10 ms ends; or, by a draft, left for as "
		"long, and mapped no more if it comes again: seen by the guest, or by the device"),
	GNB_CHOICE("sync", "batch", "batch,each",
		   "a kick for all pages of a buffer, or for each, as before iotlb_sync_map"),
	GNB_NUMBER("queue", "256", "64,256", "lazy: ranges that the queue has room for", 2,
		   GNB_VIOMMU_MOST),
	GNB_CHOICE(
		"completion", "request", "request,batch",
		"the device answers each request for itself, or all of a kick at once, after one invalidation"),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [MAP] = GNB_COST("map", "ns/call"),
					     [UNMAP] = GNB_COST("unmap", "ns/call"),
					     [ATTACH] = GNB_COST("attach", "ns/call"),
					     [DETACH] = GNB_COST("detach", "ns/call"),
					     [WINDOW] = GNB_EXACT_COST("window", "us"),
					     [P99] = GNB_EXACT_COST("window_p99", "us"),
					     [EXPOSED] = GNB_EXACT_COST("exposed", "bytes"),
					     { 0 } };

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	*why = gnb_target_lacks(s->t, GNB_OP_VIRTQUEUE, GNB_VIRTQUEUE_WRITE);
	if (!*why && !gnb_is(s, "policy", "strict") &&
	    gnb_target_lacks(s->t, GNB_OP_VIRTQUEUE, GNB_VIRTQUEUE_ACCESS))
		*why = "its devices cannot be asked what they still reach, and without that a figure of this policy "
		       "is not given";
	if (!*why && !gnb_is(s, "calls", "sg") && !gnb_is(s, "policy", "strict"))
		*why = "the policy is one of buffers: who maps single pages unmaps them when it says so";
	if (*why)
		return -EOPNOTSUPP;
	cfg->mapper = GNB_MAPPER_TRANSLATED;
	cfg->viommu = true;
	cfg->viommu_batch = gnb_is(s, "completion", "batch");
	cfg->viommu_relaxed = gnb_is(s, "policy", "relaxed_device");
	cfg->granter_pages = GNB_VIOMMU_PAGES + PAGES;
	return 0;
}

static int setup(struct gnb_side *s)
{
	struct state *st = gnb_keep(s, sizeof(*st));
	bool device = gnb_is(s, "policy", "relaxed_device");
	struct gnb_viommu_config c = {
		.policy = gnb_is(s, "policy", "strict") ? GNB_VIOMMU_STRICT
			  : gnb_is(s, "policy", "lazy") ? GNB_VIOMMU_LAZY
							: GNB_VIOMMU_RELAXED,
		.device_squashes = device,
		.sync_each = gnb_is(s, "sync", "each"),
		.queue = (unsigned)gnb_u(s, "queue"),
		.timer = GNB_VIOMMU_TIMER,
		.device = DEVICE,
	};
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->calls = gnb_is(s, "calls", "sg") ? SG : gnb_is(s, "calls", "each") ? EACH : FAST;
	st->n = (unsigned)gnb_u(s, "entries");
	/* As many as fill the queue twice. */
	st->rounds = c.policy == GNB_VIOMMU_LAZY ? 2 * c.queue : ROUNDS;
	for (unsigned b = 0; b < BUFFERS; b++)
		for (unsigned i = 0; i < st->n; i++)
			st->page[b][i] = GNB_VIOMMU_PAGES + (2 * i + 61 * b) % PAGES;
	st->u = gnb_viommu_open(s, &c, &rc);
	rc = rc ? rc : gnb_viommu_attach(st->u, ENDPOINT);
	return rc && !*s->why ? gnb_fail(s, rc, "the driver cannot be started") : rc;
}

static int map(struct state *st, const unsigned *page, uint64_t *dfn)
{
	int rc = 0;

	if (st->calls == SG)
		return gnb_viommu_dma_map(st->u, page, st->n, dfn);
	*dfn = AT;
	for (unsigned i = 0; i < st->n && !rc; i++)
		rc = gnb_viommu_map(st->u, AT + i, page[i], 1);
	return rc;
}

static int unmap(struct state *st, uint64_t dfn)
{
	int rc = 0;

	if (st->calls == SG)
		return gnb_viommu_dma_unmap(st->u, dfn);
	for (unsigned i = 0; i < st->n && !rc; i++) {
		rc = gnb_viommu_unmap_fast(st->u, dfn + i, 1);
		if (!rc && st->calls == EACH)
			rc = gnb_viommu_sync(st->u);
	}
	return rc || st->calls == EACH ? rc : gnb_viommu_sync(st->u);
}

/* The device has what is mapped in its IOTLB, and goes on with it: what it then reaches is measured. */
static int buffer(struct gnb_side *s, const unsigned *page)
{
	struct state *st = s->priv;
	uint64_t dfn;
	int rc;

	gnb_start(s, MAP);
	rc = map(st, page, &dfn);
	gnb_stop(s, MAP, 1);
	rc = rc ? rc : gnb_viommu_look(st->u);
	rc = rc ? rc : gnb_viommu_pass(st->u, GAP);
	for (unsigned i = 0; i < st->n && !rc; i += st->n - 1 + (st->n == 1))
		rc = gnb_viommu_access(st->u, dfn, i, true);
	if (rc)
		return rc;
	gnb_start(s, UNMAP);
	rc = unmap(st, dfn);
	gnb_stop(s, UNMAP, 1);
	if (!rc && st->calls != SG && gnb_viommu_access(st->u, dfn, 0, true) != -EFAULT)
		rc = gnb_fail(s, -EIO, "a device reaches what was unmapped");
	rc = rc ? rc : gnb_viommu_look(st->u);
	return rc ? rc : gnb_viommu_pass(st->u, GAP);
}

static int endpoint(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc;

	gnb_start(s, DETACH);
	rc = gnb_viommu_detach(st->u, ENDPOINT);
	gnb_stop(s, DETACH, 1);
	if (rc)
		return rc;
	gnb_start(s, ATTACH);
	rc = gnb_viommu_attach(st->u, ENDPOINT);
	gnb_stop(s, ATTACH, 1);
	return rc;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	struct gnb_viommu_window w;
	int rc = 0;

	if (iters != 1)
		return gnb_fail(s, -EINVAL, "what a policy leaves is measured from its begin");
	for (unsigned k = 0; k < st->rounds && !rc; k++)
		rc = buffer(s, st->page[k % BUFFERS]);
	for (unsigned k = 0; k < ROUNDS && !rc; k++)
		rc = endpoint(s);
	rc = rc ? rc : gnb_viommu_pass(st->u, IDLE);
	if (!rc && st->calls == SG) {
		rc = gnb_viommu_windows(st->u, &w);
		gnb_set_exact(s, WINDOW, (double)w.longest / 1000);
		gnb_set_exact(s, P99, (double)w.p99 / 1000);
		gnb_set_exact(s, EXPOSED, (double)w.exposed);
	}
	return rc && !*s->why ? gnb_fail(s, rc, "the driver returned %d", rc) : rc;
}

/* A buffer is its pages, and nobody's when all is over. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	uint64_t dfn, *word = s->t->ram(s->m, st->page[0][st->n - 1]);
	int rc;

	*word = 0x5a5a;
	rc = map(st, st->page[0], &dfn);
	rc = rc ? rc : gnb_viommu_access(st->u, dfn, st->n - 1, true);
	if (rc || *word)
		return gnb_fail(s, -EIO, "the device does not reach a buffer (%d)", rc);
	rc = unmap(st, dfn);
	rc = rc ? rc : gnb_viommu_pass(st->u, IDLE);
	if (rc || gnb_viommu_access(st->u, dfn, st->n - 1, true) != -EFAULT)
		return gnb_fail(s, -EIO, "the device reaches what was unmapped long ago (%d)", rc);
	return 0;
}

static const char *const centres[] = { "policy=strict", "policy=lazy", "entries=64", NULL };

static const struct gnb_bench virtio_iommu = {
	.name = "virtio_iommu",
	.summary =
		"buffers for a device behind a virtio-iommu, by policy, with the window that it leaves open",
	.measures =
		"A buffer mapped for a device and unmapped, by requests in a virtqueue: the driver's work and the hypervisor's, "
		"with its kicks, requests and invalidations counted exactly. And for how long, in virtual time with a call a "
		"microsecond, a device that goes on still reaches what was unmapped.",
	.not_measured =
		"What an exit and a device's invalidation cost: their number is exact, their time is not a machine's. The "
		"policies relaxed are of a draft, and leave a guest open to its devices.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.iters = 1,
	.fixed_iters = true,
	.in_default = false,
	.centres = centres,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
};
GNB_BENCH(virtio_iommu);
