// SPDX-License-Identifier: GPL-2.0-only
/*
 * full_cycle: the whole life of a grant, both sides of it in one span.
 *
 * Measures: publish, map, unmap, end of access, per page: the granter's work in its own memory, the mapper's hypercalls,
 * and those that the granter may need to end. A span covers at least 64 pages. Does not measure: what is done with the
 * page meanwhile, or how the two tell each other of it (rings, events). Needs: nothing special.
 */
#include <gnb/mapper.h>

enum { CYCLE };

#define SPAN  64 /* pages in a timed span, at least */
#define BATCH 512

struct state {
	struct gnb_gtab gtab;
	struct gnb_vcpu *mapper;
	struct gnb_maps maps;
	unsigned batch, pages, spread;
	uint32_t next; /* of all references, where they are spread */
	uint16_t dom;
	uint32_t *ref;
	uint64_t *frame;
};

static const struct gnb_param params[] = {
	GNB_NUMBER("batch", "64", "1,64,512", "pages per hypercall", 1, BATCH),
	GNB_NUMBER("stride", "1", "1,2", "distance of the references used; 1: neighbours", 1, 31),
	GNB_NUMBER(
		"spread", "0", NULL,
		"0: the same references in each turn; else other ones, at random among so many, a power of two",
		0, 262144),
	GNB_NUMBER("levels", "2", NULL, "of a tree, at least", 1, GNTV3_MAX_LEVELS),
	GNB_CHOICE("end", "status", "status,revoke",
		   "how the granter of a tree ends: it reads a page, or revokes"),
	GNB_CHOICE("mapper", "translated", "translated,pv",
		   "what the mapper maps into: its p2m, or page-table entries"),
	GNB_CHOICE("entry", "none", "none,syscall",
		   "hypercall entry: a function call, or one real system call"),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [CYCLE] = { .name = "cycle",
							 .unit = "ns/page",
							 .better = GNB_LOWER,
							 .work = GNB_WORK_GRANT | GNB_WORK_MAP |
								 GNB_WORK_UNMAP,
							 .guest = true,
							 .calls = true },
					     { 0 } };

static unsigned pages_of(const struct gnb_side *s)
{
	unsigned batch = gnb_u(s, "batch");

	return (SPAN + batch - 1) / batch * batch;
}

static unsigned refs_of(const struct gnb_side *s)
{
	return gnb_u(s, "spread") ? gnb_u(s, "spread") : pages_of(s) * gnb_u(s, "stride");
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned frames = gnb_frames_for(cfg->version, refs_of(s)), spread = gnb_u(s, "spread");

	if (spread && gnb_u(s, "stride") > 1) {
		*why = "references at random have no stride";
		return -EOPNOTSUPP;
	}
	if (spread & (spread - 1) || (spread && spread < pages_of(s))) {
		*why = "spread is a power of two, and no less than the pages of a turn";
		return -EOPNOTSUPP;
	}
	cfg->vcpus[GNB_MAPPER] = gnb_flush_vcpus(s);
	cfg->map_slots = pages_of(s);
	cfg->granter_pages = spread ? spread : pages_of(s);
	/* Compared all the same where a table has to be larger than Xen's default allows. */
	cfg->max_grant_frames = frames > GNB_MAX_FRAMES ? frames : 0;
	return gnb_refs_room(cfg, refs_of(s), gnb_u(s, "levels"), why);
}

/* The i-th reference that is used, of n: each once, in no order that a cache or a walk could follow. */
static uint32_t scattered(uint32_t i, uint32_t n)
{
	uint32_t x = i % n;

	x = x * 0x2545f491u % n;
	x ^= x >> 9;
	x = x * 0x9e3779b1u % n;
	return x ^ x >> 9;
}

/* The references of a turn, and what they will grant. */
static void choose(struct gnb_side *s, struct state *st)
{
	for (unsigned i = 0; i < st->pages; i++) {
		uint32_t at =
			st->spread ? scattered(st->next++, st->spread) : i * gnb_u(s, "stride");

		st->ref[i] = GNB_FIRST_REF + at;
		st->frame[i] = s->t->frame(s->m, st->spread ? at : i);
		gnb_map_set(&st->maps, i, s->t->map_addr(s->m, i), st->ref[i], false);
	}
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->batch = gnb_u(s, "batch");
	st->pages = pages_of(s);
	st->spread = gnb_u(s, "spread");
	st->dom = s->t->domid(s->m, GNB_MAPPER);
	st->mapper = s->t->vcpu(s->m, GNB_MAPPER, 0);
	st->ref = gnb_keep(s, st->pages * sizeof(*st->ref));
	st->frame = gnb_keep(s, st->pages * sizeof(*st->frame));
	if (!st->ref || !st->frame)
		return -ENOMEM;
	rc = gnb_gtab_init(&st->gtab, s, refs_of(s), gnb_u(s, "levels"));
	if (!rc)
		rc = gnb_gtab_ends(&st->gtab, s, strcmp(gnb_s(s, "end"), "revoke") ? 0 : st->pages);
	if (!rc)
		rc = gnb_maps_init(&st->maps, s, st->pages);
	if (!rc)
		choose(s, st);
	return rc;
}

