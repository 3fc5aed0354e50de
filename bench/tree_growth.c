// SPDX-License-Identifier: GPL-2.0-only
/*
 * tree_growth: what grants are published in grows from nothing.
 *
 * Measures: making room for more grants, step by step, per grant (a frame of a table by setup_table and its place; a
 * node of a tree in the granter's own memory, and a new root by a hypercall when a level is full), each step in the
 * histogram; and exactly: the most that one step does in the hypervisor, the most memory that it takes on both sides,
 * and what a GiB of grants then costs. A fresh machine for every round. Does not measure: publishing entries
 * (grant_access); the guest's allocator; growth while memory is short. Needs: nothing special.
 */
#include <gnb/growth.h>
#include <gnb/mapper.h>

enum { GROW, STEP, STEP_BYTES, GUEST_BYTES, HV_BYTES, MAPPED_BYTES, SINGLE_BYTES };

#define PAGES 512u /* granted again and again: 2 MiB in one piece */

struct state {
	struct gnb_growth g;
	struct gnb_vcpu *mapper;
	struct gnb_maps first; /* mapped from the first step on, while live */
	struct gnb_maps maps;  /* PAGES of them, in turn */
	bool live;
	uint32_t *handle;
	uint32_t refs, begin, end; /* of the entries that are published */
	uint64_t frame[PAGES];
};

static const struct gnb_param params[] = {
	GNB_NUMBER("grants", "32768", "64,1024,32768,1048576",
		   "pages that can be granted at the end", 64, 1u << 20),
	GNB_CHOICE("leaf", "4K", "4K,2M", "memory that an entry grants"),
	GNB_NUMBER("max_frames", "64", NULL, "frames that a table may have; 64 is Xen's default", 1,
		   8192),
	{ 0 }
};

#define EXACT(name_, unit_)                                                                        \
	{                                                                                          \
		.name = name_, .unit = unit_, .better = GNB_LOWER, .work = GNB_WORK_TABLE,         \
		.exact = true                                                                      \
	}

static const struct gnb_metric metrics[] = { [GROW] = { .name = "grow",
							.unit = "ns/grant",
							.better = GNB_LOWER,
							.work = GNB_WORK_TABLE,
							.guest = true,
							.calls = true,
							.latency = true },
					     [STEP] = EXACT("worst_step", "events/step"),
					     [STEP_BYTES] = EXACT("worst_step_bytes", "bytes/step"),
					     [GUEST_BYTES] = EXACT("guest_bytes", "bytes/GiB"),
					     [HV_BYTES] = EXACT("hv_bytes", "bytes/GiB"),
					     [MAPPED_BYTES] = EXACT("mapped_bytes", "bytes/GiB"),
					     [SINGLE_BYTES] = EXACT("single_bytes", "bytes/GiB"),
					     { 0 } };

static unsigned level_of(const struct gnb_side *s)
{
	return !strcmp(gnb_s(s, "leaf"), "2M");
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	uint32_t refs = gnb_u(s, "grants"), regions = (refs + PAGES - 1) / PAGES;

	cfg->mapper = GNB_MAPPER_TRANSLATED;
	if (!s->t->node) {
		*why = "it has no trees, and growth of a table is what table_growth measures";
		return -EOPNOTSUPP;
	}
	if (level_of(s) && refs % PAGES) {
		*why = "no whole number of 2 MiB";
		return -EOPNOTSUPP;
	}
	cfg->granter_pages = PAGES;
	cfg->map_slots = refs + 1;
	/* All is mapped in the end: a handle for each page, or five pages for each 512 mapped one by one. */
	cfg->max_maptrack_frames = refs / 256 > 1024 ? refs / 256 + 1 : 0;
	cfg->max_v3_pages = 5 * regions + 64 > 1024 ? 5 * regions + 64 : 0;
	return gnb_growth_room(cfg, refs, level_of(s), gnb_u(s, "max_frames"), why);
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->mapper = s->t->vcpu(s->m, GNB_MAPPER, 0);
	st->refs = gnb_u(s, "grants");
	st->begin = level_of(s) ? 0 : GNB_FIRST_REF;
	st->end = level_of(s) ? st->refs / PAGES : st->refs;
	for (unsigned i = 0; i < PAGES; i++)
		st->frame[i] = s->t->frame(s->m, i);
	st->handle = calloc(st->refs, sizeof(*st->handle));
	rc = st->handle ? gnb_maps_init(&st->first, s, 1) : -ENOMEM;
	if (!rc)
		rc = gnb_maps_init(&st->maps, s, PAGES);
	/* Entries of 2 MiB are made where they may be, which a sink would take a reserve for. */
	if (!rc && st->maps.r)
		st->maps.r->accept = GNTV3_ACCEPT_HOLE | GNTV3_ACCEPT_2M;
	return rc ? rc : gnb_growth_init(&st->g, s, st->refs, level_of(s));
}

