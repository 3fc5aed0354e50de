// SPDX-License-Identifier: GPL-2.0-only
/*
 * revoke: a granter takes back what a mapper still has mapped.
 *
 * Measures: the granter's hypercall, after it has cleared its entries: per page, in spans of at least 64 pages; and each
 * call by itself in a histogram. By the size of the range and of the entries that map it, by how often each page is
 * mapped, by what the mapper accepts in the place of a page, by its kind and its IOMMU. With more than one thread the
 * others are vCPUs of the mapper's that map and unmap pages of the same range as fast as they can; counts are then of
 * all that is done meanwhile. Does not measure: clearing the entries (grant_access), the unmap that a mapper still owes
 * for what was revoked, the fault that a hole comes to. Needs: as many cores as threads.
 */
/* What the other threads do, each with the operations that it prepares and checks, goes on beside spans. */
#define GNB_WHOLE_SPANS
#include <gnb/large.h>
#include <gnb/look.h>
#include <gnb/revoke.h>

enum { REVOKE, CALL };

#define SPAN 64 /* pages in a timed span, at least */

struct other {
	struct gnb_vcpu *v;
	struct gnb_maps maps; /* each page of the range, in turn */
	uint64_t mapped;
} __attribute__((aligned(128)));

struct state {
	struct gnb_gtab gtab;
	struct gnb_vcpu *mapper;
	struct gnb_maps maps; /* of each page, one mapping of all pages after the other */
	struct gnb_revoke revoke;
	unsigned pages, all, maps_each, order, got;
	uint64_t iters;
	int stop __attribute__((aligned(128)));
	struct other other[GNB_THREADS_MAX];
};

static const struct gnb_param params[] = {
	GNB_NUMBER("pages", "64", "1,64,512", "length of the range that a call takes back", 1,
		   1u << 18),
	GNB_NUMBER("order", "0", NULL,
		   "largest entry that grants and maps it: 0 is 4K, 9 is 2M, 18 is 1G", 0, 18),
	GNB_NUMBER("maps", "1", "1,8", "how often each page is mapped", 1, 128),
	GNB_CHOICE(
		"outcome", "hole", "hole,sink,kept",
		"what stands in a page's place: nothing, a page of the mapper's own, or still the page"),
	GNB_CHOICE("mapper", "translated", "translated,pv", "what the mapper maps into"),
	GNB_CHOICE("iommu", "none", "none,shared,strict", "how grants reach the IOMMU"),
	GNB_NUMBER(
		"threads", "1", "1,2",
		"1: the mapper does nothing meanwhile; more: so many less one of its vCPUs map and unmap",
		1, GNB_THREADS_MAX),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [REVOKE] = { .name = "revoke",
							  .unit = "ns/page",
							  .better = GNB_LOWER,
							  .work = GNB_WORK_REVOKE },
					     [CALL] = { .name = "call",
							.unit = "ns/page",
							.better = GNB_LOWER,
							.latency = true,
							.work = GNB_WORK_REVOKE },
					     { 0 } };

/* Pages that are mapped at once: of as many calls as a span has. */
static unsigned all_of(const struct gnb_side *s)
{
	unsigned pages = gnb_u(s, "pages");

	return (SPAN + pages - 1) / pages * pages;
}

static bool is(const struct gnb_side *s, const char *param, const char *value)
{
	return !strcmp(gnb_s(s, param), value);
}

