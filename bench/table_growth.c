// SPDX-License-Identifier: GPL-2.0-only
/*
 * table_growth: a cold table grown frame by frame to its limit.
 *
 * Measures: growing by one frame (setup_table, and for a translated guest placing the frames), per
 * grant that this makes room for; each single step in the histogram, the worst among them; and,
 * exactly, what the table then costs per GiB that it can grant: in frames that the guest sees, and
 * in the hypervisor. A fresh machine for every round. Its memory is faulted in before, so that no
 * fault of the host's kernel is in the figure; the hypervisor clears each page it takes. Does not
 * measure: the mapper's side (16 bytes of maptrack per mapping), or the guest's allocator. On xen
 * the granter is of the kind that the target's option granter_type says. Needs: nothing special.
 */
#include <gnb/mapper.h>

enum { GROW, GUEST_BYTES, HV_BYTES };

struct state {
	unsigned frames;
	uint32_t refs; /* that the grown table has */
};

static const struct gnb_param params[] = {
	GNB_NUMBER("frames", "64", "16,64", "frames to grow to; 64 is Xen's default limit", 2,
		   1024),
	GNB_CHOICE("mapper", "translated", "translated,pv",
		   "kind of the guest; on xen the mapper's"),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [GROW] = { .name = "grow",
							.unit = "ns/grant",
							.better = GNB_LOWER,
							.work = GNB_WORK_TABLE,
							.latency = true },
					     [GUEST_BYTES] = { .name = "guest_bytes",
							       .unit = "bytes/GiB",
							       .better = GNB_LOWER,
							       .work = GNB_WORK_TABLE,
							       .exact = true },
					     [HV_BYTES] = { .name = "hv_bytes",
							    .unit = "bytes/GiB",
							    .better = GNB_LOWER,
							    .work = GNB_WORK_TABLE,
							    .exact = true },
					     { 0 } };

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	if (gnb_is_tree(cfg->version->entries)) {
		*why = "a tree has no table that grows frame by frame: tree_growth";
		return -EOPNOTSUPP;
	}
	cfg->max_grant_frames = gnb_u(s, "frames");
	cfg->grant_frames = 1;
	cfg->prefault = true;
	return 0;
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

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	unsigned per = gnb_refs_per_frame(s->version->entries);
	uint64_t guest, hv, mapper;
	int rc;

	if (iters != 1)
		return gnb_fail(s, -EINVAL, "a table grows once");
	for (unsigned n = 2; n <= st->frames; n++) {
		gnb_start(s, GROW);
		rc = s->t->grow(s->m, n);
		gnb_stop(s, GROW, per);
		if (rc)
			return gnb_fail(s, rc, "growing to %u frames returned %d", n, rc);
	}
	st->refs = st->frames * per;
	s->t->footprint(s->m, &guest, &hv, &mapper);
	gnb_set_exact(s, GUEST_BYTES, (double)guest / st->refs * (1u << 18));
	if (hv != UINT64_MAX)
		gnb_set_exact(s, HV_BYTES, (double)hv / st->refs * (1u << 18));
	return 0;
}

/* The last reference of the grown table can be mapped; one more frame is refused. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	struct gnb_gtab gtab;
	struct gnb_vcpu *v = s->t->vcpu(s->m, GNB_MAPPER, 0);
	struct gnb_maps last;
	int rc = gnb_maps_init(&last, s, 1);

	if (rc)
		return rc;
	if (gnb_gtab_init(&gtab, s,
			  st->frames * gnb_refs_per_frame(s->version->entries) - GNB_FIRST_REF,
			  GNB_TREE_LEVELS))
		return gnb_fail(s, -EIO, "a frame of the grown table is not there");
	gnb_grant_publish(&gtab, st->refs - 1, s->t->domid(s->m, GNB_MAPPER), s->t->frame(s->m, 0),
			  true);
	gnb_gtab_fini(&gtab);
	gnb_map_set(&last, 0, s->t->map_addr(s->m, 0), st->refs - 1, true);
	rc = gnb_map(&last, v, 0, 1);
	if (!rc)
		rc = gnb_unmap(&last, v, 0, 1);
	if (rc)
		return rc;
	if (!s->t->grow(s->m, st->frames + 1))
		return gnb_fail(s, -EIO, "the table grew past its limit");
	return 0;
}

static void teardown(struct gnb_side *s)
{
	free(s->priv);
}

static const char *const headline[] = { "frames=64", NULL };

static const struct gnb_bench table_growth = {
	.name = "table_growth",
	.summary = "grow a cold grant table to its limit",
	.measures = "A grant table that grows from cold to its limit: the cost per new grant, the "
		    "worst single step, and the bytes that each granted GiB costs on the guest's "
		    "and on the hypervisor's side.",
	.not_measured = "Growth under memory pressure, where the hypervisor may refuse; and the "
			"time to take a table down.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
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