/* Entries that there is room for now are published, from the i-th on: which is the next. */
static uint32_t publish(const struct gnb_side *s, const struct state *st, uint32_t i)
{
	uint32_t room = level_of(s) ? st->g.refs / PAGES : st->g.refs;

	for (; i < room && i < st->end; i++)
		gnb_growth_publish(&st->g, i, st->frame[level_of(s) ? 0 : i % PAGES]);
	return i;
}

/* Pages that are granted: the toolstack's references are not. */
static uint32_t granted(const struct gnb_side *s, const struct state *st)
{
	return level_of(s) ? st->refs : st->refs - GNB_FIRST_REF;
}

/* The page that entry i grants. */
static unsigned page_of(const struct gnb_side *s, uint32_t ref)
{
	return (level_of(s) ? ref - GNB_FIRST_REF : ref) % PAGES;
}

/* The mapping reads what is in the page of its reference. */
static int reads(struct gnb_side *s, struct state *st, const struct gnb_maps *m, unsigned i)
{
	uint64_t word = 0x7472656500000000ull + gnb_map_ref(m, i), back = 0;

	memcpy(s->t->ram(s->m, page_of(s, gnb_map_ref(m, i))), &word, sizeof(word));
	if (s->t->touch(st->mapper, gnb_map_addr(m, i), 0, &back, sizeof(back), false) ||
	    back != word)
		return gnb_fail(s, -EIO, "reference %u does not read through its mapping",
				gnb_map_ref(m, i));
	return 0;
}

/* Behind the slots of all others. */
static int map_first(struct gnb_side *s, struct state *st)
{
	int rc;

	gnb_map_set(&st->first, 0, s->t->map_addr(s->m, granted(s, st)), GNB_FIRST_REF, false);
	rc = gnb_map(&st->first, st->mapper, 0, 1);
	st->live = !rc;
	return rc;
}

static int unmap_first(struct state *st)
{
	st->live = false;
	return gnb_unmap(&st->first, st->mapper, 0, 1);
}

/* Grow to the end; what a step does at most, by the counts of its own. */
static int grow(struct gnb_side *s, struct state *st)
{
	uint64_t events = 0, bytes = 0;
	uint32_t next = st->begin;
	int rc = 0;

	while (st->g.refs < st->refs && !rc) {
		struct gnb_done before = gnb_done(s), after;
		uint32_t refs = st->g.refs, pages = gnb_growth_pages(&st->g), more;

		gnb_start(s, GROW);
		rc = gnb_growth_step(&st->g);
		more = st->g.refs < st->refs ? st->g.refs - refs : st->refs - refs;
		gnb_stop(s, GROW, more);
		if (rc)
			return gnb_fail(s, rc, "growing beyond %u references returned %d", refs,
					rc);
		after = gnb_done(s);
		if (after.events - before.events > events)
			events = after.events - before.events;
		after.bytes += (uint64_t)(gnb_growth_pages(&st->g) - pages) * GNB_PAGE_SIZE;
		if (after.bytes - before.bytes > bytes)
			bytes = after.bytes - before.bytes;
		rc = gnb_growth_look(&st->g);
		if (!rc)
			next = publish(s, st, next);
		if (!rc && !refs)
			rc = map_first(s, st);
	}
	/* A target that counts instructions says nothing of what they did. */
	if (gnb_done_known(s)) {
		gnb_set_exact(s, STEP, (double)events);
		gnb_set_exact(s, STEP_BYTES, (double)bytes);
	}
	return rc;
}

/* All that is granted is mapped besides, in pieces of 512 or page by page: what that costs the hypervisor. Then it is unmapped. */
static int map_all(struct gnb_side *s, struct state *st, bool apart, double per_gib,
		   unsigned metric)
{
	uint32_t n = granted(s, st);
	uint64_t guest, hv, mapper;
	int rc = 0;

	if (st->maps.r)
		st->maps.r->apart = apart;
	for (uint32_t at = 0, k; at < n && !rc; at += k) {
		k = n - at < PAGES ? n - at : PAGES;
		for (uint32_t i = 0; i < k; i++)
			gnb_map_set(&st->maps, i, s->t->map_addr(s->m, at + i),
				    GNB_FIRST_REF + at + i, false);
		rc = gnb_map(&st->maps, st->mapper, 0, k);
		for (uint32_t i = 0; i < k && !rc; i++)
			st->handle[at + i] = gnb_map_handle(&st->maps, i);
	}
	s->t->footprint(s->m, &guest, &hv, &mapper);
	if (mapper != UINT64_MAX)
		gnb_set_exact(s, metric, (double)(hv + mapper) * per_gib);
	for (uint32_t at = 0, k; at < n && !rc; at += k) {
		k = n - at < PAGES ? n - at : PAGES;
		for (uint32_t i = 0; i < k; i++)
			gnb_unmap_set(&st->maps, i, s->t->map_addr(s->m, at + i),
				      st->handle[at + i]);
		rc = gnb_unmap_call(&st->maps, st->mapper, 0, k);
		for (uint32_t i = 0; i < k && !rc; i++)
			rc = gnb_unmap_check(&st->maps, i);
	}
	return rc;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	return iters == 1 ? grow(s, s->priv) : gnb_fail(s, -EINVAL, "what is there grows once");
}

