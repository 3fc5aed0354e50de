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
 * pass.
 */
#include <stdio.h>
#include <unistd.h>

#include "block_pair.h"
#include "iolog.h"

#define SLICE	    32 /* requests in a round */
#define VERIFY_REQS 64

enum { M_REQUEST, M_PAGE };

struct replay {
	struct gnb_iolog log;
	struct gnb_blk_pair pair;
};

/* A record of the trace, split as the block layer does it: full requests first. */
static int one_record(struct gnb_side *s, const struct gnb_iolog_rec *rec, uint64_t *pages)
{
	struct replay *r = s->priv;
	uint64_t left = ((uint64_t)rec->len + GNB_BLK_SECTOR - 1) / GNB_BLK_SECTOR * GNB_BLK_SECTOR;
	uint64_t page = rec->offset / GNB_PAGE_SIZE + rec->file * 37u;
	const unsigned most = r->pair.segs * GNB_PAGE_SIZE;

	while (left) {
		struct gnb_blk_request q = { .write = rec->op == GNB_IOLOG_WRITE };
		int err;

		q.bytes = left < most ? left : most;
		q.n = (q.bytes + GNB_PAGE_SIZE - 1) / GNB_PAGE_SIZE;
		q.first_page = page % GNB_BLK_USER_PAGES;
		if (!r->pair.full)
			gnb_start(s, M_REQUEST);
		err = gnb_blk_request(s, &r->pair, &q);
		if (!r->pair.full)
			gnb_stop(s, M_REQUEST, 1);
		if (!err && q.overflow)
			err = gnb_blk_purge(&r->pair);
		if (err)
			return err;
		left -= q.bytes;
		page += q.n;
		*pages += q.n;
	}
	return 0;
}

/* Reads and writes in the order of the trace, nr of them from the first-th; the rest carries no
 * pages. */
static int replay(struct gnb_side *s, size_t first, size_t nr, uint64_t *pages)
{
	struct replay *r = s->priv;
	size_t at = 0;

	for (size_t i = 0; i < r->log.n && at < first + nr; i++) {
		const struct gnb_iolog_rec *rec = &r->log.rec[i];
		int err;

		if (rec->op != GNB_IOLOG_READ && rec->op != GNB_IOLOG_WRITE)
			continue;
		if (at++ < first)
			continue;
		err = one_record(s, rec, pages);
		if (err)
			return err;
	}
	return 0;
}

/*
 * A value with a slash is a path. A name is looked for beside the program as it was built, as it
 * was installed, and in the source tree that we are in.
 */
static int find_trace(const char *name, char *path, size_t len)
{
	static const char *const where[] = {
		"%.*s/../workloads/traces/%s.iolog",
		"%.*s/../share/grantbench/traces/%s.iolog",
	};
	char exe[4096];
	ssize_t n;

	if (strchr(name, '/')) {
		if (snprintf(path, len, "%s", name) >= (int)len)
			return -ENAMETOOLONG;
		return access(path, R_OK) ? -errno : 0;
	}
	n = readlink("/proc/self/exe", exe, sizeof(exe));
	while (n > 0 && exe[n - 1] != '/')
		n--;
	for (size_t i = 0; n > 0 && i < sizeof(where) / sizeof(where[0]); i++)
		if (snprintf(path, len, where[i], (int)n - 1, exe, name) < (int)len &&
		    !access(path, R_OK))
			return 0;
	if (snprintf(path, len, "workloads/traces/%s.iolog", name) >= (int)len)
		return -ENAMETOOLONG;
	return access(path, R_OK) ? -errno : 0;
}

