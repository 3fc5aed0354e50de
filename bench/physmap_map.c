// SPDX-License-Identifier: GPL-2.0-only
/*
 * physmap_map: where a domain has its pages, changed by its toolstack.
 *
 * Measures: another domain's pages put into the toolstack's own p2m and taken away, a device's memory mapped into a domain
 * and unmapped, a domain's pages moved one by one and as a range, given up and had again. Each call goes to places of its
 * own, and each round has a machine of its own: an entry that was split stays split. Does not measure: what a toolstack's
 * kernel does around the calls. Needs: a target with these operations.
 */
#include <errno.h>
#include <gnb/calls.h>
#include <string.h>

enum { FOREIGN, REMOVE, MAP, UNMAP, MOVE, RANGE, DECREASE, POPULATE };

#define CALLS  8u	   /* of a kind that are timed in a round */
#define LARGE  512u	   /* pages of a large entry: where one call's pages are, nothing else is */
#define PLACES 0x80000ull  /* numbers of frames from here on are free, and below 4 GiB */
#define GAP    (2 * LARGE) /* from one call's places to the next */
#define REGION (CALLS * LARGE) /* pages of the domain for the calls of a kind */

struct state {
	unsigned pages, order, off;
	bool foreign, device; /* it is measured, too */
	uint64_t base;	      /* the first frame number of the domain's memory */
	struct gnb_vcpu *guest, *tools;
	struct gnb_memory m;
};

static const struct gnb_param params[] = {
	GNB_NUMBER("pages", "64", "1,8,64,512", "pages of a call", 1, LARGE),
	GNB_CHOICE("extents", "4K", "4K,2M", "size of what is given up, and had again, at once"),
	GNB_CHOICE("leaf", "4K", "4K,2M", "entries of the domain's p2m before"),
	GNB_CHOICE("aligned", "yes", "yes,no",
		   "places begin at a multiple of 2 MiB, or one page behind it"),
	GNB_CHOICE("over", "nothing", "nothing,emptied",
		   "what was at the places: nothing ever, or pages that went, whose tables stay"),
	GNB_PARAM_TABLES("tables of the devices of both domains"),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [FOREIGN] = GNB_COST("foreign", "ns/page"),
					     [REMOVE] = GNB_COST("foreign_remove", "ns/page"),
					     [MAP] = GNB_COST("device_map", "ns/page"),
					     [UNMAP] = GNB_COST("device_unmap", "ns/page"),
					     [MOVE] = GNB_COST("move_batch", "ns/page"),
					     [RANGE] = GNB_COST("move_range", "ns/page"),
					     [DECREASE] = GNB_COST("decrease", "ns/page"),
					     [POPULATE] = GNB_COST("populate", "ns/page"),
					     { 0 } };

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	const char *no = gnb_target_lacks(s->t, GNB_OP_MAPPING, GNB_MAPPING_UNMAP);

	*why = gnb_target_lacks(s->t, GNB_OP_MEMORY, GNB_MEMORY_POPULATE);
	/* By such mappings the tables are made. */
	if (!*why && no && gnb_is(s, "over", "emptied"))
		*why = no;
	if (!*why && gnb_is(s, "extents", "2M") && gnb_u(s, "pages") != LARGE)
		*why = "an extent of 2 MiB is 512 pages";
	if (*why)
		return -EOPNOTSUPP;
	cfg->mapper = GNB_MAPPER_TRANSLATED;
	cfg->logged = true;
	cfg->iommu = gnb_tables_of(s);
	cfg->log_iommu = cfg->iommu;
	cfg->ram = gnb_is(s, "leaf", "4K") ? GNB_RAM_PIECES : GNB_RAM_WHOLE;
	cfg->granter_pages = 3 * REGION;
	cfg->device_pages = no ? 0 : LARGE;
	cfg->args_pages = 3;
	return 0;
}

/* The first page of a call, and its first place. */
static uint64_t source(const struct state *st, unsigned metric, unsigned k)
{
	return st->base +
	       (metric == RANGE	     ? REGION
		: metric >= DECREASE ? 2 * REGION
				     : 0) +
	       k * LARGE;
}

static uint64_t place(const struct state *st, unsigned metric, unsigned k)
{
	return PLACES + (metric * CALLS + k) * GAP + st->off;
}

/* What a call is about: n places or extents, of which the first are these. */
static struct gnb_memory *of(struct state *st, unsigned n, uint64_t from, uint64_t to)
{
	st->m.n = n;
	st->m.from[0] = from;
	st->m.to[0] = to;
	return &st->m;
}

static long memory(struct gnb_side *s, enum gnb_memory_op op, uint64_t from, uint64_t to)
{
	return gnb_operation(s, GNB_OP_MEMORY, op, of(s->priv, 1, from, to));
}