static int figures(struct gnb_side *s)
{
	struct state *st = s->priv;
	double per_gib = (double)(1u << 18) / st->refs;
	uint64_t guest, hv, mapper;
	int rc;

	s->t->footprint(s->m, &guest, &hv, &mapper);
	guest += (uint64_t)gnb_growth_pages(&st->g) * GNB_PAGE_SIZE;
	gnb_set_exact(s, GUEST_BYTES, (double)guest * per_gib);
	if (hv != UINT64_MAX)
		gnb_set_exact(s, HV_BYTES, (double)hv * per_gib);
	rc = map_all(s, st, false, per_gib, MAPPED_BYTES);
	return rc ? rc : map_all(s, st, true, per_gib, SINGLE_BYTES);
}

/*
 * The first reference, mapped before the rest grew, reads through that mapping; it can be mapped again, and so can the
 * last one; one that there is no room for cannot.
 */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	uint32_t last = GNB_FIRST_REF + granted(s, st) - 1;
	int rc;

	/* There was no time for it to grow. */
	if (!st->live)
		return 0;
	rc = reads(s, st, &st->first, 0);
	if (!rc)
		rc = unmap_first(st);
	if (!rc)
		rc = map_first(s, st);
	if (!rc)
		rc = reads(s, st, &st->first, 0);
	if (!rc)
		rc = unmap_first(st);
	gnb_map_set(&st->maps, 0, s->t->map_addr(s->m, 1), last, false);
	if (!rc)
		rc = gnb_map(&st->maps, st->mapper, 0, 1);
	if (!rc)
		rc = reads(s, st, &st->maps, 0);
	if (!rc)
		rc = gnb_unmap(&st->maps, st->mapper, 0, 1);
	if (rc)
		return rc;
	gnb_map_set(&st->maps, 0, s->t->map_addr(s->m, 1), GNB_FIRST_REF + (1u << 24), false);
	rc = gnb_map_call(&st->maps, st->mapper, 0, 1);
	if (!rc && gnb_map_status(&st->maps, 0) != GNTST_bad_gntref)
		rc = gnb_fail(s, -EIO, "a reference that is not there: status %d",
			      gnb_map_status(&st->maps, 0));
	return rc;
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	if (!st)
		return;
	if (st->live)
		unmap_first(st);
	gnb_growth_fini(&st->g);
	free(st->handle);
	free(st);
}

static const struct gnb_bench tree_growth = {
	.name = "tree_growth",
	.summary = "grow a table or a tree from nothing",
	.measures = "What grants are published in grows from nothing to as many grants as a cell "
		    "says: a table by frames, up to its limit of 64 or to what max_frames says, "
		    "a tree by nodes of the granter's own memory. Shown are the cost of room for "
		    "a new grant, with every single step in the histogram; the most that one "
		    "step makes the hypervisor do (events that it counts: look-ups, locks, "
		    "entries written and so on), which tells whether a step becomes dearer as "
		    "the whole grows; and bytes per GiB that is granted: the granter's (a tree's "
		    "root is among them), the hypervisor's for the granter, and for both sides "
		    "with everything mapped, by 512 neighbours at a time or page by page. A "
		    "mapping of the first reference is in use while all the rest grows.",
	.not_measured = "Publishing entries, which is in grant_access. Growth under memory "
			"pressure, where the hypervisor or the guest's allocator may refuse; and "
			"how often anybody needs so many grants. To map more than 262,144 pages "
			"at once takes more than the 1024 frames of handles that are Xen's "
			"default, and than the 1024 pages that version 3 may cost a domain by "
			"default: here both are raised as far as that takes.",
	.def_version = 1,
	.params = params,
	.metrics = metrics,
	.iters = 1,
	.fixed_iters = true,
	.in_default = true,
	.supported = supported,
	.setup = setup,
	.run = run,
	.figures = figures,
	.verify = verify,
	.teardown = teardown,
};
GNB_BENCH(tree_growth);
