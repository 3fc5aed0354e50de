// SPDX-License-Identifier: GPL-2.0-only
/*
 * migration: a domain sent away while it runs, on a trace of the pages that a process wrote to.
 *
 * Measures: rounds of sending. Each round sends what is dirty, while the guest goes on in the trace for as long as that takes
 * at a bandwidth; then what is dirty is asked for anew, until few pages are left or too many rounds were made. Then the
 * guest stops, the rest is sent, and what has arrived is compared with the guest's memory, page by page. Beside the guest's
 * own writes there may be a device's, and a domain that has pages mapped until the end. Time is the trace's, not a clock's.
 *
 * Does not measure: a network, compression, a toolstack. Needs: a target with log-dirty, and a trace.
 */
#include <string.h>

#include <gnb/dirty.h>
#include <gnb/large.h>

#include "trace_file.h"
#include "page_trace.h"

enum { FETCH, CLEAN, WRITE, ROUNDS, SENT, LAST, GARBLED };

#define ROUNDS_MOST 30u
#define SLICES	    8u	 /* of a round, in which the guest runs and then pages are sent */
#define MAPPED	    64u	 /* pages that a backend needs of the domain */
#define LARGE	    512u /* where they lie nothing else is */

struct state {
	struct gnb_dirty d;
	const struct gnb_page_trace *trace;
	unsigned own; /* pages of the trace; behind them are those for a backend, if there is one */
	uint8_t *image,
		*sent; /* what has arrived; whether a page is to be sent in this round, a byte each */
	uint64_t now, writes; /* microseconds of the guest's; writes so far */
	size_t next;	      /* of the trace, and when it began last */
	uint64_t began;
	struct gnb_gtab gtab;
	struct gnb_maps maps;
	unsigned mapped;
	unsigned rounds, last;
	uint64_t pages_sent;
};

static int find_trace(const char *name, char *path, size_t len, char *why, size_t whylen)
{
	return gnb_trace_find(name, "pages", path, len, why, whylen);
}

static int check_trace(const char *path, char *why, size_t len)
{
	const struct gnb_page_trace *t;
	int err = gnb_page_trace_get(path, &t, why, len);

	gnb_page_trace_put(t);
	return err;
}

static const struct gnb_param params[] = {
	GNB_NUMBER("bandwidth", "1000", "100,1000,10000",
		   "MiB that are sent in a second of the guest's", 1, 1000000),
	GNB_NUMBER("throttle", "0", "0,50,90",
		   "percent of the time that the guest is kept from running after the first round",
		   0, 99),
	GNB_NUMBER("device", "0", "0,8", "of 64 writes so many are its device's", 0, 64),
	GNB_CHOICE(
		"mapped", "none", "none,pages,large",
		"what a backend has mapped until the end: 64 pages, or all of 2 MiB if one entry grants that"),
	GNB_PARAM_LOG_TABLES,
	GNB_PARAM_WAY,
	GNB_NUMBER("left", "64", NULL, "pages at most for which the guest is stopped", 1, 1u << 18),
	GNB_FILE("writes", "sample",
		 "path of a trace of written pages, or the name of a shipped one", find_trace,
		 check_trace),
	{ 0 }
};

static const struct gnb_metric metrics[] = {
	[FETCH] = GNB_COST("fetch", "ns/call"),
	[CLEAN] = GNB_COST("clean", "ns/call"),
	[WRITE] = GNB_COST("write", "ns/write"),
	[ROUNDS] = GNB_EXACT_COST("rounds", "rounds"),
	[SENT] = { .name = "sent", .unit = "pages", .better = GNB_LOWER, .exact = true },
	[LAST] = { .name = "stopped", .unit = "pages", .better = GNB_LOWER, .exact = true },
	[GARBLED] = GNB_EXACT_COST("garbled", "pages"),
	{ 0 }
};

static unsigned whole(unsigned pages)
{
	return (pages + LARGE - 1) / LARGE * LARGE;
}

