// SPDX-License-Identifier: GPL-2.0-only
/*
 * protect: pages that are mapped lose the right to write, and get it back.
 *
 * Measures: both sides' hypercalls and the granter's entries for it: one operation of the granter's by a tree; by a table
 * its mapper unmaps the pages, they are granted anew, and it maps them again. Per page, in spans of at least 64 pages, and
 * each call by itself in a histogram. Does not measure: how the granter asks a mapper for it, or the write that faults.
 * Needs: nothing special.
 */
/* What a mapper that helps has to prepare and check is the work. */
#define GNB_WHOLE_SPANS
#include <gnb/look.h>
#include <gnb/protect.h>

enum { READONLY, AGAIN, CALL };

/* What any version may do for it. */
#define WORK (GNB_WORK_MAP | GNB_WORK_UNMAP | GNB_WORK_LARGE | GNB_WORK_REVOKE)

#define SPAN 64 /* pages in a timed span, at least */

struct state {
	struct gnb_gtab gtab;
	struct gnb_vcpu *mapper;
	struct gnb_maps maps;
	struct gnb_protect protect;
	unsigned pages, all, order;
	bool part;
};

static const struct gnb_param params[] = {
	GNB_NUMBER("pages", "512", "1,64,512", "pages of a call", 1, 1u << 18),
	GNB_CHOICE(
		"piece", "4K", "4K,2M,part",
		"entries that grant and map them; part: one page, in the middle of an entry of 2M, is meant"),
	GNB_CHOICE("mapper", "translated", "translated,pv", "what the mapper maps into"),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [READONLY] = { .name = "readonly",
							    .unit = "ns/page",
							    .better = GNB_LOWER,
							    .work = WORK,
							    .guest = true,
							    .calls = true },
					     [AGAIN] = { .name = "again",
							 .unit = "ns/page",
							 .better = GNB_LOWER,
							 .work = WORK,
							 .guest = true,
							 .calls = true },
					     [CALL] = { .name = "call",
							.unit = "ns/call",
							.better = GNB_LOWER,
							.latency = true,
							.work = WORK,
							.guest = true,
							.calls = true },
					     { 0 } };

/* Pages that are mapped: of as many calls as a span has. */
static unsigned all_of(const struct gnb_side *s)
{
	unsigned pages = gnb_u(s, "pages");

	return (SPAN + pages - 1) / pages * pages;
}

static unsigned order_of(const struct gnb_side *s)
{
	return strcmp(gnb_s(s, "piece"), "4K") ? 9 : 0;
}

static bool is_part(const struct gnb_side *s)
{
	return !strcmp(gnb_s(s, "piece"), "part");
}

static const char *refused(const struct gnb_side *s)
{
	unsigned order = order_of(s);

	if (gnb_u(s, "pages") & ((1u << order) - 1))
		return "pages is no multiple of what an entry of 2 MiB maps";
	if (order && !strcmp(gnb_s(s, "mapper"), "pv"))
		return "a PV mapper has entries of 4K only";
	if (is_part(s) && gnb_u(s, "pages") != 1u << order)
		return "a part is of one entry";
	if (is_part(s) && !gnb_can_protect_part(s->version, order))
		return "an entry of 2 MiB would have to be made anew as 512";
	return NULL;
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned all = all_of(s);

	*why = refused(s);
	if (*why)
		return -EOPNOTSUPP;
	cfg->vcpus[GNB_MAPPER] = gnb_flush_vcpus(s);
	cfg->granter_pages = cfg->map_slots = all;
	gnb_maps_room(cfg, all, all);
	return gnb_refs_room(cfg, all, GNB_TREE_LEVELS, why);
}

static void publish(struct gnb_side *s)
{
	struct state *st = s->priv;

	for (unsigned i = 0; i < st->all; i += 1u << st->order)
		gnb_grant_publish_large(&st->gtab, GNB_FIRST_REF + i, s->t->domid(s->m, GNB_MAPPER),
					s->t->frame(s->m, i), st->order, false);
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->pages = gnb_u(s, "pages");
	st->all = all_of(s);
	st->order = order_of(s);
	st->part = is_part(s);
	st->mapper = s->t->vcpu(s->m, GNB_MAPPER, 0);
	rc = gnb_gtab_init(&st->gtab, s, st->all, GNB_TREE_LEVELS);
	if (!rc)
		rc = gnb_maps_init(&st->maps, s, st->all);
	if (!rc)
		rc = gnb_protect_init(&st->protect, s, &st->gtab, &st->maps, st->order, st->part);
	if (rc)
		return rc;
	gnb_maps_accept(&st->maps, GNB_ACCEPT_HOLE | GNB_ACCEPT_READONLY |
					   (st->order ? GNB_ACCEPT_2M : 0) |
					   (st->part ? GNB_ACCEPT_RESERVE : 0));
	gnb_maps_order(&st->maps, st->order);
	for (unsigned i = 0; i < st->all; i++)
		gnb_map_set(&st->maps, i, s->t->map_addr(s->m, i), GNB_FIRST_REF + i, false);
	publish(s);
	return 0;
}

