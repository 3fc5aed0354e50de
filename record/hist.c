/* SPDX-License-Identifier: GPL-2.0-only */
/* Log-linear histograms. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "file.h"
#include "hist.h"

#define SUB (1u << GNB_HIST_SUB_BITS)

/* Width of v's bucket as a power of two. */
static unsigned shift_of(uint64_t v)
{
	if (v < 2 * SUB)
		return 0;
	return 63 - (unsigned)__builtin_clzll(v) - GNB_HIST_SUB_BITS;
}

static unsigned index_of(uint64_t v)
{
	unsigned shift = shift_of(v);

	/* v >> shift is SUB..2*SUB-1 above the linear part, so consecutive powers join without a gap. */
	return shift * SUB + (unsigned)(v >> shift);
}

static uint64_t low_of_index(unsigned i)
{
	unsigned shift = i < 2 * SUB ? 0 : i / SUB - 1;

	return (uint64_t)(i - shift * SUB) << shift;
}

uint64_t gnb_hist_low(uint64_t v)
{
	return v >> shift_of(v) << shift_of(v);
}

uint64_t gnb_hist_high(uint64_t v)
{
	return gnb_hist_low(v) + ((1ull << shift_of(v)) - 1);
}

void gnb_hist_reset(struct gnb_hist *h)
{
	memset(h, 0, sizeof(*h));
}

void gnb_hist_add(struct gnb_hist *h, uint64_t value, uint64_t times)
{
	if (!times)
		return;
	if (!h->n || value < h->min)
		h->min = value;
	if (!h->n || value > h->max)
		h->max = value;
	h->n += times;
	h->bucket[index_of(value)] += times;
}

void gnb_hist_merge(struct gnb_hist *into, const struct gnb_hist *from)
{
	if (!from->n)
		return;
	if (!into->n || from->min < into->min)
		into->min = from->min;
	if (!into->n || from->max > into->max)
		into->max = from->max;
	into->n += from->n;
	for (unsigned i = 0; i < GNB_HIST_BUCKETS; i++)
		into->bucket[i] += from->bucket[i];
}

uint64_t gnb_hist_quantile(const struct gnb_hist *h, double q)
{
	uint64_t seen = 0, rank;

	if (!h->n)
		return 0;
	if (!(q > 0))
		return h->min;
	if (q >= 1)
		return h->max;
	/* 0.07 * 100 is a hair above 7: without the allowance the answer would be one sample off. */
	rank = (uint64_t)ceil(q * (double)h->n * (1 - 1e-13));
	if (rank < 1)
		rank = 1;
	if (rank > h->n)
		rank = h->n;
	for (unsigned i = 0; i < GNB_HIST_BUCKETS; i++) {
		seen += h->bucket[i];
		if (seen >= rank) {
			uint64_t v = gnb_hist_high(low_of_index(i));

			return v < h->max ? v : h->max;
		}
	}
	return h->max;
}

int gnb_hist_write(const struct gnb_hist *h, FILE *f)
{
	uint64_t seen = 0;

	fprintf(f, "# value cumulative_share count\n");
	for (unsigned i = 0; i < GNB_HIST_BUCKETS; i++) {
		uint64_t v;

		if (!h->bucket[i])
			continue;
		seen += h->bucket[i];
		v = gnb_hist_high(low_of_index(i));
		fprintf(f, "%" PRIu64 " %.9g %" PRIu64 "\n", v < h->max ? v : h->max,
			(double)seen / (double)h->n, h->bucket[i]);
	}
	return ferror(f) ? -EIO : 0;
}

int gnb_hist_read(struct gnb_hist_bins *b, const char *path)
{
	char *text, *next, *line;
	int rc = 0;
	size_t len;

	text = gnb_file_read(path, &len);
	if (!text)
		return -errno;
	next = text;
	while ((line = strsep(&next, "\n"))) {
		struct gnb_hist_bin bin, *more;

		if (sscanf(line, "%lf %*f %lf", &bin.value, &bin.count) != 2 || !(bin.count > 0))
			continue;
		more = reallocarray(b->bin, b->nr + 1, sizeof(*more));
		if (!more) {
			rc = -ENOMEM;
			break;
		}
		b->bin = more;
		more[b->nr++] = bin;
		b->n += bin.count;
	}
	free(text);
	return rc;
}

static int by_value(const void *a, const void *b)
{
	const struct gnb_hist_bin *p = a, *q = b;

	return (p->value > q->value) - (p->value < q->value);
}

void gnb_hist_sort(struct gnb_hist_bins *b)
{
	if (b->nr)
		qsort(b->bin, b->nr, sizeof(*b->bin), by_value);
}

void gnb_hist_bins_free(struct gnb_hist_bins *b)
{
	free(b->bin);
	*b = (struct gnb_hist_bins){ 0 };
}