static const char *refused(const struct gnb_side *s)
{
	unsigned pages = gnb_u(s, "pages"), order = gnb_u(s, "order"), maps = gnb_u(s, "maps");

	if (!gnb_can_revoke(s->version))
		return "a granter cannot take back what is mapped";
	if (maps + (gnb_u(s, "threads") - 1) > gnb_revoke_maps_max(s->version))
		return "more mappings of a page than may be taken back: those of other threads count";
	if (order != 0 && order != 9 && order != 18)
		return "order is 0, 9 or 18";
	if (pages & ((1u << order) - 1))
		return "pages is no multiple of what an entry of that order maps";
	if (order && is(s, "mapper", "pv"))
		return "a PV mapper has entries of 4K only";
	if (order == 18 && is(s, "outcome", "sink"))
		return "what is kept to put sinks in the place of a large entry is for entries of 2M";
	if (is(s, "mapper", "pv") && is(s, "outcome", "sink") && !gnb_revoke_pv_sink(s->version))
		return "a PV mapper can have no sink";
	if (gnb_u(s, "threads") > gnb_cores())
		return "more threads than there are cores allowed here";
	return NULL;
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned all = all_of(s), maps = all * gnb_u(s, "maps"), threads = gnb_u(s, "threads");

	*why = refused(s);
	if (*why)
		return -EOPNOTSUPP;
	cfg->vcpus[GNB_MAPPER] = threads > 1 ? threads : gnb_flush_vcpus(s);
	cfg->granter_pages = all;
	cfg->map_slots = maps + (threads - 1) * all;
	gnb_maps_room(cfg, cfg->map_slots, cfg->map_slots);
	return gnb_refs_room(cfg, all, gnb_u(s, "order") / 9 + 1, why);
}

static void publish(struct gnb_side *s)
{
	struct state *st = s->priv;

	for (unsigned i = 0; i < st->all; i += 1u << st->order)
		gnb_grant_publish_large(&st->gtab, GNB_FIRST_REF + i, s->t->domid(s->m, GNB_MAPPER),
					s->t->frame(s->m, i), st->order, false);
}

static void clear(struct state *st)
{
	for (unsigned i = 0; i < st->all; i += 1u << st->order)
		gnb_grant_clear_large(&st->gtab, GNB_FIRST_REF + i, st->order);
}

/* One mapping of all pages, from the n-th on, at slots of its own. */
static void set_maps(struct gnb_side *s, struct gnb_maps *m, unsigned n, unsigned slot)
{
	struct state *st = s->priv;

	for (unsigned i = 0; i < st->all; i++)
		gnb_map_set(m, n + i, s->t->map_addr(s->m, slot + i), GNB_FIRST_REF + i, false);
}

static unsigned accepts(const struct gnb_side *s, struct state *st)
{
	unsigned large = GNB_ACCEPT_2M | GNB_ACCEPT_1G;

	st->got = is(s, "outcome", "hole")   ? GNB_GOT_HOLE
		  : is(s, "outcome", "sink") ? GNB_GOT_SINK
					     : GNB_GOT_KEPT;
	/* For a device of a PV mapper a sink is a hole. Sinks in the place of a large entry take a table. */
	return (st->order ? large : 0) |
	       (st->got == GNB_GOT_HOLE	  ? GNB_ACCEPT_HOLE
		: st->got == GNB_GOT_KEPT ? 0
		: is(s, "mapper", "pv")	  ? GNB_ACCEPT_SINK | GNB_ACCEPT_HOLE
		: st->order		  ? GNB_ACCEPT_SINK | GNB_ACCEPT_RESERVE
					  : GNB_ACCEPT_SINK);
}

static int setup_other(struct gnb_side *s, struct state *st, unsigned i)
{
	struct other *o = &st->other[i];
	int rc = gnb_maps_init(&o->maps, s, st->all);

	o->v = s->t->vcpu(s->m, GNB_MAPPER, i);
	if (rc)
		return rc;
	gnb_maps_accept(&o->maps, accepts(s, st));
	set_maps(s, &o->maps, 0, st->maps.n + (i - 1) * st->all);
	return 0;
}