/* All that happens to the pages of call c. */
static int cycle(struct state *st, unsigned c)
{
	unsigned first = c * st->batch;
	int rc;

	for (unsigned i = first; i < first + st->batch; i++)
		gnb_grant_publish(&st->gtab, st->ref[i], st->dom, st->frame[i], false);
	rc = gnb_map_prepared(&st->maps, st->mapper, c, st->batch);
	if (!rc)
		rc = gnb_unmap_prepared(&st->maps, st->mapper, c, st->batch);
	return rc ? rc : gnb_grant_end_list(&st->gtab, st->ref + first, st->batch);
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	int rc = 0;

	for (uint64_t n = 0; n < iters && !rc; n++) {
		if (st->spread)
			choose(s, st);
		gnb_map_prepare(&st->maps, st->batch);
		gnb_start(s, CYCLE);
		for (unsigned c = 0; c < st->pages / st->batch && !rc; c++)
			rc = cycle(st, c);
		gnb_stop(s, CYCLE, st->pages);
		if (rc && !s->why[0])
			gnb_fail(s, rc, "a grant that nobody maps did not end: %d", rc);
		for (unsigned i = 0; i < st->pages && !rc; i++)
			rc = gnb_map_check(&st->maps, i);
		for (unsigned i = 0; i < st->pages && !rc; i++)
			rc = gnb_unmap_check(&st->maps, i);
	}
	return rc;
}

/* Is the page of the first reference, which holds word, what its mapping reads? */
static bool reads(struct gnb_side *s, struct state *st, uint64_t word)
{
	uint64_t back = 0;

	return !s->t->touch(st->mapper, gnb_map_addr(&st->maps, 0), 0, &back, sizeof(back),
			    false) &&
	       back == word;
}

/*
 * A page is in reach of the mapper while it is mapped; to end it then is refused, or takes it out of reach; and what was
 * ended cannot be mapped.
 */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	bool takes = gnb_is_tree(st->gtab.entries) && !st->gtab.tree.status;
	uint64_t word = 0x6379636c65000001ull ^ s->version->entries;
	unsigned page = st->spread ? st->ref[0] - GNB_FIRST_REF : 0;
	int rc;

	memcpy(s->t->ram(s->m, page), &word, sizeof(word));
	gnb_grant_publish(&st->gtab, st->ref[0], st->dom, st->frame[0], false);
	rc = gnb_map(&st->maps, st->mapper, 0, 1);
	if (rc)
		return rc;
	if (!reads(s, st, word))
		rc = gnb_fail(s, -EIO, "a page does not read through its mapping");
	if (!rc && gnb_grant_end_list(&st->gtab, st->ref, 1) != (takes ? 0 : -EBUSY))
		rc = gnb_fail(s, -EIO, "ending a grant in use had the wrong effect");
	if (!rc && reads(s, st, word) == takes)
		rc = gnb_fail(s, -EIO, "a page %s after its grant was %s",
			      takes ? "is in reach" : "is out of reach",
			      takes ? "taken back" : "found to be in use");
	if (gnb_unmap(&st->maps, st->mapper, 0, 1) && !rc)
		rc = -EIO;
	if (!rc && gnb_grant_end_list(&st->gtab, st->ref, 1))
		rc = gnb_fail(s, -EIO, "a grant that was unmapped does not end");
	if (rc)
		return rc;
	rc = gnb_map_call(&st->maps, st->mapper, 0, 1);
	if (!rc && gnb_map_status(&st->maps, 0) != gnb_grant_refused(&st->gtab))
		rc = gnb_fail(s, -EIO, "mapping an ended grant: status %d",
			      gnb_map_status(&st->maps, 0));
	return rc;
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	if (!st)
		return;
	gnb_gtab_fini(&st->gtab);
	free(st);
}

static const char *const headline[] = { "batch=64", "batch=1", "batch=1;entry=syscall", NULL };
static const char *const counted[] = {
	"levels=3",
	"levels=4",
	"stride=2;levels=3",
	"stride=2;levels=4",
	"batch=1;levels=3",
	"batch=1;levels=4",
	"batch=1;end=revoke",
	"stride=2;end=revoke",
	"spread=262144",
	"spread=262144;levels=3",
	"spread=262144;levels=4",
	"spread=262144;batch=1",
	"mapper=pv;batch=1",
	"mapper=pv;stride=2",
	NULL,
};

static const struct gnb_bench full_cycle = {
	.name = "full_cycle",
	.summary = "publish, map, unmap, end: a grant from beginning to end",
	.measures = "The whole life of a grant, per page: the granter publishes it, the mapper "
		    "maps and unmaps it, the granter ends it, a batch at a time. The work of "
		    "both is in the figure, with all hypercalls that either of them needs: "
		    "`hypercalls` counts them. Of a tree the granter ends by a page in which the "
		    "hypervisor says what is mapped (end:status), or by a hypercall that takes "
		    "the pages back (end:revoke); by versions 1 and 2 in its own memory, "
		    "whatever `end` says. With a spread each turn uses other references, at "
		    "random among so many, which caches do not hold: tables of versions 1 and 2 "
		    "are then larger than Xen's default of 64 frames allows. Loads that wait for "
		    "one another are in the counts: `levels`, of p2m and page tables, and "
		    "`guest_reads`, of entries and nodes.",
	.not_measured = "What is done with a page while it is mapped, and how granter and mapper "
			"tell each other of it: rings, events, a response. Both run in one "
			"thread, so no cache line has to come from another core.",
	.def_version = 2,
	.params = params,
	.metrics = metrics,
	.in_default = true,
	.headline = headline,
	.counted = counted,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
GNB_BENCH(full_cycle);
