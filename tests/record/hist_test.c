/* SPDX-License-Identifier: GPL-2.0-only */
/* Histograms: edges, exactness below 64, merging, quantiles with known answers, the file. */
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "hist.h"

static unsigned tests, failures;

static void ok(bool good, const char *name)
{
	tests++;
	failures += !good;
	printf("%sok %u - %s\n", good ? "" : "not ", tests, name);
}

static struct gnb_hist a, b, c;

/* Every bucket begins where the one before ends, from 0 to the largest value. */
static void edges(void)
{
	bool joined = true, bounded = true;
	uint64_t v = 0;
	unsigned n = 0;

	for (;; n++) {
		uint64_t lo = gnb_hist_low(v), hi = gnb_hist_high(v);

		joined &= lo == v && gnb_hist_low(hi) == lo && gnb_hist_high(lo) == hi;
		bounded &= hi - lo <= lo / 32;
		if (hi == UINT64_MAX)
			break;
		v = hi + 1;
	}
	ok(joined, "buckets join without gap or overlap");
	ok(bounded, "a bucket is no wider than a 32nd of its values");
	ok(n + 1 == GNB_HIST_BUCKETS, "the buckets are as many as the array has");
	ok(gnb_hist_high(63) == 63 && gnb_hist_low(63) == 63, "63 is exact");
	ok(gnb_hist_low(65) == 64 && gnb_hist_high(64) == 65, "64 and 65 share a bucket");
	ok(gnb_hist_low(1000) == 992 && gnb_hist_high(1000) == 1007, "1000 lies in 992..1007");
}

static void empty(void)
{
	gnb_hist_reset(&a);
	ok(a.n == 0 && gnb_hist_quantile(&a, 0.5) == 0, "an empty histogram has the quantile 0");
	gnb_hist_add(&a, 7, 0);
	ok(a.n == 0 && a.min == 0 && a.max == 0, "adding a value no times changes nothing");
}

/* 1..100: the share q of the samples lies at or below 100 q, exactly up to 63. */
static void quantiles(void)
{
	gnb_hist_reset(&a);
	for (uint64_t v = 1; v <= 100; v++)
		gnb_hist_add(&a, v, 1);
	ok(gnb_hist_quantile(&a, 0.01) == 1, "p1 of 1..100 is 1");
	ok(gnb_hist_quantile(&a, 0.07) == 7, "p7 of 1..100 is 7");
	ok(gnb_hist_quantile(&a, 0.50) == 50, "p50 of 1..100 is 50");
	ok(gnb_hist_quantile(&a, 0.505) == 51, "p50.5 of 1..100 is 51");
	ok(gnb_hist_quantile(&a, 0.99) == 99, "p99 of 1..100 is 99, the edge of 98..99");
	ok(gnb_hist_quantile(&a, 1.0) == 100, "p100 is the maximum, not its bucket's edge");
	ok(a.min == 1 && a.max == 100 && a.n == 100, "minimum, maximum and number are exact");

	gnb_hist_reset(&b);
	gnb_hist_add(&b, 10, 999);
	gnb_hist_add(&b, 1000003, 1);
	ok(gnb_hist_quantile(&b, 0.999) == 10, "p99.9 of 999 tens and one outlier is 10");
	ok(gnb_hist_quantile(&b, 0.9995) == 1000003, "the outlier is kept, and is the rest");
	ok(b.max == 1000003, "the maximum is exact");

	gnb_hist_reset(&c);
	gnb_hist_add(&c, UINT64_MAX, 1);
	gnb_hist_add(&c, 0, 1);
	ok(gnb_hist_quantile(&c, 0.5) == 0 && gnb_hist_quantile(&c, 1) == UINT64_MAX,
	   "0 and 2^64-1 have a place");
}

/* Merged or added one by one: the same, bucket by bucket. */
static void merge(void)
{
	uint64_t x = 88172645463325252ull;

	gnb_hist_reset(&a);
	gnb_hist_reset(&b);
	gnb_hist_reset(&c);
	for (int i = 0; i < 20000; i++) {
		uint64_t v;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		v = x >> (x & 63);
		gnb_hist_add(i & 1 ? &a : &b, v, 1 + (x >> 60));
		gnb_hist_add(&c, v, 1 + (x >> 60));
	}
	gnb_hist_merge(&a, &b);
	ok(!memcmp(&a, &c, sizeof(a)), "merging is the same as adding");
	gnb_hist_reset(&b);
	gnb_hist_merge(&a, &b);
	ok(!memcmp(&a, &c, sizeof(a)), "merging an empty one changes nothing");
	gnb_hist_merge(&b, &a);
	ok(!memcmp(&b, &c, sizeof(b)), "merging into an empty one copies");
}

static void file(void)
{
	char *text = NULL, *line, *save = NULL;
	uint64_t value, count, sum = 0, last = 0;
	double share = 0, before = 0;
	bool ordered = true;
	size_t len;
	FILE *f = open_memstream(&text, &len);
	int rc;

	gnb_hist_reset(&a);
	gnb_hist_add(&a, 5, 1);
	gnb_hist_add(&a, 70, 2);
	gnb_hist_add(&a, 100000, 1);
	rc = gnb_hist_write(&a, f);
	fclose(f);
	line = strtok_r(text, "\n", &save);
	ok(rc == 0 && line && line[0] == '#', "the file begins with a header line");
	while ((line = strtok_r(NULL, "\n", &save))) {
		if (sscanf(line, "%" SCNu64 " %lf %" SCNu64, &value, &share, &count) != 3)
			break;
		ordered &= value > last && share > before;
		last = value;
		before = share;
		sum += count;
	}
	ok(!line && sum == 4 && ordered, "its lines rise and hold every sample");
	ok(share == 1 && last == 100000, "the last line is the maximum with the share 1");
	free(text);
}

int main(void)
{
	edges();
	empty();
	quantiles();
	merge();
	file();
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}
