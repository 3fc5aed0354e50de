// SPDX-License-Identifier: GPL-2.0-only
/*
 * walk_cache: references that are named one by one, by a hypervisor that remembers the nodes of a tree and by one that
 * does not.
 *
 * Measures: the hypercalls that map and unmap single pages, each a request of its own, whose references lie in one node,
 * in as many nodes as there are pages, or in nodes that drive each other out of a cache that has a place for a number.
 * Does not measure: what is lost when a granter's revoke makes the hypervisor forget; nodes above the lowest that drive
 * each other out. Needs: nothing special.
 */
#include <gnb/mapper.h>

enum { MAP, UNMAP };

#define PAGES	 64
#define NODE	 GNTV3_ENTRIES /* references of a node of the lowest level */
#define APART	 16	       /* nodes so far apart have one place in docs/grant-v3.md's cache */
#define COLLIDES 16	       /* nodes that do, as many as it has places */

struct state {
	struct gnb_gtab gtab;
	struct gnb_vcpu *mapper;
	struct gnb_maps maps;
	unsigned batch;
};

static const struct gnb_param params[] = {
	GNB_CHOICE(
		"walk", "hit", "hit,miss,hostile",
		"references: of one node; one of each of 64; of 16 nodes in turn, with one place"),
	GNB_CHOICE("cache", "on", "off,on", "does the hypervisor remember nodes of a tree"),
	GNB_NUMBER("batch", "64", "1,64", "pages per hypercall, each a request of its own", 1,
		   PAGES),
	GNB_NUMBER("levels", "3", "2,3,4", "of a tree", 2, GNTV3_MAX_LEVELS),
	{ 0 }
};

static const struct gnb_metric metrics[] = {
	[MAP] = { .name = "map", .unit = "ns/page", .better = GNB_LOWER, .work = GNB_WORK_MAP },
	[UNMAP] = { .name = "unmap",
		    .unit = "ns/page",
		    .better = GNB_LOWER,
		    .work = GNB_WORK_UNMAP },
	{ 0 }
};

/* The reference of page i, from 0. Neighbours in time are never neighbours in number: nothing makes a range of them. */
static uint32_t ref_of(const struct gnb_side *s, unsigned i)
{
	const char *walk = gnb_s(s, "walk");

	if (!strcmp(walk, "hit"))
		return 2 * i;
	if (!strcmp(walk, "miss"))
		return i * NODE;
	return i % COLLIDES * APART * NODE + i / COLLIDES;
}

static unsigned refs_of(const struct gnb_side *s)
{
	uint32_t most = 0;

	for (unsigned i = 0; i < PAGES; i++)
		if (ref_of(s, i) > most)
			most = ref_of(s, i);
	return most + 1;
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned frames = gnb_frames_for(cfg->version, refs_of(s));

	if (!s->t->node) {
		*why = "it has no trees: there is no walk";
		return -EOPNOTSUPP;
	}
	if (PAGES % gnb_u(s, "batch")) {
		*why = "64 pages are no multiple of batch";
		return -EOPNOTSUPP;
	}
	cfg->mapper = GNB_MAPPER_TRANSLATED;
	cfg->vcpus[GNB_MAPPER] = gnb_flush_vcpus(s);
	cfg->granter_pages = cfg->map_slots = PAGES;
	cfg->no_walk_cache = strcmp(gnb_s(s, "cache"), "on");
	/* Of as many regions each has records and a shadow of its own. */
	cfg->max_v3_pages = 8 * PAGES + 1024;
	/* Compared all the same where a table has to be larger than Xen's default allows. */
	cfg->max_grant_frames = frames > GNB_MAX_FRAMES ? frames : 0;
	return gnb_refs_room(cfg, refs_of(s), gnb_u(s, "levels"), why);
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->batch = gnb_u(s, "batch");
	st->mapper = s->t->vcpu(s->m, GNB_MAPPER, 0);
	rc = gnb_gtab_init(&st->gtab, s, refs_of(s), gnb_u(s, "levels"));
	if (!rc)
		rc = gnb_maps_init(&st->maps, s, PAGES);
	for (unsigned i = 0; i < PAGES && !rc; i++) {
		gnb_map_set(&st->maps, i, s->t->map_addr(s->m, i), GNB_FIRST_REF + ref_of(s, i),
			    false);
		gnb_grant_publish(&st->gtab, GNB_FIRST_REF + ref_of(s, i),
				  s->t->domid(s->m, GNB_MAPPER), s->t->frame(s->m, i), false);
	}
	return rc;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	int rc = 0;

	for (uint64_t n = 0; n < iters && !rc; n++) {
		rc = gnb_map_timed(&st->maps, st->mapper, MAP, st->batch);
		if (!rc)
			rc = gnb_unmap_timed(&st->maps, st->mapper, UNMAP, st->batch);
	}
	return rc;
}