static int setup(struct gnb_side *s)
{
	struct state *st = aligned_alloc(128, sizeof(*st));
	unsigned threads = gnb_u(s, "threads");
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	memset(st, 0, sizeof(*st));
	st->pages = gnb_u(s, "pages");
	st->all = all_of(s);
	st->order = gnb_u(s, "order");
	st->maps_each = gnb_u(s, "maps");
	st->mapper = s->t->vcpu(s->m, GNB_MAPPER, 0);
	rc = gnb_gtab_init_maps(&st->gtab, s, st->all, st->order / 9 + 1,
				st->maps_each + threads - 1);
	if (!rc)
		rc = gnb_revoke_init(&st->revoke, s, &st->gtab, st->all / st->pages);
	if (!rc)
		rc = gnb_maps_init(&st->maps, s, st->all * st->maps_each);
	if (rc)
		return rc;
	gnb_maps_accept(&st->maps, accepts(s, st));
	gnb_maps_order(&st->maps, st->order);
	for (unsigned k = 0; k < st->maps_each; k++)
		set_maps(s, &st->maps, k * st->all, k * st->all);
	for (unsigned i = 1; i < threads && !rc; i++)
		rc = setup_other(s, st, i);
	clear(st);
	publish(s);
	return rc;
}

/* All pages are mapped; the granter has cleared its entries, and is about to call. */
static int prepare(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc = gnb_map(&st->maps, st->mapper, 0, st->maps.n);

	clear(st);
	for (unsigned i = 0; i < st->revoke.n; i++)
		gnb_revoke_set(&st->revoke, i, GNB_FIRST_REF + i * st->pages, st->pages);
	return rc;
}

/* What came of it was what the mapper accepts; it lets go, and all is granted again. */
static int finish(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc = 0;

	for (unsigned i = 0; i < st->revoke.n && !rc; i++) {
		rc = gnb_revoke_check(&st->revoke, i);
		if (!rc && gnb_revoke_got(&st->revoke, i) != st->got)
			rc = gnb_fail(s, -EIO, "taking back came to %#x, not to %#x",
				      gnb_revoke_got(&st->revoke, i), st->got);
	}
	if (!rc)
		rc = gnb_unmap(&st->maps, st->mapper, 0, st->maps.n);
	publish(s);
	return rc;
}

/* All calls as one span, or each as its own. Beside other threads that is counted with all that they do. */
static int take_back(struct gnb_side *s, unsigned metric)
{
	struct state *st = s->priv;
	int rc = prepare(s);

	if (!rc && s->counting && gnb_u(s, "threads") > 1) {
		rc = gnb_revoke_call(&st->revoke, 0, st->revoke.n);
		s->thread_ops[0] += st->all;
	} else if (!rc && metric == REVOKE) {
		rc = gnb_revoke_timed(&st->revoke, REVOKE, 0, st->revoke.n);
	} else {
		for (unsigned i = 0; i < st->revoke.n && !rc; i++)
			rc = gnb_revoke_timed(&st->revoke, CALL, i, 1);
	}
	return rc ? rc : finish(s);
}

/* Map a page, which is not granted now and then, and unmap it: as fast as it goes, until there is nothing to revoke. */
static int churn(struct gnb_side *s, struct state *st, struct other *o)
{
	int rc = 0;

	(void)s;
	for (unsigned i = 0; !rc && !__atomic_load_n(&st->stop, __ATOMIC_RELAXED);
	     i = (i + 1) % st->all)
		if (!gnb_map_one(&o->maps, o->v, i)) {
			o->mapped++;
			rc = gnb_unmap_one(&o->maps, o->v, i);
		}
	return rc;
}

static int worker(struct gnb_side *s, unsigned i, void *arg)
{
	struct state *st = arg;
	int rc = 0;

	if (i)
		return churn(s, st, &st->other[i]);
	for (uint64_t n = 0; n < st->iters && !rc; n++) {
		rc = take_back(s, REVOKE);
		if (!rc)
			rc = take_back(s, CALL);
	}
	__atomic_store_n(&st->stop, 1, __ATOMIC_RELAXED);
	return rc;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	unsigned threads = gnb_u(s, "threads");
	int rc;

	st->iters = iters;
	st->stop = 0;
	if (threads < 2)
		return worker(s, 0, st);
	rc = s->counting ? gnb_threads_span(s, REVOKE, threads, worker, st)
			 : gnb_threads_run(s, threads, worker, st);
	return rc < 0 && !s->why[0] ? gnb_fail(s, rc, "a page could not be unmapped") : rc;
}

