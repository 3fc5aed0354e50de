// SPDX-License-Identifier: GPL-2.0-only
/*
 * unmap_notify: a granter wants its pages back while they are mapped, and learns when its mapper has let go of them.
 *
 * Measures: the granter's work and hypercalls from its first attempt to end until it knows of every page, and the
 * mapper's hypercall that unmaps, which has to tell it. Polls that find nothing are made, as many as their rate comes to
 * while the mapper holds the pages; the time between them is not waited for, and what a page waits for its poll is
 * reckoned from the rate. Does not measure: taking the interrupt, waking who waits, starting a timer. Needs: nothing
 * special.
 */
#include <gnb/mapper.h>

enum { LEARN, UNMAP, LOOKS, EVENTS, WAIT };

#define PAGES 4096 /* a status page has a byte for each of so many */

struct state {
	struct gnb_gtab gtab;
	struct gnb_vcpu *mapper;
	struct gnb_maps maps;
	unsigned pages, batch;
	uint64_t vain; /* polls that the mapper sits out */
	bool notices;  /* else it polls: */
	bool asks;     /* by a hypercall */
	uint32_t *
		wait; /* a ring of the references that wait, in the order in which they are polled */
	unsigned head, waiting;
	uint64_t looks, events;
};

static const struct gnb_param params[] = {
	GNB_NUMBER("pages", "64", "64,512", "pages that the granter waits for", 1, PAGES),
	GNB_NUMBER("batch", "64", "1,64", "pages that the mapper lets go of by one hypercall", 1,
		   PAGES),
	GNB_CHOICE(
		"learn", "notice", "notice,status,query",
		"how the granter of a tree learns: by an event, or it polls a page or by a hypercall"),
	GNB_NUMBER("rate", "10", "10,10000", "polls a second; Linux polls 10 pages a second", 1,
		   1000000),
	GNB_NUMBER("held", "1000", NULL, "ms that the mapper holds the pages after that", 0,
		   100000),
	{ 0 }
};

static const struct gnb_metric metrics[] = { [LEARN] = { .name = "learn",
							 .unit = "ns/page",
							 .better = GNB_LOWER,
							 .work = GNB_WORK_GRANT,
							 .guest = true },
					     [UNMAP] = { .name = "unmap",
							 .unit = "ns/page",
							 .better = GNB_LOWER,
							 .work = GNB_WORK_UNMAP,
							 .guest = true,
							 .calls = true },
					     [LOOKS] = { .name = "looks",
							 .unit = "looks/page",
							 .better = GNB_LOWER,
							 .work = GNB_WORK_GRANT,
							 .exact = true },
					     [EVENTS] = { .name = "events",
							  .unit = "events/page",
							  .better = GNB_LOWER,
							  .work = GNB_WORK_GRANT,
							  .exact = true },
					     [WAIT] = { .name = "wait_most",
							.unit = "ms",
							.better = GNB_LOWER,
							.work = GNB_WORK_GRANT,
							.exact = true },
					     { 0 } };

static bool learns_by(const struct gnb_side *s, const char *how)
{
	return gnb_is_tree(s->version->entries) && !strcmp(gnb_s(s, "learn"), how);
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned pages = gnb_u(s, "pages");
	int rc;

	if (pages % gnb_u(s, "batch")) {
		*why = "pages is no multiple of batch";
		return -EOPNOTSUPP;
	}
	if (learns_by(s, "notice") && !s->t->take_events) {
		*why = "a guest's events cannot be seen";
		return -EOPNOTSUPP;
	}
	cfg->mapper = GNB_MAPPER_TRANSLATED;
	cfg->vcpus[GNB_MAPPER] = gnb_flush_vcpus(s);
	cfg->granter_pages = cfg->map_slots = pages;
	gnb_maps_room(cfg, pages, pages);
	rc = gnb_refs_room(cfg, pages, GNB_TREE_LEVELS, why);
	if (learns_by(s, "notice"))
		cfg->nodes++;
	return rc;
}