static int map_and_read(struct gnb_side *s, struct state *st, unsigned moved)
{
	int rc = gnb_map(&st->maps, st->mapper, 0, PAGES);

	for (unsigned i = 0; i < PAGES && !rc; i++) {
		unsigned page = (i + moved) % PAGES;
		uint64_t word = 0x77616c6b00000000ull + page, back = 0;

		memcpy(s->t->ram(s->m, page), &word, sizeof(word));
		if (s->t->touch(st->mapper, gnb_map_addr(&st->maps, i), 0, &back, sizeof(back),
				false) ||
		    back != word)
			rc = gnb_fail(s, -EIO,
				      "page %u does not read through the mapping of reference %u",
				      page, gnb_map_ref(&st->maps, i));
	}
	return rc ? rc : gnb_unmap(&st->maps, st->mapper, 0, PAGES);
}

/* Nodes may be remembered, entries never: what is granted by a reference now is what is mapped, and what is not is not. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc = map_and_read(s, st, 0);

	for (unsigned i = 0; i < PAGES && !rc; i++) {
		gnb_grant_clear(&st->gtab, gnb_map_ref(&st->maps, i));
		rc = gnb_map_call(&st->maps, st->mapper, i, 1);
		if (!rc && gnb_map_status(&st->maps, i) != gnb_grant_refused(&st->gtab))
			rc = gnb_fail(s, -EIO, "mapping a cleared entry: status %d",
				      gnb_map_status(&st->maps, i));
		gnb_grant_publish(&st->gtab, gnb_map_ref(&st->maps, i),
				  s->t->domid(s->m, GNB_MAPPER), s->t->frame(s->m, (i + 1) % PAGES),
				  false);
	}
	return rc ? rc : map_and_read(s, st, 1);
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	if (!st)
		return;
	gnb_gtab_fini(&st->gtab);
	free(st);
}

static const char *const counted[] = {
	"cache=off;levels=2",
	"cache=off;levels=4",
	"walk=miss;cache=off",
	"walk=hostile;cache=off",
	"walk=miss;levels=2",
	"walk=miss;levels=4",
	"walk=hostile;cache=off;levels=2",
	"walk=hostile;cache=off;levels=4",
	"walk=hostile;levels=2",
	"walk=hostile;levels=4",
	"walk=miss;cache=off;levels=2",
	"walk=miss;cache=off;levels=4",
	NULL,
};

static const struct gnb_bench walk_cache = {
	.name = "walk_cache",
	.summary = "references named one by one, with the nodes of a tree remembered or not",
	.measures =
		"Mapping and unmapping of 64 pages, each by a request of its own, from a tree of so many levels, by a "
		"hypervisor that remembers which nodes its walks led to (cache:on), or walks from the root each time "
		"(cache:off). The references are of one node (walk:hit), one of each of 64 nodes (walk:miss), or of 16 "
		"nodes in turn whose numbers have one place in the cache, which a granter can choose to be so "
		"(walk:hostile). Versions 1 and 2 have no walk, whatever `cache` and `levels` say; where their tables "
		"have to be larger than Xen's default of 64 frames they are.",
	.not_measured =
		"What a granter's revoke costs the next walks, which have to find the nodes again. Nodes above the lowest "
		"that drive each other out: those of these walks are few, and stay. Caches of the processor are warm: of "
		"nodes that are not, the loads that wait for one another are in the counts (`guest_reads`).",
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
GNB_BENCH(walk_cache);