static long device(struct gnb_side *s, enum gnb_mapping_op op, uint64_t gfn, unsigned pages)
{
	struct gnb_placing x = { .gfn = gfn, .pages = pages };
	long rc;

	while ((rc = gnb_operation(s, GNB_OP_MAPPING, op, &x)) > 0) {
		x.gfn += (uint64_t)rc;
		x.first += (uint64_t)rc;
		x.pages -= (uint64_t)rc;
	}
	return rc;
}

/* The tables for a call's places are there, and empty. */
static long fill_and_empty(struct gnb_side *s, unsigned metric, unsigned k)
{
	struct state *st = s->priv;
	long rc = 0;

	for (unsigned i = 0; i < 2 && !rc; i++) {
		uint64_t at = place(st, metric, k) + i * (st->pages - 1);

		if (metric == FOREIGN && !st->foreign)
			return 0;
		if (metric == FOREIGN) {
			rc = memory(s, GNB_MEMORY_FOREIGN, st->base, at);
			rc = rc ? rc : memory(s, GNB_MEMORY_REMOVE, 0, at);
		} else {
			rc = device(s, GNB_MAPPING_MAP, at, 1);
			rc = rc ? rc : device(s, GNB_MAPPING_UNMAP, at, 1);
		}
	}
	return rc;
}

/* Each page of a call says which one it is. */
static int name_pages(struct gnb_side *s, uint64_t gfn)
{
	struct state *st = s->priv;
	int rc = 0;

	for (uint64_t end = gfn + st->pages; gfn < end && !rc; gfn++)
		rc = gnb_word_write(s, st->guest, gfn, gfn);
	return rc;
}

static int setup(struct gnb_side *s)
{
	static const unsigned with_places[] = { FOREIGN, MAP, MOVE, RANGE, POPULATE };
	static const unsigned filled[] = { MOVE, RANGE, DECREASE };
	struct state *st = gnb_keep(s, sizeof(*st));
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->pages = gnb_u(s, "pages");
	st->order = gnb_is(s, "extents", "2M") ? 9 : 0;
	st->off = gnb_is(s, "aligned", "no");
	st->guest = s->t->vcpu(s->m, GNB_GRANTER, 0);
	st->tools = s->t->vcpu(s->m, GNB_MAPPER, 0);
	st->m.from = s->t->args_alloc(s->m, GNB_MAPPER, LARGE * sizeof(*st->m.from));
	st->m.to = s->t->args_alloc(s->m, GNB_MAPPER, LARGE * sizeof(*st->m.to));
	st->m.status = s->t->args_alloc(s->m, GNB_MAPPER, LARGE * sizeof(*st->m.status));
	if (!st->m.from || !st->m.to || !st->m.status)
		return gnb_fail(s, -ENOMEM, "no memory for the lists");
	st->base = s->t->frame(s->m, 0);
	st->foreign = !gnb_target_lacks(s->t, GNB_OP_MEMORY, GNB_MEMORY_FOREIGN);
	st->device = !gnb_target_lacks(s->t, GNB_OP_MAPPING, GNB_MAPPING_UNMAP);
	rc = st->device ? (int)device(s, GNB_MAPPING_PERMIT, 0, 0) : 0;
	for (unsigned i = 0; i < 5 * CALLS && !rc && gnb_is(s, "over", "emptied"); i++)
		rc = (int)fill_and_empty(s, with_places[i / CALLS], i % CALLS);
	if (rc)
		return gnb_fail(s, rc, "the places: %d", rc);
	for (unsigned i = 0; i < 3 * CALLS && !rc; i++)
		rc = name_pages(s, source(st, filled[i / CALLS], i % CALLS));
	return rc;
}

static int timed(struct gnb_side *s, unsigned metric, enum gnb_memory_op op, unsigned k)
{
	struct state *st = s->priv;
	bool extents = metric >= DECREASE;
	unsigned order = extents ? st->order : 0, n = st->pages >> order;
	uint64_t from = source(st, metric, k), to = place(st, metric, k);
	int rc;

	st->m.order = order;
	for (unsigned i = 0; i < n; i++) {
		st->m.from[i] = from + ((uint64_t)i << order);
		st->m.to[i] = to + ((uint64_t)i << order);
		st->m.status[i] = metric == FOREIGN || metric == MOVE;
	}
	rc = gnb_operation_timed(s, metric, st->pages, GNB_OP_MEMORY, op, of(st, n, from, to),
				 extents ? (long)n : 0);
	for (unsigned i = 0; i < n && !rc; i++)
		if (st->m.status[i])
			return gnb_fail(s, -EIO, "%s of page %u: %d", metrics[metric].name, i,
					st->m.status[i]);
	return rc;
}

/* A vCPU reads what it should at the pages of a call, or (want NULL) finds nothing there. */
static int look(struct gnb_side *s, struct gnb_vcpu *v, uint64_t gfn, const uint64_t *want)
{
	struct state *st = s->priv;
	int rc = 0;

	for (unsigned i = 0; i < st->pages && !rc; i++)
		rc = gnb_word_read(s, v, gfn + i, want ? 0 : -EFAULT, want ? *want + i : 0);
	return rc;
}