/* Of the trace; and behind them, if there is a backend, those that it maps. */
static unsigned pages_of(const struct gnb_side *s, const struct gnb_page_trace *t)
{
	return whole(t->pages) + (gnb_is(s, "mapped", "none") ? 0 : LARGE);
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	const struct gnb_page_trace *t;
	static char text[160];
	int rc = gnb_page_trace_get(gnb_path(s, "writes"), &t, text, sizeof(text));

	if (rc) {
		*why = text;
		return -EOPNOTSUPP;
	}
	rc = gnb_dirty_config(s, cfg, pages_of(s, t), LARGE,
			      gnb_u(s, "device") ? GNB_WRITER_DEVICE : GNB_WRITER_CPU, why);
	gnb_page_trace_put(t);
	if (!rc && !gnb_is(s, "mapped", "none") && !s->t->hypercall) {
		*why = "this target has no grants";
		rc = -EOPNOTSUPP;
	}
	if (rc)
		return rc;
	gnb_maps_room(cfg, LARGE, LARGE);
	return gnb_refs_room(cfg, LARGE, 2, why);
}

/* A backend maps the pages behind the trace's: those that it needs, or what one entry grants. */
static int map(struct gnb_side *s)
{
	struct state *st = s->priv;
	unsigned order = gnb_is(s, "mapped", "large") ? 9 : 0;
	int rc = gnb_gtab_init(&st->gtab, s, LARGE, 2);

	if (rc)
		return rc;
	if (!gnb_grant_is_large(&st->gtab, order))
		order = 0;
	st->mapped = order ? LARGE : MAPPED;
	for (unsigned i = 0; i < st->mapped; i += 1u << order)
		gnb_grant_publish_large(&st->gtab, GNB_FIRST_REF + i, s->t->domid(s->m, GNB_MAPPER),
					s->t->frame(s->m, st->own + i), order, false);
	rc = gnb_maps_init(&st->maps, s, st->mapped);
	if (rc)
		return rc;
	gnb_maps_accept(&st->maps, GNB_ACCEPT_HOLE | (order ? GNB_ACCEPT_2M : 0));
	gnb_maps_order(&st->maps, order);
	gnb_maps_count(&st->maps, LARGE);
	for (unsigned i = 0; i < st->mapped; i++)
		gnb_map_set(&st->maps, i, s->t->map_addr(s->m, i), GNB_FIRST_REF + i, false);
	return gnb_map(&st->maps, st->d.tools, 0, st->mapped);
}

static int prepare(struct gnb_side *s)
{
	struct state *st = s->priv;
	unsigned pages;
	int rc;

	st->own = whole(st->trace->pages);
	pages = pages_of(s, st->trace);
	st->image = gnb_keep(s, (size_t)pages * GNB_PAGE_SIZE);
	st->sent = gnb_keep(s, pages);
	if (!st->image || !st->sent)
		return -ENOMEM;
	if (!s->t->ram(s->m, 0))
		return gnb_fail(s, -EOPNOTSUPP,
				"this target does not show the pages of a domain that is logged");
	/* Touched for the first time, it would cost the machine's memory in a round. */
	memset(st->image, 0xff, (size_t)pages * GNB_PAGE_SIZE);
	rc = gnb_dirty_init(&st->d, s, pages, NULL, 0, GNB_WRITER_CPU);
	st->d.log.others = true;
	return rc || gnb_is(s, "mapped", "none") ? rc : map(s);
}

static void teardown(struct gnb_side *s)
{
	struct state *st = s->priv;

	if (!st)
		return;
	if (st->mapped)
		gnb_gtab_fini(&st->gtab);
	gnb_dirty_fini(&st->d);
	gnb_page_trace_put(st->trace);
}

static int setup(struct gnb_side *s)
{
	struct state *st = gnb_keep(s, sizeof(*st));
	char why[160];
	int rc;

	s->priv = st;
	if (!st)
		return -ENOMEM;
	rc = gnb_page_trace_get(gnb_path(s, "writes"), &st->trace, why, sizeof(why));
	if (rc)
		return gnb_fail(s, rc, "%s", why);
	rc = prepare(s);
	if (rc)
		teardown(s);
	return rc;
}

/* ---- the guest ---- */

/* A write: by the guest's vCPU, or its device, each another word than the last. */
static int write_page(struct gnb_side *s, unsigned page)
{
	struct state *st = s->priv;
	uint64_t word = ++st->writes;
	unsigned off = st->writes * 8 % GNB_PAGE_SIZE;
	struct gnb_dma dma = { .dfn = page, .off = off, .len = sizeof(word), .buf = &word };

	if (st->writes % 64 < gnb_u(s, "device"))
		return (int)s->t->operation(s->m, st->d.guest, GNB_OP_DEVICE, GNB_DEVICE_WRITE,
					    &dma);
	return s->t->touch(st->d.guest, (uint64_t)page << GNB_PAGE_SHIFT, off, &word, sizeof(word),
			   true);
}

