// SPDX-License-Identifier: GPL-2.0-only
/*
 * block_replay: a block trace, as a paravirtual disk would carry it.
 *
 * Measures: what sharing memory costs a block request, from the granter's first entry to its last,
 * on a trace that fio wrote. Requests are split as the ring splits them (segs pages at most); up to
 * 11 references travel in the ring, more in an indirect page that is granted and mapped too.
 *
 *   per_request   grant the request's own pages; map all with one hypercall, touch, unmap all with
 * one hypercall, end access. Pages that the disk only reads are granted read-only. persistent    a
 * pool of pages stays granted (read-write) and mapped; data is copied in and out, as Linux's
 * blkfront does. A free page is taken most recently used first. The backend keeps at most `cap`
 * mappings: a page beyond them is mapped for its request only, and then the backend lets the least
 * recently used twentieth go, as blkback does (which waits up to 100 ms with that).
 *
 * Does not measure: a disk, rings, event channels, scheduling, requests in flight together (the
 * queue depth is 1), the trace's pauses. The backend touches 64 bytes of each page, as if the rest
 * went by DMA. Sync, trim and wait carry no pages and are passed over. Data is taken to start on a
 * page boundary in memory, as in the page cache.
 *
 * Needs: a trace of fio's, version 2 or 3, with at least one read or write. One operation is one
 * pass over a part of it (block_trace.h); a round has one part, the next round the next, spread over
 * the trace.
 */
#include "block_trace.h"
#include "trace_file.h"

#define VERIFY_PARTS 4

/* Parts that counts are of at most: spread over the trace, and the same in every run. */
#define COUNT_PARTS 256

/* A part ends with the request that reaches its last page. */
#define PART_REQS_MAX (2 * GNB_BLK_PART_PAGES + GNB_BLK_SEGS_MAX)

enum { M_REQUEST, M_PAGE };

struct replay {
	const struct gnb_blk_trace *trace;
	struct gnb_blk_pair pair;
	/* The part that is replayed, split before a span begins. */
	struct gnb_blk_request req[PART_REQS_MAX];
	unsigned nr;
	uint64_t pages;
	uint64_t in_span; /* requests in the span that is open, 0: none is */
};

/* Find the requests of the i-th part. */
static void take(struct replay *r, uint64_t i)
{
	struct gnb_blk_cursor at = gnb_blk_part(r->trace, r->pair.segs, i);

	r->pages = at.left;
	for (r->nr = 0; gnb_blk_next(r->trace, r->pair.segs, &at, &r->req[r->nr]); r->nr++)
		;
}

static int one(struct gnb_side *s, struct replay *r, unsigned i, bool *overflow)
{
	struct gnb_blk_request q = r->req[i];
	int err = gnb_blk_request(s, &r->pair, &q);

	*overflow = q.overflow;
	return err;
}

/* The part, request after request, within a span of the caller's or none. */
static int replay(struct gnb_side *s)
{
	struct replay *r = s->priv;
	bool overflow;
	int err = 0;

	for (unsigned i = 0; i < r->nr && !err; i++) {
		err = one(s, r, i, &overflow);
		if (!err && overflow)
			err = gnb_blk_purge(&r->pair);
	}
	return err;
}

static void close_requests(struct gnb_side *s)
{
	struct replay *r = s->priv;

	if (r->in_span)
		gnb_stop(s, M_REQUEST, r->in_span);
	r->in_span = 0;
}

/*
 * The same with spans of requests, which the backend's housekeeping is not in: a span each; or, where
 * how they are distributed does not matter, one that goes on until the caller closes it.
 */
static int replay_requests(struct gnb_side *s, bool each)
{
	struct replay *r = s->priv;
	bool overflow;
	int err = 0;

	for (unsigned i = 0; i < r->nr && !err; i++) {
		if (!r->in_span++)
			gnb_start(s, M_REQUEST);
		err = one(s, r, i, &overflow);
		if (each || overflow)
			close_requests(s);
		if (!err && overflow)
			err = gnb_blk_purge(&r->pair);
	}
	return err;
}

static int find_trace(const char *name, char *path, size_t len, char *why, size_t whylen)
{
	return gnb_trace_find(name, "iolog", path, len, why, whylen);
}

/* It stays in memory for who asks next. */
static int check_trace(const char *path, char *why, size_t len)
{
	const struct gnb_blk_trace *t;
	int err = gnb_blk_trace_get(path, &t, why, len);

	if (!err)
		gnb_blk_trace_put(t);
	return err;
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned long segs = gnb_u(s, "segs");

	if (s->clock->now && strcmp(gnb_s(s, "grants"), "per_request")) {
		*why = "persistent grants put copying in the place of hypercalls, and this "
		       "target's clock sees hypercalls only";
		return -EOPNOTSUPP;
	}
	cfg->granter_pages = GNB_BLK_USER_PAGES + gnb_blk_slots_of(segs);
	cfg->map_slots = gnb_blk_slots_of(segs);
	/* A second vCPU of the backend is what a flush interrupts. */
	cfg->vcpus[GNB_MAPPER] = gnb_flush_vcpus(s);
	return gnb_refs_room(cfg, gnb_blk_slots_of(segs), GNB_TREE_LEVELS, why);
}