static int setup(struct gnb_side *s)
{
	struct state *st = calloc(1, sizeof(*st));
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	st->pages = gnb_u(s, "pages");
	st->batch = gnb_u(s, "batch");
	st->notices = learns_by(s, "notice");
	st->asks = learns_by(s, "query");
	st->vain = st->notices ? 0 : gnb_u(s, "rate") * gnb_u(s, "held") / 1000;
	st->mapper = s->t->vcpu(s->m, GNB_MAPPER, 0);
	st->wait = gnb_keep(s, st->pages * sizeof(*st->wait));
	if (!st->wait)
		return -ENOMEM;
	rc = gnb_gtab_init(&st->gtab, s, st->pages, GNB_TREE_LEVELS);
	if (!rc && st->notices)
		rc = gnb_gtab_notify(&st->gtab, s);
	else if (!rc && !st->asks)
		rc = gnb_gtab_watch(&st->gtab, s);
	if (!rc)
		rc = gnb_maps_init(&st->maps, s, st->pages);
	for (unsigned i = 0; i < st->pages && !rc; i++)
		gnb_map_set(&st->maps, i, s->t->map_addr(s->m, i), GNB_FIRST_REF + i, false);
	return rc;
}

static void publish(struct gnb_side *s, struct state *st)
{
	for (unsigned i = 0; i < st->pages; i++)
		gnb_grant_publish(&st->gtab, GNB_FIRST_REF + i, s->t->domid(s->m, GNB_MAPPER),
				  s->t->frame(s->m, i), false);
}

/* One attempt to end. 0: the page is the granter's own again. */
static int end(struct state *st, uint32_t ref)
{
	st->looks++;
	if (!st->asks)
		return gnb_grant_end(&st->gtab, ref);
	gnb_grant_clear(&st->gtab, ref);
	gnb_full_barrier();
	return gnb_grant_in_use(&st->gtab, ref) ? -EBUSY : 0;
}

/* The granter wants all pages back: those that it does not get it waits for. */
static void want(struct state *st)
{
	st->looks = st->events = 0;
	st->head = st->waiting = 0;
	for (uint32_t ref = GNB_FIRST_REF; ref < GNB_FIRST_REF + st->pages; ref++)
		if (end(st, ref))
			st->wait[st->waiting++] = ref;
}

/* One poll, of the page whose turn it is: it is free, or goes to the end of the line. */
static void poll(struct state *st)
{
	uint32_t ref = st->wait[st->head];

	st->head = (st->head + 1) % st->pages;
	if (end(st, ref))
		st->wait[(st->head + st->waiting - 1) % st->pages] = ref;
	else
		st->waiting--;
}

/* Is there an event? Then what its page says is free. */
static void hear(struct gnb_side *s, struct state *st)
{
	if (!(s->t->take_events(s->m, GNB_GRANTER) & 1ull << GNB_EVENT_PORT))
		return;
	st->events++;
	for (unsigned word = 0; word * 64 < st->pages; word++) {
		uint64_t said = gnb_tree_take_notices(&st->gtab.tree, word);

		for (; said; said &= said - 1)
			if (!end(st, GNB_FIRST_REF + word * 64 + __builtin_ctzll(said)))
				st->waiting--;
	}
}

static int map_all(struct state *st)
{
	int rc = 0;

	gnb_map_prepare(&st->maps, st->batch);
	for (unsigned c = 0; c < st->pages / st->batch && !rc; c++)
		rc = gnb_map_prepared(&st->maps, st->mapper, c, st->batch);
	for (unsigned i = 0; i < st->pages && !rc; i++)
		rc = gnb_map_check(&st->maps, i);
	return rc;
}