/* Of call c. */
static unsigned first_of(const struct state *st, unsigned c)
{
	return c * st->pages + (st->part ? st->pages / 2 : 0);
}

static unsigned count_of(const struct state *st)
{
	return st->part ? 1 : st->pages;
}

/* All are mapped, by a hypercall for each call that will be made. */
static int map_all(struct gnb_side *s, struct state *st)
{
	unsigned large = s->version->large ? st->all >> st->order : 0;
	int rc = 0;

	for (unsigned c = 0; c < st->all / st->pages && !rc; c++)
		rc = gnb_map(&st->maps, st->mapper, c * st->pages, st->pages);
	if (!rc && st->order && gnb_maps_large(&st->maps, 0, st->all) != large)
		rc = gnb_fail(s, -EIO, "%u large entries were made, not %u",
			      gnb_maps_large(&st->maps, 0, st->all), large);
	return rc;
}

/* And unmapped; entries that were split are whole again. */
static int unmap_all(struct gnb_side *s, struct state *st)
{
	int rc = 0;

	for (unsigned c = 0; c < st->all / st->pages && !rc; c++)
		rc = gnb_unmap(&st->maps, st->mapper, c * st->pages, st->pages);
	for (unsigned i = 0; i < st->all && st->part && !rc; i += 1u << st->order)
		rc = gnb_grant_unsplit(&st->gtab, GNB_FIRST_REF + i, st->order);
	if (st->part)
		publish(s);
	return rc;
}

/* All calls, one way: as one span of metric, or each as one of CALL. */
static int turn(struct gnb_side *s, struct state *st, unsigned metric, bool write)
{
	unsigned calls = st->all / st->pages;
	int rc = 0;

	if (metric != CALL)
		gnb_start(s, metric);
	for (unsigned c = 0; c < calls && !rc; c++) {
		if (metric == CALL)
			gnb_start(s, CALL);
		rc = gnb_protect(&st->protect, first_of(st, c), count_of(st), write);
		if (metric == CALL)
			gnb_stop(s, CALL, 1);
	}
	if (metric != CALL)
		gnb_stop(s, metric, calls * count_of(st));
	return rc;
}

/* Both ways twice, from pages that were mapped just now: taking a right away may split what they are mapped by. */
static int run(struct gnb_side *s, uint64_t iters)
{
	static const unsigned metric[][2] = { { READONLY, AGAIN }, { CALL, CALL } };
	struct state *st = s->priv;
	int rc = 0;

	for (uint64_t n = 0; n < 2 * iters && !rc; n++) {
		rc = map_all(s, st);
		if (!rc)
			rc = turn(s, st, metric[n % 2][0], false);
		if (!rc)
			rc = turn(s, st, metric[n % 2][1], true);
		if (!rc)
			rc = unmap_all(s, st);
	}
	return rc;
}

/* Every page is read; all can be written, or all but those that a call was for. */
static int look(struct gnb_side *s, struct state *st, bool turned)
{
	for (unsigned i = 0; i < st->all; i++) {
		bool meant = !st->part || i % st->pages == st->pages / 2;

		if (gnb_look(&st->maps, st->mapper, i, i) != GNB_SEES_PAGE)
			return gnb_fail(s, -EIO, "page %u is not read through its mapping", i);
		if (gnb_reaches(&st->maps, st->mapper, i, i) == (turned && meant))
			return gnb_fail(s, -EIO, "page %u %s through its mapping", i,
					turned && meant ? "is written" : "cannot be written");
	}
	return 0;
}

/* What lost its right cannot be written, nor mapped to be written; and then it can. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc = map_all(s, st);

	if (!rc)
		rc = look(s, st, false);
	if (!rc)
		rc = turn(s, st, READONLY, false);
	if (!rc)
		rc = look(s, st, true);
	if (!rc)
		rc = turn(s, st, AGAIN, true);
	if (!rc)
		rc = look(s, st, false);
	return rc ? rc : unmap_all(s, st);
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	if (!st)
		return;
	gnb_gtab_fini(&st->gtab);
	free(st);
}

static const struct gnb_bench protect = {
	.name = "protect",
	.summary = "take the right to write from what is mapped, and give it back",
	.measures =
		"Pages that a mapper has mapped to write: its granter makes them read-only (readonly), and lets them be "
		"written again (again), as for a snapshot or a buffer that is handed over. Of a tree that is the granter's "
		"own operation, and the mapper notices nothing. Versions without it need the mapper: it unmaps the pages, "
		"the granter grants them anew, and it maps them again; all of that is in the figure. `call` has a histogram "
		"of how long each change takes, either way. With piece:part one page of an entry of 2 MiB is changed, which "
		"is split for it.",
	.not_measured =
		"How a granter asks its mapper for help, and what the mapper does until it has its pages again: it must "
		"not use them meanwhile. The write that faults afterwards.",
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
GNB_BENCH(protect);