/* The guest's ring is full: its toolstack takes what is there, and sends it with the next round. */
static int take_rings(struct gnb_side *s)
{
	struct state *st = s->priv;
	long rc = gnb_dirty_ask(&st->d, GNB_LOG_COLLECT);

	rc = rc ? rc : gnb_dirty_ask(&st->d, GNB_LOG_CLEAR);
	for (unsigned page = 0; page < st->d.pages && !rc; page++)
		if (gnb_dirty_has(&st->d, page))
			st->sent[page] |= 2;
	return (int)rc;
}

/* The guest runs until then, and begins the trace again when it is over. */
static int run_until(struct gnb_side *s, uint64_t until)
{
	struct state *st = s->priv;
	const struct gnb_page_trace *t = st->trace;
	uint64_t n = 0;
	int rc = 0;

	st->now = until;
	if (st->began + t->write[st->next].us >= until)
		return 0;
	gnb_start(s, WRITE);
	while (!rc && st->began + t->write[st->next].us < until) {
		rc = write_page(s, t->write[st->next].page);
		if (rc == -ENOSPC) {
			gnb_stop(s, WRITE, n);
			rc = take_rings(s);
			n = 0;
			gnb_start(s, WRITE);
			continue;
		}
		n++;
		if (++st->next == t->n) {
			st->next = 0;
			st->began += t->write[t->n - 1].us + 1;
		}
	}
	gnb_stop(s, WRITE, n);
	return rc ? gnb_fail(s, rc, "a write returned %d", rc) : 0;
}

/* What maps pages of the domain writes to some of them in each round. */
static int backend(struct gnb_side *s)
{
	struct state *st = s->priv;
	uint64_t word = ++st->writes;
	int rc = 0;

	for (unsigned i = 0; i < MAPPED && st->mapped && !rc; i++)
		rc = s->t->touch(st->d.tools, gnb_map_addr(&st->maps, i), 0, &word, sizeof(word),
				 true);
	return rc ? gnb_fail(s, rc, "a write to what is mapped returned %d", rc) : 0;
}

/* ---- sending ---- */

static void send_page(struct gnb_side *s, unsigned page)
{
	struct state *st = s->priv;

	memcpy(st->image + (size_t)page * GNB_PAGE_SIZE, s->t->ram(s->m, page), GNB_PAGE_SIZE);
	st->pages_sent++;
}

/* What is marked so is sent, slice by slice, each after the guest has run for as long as that takes. */
static int send(struct gnb_side *s, unsigned pages, bool running)
{
	struct state *st = s->priv;
	double us = 1e6 / 256 / (double)gnb_u(s, "bandwidth"); /* a page */
	unsigned each = pages / SLICES + 1, page = 0;
	int rc = 0;

	if (st->rounds)
		us *= (100 - (double)gnb_u(s, "throttle")) / 100;
	for (unsigned done = 0, n; done < pages && !rc; done += n) {
		n = pages - done < each ? pages - done : each;
		if (running)
			rc = run_until(s, st->now + (uint64_t)(us * n) + 1);
		for (unsigned k = 0; k < n; page++)
			if (st->sent[page] & 1) {
				st->sent[page] &= 2;
				send_page(s, page);
				k++;
			}
	}
	return rc;
}

/* What is dirty now is to be sent, and clean from here on. How many pages that are. */
static int fetch(struct gnb_side *s, unsigned *pages)
{
	struct state *st = s->priv;
	struct gnb_dirty *d = &st->d;
	enum gnb_log_op ask = d->way == GNB_WAY_RING ? GNB_LOG_COLLECT : GNB_LOG_PEEK;
	int rc;

	if (gnb_way_has(d->way, GNB_LOG_CLEAN)) {
		rc = gnb_dirty_timed(d, GNB_LOG_CLEAN, CLEAN);
	} else {
		rc = gnb_dirty_timed(d, ask, FETCH);
		rc = rc ? rc : gnb_dirty_timed(d, GNB_LOG_CLEAR, CLEAN);
	}
	*pages = 0;
	for (unsigned page = 0; page < d->pages && !rc; page++) {
		st->sent[page] = st->sent[page] || gnb_dirty_has(d, page);
		*pages += st->sent[page];
	}
	return rc;
}

