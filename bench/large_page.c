// SPDX-License-Identifier: GPL-2.0-only
/*
 * large_page: the same 2 MiB, or 1 GiB, granted and mapped in pieces of one size or another.
 *
 * Measures, per 2 MiB: publishing the grant in the granter's memory; mapping it and unmapping it, each by one hypercall.
 * By what the granter writes (one large entry, or 512 entries that name a run of frames) and what the mapper accepts,
 * and by how the granter's memory lies. What a version has no large entry for it grants by 512, and what it cannot map
 * as one it maps as 512. Of versions that take back: one page in the middle taken back, unmapping what is left then, and
 * mapping all again. Of 1 GiB and more, exactly, what it costs in memory. Does not measure: TLB misses, which are what
 * large entries are for; the p2m's tables. Needs: nothing special; 1 GiB takes 1.5 GiB of memory for each version.
 */
#include <gnb/large.h>
#include <gnb/look.h>
#include <gnb/revoke.h>

enum { PUBLISH, MAP, UNMAP, TAKE, REST, AGAIN, GUEST_BYTES, HV_BYTES };

#define PAGES_2M   512u
#define PAGES_1G   (1u << 18)
#define ONE(pages) ((pages) / 2 + 1) /* the page that is taken back */
#define PUBLISHED  8

struct state {
	struct gnb_gtab gtab;
	struct gnb_vcpu *mapper;
	struct gnb_maps maps;
	struct gnb_revoke revoke;
	unsigned pages, first; /* first: the granter's page that begins it */
	unsigned order;	       /* that it is granted by */
	bool take, reserve;    /* one page back; and the mapper pays for what that needs */
};

static const struct gnb_param params[] = {
	GNB_NUMBER("pages", "512", NULL,
		   "pages of 4K that are granted: 512 are 2 MiB, 262144 are 1 GiB", 512, PAGES_1G),
	GNB_CHOICE(
		"entries", "leaf", "leaf,run,small",
		"what is granted and accepted: a large entry, 512 entries of a run that may become one, "
		"or entries of 4K only"),
	GNB_NUMBER("order", "9", NULL, "of a large entry: 9 is 2M, 18 is 1G", 9, 18),
	GNB_CHOICE(
		"memory", "aligned", "aligned,misaligned,shattered,scattered",
		"the granter's: frames in order; the same, one page off; in order, each by an entry of its p2m; "
		"in no order"),
	GNB_CHOICE(
		"take", "nothing", "nothing,one,reserved",
		"what the granter takes back: nothing, one page, or one for which the mapper has paid"),
	GNB_CHOICE("iommu", "none", "none,strict", "how grants reach the IOMMU"),
	{ 0 }
};

#define UNIT "ns/2MiB"