/* What is seen of each page through each of its mappings, by CPU and device. 0, or -EIO with s->why. */
static int look_at_all(struct gnb_side *s, enum gnb_sight want)
{
	struct state *st = s->priv;
	/* For a PV mapper's device a page is its frame, and nothing else can stand there. */
	enum gnb_sight device =
		want == GNB_SEES_OTHER && is(s, "mapper", "pv") ? GNB_SEES_NOTHING : want;

	for (unsigned k = 0; k < st->maps.n; k++) {
		unsigned i = k % st->all;

		if (gnb_look(&st->maps, st->mapper, k, i) != want)
			return gnb_fail(s, -EIO,
					"the CPU does not see what stands in the place of page %u",
					i);
		if (!is(s, "iommu", "none") && gnb_look(&st->maps, NULL, k, i) != device)
			return gnb_fail(
				s, -EIO,
				"the device does not see what stands in the place of page %u", i);
	}
	return 0;
}

/* What is taken back is in reach of nobody, is granted no more, and is free to be granted again. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	unsigned large =
		st->order && s->version->large & GNB_LARGE_ENTRY ? st->all >> st->order : 0;
	enum gnb_sight after = st->got == GNB_GOT_HOLE	 ? GNB_SEES_NOTHING
			       : st->got == GNB_GOT_SINK ? GNB_SEES_OTHER
							 : GNB_SEES_PAGE;
	int rc = prepare(s);

	if (!rc && gnb_maps_large(&st->maps, 0, st->maps.n) != large * st->maps_each)
		return gnb_fail(s, -EIO, "%u large entries were made, not %u",
				gnb_maps_large(&st->maps, 0, st->maps.n), large * st->maps_each);
	/* This also fills TLBs. */
	if (!rc)
		rc = look_at_all(s, GNB_SEES_PAGE);
	if (!rc)
		rc = gnb_revoke_call(&st->revoke, 0, st->revoke.n);
	if (!rc)
		rc = look_at_all(s, after);
	for (unsigned i = 0; i < st->all && !rc; i++)
		if (gnb_grant_in_use(&st->gtab, GNB_FIRST_REF + i) != (st->got == GNB_GOT_KEPT))
			rc = gnb_fail(s, -EIO,
				      "reference %u is marked wrongly after it was taken back",
				      GNB_FIRST_REF + i);
	if (!rc)
		rc = finish(s);
	if (!rc)
		rc = gnb_map(&st->maps, st->mapper, 0, st->maps.n);
	if (!rc)
		rc = look_at_all(s, GNB_SEES_PAGE);
	return rc ? rc : gnb_unmap(&st->maps, st->mapper, 0, st->maps.n);
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	if (!st)
		return;
	gnb_gtab_fini(&st->gtab);
	free(st);
}

/* What the work of a call is to be whatever is mapped, and by what: for its counts. */
static const char *const counted[] = {
	"pages=512;order=9",
	"pages=512;order=9;outcome=sink",
	"pages=512;maps=127",
	NULL,
};

static const struct gnb_bench revoke = {
	.name = "revoke",
	.summary = "take back what a mapper has mapped",
	.measures =
		"A granter that takes pages back from a mapper that has not let go of them: what its call "
		"costs by page, and how long each call takes. By the range, by the size of the entries, by how "
		"often each page is mapped, and beside a mapper that maps and unmaps pages of the range all the "
		"while.",
	.not_measured =
		"What it costs the mapper: the fault or the lost data where the page was, and the unmap that "
		"it owes still. Versions 1 and 2 of Xen cannot take a page back, and are not shown.",
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
GNB_BENCH(revoke);
