// SPDX-License-Identifier: GPL-2.0-only
/*
 * table_growth: a cold table grown frame by frame to its limit, every reference used once.
 *
 * Measures: growing by one frame (setup_table, and for a translated guest placing the frames), per
 * grant that this makes room for, with the worst single step; first publication of every new
 * reference; and, exactly, what the table then costs per GiB that it can grant: in frames that the guest
 * sees, and in the hypervisor. A fresh machine for every round: nothing is warm.
 * Does not measure: the mapper's side (16 bytes of maptrack per mapping), or the guest's allocator.
 * Needs: nothing special.
 */
#include <gnb/bench.h>
#include <gnb/guest.h>

enum { GROW, PUBLISH, GUEST_BYTES, HV_BYTES };

struct state {
	struct gnb_gtab gtab;
	unsigned frames;
	uint32_t refs; /* that the grown table has */
};

static const struct gnb_param params[] = {
	{ "frames", "64", "16,64", "frames to grow to; 64 is Xen's default limit" },
	{ "mapper", "translated", "translated,pv", "kind of the guest" },
	{ 0 }
};

static const struct gnb_metric metrics[] = {
	[GROW] = { .name = "grow", .unit = "ns/step", .better = GNB_LOWER, .latency = true },
	[PUBLISH] = { .name = "publish_cold", .unit = "ns/grant", .better = GNB_LOWER },
	[GUEST_BYTES] = { .name = "guest_bytes", .unit = "bytes/GiB", .better = GNB_LOWER, .exact = true },
	[HV_BYTES] = { .name = "hv_bytes", .unit = "bytes/GiB", .better = GNB_LOWER, .exact = true },
	{ 0 }
};

static const int versions[] = { GNB_V1, GNB_V2, -1 };

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	cfg->max_grant_frames = gnb_u(s, "frames");
	cfg->grant_frames = 1;
	if (cfg->max_grant_frames >= 2 && cfg->max_grant_frames <= 1024)
		return 0;
	*why = "frames has to be from 2 to 1024";
	return -EOPNOTSUPP;
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->frames = gnb_u(s, "frames");
	return 0;
}

static int publish_frame(struct gnb_side *s, unsigned frame)
{
	struct state *st = s->priv;
	uint32_t per = gnb_refs_per_frame(s->version), ref = frame * per;
	uint16_t dom = s->t->domid(s->m, GNB_MAPPER);
	uint64_t gfn = s->t->frame(s->m, 0);
	int rc;

	gnb_gtab_fini(&st->gtab);
	rc = gnb_gtab_init(&st->gtab, s->t, s->m, s->version, frame + 1);
	if (rc)
		return gnb_fail(s, rc, "frame %u is not there after growing", frame);
	gnb_start(s, PUBLISH);
	for (uint32_t i = frame ? 0 : GNB_FIRST_REF; i < per; i++)
		gnb_grant_publish(&st->gtab, ref + i, dom, gfn, true);
	gnb_stop(s, PUBLISH, per - (frame ? 0 : GNB_FIRST_REF));
	return 0;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	uint64_t guest, hv;
	int rc;

	if (iters != 1)
		return gnb_fail(s, -EINVAL, "a table grows once");
	rc = publish_frame(s, 0);
	for (unsigned n = 2; n <= st->frames && !rc; n++) {
		gnb_start(s, GROW);
		rc = s->t->grow(s->m, n);
		gnb_stop(s, GROW, 1);
		if (rc)
			return gnb_fail(s, rc, "growing to %u frames returned %d", n, rc);
		rc = publish_frame(s, n - 1);
	}
	if (rc)
		return rc;
	st->refs = gnb_gtab_refs(&st->gtab);
	s->t->footprint(s->m, &guest, &hv);
	gnb_set_exact(s, GUEST_BYTES, (double)guest / st->refs * (1u << 18));
	gnb_set_exact(s, HV_BYTES, (double)hv / st->refs * (1u << 18));
	return 0;
}

/* The last reference of the grown table can be mapped; one more frame is refused. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	struct gnb_vcpu *v = s->t->vcpu(s->m, GNB_MAPPER, 0);
	struct gnttab_map_grant_ref *op = s->t->args_alloc(s->m, GNB_MAPPER, sizeof(*op));
	struct gnttab_unmap_grant_ref *un = s->t->args_alloc(s->m, GNB_MAPPER, sizeof(*un));

	if (!op || !un)
		return -ENOMEM;
	op->host_addr = s->t->map_addr(s->m, 0);
	op->flags = GNTMAP_host_map | GNTMAP_readonly;
	op->ref = st->refs - 1;
	op->dom = s->t->domid(s->m, GNB_GRANTER);
	if (s->t->hypercall(v, GNTTABOP_map_grant_ref, op, 1) || op->status)
		return gnb_fail(s, -EIO, "the last reference does not map: status %d", op->status);
	un->host_addr = op->host_addr;
	un->handle = op->handle;
	if (s->t->hypercall(v, GNTTABOP_unmap_grant_ref, un, 1) || un->status)
		return gnb_fail(s, -EIO, "the last reference does not unmap: status %d", un->status);
	if (!s->t->grow(s->m, st->frames + 1))
		return gnb_fail(s, -EIO, "the table grew past its limit");
	return 0;
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	if (!st)
		return;
	gnb_gtab_fini(&st->gtab);
	free(st);
}

static const char *const headline[] = { "frames=64", NULL };

static const struct gnb_bench table_growth = {
	.name = "table_growth",
	.summary = "grow a cold grant table to its limit",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.versions = versions,
	.iters = 1,
	.fixed_iters = true,
	.in_default = true,
	.headline = headline,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
GNB_BENCH(table_growth);
