// SPDX-License-Identifier: GPL-2.0-only
/* block_replay on long traces: every page has its turn once, and what a page costs is the same wherever it stands. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "block_trace.h"
#include "input.h"
#include "runner.h"
#include "tap.h"

static const unsigned splits[] = { 1, 11, 32, 256 };

/* A trace in a file of its own: trims, then reads and writes of a fixed mix of lengths. */
static void generate(char *path, unsigned trims, unsigned records)
{
	static const unsigned len[] = { 4096,	16384, 4096,  65536, 8192,
					131072, 4096,  32768, 512,   3 << 20 };
	int fd = mkstemp(strcpy(path, "/tmp/replay-test-XXXXXX"));
	FILE *f = fd < 0 ? NULL : fdopen(fd, "w");

	if (!f) {
		perror(path);
		exit(1);
	}
	fputs("fio version 2 iolog\nd add\nd open\n", f);
	for (unsigned i = 0; i < trims; i++)
		fprintf(f, "d trim %u 4096\n", i % 4096 * 4096);
	/* One in a hundred is large. */
	for (unsigned i = 0; i < records; i++)
		fprintf(f, "d %s %u %u\n", i * 7 % 10 < 6 ? "read" : "write",
			i * 40503u % 65536 * 4096, len[i % (i % 100 < 10 ? 10 : 9)]);
	fputs("d close\n", f);
	if (fclose(f)) {
		perror(path);
		exit(1);
	}
}

/* Parts in their order: no page is missing, none comes twice, and any half of them is spread over the trace. */
static void parts(const char *path)
{
	const struct gnb_blk_trace *t;
	char why[200] = "";
	int err = gnb_blk_trace_get(path, &t, why, sizeof(why));

	if (!ok(!err && t->parts > 100, "a trace is cut into parts%s%s", *why ? ": " : "", why))
		return;
	for (unsigned k = 0; k < sizeof(splits) / sizeof(*splits); k++) {
		uint64_t pages = t->before[t->n], sum = 0, early = 0, wrong = 0, most = 0;
		unsigned char *seen = calloc(pages, 1);

		for (uint64_t i = 0; seen && i < t->parts; i++) {
			struct gnb_blk_cursor at = gnb_blk_part(t, splits[k], i);
			uint64_t page = t->before[at.rec] + at.page, left = at.left;
			struct gnb_blk_request q;

			most = left > most ? left : most;
			early += i < t->parts / 2 && page < pages / 2;
			while (gnb_blk_next(t, splits[k], &at, &q)) {
				wrong += !q.n || q.n > splits[k] || page + q.n > pages;
				for (unsigned p = 0; p < q.n && page < pages; p++)
					wrong += seen[page++]++;
				sum += q.n;
				left -= q.n;
			}
			wrong += left != 0;
		}
		ok(seen && !wrong && sum == pages,
		   "requests of %u pages: each page once, %llu of %llu", splits[k],
		   (unsigned long long)sum, (unsigned long long)pages);
		ok(most < 2 * GNB_BLK_PART_PAGES + splits[k], "no part is long: %llu pages",
		   (unsigned long long)most);
		ok(early > t->parts * 23 / 100 && early < t->parts * 27 / 100,
		   "half of the rounds see the first half as often as the second: %llu of %llu",
		   (unsigned long long)early, (unsigned long long)(t->parts / 2));
		free(seen);
	}
	gnb_blk_trace_put(t);
}

static const struct gnb_bench *find(const char *name)
{
	gnb_for_each_bench (b)
		if (!strcmp((*b)->name, name))
			return *b;
	return NULL;
}

/* What a run found of the first version: ns per page, and page table work and all other counts per page. */
struct found {
	double ns, counts[GNB_COUNTS_MAX];
};

static struct found measure(const char *path)
{
	struct gnb_plan_cell pc = { .cell = { .bench = find("block_replay"),
					      .target = gnb_target_default(),
					      .name = "replay" } };
	struct gnb_run_limits lim = { .seconds = 0.4, .timeout = 30 };
	struct gnb_outcome o;
	struct found f = { 0 };
	unsigned page = 0;

	for (unsigned i = 0; pc.cell.bench->params[i].name; i++) {
		const struct gnb_param *p = &pc.cell.bench->params[i];

		pc.cell.value[i] = p->find ? path : p->centre;
		pc.cell.file[i] = p->find ? gnb_input_find(p, path) : NULL;
	}
	while (strcmp(pc.cell.bench->metrics[page].name, "page"))
		page++;
	gnb_run_cell(&pc, 0, &lim, &o);
	if (!ok((o.status == GNB_OK || o.status == GNB_UNSTABLE) && o.done, "%s %s",
		gnb_status_names[o.status], o.reason))
		exit(tap_done());
	f.ns = gnb_outcome_value(&o, 0, page).min;
	for (unsigned i = 0; i < GNB_COUNTS_MAX; i++)
		f.counts[i] =
			(double)o.lanes[0].counts[page].v[i] / (double)o.lanes[0].counted_ops[page];
	gnb_outcome_free(&o);
	return f;
}

/* The largest relative difference of two counts. */
static double apart(const struct found *a, const struct found *b)
{
	double most = 0;

	for (unsigned i = 0; i < GNB_COUNTS_MAX; i++) {
		double d = a->counts[i] - b->counts[i], by = a->counts[i] ? a->counts[i] : 1;

		d = (d < 0 ? -d : d) / by;
		most = d > most ? d : most;
	}
	return most;
}

int main(void)
{
	char plain[64], trimmed[64], longer[64];
	struct found a, b, c;

	generate(plain, 0, 2000);
	generate(trimmed, 1000000, 2000);
	generate(longer, 0, 100000);
	parts(plain);
	a = measure(plain);
	b = measure(trimmed);
	c = measure(longer);
	ok(apart(&a, &b) == 0, "a million trims in front change no count");
	ok(apart(&a, &c) < 0.005, "nor does a trace 50 times as long: %.3f %%",
	   100 * apart(&a, &c));
	ok(b.ns < 1.5 * a.ns, "what stands before a page is not in its time: %.0f and %.0f ns",
	   a.ns, b.ns);
	ok(c.ns < 1.5 * a.ns, "nor how long the trace is: %.0f and %.0f ns", a.ns, c.ns);
	unlink(plain);
	unlink(trimmed);
	unlink(longer);
	return tap_done();
}