/* One call's pages: they are seen where they were put, and not once they were taken away. */
static int foreign(struct gnb_side *s, unsigned k)
{
	struct state *st = s->priv;
	uint64_t from = source(st, FOREIGN, k), to = place(st, FOREIGN, k);
	int rc = timed(s, FOREIGN, GNB_MEMORY_FOREIGN, k);
	long gone = 0;

	rc = rc ? rc : look(s, st->tools, to, &from);
	if (rc)
		return rc;
	gnb_start(s, REMOVE);
	for (unsigned i = 0; i < st->pages && !gone; i++)
		gone = memory(s, GNB_MEMORY_REMOVE, 0, to + i);
	gnb_stop(s, REMOVE, st->pages);
	if (gone)
		return gnb_fail(s, (int)gone, "foreign_remove returned %ld", gone);
	return look(s, st->tools, to, NULL);
}

static int mapped(struct gnb_side *s, unsigned k)
{
	struct state *st = s->priv;
	uint64_t at = place(st, MAP, k), word = (uint64_t)k << 32;
	long rc;
	int bad = 0;

	gnb_start(s, MAP);
	rc = device(s, GNB_MAPPING_MAP, at, st->pages);
	gnb_stop(s, MAP, st->pages);
	if (rc)
		return gnb_fail(s, (int)rc, "device_map returned %ld", rc);
	for (uint64_t i = 0; i < st->pages && !bad; i++)
		bad = gnb_word_write(s, st->guest, at + i, word + i);
	bad = bad ? bad : look(s, st->guest, at, &word);
	gnb_start(s, UNMAP);
	rc = device(s, GNB_MAPPING_UNMAP, at, st->pages);
	gnb_stop(s, UNMAP, st->pages);
	if (rc)
		return gnb_fail(s, (int)rc, "device_unmap returned %ld", rc);
	return bad ? bad : look(s, st->guest, at, NULL);
}

static int run(struct gnb_side *s, uint64_t iters)
{
	const struct state *st = s->priv;
	int rc = 0;

	if (iters != 1)
		return gnb_fail(s, -EINVAL, "a large entry is split once");
	for (unsigned k = 0; k < CALLS && !rc; k++) {
		rc = st->foreign ? foreign(s, k) : 0;
		if (!rc && st->device)
			rc = mapped(s, k);
	}
	for (unsigned k = 0; k < CALLS && !rc; k++) {
		rc = timed(s, MOVE, GNB_MEMORY_MOVE, k);
		rc = rc ? rc : timed(s, RANGE, GNB_MEMORY_MOVE_RANGE, k);
		rc = rc ? rc : timed(s, DECREASE, GNB_MEMORY_DECREASE, k);
	}
	for (unsigned k = 0; k < CALLS && !rc; k++)
		rc = timed(s, POPULATE, GNB_MEMORY_POPULATE, k);
	return rc;
}

static int verify(struct gnb_side *s)
{
	static const unsigned kinds[] = { MOVE, RANGE, POPULATE };
	struct state *st = s->priv;
	int rc = 0;

	for (unsigned i = 0; i < 3 * CALLS && !rc; i++) {
		unsigned kind = kinds[i / CALLS], k = i % CALLS;
		uint64_t from = source(st, kind, k), to = place(st, kind, k);

		/* What was had anew says nothing yet. */
		for (uint64_t p = 0; p < st->pages && kind == POPULATE && !rc; p++)
			rc = gnb_word_write(s, st->guest, to + p, from + p);
		rc = rc ? rc : look(s, st->guest, to, &from);
		rc = rc ? rc : look(s, st->guest, from, NULL);
		/* A device sees what the domain sees. */
		rc = rc ? rc : gnb_device_reaches(s, to, true);
		rc = rc ? rc : gnb_device_reaches(s, from, false);
	}
	return rc;
}

static const char *const centres[] = { "extents=4K", "extents=2M;pages=512;leaf=2M",
				       "tables=separate", NULL };

static const struct gnb_bench physmap_map = {
	.name = "physmap_map",
	.summary = "pages of a domain moved, mapped by number, given up and had again",
	.measures =
		"Calls by which a toolstack says where a domain has its pages: another domain's pages put into its "
		"own p2m and taken away, a device's memory mapped and unmapped, pages moved as a batch and as a "
		"range, given up and had again. Whose work: the hypervisor's alone.",
	.not_measured =
		"What a toolstack's kernel does around a call. How dear a flush and an invalidation are is the "
		"machine's affair: their numbers are exact, their time is not a processor's. A mapping by "
		"number takes no reference, so it is cheaper than one that would have to.",
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
GNB_BENCH(physmap_map);