static const struct gnb_metric metrics[] = { [PUBLISH] = { .name = "publish",
							   .unit = UNIT,
							   .better = GNB_LOWER,
							   .work = GNB_WORK_GRANT,
							   .guest = true },
					     [MAP] = { .name = "map",
						       .unit = UNIT,
						       .better = GNB_LOWER,
						       .work = GNB_WORK_MAP | GNB_WORK_LARGE },
					     [UNMAP] = { .name = "unmap",
							 .unit = UNIT,
							 .better = GNB_LOWER,
							 .work = GNB_WORK_UNMAP | GNB_WORK_LARGE },
					     [TAKE] = { .name = "take_one",
							.unit = "ns/call",
							.better = GNB_LOWER,
							.work = GNB_WORK_REVOKE | GNB_WORK_LARGE },
					     [REST] = { .name = "unmap_rest",
							.unit = UNIT,
							.better = GNB_LOWER,
							.work = GNB_WORK_REVOKE | GNB_WORK_LARGE },
					     [AGAIN] = { .name = "map_again",
							 .unit = UNIT,
							 .better = GNB_LOWER,
							 .work = GNB_WORK_REVOKE | GNB_WORK_LARGE },
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

static bool is(const struct gnb_side *s, const char *param, const char *value)
{
	return !strcmp(gnb_s(s, param), value);
}

/*
 * The large entry that a granter of this memory writes, 0: entries of 4K. Its frames are to be aligned in its own
 * numbers; where such an entry is mapped as one or not at all, in the machine, too, which a granter has to be told.
 */
static unsigned order_of(const struct gnb_side *s)
{
	unsigned order = gnb_u(s, "order");
	bool ladder = s->version->large & GNB_LARGE_LADDER;

	if (!is(s, "entries", "leaf") || is(s, "memory", "misaligned") ||
	    (!ladder &&
	     (is(s, "memory", "scattered") || (is(s, "memory", "shattered") && order > 9))))
		return 0;
	return order;
}

/* Entries above 4K that the mapping of all of it comes to. */
static unsigned large_of(const struct gnb_side *s)
{
	unsigned have = s->version->large, order = order_of(s), pages = gnb_u(s, "pages");
	bool one = order && have & GNB_LARGE_ENTRY;

	if (is(s, "entries", "small") || is(s, "memory", "misaligned") ||
	    is(s, "memory", "scattered") || !(one || have & GNB_LARGE_RUN))
		return 0;
	/* A gigabyte in pieces is not aligned to its size, and what is kept for splitting is for entries of 2M. */
	if (!one || !is(s, "memory", "aligned") || is(s, "take", "reserved"))
		order = 9;
	return pages >> order;
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned pages = gnb_u(s, "pages"), order = gnb_u(s, "order");

	*why = order != 9 && order != 18 ? "order is 9 or 18"
	       : pages % (1u << order)	 ? "pages is no multiple of what a large entry grants"
	       : !is(s, "take", "nothing") && !gnb_can_revoke(s->version)
		       ? "a granter cannot take back what is mapped"
		       : NULL;
	if (*why)
		return -EOPNOTSUPP;
	cfg->mapper = GNB_MAPPER_TRANSLATED;
	cfg->vcpus[GNB_MAPPER] = gnb_flush_vcpus(s);
	cfg->granter_pages = pages + is(s, "memory", "misaligned");
	cfg->ram = is(s, "memory", "shattered")	  ? GNB_RAM_PIECES
		   : is(s, "memory", "scattered") ? GNB_RAM_SCATTERED
						  : GNB_RAM_WHOLE;
	cfg->map_slots = pages;
	/* What is kept for splitting a large entry is as much as for small ones. */
	gnb_maps_room(cfg, pages, large_of(s) && !is(s, "take", "reserved") ? large_of(s) : pages);
	if (pages == PAGES_1G)
		cfg->max_grant_frames = gnb_frames_for(cfg->version, pages);
	return gnb_refs_room(cfg, pages, order / 9 + 1, why);
}

static void publish(struct gnb_side *s)
{
	struct state *st = s->priv;
	uint16_t domid = s->t->domid(s->m, GNB_MAPPER);
	uint64_t frame = s->t->frame(s->m, st->first);

	for (unsigned i = 0; i < st->pages; i += 1u << st->order)
		gnb_grant_publish_large(&st->gtab, GNB_FIRST_REF + i, domid, frame + i, st->order,
					false);
}

static void clear(struct state *st)
{
	for (unsigned i = 0; i < st->pages; i += 1u << st->order)
		gnb_grant_clear_large(&st->gtab, GNB_FIRST_REF + i, st->order);
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->pages = gnb_u(s, "pages");
	st->first = is(s, "memory", "misaligned");
	st->order = order_of(s);
	st->take = !is(s, "take", "nothing");
	st->reserve = is(s, "take", "reserved");
	st->mapper = s->t->vcpu(s->m, GNB_MAPPER, 0);
	rc = gnb_gtab_init(&st->gtab, s, st->pages, gnb_u(s, "order") / 9 + 1);
	if (!rc && st->take)
		rc = gnb_revoke_init(&st->revoke, s, &st->gtab, 1);
	if (!rc)
		rc = gnb_maps_init(&st->maps, s, st->pages);
	if (rc)
		return rc;
	gnb_maps_accept(&st->maps,
			GNB_ACCEPT_HOLE | (st->reserve ? GNB_ACCEPT_RESERVE : 0) |
				(is(s, "entries", "small") ? 0 : GNB_ACCEPT_2M | GNB_ACCEPT_1G));
	gnb_maps_order(&st->maps, st->order);
	gnb_maps_count(&st->maps, PAGES_2M);
	for (unsigned i = 0; i < st->pages; i++)
		gnb_map_set(&st->maps, i, s->t->map_addr(s->m, i), GNB_FIRST_REF + i, false);
	clear(st);
	return 0;
}

/* The granter's half of taking one page back: entries of 4K but for that page. */
static void part(struct state *st)
{
	uint32_t one = GNB_FIRST_REF + ONE(st->pages);

	gnb_grant_split(&st->gtab, one, st->order);
	gnb_grant_clear_large(&st->gtab, one, 0);
	gnb_revoke_set(&st->revoke, 0, one, 1);
}

/* Nothing is mapped any more: granted as before. */
static int whole(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc = gnb_grant_unsplit(&st->gtab, GNB_FIRST_REF + ONE(st->pages), st->order);

	if (!rc)
		publish(s);
	return rc ? gnb_fail(s, rc, "a node cannot be had back") : 0;
}

static int take_back(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc = gnb_map(&st->maps, st->mapper, 0, st->pages);

	if (rc)
		return rc;
	part(st);
	rc = gnb_revoke_timed(&st->revoke, TAKE, 0, 1);
	if (!rc)
		rc = gnb_revoke_check(&st->revoke, 0);
	if (!rc)
		rc = gnb_unmap_timed(&st->maps, st->mapper, REST, st->pages);
	if (!rc)
		rc = whole(s);
	if (!rc)
		rc = gnb_map_timed(&st->maps, st->mapper, AGAIN, st->pages);
	return rc ? rc : gnb_unmap(&st->maps, st->mapper, 0, st->pages);
}

/* What it costs while all is mapped: pages of the granter's, and the hypervisor's for both sides. */
static void weigh(struct gnb_side *s)
{
	struct state *st = s->priv;
	uint64_t guest, hv, mapper;
	double gib = (double)st->pages / PAGES_1G;

	if (st->pages < PAGES_1G)
		return;
	s->t->footprint(s->m, &guest, &hv, &mapper);
	guest += gnb_grant_nodes(&st->gtab, st->pages, st->order) * (uint64_t)GNB_PAGE_SIZE;
	gnb_set_exact(s, GUEST_BYTES, (double)guest / gib);
	if (hv != UINT64_MAX)
		gnb_set_exact(s, HV_BYTES, (double)(hv + mapper) / gib);
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	int rc = 0;

	for (uint64_t n = 0; n < iters && !rc; n++) {
		/* Short beside the rest, and so done more often. */
		for (unsigned k = 0; k < PUBLISHED; k++) {
			clear(st);
			gnb_start(s, PUBLISH);
			publish(s);
			gnb_stop(s, PUBLISH, st->pages / PAGES_2M);
		}
		rc = gnb_map_timed(&st->maps, st->mapper, MAP, st->pages);
		weigh(s);
		if (!rc)
			rc = gnb_unmap_timed(&st->maps, st->mapper, UNMAP, st->pages);
		if (!rc && st->take)
			rc = take_back(s);
	}
	return rc;
}

/* All pages are within reach, both ways, but those of size from one on. */
static int look_at_all(struct gnb_side *s, unsigned one, unsigned size)
{
	struct state *st = s->priv;

	for (unsigned i = 0; i < st->pages; i++) {
		bool gone = i >= one && i < one + size;

		if (gnb_look(&st->maps, st->mapper, i, st->first + i) !=
			    (gone ? GNB_SEES_NOTHING : GNB_SEES_PAGE) ||
		    gnb_reaches(&st->maps, st->mapper, i, st->first + i) == gone)
			return gnb_fail(s, -EIO, "page %u is%s within reach", i,
					gone ? "" : " not");
		if (!is(s, "iommu", "none") && gnb_look(&st->maps, NULL, i, st->first + i) !=
						       (gone ? GNB_SEES_NOTHING : GNB_SEES_PAGE))
			return gnb_fail(s, -EIO, "page %u is%s within the device's reach", i,
					gone ? "" : " not");
	}
	return 0;
}

static int verify_part(struct gnb_side *s)
{
	struct state *st = s->priv;
	unsigned one = ONE(st->pages), size = 1, large = large_of(s);
	int rc;

	part(st);
	rc = gnb_revoke_call(&st->revoke, 0, 1);
	if (!rc)
		rc = gnb_revoke_check(&st->revoke, 0);
	/* Without what is kept for it, all of a large entry goes. */
	if (large && !st->reserve)
		size = st->pages / large;
	if (!rc &&
	    (gnb_revoke_pages(&st->revoke, 0) != size ||
	     gnb_revoke_got(&st->revoke, 0) != (GNB_GOT_HOLE | (size > 1 ? GNB_GOT_MORE : 0))))
		rc = gnb_fail(s, -EIO, "taking back one page took %u, outcome %#x",
			      gnb_revoke_pages(&st->revoke, 0), gnb_revoke_got(&st->revoke, 0));
	if (!rc)
		rc = look_at_all(s, one & ~(size - 1), size);
	if (!rc)
		rc = gnb_unmap(&st->maps, st->mapper, 0, st->pages);
	if (!rc)
		rc = whole(s);
	if (!rc)
		rc = gnb_map(&st->maps, st->mapper, 0, st->pages);
	if (!rc && gnb_maps_large(&st->maps, 0, st->pages) != large)
		rc = gnb_fail(s, -EIO, "mapped again, there are %u large entries, not %u",
			      gnb_maps_large(&st->maps, 0, st->pages), large);
	return rc ? rc : look_at_all(s, 0, 0);
}

/* As many large entries were made as the cell says, all pages go through, and one can be taken out of the middle. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc;

	publish(s);
	rc = gnb_map(&st->maps, st->mapper, 0, st->pages);
	if (!rc && gnb_maps_large(&st->maps, 0, st->pages) != large_of(s))
		rc = gnb_fail(s, -EIO, "%u large entries were made, not %u",
			      gnb_maps_large(&st->maps, 0, st->pages), large_of(s));
	if (!rc)
		rc = look_at_all(s, 0, 0);
	if (!rc && st->take)
		rc = verify_part(s);
	if (!rc)
		rc = gnb_unmap(&st->maps, st->mapper, 0, st->pages);
	if (!rc)
		rc = look_at_all(s, 0, st->pages);
	for (unsigned i = 0; i < st->pages && !rc; i++)
		if (gnb_grant_in_use(&st->gtab, GNB_FIRST_REF + i))
			rc = gnb_fail(s, -EIO, "reference %u is marked after the unmap",
				      GNB_FIRST_REF + i);
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

static const struct gnb_bench large_page = {
	.name = "large_page",
	.summary = "2 MiB or 1 GiB by one entry, or by many",
	.measures =
		"Memory that a granter has in one piece, granted, mapped and unmapped: as one large entry, as a run "
		"of entries of 4 KiB that the hypervisor maps as one, and as pages of 4 KiB. Also where the memory "
		"is not in one piece, where nothing large can come of it; and what it takes to take one page back "
		"out of the middle.",
	.not_measured =
		"What large entries are for: fewer TLB misses of the mapper and its device. Nor the memory that "
		"tables of the p2m take, of which a large entry needs fewer.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.in_default = true,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
GNB_BENCH(large_page);