static int supported(struct gnb_side *s, struct gnb_machine_config *cfg, const char **why)
{
	unsigned long segs = gnb_u(s, "segs");

	if (segs < 1 || segs > GNB_BLK_SEGS_MAX) {
		*why = "segs must be 1 to 256";
		return -EOPNOTSUPP;
	}
	if (strcmp(gnb_s(s, "grants"), "per_request") && strcmp(gnb_s(s, "grants"), "persistent")) {
		*why = "grants must be per_request or persistent";
		return -EOPNOTSUPP;
	}
	if (s->clock->now && strcmp(gnb_s(s, "grants"), "per_request")) {
		*why = "persistent grants put copying in the place of hypercalls, and this "
		       "target's clock sees hypercalls only";
		return -EOPNOTSUPP;
	}
	cfg->granter_pages = GNB_BLK_USER_PAGES + gnb_blk_slots_of(segs);
	cfg->map_slots = gnb_blk_slots_of(segs);
	/* A second vCPU of the backend is what a flush interrupts. */
	cfg->vcpus[GNB_MAPPER] = gnb_flush_vcpus(s);
	cfg->grant_frames = gnb_frames_for(s->version, gnb_blk_slots_of(segs));
	return 0;
}

static void teardown(struct gnb_side *s)
{
	struct replay *r = s->priv;

	if (!r)
		return;
	gnb_blk_pair_fini(&r->pair);
	gnb_iolog_free(&r->log);
	free(r);
	s->priv = NULL;
}

static int setup(struct gnb_side *s)
{
	struct replay *r = calloc(1, sizeof(*r));
	const char *trace = gnb_s(s, "trace");
	char path[4096 + 512], why[160];
	int err;

	if (!r)
		return -ENOMEM;
	s->priv = r;
	r->pair.segs = gnb_u(s, "segs");
	r->pair.cap = gnb_u(s, "cap");
	r->pair.persistent = !strcmp(gnb_s(s, "grants"), "persistent");
	err = find_trace(trace, path, sizeof(path));
	if (err)
		err = gnb_fail(s, err, "trace '%s' cannot be read: %s", trace, strerror(-err));
	if (!err) {
		err = gnb_iolog_load(&r->log, path, why, sizeof(why));
		if (err)
			err = gnb_fail(s, err, "%s", why);
	}
	if (!err && !r->log.count[GNB_IOLOG_READ] && !r->log.count[GNB_IOLOG_WRITE])
		err = gnb_fail(s, -EINVAL, "trace '%s' has no read and no write", trace);
	if (!err)
		err = gnb_blk_pair_init(s, &r->pair);
	if (err)
		teardown(s);
	return err;
}

/*
 * A round replays one slice of the trace, every version the same one, and the next round the next:
 * short runs are what keeps a comparison quiet. Counts are of the whole trace.
 */
static int run(struct gnb_side *s, uint64_t iters)
{
	struct replay *r = s->priv;
	size_t nr = r->log.count[GNB_IOLOG_READ] + r->log.count[GNB_IOLOG_WRITE], first = 0;
	uint64_t pages = 0;
	int err = 0;

	if (!s->counting) {
		first = s->round % ((nr + SLICE - 1) / SLICE) * SLICE;
		nr = SLICE;
	}
	gnb_start(s, M_PAGE);
	for (uint64_t i = 0; i < iters && !err; i++)
		err = replay(s, first, nr, &pages);
	gnb_stop(s, M_PAGE, pages);
	return err;
}

/* Whole segments in both directions, and the table as the frontend believes it to be. */
static int verify(struct gnb_side *s)
{
	struct replay *r = s->priv;
	uint64_t pages = 0;
	int err;

	r->pair.full = true;
	err = replay(s, 0, VERIFY_REQS, &pages);
	r->pair.full = false;
	if (err)
		return err;
	return gnb_blk_check_table(s, &r->pair);
}

static const struct gnb_param params[] = {
	{ "grants", "per_request", "per_request,persistent", "how long a grant lives" },
	{ "mapper", "pv", "pv,translated", "kind of the backend domain" },
	{ "iommu", "none", "none,strict,batched", "IOMMU of the backend" },
	{ "flush", "count", "count,membarrier", "what a TLB flush does" },
	{ "entry", "none", "none,syscall", "what a hypercall costs to enter" },
	{ "segs", "11", "11,32", "pages per request at most; above 11 by an indirect page" },
	{ "trace", "sample", NULL, "path of a fio iolog, or the name of a shipped one" },
	{ "cap", "1056", NULL, "persistent: mappings that the backend keeps at most" },
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
	.def_version = 1,
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