static void teardown(struct gnb_side *s)
{
	struct replay *r = s->priv;

	if (!r)
		return;
	gnb_blk_pair_fini(&r->pair);
	gnb_blk_trace_put(r->trace);
	free(r);
	s->priv = NULL;
}

static int setup(struct gnb_side *s)
{
	struct replay *r = calloc(1, sizeof(*r));
	char why[160];
	int err;

	if (!r)
		return -ENOMEM;
	s->priv = r;
	r->pair.segs = gnb_u(s, "segs");
	r->pair.cap = gnb_u(s, "cap");
	r->pair.persistent = !strcmp(gnb_s(s, "grants"), "persistent");
	err = gnb_blk_trace_get(gnb_path(s, "trace"), &r->trace, why, sizeof(why));
	if (err)
		err = gnb_fail(s, err, "%s", why);
	if (!err) {
		s->parts = r->trace->parts;
		err = gnb_blk_pair_init(s, &r->pair);
	}
	if (err)
		teardown(s);
	return err;
}

/* Work is counted over many parts, twice: spans do not nest, and are few since each may be a file. */
static int count(struct gnb_side *s)
{
	struct replay *r = s->priv;
	uint64_t parts = s->parts < COUNT_PARTS ? s->parts : COUNT_PARTS, pages = 0;
	int err = 0;

	gnb_start(s, M_PAGE);
	for (uint64_t i = 0; i < parts && !err; i++) {
		take(r, i);
		pages += r->pages;
		err = replay(s);
	}
	gnb_stop(s, M_PAGE, pages);
	for (uint64_t i = 0; i < parts && !err; i++) {
		take(r, i);
		err = replay_requests(s, false);
	}
	close_requests(s);
	return err;
}

/*
 * A round replays one part of the trace, every version the same one, and the next round the next: short
 * runs are what keeps a comparison quiet. First for what a page costs, with nothing in the span but
 * requests; then for the time of each request, whose clock would be in that.
 */
static int run(struct gnb_side *s, uint64_t iters)
{
	struct replay *r = s->priv;
	int err = 0;

	if (s->counting)
		return count(s);
	take(r, s->round);
	gnb_start(s, M_PAGE);
	for (uint64_t i = 0; i < iters && !err; i++)
		err = replay(s);
	gnb_stop(s, M_PAGE, iters * r->pages);
	for (uint64_t i = 0; i < iters && !err; i++)
		err = replay_requests(s, true);
	return err;
}

/* Whole segments in both directions, and the table as the frontend believes it to be. */
static int verify(struct gnb_side *s)
{
	struct replay *r = s->priv;
	int err = 0;

	r->pair.full = true;
	for (uint64_t i = 0; i < VERIFY_PARTS && i < s->parts && !err; i++) {
		take(r, i);
		err = replay(s);
	}
	r->pair.full = false;
	if (err)
		return err;
	return gnb_blk_check_table(s, &r->pair);
}

static const struct gnb_param params[] = {
	GNB_CHOICE("grants", "per_request", "per_request,persistent", "how long a grant lives"),
	GNB_CHOICE("mapper", "pv", "pv,translated", "kind of the backend domain"),
	GNB_CHOICE("iommu", "none", "none,strict,batched", "IOMMU of the backend"),
	GNB_CHOICE("flush", "count", "count,membarrier", "what a TLB flush does"),
	GNB_CHOICE("entry", "none", "none,syscall", "what a hypercall costs to enter"),
	GNB_NUMBER("segs", "11", "11,32", "pages per request at most; above 11 by an indirect page",
		   1, GNB_BLK_SEGS_MAX),
	GNB_FILE("trace", "sample", "path of a fio iolog, or the name of a shipped one", find_trace,
		 check_trace),
	GNB_NUMBER("cap", "1056", NULL, "persistent: mappings that the backend keeps at most", 1,
		   1056),
	{ 0 },
};

#define WORK (GNB_WORK_GRANT | GNB_WORK_MAP | GNB_WORK_UNMAP)

static const struct gnb_metric metrics[] = {
	[M_REQUEST] = { "request", "ns/request", GNB_LOWER, .work = WORK, .latency = true },
	[M_PAGE] = { "page", "ns/page", GNB_LOWER, .work = WORK },
	{ 0 },
};

static const char *const headline[] = { "grants=per_request;entry=none",
					"grants=per_request;entry=syscall", NULL };

static const struct gnb_bench block_replay = {
	.name = "block_replay",
	.summary = "a block trace of fio's, granted and mapped as blkfront and blkback do",
	.measures = "A recorded block trace replayed as a paravirtual disk would: for each "
		    "request the granter grants its segments, the mapper maps, touches and unmaps "
		    "them. With grants per request, and with persistent grants that stay mapped.",
	.not_measured = "Disk time, queueing and event channels: requests are replayed as fast as "
			"they are served, so latency is service time, not what an application "
			"would wait.",
	.def_version = 2,
	.params = params,
	.metrics = metrics,
	.iters = 1,
	.in_default = true,
	.headline = headline,
	.supported = supported,
	.setup = setup,
	.run = run,
	.verify = verify,
	.teardown = teardown,
};
GNB_BENCH(block_replay);
