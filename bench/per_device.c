// SPDX-License-Identifier: GPL-2.0-only
/*
 * per_device: the devices of one mapper, each with a tree of its own, or with one for all.
 *
 * Measures: a mapper that maps and unmaps the pages of one device after another, a hypercall for each; what the granter
 * pays to take all of one device's pages back while those of all are mapped; and, exactly, the memory on both sides.
 * Does not measure: several threads, each with its device (p2m_lock is what they share); tables of an IOMMU for each
 * device. Needs: nothing special.
 */
#include <gnb/mapper.h>

enum { MAP, UNMAP, REVOKE, GUEST_BYTES, HV_BYTES };

#define PAGES	64u /* of a device */
#define DEVICES 16

struct device {
	struct gnb_gtab *gtab;
	struct gnb_maps maps;
	uint32_t ref; /* its first */
};

struct state {
	struct gnb_gtab gtab[DEVICES];
	struct device dev[DEVICES];
	unsigned devices, tables, stride, next;
	struct gnb_vcpu *mapper;
	uint16_t dom;
};

static const struct gnb_param params[] = {
	GNB_NUMBER("devices", "4", "1,4,16", "devices of the mapper, with 64 pages each", 1,
		   DEVICES),
	GNB_CHOICE("trees", "each", "each,shared",
		   "a tree for each device, or one; a table is one for all"),
	GNB_NUMBER("stride", "1", NULL, "distance of the references used; 1: neighbours", 1, 31),
	{ 0 }
};

static const struct gnb_metric metrics[] = {
	[MAP] = { .name = "map", .unit = "ns/page", .better = GNB_LOWER, .work = GNB_WORK_MAP },
	[UNMAP] = { .name = "unmap",
		    .unit = "ns/page",
		    .better = GNB_LOWER,
		    .work = GNB_WORK_UNMAP },
	[REVOKE] = { .name = "revoke",
		     .unit = "ns/device",
		     .better = GNB_LOWER,
		     .work = GNB_WORK_REVOKE },
	[GUEST_BYTES] = { .name = "guest_bytes",
			  .unit = "bytes/device",
			  .better = GNB_LOWER,
			  .work = GNB_WORK_TABLE,
			  .exact = true },
	[HV_BYTES] = { .name = "hv_bytes",
		       .unit = "bytes/device",
		       .better = GNB_LOWER,
		       .work = GNB_WORK_TABLE,
		       .exact = true },
	{ 0 }
};

/* References of a table or tree, and how many trees there are. */
static unsigned refs_of(const struct gnb_side *s)
{
	unsigned refs = PAGES * gnb_u(s, "stride");

	return gnb_is_tree(s->version->entries) && !strcmp(gnb_s(s, "trees"), "each")
		       ? refs
		       : refs * gnb_u(s, "devices");
}

static unsigned tables_of(const struct gnb_side *s)
{
	return PAGES * gnb_u(s, "stride") * gnb_u(s, "devices") / refs_of(s);
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	int rc;

	if (!s->t->node) {
		*why = "it has no trees, and one table for all devices is what map_unmap measures";
		return -EOPNOTSUPP;
	}
	cfg->mapper = GNB_MAPPER_TRANSLATED;
	cfg->vcpus[GNB_MAPPER] = gnb_flush_vcpus(s);
	cfg->granter_pages = cfg->map_slots = PAGES * gnb_u(s, "devices");
	rc = gnb_refs_room(cfg, refs_of(s), GNB_TREE_LEVELS, why);
	cfg->nodes *= tables_of(s);
	return rc;
}

static void publish(struct gnb_side *s, struct state *st, unsigned d)
{
	for (unsigned i = 0; i < PAGES; i++)
		gnb_grant_publish(st->dev[d].gtab, st->dev[d].ref + i * st->stride, st->dom,
				  s->t->frame(s->m, d * PAGES + i), false);
}

static int setup_device(struct gnb_side *s, struct state *st, unsigned d)
{
	struct device *dev = &st->dev[d];
	int rc = gnb_maps_init(&dev->maps, s, PAGES);

	if (rc)
		return rc;
	dev->gtab = &st->gtab[d % st->tables];
	dev->ref = GNB_FIRST_REF + (st->tables > 1 ? 0 : d * PAGES * st->stride);
	if (dev->maps.r)
		dev->maps.r->tree = dev->gtab->tree.id;
	for (unsigned i = 0; i < PAGES; i++)
		gnb_map_set(&dev->maps, i, s->t->map_addr(s->m, d * PAGES + i),
			    dev->ref + i * st->stride, false);
	publish(s, st, d);
	return 0;
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	unsigned nodes;
	int rc = 0;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->devices = gnb_u(s, "devices");
	st->tables = tables_of(s);
	st->stride = gnb_u(s, "stride");
	st->dom = s->t->domid(s->m, GNB_MAPPER);
	st->mapper = s->t->vcpu(s->m, GNB_MAPPER, 0);
	nodes = gnb_tree_nodes(refs_of(s), GNB_TREE_LEVELS);
	for (unsigned i = 0; i < st->tables && !rc; i++)
		rc = gnb_gtab_init_at(&st->gtab[i], s, i * nodes, refs_of(s), GNB_TREE_LEVELS);
	for (unsigned d = 0; d < st->devices && !rc; d++)
		rc = setup_device(s, st, d);
	return rc;
}

