/* SPDX-License-Identifier: GPL-2.0-only */
/* What the driver itself costs: a bare loop beside the same loop as a benchmark. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <gnb/bench.h>

#include "json.h"
#include "lane.h"
#include "options.h"
#include "selftest.h"
#include "stats.h"
#include "topo.h"

#define ROUNDS	400
#define LOOP	400000ull /* about a quarter of a millisecond */
#define REGIONS 5000ull

static uint64_t sink;

/* The loop of a benchmark: something that the compiler must keep, once per operation. */
static inline __attribute__((always_inline)) uint64_t body(uint64_t n)
{
	uint64_t x = sink;

	for (uint64_t i = 0; i < n; i++)
		__asm__ volatile("" : "+r"(x));
	return x;
}

static __attribute__((noinline)) uint64_t bare_loop(uint64_t n)
{
	uint64_t t = gnb_now();

	sink = body(n);
	return gnb_now() - t;
}

static __attribute__((noinline)) uint64_t bare_regions(uint64_t n)
{
	uint64_t total = 0;

	for (uint64_t i = 0; i < n; i++) {
		uint64_t t = gnb_now();

		__asm__ volatile("" ::: "memory");
		total += gnb_now() - t;
	}
	sink = total;
	return total;
}

static int loop_run(struct gnb_side *s, uint64_t iters)
{
	gnb_start(s, 0);
	sink = body(iters);
	gnb_stop(s, 0, iters);
	return 0;
}

static int regions_run(struct gnb_side *s, uint64_t iters)
{
	for (uint64_t i = 0; i < iters; i++) {
		gnb_start(s, 0);
		__asm__ volatile("" ::: "memory");
		gnb_stop(s, 0, 1);
	}
	return 0;
}

static const struct gnb_metric metrics[] = { { .name = "loop", .unit = "ns/op" }, { 0 } };
static const struct gnb_bench loop_bench = { .name = "self_loop",
					     .metrics = metrics,
					     .run = loop_run };
static const struct gnb_bench regions_bench = { .name = "self_regions",
						.metrics = metrics,
						.run = regions_run };

/* Both sides by the wall clock around them, so that neither is judged by its own meter. */
static double wall(uint64_t (*bare)(uint64_t n), struct gnb_lane *l, uint64_t n)
{
	uint64_t t = gnb_now();

	if (bare)
		bare(n);
	else
		gnb_lane_run(l, n, GNB_RUN_TIMED);
	return (double)(gnb_now() - t) / (double)n;
}

static struct json_object *compare(const struct gnb_bench *b, uint64_t (*bare)(uint64_t n),
				   uint64_t n)
{
	static double driver_ns[ROUNDS], bare_ns[ROUNDS], scratch[ROUNDS];
	struct gnb_cell cell = { .bench = b, .target = gnb_target_default(), .name = b->name };
	struct json_object *o, *r;
	struct gnb_estimate e;
	struct gnb_lane lane;
	uint64_t lot = 88172645463325252ull;

	if (gnb_lane_init(&lane, &cell, gnb_versions, false, 1)) {
		gnb_lane_free(&lane);
		return NULL;
	}
	for (int i = -10; i < ROUNDS; i++) {
		double v[2];
		bool first = gnb_rand(&lot) >> 63;

		v[first] = wall(first ? bare : NULL, &lane, n);
		v[!first] = wall(first ? NULL : bare, &lane, n);
		if (i < 0)
			continue;
		driver_ns[i] = v[0];
		bare_ns[i] = v[1];
	}
	gnb_lane_free(&lane);
	e = gnb_estimate_ratio(driver_ns, bare_ns, ROUNDS, GNB_LEVEL, scratch);
	o = json_object_new_object();
	r = json_object_new_object();
	json_object_object_add(r, "value", gnb_json_number(e.value));
	json_object_object_add(r, "lo", gnb_json_number(e.lo));
	json_object_object_add(r, "hi", gnb_json_number(e.hi));
	json_object_object_add(r, "level", gnb_json_number(GNB_LEVEL));
	json_object_object_add(r, "n", json_object_new_int64((int64_t)e.n));
	json_object_object_add(o, "bare_ns",
			       gnb_json_number(gnb_estimate(bare_ns, ROUNDS, GNB_LEVEL).value));
	json_object_object_add(o, "driver_ns",
			       gnb_json_number(gnb_estimate(driver_ns, ROUNDS, GNB_LEVEL).value));
	json_object_object_add(o, "ratio", r);
	return o;
}

int gnb_selftest_overhead(const char *pin)
{
	struct json_object *doc = json_object_new_object();
	char err[256];

	if (gnb_topo_init(pin, "any", err, sizeof(err))) {
		fprintf(stderr, "grantbench: %s\n", err);
		json_object_put(doc);
		return GNB_EXIT_FAIL;
	}
	json_object_object_add(doc, "batched_loop", compare(&loop_bench, bare_loop, LOOP));
	json_object_object_add(doc, "timed_region", compare(&regions_bench, bare_regions, REGIONS));
	printf("%s\n", gnb_json_line(doc));
	json_object_put(doc);
	gnb_topo_exit();
	return GNB_EXIT_OK;
}