static unsigned garbled(struct gnb_side *s)
{
	struct state *st = s->priv;
	unsigned n = 0;

	for (unsigned page = 0; page < st->d.pages; page++)
		n += memcmp(st->image + (size_t)page * GNB_PAGE_SIZE, s->t->ram(s->m, page),
			    GNB_PAGE_SIZE) != 0;
	return n;
}

static int begin(struct gnb_side *s, unsigned *pages)
{
	struct state *st = s->priv;
	long rc = gnb_dirty_ask(&st->d, GNB_LOG_ENABLE);

	if (rc)
		return gnb_fail(s, (int)rc, "log-dirty could not be enabled: %ld", rc);
	/* All of it, which this way says itself. */
	if (st->d.way == GNB_WAY_ALL_SET)
		return fetch(s, pages);
	memset(st->sent, 1, st->d.pages);
	*pages = st->d.pages;
	return 0;
}

/* The guest and its device stop, the backend lets go, and the rest is sent. */
static int stop(struct gnb_side *s)
{
	struct state *st = s->priv;
	int rc = st->mapped ? gnb_unmap(&st->maps, st->d.tools, 0, st->mapped) : 0;

	rc = rc ? rc : fetch(s, &st->last);
	rc = rc ? rc : send(s, st->last, false);
	gnb_set_exact(s, ROUNDS, st->rounds);
	gnb_set_exact(s, SENT, (double)st->pages_sent);
	gnb_set_exact(s, LAST, st->last);
	return rc;
}

/* What has arrived, beside what was sent. */
static int figures(struct gnb_side *s)
{
	unsigned bad = garbled(s);

	gnb_set_exact(s, GARBLED, bad);
	if (bad && (!gnb_u(s, "device") || gnb_is(s, "tables", "bits")))
		return gnb_fail(s, -EIO, "%u pages have not arrived as they are", bad);
	return 0;
}

static int run(struct gnb_side *s, uint64_t iters)
{
	struct state *st = s->priv;
	unsigned pages;
	int rc;

	if (iters != 1)
		return gnb_fail(s, -EINVAL, "a domain is sent away once");
	rc = begin(s, &pages);
	do {
		rc = rc ? rc : send(s, pages, true);
		rc = rc ? rc : backend(s);
		rc = rc ? rc : fetch(s, &pages);
		st->rounds++;
	} while (!rc && pages > gnb_u(s, "left") && st->rounds < ROUNDS_MOST);
	return rc ? rc : stop(s);
}

/* Nothing is logged any more, and all of it can be written to. */
static int verify(struct gnb_side *s)
{
	struct state *st = s->priv;
	long rc = gnb_dirty_ask(&st->d, GNB_LOG_OFF);
	uint64_t word = 1;

	if (rc)
		return gnb_fail(s, (int)rc, "log-dirty could not be ended: %ld", rc);
	for (unsigned page = 0; page < st->d.pages && !rc; page++)
		rc = s->t->touch(st->d.guest, (uint64_t)page << GNB_PAGE_SHIFT, 0, &word,
				 sizeof(word), true);
	return rc ? gnb_fail(s, (int)rc, "a page cannot be written to afterwards: %ld", rc) : 0;
}

static const char *const centres[] = {
	"way=marks",	"way=get", "device=8;tables=separate", "device=8;tables=bits",
	"mapped=large", NULL
};

static const struct gnb_bench migration = {
	.name = "migration",
	.summary = "a domain sent away while it runs, on a trace of pages that were written to",
	.measures =
		"Rounds of log-dirty over a recorded trace until what is left can be sent while the guest is "
		"stopped: how many rounds and pages that takes, how many pages it is stopped for, and what "
		"asking for them and the guest's writes cost. What arrives is compared with what was sent.",
	.not_measured =
		"A network, compression, the toolstack's own work, and time: the guest's is the trace's, and "
		"how long sending takes is a parameter. Rounds that come to 30 have not converged. Pages that "
		"a device wrote to unseen may be garbled: they are counted, not mended.",
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
	.figures = figures,
	.verify = verify,
	.teardown = teardown,
};
GNB_BENCH(migration);