static int map_all(struct state *st)
{
	int rc = 0;

	for (unsigned d = 0; d < st->devices && !rc; d++)
		rc = gnb_map(&st->dev[d].maps, st->mapper, 0, PAGES);
	return rc;
}

static int unmap_all(struct state *st)
{
	int rc = 0;

	for (unsigned d = 0; d < st->devices && !rc; d++)
		rc = gnb_unmap(&st->dev[d].maps, st->mapper, 0, PAGES);
	return rc;
}

/* All of a device's pages are taken back, by one hypercall, after its entries were cleared. */
static int take_back(struct gnb_side *s, struct state *st, unsigned d)
{
	const struct gnb_tree *tr = &st->dev[d].gtab->tree;
	uint64_t ref = gnb_tree_ref(st->dev[d].ref), n = PAGES * st->stride;
	int rc;

	for (unsigned i = 0; i < n; i++)
		__atomic_store_n(gnb_tree_entry(tr, ref + i), GNTV3_NOTHING, __ATOMIC_RELAXED);
	gnb_full_barrier();
	gnb_start(s, REVOKE);
	rc = gnb_tree_revoke(tr, ref, n);
	gnb_stop(s, REVOKE, 1);
	return rc ? gnb_fail(s, rc, "taking back the pages of device %u returned %d", d, rc) : 0;
}

static void bytes(struct gnb_side *s, struct state *st)
{
	uint64_t guest, hv, mapper;

	s->t->footprint(s->m, &guest, &hv, &mapper);
	if (gnb_is_tree(s->version->entries))
		guest = (uint64_t)gnb_tree_nodes(refs_of(s), GNB_TREE_LEVELS) * st->tables *
			GNB_PAGE_SIZE;
	gnb_set_exact(s, GUEST_BYTES, (double)guest / st->devices);
	if (mapper != UINT64_MAX)
		gnb_set_exact(s, HV_BYTES, (double)(hv + mapper) / st->devices);
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	int rc = 0;

	for (uint64_t n = 0; n < iters && !rc; n++) {
		for (unsigned d = 0; d < st->devices && !rc; d++)
			rc = gnb_map_timed(&st->dev[d].maps, st->mapper, MAP, PAGES);
		if (!n)
			bytes(s, st);
		for (unsigned d = 0; d < st->devices && !rc; d++)
			rc = gnb_unmap_timed(&st->dev[d].maps, st->mapper, UNMAP, PAGES);
		if (rc || !gnb_is_tree(s->version->entries))
			continue;
		rc = map_all(st);
		if (!rc)
			rc = take_back(s, st, st->next);
		if (!rc)
			rc = unmap_all(st);
		publish(s, st, st->next);
		st->next = (st->next + 1) % st->devices;
	}
	return rc;
}

/* Does the last page of a device read through its mapping? */
static bool reads(struct gnb_side *s, struct state *st, unsigned d)
{
	uint64_t word = 0x6465760000000000ull + d, back = 0;

	memcpy(s->t->ram(s->m, (d + 1) * PAGES - 1), &word, sizeof(word));
	return !s->t->touch(st->mapper, gnb_map_addr(&st->dev[d].maps, PAGES - 1), 0, &back,
			    sizeof(back), false) &&
	       back == word;
}

/* Every device has its pages; what is taken back of one is gone, and that of the others is not. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc = map_all(st), rc2;

	if (rc)
		return rc;
	for (unsigned d = 0; d < st->devices && !rc; d++)
		if (!reads(s, st, d))
			rc = gnb_fail(s, -EIO,
				      "a page of device %u does not read through its mapping", d);
	if (!rc && gnb_is_tree(s->version->entries))
		rc = take_back(s, st, 0);
	for (unsigned d = 0; d < st->devices && !rc && gnb_is_tree(s->version->entries); d++)
		if (reads(s, st, d) == !d)
			rc = gnb_fail(
				s, -EIO,
				"the pages of device 0 were taken back; those of device %u are %s",
				d, d ? "gone" : "there");
	rc2 = unmap_all(st);
	return rc ? rc : rc2;
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	for (unsigned i = 0; st && i < st->tables; i++)
		gnb_gtab_fini(&st->gtab[i]);
	free(st);
}

static const char *const counted[] = { "stride=2", "stride=2;trees=shared", NULL };

static const struct gnb_bench per_device = {
	.name = "per_device",
	.summary = "a tree for each device of a mapper, or one for all",
	.measures = "One mapper with several devices, as a backend with many disks or a driver "
		    "domain has them, each with 64 pages. Virtio gives each device a table of "
		    "its own; here each has a tree (trees:each), or all share one "
		    "(trees:shared), as they share the table of versions 1 and 2, whatever "
		    "`trees` says. Shown are mapping and unmapping, device by device with a "
		    "hypercall for each; taking back all pages of one device while everything is "
		    "mapped, which versions 1 and 2 cannot do; and the bytes for each device, "
		    "the granter's, and the hypervisor's for both sides with everything mapped.",
	.not_measured = "Tables of an IOMMU for each device, which is what virtio and a guest's "
			"IOMMU have: neither Xen nor the reference hypervisor has them, so a "
			"device reaches what its domain reaches. And devices served by several "
			"vCPUs at once, which is where locks of their own would be felt.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.in_default = true,
	.counted = counted,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
GNB_BENCH(per_device);