/* The mapper lets go of all, and its granter learns of it. */
static int let_go(struct gnb_side *s, struct state *st)
{
	int rc = 0;

	for (unsigned c = 0; c < st->pages / st->batch && !rc; c++) {
		gnb_start(s, UNMAP);
		rc = gnb_unmap_prepared(&st->maps, st->mapper, c, st->batch);
		gnb_stop(s, UNMAP, st->batch);
		if (!st->notices)
			continue;
		gnb_start(s, LEARN);
		hear(s, st);
		gnb_stop(s, LEARN, 0);
	}
	for (unsigned i = 0; i < st->pages && !rc; i++)
		rc = gnb_unmap_check(&st->maps, i);
	if (rc)
		return rc;
	gnb_start(s, LEARN);
	for (unsigned n = st->notices ? 0 : st->waiting; n; n--)
		poll(st);
	gnb_stop(s, LEARN, st->pages);
	return st->waiting ? gnb_fail(s, -EIO, "%u pages were let go of, and nobody learned of it",
				      st->waiting)
			   : 0;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	int rc = 0;

	for (uint64_t n = 0; n < iters && !rc; n++) {
		publish(s, st);
		rc = map_all(st);
		if (rc)
			break;
		gnb_start(s, LEARN);
		want(st);
		for (uint64_t k = 0; k < st->vain; k++)
			poll(st);
		gnb_stop(s, LEARN, 0);
		rc = st->waiting == st->pages
			     ? let_go(s, st)
			     : gnb_fail(s, -EIO, "pages were free while they were mapped");
	}
	gnb_set_exact(s, LOOKS, (double)st->looks / st->pages);
	gnb_set_exact(s, EVENTS, (double)st->events / st->pages);
	if (!st->notices)
		gnb_set_exact(s, WAIT, 1000.0 * st->pages / gnb_u(s, "rate"));
	return rc;
}

/* What the granter has learned is what was let go of, and no more: one page, then the others. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	unsigned odd = st->pages / 2;
	int rc = 0;

	publish(s, st);
	for (unsigned i = 0; i < st->pages && !rc; i++)
		rc = gnb_map(&st->maps, st->mapper, i, 1);
	if (rc)
		return rc;
	want(st);
	if (st->notices)
		hear(s, st);
	if (st->events || st->waiting != st->pages)
		rc = gnb_fail(s, -EIO, "the granter took a page that was mapped for its own");
	for (unsigned left = st->pages, i = odd; left && !rc; i = (i + 1) % st->pages) {
		rc = gnb_unmap(&st->maps, st->mapper, i, 1);
		if (st->notices)
			hear(s, st);
		for (unsigned k = st->notices ? 0 : st->waiting; k; k--)
			poll(st);
		left--;
		if (!rc && st->waiting != left)
			rc = gnb_fail(s, -EIO, "%u pages are mapped, and the granter waits for %u",
				      left, st->waiting);
		if (!rc && !gnb_grant_is_free(&st->gtab, GNB_FIRST_REF + i))
			rc = gnb_fail(s, -EIO, "reference %u was let go of and is not free",
				      GNB_FIRST_REF + i);
	}
	if (!rc)
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

static const char *const counted[] = { "learn=status;rate=10000", "learn=query;rate=10000",
				       "learn=status;batch=1", "learn=query;batch=1", NULL };

static const struct gnb_bench unmap_notify = {
	.name = "unmap_notify",
	.summary = "how a granter learns that a page which it wants back is not mapped any more",
	.measures =
		"A granter that wants to end grants which are mapped, and how it learns that its mapper has let go of "
		"them: its work for each page, from the first attempt until it knows (learn), and the hypercall that "
		"unmaps (unmap), which may have to tell it. By versions 1 and 2 it polls its own memory, as Linux does, 10 "
		"pages a second, or as fast as `rate` says, whatever `learn` says. By a tree it is told by a page and an "
		"event (learn:notice), polls a page (learn:status), or polls by hypercalls, with no page set up "
		"(learn:query). `looks` are attempts to end, `events` what it is interrupted for.",
	.not_measured =
		"Time between polls: nothing waits here. As many polls as `rate` makes in the `held` ms that the mapper "
		"keeps the pages are made and find nothing. `wait_most` is arithmetic and no measurement: the number of "
		"pages by the rate, which is how long a page that was let go of waits for its turn at most; an event waits "
		"for no turn, and has none. Nor is the interrupt itself in any figure, or the timer of who polls.",
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
GNB_BENCH(unmap_notify);
